import type { Db } from '../../../../infra/database/index.ts';

/**
 * Everything that an import brought for a salon, without the ids that each import makes anew: two databases with the same
 * snapshot hold the same salon.
 */
export async function snapshotOf(
  db: Db,
  businessId: string,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const linesOf = async (query: Promise<{ line: string }[]>) => (await query).map(({ line }) => line);
  return {
    visits: await linesOf(db.$queryRaw`
      SELECT concat_ws('|', m.external_id, b.status, b.status_reason, b.external_status, b.source, b.client_name,
               b.client_phone, b.client_email, b.client_note, b.traveling, b.zone, b.starts_local, b.ends_local, b.starts_at,
               (SELECT min(c.external_id) FROM external_clients c WHERE c.profile_id = b.profile_id),
               (SELECT string_agg(concat_ws(',', i.position, i.service_name, s.external_id, r.external_id, v.external_id,
                                            i.starts_local, i.ends_local, i.price_minor, i.any_staff), ';' ORDER BY i.position)
                  FROM booking_items i
                  LEFT JOIN external_staff s ON s.staff_id = i.staff_id
                  LEFT JOIN external_rooms r ON r.room_id = i.room_id
                  LEFT JOIN external_services v ON v.entity = 'variant' AND v.record_id = i.variant_id
                 WHERE i.booking_id = b.id)) AS line
        FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
       WHERE m.business_id = ${businessId}::uuid ORDER BY m.external_id`),
    held: await linesOf(db.$queryRaw`
      SELECT concat_ws('|', o.resource_kind, s.external_id, r.external_id, o.during, o.source, o.exempt, m.external_id) AS line
        FROM occupancy o
        LEFT JOIN external_staff s ON s.staff_id = o.resource_id
        LEFT JOIN external_rooms r ON r.room_id = o.resource_id
        LEFT JOIN external_bookings m ON m.booking_id = o.booking_id
       WHERE o.business_id = ${businessId}::uuid ORDER BY 1`),
    clients: await linesOf(db.$queryRaw`
      SELECT concat_ws('|', m.external_id, p.given_name, p.family_name, p.email, p.phone_e164) AS line
        FROM external_clients m JOIN profiles p ON p.id = m.profile_id
       WHERE m.business_id = ${businessId}::uuid ORDER BY m.external_id`),
    catalog: await linesOf(db.$queryRaw`
      SELECT concat_ws('|', m.entity, m.external_id, c.name, s.name, s.active, v.label, v.price_type, v.price_minor,
                            v.duration_minutes, v.active) AS line
        FROM external_services m
        LEFT JOIN service_categories c ON c.id = m.record_id
        LEFT JOIN services s ON s.id = m.record_id
        LEFT JOIN service_variants v ON v.id = m.record_id
       WHERE m.business_id = ${businessId}::uuid ORDER BY m.entity, m.external_id`),
    team: await linesOf(db.$queryRaw`
      SELECT concat_ws('|', m.external_id, s.name, s.bookable, s.active) AS line
        FROM external_staff m JOIN staff s ON s.id = m.staff_id
       WHERE m.business_id = ${businessId}::uuid ORDER BY m.external_id`),
    time: await linesOf(db.$queryRaw`
      SELECT concat_ws('|', h.owner_kind, h.kind, h.day_of_week, h.date, h.applies_from, h.intervals) AS line
        FROM working_hours h WHERE h.business_id = ${businessId}::uuid
      UNION ALL
      SELECT concat_ws('|', t.source, t.starts_at, t.ends_at, t.reason_code, t.approved)
        FROM time_off t WHERE t.business_id = ${businessId}::uuid ORDER BY 1`),
    troubles: await linesOf(db.$queryRaw`
      SELECT concat_ws('|', 'conflict', kind, status, count(*)) AS line FROM booksy_sync_conflicts
       WHERE business_id = ${businessId}::uuid GROUP BY kind, status
      UNION ALL
      SELECT concat_ws('|', 'quarantine', entity, external_id, reason_code) FROM quarantine
       WHERE business_id = ${businessId}::uuid
      UNION ALL
      SELECT concat_ws('|', 'audit', action, entity, count(*)) FROM booksy_audit_log
       -- What is reminded of and escalated afterwards is the conflicts' own work.
       WHERE business_id = ${businessId}::uuid AND action NOT LIKE 'conflict%' GROUP BY action, entity
      UNION ALL
      -- The business's own row tells of its connection: a worker's drain takes it, plain calls leave it.
      SELECT 'outbox' FROM sync_outbox WHERE business_id = ${businessId}::uuid AND entity <> 'business'
      UNION ALL
      SELECT 'pass rows left' FROM sync_pass_rows p JOIN sync_runs r ON r.id = p.run_id
       WHERE r.business_id = ${businessId}::uuid ORDER BY 1`),
  };
}
