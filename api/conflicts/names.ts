/** Names of what a conflict speaks of, by id: ours, and what Booksy's ids are linked with. */
import type { Json } from '../../domain/canonical.ts';
import type { PrismaClient } from '../../infra/database/index.ts';

type Db = Pick<PrismaClient, '$queryRaw'>;

interface NameRow {
  id: string;
  name: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Names of staff, rooms, services, variants, categories, clients that these values hold the ids of. */
export async function namesIn(
  db: Db,
  businessId: string,
  values: readonly (Json | undefined)[],
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(values.flatMap(textsIn).filter((text) => UUID.test(text)))];
  if (ids.length === 0) return new Map();
  const rows = await db.$queryRaw<NameRow[]>`
    SELECT id::text, name FROM staff WHERE business_id = ${businessId}::uuid AND id = ANY(${ids}::uuid[])
    UNION ALL SELECT id::text, name FROM rooms WHERE business_id = ${businessId}::uuid AND id = ANY(${ids}::uuid[])
    UNION ALL SELECT id::text, name FROM services WHERE business_id = ${businessId}::uuid AND id = ANY(${ids}::uuid[])
    UNION ALL SELECT id::text, name FROM service_categories WHERE business_id = ${businessId}::uuid AND id = ANY(${ids}::uuid[])
    UNION ALL
    SELECT v.id::text, concat_ws(': ', s.name, v.label) FROM service_variants v JOIN services s ON s.id = v.service_id
     WHERE v.business_id = ${businessId}::uuid AND v.id = ANY(${ids}::uuid[])
    UNION ALL
    SELECT id::text, trim(given_name || ' ' || family_name) FROM profiles
     WHERE business_id = ${businessId}::uuid AND id = ANY(${ids}::uuid[])`;
  return new Map(rows.map((row) => [row.id, row.name]));
}

function textsIn(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((each: Json) => textsIn(each));
}

/** A few words for each record, by its id. */
export async function labelsFor(
  db: Db,
  records: readonly {
    readonly businessId: string;
    readonly entity: string;
    readonly recordId: string | null;
  }[],
): Promise<ReadonlyMap<string, string>> {
  const businesses = [...new Set(records.map(({ businessId }) => businessId))];
  const idsOf = (entities: readonly string[]) => [
    ...new Set(
      records.flatMap(({ entity, recordId }) =>
        recordId !== null && entities.includes(entity) ? [recordId] : [],
      ),
    ),
  ];
  const visits = idsOf(['booking']);
  const others = idsOf(['profile', 'service', 'variant', 'staff', 'room', 'category', 'time_off', 'hours']);
  if (visits.length + others.length === 0) return new Map();
  const rows = await db.$queryRaw<NameRow[]>`
    SELECT b.id::text, concat_ws(', ', to_char(b.starts_local, 'YYYY-MM-DD HH24:MI'),
             coalesce(nullif(b.client_name, ''), nullif(trim(concat(p.given_name, ' ', p.family_name)), ''))) AS name
      FROM bookings b LEFT JOIN profiles p ON p.id = b.profile_id
     WHERE b.business_id = ANY(${businesses}::uuid[]) AND b.id = ANY(${visits}::uuid[])
    UNION ALL
    SELECT id::text, trim(given_name || ' ' || family_name) FROM profiles
     WHERE business_id = ANY(${businesses}::uuid[]) AND id = ANY(${others}::uuid[])
    UNION ALL SELECT id::text, name FROM services WHERE business_id = ANY(${businesses}::uuid[]) AND id = ANY(${others}::uuid[])
    UNION ALL SELECT id::text, name FROM staff WHERE business_id = ANY(${businesses}::uuid[]) AND id = ANY(${others}::uuid[])
    UNION ALL SELECT id::text, name FROM rooms WHERE business_id = ANY(${businesses}::uuid[]) AND id = ANY(${others}::uuid[])
    UNION ALL
    SELECT id::text, name FROM service_categories WHERE business_id = ANY(${businesses}::uuid[]) AND id = ANY(${others}::uuid[])
    UNION ALL
    SELECT v.id::text, concat_ws(': ', s.name, v.label) FROM service_variants v JOIN services s ON s.id = v.service_id
     WHERE v.business_id = ANY(${businesses}::uuid[]) AND v.id = ANY(${others}::uuid[])
    UNION ALL
    SELECT id::text, to_char(starts_local, 'YYYY-MM-DD HH24:MI') || ', time off' FROM time_off
     WHERE business_id = ANY(${businesses}::uuid[]) AND id = ANY(${others}::uuid[])
    UNION ALL
    SELECT h.id::text, concat_ws(', ', coalesce(s.name, r.name, b.name),
             CASE h.part WHEN 'weekly' THEN 'opening hours' ELSE 'custom days' END)
      FROM hours_schedules h LEFT JOIN staff s ON s.id = h.owner_id LEFT JOIN rooms r ON r.id = h.owner_id
      LEFT JOIN businesses b ON b.id = h.owner_id
     WHERE h.business_id = ANY(${businesses}::uuid[]) AND h.id = ANY(${others}::uuid[])`;
  return new Map(rows.map((row) => [row.id, row.name]));
}
