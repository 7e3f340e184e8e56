import { isBooksyError } from '../../booksy/index.ts';
import { WRITE_ENTITIES } from '../../domain/protocol/types.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import { loadCatalogLinks } from '../apply/links.ts';
import { businessOf, type RunRef } from '../inbound/run.ts';
import type { WebhookRow } from './boxes.ts';
import { DRAIN_ACTOR, type DrainDeps } from './deps.ts';
import { isAboutAll, troubleOf } from './trouble.ts';
import { drainWebhooks } from './webhooks.ts';

/** A record that failed alone (R29), as its workflow names it. */
export interface AloneRecord extends RunRef {
  readonly entity: SyncEntity;
  /** Key of its row in `sync_failures`. */
  readonly key: string;
}

/** Thrown where somebody else holds the record, or it did not settle: the next try is soon. */
export class NotYetError extends Error {
  readonly code = 'not_yet';
}

interface FailureRow {
  record_id: string | null;
  external_id: string | null;
  news: WebhookRow[] | null;
}

/**
 * Brings a record that failed alone in step: reads it back where there is news of it, and processes it. Where that works
 * its row goes, and the batches take it up again.
 *
 * @throws what it fails with this time, noted in its row
 */
export async function retryAlone(deps: DrainDeps, record: AloneRecord, beat: () => void): Promise<void> {
  const row = await failureOf(deps, record);
  if (row === null) return;
  try {
    await readBack(deps, record, row, beat);
    await processAgain(deps, record, row);
  } catch (error) {
    if (!isAboutAll(error) && !(error instanceof NotYetError)) await noteAgain(deps, record, error);
    // Nobody can mend the record: it is the account's access, and that may be good again in a moment.
    if (isBooksyError(error, 'auth_revoked'))
      throw new NotYetError('Booksy refuses our access. It is tried again.', { cause: error });
    throw error;
  }
  await forget(deps, record);
}

/** Leaves the record alone until it changes again: its news of now go, its row stays and says so. */
export async function skipAlone(deps: DrainDeps, record: AloneRecord): Promise<void> {
  const row = await failureOf(deps, record);
  if (row === null) return;
  await deps.db.$executeRaw`
    WITH outbox AS (
      DELETE FROM sync_outbox
       WHERE business_id = ${record.businessId}::uuid AND entity = ${record.entity} AND record_id = ${row.record_id}::uuid
    ), news AS (
      UPDATE webhook_logs SET drained_at = now()
       WHERE business_id = ${record.businessId}::uuid AND external_id = ${row.external_id} AND drained_at IS NULL
         AND ${record.entity} = 'booking'
    )
    UPDATE sync_failures SET state = 'skipped'
     WHERE business_id = ${record.businessId}::uuid AND entity = ${record.entity} AND record_key = ${record.key}`;
}

async function failureOf({ db }: DrainDeps, record: AloneRecord): Promise<FailureRow | null> {
  const rows = await db.$queryRaw<FailureRow[]>`
    SELECT f.record_id, f.external_id,
           (SELECT jsonb_agg(jsonb_build_object('id', w.id::text, 'copies', w.copies) ORDER BY w.id)
              FROM webhook_logs w
             WHERE w.business_id = f.business_id AND w.external_id = f.external_id AND f.entity = 'booking'
               AND w.drained_at IS NULL) AS news
      FROM sync_failures f
     WHERE f.business_id = ${record.businessId}::uuid AND f.entity = ${record.entity}
       AND f.record_key = ${record.key} AND f.state = 'open'`;
  return rows[0] ?? null;
}

async function readBack(
  deps: DrainDeps,
  { businessId, runId }: AloneRecord,
  { external_id: externalId, news }: FailureRow,
  beat: () => void,
): Promise<void> {
  if (externalId === null || news === null) return;
  const business = await businessOf(deps.db, businessId);
  const run = { businessId, runId, workflowId: '', temporalRunId: '' };
  const catalog = () => loadCatalogLinks(deps.db, business.id);
  const { failed, again } = await drainWebhooks(
    deps,
    business,
    run,
    [{ externalId, rows: news }],
    catalog,
    beat,
  );
  const [first] = failed;
  if (first !== undefined) throw first.error;
  if (again.length > 0) throw new NotYetError('The record was read too early. It is read again.');
}

async function processAgain(
  deps: DrainDeps,
  { businessId, runId, entity }: AloneRecord,
  { record_id: recordId }: FailureRow,
): Promise<void> {
  const writable = WRITE_ENTITIES.find((each) => each === entity);
  if (recordId === null || writable === undefined) return;
  const { outcome } = await deps.outbound.processOne(
    deps,
    { businessId, entity: writable, recordId },
    { runId, actor: DRAIN_ACTOR },
  );
  if (outcome === 'leased' || outcome === 'unsettled') {
    throw new NotYetError('Somebody else is at the record. It is tried again.');
  }
}

async function noteAgain({ db }: DrainDeps, record: AloneRecord, error: unknown): Promise<void> {
  const { code, detail, nextStep } = troubleOf(error);
  await db.$executeRaw`
    UPDATE sync_failures
       SET error_code = ${code}, detail = ${detail}, next_step = ${nextStep}, last_failed_at = now()
     WHERE business_id = ${record.businessId}::uuid AND entity = ${record.entity} AND record_key = ${record.key}
       AND state = 'open'`;
}

/** The row goes, and the relay hears of it: news that came meanwhile wait in the boxes. */
async function forget({ db }: DrainDeps, record: AloneRecord): Promise<void> {
  await db.$executeRaw`
    WITH gone AS (
      DELETE FROM sync_failures
       WHERE business_id = ${record.businessId}::uuid AND entity = ${record.entity} AND record_key = ${record.key}
      RETURNING business_id
    )
    SELECT pg_notify('booksy_sync_box', business_id::text) FROM gone`;
}
