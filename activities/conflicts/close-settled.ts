import { equivalentInVisit, isEnded } from '../../domain/states/visit.ts';
import { visitsOfCards } from '../../infra/conflicts/cards.ts';
import { loadPicture, type ConflictPicture } from '../../infra/conflicts/picture.ts';
import { readConflicts, type ConflictRow } from '../../infra/conflicts/row.ts';
import { Prisma } from '../../infra/database/index.ts';
import { poolsAround } from '../apply/pools.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { everyGroup, writeBases } from './bases.ts';
import { closeConflicts } from './close.ts';

/** Kinds about values: over once both sides hold the same. */
const ABOUT_VALUES: readonly ConflictRow['kind'][] = [
  'field',
  'changed_against_cancelled',
  'normalised_differently',
  'refused_by_booksy',
];

/**
 * Closes the open conflicts of some records whose cause is gone (R10, R10a): both sides came to the same by something that
 * we did not write, the overlap went, what was missing is linked. Call it after a merge, in its transaction; where nothing
 * is open it is one statement.
 *
 * @returns ids of the conflicts that were closed
 */
export async function closeSettled(
  scope: ApplyScope,
  recordIds: readonly string[],
): Promise<readonly string[]> {
  if (recordIds.length === 0 || scope.plan !== null) return [];
  const open = await readConflicts(
    scope.tx,
    Prisma.sql`c.business_id = ${scope.businessId}::uuid AND c.status = 'open'
      AND (c.record_id = ANY(${recordIds}::uuid[]) OR c.other_record_id = ANY(${recordIds}::uuid[]))
      ORDER BY c.id FOR UPDATE`,
  );
  const closed: string[] = [];
  for (const row of open) if (await settle(scope, row)) closed.push(row.id);
  return closed;
}

/** Closes one conflict if its cause is gone. The row is locked. */
export async function settle(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  switch (row.kind) {
    case 'time_overlap':
      return closeIf(scope, row, !(await overlaps(scope, row)));
    case 'capacity':
      return closeIf(scope, row, !(await overfull(scope, row)));
    case 'unmapped':
      // Hours name nobody: what they lack is a form that Booksy knows, and the process sees it end.
      return closeIf(scope, row, row.entity !== 'hours' && !(await lacksLink(scope, row)));
    case 'ambiguous_local_time':
      return closeIf(scope, row, !(await ambiguous(scope, row)));
    case 'unsure_client':
      return settleCard(scope, row);
    case 'quarantine':
      return closeIf(scope, row, !(await waitsInQuarantine(scope, row)));
    case 'field':
    case 'changed_against_cancelled':
    case 'normalised_differently':
    case 'refused_by_booksy':
    case 'deleted_against_changed':
      return settleValues(scope, row);
    case 'overwritten_at_booksy':
    case 'double':
    case 'outcome_unknown':
      // A person looks at these, or the process that found them sees them end.
      return false;
  }
}

async function closeIf(scope: ApplyScope, row: ConflictRow, gone: boolean): Promise<boolean> {
  if (gone) await closeConflicts(scope, [row], 'cause_gone');
  return gone;
}

async function settleValues(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  const picture = await loadPicture(scope.tx, row, true);
  if (row.kind === 'deleted_against_changed') {
    const ended = endedOnBoth(picture);
    if (ended) await closeConflicts(scope, [row], 'equal');
    return ended;
  }
  if (!ABOUT_VALUES.includes(row.kind) || row.groups.length === 0 || !isEqual(picture)) return false;
  // What a write of ours may have made equal proves nothing (R10a): its outcome comes first.
  if (await mayBeOurWrite(scope, row)) return false;
  await writeBases(scope, picture, everyGroup(row.groups, 'both'));
  await closeConflicts(scope, [row], 'equal');
  return true;
}

function isEqual({ row, mirror, ours, theirsHere }: ConflictPicture): boolean {
  if (mirror === null || ours === null || mirror.goneAt !== null) return false;
  return row.groups.every((group) => {
    if (mirror.remote[group] === undefined) return ours.groups[group] === undefined;
    // A group that cannot be said in our words yet is not known to be equal.
    const theirs = theirsHere[group];
    return theirs !== undefined && equivalentInVisit(group, theirs, ours.groups[group]);
  });
}

/** Gone or cancelled there, deleted or cancelled here. */
function endedOnBoth({ mirror, ours }: ConflictPicture): boolean {
  const endedThere = mirror === null || mirror.goneAt !== null || isEnded(mirror.remote);
  return endedThere && (ours === null || (ours.entity === 'booking' && isEnded(ours.groups)));
}

