/**
 * fullSync: brings one business of Booksy into the platform, whole (SPEC 3.3).
 *
 * Owns one pass over everything: catalog → staff and hours → clients → visits by window. Id `full-sync/<business>`, started
 * by an admin, the CLI or the first start; one at a time per business. Ends when all windows are walked, when it is cancelled,
 * or with the first failure that a retry cannot mend; what was imported until then stays. Rows, counts and cursors live in
 * PostgreSQL: this workflow carries only where it stands, so its history is small, and a run never needs continue-as-new
 * (2,000 visits an activity: 100,000 visits are about 350 events).
 */
import {
  ApplicationFailure,
  CancellationScope,
  defineQuery,
  isCancellation,
  log,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { InboundActivities } from '../activities/index.ts';
import type { WalkReport } from '../activities/inbound/walks.ts';
import type { FullSyncInput } from '../infra/temporal/launch.ts';
import { summariseWalks, type FullSyncProgress, type WalkProgress } from '../domain/progress.ts';
import { PROGRESS_QUERY } from '../infra/temporal/names.ts';
import { phaseAttribute } from '../infra/temporal/search-attributes.ts';
import { failureMessage, failureType } from '../infra/temporal/failures.ts';

// Reads Booksy and applies here: safe to repeat, because every step resumes from the cursor that committed with its rows.
// A page may wait long for the allowance or an outage, hence the wide total; the heartbeat finds a dead worker in 30 s.
const inbound = proxyActivities<InboundActivities>({
  startToCloseTimeout: '30 minutes',
  scheduleToCloseTimeout: '24 hours',
  heartbeatTimeout: '30 seconds',
  // The ledger is closed only when nothing is applied any more: a cancelled step first reaches its next cursor.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

// One row in the ledger: short, idempotent by the run's id.
const ledger = proxyActivities<InboundActivities>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '24 hours',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Key of the client list among the lists of a run. */
const CLIENTS = 'clients';

export const progressQuery = defineQuery<FullSyncProgress>(PROGRESS_QUERY);

export async function fullSync(input: FullSyncInput): Promise<void> {
  const startedMs = workflowInfo().startTime.getTime();
  let progress: FullSyncProgress = {
    phase: 'starting',
    windowKey: null,
    rowsDone: 0,
    rowsTotal: 0,
    totalIsKnown: false,
    startedAt: workflowInfo().startTime.toISOString(),
    etaSeconds: null,
  };
  setHandler(progressQuery, () => progress);

  const run = { businessId: input.businessId, runId: input.runId };
  const enter = (phase: FullSyncProgress['phase'], windowKey: string | null = null) => {
    progress = { ...progress, phase, windowKey };
    upsertSearchAttributes([{ key: phaseAttribute, value: phase }]);
    describe(progress);
  };

  const walks: Record<string, WalkProgress> = {};
  /** Walks one list to its end. */
  const walk = async (key: string, step: () => Promise<WalkReport>) => {
    for (;;) {
      const { done, rowsDone, rowsTotal } = await step();
      walks[key] = { rowsDone, rowsTotal, rowsExpected: null };
      progress = { ...progress, ...summariseWalks(Object.values(walks), Date.now() - startedMs) };
      describe(progress);
      if (done) return;
    }
  };

  try {
    const { windowKeys, expectedRows } = await ledger.beginRun({
      ...run,
      actor: input.actor,
      workflowId: workflowInfo().workflowId,
      temporalRunId: workflowInfo().runId,
    });
    for (const key of [CLIENTS, ...windowKeys]) {
      walks[key] = { rowsDone: 0, rowsTotal: null, rowsExpected: expectedRows?.[key] ?? null };
    }
    enter('catalog');
    await inbound.syncCatalog.executeWithOptions({ summary: 'Staff, rooms and services' }, [run]);
    enter('staff_and_hours');
    await inbound.syncHours.executeWithOptions({ summary: 'Hours and time off' }, [run]);
    enter('clients');
    await walk(CLIENTS, () => inbound.walkClients.executeWithOptions({ summary: 'Clients' }, [run]));
    for (const windowKey of windowKeys) {
      enter('visits', windowKey);
      const summary = `Visits: ${windowKey}`;
      await walk(windowKey, () =>
        inbound.walkVisits.executeWithOptions({ summary }, [{ ...run, windowKey }]),
      );
    }
    enter('finishing');
    await ledger.finishRun({ ...run, status: 'completed', error: null });
    enter('done');
  } catch (error) {
    const cancelled = isCancellation(error);
    const code = cancelled ? 'cancelled' : failureType(error);
    log.warn('full sync ended early', { runId: input.runId, code });
    // The ledger is closed whatever happened, even when the workflow itself is being cancelled.
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

/** What the Temporal Web UI shows of a run that is under way. */
function describe(progress: FullSyncProgress): void {
  const window = progress.windowKey === null ? '' : ` (${progress.windowKey})`;
  const rows = progress.totalIsKnown
    ? `${String(progress.rowsDone)} of ${String(progress.rowsTotal)} rows`
    : `${String(progress.rowsDone)} rows so far`;
  const eta = progress.etaSeconds === null ? '' : `, about ${String(progress.etaSeconds)} s to go`;
  setCurrentDetails(`**${progress.phase}**${window}: ${rows}${eta}`);
}
