/** Bodies of opening hours. A PUT replaces the whole week, or one whole day: what was read, with the changed hours put over it. */
import type { OpenInterval } from '../../domain/observed.ts';
import { hourMinuteOf } from '../translate/time.ts';
import { isRecord } from '../wire/edge.ts';
import type { WeekdayInput } from './inputs.ts';
import { RawDocument } from './raw-document.ts';

type Body = Record<string, unknown>;

/** Days that are not changed stay as they were read, with all that nobody here knows of them. */
export function changedWeekBody(raw: RawDocument, change: readonly WeekdayInput[]): Body[] {
  const days = readRowsOf(raw);
  for (const { dayOfWeek, appliesFrom, intervals } of change) {
    const isThat = (row: Body) =>
      row['day_of_week'] === dayOfWeek && (row['hours_apply_from'] ?? null) === appliesFrom;
    const at = days.findIndex(isThat);
    const read = days[at] ?? {};
    const rest = days.filter((row) => !isThat(row));
    if (intervals !== null) {
      rest.splice(at === -1 ? rest.length : Math.min(at, rest.length), 0, {
        ...read,
        day_of_week: dayOfWeek,
        hours: hoursBody(intervals),
        hours_apply_from: appliesFrom,
      });
    }
    days.splice(0, days.length, ...rest);
  }
  return days;
}

/** The date is in the path. */
export function changedDayBody(raw: RawDocument, date: string, intervals: readonly OpenInterval[]): Body {
  const { date: _date, ...read } = readRowsOf(raw).find((row) => row['date'] === date) ?? {};
  return { ...read, hours: hoursBody(intervals) };
}

function readRowsOf(raw: RawDocument): Body[] {
  const { rows } = RawDocument.copyOf(raw);
  return Array.isArray(rows) ? rows.filter(isRecord) : [];
}

function hoursBody(intervals: readonly OpenInterval[]): Body[] {
  return intervals.map(([open, close]) => ({
    hour_from: hourMinuteOf(open),
    hour_till: hourMinuteOf(close),
  }));
}