async function mayBeOurWrite(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  const found = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM sync_intents
     WHERE business_id = ${scope.businessId}::uuid AND entity = ${row.entity} AND record_id = ${row.recordId}::uuid
       AND state IN ('open', 'unknown') AND groups && ${[...row.groups]}::text[] LIMIT 1`;
  return found.length > 0;
}

async function overlaps(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  const found = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM occupancy a JOIN occupancy b
        ON b.resource_id = a.resource_id AND b.during && a.during AND b.session_key <> a.session_key
     WHERE a.business_id = ${scope.businessId}::uuid
       AND (a.booking_id = ${row.recordId}::uuid OR a.time_off_id = ${row.recordId}::uuid)
       AND (b.booking_id = ${row.otherRecordId}::uuid OR b.time_off_id = ${row.otherRecordId}::uuid) LIMIT 1`;
  return found.length > 0;
}

/** A session is over full while more hold a seat than there are; a visit for anybody waits until there is somebody for it. */
async function overfull(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  const { bookingIds, itemId, seats } = row.detail;
  if (Array.isArray(bookingIds) && typeof seats === 'number') {
    const [session] = await scope.tx.$queryRaw<{ most: bigint | null }[]>`
      SELECT max(s.sitting) AS most
        FROM (SELECT count(DISTINCT o.item_id) AS sitting
                FROM occupancy o JOIN booking_items i ON i.id = o.item_id
               WHERE o.business_id = ${scope.businessId}::uuid AND i.booking_id = ANY(${bookingIds.map(String)}::uuid[])
                 AND o.resource_kind = 'staff'
               GROUP BY o.resource_id, o.session_key) s`;
    return Number(session?.most ?? 0) > seats;
  }
  if (typeof itemId !== 'string' || row.recordId === null) return true;
  const pool = await poolsAround(scope, [row.recordId]);
  return pool.some((item) => item.bookingId === row.recordId && item.isWithout);
}

async function lacksLink(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  const parts = Array.isArray(row.detail.parts) ? row.detail.parts.map(String) : ['staff', 'service'];
  const found = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM booking_items i JOIN bookings b ON b.id = i.booking_id
     WHERE b.id = ${row.recordId}::uuid AND b.status NOT IN ('cancelled', 'no_show')
       AND ((i.staff_id IS NULL AND NOT i.any_staff AND ${parts.includes('staff')})
            OR (i.variant_id IS NULL AND ${parts.includes('service')})) LIMIT 1`;
  return found.length > 0;
}

async function ambiguous(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  const found = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM booking_items i JOIN bookings b ON b.id = i.booking_id
     WHERE b.id = ${row.recordId}::uuid AND b.status NOT IN ('cancelled', 'no_show')
       AND (i.start_mark <> 'exact' OR i.end_mark <> 'exact') LIMIT 1`;
  return found.length > 0;
}

/**
 * A card's question stands on one of its visits that lack their client, so that whatever ends the last of them ends it. Another
 * one about the same card says nothing more.
 */
async function settleCard(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  const card = row.detail.cardExternalId;
  if (typeof card !== 'string') return closeIf(scope, row, !(await lacksClient(scope, row)));
  const visits = await visitsOfCards(scope.tx, scope.businessId, [card]);
  const [next] = visits;
  if (next === undefined || (await isAskedBefore(scope, row, card))) return closeIf(scope, row, true);
  if (!visits.some(({ recordId }) => recordId === row.recordId)) {
    await scope.tx.$executeRaw`
      UPDATE booksy_sync_conflicts SET record_id = ${next.recordId}::uuid, updated_at = now()
       WHERE id = ${row.id}::uuid`;
  }
  return false;
}

async function isAskedBefore(scope: ApplyScope, row: ConflictRow, card: string): Promise<boolean> {
  const found = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM booksy_sync_conflicts
     WHERE business_id = ${scope.businessId}::uuid AND status = 'open' AND kind = 'unsure_client'
       AND detail ->> 'cardExternalId' = ${card} AND id < ${row.id}::uuid LIMIT 1`;
  return found.length > 0;
}

async function lacksClient(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  const found = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM bookings b
      JOIN external_bookings m ON m.business_id = b.business_id AND m.booking_id = b.id
     WHERE b.id = ${row.recordId}::uuid AND b.profile_id IS NULL AND m.client_external_id IS NOT NULL
       AND b.status NOT IN ('cancelled', 'no_show')`;
  return found.length > 0;
}

async function waitsInQuarantine(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  const found = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM quarantine WHERE business_id = ${scope.businessId}::uuid AND entity = ${row.entity}
       AND external_id = ${row.externalId} AND released_at IS NULL LIMIT 1`;
  return found.length > 0;
}
