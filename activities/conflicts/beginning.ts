import { beginningAt, beginningOfDays, TIMELESS, type Beginning } from '../../domain/conflicts/dates.ts';
import { visitsOfCards } from '../../infra/conflicts/cards.ts';
import type { ConflictScope } from './scope.ts';

/**
 * When what is in dispute begins (R10): an overlap, the days of opening hours, the visits of a card, else the visit or block as
 * it stands here. What was deleted here begins when it does at Booksy, and stays to be decided after that.
 */
export async function beginningOf(scope: ConflictScope): Promise<Beginning> {
  const { row } = scope;
  const { fromAt, urgentAt } = row.detail;
  if (row.kind === 'time_overlap' && typeof fromAt === 'string') return beginningAt(iso(new Date(fromAt)));
  if (row.kind === 'quarantine' && typeof urgentAt === 'string') return beginningAt(iso(new Date(urgentAt)));
  if (row.kind === 'unsure_client') return ofCard(scope);
  if (row.entity === 'hours') return beginningOfDays(row.groups, scope.zone, scope.now);
  if (row.recordId === null) return TIMELESS;
  return (await ofRecord(scope, row.recordId)) ?? (await ofDeleted(scope)) ?? TIMELESS;
}

async function ofRecord({ tx }: ConflictScope, recordId: string): Promise<Beginning | null> {
  const [found] = await tx.$queryRaw<{ starts_at: Date }[]>`
    SELECT starts_at FROM bookings WHERE id = ${recordId}::uuid
    UNION ALL SELECT starts_at FROM time_off WHERE id = ${recordId}::uuid LIMIT 1`;
  return found === undefined ? null : beginningAt(iso(found.starts_at));
}

async function ofDeleted({ tx, row, businessId, zone }: ConflictScope): Promise<Beginning | null> {
  if (row.kind !== 'deleted_against_changed') return null;
  const [found] = await tx.$queryRaw<{ starts_at: Date | null }[]>`
    SELECT starts_local AT TIME ZONE coalesce(remote ->> 'zone', ${zone}) AS starts_at FROM external_bookings
     WHERE business_id = ${businessId}::uuid AND ${row.entity} = 'booking' AND external_id = ${row.externalId}
    UNION ALL
    SELECT (remote #>> '{time,startsLocal}')::timestamp AT TIME ZONE coalesce(remote #>> '{time,zone}', ${zone})
      FROM external_time_off
     WHERE business_id = ${businessId}::uuid AND ${row.entity} = 'time_off' AND external_id = ${row.externalId}
     LIMIT 1`;
  return found?.starts_at == null ? null : { nextAt: iso(found.starts_at), overAt: null };
}

/** People are told before the next visit of a client who is not sure; nothing is left to decide when the last one begins. */
async function ofCard({ tx, row, businessId, now }: ConflictScope): Promise<Beginning> {
  const card = row.detail.cardExternalId;
  if (typeof card !== 'string') return TIMELESS;
  const begins = (await visitsOfCards(tx, businessId, [card])).map(({ startsAt }) => startsAt);
  const last = begins.at(-1);
  return { nextAt: begins.find((instant) => instant > now) ?? last ?? null, overAt: last ?? null };
}

function iso(date: Date): string {
  return date.toISOString();
}
