import { v7 as uuidv7 } from 'uuid';
import { vaultContext } from '../../infra/crypto.ts';
import { Prisma } from '../../infra/database/index.ts';
import type { Json } from '../../domain/canonical.ts';
import { DEFAULT_HOURS } from '../../domain/conflicts/dates.ts';
import type { ConflictKind } from '../../domain/conflict-kinds.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { ApplyScope } from './scope.ts';

export interface NewConflict {
  readonly kind: ConflictKind;
  readonly entity: SyncEntity;
  readonly recordId: string;
  readonly otherRecordId: string | null;
  readonly externalId: string | null;
  readonly groups: readonly string[];
  /** Ids, group names and times only; never a personal value. */
  readonly detail: Readonly<Record<string, Json>>;
  /** The visit has begun: nothing is left to decide, both stay (R10). */
  readonly overtaken: boolean;
  /** The write that it is about. */
  readonly intentId?: string | null;
  /** Values that no row will hold any more, in Booksy's ids: kept sealed. */
  readonly values?: GroupStates | null;
  /** The rule that left it to a person. */
  readonly ruleId?: string | null;
}

export interface OpenOnes {
  /** Groups that open conflicts freeze (R10), by record. */
  readonly frozen: ReadonlyMap<string, ReadonlySet<string>>;
  /** Records on an open conflict, also as the other record of one. */
  readonly disputed: readonly string[];
}

/** The open conflicts of some records. */
export async function openConflictsOf(scope: ApplyScope, recordIds: readonly string[]): Promise<OpenOnes> {
  const rows = await scope.tx.$queryRaw<
    { record_id: string | null; other_record_id: string | null; groups: string[] }[]
  >`
    SELECT record_id, other_record_id, groups FROM booksy_sync_conflicts
     WHERE business_id = ${scope.businessId}::uuid AND status = 'open'
       AND (record_id = ANY(${recordIds}::uuid[]) OR other_record_id = ANY(${recordIds}::uuid[]))`;
  const frozen = new Map<string, Set<string>>();
  const disputed = new Set<string>();
  const asked = new Set(recordIds);
  for (const row of rows) {
    for (const id of [row.record_id, row.other_record_id]) if (id !== null && asked.has(id)) disputed.add(id);
    if (row.record_id === null) continue;
    const groups = frozen.get(row.record_id) ?? new Set<string>();
    for (const group of row.groups) groups.add(group);
    frozen.set(row.record_id, groups);
  }
  return { frozen, disputed: [...disputed] };
}

/** Groups that are frozen by open conflicts (R10), by record. */
export async function frozenGroups(
  scope: ApplyScope,
  recordIds: readonly string[],
): Promise<OpenOnes['frozen']> {
  return (await openConflictsOf(scope, recordIds)).frozen;
}

/** Of these a difference that is accepted becomes the base of both sides: who finds it again has found a change. */
const BASES_MOVED: readonly ConflictKind[] = ['field', 'changed_against_cancelled'];

/**
 * Opens conflicts, of whatever kind; one open conflict per record and kind is updated by news instead (R10). What a person
 * has accepted is not opened again while it is the same. When somebody is reminded of it follows from its row. Of news whoever is
 * to be told is told again.
 */
