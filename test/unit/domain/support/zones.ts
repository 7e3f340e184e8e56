/**
 * What local times mean, worked out a second way: by asking `Intl.DateTimeFormat` what clocks on the wall show, and
 * nothing else. The product uses Temporal; where both agree, neither made it up.
 */

const formats = new Map<string, Intl.DateTimeFormat>();

/** Wall-clock minute of an instant in a zone, `YYYY-MM-DDTHH:MM`. */
export function wallClock(epochMs: number, zone: string): string {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    formats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(epochMs).map(({ type, value }) => [type, value]));
  const of = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? '';
  return `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}`;
}

/** Offset from UTC in minutes at an instant (to the minute). */
export function offsetMinutes(epochMs: number, zone: string): number {
  const minute = Math.floor(epochMs / 60_000);
  return Date.parse(`${wallClock(epochMs, zone)}:00Z`) / 60_000 - minute;
}

export interface Reading {
  readonly mark: 'exact' | 'gap' | 'overlap';
  /** The instants, earliest first, at which clocks show the local time; for a gap the one that Temporal calls "later". */
  readonly instants: readonly number[];
}

const HOUR_MS = 3_600_000;

/** Every instant at which clocks in the zone show a local minute. */
export function readLocal(local: string, zone: string): Reading {
  const naive = Date.parse(`${local}:00Z`);
  const offsets: number[] = [];
  // No zone is further than a day and a bit from UTC, and an offset lasts for more than an hour: none is overlooked.
  for (let at = naive - 28 * HOUR_MS; at <= naive + 28 * HOUR_MS; at += HOUR_MS)
    offsets.push(offsetMinutes(at, zone));
  const candidates = [...new Set(offsets)].map((offset) => naive - offset * 60_000);
  const instants = candidates.filter((at) => wallClock(at, zone) === local).sort((a, b) => a - b);
  if (instants.length > 0) return { mark: instants.length === 1 ? 'exact' : 'overlap', instants };
  // In a gap: the offset that was in force before it, so that a clock which was not put forward would show the local time.
  const before = Math.min(...offsets);
  return { mark: 'gap', instants: [naive - before * 60_000] };
}

/** Instants at which a zone changes its offset, by halving: the first minute of the new one. */
export function transitions(zone: string, fromYear: number, tillYear: number): readonly number[] {
  const found: number[] = [];
  const step = 7 * 24 * HOUR_MS;
  for (let at = Date.UTC(fromYear, 0); at < Date.UTC(tillYear, 0); at += step) {
    if (offsetMinutes(at, zone) === offsetMinutes(at + step, zone)) continue;
    let [low, high] = [at, at + step];
    while (high - low > 60_000) {
      const middle = Math.floor((low + high) / 120_000) * 60_000;
      if (offsetMinutes(middle, zone) === offsetMinutes(low, zone)) low = middle;
      else high = middle;
    }
    found.push(high);
  }
  return found;
}
