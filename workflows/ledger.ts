import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  log,
  proxyActivities,
} from '@temporalio/workflow';
import type { InboundActivities } from '../activities/index.ts';
import { failureMessage, failureType } from '../infra/temporal/failures.ts';

// One row in the ledger: short, idempotent by the run's id.
export const ledger = proxyActivities<InboundActivities>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '24 hours',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/**
 * Does the work of a run and closes its ledger row however it ends, even when the workflow itself is being cancelled (R31).
 * A failure ends the workflow with the stable code that the ledger shows.
 */
export async function inLedger(
  run: { readonly businessId: string; readonly runId: string },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
    await ledger.finishRun({ ...run, status: 'completed', error: null });
  } catch (error) {
    const cancelled = isCancellation(error);
    const code = cancelled ? 'cancelled' : failureType(error);
    log.warn('run ended early', { runId: run.runId, code });
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
}
