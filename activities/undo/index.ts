import { beating } from '../beating.ts';
import { applyUndo } from './apply.ts';
import { lookAtUndo, planUndoRun } from './plan.ts';
import type { UndoDeps } from './scope.ts';
import type { UndoRef } from './words.ts';

export type { UndoStanding } from './plan.ts';
export type { UndoRef } from './words.ts';

/** Activities of an undo: transactions here, safe to repeat. What goes to Booksy goes by the ordinary process. */
export function createUndoActivities(deps: UndoDeps) {
  return {
    planUndo: (ref: UndoRef) => beating((beat) => planUndoRun(deps, ref, beat)),
    lookAtUndo: (ref: UndoRef) => lookAtUndo(deps, ref),
    beginUndo: (input: BeginUndo) => beginUndo(deps, input),
    applyUndo: (ref: UndoRef) => beating((beat) => applyUndo(deps, ref, beat)),
    endUndo: (ref: UndoRef) => endUndo(deps, ref),
  };
}

export type UndoActivities = ReturnType<typeof createUndoActivities>;

export interface BeginUndo extends UndoRef {
  readonly workflowId: string;
  readonly temporalRunId: string;
}

/** R31: the undo is a run of its own in the ledger, under its own id; what it does can be undone by it. */
async function beginUndo({ db }: UndoDeps, input: BeginUndo): Promise<void> {
  const { businessId, undoId, workflowId, temporalRunId } = input;
  await db.$executeRaw`
    INSERT INTO sync_runs (id, business_id, kind, workflow_id, temporal_run_id, actor)
    SELECT u.id, u.business_id, 'undo', ${workflowId}, ${temporalRunId}, coalesce(u.confirmed_by, 'unknown')
      FROM sync_undos u WHERE u.id = ${undoId}::uuid AND u.business_id = ${businessId}::uuid
    ON CONFLICT (id) DO UPDATE SET temporal_run_id = excluded.temporal_run_id`;
}

/** Closes the undo. Its plan is kept no longer than it is needed: what was done is in the audit trail. */
async function endUndo({ db }: UndoDeps, { businessId, undoId }: UndoRef): Promise<void> {
  await db.$executeRaw`
    UPDATE sync_undos SET state = 'done', outcome = 'carried_out', sealed_plan = NULL, updated_at = now(), finished_at = now()
     WHERE id = ${undoId}::uuid AND business_id = ${businessId}::uuid AND state = 'confirmed'`;
}
