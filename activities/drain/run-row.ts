import type { Db } from '../../infra/database/index.ts';
import { DRAIN_ACTOR, type DrainRun } from './deps.ts';

/**
 * The ledger row of a drain (R31): one for each workflow run that did something, opened with its first batch. An activity
 * closes it when it leaves, and opens it again where the same workflow run goes on.
 */
export async function openRunRow(db: Db, run: DrainRun): Promise<void> {
  await db.$executeRaw`
    INSERT INTO sync_runs (id, business_id, kind, mode, workflow_id, temporal_run_id, actor)
    VALUES (${run.runId}::uuid, ${run.businessId}::uuid, 'business_sync', 'apply', ${run.workflowId},
            ${run.temporalRunId}, ${DRAIN_ACTOR})
    ON CONFLICT (id) DO UPDATE
       SET status = 'running', finished_at = NULL, error_code = NULL, error_detail = NULL,
           temporal_run_id = excluded.temporal_run_id`;
}

/** Closes the row. */
export async function closeRunRow(db: Db, run: Pick<DrainRun, 'businessId' | 'runId'>): Promise<void> {
  await db.$executeRaw`
    UPDATE sync_runs SET status = 'completed', finished_at = now()
     WHERE id = ${run.runId}::uuid AND business_id = ${run.businessId}::uuid AND finished_at IS NULL`;
}
