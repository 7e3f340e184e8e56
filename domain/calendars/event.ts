import ICAL from 'ical.js';
import { CalendarError } from './limits.ts';
import { readRule, type RepeatRule } from './rule.ts';
import { DAY_MS, readWall, type WallTime } from './wall.ts';
import type { ZoneOf, Zones } from './zones.ts';

/** A time with the zone that it is meant in. */
export interface Moment extends WallTime {
  readonly zoneOf: ZoneOf;
  /** ms since the epoch. */
  readonly instant: number;
}

/** How long an event takes: by the clock on the wall for whole days, exactly for the rest. */
export interface Length {
  readonly days: number;
  readonly ms: number;
}

/** A VEVENT as far as it says who is busy when. */
export interface FeedEvent {
  readonly uid: string;
  readonly sequence: number;
  readonly start: Moment;
  readonly length: Length;
  /** Neither cancelled nor transparent. */
  readonly isBusy: boolean;
  readonly isCancelled: boolean;
  readonly rules: readonly RepeatRule[];
  readonly added: readonly Moment[];
  readonly left: readonly Moment[];
  /** Of which repetition it tells, and whether of all that follow as well. */
  readonly instead: { readonly of: Moment; readonly onwards: boolean } | null;
  /** Its zone is known to nobody: it is read in the salon's. */
  readonly zoneUnknown: boolean;
}

/** Longer than this is a mistake, not an appointment. */
const MOST_DAYS = 3660;

/** Reads an entry; null where its times cannot be understood. */
export function readEvent(lines: readonly string[], zones: Zones): FeedEvent | null {
  let event: ICAL.Component;
  try {
    event = ICAL.Component.fromString(lines.join('\r\n'));
  } catch {
    return null;
  }
  let zoneUnknown = false;
  const moments = (name: string): readonly Moment[] | null => {
    const found: Moment[] = [];
    for (const property of event.getAllProperties(name)) {
      const tzid = property.getParameter('tzid');
      const named = typeof tzid === 'string' ? zones.find(tzid) : zones.own;
      if (named === null) zoneUnknown = true;
      // As written: the objects of ical.js turn 31 February into some day of March.
      const json: unknown = property.toJSON();
      const values: readonly unknown[] = Array.isArray(json) ? json.slice(3) : [];
      for (const value of values) {
        // A period says its start and its end; how long a repetition takes the event says.
        const wall = readWall(Array.isArray(value) ? value[0] : value);
        if (wall === null) return null;
        found.push(momentOf(wall, named ?? zones.own));
      }
    }
    return found;
  };
  try {
    const [starts, ends] = [moments('dtstart'), moments('dtend')];
    const [added, left, instead] = [moments('rdate'), moments('exdate'), moments('recurrence-id')];
    const start = starts?.[0];
    if (start === undefined || ends === null || added === null || left === null || instead === null)
      return null;
    const length = lengthOf(event, start, ends[0]);
    const rules = rulesOf(event);
    if (length === null || rules === null) return null;
    const of = instead[0];
    const range = event.getFirstProperty('recurrence-id')?.getParameter('range');
    const status = wordOf(event, 'status');
    return {
      uid: String(event.getFirstPropertyValue('uid') ?? '').slice(0, 1000),
      sequence: Number(event.getFirstPropertyValue('sequence') ?? 0) || 0,
      start,
      length,
      isBusy: status !== 'CANCELLED' && wordOf(event, 'transp') !== 'TRANSPARENT',
      isCancelled: status === 'CANCELLED',
      rules,
      added,
      left,
      instead: of === undefined ? null : { of, onwards: range === 'THISANDFUTURE' },
      zoneUnknown,
    };
  } catch (error) {
    if (error instanceof CalendarError) throw error;
    return null;
  }
}

export function momentOf(time: WallTime, zoneOf: ZoneOf): Moment {
  const own = time.isUtc ? (wall: number) => wall : zoneOf;
  return { ...time, zoneOf: own, instant: own(time.wall) };
}

/** The end of something that begins at this moment. */
export function endOf(start: Moment, { days, ms }: Length): number {
  return (days === 0 ? start.instant : start.zoneOf(start.wall + days * DAY_MS)) + ms;
}

function wordOf(event: ICAL.Component, name: string): string {
  return String(event.getFirstPropertyValue(name) ?? '')
    .trim()
    .toUpperCase();
}

/** Null where it ends before it begins, or says what cannot be. */
function lengthOf(event: ICAL.Component, start: Moment, end: Moment | undefined): Length | null {
  const duration = event.getFirstPropertyValue('duration');
  let length: Length;
  if (end !== undefined) {
    // Whole days are days on the wall, however long: one of them may have 23 hours.
    if (start.isDate && end.isDate) length = { days: (end.wall - start.wall) / DAY_MS, ms: 0 };
    else length = { days: 0, ms: end.instant - start.instant };
    // Some programs write a day without an end as one that ends when it begins.
    if (start.isDate && length.days === 0) length = { days: 1, ms: 0 };
  } else if (duration instanceof ICAL.Duration) {
    const { weeks, days, hours, minutes, seconds, isNegative } = duration;
    if (isNegative) return null;
    length = { days: weeks * 7 + days, ms: ((hours * 60 + minutes) * 60 + seconds) * 1000 };
  } else length = { days: start.isDate ? 1 : 0, ms: 0 };
  const whole = length.days + length.ms / DAY_MS;
  return whole >= 0 && whole <= MOST_DAYS ? length : null;
}

function rulesOf(event: ICAL.Component): readonly RepeatRule[] | null {
  const rules: RepeatRule[] = [];
  for (const property of event.getAllProperties('rrule')) {
    const value = property.getFirstValue();
    const rule = value instanceof ICAL.Recur ? readRule(value) : null;
    if (rule === null) return null;
    rules.push(rule);
  }
  return rules;
}
