import { itemsWithoutStaff } from '../../domain/any-staff.ts';
import { Prisma, type Db, type Tx } from '../../infra/database/index.ts';

/** Visits for which any member of staff will do, and whether there is somebody for each of them (R24). */

/** What is looked at: a business, at an instant that PostgreSQL reads: ISO, or `now`. */
export interface PoolScope {
  readonly tx: Db | Tx;
  readonly businessId: string;
  readonly now: string;
}

/** A part of such a visit. */
export interface PoolItem {
  readonly itemId: string;
  readonly bookingId: string;
  /** ISO instants. */
  readonly startsAt: string;
  readonly endsAt: string;
  /** Nobody who serves it is left at its time. */
  readonly isWithout: boolean;
}

interface PoolRow {
  item_id: string;
  booking_id: string;
  starts_at: Date;
  ends_at: Date;
  eligible: string[];
}

/**
 * The pools that these visits and blocks may have changed: whatever holds time of somebody, or frees it, does so for all who wait
 * for anybody then.
 *
 * @param recordIds visits and blocks; `all` looks at every visit to come, as after a change of the staff
 */
export async function poolsAround(
  scope: PoolScope,
  recordIds: readonly string[] | 'all',
): Promise<readonly PoolItem[]> {
  const pool = await rowsAround(scope, recordIds);
  if (pool.length === 0) return [];
  // By person and time, as the index is: by time alone the work would grow with the salon.
  const busy = await scope.tx.$queryRaw<{ staff_id: string; starts_at: Date; ends_at: Date }[]>`
    SELECT DISTINCT o.resource_id AS staff_id, lower(o.during) AS starts_at, upper(o.during) AS ends_at
      FROM jsonb_to_recordset(${JSON.stringify(pool)}::jsonb)
             AS p(eligible uuid[], starts_at timestamptz, ends_at timestamptz)
      CROSS JOIN LATERAL occupancy_within(p.eligible, tstzrange(p.starts_at, p.ends_at)) o`;
  const without = new Set(
    itemsWithoutStaff(
      pool.map((row) => ({ id: row.item_id, ...instants(row), eligible: row.eligible })),
      busy.map((row) => ({ staffId: row.staff_id, ...instants(row) })),
    ),
  );
  return pool.map((row) => ({
    itemId: row.item_id,
    bookingId: row.booking_id,
    ...instants(row),
    isWithout: without.has(row.item_id),
  }));
}

/** Of what waits for anybody, what shares its time with these records, and what competes with that for the same people. */
async function rowsAround(
  scope: PoolScope,
  recordIds: readonly string[] | 'all',
): Promise<readonly PoolRow[]> {
  if (recordIds.length === 0) return [];
  return scope.tx.$queryRaw<PoolRow[]>`
    WITH mine AS MATERIALIZED (${recordIds === 'all' ? everybodys(scope) : sharingTimeWith(scope, recordIds)}),
    around AS (
      SELECT DISTINCT w.id, w.booking_id, w.variant_id, w.starts_at, w.ends_at
        FROM mine m JOIN booking_items w ON ${waitsAt(scope, Prisma.raw('m.starts_at'), Prisma.raw('m.ends_at'))}
    )
    SELECT a.id AS item_id, a.booking_id, a.starts_at, a.ends_at,
           ARRAY(SELECT s.id::text FROM staff s
                  WHERE s.business_id = ${scope.businessId}::uuid AND s.bookable AND s.active
                    AND (a.variant_id IS NULL OR EXISTS (
                      SELECT FROM service_variant_staff v WHERE v.variant_id = a.variant_id AND v.staff_id = s.id))
                  ORDER BY s.position, s.id) AS eligible
      FROM around a JOIN bookings b ON b.id = a.booking_id
     WHERE b.status NOT IN ('cancelled', 'no_show')`;
}

function everybodys(scope: PoolScope): Prisma.Sql {
  return Prisma.sql`
    SELECT w.starts_at, w.ends_at FROM booking_items w
     WHERE w.business_id = ${scope.businessId}::uuid AND w.any_staff AND w.staff_id IS NULL
       AND w.ends_at > ${scope.now}::timestamptz`;
}

/**
 * Begins at those who wait, within the span of these records: they are few, while a page of an import brings thousands of parts.
 * What begins more than a day before a span is none of it: the index is by start.
 */
function sharingTimeWith(scope: PoolScope, recordIds: readonly string[]): Prisma.Sql {
  return Prisma.sql`
    WITH touched AS MATERIALIZED (
      SELECT i.starts_at, i.ends_at FROM booking_items i WHERE i.booking_id = ANY(${recordIds}::uuid[])
      UNION ALL SELECT t.starts_at, t.ends_at FROM time_off t WHERE t.id = ANY(${recordIds}::uuid[])
    ), waiting AS MATERIALIZED (
      SELECT w.starts_at, w.ends_at FROM booking_items w
       WHERE ${waitsAt(
         scope,
         Prisma.sql`(SELECT min(r.starts_at) FROM touched r)`,
         Prisma.sql`(SELECT max(r.ends_at) FROM touched r)`,
       )}
    )
    SELECT DISTINCT w.starts_at, w.ends_at FROM waiting w
     WHERE EXISTS (SELECT FROM touched r WHERE w.starts_at < r.ends_at AND w.ends_at > r.starts_at)`;
}

/** Items `w` that wait for anybody within a span. */
function waitsAt(scope: PoolScope, from: Prisma.Sql, till: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`w.business_id = ${scope.businessId}::uuid AND w.any_staff AND w.staff_id IS NULL
       AND w.starts_at < ${till} AND w.starts_at > ${from} - interval '1 day' AND w.ends_at > ${from}
       AND w.ends_at > ${scope.now}::timestamptz`;
}

function instants(row: { readonly starts_at: Date; readonly ends_at: Date }) {
  return { startsAt: row.starts_at.toISOString(), endsAt: row.ends_at.toISOString() };
}
