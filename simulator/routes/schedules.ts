import { z } from 'zod';
import { extraOf, hourMinute, localDate, maybeText, parseBody } from '../http/body.ts';
import { invalid, notFound } from '../http/problem.ts';
import { idParam, ok, salonOf } from '../http/request.ts';
import type { ApiRequest, Route } from '../http/request.ts';
import { erase, save } from '../sandbox.ts';
import { parseDate } from '../time.ts';
import type { Salon } from '../state/salon.ts';
import { timeOffSpan } from '../state/salon.ts';
import type { CustomDay, ScheduleDay, TimeOff } from '../types.ts';
import { crudRoutes, withExtra } from './crud.ts';

const BUSINESS = '/business/{business_id}/schedule';
const RESOURCE = `${BUSINESS}/resource/{resource_id}`;

// What the contract does not name is kept and returned, of a day and of each of its shifts.
const hours = z.array(z.looseObject({ hour_from: hourMinute, hour_till: hourMinute }));
const days = z.array(
  z.looseObject({
    day_of_week: z.number().int().min(0).max(6),
    hours,
    hours_apply_from: localDate.nullable().optional(),
  }),
);

/** The set of days that is in force without a date: what the business detail shows. */
export function presentDays(all: readonly ScheduleDay[]): ScheduleDay[] {
  return all.filter((day) => (day.hours_apply_from ?? null) === null);
}

type OwnerOf = (request: ApiRequest, salon: Salon) => string;

const businessOwner: OwnerOf = () => 'business';
const resourceOwner: OwnerOf = (request, salon) => {
  const id = idParam(request, 'resource_id');
  if (salon.resources.get(id) === undefined) throw notFound();
  return String(id);
};

function scheduleRoutes(base: string, ownerOf: OwnerOf): Route[] {
  const wire = (salon: Salon, owner: string): object[] =>
    (salon.schedules.get(owner) ?? []).map((day) => ({
      ...day,
      hours_apply_from: day.hours_apply_from ?? null,
    }));
  return [
    {
      method: 'GET',
      template: `${base}/default/`,
      handle: (request) => {
        const salon = salonOf(request);
        return ok(wire(salon, ownerOf(request, salon)));
      },
    },
    {
      method: 'PUT',
      template: `${base}/default/`,
      handle: (request) => {
        const salon = salonOf(request);
        const owner = ownerOf(request, salon);
        const record = parseBody(days, request.body);
        save(request.sandbox, salon, request.actor, 'changed', { kind: 'schedule', key: owner, record });
        return ok(wire(salon, owner));
      },
    },
    {
      method: 'GET',
      template: `${base}/custom/`,
      handle: (request) => {
        const salon = salonOf(request);
        const owner = ownerOf(request, salon);
        const from = dateQuery(request, 'date_from');
        const to = dateQuery(request, 'date_to');
        const found = [...(salon.customDays.get(owner) ?? [])].filter(([date]) => date >= from && date <= to);
        return ok(found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([date, day]) => wireDay(date, day)));
      },
    },
    {
      method: 'GET',
      template: `${base}/custom/{date}/`,
      handle: (request) => {
        const salon = salonOf(request);
        const date = dateParam(request);
        const day = salon.customDays.get(ownerOf(request, salon))?.get(date);
        if (day === undefined) throw notFound();
        return ok(wireDay(date, day));
      },
    },
    {
      method: 'PUT',
      template: `${base}/custom/{date}/`,
      handle: (request) => {
        const salon = salonOf(request);
        const owner = ownerOf(request, salon);
        const date = dateParam(request);
        const record = {
          hours: parseBody(z.object({ hours }), request.body).hours,
          extra: extraOf(request.body, ['date', 'hours']),
        };
        save(request.sandbox, salon, request.actor, 'changed', {
          kind: 'customDay',
          key: `${owner}|${date}`,
          record,
        });
        return ok(wireDay(date, record));
      },
    },
  ];
}

function wireDay(date: string, day: CustomDay): object {
  return { date, hours: day.hours, ...day.extra };
}

function dateQuery(request: ApiRequest, name: string): string {
  const text = request.query.get(name) ?? '';
  if (parseDate(text) === null) throw invalid(name, 'A date YYYY-MM-DD is required');
  return text;
}

function dateParam(request: ApiRequest): string {
  const text = request.params['date'] ?? '';
  if (parseDate(text) === null) throw notFound();
  return text;
}

