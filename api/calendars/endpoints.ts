/** Calendars of others: adding, changing, taking away, polling now (SPEC 5.2). */
import { feedAddress, FeedError } from '../../infra/calendars/address.ts';
import { feedProblem } from '../../infra/calendars/problems.ts';
import {
  addCalendar,
  changeCalendar,
  listCalendars,
  makeDue,
  MOST_CALENDARS,
  removeCalendar,
  type StoredCalendar,
} from '../../infra/calendars/store.ts';
import { appendAudit } from '../../infra/audit/index.ts';
import type { Tx } from '../../infra/database/index.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { reachableBusiness, reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders, idempotent } from '../http/idempotency.ts';
import { notFound, Problem } from '../http/problem.ts';
import { actorOf } from '../wire.ts';
import {
  calendarAnswer,
  calendarOf,
  calendarParams,
  calendarsAnswer,
  changeCalendarBody,
  goneAnswer,
  newCalendarBody,
  ofBusiness,
  polledAnswer,
} from './schema.ts';

export type CalendarApi = Pick<ApiDeps, 'prisma' | 'vault' | 'schedules' | 'logger' | 'calendars'>;

const KEYED = ['idempotency_in_progress', 'idempotency_key_reused'] as const;
const CALENDAR = '/api/admin/booksy/calendars/:id';

export function calendarEndpoints(deps: CalendarApi): Endpoint[] {
  return [
    listEndpoint(deps),
    addEndpoint(deps),
    pollEndpoint(deps),
    changeEndpoint(deps),
    removeEndpoint(deps),
  ];
}

function listEndpoint({ prisma }: CalendarApi): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/businesses/:id/calendars',
    tag: 'Calendars',
    summary: 'Calendars of others that block time',
    params: ofBusiness,
    responses: { 200: { description: 'All of the business', schema: calendarsAnswer } },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      await reachableBusiness(prisma, grant, id);
      const rows = await listCalendars(prisma, [id], { limit: MOST_CALENDARS });
      return { status: 200, json: { calendars: rows.map(calendarOf) } };
    },
  });
}

function addEndpoint(deps: CalendarApi): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/businesses/:id/calendars',
    tag: 'Calendars',
    summary: 'Add a calendar of somebody',
    description: 'An iCalendar feed. It is read within moments, then every so often; its events block time.',
    params: ofBusiness,
    body: newCalendarBody,
    headers: idempotencyHeaders,
    responses: { 201: { description: 'Added; it is read now', schema: calendarAnswer } },
    problems: ['not_found', 'too_many_calendars', ...KEYED],
    async handler({ params: { id: businessId }, body, grant, headers }) {
      const url = addressOf(deps, body.url);
      const key = {
        tokenId: grant.tokenId,
        key: headers['idempotency-key'],
        request: ['add-calendar', businessId, body],
      };
      return idempotent(deps.prisma, key, async () => {
        await reachableBusiness(deps.prisma, grant, businessId);
        const owner = await ownerOf(deps, businessId, body.staffId);
        const id = await deps.prisma.$transaction(async (tx) => {
          const { name, blocksBooksy, intervalSeconds } = body;
          const added = await addCalendar(tx, deps.vault, {
            businessId,
            ...owner,
            name,
            url,
            blocksBooksy,
            intervalSeconds,
          });
          if (added !== null) await audited(tx, grant, businessId, added, 'calendar_added');
          return added;
        });
        if (id === null) throw tooMany('calendars', MOST_CALENDARS);
        await pollNow(deps);
        return { status: 201, json: { calendar: calendarOf(await theCalendar(deps, grant, id)) } };
      });
    },
  });
}

