import type { UndoEntry } from '../../domain/undo/index.ts';
import { openValues } from '../../infra/audit/index.ts';
import type { Vault } from '../../infra/crypto.ts';
import { Prisma, type Tx } from '../../infra/database/index.ts';
import type { GroupStates } from '../../domain/merge.ts';
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
  /** A decision made the record here (a record that was deleted): then its entries count as its making. */
  readonly made?: boolean;
  /** Of the last change: the entry that is taken back where nothing of these can be. */
  readonly instead?: readonly string[];
}

/** What an undo is about. */
export interface Targets {
  readonly records: readonly Target[];
  /** The operation of these entries, where it is one. */
  readonly runId: string | null;
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
  'hours_week_set',
  'hours_schedule_removed',
  'hours_day_set',
  'hours_day_cleared',
  'hours_own_removed',
  'time_off_added',
  'time_off_changed',
  'time_off_removed',
];

/** What people do to hours and time off by the API, in the words of the sync. */
const SAME_AS: Readonly<Record<string, string>> = {
  hours_week_set: 'updated',
  hours_schedule_removed: 'updated',
  hours_day_set: 'updated',
  hours_day_cleared: 'updated',
  hours_own_removed: 'updated',
  time_off_added: 'created',
  time_off_changed: 'updated',
  time_off_removed: 'removed',
};

/** Visits that people booked, moved or ended by the API are changed back there: their entries are no states of groups. */
const NO_DEED_OF_PEOPLE = Prisma.raw(
  `(l.entity <> 'booking' OR l.reason_code IS DISTINCT FROM 'asked_by_api')`,
);

/** The records that an undo is about, in a stable order. */
export async function targetsOf(
  tx: Tx,
  { businessId, runId, entity, recordId }: UndoScope,
): Promise<Targets> {
  const rows =
    runId === null
      ? await lastChange(tx, businessId, entity, recordId)
      : await tx.$queryRaw<TargetRow[]>`
          SELECT l.entity, l.record_id, array_agg(l.id::text ORDER BY l.id) AS targets, NULL AS run_id
            FROM booksy_audit_log l
           WHERE l.business_id = ${businessId}::uuid AND l.run_id = ${runId}::uuid AND l.record_id IS NOT NULL
             AND (${recordId}::uuid IS NULL OR l.record_id = ${recordId}::uuid AND l.entity = ${entity})
             AND l.action = ANY(${EFFECTS}::text[]) AND ${NO_DEED_OF_PEOPLE}
           GROUP BY l.entity, l.record_id ORDER BY l.entity, l.record_id`;
  const records = rows.flatMap(({ entity: kind, record_id: id, targets, instead }) =>
    isSyncEntity(kind)
      ? [{ entity: kind, recordId: id, targets, ...(instead === undefined ? {} : { instead }) }]
      : [],
  );
  return { records, runId: runId ?? rows[0]?.run_id ?? null };
}

/** Entries that are looked through for the last change: it may have been carried to Booksy in several. */
const LAST_ONES = 20;

/** The last change of a record. What only carried to Booksy what people had entered by the API is no change of its own. */
async function lastChange(
  tx: Tx,
  businessId: string,
  entity: SyncEntity | null,
  recordId: string | null,
): Promise<readonly TargetRow[]> {
  const rows = await tx.$queryRaw<(TargetRow & { action: string })[]>`
    SELECT l.entity, l.record_id, ARRAY[l.id::text] AS targets, l.run_id::text AS run_id, l.action FROM booksy_audit_log l
     WHERE l.business_id = ${businessId}::uuid AND l.record_id = ${recordId}::uuid AND l.entity = ${entity}
       AND l.action = ANY(${EFFECTS}::text[]) AND ${NO_DEED_OF_PEOPLE}
     ORDER BY l.id DESC LIMIT ${LAST_ONES}`;
  const carried = rows.find(({ action }) => action !== 'sent');
  const [last] = rows;
  if (last === undefined) return [];
  const isDeed = carried !== undefined && carried !== last && carried.action in SAME_AS;
  return isDeed ? [{ ...carried, instead: last.targets }] : [last];
}

/**
 * The entries by which a decision was carried to Booksy: for our side nothing changes here, and what was written there is a
 * later entry. Only the next one about the groups, with no other change of them before it.
 */
export async function withSent(
  tx: Tx,
  businessId: string,
  records: readonly Target[],
): Promise<readonly Target[]> {
  const last = records.map(({ recordId, entity, targets }) => ({
    id: recordId,
    entity,
    at: targets.at(-1) ?? '0',
  }));
  const rows = await tx.$queryRaw<{ record_id: string; number: string }[]>`
    SELECT n.record_id::text, n.id::text AS number
      FROM jsonb_to_recordset(${JSON.stringify(last)}::jsonb) AS t(id uuid, entity text, at bigint)
      JOIN booksy_audit_log d ON d.id = t.at AND d.action = 'resolved'
      CROSS JOIN LATERAL (
        SELECT l.* FROM booksy_audit_log l
         WHERE l.business_id = ${businessId}::uuid AND l.record_id = t.id AND l.entity = t.entity AND l.id > t.at
           AND l.action = ANY(${EFFECTS}::text[]) AND l.groups && d.groups
         ORDER BY l.id LIMIT 1) n
     WHERE n.action = 'sent'`;
  const sent = new Map(rows.map((row) => [row.record_id, row.number]));
  return records.map((target) => {
    const number = sent.get(target.recordId);
    return number === undefined ? target : { ...target, targets: [...target.targets, number] };
  });
}

interface TargetRow {
  entity: string;
  record_id: string;
  targets: string[];
  run_id: string | null;
  instead?: readonly string[];
}

interface EntryRow {
  id: bigint;
  record_id: string;
  entity: string;
  run_id: string | null;
  action: string;
  reason_code: string | null;
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
    SELECT l.id, l.record_id, l.entity, l.run_id, l.action, l.reason_code, l.groups, l.entry_id, v.sealed_values
      FROM jsonb_to_recordset(${JSON.stringify(first)}::jsonb) AS t(id uuid, entity text, "from" bigint)
      JOIN booksy_audit_log l ON l.record_id = t.id AND l.entity = t.entity AND l.id >= t."from"
      LEFT JOIN booksy_audit_values v ON v.entry_id = l.entry_id
     WHERE l.business_id = ${businessId}::uuid
     ORDER BY l.id`;
  const history = new Map<string, UndoEntry[]>();
  const making = new Set(targets.flatMap(({ made, targets: numbers }) => (made === true ? numbers : [])));
  for (const row of rows) {
    const number = row.id.toString();
    const values = opened(vault, businessId, row);
    const of = history.get(row.record_id) ?? [];
    of.push({
      number,
      runId: row.run_id,
      action: making.has(number) ? 'created' : (SAME_AS[row.action] ?? row.action),
      reason: row.reason_code,
      groups: row.groups,
      before: stated(row, values?.before),
      after: stated(row, values?.after),
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

/** By the API a day that is not stated is said to be nothing; the sync leaves it out. */
function stated({ action }: EntryRow, states: GroupStates | undefined): GroupStates | null {
  if (states === undefined) return null;
  if (!action.startsWith('hours_')) return states;
  return Object.fromEntries(Object.entries(states).filter(([, value]) => value !== null));
}
