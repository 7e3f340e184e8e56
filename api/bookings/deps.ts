import type { Availability } from '../../infra/availability/index.ts';
import type { SalesDesk } from '../../infra/bookings/sales-desk.ts';
import type { Asker } from '../../infra/bookings/types.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { Problem } from '../http/problem.ts';
import { actorOf } from '../wire.ts';

/** What endpoints of visits and holds work with. */
export interface BookingDeps extends Pick<ApiDeps, 'prisma' | 'vault' | 'booksyWait'> {
  readonly desk: SalesDesk;
  /** Keeps free time, and drops it for a transaction that changes it. */
  readonly kept: Pick<Availability, 'begin'>;
}

/** Who asks, for the audit trail and for holds. */
export function askerOf(grant: TokenGrant): Asker {
  return { actor: actorOf(grant), tokenId: grant.tokenId };
}

/** @throws {Problem} `forbidden` where overbooking is asked for without its scope */
export function mayOverbook(grant: TokenGrant, overbook: boolean | undefined): void {
  if (overbook === true && !grant.scopes.includes('bookings:overbook'))
    throw new Problem('forbidden', {
      detail: 'Overbooking needs the scope bookings:overbook.',
      nextStep: 'Take a free time, or use a token that may overbook.',
    });
}

/**
 * The local time, within the years that the salon's calendar is kept for.
 *
 * @throws {Problem} `bad_request`
 */
export function sellable(startsLocal: string): string {
  if (startsLocal >= '2000-01-03' && startsLocal < '2199-01-01') return startsLocal;
  throw new Problem('bad_request', {
    detail: 'The time of the request cannot be used.',
    nextStep: 'Correct what `errors` names and send it again.',
    errors: [{ path: 'body.startsLocal', message: 'must lie between 2000 and 2199' }],
  });
}
