import { setTimeout as sleep } from 'node:timers/promises';
import { isBooksyError, type BooksyErrorCode } from '../../booksy/index.ts';
import type { DueTask } from '../../domain/sweep/due.ts';
import { TASKS, type SweepTask } from '../../domain/sweep/tasks.ts';
import { settleCards } from '../inbound/cards.ts';
import { syncCatalog } from '../inbound/catalog.ts';
import { syncHours } from '../inbound/hours.ts';
import { finishRun } from '../inbound/ledger.ts';
import { HeldError, type RunRef } from '../inbound/run-ref.ts';
import { walkClients, walkVisits } from '../inbound/walks.ts';
import type { Beat, SweepDeps, SweepingWorkflow } from './deps.ts';
import { noteDone, noteFailed } from './note-due.ts';
import { openSweepRun } from './run-row.ts';

/** What came of a task, or of the part of it that was done now. */
export type TaskReport =
  | { readonly kind: 'done'; readonly resumed: boolean }
  /** Its next pages wait for their turn: what is more urgent goes first. */
  | { readonly kind: 'unfinished' }
  /** A person holds the business (R30). */
  | { readonly kind: 'held' }
  /** It failed; `systemic` where every other one would fail as well. */
  | { readonly kind: 'failed'; readonly code: string; readonly systemic: boolean };

/**
 * Does the next part of one task through the same activity code as a full sync: the same walks, the same proof, the same
 * care about what is missing (R2, R3). What cannot be judged set-wise goes to the outbox there.
 *
 * @param deps with a client that keeps to the sweeps' share and lane
 * @param everySeconds when it is due again
 */
export async function sweepTask(
  deps: SweepDeps,
  { businessId, task }: DueTask,
  everySeconds: number | null,
  workflow: SweepingWorkflow,
  beat: Beat,
): Promise<TaskReport> {
  const run = await openSweepRun(deps.db, businessId, task, workflow);
  try {
    if (!(await withSecondTry(() => doPart(deps, run, task, beat), beat))) return { kind: 'unfinished' };
    await finishRun(deps, { ...run, status: 'completed', error: null });
    return { kind: 'done', ...(await noteDone(deps.db, businessId, task, everySeconds)) };
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    const held = error instanceof HeldError;
    const detail = error instanceof Error ? error.message : 'unknown failure';
    await finishRun(deps, { ...run, status: held ? 'cancelled' : 'failed', error: { code, detail } });
    if (held) return { kind: 'held' };
    await noteFailed(deps.db, businessId, task);
    deps.logger.warn({ businessId, task, code, err: error }, 'a sweep failed');
    return { kind: 'failed', code, systemic: OF_THE_ACCOUNT.has(code) };
  }
}

const SECOND_TRY_AFTER_MS = 1_000;

/** A page that broke off, a server that was restarted: the part goes on from its cursor. */
async function withSecondTry<T>(work: () => Promise<T>, beat: Beat): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isBooksyError(error) || !error.retryable) throw error;
    await sleep(SECOND_TRY_AFTER_MS);
    beat();
    return work();
  }
}

/** Does one part; false where more of it is left. */
async function doPart(deps: SweepDeps, run: RunRef, task: SweepTask, beat: Beat): Promise<boolean> {
  const { visits } = TASKS[task];
  if (visits !== null || task === 'clients') {
    const { done } =
      visits === null
        ? await walkClients(deps, run, beat)
        : await walkVisits(deps, { ...run, windowKey: visits }, beat);
    // One cheap statement, once a whole list was looked at.
    if (done && MAY_SHOW_MERGED_CARDS.has(task)) await settleCards(deps, run);
    return done;
  }
  if (task === 'catalog') await syncCatalog(deps, run, beat);
  else await syncHours(deps, run, beat, task === 'soon' ? 'soon' : 'all');
  return true;
}

const MAY_SHOW_MERGED_CARDS: ReadonlySet<SweepTask> = new Set(['clients', 'ahead', 'recent', 'past']);

/** The stable code of what may happen to a sweep; null for defects and a database that is away: Temporal tries again. */
function codeOf(error: unknown): string | null {
  if (error instanceof HeldError) return error.code;
  return isBooksyError(error) && error.code !== 'cancelled' ? error.code : null;
}

/** What concerns the account as a whole, and no single business. */
const OF_THE_ACCOUNT: ReadonlySet<string> = new Set<BooksyErrorCode>(['auth_revoked', 'not_acceptable']);
