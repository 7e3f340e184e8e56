/**
 * recordSync: brings one record in step, by itself.
 *
 * Started by a decision of the mapping list or the retry of a quarantined record it reads the record by id and applies it,
 * with what a person has decided; it ends when that is done, or when only a person can mend it. Started by a drain for a
 * record that failed alone (R29) it is that record's queue: it tries until the record is in step; the signals `retry` and
 * `skip`, without arguments, ask for the next try now, or leave the record until it changes again.
 * Id `record-sync/<business>/<entity>/<Booksy's id, or ours>`.
 */
import {
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { DrainActivities } from '../activities/drain/index.ts';
import type { InboundActivities } from '../activities/index.ts';
import { failureType } from '../infra/temporal/failures.ts';
import type { RecordSyncInput } from '../infra/temporal/launch.ts';
import { RETRY_SIGNAL, SKIP_SIGNAL } from '../infra/temporal/names.ts';
import { inLedger, ledger } from './ledger.ts';

// Reads Booksy and applies here in one transaction: safe to repeat. Booksy may be away for a while.
const record = proxyActivities<InboundActivities>({
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '24 hours',
  heartbeatTimeout: '30 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
});

// The same, and what only a person can mend comes back at once. Temporal's retries are the record's queue.
const alone = proxyActivities<DrainActivities>({
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '7 days',
  heartbeatTimeout: '30 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '15 minutes' },
});

export const retrySignal = defineSignal(RETRY_SIGNAL);
export const skipSignal = defineSignal(SKIP_SIGNAL);

/** Where only a person can mend it, it is tried again after an hour, then ever more rarely: somebody may have. */
const FIRST_WAIT_MS = 3_600_000;
const LAST_WAIT_MS = 24 * FIRST_WAIT_MS;

export async function recordSync(input: RecordSyncInput): Promise<void> {
  if (input.failed === true) return untilInStep(input);
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

async function untilInStep({
  businessId,
  runId,
  actor,
  entity,
  externalId: key,
}: RecordSyncInput): Promise<void> {
  const record = { businessId, runId, entity, key };
  let wish: 'retry' | 'skip' | null = null;
  let attempt: CancellationScope | null = null;
  const wished = (what: 'retry' | 'skip') => () => {
    wish = what;
    attempt?.cancel();
  };
  setHandler(retrySignal, wished('retry'));
  setHandler(skipSignal, wished('skip'));
  /** False where a signal broke it off, or only a person can mend it. */
  const tried = async (): Promise<boolean> => {
    attempt = new CancellationScope();
    try {
      await attempt.run(() => alone.retryAlone.executeWithOptions({ summary: `One ${entity}` }, [record]));
      return true;
    } catch (error) {
      if (isCancellation(error) && wish === null) throw error;
      if (!isCancellation(error)) setCurrentDetails(`Waits for a person: ${failureType(error)}`);
      return false;
    } finally {
      attempt = null;
    }
  };
  await inLedger({ businessId, runId }, async () => {
    const { workflowId, runId: temporalRunId } = workflowInfo();
    await ledger.beginRun({ businessId, runId, actor, kind: 'record_sync', workflowId, temporalRunId });
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LAST_WAIT_MS)) {
      if (wish === 'skip') {
        await alone.skipAlone.executeWithOptions({ summary: 'Skipped by a person' }, [record]);
        return;
      }
      wish = null;
      if (await tried()) return;
      await condition(() => wish !== null, waitMs);
    }
  });
}
