/** Records that failed alone (R29): each has a workflow that waits, and hears a person's wish. */
import { v7 as uuidv7 } from 'uuid';
import type { SyncEntity } from '../../domain/entities.ts';
import { SYNC_ENTITIES } from '../../domain/entities.ts';
import type { ApiDeps } from '../deps.ts';
import { temporalUnavailable } from '../runs/start.ts';
import { within } from '../wire.ts';

const TEMPORAL_TIMEOUT_MS = 5000;

/** The row of a record that failed alone. */
export interface AloneRow {
  readonly businessId: string;
  readonly entity: SyncEntity;
  readonly key: string;
  readonly externalId: string | null;
  readonly state: 'open' | 'skipped';
  readonly errorCode: string;
  readonly workflowId: string | null;
}

/** The record whose last run is this one, among the businesses; null where it is in step by now, or never was one. */
export async function aloneOf(
  { prisma }: Pick<ApiDeps, 'prisma'>,
  businessIds: readonly string[],
  runId: string,
): Promise<AloneRow | null> {
  const row = await prisma.syncFailure.findFirst({ where: { runId, businessId: { in: [...businessIds] } } });
  const entity = SYNC_ENTITIES.find((each) => each === row?.entity);
  if (row === null || entity === undefined) return null;
  const { businessId, recordKey: key, externalId, recordId, errorCode, workflowId } = row;
  return {
    businessId,
    entity,
    key,
    externalId: externalId ?? recordId,
    state: row.state === 'skipped' ? 'skipped' : 'open',
    errorCode,
    workflowId,
  };
}

/**
 * Tells the record's workflow what a person wishes; where it is gone, one is started first (R32).
 *
 * @throws {Problem} `temporal_unavailable`
 */
export async function tellAlone(
  { launcher }: Pick<ApiDeps, 'launcher'>,
  { businessId, entity, key, workflowId }: AloneRow,
  { actor, wish }: { readonly actor: string; readonly wish: 'retry' | 'skip' },
): Promise<void> {
  const tell = async () => {
    if (workflowId !== null && (await launcher.signalRecordSync(workflowId, wish))) return;
    const started = await launcher.startRecordSync({
      businessId,
      runId: uuidv7(),
      actor,
      entity,
      externalId: key,
      parentExternalId: null,
      failed: true,
    });
    await launcher.signalRecordSync(started.workflowId, wish);
  };
  await within(TEMPORAL_TIMEOUT_MS, tell()).catch((error: unknown) => {
    throw temporalUnavailable(
      'The record’s workflow could not be told, because Temporal did not answer.',
      error,
    );
  });
}
