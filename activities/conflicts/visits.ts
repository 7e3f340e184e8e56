import { resolveLocal } from '../../domain/local-time.ts';
import type { Move } from '../../domain/conflicts/resolution.ts';
import type { ConflictPicture } from '../../infra/conflicts/picture.ts';
import { loadOurs, type OurItem, type OurRecord } from '../../infra/conflicts/ours.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { RefusedResolution } from './scope.ts';

/** Writing into visits as a person of the salon would: the database's triggers do the rest (R7a, R21, R27). */

/** Cancels a visit here. Its cancel goes out as any other, and frees its time. */
export async function cancelVisit(scope: ApplyScope, visit: OurRecord): Promise<void> {
  if (visit.entity !== 'booking') {
    throw new RefusedResolution(
      'nothing_to_cancel',
      'Time off is never cancelled for a visit: move the visit.',
    );
  }
  await scope.tx.$executeRaw`
    UPDATE bookings SET status = 'cancelled', status_reason = 'conflict'
     WHERE id = ${visit.id}::uuid AND business_id = ${scope.businessId}::uuid AND status <> 'cancelled'`;
}

/**
 * Allows a visit to overlap others (R21): explicit, and audited by whoever calls this.
 *
 * @returns whether it was allowed before
 */
export async function allowOverbooking(scope: ApplyScope, visitId: string): Promise<boolean> {
  const marked = await scope.tx.$executeRaw`
    UPDATE bookings SET overbooking_allowed = true
     WHERE id = ${visitId}::uuid AND business_id = ${scope.businessId}::uuid AND NOT overbooking_allowed`;
  return marked === 0;
}

/** The visits of a conflict that are here: its record, the other one, all of an overfull session. */
export async function visitsOf(
  scope: ApplyScope,
  { row, ours, other }: ConflictPicture,
): Promise<readonly OurRecord[]> {
  const named = row.detail.bookingIds;
  const more = Array.isArray(named) ? named.filter((id): id is string => typeof id === 'string') : [];
  const found = new Map<string, OurRecord>();
  for (const record of [ours, other]) if (record?.entity === 'booking') found.set(record.id, record);
  for (const id of more) {
    if (found.has(id)) continue;
    const visit = await loadOurs(scope.tx, scope.businessId, 'booking', id, true);
    if (visit !== null) found.set(id, visit);
  }
  return [...found.values()];
}

interface NewTime {
  readonly id: string;
  readonly starts_local: string;
  readonly ends_local: string;
  readonly starts_at: string;
  readonly ends_at: string;
  readonly staff_id: string | null;
  readonly any_staff: boolean;
  readonly takes_staff: boolean;
}

/**
 * Gives a visit another time: the whole visit, or one part of it. The length stays.
 *
 * @returns the visit that was moved
 * @throws RefusedResolution where the time is taken, past, or does not exist once
 */
export async function moveVisit(
  scope: ApplyScope,
  visits: readonly OurRecord[],
  move: Move,
): Promise<OurRecord> {
  const visit = visitToMove(visits, move);
  const moving = move.itemId === null ? visit.items : visit.items.filter((item) => item.id === move.itemId);
  const [first] = [...moving].sort((a, b) => (a.startsLocal < b.startsLocal ? -1 : 1));
  if (first === undefined)
    throw new RefusedResolution(
      'move_unknown_visit',
      'The visit has no such part: leave `itemId` out to move it whole.',
    );
  if (move.staffId !== null) await requireStaff(scope, move.staffId);
  const shiftMs = minutesOf(move.startsLocal) - minutesOf(first.startsLocal);
  const times = moving.map((item) => timeOf(item, shiftMs, move.staffId));
  if (times.some((time) => time.starts_at <= scope.now))
    throw new RefusedResolution(
      'move_in_past',
      'The new time has begun already: choose one that is still to come.',
    );
  await requireFree(scope, visit, moving, times);
  await write(scope, visit.id, times);
  return visit;
}

/** Where several visits are about one time, the platform's own one gives way unless another is named. */
function visitToMove(visits: readonly OurRecord[], move: Move): OurRecord {
  const alive = visits.filter((visit) => visit.holds);
  const own = alive.filter((visit) => visit.source === 'platform');
  const found =
    move.recordId === null
      ? alive.length === 1
        ? alive[0]
        : own.length === 1
          ? own[0]
          : undefined
      : alive.find((visit) => visit.id === move.recordId);
  if (found === undefined) {
    throw new RefusedResolution(
      'move_unknown_visit',
      `Say with \`recordId\` which visit is moved: ${alive.map(({ id }) => id).join(', ') || 'none of them is live'}.`,
    );
  }
  return found;
}