function changeEndpoint(deps: CalendarApi): Endpoint {
  return defineEndpoint({
    method: 'PATCH',
    path: CALENDAR,
    tag: 'Calendars',
    summary: 'Change a calendar of somebody',
    description: 'What is not named stays. Another address is read as a new calendar.',
    params: calendarParams,
    body: changeCalendarBody,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'As it is now', schema: calendarAnswer } },
    problems: ['not_found', ...KEYED],
    async handler({ params: { id }, body, grant, headers }) {
      const url = body.url === undefined ? undefined : addressOf(deps, body.url);
      const key = {
        tokenId: grant.tokenId,
        key: headers['idempotency-key'],
        request: ['change-calendar', id, body],
      };
      return idempotent(deps.prisma, key, async () => {
        const { businessId } = await theCalendar(deps, grant, id);
        await deps.prisma.$transaction(async (tx) => {
          await changeCalendar(tx, deps.vault, { id, businessId }, { ...body, url });
          await audited(tx, grant, businessId, id, 'calendar_changed', Object.keys(body));
        });
        await pollNow(deps);
        return { status: 200, json: { calendar: calendarOf(await theCalendar(deps, grant, id)) } };
      });
    },
  });
}

function removeEndpoint(deps: CalendarApi): Endpoint {
  return defineEndpoint({
    method: 'DELETE',
    path: CALENDAR,
    tag: 'Calendars',
    summary: 'Take a calendar of somebody away',
    description: 'Its blocks to come go with it, at Booksy too.',
    params: calendarParams,
    responses: { 200: { description: 'It is gone', schema: goneAnswer } },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      const { businessId } = await theCalendar(deps, grant, id);
      const removed = await deps.prisma.$transaction(async (tx) => {
        const gone = await removeCalendar(tx, id);
        if (gone) await audited(tx, grant, businessId, id, 'calendar_removed');
        return gone;
      });
      return { status: 200, json: { removed } };
    },
  });
}

function pollEndpoint(deps: CalendarApi): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: `${CALENDAR}/poll`,
    tag: 'Calendars',
    summary: 'Read a calendar of somebody now',
    params: calendarParams,
    responses: { 202: { description: 'It is read within moments', schema: polledAnswer } },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      await theCalendar(deps, grant, id);
      await makeDue(deps.prisma, id);
      return { status: 202, json: { asked: await pollNow(deps) } };
    },
  });
}

/** A calendar of the token. @throws {Problem} 404, the same whether it is not there or not the token's. */
async function theCalendar({ prisma }: CalendarApi, grant: TokenGrant, id: string): Promise<StoredCalendar> {
  const businesses = await reachableBusinesses(prisma, grant, undefined);
  const ids = businesses.map((business) => business.id);
  const [found] = await listCalendars(prisma, ids, { id, limit: 1 });
  if (found === undefined) throw notFound('This calendar');
  return found;
}

/** Whose it is. @throws {Problem} 404 where the business has nobody of this id */
export async function ownerOf(
  { prisma }: Pick<ApiDeps, 'prisma'>,
  businessId: string,
  staffId: string | null,
): Promise<{ readonly ownerKind: 'staff' | 'business'; readonly ownerId: string }> {
  if (staffId === null) return { ownerKind: 'business', ownerId: businessId };
  const found = await prisma.staff.findFirst({ where: { id: staffId, businessId }, select: { id: true } });
  if (found === null) throw notFound('This member of staff');
  return { ownerKind: 'staff', ownerId: staffId };
}

function addressOf({ calendars }: CalendarApi, text: string): URL {
  try {
    return feedAddress(text, { allowLoopback: calendars?.allowLoopback ?? false });
  } catch (error) {
    if (!(error instanceof FeedError)) throw error;
    const { detail, nextStep } = feedProblem(error.code);
    throw new Problem('bad_request', {
      detail,
      nextStep,
      errors: [{ path: 'body.url', message: error.code }],
    });
  }
}

export function tooMany(what: string, most: number): Problem {
  return new Problem('too_many_calendars', {
    detail: `The business has ${String(most)} ${what}, and may have no more.`,
    nextStep: 'Take away those that nobody needs any more.',
  });
}

export async function audited(
  tx: Tx,
  grant: TokenGrant,
  businessId: string,
  recordId: string,
  action: string,
  groups: readonly string[] = [],
): Promise<void> {
  const entity = 'calendar';
  await appendAudit(tx, { businessId }, [{ actor: actorOf(grant), action, entity, recordId, groups }]);
}

/** Without Temporal it is read later: the row says that it is due. */
async function pollNow({ schedules, logger }: CalendarApi): Promise<boolean> {
  try {
    return await schedules.pollCalendarsNow();
  } catch (error) {
    logger.warn({ err: error }, 'the calendars are polled by their schedule, not at once');
    return false;
  }
}
