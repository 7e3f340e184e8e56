import { Prisma, type Tx } from '../database/index.ts';
import type { RuleRow } from '../rules/load.ts';

/** What one statement reads of a salon: everything that the slot engine is told, as of one moment. */
export interface SalonRows {
  readonly now: string;
  readonly business: BusinessRow;
  readonly rules: readonly RuleRow[];
  readonly staff: readonly { readonly id: string; readonly position: number; readonly bookable: boolean }[];
  readonly rooms: readonly { readonly id: string; readonly position: number }[];
  readonly services: readonly ServiceRow[];
  readonly hours: readonly HoursRow[];
  readonly holidays: readonly {
    readonly date: string;
    readonly state: string;
    readonly intervals: unknown;
  }[];
  readonly time_off: readonly {
    readonly owner_kind: string;
    readonly owner_id: string;
    readonly source: string;
    readonly starts_at: string;
    readonly ends_at: string;
  }[];
  readonly items: ItemColumns;
  readonly holds: readonly { readonly id: string; readonly expires_at: string; readonly items: unknown }[];
}

export interface BusinessRow {
  readonly zone: string;
  readonly country: string;
  readonly currency: string;
  readonly connected: boolean;
  readonly push_allowed: boolean;
  readonly paused: boolean;
  readonly circuit_open: boolean;
  readonly booksy_mode: string;
  readonly stale_policy: string;
  readonly slot_step_minutes: number;
  readonly notice_minutes: number;
}

export interface ServiceRow {
  readonly id: string;
  readonly name: string;
  readonly padding_kind: string | null;
  readonly padding_minutes: number;
  readonly gap_after_minutes: number | null;
  readonly gap_minutes: number | null;
  readonly parallel_clients: number;
  readonly needs_room: boolean;
  /** Active ones. */
  readonly room_ids: readonly string[];
  readonly variants: readonly VariantRow[];
}

export interface VariantRow {
  readonly id: string;
  readonly label: string | null;
  readonly duration_minutes: number;
  readonly slot_step_minutes: number | null;
  readonly price_type: string;
  readonly price_minor: number | null;
  readonly currency: string;
  readonly staff_ids: readonly string[];
}

export interface HoursRow {
  readonly owner_kind: string;
  readonly owner_id: string;
  readonly kind: string;
  readonly day_of_week: number | null;
  readonly date: string | null;
  readonly applies_from: string | null;
  readonly intervals: unknown;
}

/**
 * Items of visits with the status of their visit, column by column: a salon has thousands, and to make an object of each, there
 * and here, would take several times as long as to find them. Each column is as long as `visitId`; all are null where there are none.
 */
export interface ItemColumns {
  readonly visitId: readonly string[] | null;
  readonly status: readonly string[] | null;
  readonly staffId: readonly (string | null)[] | null;
  readonly anyStaff: readonly boolean[] | null;
  readonly roomId: readonly (string | null)[] | null;
  readonly serviceId: readonly (string | null)[] | null;
  readonly variantId: readonly (string | null)[] | null;
  readonly startsAt: readonly string[] | null;
  readonly endsAt: readonly string[] | null;
  readonly priorStartsAt: readonly (string | null)[] | null;
  readonly priorEndsAt: readonly (string | null)[] | null;
  readonly gapAfterMinutes: readonly (number | null)[] | null;
  readonly gapMinutes: readonly (number | null)[] | null;
  readonly seats: readonly number[] | null;
}

/**
 * One statement, so that all of it is of one moment. The window is wider than the dates by two days on either side: dates are
 * the salon's, and a visit may begin the day before.
 *
 * @returns null where there is no such business
 */
