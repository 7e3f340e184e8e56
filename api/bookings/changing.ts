import { attempted } from '../../infra/bookings/attempts.ts';
import { wantedMove, type ChangeContext, type VisitChange } from '../../infra/bookings/change.ts';
import { BookingError } from '../../infra/bookings/errors.ts';
import { readBooking } from '../../infra/bookings/read.ts';
import { lostRace, withOtherTimes } from '../../infra/bookings/suggest.ts';
import { isTimeHeld } from '../../infra/database/index.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { notFound } from '../http/problem.ts';
import { askerOf, type BookingDeps } from './deps.ts';
import { presentBooking } from './schema.ts';
import { booking, reachOf } from './wanted.ts';

/** The part of a change that asks for another time or other staff. */
export type MoveTo = Pick<VisitChange, 'startsLocal' | 'staffId'>;

/**
 * Changes a visit in a transaction of its own and answers with what it is then.
 *
 * @param move where the change would put it; of what puts it nowhere empty
 * @throws {Problem}
 */
export async function changing(
  deps: BookingDeps,
  grant: TokenGrant,
  id: string,
  move: MoveTo,
  change: (context: ChangeContext) => Promise<boolean>,
) {
  const businessIds = reachOf(grant.businesses);
  const asker = askerOf(grant);
  return booking(async () => {
    const { prisma, vault } = deps;
    const { within, over } = deps.kept.begin();
    const changed = await attempted(prisma, (tx) =>
      within(tx, () => change({ tx, vault, businessIds, asker })),
    ).catch(async (error: unknown) => {
      over(null);
      throw await otherTimes(deps, businessIds, id, move, error);
    });
    const visit = await readBooking(deps.prisma, businessIds, id);
    over(changed && visit !== null ? visit.businessId : null);
    if (visit === null) throw notFound('This visit');
    return { status: 200, json: { booking: presentBooking(visit), changed } };
  });
}

/** A move that lost is told when it could be instead. */
async function otherTimes(
  { prisma }: BookingDeps,
  businessIds: readonly string[] | null,
  id: string,
  move: MoveTo,
  error: unknown,
): Promise<unknown> {
  const refused = isTimeHeld(error) ? lostRace(error) : error;
  if (!(refused instanceof BookingError)) return refused;
  const visit = await readBooking(prisma, businessIds, id);
  return visit === null ? refused : withOtherTimes(prisma, refused, wantedMove(visit, move));
}
