import { itemsWithoutStaff } from '../../domain/any-staff.ts';
import type { NewConflict } from './conflicts.ts';
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
  /** The card of its client, where a person has yet to say who that is. */
  unsure_card: string | null;
}

/**
 * Visits still to come that a person must look at although they were taken in: a local time that does not exist or
 * exists twice (R11), staff or a service that nobody has linked here, or a client whose card waits in the mapping list.
 */
export async function visitTroubleOf(
  scope: ApplyScope,
  bookingIds: readonly string[],
): Promise<readonly NewConflict[]> {
  if (bookingIds.length === 0) return [];
  const rows = await scope.tx.$queryRaw<TroubleRow[]>`
    SELECT i.booking_id, i.id AS item_id, i.start_mark, i.end_mark, i.any_staff, i.staff_id, i.variant_id,
           m.remote #>> ARRAY['item:' || l.key || ':time', 'staff'] IS NOT NULL AS wants_staff,
           m.remote #>> ARRAY['item:' || l.key || ':service', 'variant'] IS NOT NULL AS wants_variant,
           p.external_id AS unsure_card
      FROM booking_items i
      JOIN bookings b ON b.id = i.booking_id
      JOIN external_bookings m ON m.business_id = b.business_id AND m.booking_id = b.id
      JOIN LATERAL jsonb_each_text(m.item_links) AS l(key, item_id) ON l.item_id = i.id::text
      LEFT JOIN mappings p ON p.business_id = b.business_id AND p.entity = 'profile' AND p.state = 'unsure'
       AND p.external_id = m.client_external_id AND b.profile_id IS NULL
     WHERE b.business_id = ${scope.businessId}::uuid AND b.id = ANY(${bookingIds}::uuid[])
       AND b.status NOT IN ('cancelled', 'no_show') AND i.ends_at > ${scope.now}::timestamptz
       AND (i.start_mark <> 'exact' OR i.end_mark <> 'exact' OR i.variant_id IS NULL
            OR (i.staff_id IS NULL AND NOT i.any_staff) OR p.external_id IS NOT NULL)`;
  return [...rows.flatMap(ambiguousOf), ...unmappedOf(rows), ...rows.flatMap(unsureClientOf)];
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

/** Nothing is frozen: once the card is decided on, the next read gives the visit its client. */
function unsureClientOf(row: TroubleRow): readonly NewConflict[] {
  if (row.unsure_card === null) return [];
  return [{ ...base(row), kind: 'unsure_client', detail: { cardExternalId: row.unsure_card } }];
}

function base(row: Pick<TroubleRow, 'booking_id'>): Omit<NewConflict, 'kind' | 'detail'> {
  return {
    entity: 'booking',
    recordId: row.booking_id,
    otherRecordId: null,
    externalId: null,
    groups: [],
    overtaken: false,
  };
}

interface PoolRow {
  item_id: string;
  booking_id: string;
  starts_at: Date;
  ends_at: Date;
  eligible: string[];
}

/**
 * Visits still to come for which any member of staff will do, although nobody who serves them is left at their time (R24).
 * They stay as they are; a person finds somebody.
 */
export async function emptyPoolsOf(
  scope: ApplyScope,
  bookingIds: readonly string[],
): Promise<readonly NewConflict[]> {
  if (bookingIds.length === 0) return [];
  const pool = await poolAround(scope, bookingIds);
  if (pool.length === 0) return [];
  const busy = await scope.tx.$queryRaw<{ staff_id: string; starts_at: Date; ends_at: Date }[]>`
    SELECT DISTINCT o.resource_id AS staff_id, lower(o.during) AS starts_at, upper(o.during) AS ends_at
      FROM jsonb_to_recordset(${JSON.stringify(pool)}::jsonb) AS p(starts_at timestamptz, ends_at timestamptz)
      JOIN occupancy o ON o.business_id = ${scope.businessId}::uuid AND o.resource_kind = 'staff'
       AND o.during && tstzrange(p.starts_at, p.ends_at)`;
  const without = new Set(
    itemsWithoutStaff(
      pool.map((row) => ({ id: row.item_id, ...instants(row), eligible: row.eligible })),
      busy.map((row) => ({ staffId: row.staff_id, ...instants(row) })),
    ),
  );
  return pool.flatMap((row): readonly NewConflict[] =>
    without.has(row.item_id)
      ? [
          {
            ...base({ booking_id: row.booking_id }),
            kind: 'capacity',
            detail: { itemId: row.item_id, fromAt: row.starts_at.toISOString(), reason: 'no_staff_left' },
          },
        ]
      : [],
  );
}

/** The any-staff items of these visits, and those of others that compete with them for the same people. */
async function poolAround(scope: ApplyScope, bookingIds: readonly string[]): Promise<readonly PoolRow[]> {
  return scope.tx.$queryRaw<PoolRow[]>`
    WITH waiting AS (
      SELECT i.* FROM booking_items i JOIN bookings b ON b.id = i.booking_id
       WHERE i.business_id = ${scope.businessId}::uuid AND i.any_staff AND i.staff_id IS NULL
         AND b.status NOT IN ('cancelled', 'no_show') AND i.ends_at > ${scope.now}::timestamptz
    ), around AS (
      SELECT DISTINCT other.id, other.booking_id, other.variant_id, other.starts_at, other.ends_at
        FROM waiting mine JOIN waiting other
          ON other.starts_at < mine.ends_at AND mine.starts_at < other.ends_at
       WHERE mine.booking_id = ANY(${bookingIds}::uuid[])
    )
    SELECT a.id AS item_id, a.booking_id, a.starts_at, a.ends_at,
           ARRAY(SELECT s.id::text FROM staff s
                  WHERE s.business_id = ${scope.businessId}::uuid AND s.bookable AND s.active
                    AND (a.variant_id IS NULL OR EXISTS (
                      SELECT FROM service_variant_staff v WHERE v.variant_id = a.variant_id AND v.staff_id = s.id))
                  ORDER BY s.position, s.id) AS eligible
      FROM around a`;
}

function instants(row: { readonly starts_at: Date; readonly ends_at: Date }) {
  return { startsAt: row.starts_at.toISOString(), endsAt: row.ends_at.toISOString() };
}
