import type { BenchDatabase } from './database.ts';

/**
 * What an import brought in, as text that does not depend on our ids: every record goes by Booksy's id, times by their
 * instants. Two imports of one salon have the same lines, or one of them is wrong.
 */
export async function contentOf(database: BenchDatabase): Promise<ReadonlyMap<string, readonly string[]>> {
  const content = new Map<string, readonly string[]>();
  for (const [table, sql] of Object.entries(QUERIES)) {
    const rows = await database.query<{ line: string }>(
      `SELECT to_jsonb(content)::text AS line FROM (${sql}) content ORDER BY 1`,
    );
    content.set(
      table,
      rows.map(({ line }) => line),
    );
  }
  return content;
}

const STAFF = `(SELECT s.external_id FROM external_staff s WHERE s.staff_id = %)`;
const ROOM = `(SELECT r.external_id FROM external_rooms r WHERE r.room_id = %)`;
const SERVICE = `(SELECT e.external_id FROM external_services e WHERE e.entity = 'service' AND e.record_id = %)`;
const VARIANT = `(SELECT e.external_id FROM external_services e WHERE e.entity = 'variant' AND e.record_id = %)`;
const of = (lookUp: string, column: string) => lookUp.replace('%', column);
const OWNER = `CASE owner_kind WHEN 'staff' THEN ${of(STAFF, 'owner_id')} WHEN 'room' THEN ${of(ROOM, 'owner_id')} END`;

const QUERIES: Readonly<Record<string, string>> = {
  businesses: `SELECT booksy_business_id, name, zone, country, currency, booking_mode FROM businesses`,
  service_categories: `SELECT m.external_id, c.name, c.position FROM service_categories c
    JOIN external_services m ON m.entity = 'category' AND m.record_id = c.id`,
  services: `SELECT m.external_id, s.name, s.description, s.price_type, s.padding_kind, s.padding_minutes,
      s.gap_after_minutes, s.gap_minutes, s.parallel_clients, s.active, s.position,
      (SELECT c.external_id FROM external_services c WHERE c.entity = 'category' AND c.record_id = s.category_id) AS category
    FROM services s JOIN external_services m ON m.entity = 'service' AND m.record_id = s.id`,
  service_variants: `SELECT ${of(VARIANT, 'v.id')} AS external_id, ${of(SERVICE, 'v.service_id')} AS service, v.label,
      v.price_type, v.price_minor, v.currency, v.duration_minutes, v.slot_step_minutes, v.active,
      ARRAY(SELECT ${of(STAFF, 'x.staff_id')} FROM service_variant_staff x WHERE x.variant_id = v.id ORDER BY 1) AS staff
    FROM service_variants v`,
  staff: `SELECT ${of(STAFF, 't.id')} AS external_id, t.name, t.email, t.bookable, t.active, t.access_level, t.position
    FROM staff t`,
  rooms: `SELECT ${of(ROOM, 't.id')} AS external_id, t.name, t.active, t.position FROM rooms t`,
  profiles: `SELECT m.external_id, p.given_name, p.family_name, p.email, p.phone_e164
    FROM profiles p JOIN external_clients m ON m.profile_id = p.id`,
  bookings: `SELECT m.external_id, c.external_id AS client, b.status, b.status_reason, b.external_status, b.client_name,
      b.client_phone, b.client_email, b.client_note, b.traveling, b.zone, b.starts_local, b.ends_local, b.starts_at,
      b.ends_at, b.source
    FROM bookings b JOIN external_bookings m ON m.booking_id = b.id
    LEFT JOIN external_clients c ON c.profile_id = b.profile_id`,
  booking_items: `SELECT m.external_id, i.position, ${of(SERVICE, 'i.service_id')} AS service,
      ${of(VARIANT, 'i.variant_id')} AS variant, i.service_name, ${of(STAFF, 'i.staff_id')} AS staff, i.any_staff,
      ${of(ROOM, 'i.room_id')} AS room, i.starts_local, i.ends_local, i.zone, i.starts_at, i.ends_at, i.start_mark,
      i.end_mark, i.price_type, i.price_minor, i.currency, i.gap_after_minutes, i.gap_minutes, i.session_seats
    FROM booking_items i JOIN external_bookings m ON m.booking_id = i.booking_id`,
  working_hours: `SELECT owner_kind, ${OWNER} AS owner, kind, day_of_week, date, applies_from, intervals FROM working_hours`,
  time_off: `SELECT owner_kind, ${OWNER} AS owner, source, zone, starts_local, ends_local, starts_at, ends_at, all_day,
      reason_code, approved FROM time_off`,
  occupancy: `SELECT o.resource_kind, coalesce(${of(STAFF, 'o.resource_id')}, ${of(ROOM, 'o.resource_id')}) AS resource,
      o.during, o.source, (SELECT m.external_id FROM external_bookings m WHERE m.booking_id = o.booking_id) AS visit
    FROM occupancy o`,
};

/**
 * Compares what two imports brought in.
 *
 * @throws Error that names the first table and line in which they differ
 */
export function expectSameContent(
  one: ReadonlyMap<string, readonly string[]>,
  other: ReadonlyMap<string, readonly string[]>,
  names: { readonly one: string; readonly other: string },
): void {
  for (const [table, lines] of one) {
    const others = other.get(table) ?? [];
    const left = lines.find((line, index) => line !== others[index]);
    if (left === undefined && lines.length === others.length) continue;
    const right = others.find((line, index) => line !== lines[index]) ?? 'nothing';
    throw new Error(
      `${names.one} and ${names.other} brought in different ${table} (${lines.length} and ${others.length} rows): ` +
        `${left ?? 'nothing'} against ${right}`,
    );
  }
}
