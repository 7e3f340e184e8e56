import { InvalidArgumentError } from 'commander';
import { EXIT } from '../exit-codes.ts';
import { counted } from '../format.ts';
import { CliError } from '../output.ts';
import type { Intervals, Visits } from './wire.ts';

/** Hours as people write and read them. */

/** Options of a week, Sunday first as the rows count. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** Whose it is, as the command line says it; neither: the salon itself. */
export type OwnerOptions = { readonly business: string; readonly staff?: string; readonly room?: string };

/** @throws CliError `two_owners` */
export function ownerOf({ staff, room }: OwnerOptions) {
  if (staff !== undefined && room !== undefined)
    throw new CliError('two_owners', 'A person and a room are named.', 'Give --staff or --room.', EXIT.usage);
  if (staff !== undefined) return { kind: 'staff', id: staff } as const;
  return room === undefined ? ({ kind: 'business' } as const) : ({ kind: 'room', id: room } as const);
}

/** As a query of the API. */
export function ownerQuery(
  options: OwnerOptions,
  more: Readonly<Record<string, string | undefined>> = {},
): string {
  const owner = ownerOf(options);
  const named = owner.kind === 'business' ? {} : { [owner.kind]: owner.id };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...named, ...more }))
    if (value !== undefined) query.set(name, value);
  return query.size === 0 ? '' : `?${query.toString()}`;
}

const SHIFT = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})(\+1)?$/;

/**
 * "09:00-13:00,14:00-18:00" or "closed", for commander. The end of the day is 24:00; a shift over midnight says so,
 * "22:00-02:00+1", so that two times in the wrong order are not taken for one. What else cannot be the API tells.
 */
export function parseHours(text: string): Intervals {
  if (text.trim() === 'closed') return [];
  return text.split(',').map((part) => {
    const [, openHour = '', openMinute = '', closeHour = '', closeMinute = '', nextDay] =
      SHIFT.exec(part.trim()) ?? [];
    const [opens, till] = [minuteOf(openHour, openMinute), minuteOf(closeHour, closeMinute)];
    const closes = till === null || nextDay === undefined ? till : till + 1440;
    if (opens === null || closes === null || opens === 1440 || opens >= closes)
      throw new InvalidArgumentError(
        'Give closed, or hours such as 09:00-13:00,14:00-18:00; over midnight 22:00-02:00+1.',
      );
    return [opens, closes];
  });
}

function minuteOf(hour: string, minute: string): number | null {
  const minutes = Number(hour) * 60 + Number(minute);
  return hour === '' || Number(minute) > 59 || minutes > 1440 ? null : minutes;
}

/** "09:00-13:00, 14:00-18:00", as `parseHours` reads it. */
export function hoursText(intervals: Intervals): string {
  return intervals.length === 0
    ? 'closed'
    : intervals.map(([opens, closes]) => `${clock(opens)}-${clock(closes)}`).join(', ');
}

function clock(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const inDay = minutes > 1440 ? minutes - 1440 : minutes;
  return `${two(Math.floor(inDay / 60))}:${two(inDay % 60)}${minutes > 1440 ? '+1' : ''}`;
}

/** What is to be done about visits that lie in time which is not there any more. */
export function visitLines({ count, ids }: Visits): string[] {
  if (count === 0) return [];
  return [
    `${counted(count, 'visit')} ${count === 1 ? 'lies' : 'lie'} in time that is not there any more. Nothing was cancelled; look at each:`,
    ...ids.map((id) => `  booksy bookings show ${id}`),
    ...(count > ids.length ? [`  and ${String(count - ids.length)} more`] : []),
  ];
}
