import type { Db, Tx } from '../../infra/database/index.ts';
import { RunMissingError } from '../inbound/run-ref.ts';
import type { RunBusiness } from '../inbound/run.ts';
import type { DrainRun } from './deps.ts';
import { NO_RECORD, type PutOff } from './put-off.ts';
import { CANCELS, FAILED_VISIT, failedAlone } from './waiting.ts';

/** Rows of the boxes that one look takes: what is applied in one transaction. */
export const WEBHOOK_ROWS_PER_LOOK = 1_000;
export const OUTBOX_ROWS_PER_LOOK = 1_000;

/** A row of `webhook_logs` as it was seen; a copy that was merged into it later is news (R4). */
export interface WebhookRow {
  /** bigint as text. */
  readonly id: string;
  readonly copies: number;
}

/** All undrained news of one appointment. */
export interface WebhookNews {
  /** Null where the body named none: nothing can be read. */
  readonly externalId: string | null;
  readonly rows: readonly WebhookRow[];
}

/** A record of ours with rows in the outbox, or with an intent that is due (R28a). */
export interface BoxRecord {
  readonly entity: string;
  readonly recordId: string;
  /** Rows that were seen, bigint as text; empty where only an intent is due. */
  readonly rowIds: readonly string[];
  /** Never an echo, whatever its content: an intent is due, a resolution or a guard wants it judged. */
  readonly mustProcess: boolean;
}

/** Why the boxes of a business are not drained now (R29, R30). */
export type Hold = 'none' | 'paused' | 'circuit' | 'probe';

/** What the boxes of a business hold at one moment. */
export interface BoxLook {
  readonly business: RunBusiness;
  readonly hold: Hold;
  readonly circuitCode: string | null;
  /** A person skipped a record that failed; its row goes once the record is in step again. */
  readonly hasSkipped: boolean;
  /** The run has opened conflicts in the last minute. */
  readonly newConflicts: boolean;
  readonly webhooks: readonly WebhookNews[];
  readonly records: readonly BoxRecord[];
  /** Rows that name no record, but everything of the business. */
  readonly whole: readonly WholeLook[];
}

/**
 * Everything of the business is to be looked at. `truncate`: a table of ours was emptied, and no row can name what is missing
 * now (R27). `resync`: a person's decision wants all of Booksy read again (R3). `compare`: what lay still while nothing could go
 * out is to be found by comparing (R18).
 */
export interface WholeLook {
  readonly what: 'truncate' | 'resync' | 'compare';
  readonly rowIds: readonly string[];
}

interface LookRow {
  business_external_id: string | null;
  zone: string;
  currency: string;
  country: string;
  hold: Hold;
  circuit_code: string | null;
  has_skipped: boolean;
  new_conflicts: boolean;
  webhooks: { external_id: string | null; rows: WebhookRow[] }[] | null;
  records:
    | {
        entity: string;
        record_id: string | null;
        whole: WholeLook['what'] | null;
        row_ids: string[];
        must_process: boolean;
      }[]
    | null;
}

/**
 * Looks into both boxes of a business and at its due intents, in one statement. Records that failed alone are left to
 * their own workflow (R29); while it is paused only cancels are taken (R30); while its circuit is open nothing is, until a
 * probe is due, and then one record.
 *
 * @param putOff what this drain has put off for a moment
 */
