import type { Db, Tx } from '../../infra/database/index.ts';
import type { RecordRef } from '../../domain/protocol/types.ts';

/**
 * What Booksy lacks (R18): visits still to come and time off not yet over that were never linked. Their clients go inline with
 * the visits (R15). The same rows that a dry run counts as what a first push would make; what cannot be said there gets its
 * conflict from the process.
 *
 * @param limit at most so many, the soonest first
 * @param after only records that begin after this one's place; for walking on
 */
export async function neverLinked(
  db: Db | Tx,
  businessId: string,
  limit: number,
  after: { readonly startsAt: string; readonly recordId: string } | null = null,
): Promise<readonly (RecordRef & { readonly startsAt: string })[]> {
  const rows = await db.$queryRaw<{ entity: 'booking' | 'time_off'; id: string; starts_at: Date }[]>`
    SELECT entity, id, starts_at FROM (
      SELECT 'booking' AS entity, b.id, b.starts_at FROM bookings b
       WHERE b.business_id = ${businessId}::uuid AND b.starts_at > now() AND b.status NOT IN ('cancelled', 'no_show')
         AND NOT EXISTS (SELECT FROM external_bookings m
                          WHERE m.business_id = b.business_id AND (m.booking_id = b.id OR m.former_booking_id = b.id))
      UNION ALL
      SELECT 'time_off', t.id, t.starts_at FROM time_off t
       WHERE t.business_id = ${businessId}::uuid AND t.source IN ('time_off', 'calendar') AND t.ends_at > now()
         AND NOT EXISTS (SELECT FROM external_calendars c WHERE c.id = t.external_calendar_id AND NOT c.blocks_booksy)
         AND NOT EXISTS (SELECT FROM external_time_off m WHERE m.business_id = t.business_id AND m.time_off_id = t.id)
    ) lacking
     WHERE ${after === null} OR (starts_at, id) > (${after?.startsAt ?? null}::timestamptz, ${after?.recordId ?? null}::uuid)
     ORDER BY starts_at, id LIMIT ${limit}`;
  return rows.map((row) => ({ entity: row.entity, recordId: row.id, startsAt: row.starts_at.toISOString() }));
}
