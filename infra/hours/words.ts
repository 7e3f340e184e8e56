import type { OpenInterval } from '../../domain/observed.ts';

/** Whose hours or time off it is. */
export type OwnerKind = 'business' | 'staff' | 'room';

export interface HoursOwner {
  readonly kind: OwnerKind;
  /** Of the business itself its own id. */
  readonly id: string;
}

/** Hours of one weekday, 0 = Sunday … 6 = Saturday. */
export interface DayHours {
  readonly dayOfWeek: number;
  /** Minutes from local midnight, sorted; `[]` = closed. */
  readonly intervals: readonly OpenInterval[];
}

/** Shifts of a day at most. */
export const MOST_INTERVALS = 10;
/** Custom days and schedules at most so many days ahead: as far as Booksy's are read. */
export const MOST_DAYS_AHEAD = 366;
/** Schedules of one owner that have not begun, at most. */
export const MOST_SCHEDULES = 5;
/** Time off begins at most so many days ahead … */
export const TIME_OFF_DAYS_AHEAD = 731;
/** … and lasts at most so long. */
export const TIME_OFF_DAYS = 366;
/** Ids of visits that an answer names at most. */
export const MOST_VISITS_NAMED = 200;

/** Why hours or time off are refused. The codes are stable; the API answers with them. */
export type HoursErrorCode =
  | 'unknown_owner'
  | 'unknown_schedule'
  | 'unknown_time_off'
  | 'bad_value'
  | 'time_past'
  | 'time_too_far'
  | 'time_ambiguous'
  | 'hours_changed'
  | 'hours_week_missing'
  | 'too_many_schedules'
  | 'schedule_begun'
  | 'time_off_changed'
  | 'time_off_over'
  | 'time_off_of_calendar'
  | 'time_off_of_booksy';

export interface HoursErrorDetails {
  /** What was wrong; of an unknown thing its name. */
  readonly message: string;
  readonly next: string;
  /** The value that was wrong, as a request names it (`startsLocal`), and what is wrong with it. */
  readonly field?: { readonly name: string; readonly message: string };
}

/** Nothing was written. */
export class HoursError extends Error {
  override readonly name = 'HoursError';
  readonly code: HoursErrorCode;
  readonly details: HoursErrorDetails;

  constructor(code: HoursErrorCode, details: HoursErrorDetails) {
    super(details.message);
    this.code = code;
    this.details = details;
  }
}

/** A value that a request names and that cannot be used. */
export function unusable(
  name: string,
  message: string,
  code: HoursErrorCode = 'bad_value',
  next = 'Correct what `errors` names and send it again.',
): HoursError {
  return new HoursError(code, { message: `${name} ${message}.`, next, field: { name, message } });
}
