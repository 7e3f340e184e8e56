import { z } from 'zod';
import { shown } from '../wire.ts';

/** Answers of the API about hours and time off. See ../wire.ts for the manners. */

const interval = z.tuple([z.number(), z.number()]);
/** Minutes from midnight, from and to; past midnight above 1440. */
export type Intervals = readonly z.output<typeof interval>[];

const week = z.looseObject({
  appliesFrom: shown.nullable(),
  days: z.array(z.looseObject({ dayOfWeek: z.number(), intervals: z.array(interval) })),
  version: z.string(),
});
export type Week = z.output<typeof week>;
const day = z.looseObject({ date: shown, intervals: z.array(interval) });
const inStep = z.looseObject({ direction: shown, provenAt: z.string().nullable() });
export type InStep = z.output<typeof inStep>;
const owner = z.looseObject({
  kind: shown,
  id: z.string(),
  name: shown,
  week: week.nullable(),
  schedules: z.array(week),
  days: z.array(day),
});
export type Owner = z.output<typeof owner>;
export const hoursAnswer = z.looseObject({
  zone: shown,
  today: shown,
  connected: z.boolean(),
  weeks: inStep,
  days: inStep,
  owners: z.array(owner),
});

const visits = z.looseObject({ count: z.number(), ids: z.array(z.string()) });
export type Visits = z.output<typeof visits>;
const changed = { changed: z.boolean(), visits };
export const weekAnswer = z.looseObject({ week, ...changed });
export const dayAnswer = z.looseObject({ day, ...changed });
export const clearedAnswer = z.looseObject(changed);

const timeOff = z.looseObject({
  id: z.string(),
  owner: z.looseObject({ kind: shown, id: z.string() }),
  source: shown,
  startsLocal: shown,
  endsLocal: shown,
  allDay: z.boolean(),
  reasonCode: shown,
  atBooksy: z.boolean(),
});
export type TimeOff = z.output<typeof timeOff>;
/** A page of them; its cursor is read by `readList`. */
export const timeOffPage = z.looseObject({
  timeOff: z.array(timeOff),
  nextCursor: z.string().nullable(),
  notes: z.array(z.object({ code: z.string(), message: shown, nextStep: shown })).default([]),
});
export const timeOffAnswer = z.looseObject({ timeOff, ...changed });
export const timeOffGone = z.object({ removed: z.boolean() });
