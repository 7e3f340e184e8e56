import type { ScoredPair } from './assign.ts';
import { compareEmails, comparePhones, type ContactAgreement, type Sharing } from './contacts.ts';
import { compareNames, type NameAgreement, type NameParts } from './names.ts';
import type { MatchReason } from './reasons.ts';
import { cappedUnless, gradeOf, scoreOf } from './scale.ts';

/** What of a person is compared, made ready once. */
export interface PreparedClient {
  readonly id: string;
  readonly name: NameParts;
  readonly mailbox: string | null;
  readonly phone: string | null;
  readonly linked: boolean;
}

/**
 * How likely a card and a profile are one person. Contacts and name add up, each by how seldom two people agree in it by
 * chance. Some things rule a link out whatever else agrees:
 *
 * - no contact agrees but a role address or a made-up number: a name alone is nobody's;
 * - the given names are or may be those of two people, or one side has none: households share phones, e-mails and family
 *   names;
 * - only contacts agree that several people share who cannot be told apart, and the name is not the whole same name;
 * - the family name changed, and not both contacts agree.
 *
 * @param sharing who else has the e-mail, the phone in which the two agree
 */
export function scoreClients(
  card: PreparedClient,
  profile: PreparedClient,
  sharing: { readonly email: () => Sharing; readonly phone: () => Sharing },
): ScoredPair {
  const email = compareEmails(card.mailbox, profile.mailbox, sharing.email);
  const phone = comparePhones(card.phone, profile.phone, sharing.phone);
  const name = compareNames(card.name, profile.name);

  const mayLink = linkIsPossible(email, phone, name);
  const weight = cappedUnless(mayLink, email.weight + phone.weight + name.weight);
  const score = scoreOf(weight);
  const reasons = [email.reason, phone.reason, ...name.reasons].filter((reason) => reason !== null);
  return {
    externalId: card.id,
    recordId: profile.id,
    weight,
    score,
    reasons,
    verdictReason: gradeOf(score) === 'link' ? whySure(email, phone, name) : whyUnsure(email, phone, name),
    possibleDouble: name.given !== 'differs' && (agrees(email) || agrees(phone)),
  };
}

/** More than a role address or a made-up number. */
function agrees({ relation }: ContactAgreement): boolean {
  return pointsAtOne({ relation }) || relation === 'shared';
}

/** With a name that fits, it is one person. */
function pointsAtOne({ relation }: Pick<ContactAgreement, 'relation'>): boolean {
  return relation === 'own' || relation === 'family';
}

function linkIsPossible(email: ContactAgreement, phone: ContactAgreement, name: NameAgreement): boolean {
  if (!agrees(email) && !agrees(phone)) return false;
  if (name.given === 'missing' || name.given === 'near' || name.given === 'differs') return false;
  const isWholeName = name.given === 'same' && name.family === 'same';
  if (!pointsAtOne(email) && !pointsAtOne(phone) && !isWholeName) return false;
  if (name.family === 'differs') {
    return pointsAtOne(email) && pointsAtOne(phone) && (name.given === 'same' || name.given === 'short_form');
  }
  return true;
}

function whySure(email: ContactAgreement, phone: ContactAgreement, name: NameAgreement): MatchReason {
  if (name.family === 'differs') return 'sure_name_changed';
  if (agrees(email) && agrees(phone)) return 'sure_email_and_phone';
  if (email.relation === 'own') return 'sure_email';
  if (phone.relation === 'own') return 'sure_phone';
  return 'sure_shared_contact';
}

function whyUnsure(email: ContactAgreement, phone: ContactAgreement, name: NameAgreement): MatchReason {
  if (!agrees(email) && !agrees(phone)) return 'name_only';
  if (name.given === 'differs') return 'other_name';
  if (!pointsAtOne(email) && !pointsAtOne(phone)) return 'shared_contact';
  return 'weak_evidence';
}
