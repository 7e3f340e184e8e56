import type { Db } from '../../infra/database/index.ts';
import { MAX_PAGE_ROWS } from '../../booksy/index.ts';
import type { SweepState, TaskState } from '../../domain/sweep/due.ts';
import { pagesOf, type Costs } from '../../domain/sweep/stretch.ts';
import { SWEEP_TASKS, TASKS, type SweepTask } from '../../domain/sweep/tasks.ts';

/** What the sweeper sees when it looks around: all businesses that may be swept, and what their sweeps cost. */
export interface Look {
  /** Epoch milliseconds by the database's clock. */
  readonly now: number;
  readonly states: readonly SweepState[];
  readonly costs: Costs;
  /** Businesses whose circuit is open and due for a probe: a sweep that succeeds closes it. */
  readonly probing: ReadonlySet<string>;
}

interface StatusRow {
  readonly entity: string;
  readonly window_key: string;
  readonly due: number | null;
  readonly proven: number | null;
  readonly count: number | null;
}

interface BusinessRow {
  id: string;
  now: number;
  probing: boolean;
  rows: StatusRow[] | null;
}

/**
 * Reads what is due and proven, in one statement. Left out are businesses that a person holds (R30), whose circuit is open
 * and not due for a probe (R29), that were never imported (R18: the first connect is a person's doing), and those that a full sync is walking.
 */
export async function lookAround(db: Db): Promise<Look> {
  const rows = await db.$queryRaw<BusinessRow[]>`
    SELECT b.id::text AS id, extract(epoch FROM clock_timestamp())::double precision * 1000 AS now,
           b.circuit_opened_at IS NOT NULL AS probing,
           (SELECT jsonb_agg(jsonb_build_object('entity', s.entity, 'window_key', s.window_key,
                     'due', extract(epoch FROM s.due_at) * 1000, 'proven', extract(epoch FROM s.proven_sent_at) * 1000,
                     'count', s.remote_count))
              FROM integration_sync_status s WHERE s.business_id = b.id) AS rows
      FROM businesses b
     WHERE b.booksy_business_id IS NOT NULL AND b.paused_at IS NULL
       AND (b.circuit_opened_at IS NULL OR b.circuit_probe_at <= now())
       AND EXISTS (SELECT FROM sync_runs r WHERE r.business_id = b.id AND r.kind = 'full_sync' AND r.mode = 'apply'
                    AND r.status = 'completed')
       AND NOT EXISTS (SELECT FROM sync_runs r WHERE r.business_id = b.id AND r.kind = 'full_sync' AND r.mode = 'apply'
                        AND r.status = 'running' AND r.started_at > now() - interval '1 day')
     ORDER BY b.id`;
  const costs: Partial<Record<SweepTask, number>> = {};
  const states = rows.map((row): SweepState => {
    const own = row.rows ?? [];
    for (const task of SWEEP_TASKS) costs[task] = (costs[task] ?? 0) + callsOf(task, own);
    return { businessId: row.id, tasks: tasksOf(own) };
  });
  const probing = new Set(rows.filter((row) => row.probing).map((row) => row.id));
  return { now: rows[0]?.now ?? 0, states, costs, probing };
}

/** The tasks of one business by its rows; a task is proven as far as the least proven of its rows. */
function tasksOf(rows: readonly StatusRow[]): SweepState['tasks'] {
  const tasks: Partial<Record<SweepTask, TaskState>> = {};
  for (const task of SWEEP_TASKS) {
    const own = TASKS[task].rows.map((wanted) => find(rows, wanted));
    const proven = own.map((row) => row?.proven ?? null);
    tasks[task] = {
      dueAt: own[0]?.due ?? null,
      provenAt: proven.reduce<number | null>(
        (least, each) => (least === null || each === null ? null : Math.min(least, each)),
        Infinity,
      ),
    };
  }
  return tasks;
}

function find(
  rows: readonly StatusRow[],
  { entity, windowKey }: { readonly entity: string; readonly windowKey: string },
): StatusRow | undefined {
  return rows.find((row) => row.entity === entity && row.window_key === windowKey);
}

/** Calls that a task of a business costs, judged by what its last pass counted. */
function callsOf(task: SweepTask, rows: readonly StatusRow[]): number {
  const counted = (entity: string, windowKey: string) => find(rows, { entity, windowKey })?.count ?? 0;
  const resources = counted('staff', 'list') + counted('room', 'list');
  switch (task) {
    case 'clients':
      return pagesOf(counted('profile', 'clients'), MAX_PAGE_ROWS);
    case 'catalog':
      return 4 + counted('service', 'list');
    case 'hours':
      return 2 + 3 * resources;
    case 'soon':
      return 2 * counted('staff', 'list');
    case 'next':
    case 'week':
    case 'near':
    case 'ahead':
    case 'month':
    case 'recent':
    case 'past':
      return pagesOf(counted('booking', `visits:${task}`), MAX_PAGE_ROWS);
  }
}