export const STAFF_REASONS = [
  'personal_day',
  'sick_day',
  'vacation',
  'training',
  'no_show',
  'late',
  'early',
  'other',
];
export const APPLIANCE_REASONS = ['day_off', 'holiday', 'maintenance', 'break', 'other'];

const timeOff = crudRoutes<TimeOff>({
  kind: 'timeOff',
  template: `${RESOURCE}/time_off/`,
  idName: 'time_off_id',
  list: (salon, request) => {
    const owner = Number(resourceOwner(request, salon));
    return salon.timeOff.all().filter((entry) => entry.resource_id === owner);
  },
  get: (salon, id, request) => {
    const entry = salon.timeOff.get(id);
    return entry !== undefined && String(entry.resource_id) === resourceOwner(request, salon)
      ? entry
      : undefined;
  },
  fields: z
    .object({
      date_from: localDate,
      date_till: localDate,
      hour_from: hourMinute.nullable(),
      hour_till: hourMinute.nullable(),
      reason_code: z.string(),
      reason: maybeText,
      approved: z.boolean(),
    })
    .partial(),
  required: z.object({ date_from: localDate, date_till: localDate, reason_code: z.string() }),
  readOnly: ['resource_id'],
  blank: (id, salon, request) => ({
    id,
    resource_id: Number(resourceOwner(request, salon)),
    date_from: '',
    date_till: '',
    hour_from: null,
    hour_till: null,
    reason_code: 'other',
    reason: null,
    approved: true,
  }),
  toPut: (record) => ({ kind: 'timeOff', key: String(record.id), record }),
  toWire: (record) => {
    const { resource_id: _resource, ...wire } = record;
    return withExtra(wire);
  },
  check: (record, salon) => {
    const reasons = salon.resources.get(record.resource_id)?.type === 'R' ? APPLIANCE_REASONS : STAFF_REASONS;
    if (!reasons.includes(record.reason_code)) throw invalid('reason_code', `One of ${reasons.join(', ')}`);
    const span = timeOffSpan(record);
    if (span.till <= span.from) throw invalid('date_till', 'Ends before it begins');
  },
});

/** Weekly hours, custom days and time off. */
export const scheduleApiRoutes: readonly Route[] = [
  ...scheduleRoutes(BUSINESS, businessOwner),
  ...scheduleRoutes(RESOURCE, resourceOwner),
  ...timeOff,
];

/** What only the salon itself can do: take a custom day away, and set one day, shown what it replaces. */
export const salonOnlyScheduleRoutes: readonly Route[] = (
  [
    [BUSINESS, businessOwner],
    [RESOURCE, resourceOwner],
  ] as const
).flatMap(([base, ownerOf]): Route[] => [
  {
    method: 'DELETE',
    template: `${base}/custom/{date}/`,
    handle: (request) => {
      const salon = salonOf(request);
      const key = `${ownerOf(request, salon)}|${dateParam(request)}`;
      erase(request.sandbox, salon, request.actor, 'customDay', key);
      return { status: 204 };
    },
  },
  {
    method: 'PATCH',
    template: `${base}/custom/{date}/`,
    handle: (request) => {
      const salon = salonOf(request);
      const [owner, date] = [ownerOf(request, salon), dateParam(request)];
      const before = salon.customDays.get(owner)?.get(date);
      const record = { ...before, hours: parseBody(z.object({ hours }), request.body).hours };
      save(request.sandbox, salon, request.actor, 'changed', {
        kind: 'customDay',
        key: `${owner}|${date}`,
        record,
      });
      return ok({ before: before?.hours ?? null, ...wireDay(date, record) });
    },
  },
  {
    method: 'PATCH',
    template: `${base}/default/{day}/`,
    handle: (request) => {
      const salon = salonOf(request);
      const owner = ownerOf(request, salon);
      const day = Number(request.params['day']);
      if (!Number.isInteger(day) || day < 0 || day > 6) throw notFound();
      const all = salon.schedules.get(owner) ?? [];
      const isThat = (each: ScheduleDay) =>
        each.day_of_week === day && (each.hours_apply_from ?? null) === null;
      const before = all.find(isThat);
      const now = { ...before, day_of_week: day, hours: parseBody(z.object({ hours }), request.body).hours };
      const record = [...all.filter((each) => !isThat(each)), now];
      save(request.sandbox, salon, request.actor, 'changed', { kind: 'schedule', key: owner, record });
      return ok({ before: before?.hours ?? null, ...now });
    },
  },
]);
