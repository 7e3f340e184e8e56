import type { ClientFacts, MatchDecision } from '../../../../domain/matching/index.ts';
import { matchClients } from '../../../../domain/matching/index.ts';

/** `Given|Family|e-mail|phone`; an empty part is missing. */
export function person(id: string, text: string, more: Partial<ClientFacts> = {}): ClientFacts {
  const [given = '', family = '', email = '', phone = ''] = text.split('|');
  return {
    id,
    given,
    family,
    email: email === '' ? null : email,
    phone: phone === '' ? null : phone,
    emailSharedBy: 1,
    phoneSharedBy: 1,
    linked: false,
    ...more,
  };
}

/** Matches one card with profiles named p1, p2, …. */
export function matchOne(card: ClientFacts, ...profiles: readonly ClientFacts[]): MatchDecision {
  const [made] = matchClients([card], profiles);
  if (made === undefined) throw new Error('one card, one decision');
  return made;
}

/** What a decision comes to, in one line: `link p1 (sure_email)`. */
export function inShort({ verdict, recordId, reason }: MatchDecision): string {
  return recordId === null ? `${verdict} (${reason})` : `${verdict} ${recordId} (${reason})`;
}
