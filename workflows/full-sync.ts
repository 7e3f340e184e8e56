/**
 * fullSync: brings one business of Booksy into the platform, whole (SPEC 3.3), or plans to (dry run).
 *
 * Owns one pass over everything: catalog → staff and hours → clients → visits by window → what is to go out, once a person has
 * allowed that (R18): it is put into the outbox, and the business's drain brings it there. Id `full-sync/<business>`, started
 * by an admin, the CLI or the first start; one at a time per business. Ends when all windows are walked, when it is cancelled,
 * or with the first failure that a retry cannot mend; what was imported until then stays. A person may hold it between two
 * applies (R30). Rows, counts and cursors live in PostgreSQL: this workflow carries only where it stands, so its history is
 * small, and a run never needs continue-as-new (2,000 visits an activity: 100,000 visits are about 350 events).
 */
import {
  defineQuery,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { InboundActivities, StepReport } from '../activities/index.ts';
import type { WalkReport } from '../activities/inbound/walks.ts';
import type { FullSyncInput } from '../infra/temporal/launch.ts';
import { summariseWalks, type FullSyncProgress, type WalkProgress } from '../domain/progress.ts';
import { PROGRESS_QUERY } from '../infra/temporal/names.ts';
import { phaseAttribute } from '../infra/temporal/search-attributes.ts';
import { createHold } from './hold.ts';
import { inLedger, ledger } from './ledger.ts';

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

/** Key of the client list among the lists of a run. */
const CLIENTS = 'clients';

export const progressQuery = defineQuery<FullSyncProgress>(PROGRESS_QUERY);

export async function fullSync(input: FullSyncInput): Promise<void> {
  const { businessId, runId, actor, mode = 'apply' } = input;
  const run = { businessId, runId };
  const startedMs = workflowInfo().startTime.getTime();
  let progress: FullSyncProgress = {
    phase: 'starting',
    windowKey: null,
    rowsDone: 0,
    rowsTotal: 0,
    totalIsKnown: false,
    startedAt: workflowInfo().startTime.toISOString(),
    mode,
    paused: false,
    etaSeconds: null,
  };
  setHandler(progressQuery, () => progress);
  const show = (change: Partial<FullSyncProgress>) => {
    progress = { ...progress, ...change };
    setCurrentDetails(described(progress));
  };
  const hold = createHold(
    (wish) => ledger.readHold({ ...run, wish }),
    (paused) => {
      show({ paused });
    },
  );

  const enter = (phase: FullSyncProgress['phase'], windowKey: string | null = null) => {
    upsertSearchAttributes([{ key: phaseAttribute, value: phase }]);
    show({ phase, windowKey });
  };
  /** Runs a step, again for as long as somebody holds the run. */
  const step = async <T extends StepReport>(summary: string, work: (summary: string) => Promise<T>) => {
    for (;;) {
      await hold.released();
      const report = await work(summary);
      if (!isHeld(report)) return report;
      hold.found();
    }
  };
  const walks: Record<string, WalkProgress> = {};
  /** Walks one list to its end. */
  const walk = async (
    key: string,
    summary: string,
    work: (summary: string) => Promise<WalkReport & StepReport>,
  ) => {
    for (;;) {
      const { done, rowsDone, rowsTotal } = await step(summary, work);
      walks[key] = { rowsDone, rowsTotal, rowsExpected: null };
      show(summariseWalks(Object.values(walks), Date.now() - startedMs));
      if (done) return;
    }
  };

  await inLedger(run, async () => {
    const { workflowId, runId: temporalRunId } = workflowInfo();
    const { windowKeys, expectedRows } = await ledger.beginRun({
      ...run,
      actor,
      mode,
      workflowId,
      temporalRunId,
    });
    for (const key of [CLIENTS, ...windowKeys]) {
      walks[key] = { rowsDone: 0, rowsTotal: null, rowsExpected: expectedRows?.[key] ?? null };
    }
    enter('catalog');
    await step('Staff, rooms and services', (summary) =>
      inbound.syncCatalog.executeWithOptions({ summary }, [run]),
    );
    enter('staff_and_hours');
    await step('Hours and time off', (summary) => inbound.syncHours.executeWithOptions({ summary }, [run]));
    enter('clients');
    await walk(CLIENTS, 'Clients', (summary) => inbound.walkClients.executeWithOptions({ summary }, [run]));
    for (const windowKey of windowKeys) {
      enter('visits', windowKey);
      await walk(windowKey, `Visits: ${windowKey}`, (summary) =>
        inbound.walkVisits.executeWithOptions({ summary }, [{ ...run, windowKey }]),
      );
    }
    enter('finishing');
    if (mode === 'dry_run') {
      await step('What a push would do', (summary) =>
        inbound.planOutbound.executeWithOptions({ summary }, [run]),
      );
      return;
    }
    if (patched('settle-cards')) {
      await step('Merged cards', (summary) => inbound.settleCards.executeWithOptions({ summary }, [run]));
    }
    if (patched('push')) {
      enter('push');
      await step('What goes to Booksy', (summary) =>
        inbound.pushLacking.executeWithOptions({ summary }, [run]),
      );
    }
  });
  enter('done');
}

/** Steps of runs that began before pauses were known came to nothing at all. */
function isHeld(report: StepReport | undefined | null): boolean {
  return report?.paused === true;
}

/** What the Temporal Web UI shows of a run that is under way. */
function described(progress: FullSyncProgress): string {
  const window = progress.windowKey === null ? '' : ` (${progress.windowKey})`;
  const rows = progress.totalIsKnown
    ? `${String(progress.rowsDone)} of ${String(progress.rowsTotal)} rows`
    : `${String(progress.rowsDone)} rows so far`;
  const eta = progress.etaSeconds === null ? '' : `, about ${String(progress.etaSeconds)} s to go`;
  const dry = progress.mode === 'dry_run' ? 'dry run, ' : '';
  const paused = progress.paused ? ' — held by a person; signal `resume` to go on' : '';
  return `**${dry}${progress.phase}**${window}: ${rows}${eta}${paused}`;
}
