/** Time off of people and rooms (SPEC 5.1, R19). */
import { z } from 'zod';
import { v7 as uuidv7 } from 'uuid';
import { addTimeOff, changeTimeOff, removeTimeOff } from '../../infra/hours/time-off.ts';
import { listTimeOff, readTimeOff } from '../../infra/hours/time-off-rows.ts';
import type { StoredTimeOff } from '../../infra/hours/time-off-rows.ts';
import { requireOwner, salonNow } from '../../infra/hours/owner.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { reachableBusiness, reachableBusinesses } from '../businesses.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders, repeatableId } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import { cursorKind, limitSchema } from '../http/pagination.ts';
import { notFound } from '../http/problem.ts';
import { timeOffAnswer, timeOffGone, timeOffOf, timeOffPage, visitsOf } from './answers.ts';
import { told, writing, type HoursDeps } from './change.ts';
import {
  changeTimeOffBody,
  hoursParams,
  namedOwner,
  newTimeOffBody,
  ownerOf,
  timeOffParams,
  timeOffQuery,
  timeOffVersionQuery,
} from './schema.ts';

const LIST = '/api/admin/booksy/businesses/:id/time-off';
const ONE = '/api/admin/booksy/time-off/:id';
const TIMES = ['not_found', 'time_past', 'time_too_far', 'time_ambiguous'] as const;
const FIXED = ['time_off_changed', 'time_off_over', 'time_off_of_calendar', 'time_off_of_booksy'] as const;
const STAYS = 'Visits that lie in it stay as they are; `visits` names them.';

export function timeOffEndpoints(deps: HoursDeps): Endpoint[] {
  return [listEndpoint(deps), addEndpoint(deps), changeEndpoint(deps), removeEndpoint(deps)];
}

const cursor = cursorKind(z.tuple([z.iso.datetime(), z.guid()]));

function listEndpoint({ prisma }: HoursDeps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: LIST,
    tag: 'Hours',
    summary: 'Time off of people and rooms',
    description: 'Also what calendars of others and Booksy’s reservations block: `source` says which.',
    params: hoursParams,
    query: z
      .object({ ...timeOffQuery, cursor: cursor.schema.optional(), limit: limitSchema(200, 50) })
      .strict()
      .refine(({ staff, room }) => staff === undefined || room === undefined, {
        message: 'name a member of staff or a room, not both',
        path: ['room'],
      }),
    responses: { 200: { description: 'A page', schema: timeOffPage } },
    problems: ['not_found'],
    async handler({ params: { id }, query: { from, to, staff, room, cursor: after, limit }, grant }) {
      await reachableBusiness(prisma, grant, id);
      const salon = await told(() => salonNow(prisma, id));
      const asked = ownerOf(id, { staff, room });
      const owner = asked.kind === 'business' ? null : asked;
      if (owner !== null) await told(() => requireOwner(prisma, id, owner));
      const page = {
        from: from ?? salon.today,
        to: to ?? null,
        owner,
        after: after ?? null,
        limit: limit + 1,
      };
      const found = await listTimeOff(prisma, id, page);
      const rows = found.slice(0, limit);
      const last = found.length > limit ? rows.at(-1) : undefined;
      return {
        status: 200,
        json: {
          timeOff: rows.map(timeOffOf),
          nextCursor: last === undefined ? null : cursor.encode([last.startsAt, last.id]),
        },
      };
    },
  });
}

function addEndpoint(deps: HoursDeps): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: LIST,
    tag: 'Hours',
    summary: 'Add time off',
    description: `Of a person or a room, by the salon’s clock: from \`startsLocal\` to \`endsLocal\`, or whole days. ${STAYS} Where the sync rule lets it out, Booksy gets it, too: when and the reason’s code, nothing else.`,
    params: hoursParams,
    body: newTimeOffBody,
    headers: idempotencyHeaders,
    responses: {
      201: { description: 'Added', schema: timeOffAnswer },
      200: { description: 'It was there: the request came before with its key', schema: timeOffAnswer },
    },
    problems: [...TIMES, ...KEYED],
    handler({ params: { id }, body, grant, headers }) {
      const key = headers['idempotency-key'];
      const request = ['add-time-off', id, body];
      return keyed(deps.prisma, { grant, headers }, request, async () => {
        // Where the first answer was lost on the way, the same request finds what it added.
        const timeOffId = key === undefined ? uuidv7() : repeatableId(grant.tokenId, key, request);
        const owner = namedOwner(id, body.owner);
        const done = await writing(deps, grant, id, 'body', (context) =>
          addTimeOff(context, owner, timeOffId, body),
        );
        return { status: done.changed ? 201 : 200, json: await answered(deps, id, timeOffId, done) };
      });
    },
  });
}

function changeEndpoint(deps: HoursDeps): Endpoint {
  return defineEndpoint({
    method: 'PATCH',
    path: ONE,
    tag: 'Hours',
    summary: 'Change time off',
    description: `What is not named stays. Whose it is does not change: take it away and add another one. ${STAYS}`,
    params: timeOffParams,
    body: changeTimeOffBody,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'As it is now', schema: timeOffAnswer } },
    problems: [...TIMES, ...FIXED, ...KEYED],
    handler: ({ params: { id }, body, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['change-time-off', id, body], async () => {
        const { businessId } = await theTimeOff(deps, grant, id);
        const named = { id, version: body.version };
        const done = await writing(deps, grant, businessId, 'body', (context) =>
          changeTimeOff(context, named, body),
        );
        return { status: 200, json: await answered(deps, businessId, id, done) };
      }),
  });
}

function removeEndpoint(deps: HoursDeps): Endpoint {
  return defineEndpoint({
    method: 'DELETE',
    path: ONE,
    tag: 'Hours',
    summary: 'Take time off away',
    description: 'The time can be sold again, at Booksy too.',
    params: timeOffParams,
    query: timeOffVersionQuery,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'It is gone', schema: timeOffGone } },
    problems: ['not_found', ...FIXED, ...KEYED],
    handler: ({ params: { id }, query: { version }, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['remove-time-off', id, version], async () => {
        const { businessId } = await theTimeOff(deps, grant, id);
        await writing(deps, grant, businessId, 'query', (context) => removeTimeOff(context, { id, version }));
        return { status: 200, json: { removed: true } };
      }),
  });
}

/** A time off of the token. @throws {Problem} 404, the same whether it is not there or not the token's. */
async function theTimeOff(
  { prisma }: HoursDeps,
  grant: TokenGrant,
  id: string,
): Promise<{ businessId: string }> {
  const businesses = await reachableBusinesses(prisma, grant, undefined);
  const found = await prisma.timeOff.findFirst({
    where: { id, businessId: { in: businesses.map((business) => business.id) } },
    select: { businessId: true },
  });
  if (found === null) throw notFound('This time off');
  return found;
}

async function answered(
  { prisma }: HoursDeps,
  businessId: string,
  id: string,
  { changed, visits }: { readonly changed: boolean; readonly visits: Parameters<typeof visitsOf>[0] },
) {
  const row: StoredTimeOff | null = await readTimeOff(prisma, businessId, id);
  if (row === null) throw notFound('This time off');
  return { timeOff: timeOffOf(row), changed, visits: visitsOf(visits) };
}
