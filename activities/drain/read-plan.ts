import { MAX_PAGE_ROWS } from '../../booksy/index.ts';
import { addDays } from '../../domain/local-time.ts';

/** A stretch of days that is read as a list: first and last day, `YYYY-MM-DD`. */
export interface DayRange {
  readonly firstDay: string;
  readonly lastDay: string;
}

export interface ReadPlan {
  readonly ranges: readonly DayRange[];
  /** Read one by one. */
  readonly ids: readonly string[];
}

interface Stretch {
  readonly firstDay: string;
  readonly lastDay: string;
  readonly ids: readonly string[];
  readonly rows: number;
}

/**
 * Whether visits are cheaper read by id or as lists of the days they are known on: a page brings a hundred. Days next to
 * each other are one list where that costs no more.
 *
 * @param dayOf the day on which each id is known to start; ids without one are read by id
 * @param rowsOn how many visits are known to start on a day
 */
export function planReads(
  ids: readonly string[],
  dayOf: ReadonlyMap<string, string>,
  rowsOn: ReadonlyMap<string, number>,
): ReadPlan {
  const byDay = new Map<string, string[]>();
  const single: string[] = [];
  for (const id of ids) {
    const day = dayOf.get(id);
    if (day === undefined) single.push(id);
    else byDay.set(day, [...(byDay.get(day) ?? []), id]);
  }
  const stretches: Stretch[] = [];
  for (const day of [...byDay.keys()].sort()) {
    const here: Stretch = {
      firstDay: day,
      lastDay: day,
      ids: byDay.get(day) ?? [],
      rows: rowsOn.get(day) ?? 0,
    };
    const before = stretches.at(-1);
    const joined = before === undefined ? null : join(before, here, rowsOn);
    if (before !== undefined && joined !== null && cost(joined) <= best(before) + best(here)) {
      stretches[stretches.length - 1] = joined;
    } else {
      stretches.push(here);
    }
  }
  const asList = stretches.filter((each) => cost(each) < each.ids.length);
  return {
    ranges: asList.map(({ firstDay, lastDay }) => ({ firstDay, lastDay })),
    ids: [
      ...single,
      ...stretches.filter((each) => cost(each) >= each.ids.length).flatMap((each) => each.ids),
    ],
  };
}

/** Days that are looked over at most for a join: a gap of a month is a list of its own. */
const MAX_GAP_DAYS = 31;

function join(before: Stretch, here: Stretch, rowsOn: ReadonlyMap<string, number>): Stretch | null {
  let between = 0;
  let day = addDays(before.lastDay, 1);
  for (let days = 0; day < here.firstDay; days += 1, day = addDays(day, 1)) {
    if (days === MAX_GAP_DAYS) return null;
    between += rowsOn.get(day) ?? 0;
  }
  return {
    firstDay: before.firstDay,
    lastDay: here.lastDay,
    ids: [...before.ids, ...here.ids],
    rows: before.rows + between + here.rows,
  };
}

/** Calls of a list: pages overlap by one row (R2), and some visits may be new. */
function cost({ rows }: Stretch): number {
  return Math.ceil((rows + 1) / (MAX_PAGE_ROWS - 1));
}

function best(stretch: Stretch): number {
  return Math.min(cost(stretch), stretch.ids.length);
}
