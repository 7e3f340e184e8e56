/**
 * recordSync: reads one record of Booksy by id and applies it, with what a person has decided about it.
 *
 * Owns that one record for a moment. Id `record-sync/<business>/<entity>/<Booksy's id>`, started by a decision of the mapping
 * list or the retry of a quarantined record. Ends when the record is applied, or when only a person can mend it.
 */
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { InboundActivities } from '../activities/index.ts';
import type { RecordSyncInput } from '../infra/temporal/launch.ts';
import { inLedger, ledger } from './ledger.ts';

// Reads Booksy and applies here in one transaction: safe to repeat. Booksy may be away for a while.
const record = proxyActivities<InboundActivities>({
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '24 hours',
  heartbeatTimeout: '30 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
});

export async function recordSync(input: RecordSyncInput): Promise<void> {
  const { businessId, runId, actor, entity, externalId, parentExternalId } = input;
  const run = { businessId, runId };
  await inLedger(run, async () => {
    const { workflowId, runId: temporalRunId } = workflowInfo();
    await ledger.beginRun({ ...run, actor, kind: 'record_sync', workflowId, temporalRunId });
    await record.syncRecord.executeWithOptions({ summary: `One ${entity}` }, [
      { ...run, entity, externalId, parentExternalId },
    ]);
  });
}