export async function openConflicts(scope: ApplyScope, conflicts: readonly NewConflict[]): Promise<void> {
  if (conflicts.length === 0) return;
  // One open conflict per record and kind: the first of several findings of one batch speaks for all.
  const each = new Map<string, NewConflict>();
  for (const conflict of conflicts) if (!each.has(keyOf(conflict))) each.set(keyOf(conflict), conflict);
  const known = await idsOfThoseWithValues(scope, [...each.values()]);
  const payload = [...each].map(([key, conflict]) => {
    const id = known.get(key) ?? uuidv7();
    return {
      id,
      kind: conflict.kind,
      entity: conflict.entity,
      record_id: conflict.recordId,
      other_record_id: conflict.otherRecordId,
      external_id: conflict.externalId,
      groups: conflict.groups,
      detail: conflict.detail,
      status: conflict.overtaken ? 'closed' : 'open',
      intent_id: conflict.intentId ?? null,
      rule_id: conflict.ruleId ?? null,
      sealed_values: sealValues(scope, id, conflict.values ?? null),
    };
  });
  await scope.tx.$executeRaw`
    WITH found AS (
      SELECT r.*, ARRAY(SELECT jsonb_array_elements_text(r.groups)) AS group_names,
             decode(r.sealed_values, 'base64') AS sealed
        FROM jsonb_to_recordset(${JSON.stringify(payload)}::jsonb) AS r(
             id uuid, kind text, entity text, record_id uuid, other_record_id uuid, external_id text, groups jsonb,
             detail jsonb, status text, intent_id uuid, rule_id text, sealed_values text)
    ), news AS (
      UPDATE booksy_sync_conflicts c
         SET groups = ARRAY(SELECT DISTINCT unnest(c.groups || f.group_names) ORDER BY 1), detail = f.detail,
             notify_admin = NULL, intent_id = coalesce(f.intent_id, c.intent_id), rule_id = coalesce(f.rule_id, c.rule_id),
             sealed_values = coalesce(f.sealed, c.sealed_values), version = c.version + 1, updated_at = now()
        FROM found f
       WHERE c.business_id = ${scope.businessId}::uuid AND c.status = 'open' AND c.kind = f.kind
         AND c.record_id = f.record_id AND c.other_record_id IS NOT DISTINCT FROM f.other_record_id
         AND (c.detail IS DISTINCT FROM f.detail OR NOT c.groups @> f.group_names OR f.sealed IS NOT NULL)
    )
    INSERT INTO booksy_sync_conflicts
      (id, business_id, kind, entity, record_id, other_record_id, external_id, groups, status, detail, run_id, intent_id,
       rule_id, sealed_values, opened_at, updated_at, resolved_at, resolution, remind_at, escalate_at, overtaken_at)
    SELECT f.id, ${scope.businessId}::uuid, f.kind, f.entity, f.record_id, f.other_record_id, f.external_id,
           f.group_names, f.status, f.detail, ${scope.runId}::uuid, f.intent_id, f.rule_id, f.sealed, now(), now(),
           CASE WHEN f.status = 'closed' THEN now() END, CASE WHEN f.status = 'closed' THEN 'overtaken' END,
           ${dueDates}
      FROM found f LEFT JOIN bookings b ON b.id = f.record_id AND f.entity = 'booking'
     WHERE NOT EXISTS (
       SELECT FROM booksy_sync_conflicts c
        WHERE c.business_id = ${scope.businessId}::uuid AND c.kind = f.kind AND c.record_id = f.record_id
          AND c.other_record_id IS NOT DISTINCT FROM f.other_record_id
          AND (c.status = 'open' OR (f.status = 'closed' AND c.resolution = 'overtaken')
               OR (c.status = 'resolved' AND c.resolution IN ('keep-both', 'ignore') AND c.detail = f.detail
                   AND f.kind <> ALL(${BASES_MOVED}::text[]))))`;
}

/**
 * As `conflictDates` has them by default, for many rows at once; an overlap is decided by its own beginning. The first look of
 * its workflow puts what the configuration says in their place.
 */
const dueDates = Prisma.sql`
  CASE WHEN f.status = 'open' THEN now() + make_interval(hours => ${DEFAULT_HOURS.remindHours}::int) END,
  CASE WHEN f.status = 'open'
       THEN greatest(coalesce((f.detail ->> 'fromAt')::timestamptz, b.starts_at)
                     - make_interval(hours => ${DEFAULT_HOURS.escalateHours}::int), now()) END,
  CASE WHEN f.status = 'open' THEN coalesce((f.detail ->> 'fromAt')::timestamptz, b.starts_at) END`;

function keyOf(conflict: Pick<NewConflict, 'kind' | 'entity' | 'recordId' | 'otherRecordId'>): string {
  return [conflict.kind, conflict.entity, conflict.recordId, conflict.otherRecordId].join('|');
}

/** A sealed value belongs to its row: of conflicts that are open already the row must be known. */
async function idsOfThoseWithValues(
  scope: ApplyScope,
  conflicts: readonly NewConflict[],
): Promise<ReadonlyMap<string, string>> {
  const recordIds = conflicts.flatMap(({ values, recordId }) => (values == null ? [] : [recordId]));
  if (recordIds.length === 0) return new Map();
  const rows = await scope.tx.$queryRaw<
    {
      id: string;
      kind: ConflictKind;
      entity: SyncEntity;
      record_id: string;
      other_record_id: string | null;
    }[]
  >`
    SELECT id, kind, entity, record_id, other_record_id FROM booksy_sync_conflicts
     WHERE business_id = ${scope.businessId}::uuid AND status = 'open' AND record_id = ANY(${recordIds}::uuid[])`;
  return new Map(
    rows.map((row) => [
      keyOf({
        kind: row.kind,
        entity: row.entity,
        recordId: row.record_id,
        otherRecordId: row.other_record_id,
      }),
      row.id,
    ]),
  );
}

function sealValues(scope: ApplyScope, id: string, values: GroupStates | null): string | null {
  if (values === null) return null;
  const place = vaultContext({
    tenant: scope.businessId,
    table: 'booksy_sync_conflicts',
    column: 'sealed_values',
    row: id,
  });
  return scope.vault.seal(JSON.stringify(values), place).toString('base64');
}
