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
  readonly visits: readonly VisitRow[];
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

export interface VisitRow {
  readonly id: string;
  readonly status: string;
  readonly items: readonly {
    readonly staff_id: string | null;
    readonly any_staff: boolean;
    readonly room_id: string | null;
    readonly service_id: string | null;
    readonly variant_id: string | null;
    readonly starts_at: string;
    readonly ends_at: string;
    readonly prior_starts_at: string | null;
    readonly prior_ends_at: string | null;
    readonly gap_after_minutes: number | null;
    readonly gap_minutes: number | null;
    readonly session_seats: number;
  }[];
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
    SELECT /* salon */ jsonb_build_object(
      'now', clock_timestamp(),
      'business', jsonb_build_object('zone', b.zone, 'country', b.country, 'currency', b.currency,
        'connected', b.booksy_business_id IS NOT NULL, 'push_allowed', b.push_allowed_at IS NOT NULL,
        'paused', b.paused_at IS NOT NULL, 'circuit_open', b.circuit_opened_at IS NOT NULL, 'booksy_mode', b.booksy_mode,
        'stale_policy', b.stale_policy, 'slot_step_minutes', b.slot_step_minutes, 'notice_minutes', b.notice_minutes),
      'rules', coalesce((SELECT jsonb_agg(to_jsonb(r) ORDER BY r.id COLLATE "C") FROM sync_rules r WHERE r.business_id = b.id), '[]'),
      'staff', coalesce((SELECT jsonb_agg(jsonb_build_object('id', s.id, 'position', s.position, 'bookable', s.bookable)
                                          ORDER BY s.position, s.id)
                           FROM staff s WHERE s.business_id = b.id AND s.active), '[]'),
      'rooms', coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'position', r.position) ORDER BY r.position, r.id)
                           FROM rooms r WHERE r.business_id = b.id AND r.active), '[]'),
      'services', coalesce((SELECT jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name, 'padding_kind', s.padding_kind,
            'padding_minutes', s.padding_minutes, 'gap_after_minutes', s.gap_after_minutes, 'gap_minutes', s.gap_minutes,
            'parallel_clients', s.parallel_clients,
            'needs_room', EXISTS (SELECT FROM service_rooms x WHERE x.service_id = s.id),
            'room_ids', coalesce((SELECT jsonb_agg(r.id ORDER BY r.position, r.id) FROM service_rooms x
                                    JOIN rooms r ON r.id = x.room_id WHERE x.service_id = s.id AND r.active), '[]'),
            'variants', coalesce((SELECT jsonb_agg(jsonb_build_object('id', v.id, 'label', v.label,
                'duration_minutes', v.duration_minutes, 'slot_step_minutes', v.slot_step_minutes, 'price_type', v.price_type,
                'price_minor', v.price_minor, 'currency', v.currency,
                'staff_ids', coalesce((SELECT jsonb_agg(m.id ORDER BY m.position, m.id) FROM service_variant_staff x
                                         JOIN staff m ON m.id = x.staff_id WHERE x.variant_id = v.id AND m.active), '[]'))
                ORDER BY v.position, v.id)
              FROM service_variants v WHERE v.service_id = s.id AND v.active), '[]')) ORDER BY s.position, s.id)
          FROM services s WHERE s.business_id = b.id AND s.active), '[]'),
      'hours', coalesce((SELECT jsonb_agg(jsonb_build_object('owner_kind', h.owner_kind, 'owner_id', h.owner_id, 'kind', h.kind,
            'day_of_week', h.day_of_week, 'date', h.date, 'applies_from', h.applies_from, 'intervals', h.intervals))
          FROM working_hours h
         WHERE h.business_id = b.id
           AND (h.date IS NULL OR h.date BETWEEN ${fromDate}::date - 2 AND ${toDate}::date + 3)), '[]'),
      'holidays', coalesce((SELECT jsonb_agg(jsonb_build_object('date', h.date, 'state', h.state, 'intervals', h.intervals)
                                             ORDER BY h.date, h.state, h.code)
          FROM holidays h
         WHERE h.business_id = b.id AND h.state <> 'suggested'
           AND h.date BETWEEN ${fromDate}::date - 2 AND ${toDate}::date + 3), '[]'),
      'time_off', coalesce((SELECT jsonb_agg(jsonb_build_object('owner_kind', t.owner_kind, 'owner_id', t.owner_id,
            'source', t.source, 'starts_at', t.starts_at, 'ends_at', t.ends_at))
          FROM time_off t
         WHERE t.business_id = b.id AND t.starts_at < ${till} AND t.ends_at > ${from} AND t.ends_at > t.starts_at), '[]'),
      'visits', coalesce((SELECT jsonb_agg(jsonb_build_object('id', v.id, 'status', v.status, 'items', (
            SELECT jsonb_agg(jsonb_build_object('staff_id', i.staff_id, 'any_staff', i.any_staff, 'room_id', i.room_id,
              'service_id', i.service_id, 'variant_id', i.variant_id, 'starts_at', i.starts_at, 'ends_at', i.ends_at,
              'prior_starts_at', i.prior_starts_at, 'prior_ends_at', i.prior_ends_at,
              'gap_after_minutes', i.gap_after_minutes, 'gap_minutes', i.gap_minutes, 'session_seats', i.session_seats))
            FROM booking_items i WHERE i.booking_id = v.id AND i.ends_at > i.starts_at)))
          FROM bookings v
         WHERE v.id IN (
           -- What holds time there, wherever it began; and what only any of some people hold, who have no row there.
           SELECT o.booking_id
             FROM occupancy_within(ARRAY(SELECT s.id FROM staff s WHERE s.business_id = b.id
                                         UNION ALL SELECT r.id FROM rooms r WHERE r.business_id = b.id), tstzrange(${from}, ${till})) o
            WHERE o.booking_id IS NOT NULL
           UNION
           SELECT y.id FROM bookings y
            WHERE y.business_id = b.id AND y.starts_at > ${from} - interval '3 days' AND y.starts_at < ${till}
              AND y.status NOT IN ('cancelled', 'no_show')
         )), '[]'),
      'holds', coalesce((SELECT jsonb_agg(jsonb_build_object('id', h.id, 'expires_at', h.expires_at, 'items', h.items))
          FROM booking_holds h
         WHERE h.business_id = b.id AND h.outcome IS NULL AND h.expires_at > clock_timestamp()), '[]')
    ) AS salon
      FROM businesses b WHERE b.id = ${id}`;
  return rows[0]?.salon ?? null;
}
