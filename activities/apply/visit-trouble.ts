import { closeSettled } from '../conflicts/close-settled.ts';
import type { NewConflict } from './conflicts.ts';
import { poolsAround } from './pools.ts';
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
  /** The card of its client, where a person has yet to say who that is, and has not been asked. */
  unsure_card: string | null;
  starts_at: Date;
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
           CASE WHEN p.external_id IS NOT NULL AND NOT EXISTS (
                  SELECT FROM booksy_sync_conflicts c
                   WHERE c.business_id = b.business_id AND c.kind = 'unsure_client'
                     AND c.detail ->> 'cardExternalId' = p.external_id
                     AND (c.status = 'open' OR (c.status = 'resolved' AND c.resolution = 'ignore')))
                THEN p.external_id END AS unsure_card, i.starts_at
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
  return [...rows.flatMap(ambiguousOf), ...unmappedOf(rows), ...unsureClientsOf(rows)];
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

/**
 * One question for each card, on the soonest of its visits: whoever answers it answers for all, and who was asked once and left it
 * is not asked again for the next visit. Nothing is frozen: once the card is decided on, the next read gives a visit its client.
 */
function unsureClientsOf(rows: readonly TroubleRow[]): readonly NewConflict[] {
  const soonest = new Map<string, TroubleRow>();
  for (const row of rows) {
    if (row.unsure_card === null) continue;
    const other = soonest.get(row.unsure_card);
    if (other === undefined || row.starts_at < other.starts_at) soonest.set(row.unsure_card, row);
  }
  return [...soonest].map(([cardExternalId, row]) => ({
    ...base(row),
    kind: 'unsure_client',
    detail: { cardExternalId },
  }));
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

/**
 * Visits still to come for which any member of staff will do, although nobody who serves them is left at their time (R24).
 * They stay as they are; a person finds somebody. Where there is somebody again, nobody has to.
 *
 * @param recordIds visits and blocks that were touched; `all` after a change of the staff
 */
export async function emptyPoolsOf(
  scope: ApplyScope,
  recordIds: readonly string[] | 'all',
): Promise<readonly NewConflict[]> {
  const pool = await poolsAround(scope, recordIds);
  if (pool.length === 0) return [];
  await closeSettled(
    scope,
    pool.flatMap((item) => (item.isWithout ? [] : [item.bookingId])),
  );
  return pool.flatMap((item): readonly NewConflict[] =>
    item.isWithout
      ? [
          {
            ...base({ booking_id: item.bookingId }),
            kind: 'capacity',
            detail: { itemId: item.itemId, fromAt: item.startsAt, reason: 'no_staff_left' },
          },
        ]
      : [],
  );
}
