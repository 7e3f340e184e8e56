/** POST /api/bookings (SPEC 5.3). */
import { v7 as uuidv7 } from 'uuid';
import type { Slot } from '../../domain/availability/index.ts';
import { BookingError } from '../../infra/bookings/errors.ts';
import { awaitBooksy, createBookingReader, type ReadBooking } from '../../infra/bookings/read.ts';
import { readForTimes, suggester } from '../../infra/bookings/suggest.ts';
import type { WantedClient, WantedTime } from '../../infra/bookings/types.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders, repeatableId } from '../http/idempotency.ts';
import { keyed } from '../http/keyed.ts';
import { notFound } from '../http/problem.ts';
import { askerOf, mayOverbook, sellable, type BookingDeps } from './deps.ts';
import { bookingAnswer, bookingBody, presentBooking, type BookingBody } from './schema.ts';
import { booking, itemsOf, mayReach, TIME_PROBLEMS } from './wanted.ts';

/** How long the answer waits for Booksy before it says `pending` (R20). */
const BOOKSY_WAIT_MS = 2_000;

interface Deps extends BookingDeps {
  readonly read: ReturnType<typeof createBookingReader>;
}

export function createEndpoint(given: BookingDeps): Endpoint {
  const deps = { ...given, read: createBookingReader(given.prisma) };
  return defineEndpoint({
    method: 'POST',
    path: '/api/bookings',
    tag: 'Bookings',
    summary: 'Book a visit',
    description:
      'Either a time with what is wanted, or a hold. In the mode `booksy_first` the visit is confirmed once Booksy has taken it: the answer waits two seconds for that, then it is 202 with status `pending`. In the mode `instant` it is confirmed at once and goes to Booksy afterwards. Where the picture of Booksy is stale the business’s policy decides: `pending_only`, `stop` or `sell`. Who loses a race is told the next free times.',
    body: bookingBody,
    headers: idempotencyHeaders,
    responses: {
      201: { description: 'Confirmed', schema: bookingAnswer },
      202: { description: 'Its time is held; Booksy has not confirmed it yet', schema: bookingAnswer },
    },
    problems: [...TIME_PROBLEMS, 'taken_at_booksy', 'hold_over', 'client_unusable', 'selling_stopped'],
    handler: ({ body, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['book', body], () =>
        create(deps, grant, body, headers['idempotency-key']),
      ),
  });
}

async function create(deps: Deps, grant: TokenGrant, body: BookingBody, key: string | undefined) {
  mayReach(grant, body.businessId);
  mayOverbook(grant, body.overbook);
  const { businessId, holdId } = body;
  const time =
    holdId !== undefined
      ? { holdId }
      : {
          items: await itemsOf(deps.prisma, businessId, body.items ?? []),
          startsLocal: sellable(body.startsLocal ?? ''),
        };
  const visit = await booking(async () => {
    const made = await deps.desk.make(businessId, {
      kind: 'booking',
      id: key === undefined ? uuidv7() : repeatableId(grant.tokenId, key, body),
      time,
      client: clientOf(body),
      note: body.note === '' ? null : (body.note ?? null),
      overbook: body.overbook === true,
      asker: askerOf(grant),
    });
    const waits = made.kind === 'booking' && made.waits;
    const found = waits
      ? await awaitBooksy(deps.prisma, made.id, deps.booksyWait?.ms ?? BOOKSY_WAIT_MS)
      : await deps.read(made.id);
    if (found?.status === 'cancelled' && found.statusReason === 'taken_at_booksy')
      throw await takenThere(deps, found, time);
    return found;
  });
  if (visit === null) throw notFound('This visit');
  return { status: visit.status === 'pending' ? 202 : 201, json: { booking: presentBooking(visit) } };
}

function takenThere({ prisma }: BookingDeps, visit: ReadBooking, time: WantedTime): Promise<BookingError> {
  const error = new BookingError('taken_at_booksy', {
    message: 'Booksy has the time taken already.',
    next: 'Take one of `nextFree`, or another time.',
    reason: 'busy',
  });
  // Of a hold the visit itself tells what was wanted.
  const items = visit.items.map(({ variantId, staffId }) => ({ variantId, staffId }));
  const wanted = 'items' in time ? time : { items, startsLocal: visit.startsLocal };
  // Until what holds the time there has come here, the time looks free: those who were refused are not offered it again.
  const isElsewhere = (slot: Slot) =>
    slot.startsAt >= visit.endsAt ||
    slot.endsAt <= visit.startsAt ||
    !slot.items.some(({ staffId }) => visit.items.some((item) => item.staffId === staffId));
  return suggester(() => readForTimes(prisma, visit.businessId, [wanted]), isElsewhere)(error, wanted);
}

function clientOf({ client }: BookingBody): WantedClient | null {
  if (client === undefined) return null;
  return {
    profileId: client.profileId ?? null,
    givenName: client.givenName ?? '',
    familyName: client.familyName ?? '',
    email: client.email ?? null,
    phone: client.phone ?? null,
  };
}