export async function readSalonRows(
  db: Pick<Tx, '$queryRaw'>,
  businessId: string,
  fromDate: string,
  toDate: string,
): Promise<SalonRows | null> {
  const id = Prisma.sql`${businessId}::uuid`;
  const from = Prisma.sql`(${fromDate}::date - 2)::timestamptz`;
  const till = Prisma.sql`(${toDate}::date + 3)::timestamptz`;
  const rows = await db.$queryRaw<{ salon: SalonRows | null }[]>`
    SELECT /* prepared */ json_build_object(
      'now', clock_timestamp(),
      'business', json_build_object('zone', b.zone, 'country', b.country, 'currency', b.currency,
        'connected', b.booksy_business_id IS NOT NULL, 'push_allowed', b.push_allowed_at IS NOT NULL,
        'paused', b.paused_at IS NOT NULL, 'circuit_open', b.circuit_opened_at IS NOT NULL, 'booksy_mode', b.booksy_mode,
        'stale_policy', b.stale_policy, 'slot_step_minutes', b.slot_step_minutes, 'notice_minutes', b.notice_minutes),
      'rules', coalesce((SELECT json_agg(to_jsonb(r) ORDER BY r.id COLLATE "C") FROM sync_rules r WHERE r.business_id = b.id), '[]'),
      'staff', coalesce((SELECT json_agg(json_build_object('id', s.id, 'position', s.position, 'bookable', s.bookable)
                                          ORDER BY s.position, s.id)
                           FROM staff s WHERE s.business_id = b.id AND s.active), '[]'),
      'rooms', coalesce((SELECT json_agg(json_build_object('id', r.id, 'position', r.position) ORDER BY r.position, r.id)
                           FROM rooms r WHERE r.business_id = b.id AND r.active), '[]'),
      'services', coalesce((SELECT json_agg(json_build_object('id', s.id, 'name', s.name, 'padding_kind', s.padding_kind,
            'padding_minutes', s.padding_minutes, 'gap_after_minutes', s.gap_after_minutes, 'gap_minutes', s.gap_minutes,
            'parallel_clients', s.parallel_clients,
            'needs_room', EXISTS (SELECT FROM service_rooms x WHERE x.service_id = s.id),
            'room_ids', coalesce((SELECT json_agg(r.id ORDER BY r.position, r.id) FROM service_rooms x
                                    JOIN rooms r ON r.id = x.room_id WHERE x.service_id = s.id AND r.active), '[]'),
            'variants', coalesce((SELECT json_agg(json_build_object('id', v.id, 'label', v.label,
                'duration_minutes', v.duration_minutes, 'slot_step_minutes', v.slot_step_minutes, 'price_type', v.price_type,
                'price_minor', v.price_minor, 'currency', v.currency,
                'staff_ids', coalesce((SELECT json_agg(m.id ORDER BY m.position, m.id) FROM service_variant_staff x
                                         JOIN staff m ON m.id = x.staff_id WHERE x.variant_id = v.id AND m.active), '[]'))
                ORDER BY v.position, v.id)
              FROM service_variants v WHERE v.service_id = s.id AND v.active), '[]')) ORDER BY s.position, s.id)
          FROM services s WHERE s.business_id = b.id AND s.active), '[]'),
      'hours', coalesce((SELECT json_agg(json_build_object('owner_kind', h.owner_kind, 'owner_id', h.owner_id, 'kind', h.kind,
            'day_of_week', h.day_of_week, 'date', h.date, 'applies_from', h.applies_from, 'intervals', h.intervals))
          FROM working_hours h
         WHERE h.business_id = b.id
           AND (h.date IS NULL OR h.date BETWEEN ${fromDate}::date - 2 AND ${toDate}::date + 3)), '[]'),
      'holidays', coalesce((SELECT json_agg(json_build_object('date', h.date, 'state', h.state, 'intervals', h.intervals)
                                             ORDER BY h.date, h.state, h.code)
          FROM holidays h
         WHERE h.business_id = b.id AND h.state <> 'suggested'
           AND h.date BETWEEN ${fromDate}::date - 2 AND ${toDate}::date + 3), '[]'),
      'time_off', coalesce((SELECT json_agg(json_build_object('owner_kind', t.owner_kind, 'owner_id', t.owner_id,
            'source', t.source, 'starts_at', t.starts_at, 'ends_at', t.ends_at))
          FROM time_off t
         WHERE t.business_id = b.id AND t.starts_at < ${till} AND t.ends_at > ${from} AND t.ends_at > t.starts_at), '[]'),
      'items', (
        WITH near AS MATERIALIZED (
          SELECT y.id, y.status FROM bookings y
           WHERE y.business_id = b.id AND y.starts_at > ${from} - interval '3 days' AND y.starts_at < ${till}
             AND y.status NOT IN ('cancelled', 'no_show')
        ), held AS (
          SELECT n.id, n.status FROM near n
          UNION ALL
          -- What holds time there, wherever it begins.
          SELECT f.id, f.status
            FROM (SELECT DISTINCT o.booking_id
                    FROM occupancy_within(ARRAY(SELECT s.id FROM staff s WHERE s.business_id = b.id
                                                UNION ALL SELECT r.id FROM rooms r WHERE r.business_id = b.id),
                                          tstzrange(${from}, ${till})) o
                   WHERE o.booking_id IS NOT NULL AND NOT EXISTS (SELECT FROM near n WHERE n.id = o.booking_id)) w
           CROSS JOIN LATERAL (SELECT x.id, x.status FROM bookings x WHERE x.id = w.booking_id OFFSET 0) f
        )
        SELECT json_build_object('visitId', json_agg(v.id), 'status', json_agg(v.status), 'staffId', json_agg(i.staff_id),
                 'anyStaff', json_agg(i.any_staff), 'roomId', json_agg(i.room_id), 'serviceId', json_agg(i.service_id),
                 'variantId', json_agg(i.variant_id), 'startsAt', json_agg(i.starts_at), 'endsAt', json_agg(i.ends_at),
                 'priorStartsAt', json_agg(i.prior_starts_at), 'priorEndsAt', json_agg(i.prior_ends_at),
                 'gapAfterMinutes', json_agg(i.gap_after_minutes), 'gapMinutes', json_agg(i.gap_minutes),
                 'seats', json_agg(i.session_seats))
          FROM held v
          -- The plan is kept: each by its index, however big the tables are by now.
         CROSS JOIN LATERAL (SELECT x.* FROM booking_items x WHERE x.booking_id = v.id AND x.ends_at > x.starts_at OFFSET 0) i),
      'holds', coalesce((SELECT json_agg(json_build_object('id', h.id, 'expires_at', h.expires_at, 'items', h.items))
          FROM booking_holds h
         WHERE h.business_id = b.id AND h.outcome IS NULL AND h.expires_at > clock_timestamp()), '[]')
    ) AS salon
      FROM businesses b WHERE b.id = ${id}`;
  return rows[0]?.salon ?? null;
}
