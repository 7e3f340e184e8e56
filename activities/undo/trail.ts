import type { UndoEntry } from '../../domain/undo/index.ts';
import { openValues } from '../../infra/audit/index.ts';
import type { Vault } from '../../infra/crypto.ts';
import type { Tx } from '../../infra/database/index.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import { isSyncEntity } from './words.ts';

/** What is to be undone: a run, the last change of a record, or what a run did to a record. */
export interface UndoScope {
  readonly businessId: string;
  readonly runId: string | null;
  readonly entity: SyncEntity | null;
  readonly recordId: string | null;
}

/** A record, and which of its entries are to be taken back. */
export interface Target {
  readonly entity: SyncEntity;
  readonly recordId: string;
  /** Numbers, ascending. */
  readonly targets: readonly string[];
}

/** Deeds that something can be said about when they are to be undone; the others are no effects on a record. */
const EFFECTS = [
  'created',
  'linked',
  'updated',
  'cancelled',
  'marked_gone',
  'removed',
  'merged',
  'unmerged',
  'sent',
  'sent_new',
  'resolved',
  'overbooked',
  'undone',
];

/** The records that an undo is about, in a stable order. */
export async function targetsOf(
  tx: Tx,
  { businessId, runId, entity, recordId }: UndoScope,
): Promise<readonly Target[]> {
  const rows =
    runId === null
      ? await tx.$queryRaw<TargetRow[]>`
          SELECT l.entity, l.record_id, ARRAY[l.id::text] AS targets FROM booksy_audit_log l
           WHERE l.business_id = ${businessId}::uuid AND l.record_id = ${recordId}::uuid AND l.entity = ${entity}
             AND l.action = ANY(${EFFECTS}::text[])
           ORDER BY l.id DESC LIMIT 1`
      : await tx.$queryRaw<TargetRow[]>`
          SELECT l.entity, l.record_id, array_agg(l.id::text ORDER BY l.id) AS targets FROM booksy_audit_log l
           WHERE l.business_id = ${businessId}::uuid AND l.run_id = ${runId}::uuid AND l.record_id IS NOT NULL
             AND (${recordId}::uuid IS NULL OR l.record_id = ${recordId}::uuid AND l.entity = ${entity})
             AND l.action = ANY(${EFFECTS}::text[])
           GROUP BY l.entity, l.record_id ORDER BY l.entity, l.record_id`;
  return rows.flatMap(({ entity: kind, record_id: id, targets }) =>
    isSyncEntity(kind) ? [{ entity: kind, recordId: id, targets }] : [],
  );
}

interface TargetRow {
  entity: string;
  record_id: string;
  targets: string[];
}

interface EntryRow {
  id: bigint;
  record_id: string;
  entity: string;
  run_id: string | null;
  action: string;
  groups: string[];
  entry_id: string | null;
  sealed_values: Uint8Array | null;
}

/**
 * Everything that the trail says of these records from their first target on, by record, oldest first. Values that do not
 * open are as if they were not kept.
 */
export async function historyOf(
  tx: Tx,
  vault: Vault,
  businessId: string,
  targets: readonly Target[],
): Promise<ReadonlyMap<string, readonly UndoEntry[]>> {
  const first = targets.map((target) => ({
    id: target.recordId,
    entity: target.entity,
    from: target.targets[0] ?? '0',
  }));
  const rows = await tx.$queryRaw<EntryRow[]>`
    SELECT l.id, l.record_id, l.entity, l.run_id, l.action, l.groups, l.entry_id, v.sealed_values
      FROM jsonb_to_recordset(${JSON.stringify(first)}::jsonb) AS t(id uuid, entity text, "from" bigint)
      JOIN booksy_audit_log l ON l.record_id = t.id AND l.entity = t.entity AND l.id >= t."from"
      LEFT JOIN booksy_audit_values v ON v.entry_id = l.entry_id
     WHERE l.business_id = ${businessId}::uuid
     ORDER BY l.id`;
  const history = new Map<string, UndoEntry[]>();
  for (const row of rows) {
    const values = opened(vault, businessId, row);
    const of = history.get(row.record_id) ?? [];
    of.push({
      number: row.id.toString(),
      runId: row.run_id,
      action: row.action,
      groups: row.groups,
      before: values?.before ?? null,
      after: values?.after ?? null,
      counters: values?.counters ?? null,
    });
    history.set(row.record_id, of);
  }
  return history;
}

function opened(vault: Vault, businessId: string, { entry_id: entryId, sealed_values: sealed }: EntryRow) {
  if (entryId === null || sealed === null) return null;
  try {
    return openValues(vault, businessId, entryId, sealed).values;
  } catch {
    return null;
  }
}
