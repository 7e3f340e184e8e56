import type { Budget } from './limits.ts';
import type { RepeatRule } from './rule.ts';
import { DAY_MS, dayOf, HOUR_MS, MINUTE_MS } from './wall.ts';

/**
 * The wall times of a rule. ical.js parses rules; its iterator is not used, because rules that never come true
 * (`FREQ=DAILY;INTERVAL=7;BYDAY=MO` from a Tuesday) hold it forever inside one call, where nobody counts. Here every day
 * and every step is counted, and the window ends everything.
 */
export interface Repetition {
  readonly rule: RepeatRule;
  /** First time, as wall time. */
  readonly start: number;
  /** Wall times: those that begin from `from` on and before `to` are wanted. */
  readonly from: number;
  readonly to: number;
  /** Whether a wall time lies behind UNTIL. */
  readonly isOver: (wall: number) => boolean;
  readonly budget: Budget;
}

/**
 * Wall times in order, the start first: it is one whatever the rule says. Some before `from` may come along. Between them
 * null, now and then: a step is done, and there may be another before the next time (see `Stepwise`).
 */
export function* repetitions({
  rule,
  start,
  from,
  to,
  isOver,
  budget,
}: Repetition): Generator<number | null, void, void> {
  let count = 1;
  if (!isOver(start) && start < to) yield start;
  const full = withDefaults(rule, start);
  // Without a count nothing before the window matters: the rule is entered where the window begins.
  const first = rule.count === null ? Math.max(0, stepAt(full, start, Math.max(from, start)) - 1) : 0;
  for (let step = first; ; step += 1) {
    const period = periodOf(full, start, step);
    budget.spend(1);
    if (period.begins >= to) return;
    for (const wall of yield* timesOf(full, period, budget)) {
      if (wall <= start) continue;
      if (wall >= to || isOver(wall)) return;
      count += 1;
      if (rule.count !== null && count > rule.count) return;
      yield wall;
    }
  }
}

/** What a rule leaves open its start says. */
function withDefaults(rule: RepeatRule, start: number): RepeatRule {
  const date = new Date(start);
  const { frequency } = rule;
  const namesDays = rule.yearDays.length + rule.monthDays.length + rule.days.length > 0;
  const weekday = [{ weekday: date.getUTCDay(), nth: 0 }];
  const monthDay = [date.getUTCDate()];
  const daily = (() => {
    if (namesDays) return {};
    if (frequency === 'WEEKLY') return { days: weekday };
    if (frequency === 'MONTHLY') return { monthDays: monthDay };
    if (frequency !== 'YEARLY') return {};
    if (rule.weekNumbers.length > 0) return { days: weekday };
    return {
      monthDays: monthDay,
      months: rule.months.length > 0 ? rule.months : [date.getUTCMonth() + 1],
    };
  })();
  const slower = (than: readonly string[]) => !than.includes(frequency);
  return {
    ...rule,
    ...daily,
    hours:
      rule.hours.length > 0 || !slower(['HOURLY', 'MINUTELY', 'SECONDLY'])
        ? rule.hours
        : [date.getUTCHours()],
    minutes:
      rule.minutes.length > 0 || !slower(['MINUTELY', 'SECONDLY']) ? rule.minutes : [date.getUTCMinutes()],
    seconds: rule.seconds.length > 0 || !slower(['SECONDLY']) ? rule.seconds : [date.getUTCSeconds()],
  };
}

interface Period {
  readonly begins: number;
  readonly ends: number;
}

/** One turn of the rule: a year, a month, a week, a day, an hour, a minute or a second. */
function periodOf({ frequency, interval, weekStart }: RepeatRule, start: number, step: number): Period {
  const date = new Date(start);
  switch (frequency) {
    case 'YEARLY': {
      const year = date.getUTCFullYear() + step * interval;
      return { begins: Date.UTC(year, 0, 1), ends: Date.UTC(year + 1, 0, 1) };
    }
    case 'MONTHLY': {
      const month = date.getUTCMonth() + step * interval;
      const year = date.getUTCFullYear();
      return { begins: Date.UTC(year, month, 1), ends: Date.UTC(year, month + 1, 1) };
    }
    case 'WEEKLY': {
      const begins = weekOf(start, weekStart) + step * interval * 7 * DAY_MS;
      return { begins, ends: begins + 7 * DAY_MS };
    }
    default: {
      const length = LENGTHS[frequency];
      const begins = Math.floor(start / length) * length + step * interval * length;
      return { begins, ends: begins + length };
    }
  }
}

const LENGTHS = { DAILY: DAY_MS, HOURLY: HOUR_MS, MINUTELY: MINUTE_MS, SECONDLY: 1000 } as const;

/** The turn in which a wall time lies, or a neighbour of it. */
function stepAt({ frequency, interval, weekStart }: RepeatRule, start: number, wall: number): number {
  const [a, b] = [new Date(start), new Date(wall)];
  const years = b.getUTCFullYear() - a.getUTCFullYear();
  switch (frequency) {
    case 'YEARLY':
      return Math.floor(years / interval);
    case 'MONTHLY':
      return Math.floor((years * 12 + b.getUTCMonth() - a.getUTCMonth()) / interval);
    case 'WEEKLY':
      return Math.floor((wall - weekOf(start, weekStart)) / (interval * 7 * DAY_MS));
    default:
      return Math.floor((wall - start) / (interval * LENGTHS[frequency]));
  }
}

