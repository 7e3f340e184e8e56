/** POST /api/bookings, GET and PATCH /api/bookings/:id, POST …/:id/{cancel,complete,no-show} (SPEC 5.3). */
import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Slot } from '../../domain/availability/index.ts';
import { addDays } from '../../domain/local-time.ts';
import { changeVisit, stepVisit, type ChangeContext, type StatusStep } from '../../infra/bookings/change.ts';
import { BookingError } from '../../infra/bookings/errors.ts';
import { awaitBooksy, readBooking, type ReadBooking } from '../../infra/bookings/read.ts';
import { suggester, type SalesDesk } from '../../infra/bookings/sales-desk.ts';
import type { WantedClient, WantedTime } from '../../infra/bookings/types.ts';
import { loadSalon } from '../../infra/availability/index.ts';
import { isTimeHeld } from '../../infra/database/index.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders, idempotent } from '../http/idempotency.ts';
import { notFound, Problem } from '../http/problem.ts';
import { actorOf } from '../wire.ts';
import {
  bookingAnswer,
  bookingBody,
  bookingParams,
  changeBody,
  changedAnswer,
  presentBooking,
  stepBody,
  type BookingBody,
} from './schema.ts';
import { booking, itemsOf, mayReach, reachOf, TIME_PROBLEMS } from './wanted.ts';

export interface BookingDeps extends Pick<ApiDeps, 'prisma' | 'vault' | 'booksyWait'> {
  readonly desk: SalesDesk;
  /** Told after each change of a salon's time. */
  readonly changed: (businessId: string) => void;
}

/** How long the answer waits for Booksy before it says `pending` (R20). */
const BOOKSY_WAIT_MS = 2_000;

export function bookingEndpoints(deps: BookingDeps): readonly Endpoint[] {
  return [
    createEndpoint(deps),
    showEndpoint(deps),
    changeEndpoint(deps),
    ...STEPS.map((step) => stepEndpoint(deps, step)),
  ];
}

function createEndpoint(deps: BookingDeps): Endpoint {
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
    handler: ({ body, grant, headers }) => {
      const key = headers['idempotency-key'];
      return idempotent(deps.prisma, { tokenId: grant.tokenId, key, request: ['book', body] }, () =>
        create(deps, grant, body, key),
      );
    },
  });
}

async function create(deps: BookingDeps, grant: TokenGrant, body: BookingBody, key: string | undefined) {
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
      id: key === undefined ? uuidv7() : repeatable(grant.tokenId, key, body),
      time,
      client: clientOf(body),
      note: body.note === '' ? null : (body.note ?? null),
      overbook: body.overbook === true,
      asker: { actor: actorOf(grant), tokenId: grant.tokenId },
    });
    const waits = made.kind === 'booking' && made.waits;
    const found = waits
      ? await awaitBooksy(deps.prisma, made.id, deps.booksyWait?.ms ?? BOOKSY_WAIT_MS)
      : await readBooking(deps.prisma, null, made.id);
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
  return suggester(prisma, visit.businessId, [], isElsewhere)(error, wanted);
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

/** The same request with the same key makes the same visit, also where its first answer was lost on the way. */
function repeatable(tokenId: string, key: string, body: BookingBody): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([tokenId, key, body]))
    .digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

function mayOverbook(grant: TokenGrant, overbook: boolean | undefined): void {
  if (overbook === true && !grant.scopes.includes('bookings:overbook'))
    throw new Problem('forbidden', {
      detail: 'Overbooking needs the scope bookings:overbook.',
      nextStep: 'Take a free time, or use a token that may overbook.',
    });
}

/** Years that the salon's calendar is kept for. */
export function sellable(startsLocal: string): string {
  if (startsLocal >= '2000-01-03' && startsLocal < '2199-01-01') return startsLocal;
  throw new Problem('bad_request', {
    detail: 'The time of the request cannot be used.',
    nextStep: 'Correct what `errors` names and send it again.',
    errors: [{ path: 'body.startsLocal', message: 'must lie between 2000 and 2199' }],
  });
}

function showEndpoint(deps: BookingDeps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/api/bookings/:id',
    tag: 'Bookings',
    summary: 'One visit',
    description: 'Client, note and contact are personal data: give the scope only to who needs it.',
    params: bookingParams,
    responses: { 200: { description: 'The visit as it is now', schema: bookingAnswer } },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      const visit = await readBooking(deps.prisma, reachOf(grant.businesses), id);
      if (visit === null) throw notFound('This visit');
      return { status: 200, json: { booking: presentBooking(visit) } };
    },
  });
}

