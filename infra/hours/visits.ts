import { hoursOfRows, type Holiday, type HoursRow } from '../../domain/availability/index.ts';
import { dayOfDate, zoneClock, type ZoneClock } from '../../domain/availability/clock.ts';
import { dayPlan, openSpans } from '../../domain/availability/hours.ts';
import { touchesAny, type Span } from '../../domain/availability/spans.ts';
import { localOf } from '../../domain/local-time.ts';
import type { Tx } from '../database/index.ts';
import type { SalonNow } from './owner.ts';
import { hoursRow } from './rows.ts';
import { MOST_VISITS_NAMED, type HoursOwner } from './words.ts';

/** Visits to come that lie in time which is not there any more. They stay as they are: a person decides about each. */
export interface VisitsInTheWay {
  readonly count: number;
  /** By their start, the first 200. */
  readonly ids: readonly string[];
}

export const NO_VISITS: VisitsInTheWay = { count: 0, ids: [] };

interface HeldTime extends Span {
  readonly id: string;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
/** Visits further ahead are not looked at. */
const MOST_DAYS = 1100;

/**
 * Visits of the owner that lie, wholly or in part, in time that was open before and is not any more. To be called after the
 * rows were written: it lets bookings that have begun to look at the old hours finish first, and later ones see the new.
 */
export async function visitsInClosedTime(
  tx: Tx,
  salon: SalonNow,
  owner: HoursOwner,
  before: readonly HoursRow[],
  after: readonly HoursRow[],
): Promise<VisitsInTheWay> {
  await waitForBookings(tx, salon.businessId, owner);
  const visits = await visitsToCome(tx, salon, owner);
  const last = Math.max(...visits.map(({ till }) => till), 0);
  if (last === 0) return NO_VISITS;
  const firstDay = dayOfDate(salon.today) - 1;
  const lastDay = Math.min(Math.ceil(last / DAY_MINUTES), firstDay + MOST_DAYS);
  const clock = zoneClock(salon.zone, firstDay, lastDay);
  const days = { clock, firstDay, lastDay };
  const closed = without(
    await openTime(tx, salon, owner, before, days),
    await openTime(tx, salon, owner, after, days),
  );
  return named(visits.filter((visit) => touchesAny(closed, visit)));
}

/** Visits of a person or a room within a stretch of time. */
export async function visitsWithin(
  tx: Tx,
  salon: SalonNow,
  owner: HoursOwner,
  { startsAt, endsAt }: { readonly startsAt: string; readonly endsAt: string },
): Promise<VisitsInTheWay> {
  const off = [{ from: Date.parse(startsAt) / MINUTE_MS, till: Date.parse(endsAt) / MINUTE_MS }];
  return named((await visitsToCome(tx, salon, owner)).filter((visit) => touchesAny(off, visit)));
}

function named(visits: readonly HeldTime[]): VisitsInTheWay {
  const ids = [...new Set([...visits].sort((a, b) => a.from - b.from).map(({ id }) => id))];
  return { count: ids.length, ids: ids.slice(0, MOST_VISITS_NAMED) };
}

/** The locks that a booking takes before it reads hours (R21); of a salon everybody's. */
async function waitForBookings(tx: Tx, businessId: string, { kind, id }: HoursOwner): Promise<void> {
  if (kind !== 'business') await tx.$executeRaw`SELECT occupancy_lock(ARRAY[${id}::uuid])`;
  else
    await tx.$executeRaw`
      SELECT occupancy_lock(ARRAY(SELECT id FROM staff WHERE business_id = ${businessId}::uuid
                                  UNION SELECT id FROM rooms WHERE business_id = ${businessId}::uuid))`;
}

/** Time that visits to come hold of the owner: of the salon each visit as a whole, else its items. */
async function visitsToCome(
  tx: Tx,
  { businessId, now }: SalonNow,
  { kind, id }: HoursOwner,
): Promise<readonly HeldTime[]> {
  const rows = await tx.$queryRaw<{ id: string; starts: Date; ends: Date }[]>`
    SELECT b.id::text AS id, min(i.starts_at) AS starts, max(i.ends_at) AS ends
      FROM bookings b JOIN booking_items i ON i.booking_id = b.id
     WHERE b.business_id = ${businessId}::uuid AND b.ends_at > ${now}::timestamptz AND booking_holds(b.status::text)
       AND i.ends_at > i.starts_at
       AND (${kind} = 'business' OR ${kind} = 'staff' AND i.staff_id = ${id}::uuid OR ${kind} = 'room' AND i.room_id = ${id}::uuid)
     GROUP BY b.id, CASE WHEN ${kind} = 'business' THEN NULL ELSE i.id END`;
  return rows.map((row) => ({
    id: row.id,
    from: Math.floor(row.starts.getTime() / MINUTE_MS),
    till: Math.ceil(row.ends.getTime() / MINUTE_MS),
  }));
}

interface Days {
  readonly clock: ZoneClock;
  readonly firstDay: number;
  readonly lastDay: number;
}

/** When the owner works by these rows. Who has none works whenever the salon is open, and a room is always there. */
async function openTime(
  tx: Tx,
  salon: SalonNow,
  { kind }: HoursOwner,
  rows: readonly HoursRow[],
  { clock, firstDay, lastDay }: Days,
): Promise<readonly Span[]> {
  if (kind === 'room' && rows.length === 0)
    return [{ from: Number.NEGATIVE_INFINITY, till: Number.POSITIVE_INFINITY }];
  const ofSalon = kind === 'business' || rows.length === 0;
  const own = kind !== 'business' && rows.length === 0 ? await hoursOfSalon(tx, salon.businessId) : rows;
  const plan = dayPlan(hoursOfRows(own), ofSalon ? await holidaysFrom(tx, salon) : []);
  return openSpans(plan, clock, firstDay, lastDay + 1);
}

async function hoursOfSalon(tx: Tx, businessId: string): Promise<readonly HoursRow[]> {
  const rows = await tx.$queryRaw<Parameters<typeof hoursRow>[0][]>`
    SELECT kind, day_of_week AS "dayOfWeek", date::text AS date, applies_from::text AS "appliesFrom", intervals
      FROM working_hours WHERE business_id = ${businessId}::uuid AND owner_kind = 'business' AND owner_id = ${businessId}::uuid`;
  return rows.map(hoursRow);
}

/** Two holidays on one day: closed for one of them is closed. */
async function holidaysFrom(tx: Tx, { businessId, now, zone }: SalonNow): Promise<readonly Holiday[]> {
  const rows = await tx.$queryRaw<{ date: string; state: string; intervals: unknown }[]>`
    SELECT date::text AS date, state, intervals FROM holidays
     WHERE business_id = ${businessId}::uuid AND state IN ('closed', 'open') AND date >= ${localOf(now, zone).slice(0, 10)}::date - 1
     ORDER BY date, state DESC`;
  const byDate = new Map<string, Holiday>();
  for (const { date, state, intervals } of rows)
    byDate.set(date, {
      date,
      open:
        state === 'open'
          ? hoursRow({ kind: 'custom', dayOfWeek: null, date, appliesFrom: null, intervals }).intervals
          : null,
    });
  return [...byDate.values()];
}

/** What of sorted, disjoint spans is not in others of that kind. */
export function without(spans: readonly Span[], others: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  let at = 0;
  for (const span of spans) {
    let from = span.from;
    while (at < others.length && (others[at]?.till ?? 0) <= from) at += 1;
    for (let next = at; next < others.length; next += 1) {
      const other = others[next];
      if (other === undefined || other.from >= span.till) break;
      if (other.from > from) result.push({ from, till: other.from });
      from = Math.max(from, other.till);
    }
    if (from < span.till) result.push({ from, till: span.till });
  }
  return result;
}
