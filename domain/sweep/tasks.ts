import type { SyncEntity } from '../entities.ts';
import type { VisitWindow } from '../windows.ts';

/**
 * What the sweeper does for one business, most urgent first (R36, R37). The first three hold what a client could arrive
 * for; what has no webhook at all (clients, catalog, hours; R4) has an interval of its own.
 */
export const SWEEP_TASKS = [
  'next',
  'week',
  'near',
  'soon',
  'ahead',
  'month',
  'clients',
  'catalog',
  'hours',
  'recent',
  'past',
] as const;
export type SweepTask = (typeof SWEEP_TASKS)[number];

/** A row of `integration_sync_status` that a task proves. */
export interface ProvenRow {
  readonly entity: SyncEntity;
  readonly windowKey: string;
}

export interface TaskSpec {
  /** The rows that it proves; the first one says when the task is due. */
  readonly rows: readonly [ProvenRow, ...ProvenRow[]];
  /** Seconds between two sweeps where the allowance suffices; null: only on demand (R37). */
  readonly everySeconds: number | null;
  /** Of a task that walks visits. */
  readonly visits: VisitWindow['key'] | null;
  /** Lane of its calls (R35). */
  readonly lane: 4 | 5;
}

const visits = (
  window: VisitWindow['key'],
  everySeconds: number | null,
  lane: TaskSpec['lane'] = 4,
): TaskSpec => ({
  rows: [{ entity: 'booking', windowKey: `visits:${window}` }],
  everySeconds,
  visits: window,
  lane,
});

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Window key of lists that come whole, and of the hours of those who have visits to come. */
const LIST = 'list';
export const SOON = 'soon';

export const TASKS: Readonly<Record<SweepTask, TaskSpec>> = {
  next: visits('next', null),
  week: visits('week', null),
  near: visits('near', 5 * MINUTE),
  soon: {
    rows: [
      { entity: 'time_off', windowKey: SOON },
      { entity: 'hours', windowKey: SOON },
    ],
    everySeconds: 15 * MINUTE,
    visits: null,
    lane: 4,
  },
  ahead: visits('ahead', HOUR, 5),
  month: visits('month', null, 5),
  clients: {
    rows: [{ entity: 'profile', windowKey: 'clients' }],
    everySeconds: HOUR,
    visits: null,
    lane: 5,
  },
  catalog: {
    rows: [
      { entity: 'service', windowKey: LIST },
      { entity: 'variant', windowKey: LIST },
      { entity: 'category', windowKey: LIST },
      { entity: 'staff', windowKey: LIST },
      { entity: 'room', windowKey: LIST },
    ],
    everySeconds: HOUR,
    visits: null,
    lane: 5,
  },
  hours: {
    rows: [
      { entity: 'hours', windowKey: LIST },
      { entity: 'time_off', windowKey: LIST },
    ],
    everySeconds: HOUR,
    visits: null,
    lane: 5,
  },
  recent: visits('recent', DAY, 5),
  past: visits('past', DAY, 5),
};

/** Tasks whose pass covers what another one covers, wider ones after narrower ones. */
const COVERED_BY: Readonly<Partial<Record<SweepTask, readonly SweepTask[]>>> = {
  next: ['week', 'near', 'ahead'],
  week: ['near', 'ahead'],
  near: ['ahead'],
  month: ['recent'],
  soon: ['hours'],
};

/** The task and those that prove all that it proves. */
export function provers(task: SweepTask): readonly SweepTask[] {
  return [task, ...(COVERED_BY[task] ?? [])];
}

/** The task that a row of `integration_sync_status` belongs to; null for rows of nobody. */
export function taskOf(row: { readonly entity: string; readonly windowKey: string }): SweepTask | null {
  const found = SWEEP_TASKS.find((task) =>
    TASKS[task].rows.some(({ entity, windowKey }) => entity === row.entity && windowKey === row.windowKey),
  );
  return found ?? null;
}