function changeEndpoint(deps: BookingDeps): Endpoint {
  return defineEndpoint({
    method: 'PATCH',
    path: '/api/bookings/:id',
    tag: 'Bookings',
    summary: 'Move a visit, give it to somebody else, or change its note',
    description:
      'The new time is asked of the slot engine as for a new visit. Booksy refuses changes of visits of several parts, so they are refused here as well: change them there (R17).',
    params: bookingParams,
    body: changeBody,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'The visit as it is now', schema: changedAnswer } },
    problems: [...TIME_PROBLEMS, 'visit_over', 'visit_changed', 'change_at_booksy'],
    handler: ({ params: { id }, body, grant, headers }) =>
      idempotent(
        deps.prisma,
        { tokenId: grant.tokenId, key: headers['idempotency-key'], request: ['change-booking', id, body] },
        async () => {
          mayOverbook(grant, body.overbook);
          if (body.startsLocal !== undefined) sellable(body.startsLocal);
          const { startsLocal, staffId, note, version } = body;
          const change = {
            ...(startsLocal === undefined ? {} : { startsLocal }),
            ...(staffId === undefined ? {} : { staffId }),
            ...(note === undefined ? {} : { note: note === '' ? null : note }),
            ...(version === undefined ? {} : { version }),
            overbook: body.overbook === true,
          };
          return changing(deps, grant, id, startsLocal, (context) => changeVisit(context, id, change));
        },
      ),
  });
}

const STEPS = [
  {
    step: 'cancel',
    summary: 'Cancel a visit',
    description:
      'Its time is free at once; Booksy hears of it by the way of all changes, also while the business is paused.',
  },
  { step: 'complete', summary: 'Say that a visit took place', description: 'Possible once it has begun.' },
  {
    step: 'no-show',
    summary: 'Say that the client did not come',
    description: 'Possible once it has begun; the rest of its time is free from then on.',
  },
] as const satisfies readonly {
  readonly step: StatusStep;
  readonly summary: string;
  readonly description: string;
}[];

function stepEndpoint(deps: BookingDeps, { step, summary, description }: (typeof STEPS)[number]): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: `/api/bookings/:id/${step}`,
    tag: 'Bookings',
    summary,
    description,
    params: bookingParams,
    body: stepBody,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'The visit as it is now', schema: changedAnswer } },
    problems: [
      'not_found',
      'visit_over',
      'time_too_soon',
      'change_at_booksy',
      'idempotency_in_progress',
      'idempotency_key_reused',
    ],
    handler: ({ params: { id }, body, grant, headers }) =>
      idempotent(
        deps.prisma,
        { tokenId: grant.tokenId, key: headers['idempotency-key'], request: [`${step}-booking`, id, body] },
        () =>
          changing(deps, grant, id, undefined, (context) =>
            stepVisit(context, id, step, body.reason ?? null),
          ),
      ),
  });
}

async function changing(
  deps: BookingDeps,
  grant: TokenGrant,
  id: string,
  startsLocal: string | undefined,
  change: (context: ChangeContext) => Promise<boolean>,
) {
  const businessIds = reachOf(grant.businesses);
  const asker = { actor: actorOf(grant), tokenId: grant.tokenId };
  return booking(async () => {
    const changed = await deps.prisma
      .$transaction((tx) => change({ tx, vault: deps.vault, businessIds, asker }), {
        timeout: 20_000,
        maxWait: 10_000,
      })
      .catch(async (error: unknown) => {
        throw await otherTimes(deps, businessIds, id, startsLocal, error);
      });
    const visit = await readBooking(deps.prisma, businessIds, id);
    if (visit === null) throw notFound('This visit');
    if (changed) deps.changed(visit.businessId);
    return { status: 200, json: { booking: presentBooking(visit), changed } };
  });
}

/** A move that lost is told when it could be instead. */
async function otherTimes(
  { prisma }: BookingDeps,
  businessIds: readonly string[] | null,
  id: string,
  startsLocal: string | undefined,
  error: unknown,
): Promise<unknown> {
  const refused = isTimeHeld(error)
    ? new BookingError('slot_taken', {
        message: 'The time was taken by somebody else just now.',
        next: 'Take one of `nextFree`, or another time.',
        reason: 'busy',
        cause: error,
      })
    : error;
  if (!(refused instanceof BookingError)) return refused;
  const visit = await readBooking(prisma, businessIds, id);
  if (visit === null) return refused;
  const items = visit.items.map(({ variantId, staffId }) => ({ variantId, staffId }));
  const wanted = startsLocal ?? visit.startsLocal;
  // What is not sold any more has no other times.
  const date = wanted.slice(0, 10);
  const salon = await loadSalon(prisma, visit.businessId, date, addDays(date, 1));
  if (!items.every(({ variantId }) => variantId !== null && salon?.sold.has(variantId) === true))
    return refused;
  return suggester(prisma, visit.businessId, [])(refused, { items, startsLocal: wanted });
}
