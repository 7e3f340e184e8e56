import { v7 as uuidv7 } from 'uuid';
import type { Json } from '../../domain/canonical.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { ApplyScope } from './scope.ts';

/** Kinds of conflict that an inbound pass can find. */
export const INBOUND_CONFLICT_KINDS = [
  'field',
  'changed_against_cancelled',
  'deleted_against_changed',
  'time_overlap',
  'capacity',
  'ambiguous_local_time',
  'unmapped',
  'unsure_client',
] as const;
export type InboundConflictKind = (typeof INBOUND_CONFLICT_KINDS)[number];

export interface NewConflict {
  readonly kind: InboundConflictKind;
  readonly entity: SyncEntity;
  readonly recordId: string;
  readonly otherRecordId: string | null;
  readonly externalId: string | null;
  readonly groups: readonly string[];
  /** Ids, group names and times only; never a personal value. */
  readonly detail: Readonly<Record<string, Json>>;
  /** The visit has begun: nothing is left to decide, both stay (R10). */
  readonly overtaken: boolean;
}

/** Groups that are frozen by open conflicts (R10), by record. */
export async function frozenGroups(
  scope: ApplyScope,
  recordIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows = await scope.tx.$queryRaw<{ record_id: string; groups: string[] }[]>`
    SELECT record_id, groups FROM booksy_sync_conflicts
     WHERE business_id = ${scope.businessId}::uuid AND status = 'open' AND record_id = ANY(${recordIds}::uuid[])`;
  const frozen = new Map<string, Set<string>>();
  for (const row of rows) {
    const groups = frozen.get(row.record_id) ?? new Set<string>();
    for (const group of row.groups) groups.add(group);
    frozen.set(row.record_id, groups);
  }
  return frozen;
}

/** Opens conflicts; one open conflict per record and kind is updated by news instead (R10). */
export async function openConflicts(scope: ApplyScope, conflicts: readonly NewConflict[]): Promise<void> {
  if (conflicts.length === 0) return;
  // One open conflict per record and kind: the first of several findings of one batch speaks for all.
  const each = new Map<string, NewConflict>();
  for (const conflict of conflicts) {
    const key = [conflict.kind, conflict.entity, conflict.recordId, conflict.otherRecordId].join('|');
    if (!each.has(key)) each.set(key, conflict);
  }
  const payload = [...each.values()].map((conflict) => ({
    id: uuidv7(),
    kind: conflict.kind,
    entity: conflict.entity,
    record_id: conflict.recordId,
    other_record_id: conflict.otherRecordId,
    external_id: conflict.externalId,
    groups: conflict.groups,
    detail: conflict.detail,
    status: conflict.overtaken ? 'closed' : 'open',
  }));
  await scope.tx.$executeRaw`
    WITH found AS (
      SELECT r.*, ARRAY(SELECT jsonb_array_elements_text(r.groups)) AS group_names
        FROM jsonb_to_recordset(${JSON.stringify(payload)}::jsonb) AS r(
             id uuid, kind text, entity text, record_id uuid, other_record_id uuid, external_id text, groups jsonb,
             detail jsonb, status text)
    ), news AS (
      UPDATE booksy_sync_conflicts c
         SET groups = ARRAY(SELECT DISTINCT unnest(c.groups || f.group_names) ORDER BY 1), detail = f.detail,
             updated_at = now()
        FROM found f
       WHERE c.business_id = ${scope.businessId}::uuid AND c.status = 'open' AND c.kind = f.kind
         AND c.record_id = f.record_id AND c.other_record_id IS NOT DISTINCT FROM f.other_record_id
         AND (c.detail IS DISTINCT FROM f.detail OR NOT c.groups @> f.group_names)
    )
    INSERT INTO booksy_sync_conflicts
      (id, business_id, kind, entity, record_id, other_record_id, external_id, groups, status, detail, run_id,
       opened_at, updated_at, resolved_at, resolution)
    SELECT f.id, ${scope.businessId}::uuid, f.kind, f.entity, f.record_id, f.other_record_id, f.external_id,
           f.group_names, f.status, f.detail, ${scope.runId}::uuid, now(), now(),
           CASE WHEN f.status = 'closed' THEN now() END, CASE WHEN f.status = 'closed' THEN 'overtaken' END
      FROM found f
     WHERE NOT EXISTS (
       SELECT FROM booksy_sync_conflicts c
        WHERE c.business_id = ${scope.businessId}::uuid AND c.kind = f.kind AND c.record_id = f.record_id
          AND c.other_record_id IS NOT DISTINCT FROM f.other_record_id
          AND (c.status = 'open' OR (f.status = 'closed' AND c.resolution = 'overtaken')))`;
}
