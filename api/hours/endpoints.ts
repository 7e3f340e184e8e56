/** When a salon, its people and its rooms are there: weeks, schedules to come, single dates (SPEC 5.1). */
import { readHours } from '../../infra/hours/read.ts';
import { clearDay, removeOwn, removeSchedule, setDay, setWeek } from '../../infra/hours/write.ts';
import type { HoursOwner } from '../../infra/hours/words.ts';
import { reachableBusiness } from '../businesses.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import {
  dayAnswer,
  dayOf,
  hoursAnswer,
  hoursOf,
  removedAnswer,
  visitsOf,
  weekAnswer,
  weekOf,
} from './answers.ts';
import { HOURS_PROBLEMS, told, writing, type HoursDeps } from './change.ts';
import {
  dayBody,
  dayParams,
  dayQuery,
  hoursParams,
  hoursQuery,
  namedOwner,
  ownerOf,
  ownQuery,
  scheduleQuery,
  weekBody,
} from './schema.ts';
import { timeOffEndpoints } from './time-off.ts';

const PATH = '/api/admin/booksy/businesses/:id/hours';
const STAYS =
  'Visits that lie in time which is closed by it stay as they are; `visits` names them. Free times follow at once. Where the sync rule lets hours out, Booksy gets them, too.';

export function hoursEndpoints(deps: HoursDeps): Endpoint[] {
  return [
    showEndpoint(deps),
    setWeekEndpoint(deps),
    removeScheduleEndpoint(deps),
    setDayEndpoint(deps),
    clearDayEndpoint(deps),
    removeOwnEndpoint(deps),
    ...timeOffEndpoints(deps),
  ];
}

function showEndpoint({ prisma }: HoursDeps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: PATH,
    tag: 'Hours',
    summary: 'When a salon, its people and its rooms are there',
    description:
      'The week that counts today, weeks that begin later, and dates with hours of their own, of each. Holidays and time off have lists of their own.',
    params: hoursParams,
    query: hoursQuery,
    responses: { 200: { description: 'The business, its staff, its rooms', schema: hoursAnswer } },
    problems: ['not_found', 'rule_unusable'],
    async handler({ params: { id }, query, grant }) {
      await reachableBusiness(prisma, grant, id);
      const hours = await told(() => readHours(prisma, id, query.from ?? null, query.to ?? null));
      return { status: 200, json: hoursOf(hours) };
    },
  });
}

function setWeekEndpoint(deps: HoursDeps): Endpoint {
  return defineEndpoint({
    method: 'PUT',
    path: `${PATH}/week`,
    tag: 'Hours',
    summary: 'Set a week',
    description: `Replaces the week of a salon, a person or a room: the one that counts today, or with \`appliesFrom\` the schedule that begins on that date. ${STAYS}`,
    params: hoursParams,
    body: weekBody,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'The week as it is now', schema: weekAnswer } },
    problems: [...HOURS_PROBLEMS, 'hours_week_missing', 'too_many_schedules', ...KEYED],
    handler: ({ params: { id }, body, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['set-week', id, body], async () => {
        const owner = namedOwner(id, body.owner);
        const done = await writing(deps, grant, id, 'body', (context) =>
          setWeek({ ...context, owner }, body),
        );
        return { status: 200, json: { ...answered(owner, done), week: weekOf(done.week) } };
      }),
  });
}

function removeScheduleEndpoint(deps: HoursDeps): Endpoint {
  return defineEndpoint({
    method: 'DELETE',
    path: `${PATH}/week`,
    tag: 'Hours',
    summary: 'Take a schedule away that has not begun',
    description: `The week before it goes on. ${STAYS}`,
    params: hoursParams,
    query: scheduleQuery,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'It is gone', schema: removedAnswer } },
    problems: ['not_found', 'hours_changed', 'schedule_begun', ...KEYED],
    handler: ({ params: { id }, query, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['remove-schedule', id, query], async () => {
        const owner = ownerOf(id, query);
        const done = await writing(deps, grant, id, 'query', (context) =>
          removeSchedule({ ...context, owner }, query),
        );
        return { status: 200, json: answered(owner, done) };
      }),
  });
}

function setDayEndpoint(deps: HoursDeps): Endpoint {
  return defineEndpoint({
    method: 'PUT',
    path: `${PATH}/days/:date`,
    tag: 'Hours',
    summary: 'Give a date hours of its own',
    description: `In place of its weekday’s; none: closed. Of a salon they count on a public holiday, too, unless the holiday has hours of its own. ${STAYS}`,
    params: dayParams,
    body: dayBody,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'The date as it is now', schema: dayAnswer } },
    problems: [...HOURS_PROBLEMS, 'hours_week_missing', ...KEYED],
    handler: ({ params: { id, date }, body, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['set-day', id, date, body], async () => {
        const owner = namedOwner(id, body.owner);
        const done = await writing(deps, grant, id, 'path', (context) =>
          setDay({ ...context, owner }, { ...body, date }),
        );
        return { status: 200, json: { ...answered(owner, done), day: dayOf(done.day) } };
      }),
  });
}

function clearDayEndpoint(deps: HoursDeps): Endpoint {
  return defineEndpoint({
    method: 'DELETE',
    path: `${PATH}/days/:date`,
    tag: 'Hours',
    summary: 'Take the hours of a date away',
    description: `Its week counts again. ${STAYS}`,
    params: dayParams,
    query: dayQuery,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'The week counts', schema: removedAnswer } },
    problems: [...HOURS_PROBLEMS, ...KEYED],
    handler: ({ params: { id, date }, query, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['clear-day', id, date, query], async () => {
        const owner = ownerOf(id, query);
        const done = await writing(deps, grant, id, 'path', (context) =>
          clearDay({ ...context, owner }, { ...query, date }),
        );
        return { status: 200, json: answered(owner, done) };
      }),
  });
}

function removeOwnEndpoint(deps: HoursDeps): Endpoint {
  return defineEndpoint({
    method: 'DELETE',
    path: `${PATH}/own`,
    tag: 'Hours',
    summary: 'Take the own hours of a person or a room away',
    description: `The salon’s count again, also when they change: week, schedules and dates of the person or the room are gone, dates that are over among them. Where the sync rule lets hours out, Booksy, which has a week of everybody, shows the salon’s. Setting a week ends it. ${STAYS}`,
    params: hoursParams,
    query: ownQuery,
    headers: idempotencyHeaders,
    responses: { 200: { description: 'The salon’s hours count', schema: removedAnswer } },
    problems: ['not_found', 'hours_changed', ...KEYED],
    handler: ({ params: { id }, query, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['remove-own-hours', id, query], async () => {
        const owner = ownerOf(id, query);
        const done = await writing(deps, grant, id, 'query', (context) =>
          removeOwn({ ...context, owner }, query),
        );
        return { status: 200, json: answered(owner, done) };
      }),
  });
}

function answered(
  owner: HoursOwner,
  { changed, visits }: { changed: boolean; visits: Parameters<typeof visitsOf>[0] },
) {
  return { owner: { ...owner }, changed, visits: visitsOf(visits) };
}
