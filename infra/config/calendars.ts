/** Calendars of others that block time here. */
import { describe } from './notes.ts';
import { flag, integer } from './rules.ts';

const GROUP = 'Calendars of others (iCalendar feeds)';

export const calendarSettings = {
  CALENDAR_KEEP_HOURS: describe(
    'CALENDAR_KEEP_HOURS',
    integer(1, 720).prefault('48'),
    GROUP,
    'How long the last copy of a calendar that cannot be read counts, in hours. Then its blocks go, and the list of errors says so.',
    '48',
  ),
  CALENDAR_MAX_MB: describe(
    'CALENDAR_MAX_MB',
    integer(1, 50).prefault('5'),
    GROUP,
    'Largest calendar that is read, in megabytes; more is refused while it arrives.',
    '5',
  ),
  CALENDAR_HORIZON_DAYS: describe(
    'CALENDAR_HORIZON_DAYS',
    integer(7, 730).prefault('370'),
    GROUP,
    'How many days ahead repetitions are laid out as blocks.',
    '370',
  ),
  CALENDAR_ALLOW_LOOPBACK: describe(
    'CALENDAR_ALLOW_LOOPBACK',
    flag.prefault('false'),
    GROUP,
    'For tests and the simulator only: calendars on this machine, and plain http to them. Every other address inside a network stays refused.',
    'false',
  ),
};

/** How calendars of others are read. */
export interface CalendarConfig {
  readonly keepHours: number;
  readonly maxBytes: number;
  readonly horizonDays: number;
  readonly allowLoopback: boolean;
}

export function calendarConfig(value: {
  readonly CALENDAR_KEEP_HOURS: number;
  readonly CALENDAR_MAX_MB: number;
  readonly CALENDAR_HORIZON_DAYS: number;
  readonly CALENDAR_ALLOW_LOOPBACK: boolean;
}): CalendarConfig {
  return {
    keepHours: value.CALENDAR_KEEP_HOURS,
    maxBytes: value.CALENDAR_MAX_MB * 1024 * 1024,
    horizonDays: value.CALENDAR_HORIZON_DAYS,
    allowLoopback: value.CALENDAR_ALLOW_LOOPBACK,
  };
}
