/** Hours and time off as they go out (SPEC 5.1). */
import { z } from 'zod';
import { DIRECTIONS } from '../../domain/merge.ts';
import type { OpenInterval } from '../../domain/observed.ts';
import type { OwnerHours, SalonHours } from '../../infra/hours/read.ts';
import type { CustomDay, Week } from '../../infra/hours/rows.ts';
import type { StoredTimeOff } from '../../infra/hours/time-off-rows.ts';
import type { VisitsInTheWay } from '../../infra/hours/visits.ts';
import type { DayHours } from '../../infra/hours/words.ts';
import { changed, instant } from '../wire.ts';

const ownerOut = z.object({ kind: z.enum(['business', 'staff', 'room']), id: z.string() });
const intervalsOut = z.array(z.array(z.int()));
const weekOut = z
  .object({
    appliesFrom: z.string().nullable().meta({ description: 'First day; null: it always did' }),
    days: z.array(z.object({ dayOfWeek: z.int(), intervals: intervalsOut })),
    version: z.string().meta({ description: 'Name it when you change it' }),
  })
  .meta({ id: 'Week' });
const dayOut = z
  .object({ date: z.string(), intervals: intervalsOut, version: z.string() })
  .meta({ id: 'CustomDay' });
const inStepOut = z
  .object({
    direction: z.enum(DIRECTIONS).meta({
      description:
        'By the sync rule that counts: `in`: Booksy’s come here and what is set here stays here; `both`: it goes there, too',
    }),
    provenAt: instant.nullable().meta({ description: 'Up to when all of it was proven to be the same' }),
  })
  .meta({ id: 'KeptInStep' });

export const hoursAnswer = z
  .object({
    zone: z.string().meta({ description: 'In which all of it is read', example: 'Europe/Warsaw' }),
    today: z.string(),
    connected: z.boolean().meta({ description: 'Whether the business is connected to Booksy' }),
    weeks: inStepOut,
    days: inStepOut,
    timeOff: inStepOut,
    owners: z.array(
      ownerOut.extend({
        name: z.string(),
        atBooksy: z.boolean().meta({ description: 'Whether Booksy has it, too' }),
        week: weekOut.nullable().meta({
          description:
            'The one that counts today. Null: a person works whenever the salon is open, a room is always there, a salon is closed',
        }),
        schedules: z.array(weekOut).meta({ description: 'Weeks that begin later, the next first' }),
        days: z.array(dayOut).meta({ description: 'Dates with hours of their own' }),
      }),
    ),
  })
  .meta({ id: 'Hours' });

const visitsOut = z
  .object({ count: z.int(), ids: z.array(z.string()).meta({ description: 'By their start, the first 200' }) })
  .meta({
    id: 'VisitsInTheWay',
    description:
      'Visits to come in time that is closed or off now. They stay: move or cancel each where needed',
  });

export const weekAnswer = z
  .object({ owner: ownerOut, week: weekOut, changed, visits: visitsOut })
  .meta({ id: 'WeekSet' });
export const dayAnswer = z
  .object({ owner: ownerOut, day: dayOut, changed, visits: visitsOut })
  .meta({ id: 'DaySet' });
export const removedAnswer = z
  .object({ owner: ownerOut, changed, visits: visitsOut })
  .meta({ id: 'HoursRemoved' });

const timeOffOut = z
  .object({
    id: z.string(),
    businessId: z.string(),
    owner: ownerOut,
    source: z.enum(['time_off', 'reservation', 'calendar']).meta({
      description:
        '`calendar`: an event of a calendar of others; `reservation`: of Booksy’s visit list. Both are changed where they come from',
    }),
    calendarId: z.string().nullable(),
    zone: z.string(),
    startsLocal: z.string(),
    endsLocal: z.string().meta({ description: 'Of whole days the midnight after the last' }),
    startsAt: instant,
    endsAt: instant,
    allDay: z.boolean(),
    reasonCode: z.string(),
    atBooksy: z.boolean().meta({ description: 'Whether Booksy has it, too' }),
    version: z.int().meta({ description: 'Name it when you change it' }),
  })
  .meta({ id: 'TimeOff' });
export const timeOffPage = z
  .object({
    timeOff: z.array(timeOffOut).meta({ description: 'By start' }),
    nextCursor: z.string().nullable().meta({ description: 'Null on the last page' }),
  })
  .meta({ id: 'TimeOffPage' });
export const timeOffAnswer = z
  .object({ timeOff: timeOffOut, changed, visits: visitsOut })
  .meta({ id: 'TimeOffSet' });
export const timeOffGone = z.object({ removed: z.literal(true) }).meta({ id: 'TimeOffRemoved' });

const copied = (all: readonly OpenInterval[]) => all.map(([open, close]) => [open, close]);

export function weekOf({ appliesFrom, days: week, version: now }: Week): z.input<typeof weekOut> {
  const shown = ({ dayOfWeek, intervals: own }: DayHours) => ({ dayOfWeek, intervals: copied(own) });
  return { appliesFrom, days: week.map(shown), version: now };
}

export function dayOf({ date: on, intervals: own, version: now }: CustomDay): z.input<typeof dayOut> {
  return { date: on, intervals: copied(own), version: now };
}

export function hoursOf({ salon, connected, weeks, days: custom, timeOff, owners }: SalonHours) {
  const { zone, today } = salon;
  return { zone, today, connected, weeks, days: custom, timeOff, owners: owners.map(ownerHoursOf) };
}

function ownerHoursOf({ week, schedules, days: custom, ...rest }: OwnerHours) {
  return {
    ...rest,
    week: week === null ? null : weekOf(week),
    schedules: schedules.map(weekOf),
    days: custom.map(dayOf),
  };
}

export function visitsOf({ count, ids }: VisitsInTheWay) {
  return { count, ids: [...ids] };
}

export function timeOffOf(row: StoredTimeOff): z.input<typeof timeOffOut> {
  return { ...row, owner: { ...row.owner } };
}
