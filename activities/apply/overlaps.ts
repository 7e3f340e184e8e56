import type { NewConflict } from './conflicts.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { ApplyScope } from './scope.ts';

/** What Booksy sold twice: kept as it is, shown to a person (R21, R24). */

interface OverlapRow {
  record_id: string;
  record_entity: SyncEntity;
  other_record_id: string;
  resource_kind: string;
  resource_id: string;
  from_at: Date;
  till_at: Date;
}

/**
 * Every overlap of held time that these visits or blocks are part of is a conflict (R21): both stay, both hold their time,
 * and a person sees it. An overlap that has begun already is recorded as overtaken.
 */
export async function overlapsOf(
  scope: ApplyScope,
  recordIds: readonly string[],
): Promise<readonly NewConflict[]> {
  if (recordIds.length === 0) return [];
  const pairs = await scope.tx.$queryRaw<OverlapRow[]>`
    SELECT DISTINCT ON (record_id, other_record_id) *
      FROM (
        SELECT LEAST(a.ref, b.ref) AS record_id, GREATEST(a.ref, b.ref) AS other_record_id,
               CASE WHEN LEAST(a.ref, b.ref) = a.ref THEN a.entity ELSE b.entity END AS record_entity,
               a.resource_kind, a.resource_id, lower(a.during * b.during) AS from_at, upper(a.during * b.during) AS till_at
          FROM (SELECT o.*, COALESCE(booking_id, time_off_id) AS ref,
                       CASE WHEN booking_id IS NULL THEN 'time_off' ELSE 'booking' END AS entity
                  FROM occupancy o
                 WHERE business_id = ${scope.businessId}::uuid AND exempt
                   AND (booking_id = ANY(${recordIds}::uuid[]) OR time_off_id = ANY(${recordIds}::uuid[]))) a
          JOIN (SELECT o.*, COALESCE(booking_id, time_off_id) AS ref,
                       CASE WHEN booking_id IS NULL THEN 'time_off' ELSE 'booking' END AS entity
                  FROM occupancy o WHERE business_id = ${scope.businessId}::uuid AND exempt) b
            ON b.resource_id = a.resource_id AND b.during && a.during AND b.session_key <> a.session_key
           AND b.ref <> a.ref
      ) pairs ORDER BY record_id, other_record_id, from_at`;
  return pairs.map((pair): NewConflict => ({
    kind: 'time_overlap',
    entity: pair.record_entity,
    recordId: pair.record_id,
    otherRecordId: pair.other_record_id,
    externalId: null,
    // An overlap freezes nothing: both visits go on being synchronised while the time is disputed.
    groups: [],
    detail: {
      resourceKind: pair.resource_kind,
      resourceId: pair.resource_id,
      fromAt: pair.from_at.toISOString(),
      tillAt: pair.till_at.toISOString(),
    },
    overtaken: pair.from_at.toISOString() <= scope.now,
  }));
}

interface OverfullRow {
  booking_ids: string[];
  resource_id: string;
  seats: number;
  from_at: Date;
}

/** Sessions with more visits than seats: one conflict for each, on its first visit. */
export async function overfullSessionsOf(
  scope: ApplyScope,
  recordIds: readonly string[],
): Promise<readonly NewConflict[]> {
  if (recordIds.length === 0) return [];
  const rows = await scope.tx.$queryRaw<OverfullRow[]>`
    SELECT s.resource_id, s.seats, lower(s.during) AS from_at,
           (SELECT array_agg(DISTINCT i.booking_id::text ORDER BY i.booking_id::text) FROM booking_items i
             WHERE i.id = ANY(s.item_ids)) AS booking_ids
      FROM occupancy_overfull_sessions(${scope.businessId}::uuid) s
     WHERE EXISTS (SELECT FROM booking_items i
                    WHERE i.id = ANY(s.item_ids) AND i.booking_id = ANY(${recordIds}::uuid[]))`;
  return rows.flatMap(
    ({ booking_ids: bookingIds, resource_id: resourceId, seats, from_at: from }): readonly NewConflict[] => {
      const [recordId] = bookingIds;
      if (recordId === undefined) return [];
      return [
        {
          kind: 'capacity',
          entity: 'booking',
          recordId,
          otherRecordId: null,
          externalId: null,
          groups: [],
          detail: { resourceId, seats, bookingIds, fromAt: from.toISOString() },
          overtaken: from.toISOString() <= scope.now,
        },
      ];
    },
  );
}
