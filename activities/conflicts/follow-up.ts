import { v7 as uuidv7 } from 'uuid';
import { SYNC_ENTITIES } from '../../domain/entities.ts';
import { conflictWorkflowId } from '../../infra/temporal/launch-conflicts.ts';
import { syncRecord } from '../inbound/record-sync.ts';
import type { InboundDeps } from '../inbound/run.ts';
import type { FollowUp } from './effects.ts';
import type { ConflictRef } from './scope.ts';

export interface ReadAfter extends ConflictRef {
  readonly followUp: FollowUp;
}

/**
 * Reads one record at Booksy by its id and takes it in: what a decision let back in has no link yet by which the ordinary
 * process could find it. A run of its own in the ledger (R31).
 */
export async function readAfterResolution(deps: InboundDeps, input: ReadAfter): Promise<void> {
  const { businessId, conflictId, followUp } = input;
  const entity = SYNC_ENTITIES.find((each) => each === followUp.entity);
  if (entity === undefined || entity === 'hours' || entity === 'time_off') return;
  const runId = uuidv7();
  await deps.db.$executeRaw`
    INSERT INTO sync_runs (id, business_id, kind, workflow_id, actor)
    VALUES (${runId}::uuid, ${businessId}::uuid, 'conflict', ${conflictWorkflowId(conflictId)}, 'sync')`;
  try {
    await syncRecord(
      deps,
      { businessId, runId, entity, externalId: followUp.externalId, parentExternalId: null },
      () => undefined,
    );
    await deps.db.$executeRaw`
      UPDATE sync_runs SET status = 'completed', finished_at = now() WHERE id = ${runId}::uuid`;
  } catch (error) {
    await deps.db.$executeRaw`
      UPDATE sync_runs SET status = 'failed', finished_at = now(), error_code = 'not_read' WHERE id = ${runId}::uuid`;
    throw error;
  }
}
