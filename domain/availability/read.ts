import { isLocalMinute, isZone } from '../local-time.ts';
import { dayOfDate } from './clock.ts';
import { AvailabilityError, type AvailabilityErrorCode } from './errors.ts';
import type { Span } from './spans.ts';

/** Reads single values of a description or a question. Each throws AvailabilityError with the field's path. */

const MINUTE_MS = 60_000;
const DATE = /^(20|21)\d\d-\d\d-\d\d$/;
const INSTANT = /^(?:20|21)\d\d-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

export function fail(code: AvailabilityErrorCode, field: string, value: unknown, bounds = ''): never {
  throw new AvailabilityError(code, field, value, bounds);
}

/** Asking the zone data takes longer than finding a day's slots. */
const knownZones = new Set<string>();
const ZONES_KEPT = 1000;

export function readZone(value: string): string {
  if (knownZones.has(value)) return value;
  if (typeof value !== 'string' || !isZone(value)) return fail('unknown_zone', 'zone', value);
  if (knownZones.size >= ZONES_KEPT) knownZones.clear();
  knownZones.add(value);
  return value;
}

/** @returns days since the epoch */
export function readDay(value: string, field: string): number {
  return DATE.test(value) && isLocalMinute(`${value}T00:00`)
    ? dayOfDate(value)
    : fail('impossible_date', field, value);
}

/** @returns local minutes since the epoch */
export function readLocal(value: string, field: string): number {
  if (!DATE.test(value.slice(0, 10)) || !isLocalMinute(value)) return fail('impossible_time', field, value);
  return Date.parse(`${value}:00Z`) / MINUTE_MS;
}

/** @returns milliseconds since the epoch */
export function readInstant(value: string, field: string): number {
  const usual = usualInstant(value);
  if (usual !== null) return usual;
  // The days past the 28th are the ones that some months lack, and that reading would silently move on.
  const exists =
    INSTANT.test(value) && (value.slice(8, 10) <= '28' || isLocalMinute(`${value.slice(0, 10)}T00:00`));
  const read = exists ? Date.parse(value) : Number.NaN;
  return Number.isNaN(read) ? fail('impossible_instant', field, value) : read;
}

const knownDays = new Map<string, number>();
const DAYS_KEPT = 20_000;

/** What `toISOString` writes, read five times as fast as by the general way; a month of visits has thousands. Null = not of that form. */
function usualInstant(value: string): number | null {
  if (value.length !== 24 || value[10] !== 'T' || value[13] !== ':' || value[16] !== ':') return null;
  if (value[19] !== '.' || value[23] !== 'Z') return null;
  const date = value.slice(0, 10);
  let dayMs = knownDays.get(date);
  if (dayMs === undefined) {
    if (!DATE.test(date) || !isLocalMinute(`${date}T00:00`)) return null;
    if (knownDays.size >= DAYS_KEPT) knownDays.clear();
    knownDays.set(date, (dayMs = Date.parse(`${date}T00:00Z`)));
  }
  const [hours, minutes, seconds] = [digitsAt(value, 11), digitsAt(value, 14), digitsAt(value, 17)];
  // Three digits: the first two, then the last two.
  const thousandths = digitsAt(value, 20) * 10 + (digitsAt(value, 21) % 10);
  const isTime = hours <= 23 && minutes <= 59 && seconds <= 59 && thousandths >= 0;
  return isTime ? dayMs + ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths : null;
}

/** Two digits as a number; NaN where they are none. */
function digitsAt(value: string, at: number): number {
  const [tens, ones] = [value.charCodeAt(at) - 48, value.charCodeAt(at + 1) - 48];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Two instants as a stretch of whole minutes, rounded outwards, and the exact start. */
export function readStretch(
  value: { readonly startsAt: string; readonly endsAt: string },
  field: string,
): Span & { readonly startMs: number } {
  const startMs = readInstant(value.startsAt, `${field}.startsAt`);
  const endMs = readInstant(value.endsAt, `${field}.endsAt`);
  if (endMs === startMs) return fail('zero_length', `${field}.endsAt`, value.endsAt);
  if (endMs < startMs) return fail('end_before_start', `${field}.endsAt`, value.endsAt);
  return { from: Math.floor(startMs / MINUTE_MS), till: Math.ceil(endMs / MINUTE_MS), startMs };
}

export function readWhole(value: number, field: string, least: number, most: number): number {
  return Number.isInteger(value) && value >= least && value <= most
    ? value
    : fail('number_out_of_range', field, value, ` (${String(least)} to ${String(most)})`);
}

/** Length of something that is sold: a minute to a day. */
export function readDuration(value: number, field: string): number {
  return value === 0 ? fail('zero_length', field, value) : readWhole(value, field, 1, 1440);
}

export function readStep(value: number, field: string): number {
  return Number.isInteger(value) && value >= 5 && value <= 60
    ? value
    : fail('step_out_of_range', field, value);
}

/** Refuses what is stated twice. */
export function readUnique(values: Iterable<string>, field: string): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) fail('duplicate', field, value);
    seen.add(value);
  }
}
