import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../infra/database/index.ts';
import type { SweepTask } from '../../domain/sweep/tasks.ts';
import type { RunRef } from '../inbound/run-ref.ts';
import type { SweepingWorkflow } from './deps.ts';

/** `sync_runs.kind` of a sweep; its `phase` is the task. */
export const SWEEP_KIND = 'sweep';

/** A pass that stands still for longer is begun anew: its windows were cut on another day. */
const GO_ON_WITHIN_HOURS = 6;

/**
 * The ledger row of a task (R31): the one that is open, where a pass was left half-way, else a new one. The pass goes on
 * from the cursor in it.
 */
export async function openSweepRun(
  db: Db,
  businessId: string,
  task: SweepTask,
  workflow: SweepingWorkflow,
): Promise<RunRef> {
  const { workflowId, temporalRunId } = workflow;
  const rows = await db.$queryRaw<{ id: string }[]>`
    UPDATE sync_runs SET workflow_id = ${workflowId}, temporal_run_id = ${temporalRunId}
     WHERE id = (SELECT id FROM sync_runs
                  WHERE business_id = ${businessId}::uuid AND kind = ${SWEEP_KIND} AND phase = ${task}
                    AND status = 'running' AND started_at > now() - make_interval(hours => ${GO_ON_WITHIN_HOURS})
                  ORDER BY started_at DESC LIMIT 1)
    RETURNING id::text AS id`;
  const open = rows[0];
  return open === undefined ? openRunOf(db, businessId, task, workflow) : { businessId, runId: open.id };
}

/** A new ledger row of a sweep. */
export async function openRunOf(
  db: Db,
  businessId: string,
  phase: SweepTask | 'compare',
  { workflowId, temporalRunId }: SweepingWorkflow,
): Promise<RunRef> {
  const runId = uuidv7();
  await db.$executeRaw`
    INSERT INTO sync_runs (id, business_id, kind, phase, mode, workflow_id, temporal_run_id, actor)
    VALUES (${runId}::uuid, ${businessId}::uuid, ${SWEEP_KIND}, ${phase}, 'apply', ${workflowId}, ${temporalRunId},
            'schedule')`;
  return { businessId, runId };
}
