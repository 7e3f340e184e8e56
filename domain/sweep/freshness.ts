import { OUTAGE_AFTER_MS } from './due.ts';
import { NEAR_DAYS_AHEAD, NEXT_DAYS_AHEAD, WEEK_DAYS_AHEAD } from '../windows.ts';
import { provers, TASKS, taskOf, type SweepTask } from './tasks.ts';

/** A row of `integration_sync_status` as it is shown: epoch milliseconds. */
export interface FreshRow {
  readonly entity: string;
  readonly windowKey: string;
  readonly provenAt: number | null;
  readonly dueAt: number | null;
  /** How often its window is looked at now; left out or null: as usual. */
  readonly everySeconds?: number | null;
}

/** As of when a row's window is proven: by its own pass, or by a wider one that covers it. Null: not yet. */
export function provenAtOf(row: FreshRow, rows: readonly FreshRow[]): number | null {
  const task = taskOf(row);
  if (task === null) return row.provenAt;
  const keys = provers(task).flatMap((prover) =>
    TASKS[prover].rows.filter(({ entity }) => entity === row.entity).map(({ windowKey }) => windowKey),
  );
  const proven = rows
    .filter(({ entity, windowKey }) => entity === row.entity && keys.includes(windowKey))
    .flatMap(({ provenAt }) => provenAt ?? []);
  return proven.length === 0 ? null : Math.max(...proven);
}

/** Whether a row says something on its own: windows of R37 do only while they are asked for. */
export function isShown(row: FreshRow): boolean {
  const task = taskOf(row);
  return task === null || TASKS[task].everySeconds !== null || row.dueAt !== null;
}

/** The windows that visits to come lie in, and how many days after today each of them reaches. */
const WINDOWS_AHEAD = [
  ['next', NEXT_DAYS_AHEAD],
  ['week', WEEK_DAYS_AHEAD],
  ['near', NEAR_DAYS_AHEAD],
  ['ahead', Infinity],
] as const satisfies readonly (readonly [SweepTask, number])[];

/**
 * Whether the window of a day is unproven for so long that what is sold of it could be taken already (R20, R37): a quarter of an
 * hour; of a window that is looked at less often, twice as long as it is left alone.
 *
 * @param now epoch milliseconds by the database's clock
 * @param daysAhead local days from today to the visit
 */
export function isStale(rows: readonly FreshRow[], now: number, daysAhead = 0): boolean {
  const [task] = WINDOWS_AHEAD.find(([, reach]) => daysAhead <= reach) ?? WINDOWS_AHEAD[3];
  const windowKey = TASKS[task].rows[0].windowKey;
  const own = rows.find((row) => row.entity === 'booking' && row.windowKey === windowKey);
  const proven = provenAtOf({ entity: 'booking', windowKey, provenAt: null, dueAt: null }, rows);
  const everyMs = task === 'ahead' ? (own?.everySeconds ?? TASKS.ahead.everySeconds ?? 0) * 1000 : 0;
  return proven === null || now - proven > Math.max(OUTAGE_AFTER_MS, 2 * everyMs);
}