/** Local minutes as milliseconds on an even clock: differences of wall clocks, whatever the zone does between. */
function minutesOf(local: string): number {
  return Date.parse(`${local}:00Z`);
}

function timeOf(item: OurItem, shiftMs: number, staffId: string | null): NewTime {
  const startsLocal = localAt(minutesOf(item.startsLocal) + shiftMs);
  const endsLocal = localAt(minutesOf(item.endsLocal) + shiftMs);
  const starts = resolveLocal(startsLocal, item.zone);
  const ends = resolveLocal(endsLocal, item.zone);
  if (starts.mark !== 'exact' || ends.mark !== 'exact') {
    throw new RefusedResolution(
      'move_ambiguous',
      'The clocks change then: the time does not exist, or exists twice (R11). Choose another one.',
    );
  }
  return {
    id: item.id,
    starts_local: startsLocal,
    ends_local: endsLocal,
    starts_at: starts.instant,
    ends_at: ends.instant,
    staff_id: staffId ?? item.staffId,
    any_staff: false,
    takes_staff: staffId !== null,
  };
}

function localAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16);
}

async function requireStaff(scope: ApplyScope, staffId: string): Promise<void> {
  const found = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM staff WHERE id = ${staffId}::uuid AND business_id = ${scope.businessId}::uuid AND active`;
  if (found.length === 0)
    throw new RefusedResolution(
      'move_unknown_staff',
      'Nobody of that id works here: take one of the suggestions.',
    );
}

/** The new time is looked up before it is written, so that whoever loses hears it in words; the commit checks once more. */
async function requireFree(
  scope: ApplyScope,
  visit: OurRecord,
  items: readonly OurItem[],
  times: readonly NewTime[],
): Promise<void> {
  const wanted = times.flatMap((time) => {
    const roomId = items.find(({ id }) => id === time.id)?.roomId ?? null;
    return [time.staff_id, roomId].flatMap((resource) =>
      resource === null ? [] : [{ resource, from_at: time.starts_at, till_at: time.ends_at }],
    );
  });
  const taken = await scope.tx.$queryRaw<{ resource_id: string; from_at: Date }[]>`
    SELECT o.resource_id::text, lower(o.during) AS from_at
      FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) AS w(resource uuid, from_at timestamptz, till_at timestamptz)
      CROSS JOIN LATERAL occupancy_within(ARRAY[w.resource], tstzrange(w.from_at, w.till_at)) o
     WHERE o.business_id = ${scope.businessId}::uuid AND o.booking_id IS DISTINCT FROM ${visit.id}::uuid
     ORDER BY 2 LIMIT 1`;
  const [first] = taken;
  if (first === undefined) return;
  throw new RefusedResolution(
    'time_taken',
    `That time is taken: something of ${first.from_at.toISOString()} holds it. Choose another time or other staff.`,
  );
}

async function write(scope: ApplyScope, visitId: string, times: readonly NewTime[]): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE booking_items i
       SET starts_local = r.starts_local, ends_local = r.ends_local, starts_at = r.starts_at, ends_at = r.ends_at,
           start_mark = 'exact', end_mark = 'exact', prior_starts_at = NULL, prior_ends_at = NULL, staff_id = r.staff_id,
           any_staff = CASE WHEN r.takes_staff THEN false ELSE i.any_staff END
      FROM jsonb_to_recordset(${JSON.stringify(times)}::jsonb) AS r(
           id uuid, starts_local timestamp, ends_local timestamp, starts_at timestamptz, ends_at timestamptz, staff_id uuid,
           takes_staff boolean)
     WHERE i.id = r.id AND i.business_id = ${scope.businessId}::uuid`;
  await scope.tx.$executeRaw`
    UPDATE bookings b
       SET starts_local = s.starts_local, ends_local = s.ends_local, starts_at = s.starts_at, ends_at = s.ends_at
      FROM (SELECT min(starts_local) AS starts_local, max(ends_local) AS ends_local, min(starts_at) AS starts_at,
                   max(ends_at) AS ends_at
              FROM booking_items WHERE booking_id = ${visitId}::uuid) s
     WHERE b.id = ${visitId}::uuid AND b.business_id = ${scope.businessId}::uuid`;
}