export async function lookIntoBoxes(
  db: Db,
  { businessId, runId }: Pick<DrainRun, 'businessId' | 'runId'>,
  putOff: Pick<PutOff, 'records' | 'news'>,
): Promise<BoxLook> {
  const later = [...putOff.records()];
  const rows = await db.$queryRaw<LookRow[]>`
    WITH b AS (
      SELECT /* prepared */ *, CASE WHEN circuit_opened_at IS NOT NULL AND circuit_probe_at > now() THEN 'circuit'
                     WHEN paused_at IS NOT NULL THEN 'paused'
                     WHEN circuit_opened_at IS NOT NULL THEN 'probe' ELSE 'none' END AS hold
        FROM businesses WHERE id = ${businessId}::uuid
    ), news AS (
      SELECT w.id, w.external_id, w.copies
        FROM b JOIN webhook_logs w ON w.business_id = b.id
       WHERE w.drained_at IS NULL AND b.hold IN ('none', 'probe')
         AND NOT coalesce(w.external_id = ANY(${[...putOff.news()]}::text[]), false)
         AND NOT ${FAILED_VISIT}
       ORDER BY w.id LIMIT ${WEBHOOK_ROWS_PER_LOOK}
    ), changed AS (
      SELECT o.id, o.entity, o.record_id, o.operation IN ('observe', 'resolve') AS must_process,
             CASE WHEN o.record_id IS NULL THEN o.operation END AS whole
        FROM b JOIN sync_outbox o ON o.business_id = b.id
       WHERE b.hold IN ('none', 'probe', 'paused')
         AND NOT coalesce(o.record_id, ${NO_RECORD}::uuid) = ANY(${later}::uuid[])
         AND NOT ${failedAlone('o')}
         AND (b.hold <> 'paused' OR ${CANCELS})
       ORDER BY o.id LIMIT ${OUTBOX_ROWS_PER_LOOK}
    ), due AS (
      SELECT i.entity, i.record_id
        FROM b JOIN sync_intents i ON i.business_id = b.id
       WHERE i.due_at <= now() AND (b.hold IN ('none', 'probe') OR b.hold = 'paused' AND i.step = 'cancel')
         AND NOT i.record_id = ANY(${later}::uuid[])
         AND NOT ${failedAlone('i')}
       ORDER BY i.due_at LIMIT ${OUTBOX_ROWS_PER_LOOK}
    ), records AS (
      SELECT entity, record_id, whole, coalesce(jsonb_agg(id::text ORDER BY id) FILTER (WHERE id IS NOT NULL), '[]') AS row_ids,
             bool_or(must_process) AS must_process, min(id) AS first
        FROM (SELECT id, entity, record_id, whole, must_process FROM changed
              UNION ALL SELECT NULL, entity, record_id, NULL, true FROM due) each
       GROUP BY entity, record_id, whole
    )
    SELECT b.booksy_business_id AS business_external_id, b.zone, b.currency, b.country, b.hold, b.circuit_code,
           EXISTS (SELECT FROM sync_failures f WHERE f.business_id = b.id AND f.state = 'skipped') AS has_skipped,
           EXISTS (SELECT FROM booksy_sync_conflicts c
                    WHERE c.business_id = b.id AND c.status = 'open' AND c.run_id = ${runId}::uuid
                      AND c.opened_at > now() - interval '1 minute') AS new_conflicts,
           (SELECT jsonb_agg(to_jsonb(n) ORDER BY n.first) FROM (
              SELECT external_id, min(id) AS first,
                     jsonb_agg(jsonb_build_object('id', id::text, 'copies', copies) ORDER BY id) AS rows
                FROM news GROUP BY external_id) n) AS webhooks,
           (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.first NULLS FIRST) FROM records r) AS records
      FROM b`;
  const row = rows[0];
  if (row?.business_external_id == null) {
    throw new RunMissingError(`Business ${businessId} is not connected to Booksy. Connect it (booksy seed).`);
  }
  return {
    business: {
      id: businessId,
      externalId: row.business_external_id,
      zone: row.zone,
      currency: row.currency,
      country: row.country,
    },
    hold: row.hold,
    circuitCode: row.circuit_code,
    hasSkipped: row.has_skipped,
    newConflicts: row.new_conflicts,
    webhooks: (row.webhooks ?? []).map((each) => ({ externalId: each.external_id, rows: each.rows })),
    records: (row.records ?? []).flatMap(
      ({ entity, record_id: recordId, row_ids: rowIds, must_process: mustProcess }) =>
        recordId === null ? [] : [{ entity, recordId, rowIds, mustProcess }],
    ),
    whole: (row.records ?? []).flatMap(({ whole, row_ids: rowIds }) =>
      whole === null ? [] : [{ what: whole, rowIds }],
    ),
  };
}

/** Marks exactly the rows that were seen before the read as drained (R26); a copy that came since keeps its row alive. */
export async function markDrained(tx: Db | Tx, rows: readonly WebhookRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.$executeRaw`
    UPDATE /* prepared */ webhook_logs w SET drained_at = now()
      FROM unnest(${rows.map(({ id }) => id)}::bigint[], ${rows.map(({ copies }) => copies)}::int[]) AS seen (id, copies)
     WHERE w.id = seen.id AND w.copies = seen.copies AND w.drained_at IS NULL`;
}

/** Deletes exactly these rows of the outbox. */
export async function deleteBoxRows(db: Db | Tx, rowIds: readonly string[]): Promise<void> {
  if (rowIds.length === 0) return;
  await db.$executeRaw`DELETE FROM sync_outbox WHERE id = ANY(${[...rowIds]}::bigint[])`;
}
