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
import type { TokenGrant } from '../../infra/tokens.ts';
import { reachableBusiness, reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { keyed, KEYED } from '../http/keyed.ts';
import { notFound, Problem } from '../http/problem.ts';
import { ownerOf, removalEndpoint, tooMany, withTrail } from './change.ts';
import {
  calendarAnswer,
  calendarOf,
  calendarParams,
  calendarsAnswer,
  changeCalendarBody,
  newCalendarBody,
  ofBusiness,
  polledAnswer,
} from './schema.ts';

export type CalendarApi = Pick<ApiDeps, 'prisma' | 'vault' | 'schedules' | 'logger' | 'calendars'>;

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
    handler(call) {
      const { body, grant } = call;
      const businessId = call.params.id;
      const url = addressOf(deps, body.url);
      return keyed(deps.prisma, call, ['add-calendar', businessId, body], async () => {
        await reachableBusiness(deps.prisma, grant, businessId);
        const owner = await ownerOf(deps, businessId, body.staffId);
        const { name, blocksBooksy, intervalSeconds } = body;
        const calendar = { businessId, ...owner, name, url, blocksBooksy, intervalSeconds };
        const deed = { businessId, action: 'calendar_added' };
        const added = await withTrail(deps, grant, deed, async (tx) => {
          const id = await addCalendar(tx, deps.vault, calendar);
          return id === null ? null : { id };
        });
        if (added === null) throw tooMany('calendars', MOST_CALENDARS);
        await pollNow(deps);
        return { status: 201, json: { calendar: calendarOf(await theCalendar(deps, grant, added.id)) } };
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
    handler(call) {
      const { body, grant } = call;
      const { id } = call.params;
      const url = body.url === undefined ? undefined : addressOf(deps, body.url);
      return keyed(deps.prisma, call, ['change-calendar', id, body], async () => {
        const { businessId } = await theCalendar(deps, grant, id);
        const deed = { businessId, action: 'calendar_changed', groups: Object.keys(body) };
        await withTrail(deps, grant, deed, async (tx) => {
          await changeCalendar(tx, deps.vault, { id, businessId }, { ...body, url });
          return { id };
        });
        await pollNow(deps);
        return { status: 200, json: { calendar: calendarOf(await theCalendar(deps, grant, id)) } };
      });
    },
  });
}

function removeEndpoint(deps: CalendarApi): Endpoint {
  return removalEndpoint(deps, {
    path: CALENDAR,
    summary: 'Take a calendar of somebody away',
    description: 'Its blocks to come go with it, at Booksy too.',
    params: calendarParams,
    action: 'calendar_removed',
    find: (grant, id) => theCalendar(deps, grant, id),
    remove: removeCalendar,
  });
}

function pollEndpoint(deps: CalendarApi): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: `${CALENDAR}/poll`,
    tag: 'Calendars',
    summary: 'Read a calendar of somebody now',
    params: calendarParams,
    headers: idempotencyHeaders,
    responses: { 202: { description: 'It is read within moments', schema: polledAnswer } },
    problems: ['not_found', ...KEYED],
    handler(call) {
      const { id } = call.params;
      return keyed(deps.prisma, call, ['poll-calendar', id], async () => {
        await theCalendar(deps, call.grant, id);
        await makeDue(deps.prisma, id);
        return { status: 202, json: { asked: await pollNow(deps) } };
      });
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

/** Without Temporal it is read later: the row says that it is due. */
async function pollNow({ schedules, logger }: CalendarApi): Promise<boolean> {
  try {
    return await schedules.pollCalendarsNow();
  } catch (error) {
    logger.warn({ err: error }, 'the calendars are polled by their schedule, not at once');
    return false;
  }
}