function weekOf(wall: number, weekStart: number): number {
  const day = dayOf(wall);
  return day - ((new Date(day).getUTCDay() - weekStart + 7) % 7) * DAY_MS;
}

/** The times of one turn, in order. */
function* timesOf(
  rule: RepeatRule,
  period: Period,
  budget: Budget,
): Generator<null, readonly number[], void> {
  yield null;
  const times: number[] = [];
  if (period.ends - period.begins >= DAY_MS) {
    for (let day = period.begins; day < period.ends; day += DAY_MS) {
      budget.spend(1);
      if (!dayFits(rule, day)) continue;
      yield null;
      for (const hour of rule.hours)
        for (const minute of rule.minutes)
          for (const second of rule.seconds) {
            budget.spend(1);
            times.push(day + hour * HOUR_MS + minute * MINUTE_MS + second * 1000);
          }
    }
  } else if (dayFits(rule, dayOf(period.begins))) {
    times.push(...withinDay(rule, period.begins, budget));
  }
  return rule.positions.length === 0 ? times : placed(rule, times);
}

/** Hours, minutes and seconds of a turn shorter than a day: what is finer is laid out, the rest must fit. */
function withinDay(rule: RepeatRule, begins: number, budget: Budget): readonly number[] {
  const at = new Date(begins);
  const fits = (list: readonly number[], value: number) => list.length === 0 || list.includes(value);
  if (!fits(rule.hours, at.getUTCHours())) return [];
  const { frequency } = rule;
  if (frequency !== 'HOURLY' && !fits(rule.minutes, at.getUTCMinutes())) return [];
  if (frequency === 'SECONDLY') return fits(rule.seconds, at.getUTCSeconds()) ? [begins] : [];
  const minutes = frequency === 'HOURLY' ? rule.minutes : [0];
  budget.spend(minutes.length * rule.seconds.length);
  return minutes.flatMap((minute) =>
    rule.seconds.map((second) => begins + minute * MINUTE_MS + second * 1000),
  );
}

/** BYSETPOS: the nth times of a turn. */
function placed({ positions }: RepeatRule, times: readonly number[]): readonly number[] {
  const chosen = positions.flatMap((at) => {
    const time = at > 0 ? times[at - 1] : times[times.length + at];
    return time === undefined ? [] : [time];
  });
  return [...new Set(chosen)].sort((a, b) => a - b);
}

function dayFits(rule: RepeatRule, day: number): boolean {
  const date = new Date(day);
  const month = date.getUTCMonth();
  if (rule.months.length > 0 && !rule.months.includes(month + 1)) return false;
  const year = date.getUTCFullYear();
  const monthDay = date.getUTCDate();
  if (rule.monthDays.length > 0) {
    const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
    if (!rule.monthDays.includes(monthDay) && !rule.monthDays.includes(monthDay - length - 1)) return false;
  }
  if (rule.days.length > 0 && !rule.days.some((wanted) => weekdayFits(rule, wanted, date))) return false;
  if (rule.yearDays.length > 0) {
    const yearDay = dayOfYear(day);
    const length = dayOfYear(Date.UTC(year, 11, 31));
    if (!rule.yearDays.includes(yearDay) && !rule.yearDays.includes(yearDay - length - 1)) return false;
  }
  if (rule.weekNumbers.length > 0) {
    const [number, of] = weekNumber(day, rule.weekStart);
    if (!rule.weekNumbers.includes(number) && !rule.weekNumbers.includes(number - of - 1)) return false;
  }
  return true;
}

/** The nth weekday of a month, or of a year where the rule names no month. */
function weekdayFits(
  rule: RepeatRule,
  { weekday, nth }: { readonly weekday: number; readonly nth: number },
  date: Date,
): boolean {
  if (date.getUTCDay() !== weekday) return false;
  if (nth === 0 || (rule.frequency !== 'MONTHLY' && rule.frequency !== 'YEARLY')) return true;
  const year = date.getUTCFullYear();
  const ofYear = rule.frequency === 'YEARLY' && rule.months.length === 0;
  const place = ofYear ? dayOfYear(date.getTime()) : date.getUTCDate();
  const length = ofYear
    ? dayOfYear(Date.UTC(year, 11, 31))
    : new Date(Date.UTC(year, date.getUTCMonth() + 1, 0)).getUTCDate();
  return nth > 0 ? Math.ceil(place / 7) === nth : Math.ceil((length - place + 1) / 7) === -nth;
}

function dayOfYear(day: number): number {
  return Math.floor((day - Date.UTC(new Date(day).getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
}

/** Number of the week that a day lies in, and how many weeks that year of weeks has. Week 1 has four days of its year. */
function weekNumber(day: number, weekStart: number): readonly [number, number] {
  const week = weekOf(day, weekStart);
  const year = new Date(week + 3 * DAY_MS).getUTCFullYear();
  const firstOf = (each: number) => weekOf(Date.UTC(each, 0, 4), weekStart);
  const number = Math.round((week - firstOf(year)) / (7 * DAY_MS)) + 1;
  return [number, Math.round((firstOf(year + 1) - firstOf(year)) / (7 * DAY_MS))];
}
