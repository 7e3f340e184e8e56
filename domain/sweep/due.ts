import { provers, SWEEP_TASKS, TASKS, type SweepTask } from './tasks.ts';

/** What is known of one task of one business: epoch milliseconds by the database's clock. */
export interface TaskState {
  /** When it was asked for, or is to be done again; null: nobody said yet. */
  readonly dueAt: number | null;
  /** As of when its window is proven (R2); null: never. */
  readonly provenAt: number | null;
}

/** A business that may be swept: connected, imported once, not paused, its circuit closed. */
export interface SweepState {
  readonly businessId: string;
  readonly tasks: Readonly<Partial<Record<SweepTask, TaskState>>>;
}

/** How often each task is done now, seconds (see `stretch.ts`); null: on demand only. */
export type Intervals = Readonly<Record<SweepTask, number | null>>;

/** Unproven for so long, the window of today and tomorrow means an outage (R37). */
export const OUTAGE_AFTER_MS = 15 * 60_000;

/** Sweeps that are due a moment after this look are done now: schedules fire as often as the near window is due. */
const EARLY_MS = 30_000;

export interface DueTask {
  readonly businessId: string;
  readonly task: SweepTask;
}

/**
 * What the sweeper does next, in its order (R36, R37): by urgency of the window over all businesses, so that no far window
 * of one salon goes before the near window of another; within one window those that are unproven longest.
 */
export function pickDue(
  states: readonly SweepState[],
  intervals: Intervals,
  now: number,
  limit: number,
): readonly DueTask[] {
  return states
    .flatMap((state) =>
      SWEEP_TASKS.filter((task) => isDue(state, task, intervals[task], now)).map((task) => ({
        businessId: state.businessId,
        task,
        rank: SWEEP_TASKS.indexOf(task),
        provenAt: provenAt(state, task) ?? -Infinity,
      })),
    )
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        a.provenAt - b.provenAt ||
        (a.businessId < b.businessId ? -1 : a.businessId > b.businessId ? 1 : 0),
    )
    .slice(0, limit)
    .map(({ businessId, task }) => ({ businessId, task }));
}

/** As of when all that a task looks at is proven, by itself or by a wider pass; null: not yet. */
export function provenAt({ tasks }: Pick<SweepState, 'tasks'>, task: SweepTask): number | null {
  const known = provers(task).flatMap((prover) => tasks[prover]?.provenAt ?? []);
  return known.length === 0 ? null : Math.max(...known);
}

/** When a task is due, epoch milliseconds; null: not before somebody asks. */
export function dueAt(
  state: Pick<SweepState, 'tasks'>,
  task: SweepTask,
  everySeconds: number | null,
): number | null {
  const noted = state.tasks[task]?.dueAt ?? null;
  if (noted !== null) return noted;
  if (everySeconds === null) return null;
  const proven = provenAt(state, task);
  return proven === null ? -Infinity : proven + everySeconds * 1000;
}

function isDue(state: SweepState, task: SweepTask, everySeconds: number | null, now: number): boolean {
  const due = dueAt(state, task, everySeconds);
  return due !== null && due <= now + EARLY_MS;
}

/** What is asked for after an outage, most urgent first (R37). */
export const CATCH_UP = ['next', 'week', 'near', 'ahead', 'month'] as const satisfies readonly SweepTask[];

/**
 * Businesses that come out of an outage (R37): today and tomorrow were not proven for a quarter of an hour, and longer than
 * their stretched interval explains. Their `CATCH_UP` is to be noted as due; once `next` is proven they are not found again.
 */
export function outages(states: readonly SweepState[], intervals: Intervals, now: number): readonly string[] {
  const patience = Math.max(OUTAGE_AFTER_MS, (intervals.near ?? 0) * 2000);
  return states
    .filter((state) => {
      const proven = provenAt(state, 'next');
      // Asked for already: it only waits for its turn.
      if (state.tasks.next?.dueAt != null) return false;
      return proven === null || now - proven > patience;
    })
    .map(({ businessId }) => businessId);
}

/** Whether any business is catching up: then sweeps may take more than their usual share. */
export function isCatchingUp(states: readonly SweepState[], now: number): boolean {
  return states.some(({ tasks }) =>
    (['next', 'week', 'month'] as const).some((task) => {
      const due = tasks[task]?.dueAt ?? null;
      return TASKS[task].everySeconds === null && due !== null && due <= now;
    }),
  );
}
