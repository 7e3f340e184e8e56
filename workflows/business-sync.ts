/**
 * businessSync: drains the boxes of one business as changes of both sides come (SPEC 3.4, R26–R30).
 *
 * Owns no record: order is kept by compare-and-set and leases. Id `business-sync/<business>`, woken by the relay with
 * signal-with-start; one at a time per business. Ends when both boxes are empty, with no await after the last look: a
 * signal that comes while it ends makes the server ask it once more. It carries counters only; a day of steady news is
 * continued as new. The truth of a pause is in PostgreSQL: `pause` and `resume` from the Web UI are written there first.
 */
import {
  ApplicationFailure,
  CancellationScope,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { DrainActivities } from '../activities/drain/index.ts';
import type { BusinessSyncInput } from '../infra/temporal/launch.ts';
import { failureMessage, failureType } from '../infra/temporal/failures.ts';
import { pauseSignal, resumeSignal, wakeSignal } from './hold.ts';
import { ledger } from './ledger.ts';

// Safe to repeat: rows of a box go in the commit that used them. It lingers on empty boxes, so it may last a minute; calls
// may wait for the allowance or an outage besides. The heartbeat finds a dead worker in 30 s; until then nothing is lost.
const boxes = proxyActivities<DrainActivities>({
  startToCloseTimeout: '30 minutes',
  scheduleToCloseTimeout: '24 hours',
  heartbeatTimeout: '30 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

export async function businessSync(input: BusinessSyncInput): Promise<void> {
  const { businessId, runId } = input;
  const run = { businessId, runId };
  let news = true;
  let wish: 'pause' | 'resume' | null = null;
  setHandler(wakeSignal, () => {
    news = true;
  });
  setHandler(pauseSignal, () => {
    wish = 'pause';
    news = true;
  });
  setHandler(resumeSignal, () => {
    wish = 'resume';
    news = true;
  });
  const done = { webhooks: 0, records: 0, writes: 0, failures: 0 };
  try {
    while (news && !workflowInfo().continueAsNewSuggested) {
      news = false;
      const asked = wish;
      wish = null;
      if (asked !== null) {
        await boxes.holdBusiness.executeWithOptions({ summary: asked }, [{ businessId, wish: asked }]);
      }
      const report = await boxes.drainBoxes.executeWithOptions({ summary: 'Both boxes' }, [run]);
      done.webhooks += report.webhooks;
      done.records += report.records;
      done.writes += report.writes;
      done.failures += report.failures;
      setCurrentDetails(described(done));
      news ||= report.more;
    }
  } catch (error) {
    const cancelled = isCancellation(error);
    const code = cancelled ? 'cancelled' : failureType(error);
    await CancellationScope.nonCancellable(() =>
      ledger.finishRun({
        ...run,
        status: cancelled ? 'cancelled' : 'failed',
        error: { code, detail: failureMessage(error) },
      }),
    );
    if (cancelled) throw error;
    throw ApplicationFailure.nonRetryable(failureMessage(error), code);
  }
  if (news) await continueAsNew<typeof businessSync>(input);
}

/** What the Temporal Web UI shows of it. */
function described(done: {
  readonly webhooks: number;
  readonly records: number;
  readonly writes: number;
  readonly failures: number;
}): string {
  return (
    `${String(done.webhooks)} webhooks read back, ${String(done.records)} records of ours processed, ` +
    `${String(done.writes)} writes, ${String(done.failures)} failures`
  );
}
