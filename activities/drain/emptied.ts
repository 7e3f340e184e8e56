import { sameValue } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { scheduleId } from '../../domain/states/hours.ts';
import { Prisma, type Db, type Tx } from '../../infra/database/index.ts';
import { loadSchedules } from '../../infra/schedules/load.ts';

/** Links of the mirror, and the table in which their record is. Hours are apart: an owner has many rows, or none. */
const LINKS = [
  { mirror: 'external_services', link: 'record_id', kind: 'category', table: 'service_categories' },
  { mirror: 'external_services', link: 'record_id', kind: 'service', table: 'services' },
  { mirror: 'external_services', link: 'record_id', kind: 'variant', table: 'service_variants' },
  { mirror: 'external_staff', link: 'staff_id', kind: null, table: 'staff' },
  { mirror: 'external_rooms', link: 'room_id', kind: null, table: 'rooms' },
  { mirror: 'external_clients', link: 'profile_id', kind: null, table: 'profiles' },
  { mirror: 'external_time_off', link: 'time_off_id', kind: null, table: 'time_off' },
  { mirror: 'external_bookings', link: 'booking_id', kind: null, table: 'bookings' },
] as const;

/**
 * After a table was emptied (R27): the mirror of what is not here any more forgets that it was in step, so that the next
 * look at Booksy makes the records again. Nobody meant to end a thousand visits by it, and nothing is ended there. A record
 * whose own deletion waits in the box was meant to go, and stays as it is.
 */
export async function forgetEmptied(db: Db, businessId: string): Promise<void> {
  await db.$transaction(async (tx) => {
    await tx.$queryRaw`
      SELECT 1 AS locked FROM (SELECT pg_advisory_xact_lock(hashtextextended('apply:' || ${businessId}, 0))) l`;
    for (const { mirror, link, kind, table } of LINKS) {
      const [m, at, t] = [Prisma.raw(mirror), Prisma.raw(`m.${link}`), Prisma.raw(table)];
      const ofKind = kind === null ? Prisma.empty : Prisma.sql`AND m.entity = ${kind}`;
      await tx.$executeRaw`
        UPDATE ${m} m SET gone_at = now(), remote_hash = '', updated_at = now()
         WHERE m.business_id = ${businessId}::uuid AND ${at} IS NOT NULL AND m.gone_at IS NULL ${ofKind}
           AND NOT EXISTS (SELECT FROM ${t} r WHERE r.id = ${at})
           AND NOT EXISTS (SELECT FROM sync_outbox o WHERE o.business_id = m.business_id AND o.record_id = ${at}
                              AND o.operation = 'delete')
           AND NOT EXISTS (SELECT FROM sync_intents i WHERE i.business_id = m.business_id AND i.record_id = ${at}
                              AND (i.state IN ('open', 'unknown', 'unsent') OR i.step = 'cancel'))`;
    }
    // An owner without a row: as if no day had ever been read, and none edited here since.
    await tx.$executeRaw`
      UPDATE external_hours m
         SET base_theirs = '{}', base_ours = '{}', remote_hash = '', updated_at = now(),
             base_counters = coalesce((SELECT s.counters FROM hours_schedules s WHERE s.id = m.schedule_id), '{}')
       WHERE m.business_id = ${businessId}::uuid AND m.owner_id IS NOT NULL AND m.gone_at IS NULL
         AND m.base_theirs <> '{}'
         AND NOT EXISTS (SELECT FROM working_hours h
                          WHERE h.owner_kind = m.owner_kind AND h.owner_id = m.owner_id AND h.kind = m.part)`;
    await forgetHolidays(tx, businessId);
  });
}

/**
 * Days that the salon was closed on, or open at other hours, and that nothing here states any more: perhaps the holidays were
 * emptied. Booksy's are taken in again, rather than made like the week there. One that waits in the box was taken back on purpose.
 */
async function forgetHolidays(tx: Tx, businessId: string): Promise<void> {
  const id = scheduleId('business', businessId, 'custom');
  const loaded = (await loadSchedules(tx, businessId, [id])).get(id);
  if (loaded === undefined || loaded.following.size === 0) return;
  const rows = await tx.$queryRaw<{ base_ours: GroupStates }[]>`
    SELECT base_ours FROM external_hours m
     WHERE m.business_id = ${businessId}::uuid AND m.schedule_id = ${id}::uuid
       AND NOT EXISTS (SELECT FROM sync_outbox o WHERE o.business_id = m.business_id AND o.record_id = m.schedule_id)`;
  const base = rows[0]?.base_ours ?? {};
  const lost = [...loaded.following].filter(
    (group) => group in base && !sameValue(loaded.ours.groups[group], base[group]),
  );
  if (lost.length === 0) return;
  await tx.$executeRaw`
    UPDATE external_hours
       SET base_theirs = base_theirs - ${lost}::text[], base_ours = base_ours - ${lost}::text[], remote_hash = '', updated_at = now()
     WHERE business_id = ${businessId}::uuid AND schedule_id = ${id}::uuid`;
}
