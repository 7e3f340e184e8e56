import { FULL_SYNC_WINDOWS, type FullSyncWindow } from '../../domain/windows.ts';
import type { SyncMode } from '../../domain/progress.ts';
import { businessOf, type InboundDeps, type RunRef } from './run.ts';

/** R31: each run writes one ledger row, at its start and at its end. */

export interface BeginRun extends RunRef {
  readonly actor: string;
  readonly workflowId: string;
  readonly temporalRunId: string;
  readonly kind?: 'full_sync' | 'record_sync';
  readonly mode?: SyncMode;
}

export interface FinishRun extends RunRef {
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly error: { readonly code: string; readonly detail: string } | null;
}

export interface BegunRun {
  /** Windows of visits that the run walks, in their order. */
  readonly windowKeys: readonly FullSyncWindow[];
  /** Rows that the last pass over a list counted, by `clients` or window; a first run has none. */
  readonly expectedRows?: { readonly [key: string]: number };
}

/** Opens the run's row (or finds it, after a crash) and tells what it will walk. */
export async function beginRun(deps: InboundDeps, input: BeginRun): Promise<BegunRun> {
  const business = await businessOf(deps.db, input.businessId);
  const { runId, kind = 'full_sync', mode = 'apply', workflowId, temporalRunId, actor } = input;
  await deps.db.$executeRaw`
    INSERT INTO sync_runs (id, business_id, kind, mode, workflow_id, temporal_run_id, actor)
    VALUES (${runId}::uuid, ${business.id}::uuid, ${kind}, ${mode}, ${workflowId}, ${temporalRunId}, ${actor})
    ON CONFLICT (id) DO UPDATE SET temporal_run_id = excluded.temporal_run_id`;
  if (kind === 'record_sync') return { windowKeys: [] };
  const passes = await deps.db.integrationSyncStatus.findMany({
    where: { businessId: business.id, entity: { in: ['profile', 'booking'] } },
  });
  return {
    windowKeys: FULL_SYNC_WINDOWS,
    expectedRows: Object.fromEntries(
      passes.map((pass) => [pass.windowKey.replace(/^visits:/, ''), pass.remoteCount ?? 0]),
    ),
  };
}

/** Closes the run's row and empties what it needed only while it ran. Closing twice changes nothing. */
export async function finishRun(deps: InboundDeps, input: FinishRun): Promise<void> {
  await deps.db.$executeRaw`
    WITH scratch AS (DELETE FROM sync_pass_rows WHERE run_id = ${input.runId}::uuid)
    UPDATE sync_runs
       SET status = ${input.status}, finished_at = now(), error_code = ${input.error?.code ?? null},
           error_detail = ${input.error?.detail ?? null}
     WHERE id = ${input.runId}::uuid AND business_id = ${input.businessId}::uuid AND finished_at IS NULL`;
}

export interface HoldRun extends RunRef {
  /** What a person asked for in the Temporal Web UI; null only looks. */
  readonly wish: 'pause' | 'resume' | null;
}

/** Writes down a wish of the Temporal Web UI, and tells whether the run or its business is held (R28: the truth is here). */
export async function readHold(deps: InboundDeps, input: HoldRun): Promise<{ readonly paused: boolean }> {
  const rows = await deps.db.$queryRaw<{ paused: boolean }[]>`
    WITH run AS (
      UPDATE sync_runs r
         SET paused_at = CASE ${input.wish}::text WHEN 'pause' THEN COALESCE(r.paused_at, now()) WHEN 'resume' THEN NULL
                         ELSE r.paused_at END,
             paused_by = CASE ${input.wish}::text WHEN 'pause' THEN COALESCE(r.paused_by, 'temporal-ui') WHEN 'resume' THEN NULL
                         ELSE r.paused_by END
       WHERE r.id = ${input.runId}::uuid
      RETURNING r.paused_at, r.business_id
    )
    SELECT run.paused_at IS NOT NULL OR b.paused_at IS NOT NULL AS paused
      FROM run JOIN businesses b ON b.id = run.business_id`;
  return { paused: rows[0]?.paused ?? false };
}
