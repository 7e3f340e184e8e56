import { slips } from './fold.ts';
import type { MatchReason } from './reasons.ts';

/** A contact that up to so many people carry is a household's; one that more carry says next to nothing. */
export const HOUSEHOLD_MAX = 5;

/** Mailboxes of a job, a shop or nobody. */
const ROLE_MAILBOXES = new Set(
  `admin administrator anonim appointments biuro booking bookings brak centrum client clients contact customer
  customerservice dyrekcja ekspedycja email enquiries faktury firma gabinet gosc guest hello help helpdesk hi hotel hr
  info informacja inquiries klient klienci klientka klub kontakt ksiegowosc mail mailbox marketing me nobody none
  noreply nomail null office ogloszenia orders poczta post postmaster praca recepcja reception rejestracja reservations
  reservation rezerwacja rezerwacje sales salon sekretariat service serwis shop sklep spa sprzedaz studio support team
  test unknown webmaster welcome wizyty zamowienia zapisy`.split(/\s+/u),
);

/** `biurorachunkowe@`, `salonurody@`. */
const ROLE_BEGINNING = /^(biuro|recepcja|sekretariat|salon|gabinet|kontakt|studio|rezerwacj|ksiegow)/u;

/** Domains where a dot in the mailbox means nothing. */
const DOTLESS_DOMAINS = new Set(['gmail.com', 'googlemail.com']);

/**
 * Who else has a contact: nobody; members of a household who are all clearly somebody else; a few who cannot be told
 * apart; many.
 */
export type Sharing = 'alone' | 'family' | 'several' | 'many';

export interface ContactAgreement {
  readonly relation: 'own' | 'family' | 'shared' | 'common' | 'typo' | 'differs' | 'missing';
  /** Decimal logarithm of how much likelier this is for one person than for two. */
  readonly weight: number;
  readonly reason: MatchReason | null;
}

/** One text per mailbox: a `+tag` and, where they mean nothing, dots are left out. Null where there is no address. */
export function mailboxOf(email: string | null): string | null {
  const text = email?.trim().toLowerCase() ?? '';
  const at = text.lastIndexOf('@');
  if (at <= 0 || at === text.length - 1) return null;
  const domain = text.slice(at + 1);
  const local = text.slice(0, at).replace(/(?<=.)\+.*$/u, '');
  if (!DOTLESS_DOMAINS.has(domain)) return `${local}@${domain}`;
  return `${local.replaceAll('.', '')}@gmail.com`;
}

/**
 * Whether a mailbox belongs to a job, a shop or nobody: `info@`, `kontakt2@`, `salon.recepcja@`, and mailboxes named
 * like their domain (`brak@brak.pl`, `nowak@nowak.pl`).
 */
export function isRoleMailbox(mailbox: string): boolean {
  const [local = '', domain = ''] = mailbox.split('@');
  const words = local.split(/[^a-z]+/u).filter((word) => word !== '');
  if ([...words, words.join('')].some((word) => ROLE_MAILBOXES.has(word))) return true;
  return ROLE_BEGINNING.test(local) || local === domain.split('.')[0];
}

/** Whether a number is one that people type to get past a form: one digit over and over, or counting up or down. */
export function isMadeUpPhone(phone: string): boolean {
  const digits = phone.replace(/\D/gu, '').slice(-9);
  if (digits.length < 7) return true;
  // The first digit may be right: 500 000 000.
  if (/^.(.)\1+$/u.test(digits)) return true;
  return '01234567890123456789'.includes(digits) || '98765432109876543210'.includes(digits);
}

/** What two e-mails say. Who shares it is asked only where they are equal. */
export function compareEmails(
  left: string | null,
  right: string | null,
  sharing: () => Sharing,
): ContactAgreement {
  if (left === null || right === null) return MISSING;
  if (left === right) return EMAIL_AGREES[isRoleMailbox(left) ? 'many' : sharing()];
  if (isEmailTypo(left, right)) return of('typo', 0, 'email_typo');
  // People have several addresses; numbers they mostly keep.
  return of('differs', -0.6, 'email_differs');
}

/** What two phones say; see compareEmails. */
export function comparePhones(
  left: string | null,
  right: string | null,
  sharing: () => Sharing,
): ContactAgreement {
  if (left === null || right === null) return MISSING;
  if (left === right) return PHONE_AGREES[isMadeUpPhone(left) ? 'many' : sharing()];
  if (left.length === right.length && slips(left, right, 1) === 1) return of('typo', 0, 'phone_typo');
  return of('differs', -0.6, 'phone_differs');
}

const EMAIL_AGREES: Readonly<Record<Sharing, ContactAgreement>> = {
  alone: of('own', 4, 'email_equal'),
  family: of('family', 3, 'email_family'),
  several: of('shared', 2, 'email_shared'),
  many: of('common', 0.3, 'email_common'),
};
const PHONE_AGREES: Readonly<Record<Sharing, ContactAgreement>> = {
  // Numbers are handed on to strangers: weaker than an e-mail.
  alone: of('own', 3.5, 'phone_equal'),
  family: of('family', 3, 'phone_family'),
  several: of('shared', 2, 'phone_shared'),
  many: of('common', 0.3, 'phone_common'),
};
const MISSING: ContactAgreement = { relation: 'missing', weight: 0, reason: null };

function of(relation: ContactAgreement['relation'], weight: number, reason: MatchReason): ContactAgreement {
  return { relation, weight, reason };
}

/** One slip in one half, the other half equal. Another digit is another address (`anna1@`, `anna2@`). */
function isEmailTypo(left: string, right: string): boolean {
  const [leftLocal = '', leftDomain = ''] = left.split('@');
  const [rightLocal = '', rightDomain = ''] = right.split('@');
  if (leftLocal === rightLocal) return slips(leftDomain, rightDomain, 1) === 1;
  if (leftDomain !== rightDomain || Math.min(leftLocal.length, rightLocal.length) < 6) return false;
  if (leftLocal.replace(/\D/gu, '') !== rightLocal.replace(/\D/gu, '')) return false;
  return slips(leftLocal, rightLocal, 1) === 1;
}
