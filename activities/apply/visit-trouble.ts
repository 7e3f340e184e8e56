import { openConflicts, type NewConflict } from './conflicts.ts';
import type { ApplyScope } from './scope.ts';

interface TroubleRow {
  booking_id: string;
  item_id: string;
  start_mark: string;
  end_mark: string;
  any_staff: boolean;
  staff_id: string | null;
  variant_id: string | null;
  wants_staff: boolean;
  wants_variant: boolean;
}

/**
 * Visits still to come that a person must look at although they were taken in: a local time that does not exist or
 * exists twice (R11), or staff or a service that nobody has linked here.
 */
export async function reportVisitTrouble(scope: ApplyScope, bookingIds: readonly string[]): Promise<void> {
  if (bookingIds.length === 0) return;
  const rows = await scope.tx.$queryRaw<TroubleRow[]>`
    SELECT i.booking_id, i.id AS item_id, i.start_mark, i.end_mark, i.any_staff, i.staff_id, i.variant_id,
           m.remote #>> ARRAY['item:' || l.key || ':time', 'staff'] IS NOT NULL AS wants_staff,
           m.remote #>> ARRAY['item:' || l.key || ':service', 'variant'] IS NOT NULL AS wants_variant
      FROM booking_items i
      JOIN bookings b ON b.id = i.booking_id
      JOIN external_bookings m ON m.business_id = b.business_id AND m.booking_id = b.id
      JOIN LATERAL jsonb_each_text(m.item_links) AS l(key, item_id) ON l.item_id = i.id::text
     WHERE b.business_id = ${scope.businessId}::uuid AND b.id = ANY(${bookingIds}::uuid[])
       AND b.status NOT IN ('cancelled', 'no_show') AND i.ends_at > ${scope.now}::timestamptz
       AND (i.start_mark <> 'exact' OR i.end_mark <> 'exact' OR i.variant_id IS NULL
            OR (i.staff_id IS NULL AND NOT i.any_staff))`;
  await openConflicts(scope, [...rows.flatMap(ambiguousOf), ...unmappedOf(rows)]);
}

function ambiguousOf(row: TroubleRow): readonly NewConflict[] {
  if (row.start_mark === 'exact' && row.end_mark === 'exact') return [];
  return [
    {
      ...base(row),
      kind: 'ambiguous_local_time',
      detail: { itemId: row.item_id, startMark: row.start_mark, endMark: row.end_mark },
    },
  ];
}

function unmappedOf(rows: readonly TroubleRow[]): readonly NewConflict[] {
  return rows.flatMap((row): readonly NewConflict[] => {
    const parts = [
      ...(row.wants_staff && row.staff_id === null ? ['staff'] : []),
      ...(row.wants_variant && row.variant_id === null ? ['service'] : []),
    ];
    return parts.length === 0
      ? []
      : [{ ...base(row), kind: 'unmapped', detail: { itemId: row.item_id, parts } }];
  });
}

function base(row: TroubleRow): Omit<NewConflict, 'kind' | 'detail'> {
  return {
    entity: 'booking',
    recordId: row.booking_id,
    otherRecordId: null,
    externalId: null,
    groups: [],
    overtaken: false,
  };
}
