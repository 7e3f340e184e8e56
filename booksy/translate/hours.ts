/** Weekly hours, custom days and time off. */
import { addDays } from '../../domain/local-time.ts';
import {
  TIME_OFF_REASONS,
  type ObservedCustomDay,
  type ObservedTimeOff,
  type ObservedWeekday,
  type TimeOffReason,
} from '../../domain/observed.ts';
import { readOwnMark } from '../marker.ts';
import { readRows, type ReadRows, type RowReader } from '../wire/read.ts';
import {
  customDayShape,
  scheduleDayShape,
  timeOffShape,
  type WireCustomDay,
  type WireScheduleDay,
  type WireTimeOff,
} from '../wire/shapes.ts';
import { dateOf, intervalsOf, joined, localOf, requireOrder } from './time.ts';

const WEEK = [0, 1, 2, 3, 4, 5, 6] as const;

const weekdayReader: RowReader<WireScheduleDay, ObservedWeekday> = {
  shape: scheduleDayShape,
  translate: (wire) => ({
    dayOfWeek: wire.day_of_week,
    appliesFrom:
      typeof wire.hours_apply_from === 'string' ? dateOf(wire.hours_apply_from, 'hours_apply_from') : null,
    intervals: intervalsOf(wire.hours),
  }),
};

/**
 * All seven days of the present set and of each set that begins later, sorted; a day that is missing is closed.
 * Where a row could not be understood nothing is filled in: a day we cannot read is not a closed day.
 */
export function readWeek(rows: readonly unknown[]): ReadRows<ObservedWeekday> {
  const read = readRows(rows, weekdayReader);
  const sets = new Map<string | null, Map<number, ObservedWeekday>>([[null, new Map()]]);
  for (const day of read.rows) {
    const set = sets.get(day.appliesFrom) ?? new Map<number, ObservedWeekday>();
    sets.set(day.appliesFrom, set);
    const same = set.get(day.dayOfWeek);
    set.set(
      day.dayOfWeek,
      same === undefined ? day : { ...day, intervals: joined([...same.intervals, ...day.intervals]) },
    );
  }
  const days = [...sets.entries()]
    .sort(([a], [b]) => (a ?? '').localeCompare(b ?? ''))
    .flatMap(([appliesFrom, set]) =>
      WEEK.flatMap((dayOfWeek): ObservedWeekday[] => {
        const day = set.get(dayOfWeek);
        if (day !== undefined) return [day];
        return read.rejected.length > 0 ? [] : [{ dayOfWeek, appliesFrom, intervals: [] }];
      }),
    );
  return { ...read, rows: days };
}

export const customDayReader: RowReader<WireCustomDay, ObservedCustomDay> = {
  shape: customDayShape,
  translate: (wire) => ({ date: dateOf(wire.date, 'date'), intervals: intervalsOf(wire.hours) }),
};

/** Time off of one resource. Its free text is looked at for our mark only, then forgotten. */
export function timeOffReader(resourceExternalId: string): RowReader<WireTimeOff, ObservedTimeOff> {
  return {
    shape: timeOffShape,
    translate: (wire) => {
      const startsLocal = localOf(`${wire.date_from}T${wire.hour_from ?? '00:00'}`, 'date_from');
      const endsLocal = localOf(`${wire.date_till}T${wire.hour_till ?? '24:00'}`, 'date_till');
      requireOrder(startsLocal, endsLocal, 'date_till');
      return {
        externalId: String(wire.id),
        source: 'time_off',
        resourceExternalId,
        startsLocal,
        endsLocal,
        allDay: startsLocal.endsWith('T00:00') && endsLocal.endsWith('T00:00'),
        reasonCode: reasonOf(wire.reason_code),
        approved: wire.approved,
        ours: readOwnMark(wire.reason) !== null,
        importUid: readOwnMark(wire.reason),
      };
    },
  };
}

/** The last day of a local end time, as the wire says it: midnight belongs to the day before, as 24:00. */
export function wireEndOf(endsLocal: string): { readonly date: string; readonly hour: string } {
  const [date = '', hour = ''] = endsLocal.split('T');
  return hour === '00:00' ? { date: addDays(date, -1), hour: '24:00' } : { date, hour };
}

function reasonOf(wire: string): TimeOffReason {
  return TIME_OFF_REASONS.find((reason) => reason === wire) ?? 'other';
}
