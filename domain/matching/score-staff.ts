import { assign, type ScoredPair } from './assign.ts';
import { isRoleMailbox, mailboxOf } from './contacts.ts';
import { foldText } from './fold.ts';
import { compareNames, readName, type NameAgreement, type NameParts } from './names.ts';
import type { MatchReason } from './reasons.ts';
import { cappedUnless, gradeOf, scoreOf } from './scale.ts';
import type { MatchDecision, NamedFacts, StaffFacts } from './types.ts';

interface PreparedStaff {
  readonly id: string;
  readonly name: NameParts;
  /** Null for role addresses: the desk's mailbox says nothing about who someone is. */
  readonly mailbox: string | null;
  readonly isMailboxShared: boolean;
  readonly isNameUnique: boolean;
}

/**
 * Which member of staff of ours each of theirs is: by e-mail, and by name where no e-mail can be compared. A team is a short
 * list that is known whole, so a whole name (given and family) that nobody else on either side bears is enough; "Kasia"
 * alone is not. The same e-mail with another name is for a person.
 */
export function matchStaff(
  theirs: readonly StaffFacts[],
  ours: readonly StaffFacts[],
): readonly MatchDecision[] {
  const left = prepare(theirs);
  const right = prepare(ours);
  return assign({
    externalIds: theirs.map(({ id }) => id),
    pairs: left.flatMap((one) => right.map((other) => scoreStaff(one, other))),
    linked: linkedOf(ours),
  });
}

/** Which room or category of ours each of theirs is: the same folded name, unique on both sides. */
export function matchNamed(
  theirs: readonly NamedFacts[],
  ours: readonly NamedFacts[],
): readonly MatchDecision[] {
  const oursByName = new Map<string, NamedFacts[]>();
  for (const own of ours)
    oursByName.set(foldText(own.name), [...(oursByName.get(foldText(own.name)) ?? []), own]);
  const pairs = theirs.flatMap(({ id, name }): readonly ScoredPair[] => {
    const folded = foldText(name);
    if (folded === '') return [];
    const found = oursByName.get(folded) ?? [];
    const score = scoreOf(NAMED_WEIGHT);
    return found.map((own) => ({
      externalId: id,
      recordId: own.id,
      weight: NAMED_WEIGHT,
      score,
      reasons: ['name_same'],
      verdictReason: 'sure_name',
      possibleDouble: true,
    }));
  });
  const decisions = assign({
    externalIds: theirs.map(({ id }) => id),
    pairs,
    linked: linkedOf(ours),
  });
  return decisions.map((made) => (made.verdict === 'unsure' ? { ...made, reason: 'name_not_unique' } : made));
}

const NAMED_WEIGHT = 5.2;

function prepare(side: readonly StaffFacts[]): readonly PreparedStaff[] {
  const read = side.map(({ id, name, email }) => {
    const mailbox = mailboxOf(email);
    return {
      id,
      // One field holds the whole name: the first word is the given one.
      name: readName(...splitName(name)),
      mailbox: mailbox === null || isRoleMailbox(mailbox) ? null : mailbox,
    };
  });
  const count = (is: (staff: (typeof read)[number]) => boolean) => read.filter(is).length;
  return read.map((staff) => ({
    ...staff,
    isMailboxShared: staff.mailbox !== null && count(({ mailbox }) => mailbox === staff.mailbox) > 1,
    isNameUnique: count(({ name }) => isSameName(name, staff.name)) === 1,
  }));
}

function splitName(name: string): [given: string, family: string] {
  const [given = '', ...family] = foldText(name).split(' ');
  return [given, family.join(' ')];
}

function isSameName(left: NameParts, right: NameParts): boolean {
  return left.wholeKey === ''
    ? left.given.join(' ') === right.given.join(' ') && left.family.join(' ') === right.family.join(' ')
    : left.wholeKey === right.wholeKey;
}

function scoreStaff(theirs: PreparedStaff, ours: PreparedStaff): ScoredPair {
  const name = compareNames(theirs.name, ours.name);
  const isWhole = name.given === 'same' && name.family === 'same';
  const isUnique = theirs.isNameUnique && ours.isNameUnique;
  const email = compareMailboxes(theirs, ours);
  const mayLink =
    name.given !== 'missing' &&
    name.given !== 'differs' &&
    name.family !== 'differs' &&
    (email.relation === 'own' || (email.relation === 'missing' && isWhole && isUnique));
  // On a short list a similar name is worth a look even without an e-mail.
  const bonus = name.given === 'differs' || name.missing ? 0 : isWhole && isUnique ? 2.5 : 1.3;
  const weight = cappedUnless(mayLink, email.weight + name.weight + bonus);
  const score = scoreOf(weight);
  const isSure = gradeOf(score) === 'link';
  return {
    externalId: theirs.id,
    recordId: ours.id,
    weight,
    score,
    reasons: [email.reason, ...name.reasons].filter((reason) => reason !== null),
    verdictReason: isSure ? (email.relation === 'own' ? 'sure_email' : 'sure_name') : whyUnsure(email, name),
    possibleDouble: isSure,
  };
}

interface MailboxAgreement {
  readonly relation: 'own' | 'shared' | 'differs' | 'missing';
  readonly weight: number;
  readonly reason: MatchReason | null;
}

function compareMailboxes(theirs: PreparedStaff, ours: PreparedStaff): MailboxAgreement {
  if (theirs.mailbox === null || ours.mailbox === null) {
    return { relation: 'missing', weight: 0, reason: null };
  }
  if (theirs.mailbox !== ours.mailbox) return { relation: 'differs', weight: -0.6, reason: 'email_differs' };
  return theirs.isMailboxShared || ours.isMailboxShared
    ? { relation: 'shared', weight: 1, reason: 'email_shared' }
    : { relation: 'own', weight: 4.5, reason: 'email_equal' };
}

function whyUnsure(email: MailboxAgreement, name: NameAgreement): MatchReason {
  if (email.relation === 'own') {
    return name.given === 'differs' || name.family === 'differs' ? 'other_name' : 'weak_evidence';
  }
  return email.relation === 'shared' ? 'shared_contact' : 'name_only';
}

function linkedOf(ours: readonly { readonly id: string; readonly linked: boolean }[]): ReadonlySet<string> {
  return new Set(ours.filter(({ linked }) => linked).map(({ id }) => id));
}
