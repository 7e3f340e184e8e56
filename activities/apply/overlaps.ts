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
  // Only the sessions of these visits: the work must not grow with the salon.
  const rows = await scope.tx.$queryRaw<OverfullRow[]>`
    WITH touched AS MATERIALIZED (
      SELECT DISTINCT o.resource_id, o.session_key, o.during
        FROM booking_items i JOIN occupancy o ON o.item_id = i.id
       WHERE i.business_id = ${scope.businessId}::uuid AND i.booking_id = ANY(${recordIds}::uuid[])
         AND i.session_seats > 1 AND o.resource_kind = 'staff' AND o.session_key <> o.item_id
    )
    SELECT t.resource_id, max(i.session_seats) AS seats, min(lower(o.during)) AS from_at,
           array_agg(DISTINCT o.booking_id::text ORDER BY o.booking_id::text) AS booking_ids
      FROM touched t
      CROSS JOIN LATERAL occupancy_within(ARRAY[t.resource_id], t.during) o
      JOIN booking_items i ON i.id = o.item_id
     WHERE o.session_key = t.session_key
     GROUP BY t.resource_id, t.session_key
    HAVING count(DISTINCT o.item_id) > max(i.session_seats)`;
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
