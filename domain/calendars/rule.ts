import type ICAL from 'ical.js';
import { readWall, type WallTime } from './wall.ts';

export const FREQUENCIES = [
  'YEARLY',
  'MONTHLY',
  'WEEKLY',
  'DAILY',
  'HOURLY',
  'MINUTELY',
  'SECONDLY',
] as const;
export type Frequency = (typeof FREQUENCIES)[number];

/** A weekday, 0 = Sunday; `nth` counts from the end where negative, 0 = every one. */
export interface NthDay {
  readonly weekday: number;
  readonly nth: number;
}

/** RRULE, checked. Empty lists say nothing. */
export interface RepeatRule {
  readonly frequency: Frequency;
  readonly interval: number;
  readonly count: number | null;
  readonly until: WallTime | null;
  /** First day of a week, 0 = Sunday. */
  readonly weekStart: number;
  readonly months: readonly number[];
  readonly weekNumbers: readonly number[];
  readonly yearDays: readonly number[];
  readonly monthDays: readonly number[];
  readonly days: readonly NthDay[];
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly seconds: readonly number[];
  readonly positions: readonly number[];
}

const WEEKDAYS: Readonly<Record<string, number>> = { SU: 0, MO: 1, TU: 2, WE: 3, TH: 4, FR: 5, SA: 6 };
const MOST_INTERVAL = 100_000;
const MOST_COUNT = Number.MAX_SAFE_INTEGER;

/** Reads a rule as ical.js parsed it; null where it says what no rule can. */
export function readRule(recur: ICAL.Recur): RepeatRule | null {
  const frequency = FREQUENCIES.find((each) => each === recur.freq);
  if (frequency === undefined) return null;
  const interval = whole(recur.interval, 1, MOST_INTERVAL) ?? 1;
  const parts: Record<string, unknown> = recur.parts;
  const lists = {
    months: numbers(parts.BYMONTH, 1, 12),
    weekNumbers: numbers(parts.BYWEEKNO, -53, 53),
    yearDays: numbers(parts.BYYEARDAY, -366, 366),
    monthDays: numbers(parts.BYMONTHDAY, -31, 31),
    hours: numbers(parts.BYHOUR, 0, 23),
    minutes: numbers(parts.BYMINUTE, 0, 59),
    seconds: numbers(parts.BYSECOND, 0, 60),
    positions: numbers(parts.BYSETPOS, -366, 366),
  };
  const days = weekdays(parts.BYDAY);
  const { months, weekNumbers, yearDays, monthDays, hours, minutes, seconds, positions } = lists;
  if (
    months === null ||
    weekNumbers === null ||
    yearDays === null ||
    monthDays === null ||
    hours === null ||
    minutes === null ||
    seconds === null ||
    positions === null ||
    days === null
  )
    return null;
  const until = recur.until === null || recur.until === undefined ? null : readWall(recur.until.toString());
  if (until === null && recur.until !== null && recur.until !== undefined) return null;
  return {
    frequency,
    interval,
    count: recur.count === null ? null : (whole(recur.count, 1, MOST_COUNT) ?? 1),
    until,
    // ical.js counts weekdays from 1 = Sunday; Monday is what the standard takes.
    weekStart: (whole(recur.wkst, 1, 7) ?? 2) - 1,
    months,
    weekNumbers,
    yearDays,
    monthDays,
    days,
    hours,
    minutes,
    seconds: seconds.map((second) => Math.min(second, 59)),
    positions,
  };
}

function whole(value: unknown, least: number, most: number): number | null {
  const number = Number(value);
  return Number.isInteger(number) && number >= least ? Math.min(number, most) : null;
}

/** The numbers of a part, in order; null where one is none of them. */
function numbers(part: unknown, least: number, most: number): readonly number[] | null {
  if (part === undefined || part === null) return [];
  const values = (Array.isArray(part) ? part : [part]).map(Number);
  if (values.length > 400) return null;
  if (values.some((value) => !Number.isInteger(value) || value < least || value > most)) return null;
  return [...new Set(values)].sort((a, b) => a - b);
}

function weekdays(part: unknown): readonly NthDay[] | null {
  if (part === undefined || part === null) return [];
  const values: readonly unknown[] = Array.isArray(part) ? part : [part];
  const days: NthDay[] = [];
  for (const value of values.slice(0, 400)) {
    const found = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(String(value));
    const weekday = WEEKDAYS[found?.[2] ?? ''];
    if (weekday === undefined) return null;
    days.push({ weekday, nth: Number(found?.[1] ?? 0) });
  }
  return days;
}
