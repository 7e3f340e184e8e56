/** The clock on a salon's wall, read off minute by minute through Intl: slow, and nothing to do with how the engine reads zones. */
export interface ZoneWall {
  /** First minute since the epoch that is known, and the first that is not. */
  readonly first: number;
  readonly till: number;
  /** Local dates that are wholly known, in order. */
  readonly dates: readonly string[];
  /** `YYYY-MM-DDTHH:MM` that the wall shows in that minute. */
  show(minute: number): string;
  /** All minutes in which the wall shows it. */
  instants(local: string): readonly number[];
  /**
   * The minute of so many minutes on the clock after a date's midnight. Where the wall shows it twice, the first; where never,
   * as far past the jump as the clock before it would have needed.
   */
  edge(date: string, clock: number): number;
}

const walls = new Map<string, ZoneWall>();

export const Wall = {
  /** The wall of a zone over some local dates. */
  of(zone: string, fromDate: string, toDate: string): ZoneWall {
    const key = `${zone} ${fromDate} ${toDate}`;
    const known = walls.get(key);
    if (known !== undefined) return known;
    const wall = readWall(zone, fromDate, toDate);
    walls.set(key, wall);
    return wall;
  },
};

function readWall(zone: string, fromDate: string, toDate: string): ZoneWall {
  // No zone is further than 14 hours from UTC.
  const first = naive(`${fromDate}T00:00`) - 15 * 60;
  const till = naive(`${toDate}T00:00`) + 39 * 60;
  const shown: string[] = [];
  const minutesOf = new Map<string, number[]>();
  // Asking Intl takes long: a quarter of an hour in which the clock ran on is written down without asking for each minute.
  for (let quarter = first; quarter < till; quarter += 15) {
    const begins = readClock(zone, quarter);
    const ranOn = naive(readClock(zone, quarter + 15)) === naive(begins) + 15;
    for (let minute = quarter; minute < quarter + 15; minute += 1) {
      const local = ranOn ? written(naive(begins) + minute - quarter) : readClock(zone, minute);
      shown.push(local);
      const minutes = minutesOf.get(local);
      if (minutes === undefined) minutesOf.set(local, [minute]);
      else minutes.push(minute);
    }
  }
  const dates: string[] = [];
  for (let date = fromDate; date <= toDate; date = shiftDate(date, 1)) dates.push(date);

  const instants = (local: string) => minutesOf.get(local) ?? [];
  const edge = (date: string, clock: number) => {
    const local = written(naive(`${date}T00:00`) + clock);
    const [found] = instants(local);
    if (found !== undefined) return found;
    // Never shown: the last minute before the jump still shows less.
    let before = first;
    while (before + 1 < till && (shown[before + 1 - first] ?? '') < local) before += 1;
    return before + (naive(local) - naive(shown[before - first] ?? ''));
  };
  return { first, till, dates, show: (minute) => shown[minute - first] ?? '', instants, edge };
}

const readers = new Map<string, Intl.DateTimeFormat>();
const seen = new Map<string, string>();

function readClock(zone: string, minute: number): string {
  const key = `${zone} ${String(minute)}`;
  const known = seen.get(key);
  if (known !== undefined) return known;
  let reader = readers.get(zone);
  if (reader === undefined) {
    reader = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    readers.set(zone, reader);
  }
  const local = reader.format(minute * 60_000).replace(' ', 'T');
  seen.set(key, local);
  return local;
}

/** Local time as if it were UTC, in minutes. */
function naive(local: string): number {
  return (
    Date.UTC(
      Number(local.slice(0, 4)),
      Number(local.slice(5, 7)) - 1,
      Number(local.slice(8, 10)),
      Number(local.slice(11, 13)),
      Number(local.slice(14, 16)),
    ) / 60_000
  );
}

function written(naiveMinute: number): string {
  return new Date(naiveMinute * 60_000).toISOString().slice(0, 16);
}

export function shiftDate(date: string, days: number): string {
  return new Date(naive(`${date}T00:00`) * 60_000 + days * 86_400_000).toISOString().slice(0, 10);
}

/** 0 = Sunday. */
export function weekdayOf(date: string): number {
  return new Date(naive(`${date}T00:00`) * 60_000).getUTCDay();
}
