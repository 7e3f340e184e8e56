import { v7 as uuidv7 } from 'uuid';
import { SYNC_ENTITIES } from '../../domain/entities.ts';
import { serviceOfVariant } from '../../infra/parent.ts';
import { conflictWorkflowId } from '../../infra/temporal/launch-conflicts.ts';
import { NO_LINKS } from '../apply/links.ts';
import { quarantinedRow } from '../apply/record.ts';
import { isReadById, RecordUnreadableError, syncRecord, type SyncRecord } from '../inbound/record-sync.ts';
import { inStep, openRun, type InboundDeps } from '../inbound/run.ts';
import type { FollowUp } from './effects.ts';
import type { ConflictRef } from './scope.ts';

export interface ReadAfter extends ConflictRef {
  readonly followUp: FollowUp;
}

/**
 * Reads one record at Booksy by its id and takes it in: what a decision let back in has no link yet by which the ordinary
 * process could find it. What still cannot be read waits on, with a conflict of its own. A run of its own in the ledger (R31).
 */
export async function readAfterResolution(deps: InboundDeps, input: ReadAfter): Promise<void> {
  const { businessId, conflictId, followUp } = input;
  const { externalId } = followUp;
  const entity = SYNC_ENTITIES.find((each) => each === followUp.entity);
  if (entity === undefined || !isReadById(entity)) return;
  const runId = uuidv7();
  await deps.db.$executeRaw`
    INSERT INTO sync_runs (id, business_id, kind, workflow_id, actor)
    VALUES (${runId}::uuid, ${businessId}::uuid, 'conflict', ${conflictWorkflowId(conflictId)}, 'sync')`;
  const parentExternalId =
    entity === 'variant' ? await serviceOfVariant(deps.db, businessId, externalId) : null;
  try {
    await takeIn(deps, { businessId, runId, entity, externalId, parentExternalId });
    await deps.db.$executeRaw`
      UPDATE sync_runs SET status = 'completed', finished_at = now() WHERE id = ${runId}::uuid`;
  } catch (error) {
    await deps.db.$executeRaw`
      UPDATE sync_runs SET status = 'failed', finished_at = now(), error_code = 'not_read' WHERE id = ${runId}::uuid`;
    throw error;
  }
}

async function takeIn(deps: InboundDeps, record: SyncRecord): Promise<void> {
  try {
    await syncRecord(deps, record, () => undefined);
  } catch (error) {
    if (!(error instanceof RecordUnreadableError)) throw error;
    const { business } = await openRun(deps.db, record);
    await inStep(deps, business, record, NO_LINKS, (scope) =>
      scope.quarantine(null, [
        quarantinedRow(record.entity, {
          externalId: record.externalId,
          reasonCode: 'unparseable',
          field: null,
          detail: 'Read by id because somebody asked for it, it was still not in a form that can be read.',
        }),
      ]),
    );
  }
}
