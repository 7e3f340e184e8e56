/** Wall-clock times as numbers: milliseconds since 1970 as if the wall hung in UTC. Zones are somebody else's matter. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A date or a date with time, as a feed writes it. */
export interface WallTime {
  readonly wall: number;
  /** All day long. */
  readonly isDate: boolean;
  /** The wall hangs in UTC. */
  readonly isUtc: boolean;
}

const WRITTEN = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(Z?))?$/;

/** Reads a jCal date or date-time; null where there is no such date or time. */
export function readWall(text: unknown): WallTime | null {
  if (typeof text !== 'string') return null;
  const found = WRITTEN.exec(text);
  if (found === null) return null;
  const [, year, month, day, hour, minute, second, zulu] = found;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (!new Date(date).toISOString().startsWith(text.slice(0, 10))) return null;
  if (hour === undefined) return { wall: date, isDate: true, isUtc: false };
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  // A leap second is the end of its minute.
  if (h > 23 || m > 59 || s > 60) return null;
  const wall = date + h * HOUR_MS + m * MINUTE_MS + Math.min(s, 59) * 1000;
  return { wall, isDate: false, isUtc: zulu === 'Z' };
}

/** Midnight of the day of a wall time. */
export function dayOf(wall: number): number {
  return Math.floor(wall / DAY_MS) * DAY_MS;
}

/** `YYYY-MM-DDTHH:MM` */
export function minuteOf(wall: number): string {
  return new Date(wall).toISOString().slice(0, 16);
}
