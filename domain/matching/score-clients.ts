import type { ScoredPair } from './assign.ts';
import { compareEmails, comparePhones, type ContactAgreement } from './contacts.ts';
import { compareNames, type NameAgreement, type NameParts } from './names.ts';
import type { MatchReason } from './reasons.ts';
import { cappedUnless, gradeOf, scoreOf } from './scale.ts';

/** What of a person is compared, made ready once. */
export interface PreparedClient {
  readonly id: string;
  readonly name: NameParts;
  readonly mailbox: string | null;
  readonly phone: string | null;
  /** On its own side, this one included. */
  readonly emailSharedBy: number;
  readonly phoneSharedBy: number;
  readonly linked: boolean;
}

/**
 * How likely a card and a profile are one person. Contacts and name add up, each by how seldom two people agree in it by
 * chance. Some things rule a link out whatever else agrees:
 *
 * - no contact agrees but a role address or a made-up number: a name alone is nobody's;
 * - the given names are those of two people, or one side has none: households share phones, e-mails and family names;
 * - only contacts that several people share agree, and the name is not the whole same name;
 * - the family name changed, and not both contacts agree.
 */
export function scoreClients(card: PreparedClient, profile: PreparedClient): ScoredPair {
  const email = compareEmails(
    card.mailbox,
    profile.mailbox,
    Math.max(card.emailSharedBy, profile.emailSharedBy),
  );
  const phone = comparePhones(card.phone, profile.phone, Math.max(card.phoneSharedBy, profile.phoneSharedBy));
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

function agrees(contact: ContactAgreement): boolean {
  return contact.relation === 'own' || contact.relation === 'household';
}

function isWholeName(name: NameAgreement): boolean {
  return name.given === 'same' && name.family === 'same';
}

function linkIsPossible(email: ContactAgreement, phone: ContactAgreement, name: NameAgreement): boolean {
  if (!agrees(email) && !agrees(phone)) return false;
  if (name.given === 'missing' || name.given === 'differs') return false;
  if (email.relation !== 'own' && phone.relation !== 'own' && !isWholeName(name)) return false;
  if (name.family === 'differs') {
    const bothContacts = email.relation === 'own' && phone.relation === 'own';
    return bothContacts && (name.given === 'same' || name.given === 'short_form');
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
  if (email.relation !== 'own' && phone.relation !== 'own') return 'shared_contact';
  return 'weak_evidence';
}
