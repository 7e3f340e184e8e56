/** Dates, times and zones of the wire, checked (R11: local time + zone stay as they are). */
import { addDays, isLocalMinute, isZone } from '../../domain/local-time.ts';
import type { OpenInterval } from '../../domain/observed.ts';
import { RowProblem } from '../wire/read.ts';
import type { WireHours } from '../wire/shapes.ts';

const DAY_MINUTES = 1440;
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;
const zones = new Map<string, boolean>();

/** An IANA zone name. @throws RowProblem `unknown_zone` */
export function zoneOf(wire: string, field: string): string {
  const zone = wire.trim();
  let known = zones.get(zone);
  if (known === undefined) {
    known = ZONE_NAME.test(zone) && isZone(zone);
    if (zones.size < 1000) zones.set(zone, known);
  }
  if (!known)
    throw new RowProblem('unknown_zone', field, 'The zone data of this machine do not know this zone.');
  return zone;
}

/** `YYYY-MM-DDTHH:MM` that is on the calendar; 24:00 is the next day's midnight. @throws RowProblem */
export function localOf(wire: string, field: string): string {
  const midnight = wire.endsWith('T24:00');
  const local = midnight ? `${wire.slice(0, 10)}T00:00` : wire;
  if (!isLocalMinute(local)) throw new RowProblem('unparseable', field, 'There is no such local time.');
  return midnight ? `${addDays(local.slice(0, 10), 1)}T00:00` : local;
}

/** A date that is on the calendar. @throws RowProblem */
export function dateOf(wire: string, field: string): string {
  return localOf(`${wire}T00:00`, field).slice(0, 10);
}

/** Start before end, by the wall clock. @throws RowProblem `invalid_time_range` */
export function requireOrder(startsLocal: string, endsLocal: string, field: string): void {
  if (endsLocal <= startsLocal)
    throw new RowProblem('invalid_time_range', field, 'The end is not after the start.');
}

/** Minutes from midnight of `HH:MM`. */
export function minuteOf(wire: string): number {
  return Number(wire.slice(0, 2)) * 60 + Number(wire.slice(3, 5));
}

/** Opening hours, sorted, overlapping ones joined; `hour_till` not after `hour_from` runs past midnight. @throws RowProblem */
export function intervalsOf(hours: readonly WireHours[], field = 'hours'): OpenInterval[] {
  const intervals = hours.map((entry, index): OpenInterval => {
    const open = minuteOf(entry.hour_from);
    const till = minuteOf(entry.hour_till);
    if (open >= DAY_MINUTES || till > DAY_MINUTES || open === till) {
      throw new RowProblem(
        'invalid_time_range',
        `${field}.${String(index)}`,
        'These opening hours hold no time.',
      );
    }
    return [open, till > open ? till : till + DAY_MINUTES];
  });
  return joined(intervals);
}

/** `HH:MM` of a minute of the day; past midnight it starts anew. 1440 is `24:00`. */
export function hourMinuteOf(minute: number): string {
  const inDay = minute === DAY_MINUTES ? minute : minute % DAY_MINUTES;
  return `${String(Math.floor(inDay / 60)).padStart(2, '0')}:${String(inDay % 60).padStart(2, '0')}`;
}

/** Sorted by start; what overlaps becomes one. What only touches stays apart: a split shift is the salon's choice. */
export function joined(intervals: readonly OpenInterval[]): OpenInterval[] {
  const result: OpenInterval[] = [];
  for (const next of [...intervals].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = result.at(-1);
    if (last !== undefined && next[0] < last[1]) {
      result[result.length - 1] = [last[0], Math.max(last[1], next[1])];
    } else result.push(next);
  }
  return result;
}
