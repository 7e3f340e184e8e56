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

/** Opens the run's row (or finds it, after a crash) and tells which windows of visits it will walk, in their order. */
export async function beginRun(
  deps: InboundDeps,
  input: BeginRun,
): Promise<{ readonly windowKeys: readonly VisitWindow['key'][] }> {
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
  return { windowKeys: visitWindows(today).map((window) => window.key) };
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
