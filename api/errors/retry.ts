/** Trying again by hand what is wrong: one record, or a whole run. */
import { v7 as uuidv7 } from 'uuid';
import type { SyncEntity } from '../../domain/entities.ts';
import { isMappedEntity } from '../../infra/mappings.ts';
import { serviceOfVariant } from '../../infra/parent.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { auditDeed } from '../audit.ts';
import { reachableBusinesses, type BusinessRef } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound, Problem } from '../http/problem.ts';
import { businessPaused } from '../runs/control.ts';
import { startRecord } from '../runs/record.ts';
import { startRun } from '../runs/start.ts';
import { actorOf, operationPath } from '../wire.ts';
import { aloneOf, tellAlone } from './alone.ts';
import { findError } from './list.ts';
import type { SyncError } from './schema.ts';
import { BLAST_RADIUS } from './stored.ts';

export interface Retried {
  readonly state: 'started' | 'alreadyRunning' | 'mended' | 'still_failing';
  readonly operation: string | null;
}

type Deps = Pick<ApiDeps, 'prisma' | 'launcher' | 'logger' | 'outcomeWait'>;

/**
 * Reads one record again by its id, or starts the full sync where a record alone cannot be read or a run failed.
 *
 * @throws {Problem} 404, `not_retryable`, `business_paused`, `temporal_unavailable`
 */
export async function retryError(deps: Deps, grant: TokenGrant, id: string): Promise<Retried> {
  const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
  const error = await findError({ ...deps, db: deps.prisma }, businesses, id);
  const business = businesses.find((each) => each.id === error?.businessId);
  if (error === null || business === undefined) throw notFound('This error');
  if (!error.actions.includes('retry')) {
    throw new Problem('not_retryable', {
      detail: 'The step is tried again by itself.',
      nextStep: `Watch it: GET ${error.operation ?? '/api/admin/booksy/operations'}. POST …/cancel stops it.`,
    });
  }
  if (business.pausedAt !== null) throw businessPaused('It cannot be tried again now');
  const actor = actorOf(grant);
  const record = error.kind === 'record' ? null : await recordOf(deps, error);
  const retried =
    error.kind === 'record'
      ? await recordAlone(deps, error, actor)
      : record === null
        ? await wholeRun(deps, business, error, actor)
        : await oneRecord(deps, business, error, record, actor);
  await auditDeed(deps.prisma, {
    businessId: business.id,
    actor,
    action: 'retried',
    reasonCode: error.reasonCode,
    ...(error.entity === null ? {} : { entity: error.entity }),
    ...(error.externalId === null ? {} : { externalId: error.externalId }),
  });
  return retried;
}

interface RecordKey {
  readonly entity: SyncEntity;
  readonly externalId: string;
  readonly parentExternalId: string | null;
}

/** What can be read alone; null where only a list shows it. */
async function recordOf({ prisma }: Deps, error: SyncError): Promise<RecordKey | null> {
  const { entity, externalId, businessId } = error;
  if (entity === null || externalId === null) return null;
  if (error.reasonCode === BLAST_RADIUS || !/^\d+$/.test(externalId)) return null;
  if (entity !== 'booking' && !isMappedEntity(entity)) return null;
  if (entity !== 'variant') return { entity, externalId, parentExternalId: null };
  const parentExternalId = await serviceOfVariant(prisma, businessId, externalId);
  return parentExternalId === null ? null : { entity, externalId, parentExternalId };
}

async function oneRecord(
  deps: Deps,
  business: BusinessRef,
  error: SyncError,
  record: RecordKey,
  actor: string,
): Promise<Retried> {
  const { ended, runId } = await startRecord(deps, {
    businessId: error.businessId,
    runId: uuidv7(),
    actor,
    ...record,
  });
  const operation = operationPath(runId);
  if (ended === 'running') return { state: 'started', operation };
  const waits = await findError({ ...deps, db: deps.prisma }, [business], error.id);
  return { state: waits === null && ended === 'done' ? 'mended' : 'still_failing', operation };
}

/** A record that failed alone has a workflow that waits: it tries now (R29). */
async function recordAlone(deps: Deps, error: SyncError, actor: string): Promise<Retried> {
  const runId = error.id.slice('record:'.length);
  const row = await aloneOf(deps, [error.businessId], runId);
  if (row !== null) await tellAlone(deps, row, { actor, wish: 'retry' });
  return { state: 'started', operation: operationPath(runId) };
}

async function wholeRun(
  deps: Deps,
  business: BusinessRef,
  error: SyncError,
  actor: string,
): Promise<Retried> {
  const failed =
    error.kind === 'run'
      ? await deps.prisma.syncRun.findUnique({
          where: { id: error.id.slice('run:'.length) },
          select: { mode: true },
        })
      : null;
  const mode = failed?.mode === 'dry_run' ? 'dry_run' : 'apply';
  const { state, operation } = await startRun(deps, business, { actor, mode });
  return { state: state === 'alreadyRunning' ? 'alreadyRunning' : 'started', operation };
}
