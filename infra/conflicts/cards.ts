import type { Reader } from './picture.ts';

/** A visit of a card of which nobody knows yet which client of ours it is. */
export interface CardVisit {
  readonly recordId: string;
  /** ISO instant. */
  readonly startsAt: string;
}

/** Longer ones are no visits. */
const LONGEST_DAYS = 2;

/** The visits of cards at Booksy that are still to come and have no client here, soonest first. */
export async function visitsOfCards(
  db: Reader,
  businessId: string,
  cardExternalIds: readonly string[],
): Promise<readonly CardVisit[]> {
  const rows = await db.$queryRaw<{ id: string; starts_at: Date }[]>`
    SELECT b.id::text, b.starts_at
      FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
     WHERE m.business_id = ${businessId}::uuid AND m.client_external_id = ANY(${[...cardExternalIds]}::text[])
       AND m.starts_local > now()::timestamp - make_interval(days => ${LONGEST_DAYS}::int)
       AND b.profile_id IS NULL AND b.status NOT IN ('cancelled', 'no_show') AND b.ends_at > now()
     ORDER BY b.starts_at, b.id`;
  return rows.map((row) => ({ recordId: row.id, startsAt: row.starts_at.toISOString() }));
}
