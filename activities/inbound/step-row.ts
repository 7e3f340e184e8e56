import { Prisma, type Tx } from '../../infra/database/index.ts';
import type { RunCounts } from '../../domain/counts.ts';
import type { SyncMode } from '../../domain/progress.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { addToPlan } from './plan-row.ts';
import type { RunCursor } from './cursor.ts';
import { RunMissingError, SupersededError, type RunRef } from './run-ref.ts';

/** The run's row as a transaction finds it. */
export interface OpenedStep {
  readonly counts: RunCounts;
  readonly cursor: RunCursor | null;
  readonly mode: SyncMode;
  /** By the database's clock. */
  readonly now: Date;
  /** A person holds the run or its business (R30). */
  readonly held: boolean;
  /** Whether anything of the business waits in quarantine. */
  readonly hasQuarantine: boolean;
  /** Whether anything of the business waits in the mapping list. */
  readonly hasUnsure: boolean;
}

interface StepRow {
  counts: RunCounts;
  cursor: RunCursor | null;
  mode: SyncMode;
  finished: boolean;
  now: Date;
  held: boolean;
  has_quarantine: boolean;
  has_unsure: boolean;
}

/**
 * Opens a transaction of a run: one apply of a business at a time (R13), the run's row locked, and the settings that tell
 * the triggers that this is an import: overlaps made at Booksy are kept and marked (R21). All in one statement.
 */
export async function openStep(tx: Tx, run: RunRef): Promise<OpenedStep> {
  const rows = await tx.$queryRaw<StepRow[]>`
    WITH locked AS MATERIALIZED (
      SELECT /* prepared */ pg_advisory_xact_lock(hashtextextended('apply:' || ${run.businessId}, 0)),
             set_config('booksy_sync.import', 'on', true), set_config('booksy_sync.origin', 'booksy', true)
    )
    SELECT r.counts, r.cursor, r.mode, r.finished_at IS NOT NULL AS finished, now() AS now,
           r.paused_at IS NOT NULL OR b.paused_at IS NOT NULL AS held,
           EXISTS (SELECT FROM quarantine q WHERE q.business_id = b.id AND q.released_at IS NULL) AS has_quarantine,
           EXISTS (SELECT FROM mappings m WHERE m.business_id = b.id AND m.state = 'unsure') AS has_unsure
      FROM locked, sync_runs r JOIN businesses b ON b.id = r.business_id
     WHERE r.id = ${run.runId}::uuid AND r.business_id = ${run.businessId}::uuid FOR UPDATE OF r`;
  const row = rows[0];
  if (row === undefined) throw new RunMissingError(`Run ${run.runId} is not in the ledger.`);
  if (row.finished) throw new SupersededError(`Run ${run.runId} was closed meanwhile.`);
  const { counts, cursor, mode, now, held, has_quarantine: hasQuarantine, has_unsure: hasUnsure } = row;
  return { counts, cursor, mode, now, held, hasQuarantine, hasUnsure };
}

/** What a transaction leaves in the run's row. */
export interface StepOutcome {
  readonly counts: RunCounts;
  readonly cursor: RunCursor;
}

/**
 * Closes a transaction of a run. Its outbox rows go with it: their content is the base that it has just recorded, under
 * row locks, so they are echoes by content (R26). A dry run leaves its plan instead.
 */
export async function closeStep(scope: ApplyScope, outcome: StepOutcome): Promise<void> {
  if (scope.plan !== null) await addToPlan(scope, scope.plan);
  const echoes =
    scope.plan === null
      ? Prisma.sql`WITH echoes AS (
          DELETE FROM sync_outbox
           WHERE business_id = ${scope.businessId}::uuid AND transaction_id = pg_current_xact_id())`
      : Prisma.empty;
  await scope.tx.$executeRaw`
    ${echoes}
    UPDATE /* prepared */ sync_runs SET counts = ${JSON.stringify(outcome.counts)}::jsonb,
           cursor = ${JSON.stringify(outcome.cursor)}::jsonb
     WHERE id = ${scope.runId}::uuid`;
}
