import { visitWindows, type VisitWindow } from '../../domain/windows.ts';
import { localOf } from '../../domain/local-time.ts';
import { businessOf, type InboundDeps, type RunRef } from './run.ts';

/** R31: each run writes one ledger row, at its start and at its end. */

export interface BeginRun extends RunRef {
  readonly actor: string;
  readonly workflowId: string;
  readonly temporalRunId: string;
}

export interface FinishRun extends RunRef {
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly error: { readonly code: string; readonly detail: string } | null;
}

export interface BegunRun {
  /** Windows of visits that the run walks, in their order. */
  readonly windowKeys: readonly VisitWindow['key'][];
  /** Rows that the last pass over a list counted, by `clients` or window; a first run has none. */
  readonly expectedRows?: { readonly [key: string]: number };
}

/** Opens the run's row (or finds it, after a crash) and tells what it will walk. */
export async function beginRun(deps: InboundDeps, input: BeginRun): Promise<BegunRun> {
  const business = await businessOf(deps.db, input.businessId);
  await deps.db.syncRun.upsert({
    where: { id: input.runId },
    create: {
      id: input.runId,
      businessId: business.id,
      kind: 'full_sync',
      workflowId: input.workflowId,
      temporalRunId: input.temporalRunId,
      actor: input.actor,
    },
    update: { temporalRunId: input.temporalRunId },
  });
  const today = localOf(new Date().toISOString(), business.zone).slice(0, 10);
  const passes = await deps.db.integrationSyncStatus.findMany({
    where: { businessId: business.id, entity: { in: ['profile', 'booking'] } },
  });
  return {
    windowKeys: visitWindows(today).map((window) => window.key),
    expectedRows: Object.fromEntries(
      passes.map((pass) => [pass.windowKey.replace(/^visits:/, ''), pass.remoteCount ?? 0]),
    ),
  };
}

/** Closes the run's row and empties what it needed only while it ran. Closing twice changes nothing. */
export async function finishRun(deps: InboundDeps, input: FinishRun): Promise<void> {
  await deps.db.$executeRaw`DELETE FROM sync_pass_rows WHERE run_id = ${input.runId}::uuid`;
  await deps.db.syncRun.updateMany({
    where: { id: input.runId, businessId: input.businessId, finishedAt: null },
    data: {
      status: input.status,
      finishedAt: new Date(),
      errorCode: input.error?.code ?? null,
      errorDetail: input.error?.detail ?? null,
    },
  });
}
