import { Temporal } from 'temporal-polyfill';

/**
 * A zone's clock over some years, in whole minutes since the epoch on both sides: local minutes count as if the local time were
 * UTC. The zone is asked for its changes once; after that it is arithmetic.
 */
export interface ZoneClock {
  /** What the clock on the wall shows. */
  toLocal(instant: number): number;
  /**
   * The instant of a local time, as `resolveLocal` reads it: of two the earlier; one that does not exist is moved on by the
   * length of the gap.
   */
  toInstant(local: number): number;
  /** The same, or null where the local time does not exist or comes twice (R11). */
  exactInstant(local: number): number | null;
  /** Whether the clock is not changed from an instant on, for so long. */
  isSteady(from: number, minutes: number): boolean;
  /** Instants whose local time comes twice. */
  readonly repeated: readonly { readonly from: number; readonly till: number }[];
}

interface Period {
  /** Instants. */
  readonly from: number;
  readonly till: number;
  readonly offset: number;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
const CLOCKS_KEPT = 500;
const clocks = new Map<string, ZoneClock>();

/** The clock of a zone that is known, for the days between two, both counted from the epoch, and ten more on either side. */
export function zoneClock(zone: string, firstDay: number, lastDay: number): ZoneClock {
  const [firstYear, lastYear] = [yearOf(firstDay - 10), yearOf(lastDay + 10)];
  const key = `${zone}|${String(firstYear)}|${String(lastYear)}`;
  const known = clocks.get(key);
  if (known !== undefined) return known;
  const clock = clockOf(periodsOf(zone, firstYear, lastYear));
  if (clocks.size >= CLOCKS_KEPT) clocks.clear();
  clocks.set(key, clock);
  return clock;
}

function yearOf(day: number): number {
  return new Date(day * DAY_MINUTES * MINUTE_MS).getUTCFullYear();
}

function periodsOf(zone: string, firstYear: number, lastYear: number): readonly Period[] {
  const startMs = Date.UTC(firstYear, 0, 1) - 2 * DAY_MINUTES * MINUTE_MS;
  const endMs = Date.UTC(lastYear + 1, 0, 1) + 2 * DAY_MINUTES * MINUTE_MS;
  const periods: Period[] = [];
  let moment: Temporal.ZonedDateTime | null =
    Temporal.Instant.fromEpochMilliseconds(startMs).toZonedDateTimeISO(zone);
  let from = Number.NEGATIVE_INFINITY;
  while (moment !== null) {
    const next: Temporal.ZonedDateTime | null = moment.getTimeZoneTransition('next');
    const change: Temporal.ZonedDateTime | null =
      next !== null && next.epochMilliseconds <= endMs ? next : null;
    const till = change === null ? Number.POSITIVE_INFINITY : change.epochMilliseconds / MINUTE_MS;
    periods.push({ from, till, offset: Math.round(moment.offsetNanoseconds / 60e9) });
    from = till;
    moment = change;
  }
  return periods;
}

function clockOf(periods: readonly Period[]): ZoneClock {
  const repeated = periods.flatMap((period, index) => {
    const next = periods[index + 1];
    const back = next === undefined ? 0 : period.offset - next.offset;
    return back > 0 ? [{ from: period.till - back, till: period.till + back }] : [];
  });

  const readings = (local: number): readonly number[] => {
    const found: number[] = [];
    for (const { from, till, offset } of periods) {
      const instant = local - offset;
      if (instant >= from && instant < till) found.push(instant);
    }
    return found;
  };

  return {
    repeated,
    isSteady: (from, minutes) => periods.every(({ till }) => till <= from || till >= from + minutes),
    toLocal(instant) {
      for (const period of periods) if (instant < period.till) return instant + period.offset;
      return instant;
    },
    toInstant(local) {
      const [earlier] = readings(local);
      if (earlier !== undefined) return earlier;
      // In a gap: by the offset before it, the instant lies past the change by as much as the local time lies past the gap's start.
      const before = periods.find(
        ({ till, offset }, index) =>
          local - offset >= till && local - (periods[index + 1]?.offset ?? offset) < till,
      );
      return local - (before?.offset ?? 0);
    },
    exactInstant(local) {
      const found = readings(local);
      return found.length === 1 ? (found[0] ?? null) : null;
    },
  };
}

const CLOCK_TEXTS: readonly string[] = Array.from({ length: DAY_MINUTES }, (_, minute) => {
  const [hours, minutes] = [Math.floor(minute / 60), minute % 60];
  return `T${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
});

/** Writes minutes as text; remembers the dates, as a month of slots has few. */
export interface MinuteWriter {
  /** `YYYY-MM-DDTHH:MM` of a local minute. */
  local(minute: number): string;
  /** ISO instant with milliseconds, UTC. */
  instant(minute: number): string;
}

export function minuteWriter(): MinuteWriter {
  const dates = new Map<number, string>();
  const local = (minute: number) => {
    const day = Math.floor(minute / DAY_MINUTES);
    let date = dates.get(day);
    if (date === undefined) dates.set(day, (date = dateOfDay(day)));
    return date + (CLOCK_TEXTS[minute - day * DAY_MINUTES] ?? '');
  };
  return { local, instant: (minute) => `${local(minute)}:00.000Z` };
}

/** Days since the epoch of a date that exists. */
export function dayOfDate(date: string): number {
  return Date.parse(`${date}T00:00Z`) / (DAY_MINUTES * MINUTE_MS);
}

export function dateOfDay(day: number): string {
  return new Date(day * DAY_MINUTES * MINUTE_MS).toISOString().slice(0, 10);
}

/** 0 = Sunday … 6 = Saturday; the epoch's first day was a Thursday. */
export function weekdayOfDay(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}
