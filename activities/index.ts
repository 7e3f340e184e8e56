import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { VisitWindow } from '../domain/windows.ts';
import { syncCatalog } from './inbound/catalog.ts';
import { syncHours } from './inbound/hours.ts';
import { beginRun, finishRun, type BeginRun, type FinishRun } from './inbound/ledger.ts';
import type { InboundDeps, RunRef } from './inbound/run.ts';
import { walkClients, walkVisits, type WalkReport } from './inbound/walks.ts';

/** How often an activity tells that it lives, also while it waits for the allowance. */
const HEARTBEAT_EVERY_MS = 5_000;

/** Activities of inbound runs. Each is a thin wrapper around a plain function: heartbeat and cancellation. */
export function createInboundActivities(deps: InboundDeps) {
  return {
    beginRun: (input: BeginRun) => beginRun(deps, input),
    finishRun: (input: FinishRun) => finishRun(deps, input),
    syncCatalog: (run: RunRef) => beating((beat) => syncCatalog(deps, run, beat)),
    syncHours: (run: RunRef) => beating((beat) => syncHours(deps, run, beat)),
    walkClients: (run: RunRef): Promise<WalkReport> => beating((beat) => walkClients(deps, run, beat)),
    walkVisits: (run: RunRef & { readonly windowKey: VisitWindow['key'] }): Promise<WalkReport> =>
      beating((beat) => walkVisits(deps, run, beat)),
  };
}

export type InboundActivities = ReturnType<typeof createInboundActivities>;

/**
 * Runs work with a heartbeat that carries the work's latest cursor. `beat` also stops the work between two calls once the
 * activity is cancelled or its worker shuts down: what was applied stays, the next attempt goes on from there.
 */
async function beating<T>(work: (beat: (cursor?: unknown) => void) => Promise<T>): Promise<T> {
  let cursor: unknown = activityInfo().heartbeatDetails;
  const timer = setInterval(() => {
    heartbeat(cursor);
  }, HEARTBEAT_EVERY_MS);
  try {
    return await work((latest) => {
      cancellationSignal().throwIfAborted();
      if (latest === undefined) return;
      cursor = latest;
      heartbeat(cursor);
    });
  } finally {
    clearInterval(timer);
  }
}
