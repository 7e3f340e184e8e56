import type { FullSyncWindow } from '../domain/windows.ts';
import { beating, type Work } from './beating.ts';
import { syncCatalog } from './inbound/catalog.ts';
import { settleCards } from './inbound/cards.ts';
import { syncHours } from './inbound/hours.ts';
import {
  beginRun,
  finishRun,
  readHold,
  type BeginRun,
  type FinishRun,
  type HoldRun,
} from './inbound/ledger.ts';
import { planOutbound } from './inbound/outbound-plan.ts';
import { pushLacking } from './inbound/push.ts';
import { syncRecord, type SyncRecord } from './inbound/record-sync.ts';
import { HeldError, type RunRef } from './inbound/run-ref.ts';
import type { InboundDeps } from './inbound/run.ts';
import { walkClients, walkVisits, type WalkReport } from './inbound/walks.ts';

/** What a step of a run came to. Where a person holds the run, it stopped before its next apply, and is asked again later. */
export interface StepReport {
  readonly paused?: boolean;
}

const DONE: StepReport = {};
const PAUSED = { paused: true } as const;

/** Activities of inbound runs. Each is a thin wrapper around a plain function: heartbeat, cancellation, pause. */
export function createInboundActivities(deps: InboundDeps) {
  return {
    beginRun: (input: BeginRun) => beginRun(deps, input),
    readHold: (input: HoldRun) => readHold(deps, input),
    finishRun: (input: FinishRun) => finishRun(deps, input),
    syncCatalog: (run: RunRef) => step((beat) => syncCatalog(deps, run, beat)),
    syncHours: (run: RunRef) => step((beat) => syncHours(deps, run, beat)),
    settleCards: (run: RunRef) => step(() => settleCards(deps, run)),
    pushLacking: (run: RunRef) => step((beat) => pushLacking(deps, run, beat)),
    planOutbound: (run: RunRef) => step(() => planOutbound(deps, run)),
    walkClients: (run: RunRef): Promise<WalkReport & StepReport> =>
      walkOrPause((beat) => walkClients(deps, run, beat)),
    walkVisits: (run: RunRef & { readonly windowKey: FullSyncWindow }): Promise<WalkReport & StepReport> =>
      walkOrPause((beat) => walkVisits(deps, run, beat)),
    syncRecord: (input: SyncRecord) => beating((beat) => syncRecord(deps, input, beat)),
  };
}

export type InboundActivities = ReturnType<typeof createInboundActivities>;

function step(work: Work<void>): Promise<StepReport> {
  return unlessHeld(async () => {
    await beating(work);
    return DONE;
  }, PAUSED);
}

function walkOrPause(work: Work<WalkReport>): Promise<WalkReport & StepReport> {
  return unlessHeld(() => beating(work), {
    done: false,
    rowsDone: 0,
    rowsTotal: 0,
    complete: false,
    ...PAUSED,
  });
}

/** A pause is no failure: nothing was written, and nothing is to be retried until the run goes on. */
async function unlessHeld<T>(work: () => Promise<T>, held: T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HeldError) return held;
    throw error;
  }
}
