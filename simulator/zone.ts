import { DAY_MINUTES } from './time.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const formats = new Map<string, Intl.DateTimeFormat | null>();
/** Offsets by zone and hour: a statement asks for the same few days again and again. */
const offsets = new Map<string, number>();
const OFFSETS_KEPT = 50_000;

/** Minutes that the zone's clocks are ahead of UTC at that instant; 0 for a zone that nobody knows. */
export function offsetMinutes(zone: string, ms: number): number {
  const hour = Math.floor(ms / HOUR_MS);
  const key = `${zone}/${String(hour)}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const offset = readOffset(zone, hour * HOUR_MS);
  if (offsets.size >= OFFSETS_KEPT) offsets.clear();
  offsets.set(key, offset);
  return offset;
}

/** Naive local minute → instant. In an hour that comes twice the first counts; in one that is skipped, the hour after. */
export function instantOf(localMinute: number, zone: string): number {
  const asUtc = localMinute * MINUTE_MS;
  const before = offsetMinutes(zone, asUtc - (DAY_MINUTES / 2) * MINUTE_MS);
  const first = asUtc - before * MINUTE_MS;
  if (localMinuteOf(first, zone) === localMinute) return first;
  const after = offsetMinutes(zone, asUtc + (DAY_MINUTES / 2) * MINUTE_MS);
  const second = asUtc - after * MINUTE_MS;
  return localMinuteOf(second, zone) === localMinute ? second : first;
}

/** Instant → naive local minute. */
export function localMinuteOf(ms: number, zone: string): number {
  return Math.floor(ms / MINUTE_MS) + offsetMinutes(zone, ms);
}

function readOffset(zone: string, ms: number): number {
  const format = formatOf(zone);
  if (format === null) return 0;
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const get = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const local = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'));
  return Math.round((local - ms) / MINUTE_MS);
}

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  let format: Intl.DateTimeFormat | null = null;
  try {
    format = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
  } catch {
    // A salon may be given a zone that is none, to see what others make of it.
  }
  if (formats.size < 500) formats.set(zone, format);
  return format;
}
