import { v7 as uuidv7 } from 'uuid';
import type { SyncEntity } from '../../domain/entities.ts';
import type { BoxLook } from './boxes.ts';
import { closeCircuit, isBooksyThere, openCircuit, putOffProbe } from './circuit.ts';
import { DRAIN_ACTOR, type DrainDeps, type DrainRun } from './deps.ts';
import { judgeFailures, type Verdict } from './judge.ts';
import type { PutOffRecord } from './put-off.ts';
import type { DrainedRecords } from './outbox.ts';
import { isAboutAll, troubleOf, type Trouble } from './trouble.ts';
import type { DrainedNews } from './webhooks.ts';

/** A record of the batch that failed. */
interface Failed {
  readonly entity: SyncEntity;
  /** The platform's id, or Booksy's where there is none here yet. */
  readonly key: string;
  readonly recordId: string | null;
  readonly externalId: string | null;
  readonly trouble: Trouble;
  readonly error: unknown;
}

/** What was done about the failures of one look. */
export interface Settled {
  readonly failures: number;
  /** What is tried again by this drain in a moment. */
  readonly later: readonly PutOffRecord[];
  /** The circuit has opened. */
  readonly stop: boolean;
}

const NOTHING: Settled = { failures: 0, later: [], stop: false };
/** Tries of one drain at what may pass by itself, before the record gets a workflow of its own. */
const TRIES = 3;

/** How often each record failed in one drain, by its key. */
export type Tries = Map<string, number>;

/**
 * Tells records that fail alone from trouble that is everybody's (R29). The first get a workflow of their own and hold up
 * nobody; the second opens the circuit: everything stays in the boxes, and a probe closes it again.
 *
 * @throws trouble of the database or of the drain itself: the activity is tried again
 */
export async function settleFailures(
  deps: DrainDeps,
  run: DrainRun,
  look: BoxLook,
  { news, records }: { readonly news: DrainedNews; readonly records: DrainedRecords },
  tries: Tries,
): Promise<Settled> {
  const failed = await failedOf(deps, run.businessId, news, records);
  const succeeded = news.drained.length + records.processed.length + records.echoes;
  if (look.hasSkipped) await forgetSkipped(deps, run.businessId, news.drained, records.processed);
  if (failed.length === 0) {
    if (look.hold === 'probe' && succeeded > 0) await closeCircuit(deps, run.businessId);
    return NOTHING;
  }
  for (const { key, entity, trouble, error } of failed) {
    deps.logger.warn(
      { businessId: run.businessId, entity, key, code: trouble.code, err: error },
      'a record failed in a drain',
    );
  }
  if (look.hold === 'probe' && succeeded === 0) {
    await putOffProbe(deps, run.businessId);
    return { failures: failed.length, later: [], stop: true };
  }
  const verdict = await judged(deps, look, failed, failed.length + succeeded);
  if (verdict.kind === 'systemic') {
    await openCircuit(deps, run.businessId, verdict.code);
    return { failures: failed.length, later: [], stop: true };
  }
  if (look.hold === 'probe') await closeCircuit(deps, run.businessId);
  const later: PutOffRecord[] = [];
  for (const each of failed) {
    const tried = (tries.get(each.key) ?? 0) + 1;
    tries.set(each.key, tried);
    if (each.trouble.passing && tried < TRIES) later.push(each);
    else await failAlone(deps, run.businessId, each);
  }
  return { failures: failed.length, later, stop: false };
}

/** Records that a person had skipped and that have changed and gone through since. */
async function forgetSkipped(
  { db }: DrainDeps,
  businessId: string,
  externalIds: readonly string[],
  recordIds: readonly string[],
): Promise<void> {
  await db.$executeRaw`
    DELETE FROM sync_failures
     WHERE business_id = ${businessId}::uuid AND state = 'skipped'
       AND (record_id = ANY(${[...recordIds]}::uuid[]) OR external_id = ANY(${[...externalIds]}::text[]))`;
}

