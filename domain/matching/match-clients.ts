import { assign, type ScoredPair } from './assign.ts';
import { HOUSEHOLD_MAX, isMadeUpPhone, isRoleMailbox, mailboxOf } from './contacts.ts';
import { readName } from './names.ts';
import { gradeOf } from './scale.ts';
import { scoreClients, type PreparedClient } from './score-clients.ts';
import type { ClientFacts, MatchDecision } from './types.ts';

/** The best pair must be ten times likelier than its rivals. */
const MARGIN = 1;
/** A whole name that more profiles bear tells nobody apart: it is no reason to look at a profile. */
const MAX_NAMESAKES = 20;

/**
 * Which profile each card is, if any (SPEC 3.7). One-to-one and deterministic: the order of cards and profiles is of no
 * consequence. Near-linear: a card is compared only with profiles that share its e-mail, its phone or its whole name.
 *
 * Counts of who shares a contact are taken from the facts or from what is visible in the call, whichever is more.
 *
 * @param cards not linked yet; ids unique
 * @param profiles candidates, those that belong to a card already included: they are rivals
 */
export function matchClients(
  cards: readonly ClientFacts[],
  profiles: readonly ClientFacts[],
): readonly MatchDecision[] {
  const theirs = prepare(cards);
  const ours = prepare(profiles);
  const findNear = index(ours);
  const pairs: ScoredPair[] = [];
  for (const card of theirs) {
    for (const profile of findNear(card)) {
      const pair = scoreClients(card, profile);
      if (gradeOf(pair.score) !== 'none') pairs.push(pair);
    }
  }
  return assign({
    externalIds: theirs.map(({ id }) => id),
    pairs,
    linked: new Set(ours.filter(({ linked }) => linked).map(({ id }) => id)),
    margin: MARGIN,
  });
}

/** Reads names and contacts once, and counts who shares what on this side. */
function prepare(side: readonly ClientFacts[]): readonly PreparedClient[] {
  const read = side.map((facts) => ({
    facts,
    name: readName(facts.given, facts.family),
    mailbox: mailboxOf(facts.email),
    phone: facts.phone?.trim() === '' ? null : (facts.phone?.trim() ?? null),
  }));
  const byMailbox = groupBy(read, ({ mailbox }) => mailbox);
  const byPhone = groupBy(read, ({ phone }) => phone);
  return read.map(({ facts, name, mailbox, phone }) => ({
    id: facts.id,
    name,
    mailbox,
    phone,
    emailSharedBy: Math.max(facts.emailSharedBy, countOf(byMailbox, mailbox)),
    phoneSharedBy: Math.max(facts.phoneSharedBy, countOf(byPhone, phone)),
    linked: facts.linked,
  }));
}

/** Finds the profiles worth comparing with a card. */
function index(ours: readonly PreparedClient[]): (card: PreparedClient) => ReadonlySet<PreparedClient> {
  const byMailbox = groupBy(ours, ({ mailbox }) => mailbox);
  const byPhone = groupBy(ours, ({ phone }) => phone);
  const byName = groupBy(ours, ({ name }) => (name.wholeKey === '' ? null : name.wholeKey));
  const few = (
    groups: ReadonlyMap<string, readonly PreparedClient[]>,
    key: string | null,
    most: number,
  ): readonly PreparedClient[] => {
    const found = key === null ? [] : (groups.get(key) ?? []);
    return found.length > most ? [] : found;
  };
  return ({ mailbox, phone, name }) =>
    new Set([
      ...few(byMailbox, mailbox !== null && isRoleMailbox(mailbox) ? null : mailbox, HOUSEHOLD_MAX),
      ...few(byPhone, phone !== null && isMadeUpPhone(phone) ? null : phone, HOUSEHOLD_MAX),
      ...few(byName, name.wholeKey === '' ? null : name.wholeKey, MAX_NAMESAKES),
    ]);
}

function countOf(groups: ReadonlyMap<string, readonly unknown[]>, key: string | null): number {
  return key === null ? 1 : Math.max(1, groups.get(key)?.length ?? 0);
}

function groupBy<T>(
  values: readonly T[],
  keyOf: (value: T) => string | null,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
