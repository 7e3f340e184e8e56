/** Holding, letting go and stopping one full sync (R30). The row says it; Temporal is only woken to look at it. */
import type { PrismaClient } from '../../infra/database/index.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { auditDeed } from '../audit.ts';
import { reachableBusinesses, type BusinessRef } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound, Problem } from '../http/problem.ts';
import { FULL_SYNC_KIND } from '../sync/counts.ts';
import { findOperation } from '../sync/operations.ts';
import type { Operation } from '../sync/runs.ts';
import { actorOf, within, type Note } from '../wire.ts';
import { temporalUnavailable } from './start.ts';

export type ControlDeps = Pick<ApiDeps, 'prisma' | 'launcher' | 'temporal' | 'logger'>;
type Run = Awaited<ReturnType<PrismaClient['syncRun']['findFirstOrThrow']>>;

export interface Controlled {
  readonly operation: Operation;
  /** False where it was so already. */
  readonly changed: boolean;
  readonly notes: readonly Note[];
}

const TEMPORAL_TIMEOUT_MS = 3000;

export const WOKEN_LATER: Note = {
  code: 'temporal_unavailable',
  message:
    'It is recorded and counts, but Temporal does not answer: a run that is under way learns of it at its next step.',
  nextStep: 'Look at GET /api/admin/booksy/health. Nothing needs to be sent again.',
};

export const BUSINESS_STILL_PAUSED: Note = {
  code: 'business_paused',
  message: 'The business itself is paused, so nothing of it goes on yet.',
  nextStep: 'Resume it: POST /api/admin/booksy/businesses/:id/resume.',
};

const LOST: Note = {
  code: 'not_in_temporal',
  message: 'The ledger calls this operation running, but Temporal has no such run.',
  nextStep:
    'Cancel it, which closes it in the ledger, and start the full sync again: it goes on from what is proven.',
};

/** Holds a full sync that runs: it stops before its next step. */
export async function pauseRun(deps: ControlDeps, grant: TokenGrant, id: string): Promise<Controlled> {
  const { run } = await controllable(deps, grant, id);
  const actor = actorOf(grant);
  const changed = await deps.prisma.$transaction(async (tx) => {
    const rows = await tx.$executeRaw`
      UPDATE sync_runs SET paused_at = now(), paused_by = ${actor}
       WHERE id = ${run.id}::uuid AND status = 'running' AND paused_at IS NULL`;
    if (rows === 0) return false;
    await auditDeed(tx, {
      businessId: run.businessId,
      actor,
      action: 'paused',
      reasonCode: 'run',
      runId: run.id,
    });
    return true;
  });
  const notes = await wake(deps, run.businessId, [LOST]);
  return { operation: await reread(deps, run, 'running'), changed, notes };
}

/** Lets a held full sync go on. */
export async function resumeRun(deps: ControlDeps, grant: TokenGrant, id: string): Promise<Controlled> {
  const { run, business } = await controllable(deps, grant, id);
  const actor = actorOf(grant);
  const changed = await deps.prisma.$transaction(async (tx) => {
    const rows = await tx.$executeRaw`
      UPDATE sync_runs SET paused_at = NULL, paused_by = NULL
       WHERE id = ${run.id}::uuid AND status = 'running' AND paused_at IS NOT NULL`;
    if (rows === 0) return false;
    await auditDeed(tx, {
      businessId: run.businessId,
      actor,
      action: 'resumed',
      reasonCode: 'run',
      runId: run.id,
    });
    return true;
  });
  if (!changed && business.pausedAt !== null) throw businessPaused('The run is not held by itself');
  const notes = await wake(deps, run.businessId, [LOST]);
  return {
    operation: await reread(deps, run, 'running'),
    changed,
    notes: business.pausedAt === null ? notes : [BUSINESS_STILL_PAUSED, ...notes],
  };
}