async function judged(
  deps: DrainDeps,
  look: BoxLook,
  failed: readonly Failed[],
  attempted: number,
): Promise<Exclude<Verdict, { kind: 'ask' }>> {
  const rows = await deps.db.$queryRaw<{ error_code: string; n: bigint }[]>`
    SELECT error_code, count(*) AS n FROM sync_failures
     WHERE business_id = ${look.business.id}::uuid AND state = 'open' GROUP BY error_code`;
  const verdict = judgeFailures({
    attempted,
    codes: failed.map(({ trouble }) => trouble.code),
    alone: new Map(rows.map(({ error_code: code, n }) => [code, Number(n)])),
  });
  if (verdict.kind !== 'ask') return verdict;
  const answer = await isBooksyThere(deps, look.business);
  return answer === null ? { kind: 'alone' } : { kind: 'systemic', code: answer };
}

/** Gives a record its own workflow; its news stay in the boxes and are left out by the batches. */
async function failAlone(deps: DrainDeps, businessId: string, failed: Failed): Promise<void> {
  const { entity, key, recordId, externalId, trouble } = failed;
  const runId = uuidv7();
  await deps.db.$executeRaw`
    INSERT INTO sync_failures (business_id, entity, record_key, record_id, external_id, state, error_code, detail, next_step, run_id)
    VALUES (${businessId}::uuid, ${entity}, ${key}, ${recordId}::uuid, ${externalId}, 'open', ${trouble.code},
            ${trouble.detail}, ${trouble.nextStep}, ${runId}::uuid)
    ON CONFLICT (business_id, entity, record_key) DO UPDATE
       SET state = 'open', record_id = coalesce(excluded.record_id, sync_failures.record_id),
           external_id = coalesce(excluded.external_id, sync_failures.external_id), error_code = excluded.error_code,
           detail = excluded.detail, next_step = excluded.next_step, last_failed_at = now(), run_id = excluded.run_id`;
  await startAlone(deps, { businessId, entity, key, runId });
}

/** A record that failed alone, as its row names it. */
export interface AloneRef {
  readonly businessId: string;
  readonly entity: SyncEntity;
  readonly key: string;
  readonly runId: string;
}

/** Starts the workflow of a record that failed alone. Where Temporal is away, the row stays and is found again (R32). */
export async function startAlone(
  deps: Pick<DrainDeps, 'db' | 'launcher' | 'logger'>,
  { businessId, entity, key, runId }: AloneRef,
): Promise<boolean> {
  try {
    const started = await deps.launcher.startRecordSync({
      businessId,
      runId,
      actor: DRAIN_ACTOR,
      entity,
      externalId: key,
      parentExternalId: null,
      failed: true,
    });
    await deps.db.$executeRaw`
      UPDATE sync_failures SET workflow_id = ${started.workflowId}, run_id = ${started.runId}::uuid
       WHERE business_id = ${businessId}::uuid AND entity = ${entity} AND record_key = ${key}`;
    return true;
  } catch (error) {
    deps.logger.warn(
      { businessId, entity, err: error },
      'the sync of a failed record could not be started yet',
    );
    return false;
  }
}

async function failedOf(
  deps: DrainDeps,
  businessId: string,
  news: DrainedNews,
  records: DrainedRecords,
): Promise<readonly Failed[]> {
  const errors = [...news.failed, ...records.failed].map(({ error }) => error);
  for (const error of errors) if (error instanceof Error && isAboutAll(error)) throw error;
  const recordOf = await linkedRecords(
    deps,
    businessId,
    news.failed.map(({ externalId }) => externalId),
  );
  return [
    ...news.failed.map(({ externalId, error }): Failed => {
      const recordId = recordOf.get(externalId) ?? null;
      const key = recordId ?? externalId;
      return { entity: 'booking', key, recordId, externalId, trouble: troubleOf(error), error };
    }),
    ...records.failed.map(({ record, error }): Failed => {
      const { entity, recordId } = record;
      return { entity, key: recordId, recordId, externalId: null, trouble: troubleOf(error), error };
    }),
  ];
}

async function linkedRecords(
  { db }: DrainDeps,
  businessId: string,
  externalIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (externalIds.length === 0) return new Map();
  const rows = await db.$queryRaw<{ external_id: string; booking_id: string }[]>`
    SELECT external_id, booking_id FROM external_bookings
     WHERE business_id = ${businessId}::uuid AND external_id = ANY(${[...externalIds]}::text[]) AND booking_id IS NOT NULL`;
  return new Map(rows.map((row) => [row.external_id, row.booking_id]));
}
