import type { Db } from '../../infra/database/index.ts';
import { askFor } from '../../infra/sweep/ask.ts';
import type { SweepTier } from '../../infra/temporal/schedules-types.ts';
import {
  CATCH_UP,
  isCatchingUp,
  outages,
  pickDue,
  type DueTask,
  type Intervals,
  type SweepState,
} from '../../domain/sweep/due.ts';
import { CATCH_UP_SHARE, stretch, SWEEP_SHARE } from '../../domain/sweep/stretch.ts';
import { TASKS, type SweepTask } from '../../domain/sweep/tasks.ts';
import { closeCircuit, putOffProbe } from '../drain/circuit.ts';
import { compareBusiness } from './compare.ts';
import type { Beat, SweepDeps, SweepingWorkflow } from './deps.ts';
import { releaseSweeper, takeSweeper } from './lease.ts';
import { lookAround } from './look.ts';
import { sharedClient, type Share } from './share.ts';
import { sweepTask } from './sweep-task.ts';

export interface SweepDueInput extends SweepingWorkflow {
  /** The schedule that asks: whatever is due is done all the same, but the nightly one asks for everything. Null later on. */
  readonly tier: SweepTier | null;
}

export interface SweepReport {
  /**
   * `idle`: nothing is due any more. `more`: the activity's time is over. `busy`: another sweeper of the account is at
   * work, and does this too. `stopped`: Booksy as a whole does not answer.
   */
  readonly outcome: 'idle' | 'more' | 'busy' | 'stopped';
  readonly swept: number;
  readonly failed: number;
  /** Stable code of what stopped it. */
  readonly code: string | null;
}

const BUSY: SweepReport = { outcome: 'busy', swept: 0, failed: 0, code: null };

/** How long one activity goes on before it hands its place in the history over. */
const ROUND_MS = 120_000;
/** How often the sweeper's lease is kept while it works. */
const KEEP_EVERY_MS = 15_000;
/** Tasks that are done before the sweeper looks around again: something more urgent may have come up. */
const TASKS_PER_LOOK = 10;
/** So many businesses in a row that fail are no coincidence. */
const FAILURES_THAT_STOP = 3;

/**
 * The one sweeper of an account (R36): does what is due, most urgent first, until nothing is. A long pass gives way after a
 * few pages.
 */
export async function sweepDue(
  deps: SweepDeps,
  input: SweepDueInput,
  share: Share,
  beat: Beat,
): Promise<{ readonly report: SweepReport; readonly touched: readonly string[] }> {
  const owner = input.temporalRunId;
  // Asked for in the rows: whoever is at work does it.
  if (input.tier === 'nightly') await askForEverything(deps.db);
  if (!(await takeSweeper(deps.db, deps.accountKey, owner))) return { report: BUSY, touched: [] };
  const untilMs = performance.now() + ROUND_MS;
  const round = createRound(deps, input, share, beat);
  // A part of a long pass may outlast the lease.
  const keeping = setInterval(() => {
    takeSweeper(deps.db, deps.accountKey, owner).catch(() => undefined);
  }, KEEP_EVERY_MS);
  try {
    for (;;) {
      beat();
      const picked = await round.look();
      if (picked.length === 0) return round.report('idle');
      for (const task of picked) {
        if (!(await takeSweeper(deps.db, deps.accountKey, owner))) return round.report('busy');
        const goesOn = await round.sweep(task);
        if (round.stoppedBy !== null) return round.report('stopped');
        if (performance.now() > untilMs) return round.report('more');
        if (!goesOn) break;
      }
    }
  } finally {
    clearInterval(keeping);
    await releaseSweeper(deps.db, deps.accountKey, owner);
  }
}

function createRound(deps: SweepDeps, input: SweepDueInput, share: Share, beat: Beat) {
  const failed = createFailures();
  const touched = new Set<string>();
  let inARow = new Set<string>();
  let intervals: Intervals;
  let probing: ReadonlySet<string> = new Set();
  let callsPerSecond = 0;
  const round = {
    swept: 0,
    stoppedBy: null as string | null,
    report: (outcome: SweepReport['outcome']) => ({
      report: { outcome, swept: round.swept, failed: failed.count(), code: round.stoppedBy },
      touched: [...touched],
    }),

    /** Looks around, asks for what an outage left unproven (R37), and picks what is next. */
    async look(): Promise<readonly DueTask[]> {
      let seen = await lookAround(deps.db);
      const allowance = (deps.rate.limit * 1000) / deps.rate.windowMs;
      probing = seen.probing;
      intervals = stretch(seen.costs, allowance);
      const unproven = outages(seen.states, intervals, seen.now);
      if (unproven.length > 0) {
        await askFor(deps.db, unproven, CATCH_UP);
        seen = await lookAround(deps.db);
      }
      callsPerSecond = allowance * (isCatchingUp(seen.states, seen.now) ? CATCH_UP_SHARE : SWEEP_SHARE);
      return pickDue(failed.withoutThem(seen.states), intervals, seen.now, TASKS_PER_LOOK);
    },

    /** Does a part of a task; false where the sweeper should look around before the next one. */
    async sweep(task: DueTask): Promise<boolean> {
      const turn = () => share.take(callsPerSecond);
      const own = { ...deps, booksy: sharedClient(deps.booksy, TASKS[task.task].lane, turn) };
      touched.add(task.businessId);
      const done = await sweepTask(own, task, intervals[task.task], input, beat);
      switch (done.kind) {
        case 'done':
          round.swept += 1;
          inARow = new Set();
          if (probing.has(task.businessId)) await closeCircuit(deps, task.businessId);
          // What changed here while it was paused goes out now, as it is now.
          if (done.resumed) await compareBusiness(deps, task.businessId, beat);
          return true;
        case 'unfinished':
        case 'held':
          return false;
        case 'failed':
          failed.add(task);
          if (probing.has(task.businessId)) await putOffProbe(deps, task.businessId);
          inARow.add(task.businessId);
          if (done.systemic || inARow.size >= FAILURES_THAT_STOP) round.stoppedBy = done.code;
          return false;
      }
    },
  };
  return round;
}

/** What failed in this round: tried again by a later one. A business of which two tasks failed is left alone meanwhile. */
function createFailures() {
  const tasks = new Map<string, Set<SweepTask>>();
  return {
    count: () => [...tasks.values()].reduce((sum, { size }) => sum + size, 0),
    add({ businessId, task }: DueTask): void {
      tasks.set(businessId, (tasks.get(businessId) ?? new Set()).add(task));
    },
    withoutThem: (states: readonly SweepState[]): readonly SweepState[] =>
      states.flatMap((state) => {
        const failed = tasks.get(state.businessId);
        if (failed === undefined) return [state];
        if (failed.size > 1) return [];
        const later = [...failed].map((task) => [task, { dueAt: Infinity, provenAt: null }] as const);
        return [{ ...state, tasks: { ...state.tasks, ...Object.fromEntries(later) } }];
      }),
  };
}

/** The nightly pass over everything, of every business that may be swept. */
async function askForEverything(db: Db): Promise<void> {
  const { states } = await lookAround(db);
  await askFor(
    db,
    states.map(({ businessId }) => businessId),
    ['near', 'soon', 'ahead', 'clients', 'catalog', 'hours', 'recent', 'past'],
  );
}