/** Stops a full sync; what it has applied stays. A run that Temporal has lost is closed in the ledger. */
export async function cancelRun(deps: ControlDeps, grant: TokenGrant, id: string): Promise<Controlled> {
  const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
  const operation = await operationOf(deps, businesses, id);
  if (operation.kind !== FULL_SYNC_KIND || operation.businessId === null) throw notControllable();
  if (operation.status !== 'running' && operation.status !== 'unknown') throw notRunning(operation.status);
  const { businessId } = operation;
  const deed = { businessId, actor: actorOf(grant), action: 'cancelled', runId: operation.id } as const;
  if (await cancelOpen(deps, businessId, id)) {
    await auditDeed(deps.prisma, { ...deed, reasonCode: 'run' });
    return { operation: await operationOf(deps, businesses, id), changed: true, notes: [] };
  }
  const closed = await deps.prisma.$transaction(async (tx) => {
    const { count } = await tx.syncRun.updateMany({
      where: { id, businessId, finishedAt: null },
      data: { status: 'cancelled', finishedAt: new Date(), errorCode: 'not_in_temporal' },
    });
    if (count > 0) await auditDeed(tx, { ...deed, reasonCode: 'not_in_temporal' });
    return count > 0;
  });
  const now = await operationOf(deps, businesses, id);
  if (!closed) throw notRunning(now.status);
  return { operation: now, changed: true, notes: [] };
}

/** Cancels the open full sync of the business if it is the one that was asked for; false where it is not. */
async function cancelOpen({ launcher }: ControlDeps, businessId: string, id: string): Promise<boolean> {
  const work = async () => {
    const open = await launcher.openFullSync(businessId);
    if (open === null || (open.runId !== id && open.temporalRunId !== id)) return false;
    return launcher.cancelFullSync(businessId);
  };
  return within(TEMPORAL_TIMEOUT_MS, work()).catch((error: unknown) => {
    throw temporalUnavailable('The run could not be cancelled, because Temporal does not answer.', error);
  });
}

/** Wakes the full sync of a business to look at its rows. Notes of `none` where none is open, one where Temporal is silent. */
export async function wake(
  { launcher, logger }: Pick<ApiDeps, 'launcher' | 'logger'>,
  businessId: string,
  none: readonly Note[],
): Promise<readonly Note[]> {
  try {
    return (await within(TEMPORAL_TIMEOUT_MS, launcher.wakeFullSync(businessId))) ? [] : none;
  } catch (error) {
    logger.warn({ err: error, businessId }, 'a full sync could not be woken');
    return [WOKEN_LATER];
  }
}

/** The ledger row of a full sync that runs. */
async function controllable(
  deps: ControlDeps,
  grant: TokenGrant,
  id: string,
): Promise<{ readonly run: Run; readonly business: BusinessRef }> {
  const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
  const run = await deps.prisma.syncRun.findFirst({
    where: { id, businessId: { in: businesses.map((business) => business.id) } },
  });
  const business = businesses.find((each) => each.id === run?.businessId);
  if (run === null || business === undefined) {
    await operationOf(deps, businesses, id);
    throw new Problem('not_recorded', {
      detail: 'The operation was started a moment ago and has no row in the ledger yet.',
      nextStep: 'Send it again in a second.',
      headers: { 'Retry-After': '1' },
    });
  }
  if (run.kind !== FULL_SYNC_KIND) throw notControllable();
  if (run.status !== 'running') throw notRunning(run.status);
  return { run, business };
}

/** @throws {Problem} 404 */
async function operationOf(
  deps: ControlDeps,
  businesses: readonly BusinessRef[],
  id: string,
): Promise<Operation> {
  const ids = businesses.map((business) => business.id);
  const found = await findOperation(deps, ids, id);
  if (found === null) throw notFound('This operation');
  return found.operation;
}

async function reread(deps: ControlDeps, run: Run, expected: Run['status']): Promise<Operation> {
  const found = await findOperation(deps, [run.businessId], run.id);
  if (found === null) throw notFound('This operation');
  const { status } = found.operation;
  // It ended between the look and the write: what was asked for has no effect, and the caller must know.
  if (status !== expected && status !== 'unknown') throw notRunning(status);
  return found.operation;
}

function notRunning(status: string): Problem {
  return new Problem('not_running', {
    detail: `The operation is ${status}.`,
    nextStep: 'Start a new one with POST /api/admin/booksy/full-sync.',
  });
}

function notControllable(): Problem {
  return new Problem('not_controllable', {
    detail: 'Only a full sync can be held or stopped; this operation ends by itself in a moment.',
    nextStep: 'Wait for its end, or pause the business: POST /api/admin/booksy/businesses/:id/pause.',
  });
}

export function businessPaused(detail: string): Problem {
  return new Problem('business_paused', {
    detail: `${detail}: its business is paused, so nothing of it is applied.`,
    nextStep: 'Resume the business first: POST /api/admin/booksy/businesses/:id/resume.',
  });
}
