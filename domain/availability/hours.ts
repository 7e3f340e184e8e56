import type { OpenInterval } from '../observed.ts';
import { dayOfDate, weekdayOfDay, type ZoneClock } from './clock.ts';
import { merged, type Span } from './spans.ts';
import type { Holiday, Hours } from './types.ts';

/** Hours made ready to be asked day by day. */
export interface DayPlan {
  /** Shifts that begin on a day (counted from the epoch), in minutes from its local midnight. */
  shiftsOf(day: number): readonly OpenInterval[];
  /** Whether a public holiday closes this day. */
  isHoliday(day: number): boolean;
}

const DAY_MINUTES = 1440;
const NO_SHIFTS: readonly OpenInterval[] = [];

/**
 * Which shifts begin on a day: the exceptional opening of a holiday, else the custom day, else nothing on a holiday, else the
 * weekday of the set of weeks that began last.
 */
export function dayPlan(hours: Hours, holidays: readonly Holiday[] = []): DayPlan {
  const sets = hours.weekly
    .map(({ appliesFrom, days }) => ({
      fromDay: appliesFrom === null ? Number.NEGATIVE_INFINITY : dayOfDate(appliesFrom),
      days: new Map(days.map(({ dayOfWeek, intervals }) => [dayOfWeek, intervals])),
    }))
    .sort((a, b) => b.fromDay - a.fromDay);
  const special = new Map(hours.custom.map(({ date, intervals }) => [dayOfDate(date), intervals]));
  const closing = new Set<number>();
  for (const { date, open } of holidays) {
    const day = dayOfDate(date);
    if (open !== null) special.set(day, open);
    else if (!special.has(day)) closing.add(day);
  }
  return {
    shiftsOf(day) {
      if (closing.has(day)) return NO_SHIFTS;
      const own = special.get(day);
      if (own !== undefined) return own;
      const set = sets.find(({ fromDay }) => fromDay <= day);
      return set?.days.get(weekdayOfDay(day)) ?? NO_SHIFTS;
    },
    isHoliday: (day) => closing.has(day),
  };
}

/** Open time of the days between two, both included, as instants. What began up to two days before runs in. */
export function openSpans(
  plan: DayPlan,
  clock: ZoneClock,
  firstDay: number,
  lastDay: number,
): readonly Span[] {
  const spans: Span[] = [];
  for (let day = firstDay - 2; day <= lastDay; day += 1) {
    const midnight = day * DAY_MINUTES;
    for (const [open, close] of plan.shiftsOf(day)) {
      spans.push({ from: clock.toInstant(midnight + open), till: clock.toInstant(midnight + close) });
    }
  }
  return merged(spans);
}
