import type { OpenInterval } from '../../domain/observed.ts';
import type { DayHours } from './words.ts';

/** What is wrong with hours that somebody wants to set: pure, so that it is told before anything is read or written. */

export interface Flaw {
  /** Place in the value, from its root. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const DAY = 1440;
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** "22:00"; past midnight it goes on: "26:00". */
export function clockOf(minute: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/**
 * Flaws of the shifts of one day. A shift belongs to the day on which it begins; one over midnight ends past 1440, at most a
 * minute short of a day later, because Booksy's notation (`hour_till` before `hour_from`) can say no more. Shifts that touch stay
 * apart there and here.
 */
export function flawsOfIntervals(intervals: readonly OpenInterval[]): readonly Flaw[] {
  return intervals.flatMap((interval, at) => {
    const message = flawOfInterval(interval) ?? flawOfOrder(intervals[at - 1], interval);
    return message === null ? [] : [{ path: [at], message }];
  });
}

function flawOfInterval([open, close]: OpenInterval): string | null {
  if (open < 0 || open >= DAY)
    return 'must begin between 0 (00:00) and 1439 (23:59), in minutes from local midnight';
  if (close === open) return 'has no length: it must end after it begins';
  if (close < open)
    return 'ends before it begins; one over midnight ends past 1440, such as [1320, 1560] for 22:00 to 02:00';
  if (close - open > DAY || (close > DAY && close - open === DAY))
    return 'is longer than a day: write a whole day as [0, 1440]';
  return null;
}

function flawOfOrder(before: OpenInterval | undefined, interval: OpenInterval): string | null {
  if (before === undefined || before[1] <= interval[0]) return null;
  return interval[0] < before[0]
    ? 'begins before the one before it: name them in order'
    : `overlaps the one before it, which ends at ${clockOf(before[1])}`;
}

/** Flaws of a week as a whole: each weekday once, and no shift over midnight runs into the next day's. */
export function flawsOfWeek(days: readonly DayHours[]): readonly Flaw[] {
  const byDay = new Map<number, { readonly day: DayHours; readonly at: number }>();
  const flaws: Flaw[] = [];
  days.forEach((day, at) => {
    if (byDay.has(day.dayOfWeek))
      flaws.push({ path: [at, 'dayOfWeek'], message: `names ${nameOf(day.dayOfWeek)} a second time` });
    else byDay.set(day.dayOfWeek, { day, at });
  });
  const missing = WEEKDAYS.filter((_, dayOfWeek) => !byDay.has(dayOfWeek));
  if (missing.length > 0)
    flaws.push({
      path: [],
      message: `must name all seven days of the week, a closed one with []; missing: ${missing.join(', ')}`,
    });
  for (const { day, at } of byDay.values()) {
    const last = day.intervals.length - 1;
    const end = day.intervals[last]?.[1] ?? 0;
    const next = byDay.get((day.dayOfWeek + 1) % 7)?.day;
    const [begins] = next?.intervals[0] ?? [];
    if (next === undefined || begins === undefined || end - DAY <= begins) continue;
    flaws.push({
      path: [at, 'intervals', last],
      message: `runs past midnight into the hours of ${nameOf(next.dayOfWeek)}, which begin at ${clockOf(begins)}`,
    });
  }
  return flaws;
}

function nameOf(dayOfWeek: number): string {
  return WEEKDAYS[dayOfWeek] ?? 'a day';
}
