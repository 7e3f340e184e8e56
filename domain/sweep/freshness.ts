import { OUTAGE_AFTER_MS } from './due.ts';
import { provers, TASKS, taskOf } from './tasks.ts';

/** A row of `integration_sync_status` as it is shown: epoch milliseconds. */
export interface FreshRow {
  readonly entity: string;
  readonly windowKey: string;
  readonly provenAt: number | null;
  readonly dueAt: number | null;
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

/** Whether today and tomorrow are unproven for so long that what is sold of them could be taken already (R20). */
export function isStale(rows: readonly FreshRow[], now: number): boolean {
  const proven = provenAtOf(
    { entity: 'booking', windowKey: 'visits:next', provenAt: null, dueAt: null },
    rows,
  );
  return proven === null || now - proven > OUTAGE_AFTER_MS;
}
