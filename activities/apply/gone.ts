import { Prisma } from '../../infra/database/index.ts';
import { planGoneVisit, type EditCounters, type OursState } from '../../domain/plan.ts';
import type { Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { closeSettled } from '../conflicts/close-settled.ts';
import type { EntityBinding } from './binding.ts';
import { ROOM_SERVICES } from './catalog-bindings.ts';
import { openConflicts } from './conflicts.ts';
import { leaveGoneToProcess } from './guard.ts';
import { markMirrorGone } from './mirror.ts';
import { loadPairs, writePairs } from './pairs.ts';
import { noteAudit, onlyGroups, type AuditEntry } from './record.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { ApplyScope } from './scope.ts';
import { timeOffBinding } from './time-bindings.ts';
import { createVisitBinding, visitMirror } from './visit-binding.ts';

export {
  absentClients,
  absentVisits,
  knownClients,
  knownVisits,
  type Absent,
  type PassScope,
  type Suspect,
} from './absent-rows.ts';

/** What happens here to records that Booksy answered 404 for, by id (R3, R18). Nothing is ever deleted but blocks. */

/** Marks records as gone at Booksy and switches off what could still be booked. */
export async function applyGone(
  scope: ApplyScope,
  binding: Pick<EntityBinding, 'entity' | 'mirror'>,
  externalIds: readonly string[],
): Promise<void> {
  if (externalIds.length === 0 || scope.plan !== null) return;
  await takeGone(scope, binding, await leaveGoneToProcess(scope, binding, externalIds));
}

/** The same for records whose writes were judged already: nothing is left to `process`. */
export async function takeGone(
  scope: ApplyScope,
  binding: Pick<EntityBinding, 'entity' | 'mirror'>,
  externalIds: readonly string[],
): Promise<void> {
  if (externalIds.length === 0) return;
  if (binding.entity === 'booking') {
    await goneVisits(scope, externalIds);
    return;
  }
  const switchable = SWITCHED_OFF[binding.entity];
  const written = [
    ...(switchable === undefined ? [] : [{ group: 'active', ours: false }]),
    ...(binding.entity === 'room' ? [{ group: ROOM_SERVICES.group, ours: [] }] : []),
  ];
  const recordIds = await markMirrorGone(scope, binding.mirror, externalIds, written);
  if (switchable !== undefined) await switchOff(scope, binding.entity, switchable, recordIds);
  else if (binding.entity === 'time_off') await removeBlocks(scope, recordIds);
  else {
    noteAudit(
      scope,
      recordIds.map((id) => goneEntry('marked_gone', binding.entity, id)),
    );
  }
}

async function switchOff(
  scope: ApplyScope,
  entity: SyncEntity,
  table: string,
  recordIds: readonly string[],
): Promise<void> {
  const rows = await scope.tx.$queryRaw<{ id: string }[]>`
    UPDATE ${Prisma.raw(table)} SET active = false WHERE id = ANY(${recordIds}::uuid[]) AND active RETURNING id`;
  const switched = new Set(rows.map(({ id }) => id));
  const given = entity === 'room' ? await giveUpServices(scope, recordIds) : new Map<string, Json>();
  noteAudit(
    scope,
    recordIds.map((id) => {
      const services = given.get(id);
      const before: GroupStates = {
        ...(switched.has(id) ? { active: true } : {}),
        ...(services === undefined ? {} : { services }),
      };
      const after: GroupStates = {
        ...(switched.has(id) ? { active: false } : {}),
        ...(services === undefined ? {} : { services: [] }),
      };
      return {
        ...goneEntry('marked_gone', entity, id),
        ...(Object.keys(before).length === 0 ? {} : { groups: Object.keys(before), before, after }),
      };
    }),
  );
}

/** A room that is no more is needed for nothing: what was given in it only could not be booked any more. */
async function giveUpServices(
  scope: ApplyScope,
  roomIds: readonly string[],
): Promise<ReadonlyMap<string, Json>> {
  const before = await loadPairs(scope, ROOM_SERVICES, roomIds);
  await writePairs(
    scope,
    ROOM_SERVICES,
    [...before.keys()].map((owner) => ({ owner, members: [] })),
  );
  return before;
}

/** The block ended at Booksy: the time is free again. What it was stays in the audit trail. */
async function removeBlocks(scope: ApplyScope, recordIds: readonly string[]): Promise<void> {
  const before = await timeOffBinding('time_off').loadOurs(scope, recordIds);
  await scope.tx.$executeRaw`DELETE FROM time_off WHERE id = ANY(${recordIds}::uuid[])`;
  noteAudit(
    scope,
    recordIds.map((id) => {
      const groups = before.get(id)?.groups;
      return {
        ...goneEntry('removed', 'time_off', id),
        ...(groups === undefined ? {} : { groups: Object.keys(groups).sort(), before: groups, after: {} }),
      };
    }),
  );
}

/** Tables of what stays but can no longer be booked. */
const SWITCHED_OFF: Readonly<Partial<Record<SyncEntity, string>>> = {
  service: 'services',
  variant: 'service_variants',
  staff: 'staff',
  room: 'rooms',
};

/**
 * Takes back what only the disappearance had done to records that are back after all; their groups follow by the merge.
 * Variants carry no state of their own at Booksy: one that is listed can be booked.
 */
export async function reappear(
  scope: ApplyScope,
  entity: SyncEntity,
  recordIds: readonly string[],
): Promise<void> {
  if (recordIds.length === 0) return;
  const back = await takeBack(scope, entity, recordIds);
  noteAudit(
    scope,
    back.map(({ id }) => ({
      action: 'updated',
      entity,
      recordId: id,
      externalId: null,
      reasonCode: 'back_at_booksy',
      groups: [],
    })),
  );
}

async function takeBack(
  scope: ApplyScope,
  entity: SyncEntity,
  recordIds: readonly string[],
): Promise<readonly { readonly id: string }[]> {
  if (entity === 'booking') {
    return scope.tx.$queryRaw`
      UPDATE bookings SET gone_at_booksy = NULL
       WHERE id = ANY(${recordIds}::uuid[]) AND gone_at_booksy IS NOT NULL RETURNING id`;
  }
  if (entity === 'variant') {
    return scope.tx.$queryRaw`
      UPDATE service_variants SET active = true WHERE id = ANY(${recordIds}::uuid[]) AND NOT active RETURNING id`;
  }
  return [];
}

/** What a visit becomes here that is gone at Booksy. */
const GONE_STATUS = { status: 'cancelled', reason: 'gone_at_booksy' } as const;

interface GoneVisitRow {
  booking_id: string;
  external_id: string;
  base_ours: GroupStates;
  base_counters: EditCounters;
  starts_at: Date;
}

async function goneVisits(scope: ApplyScope, externalIds: readonly string[]): Promise<void> {
  const rows = await scope.tx.$queryRaw<GoneVisitRow[]>`
    SELECT m.booking_id, m.external_id, m.base_ours, m.base_counters, b.starts_at
      FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
     WHERE m.business_id = ${scope.businessId}::uuid AND m.gone_at IS NULL
       AND m.external_id = ANY(${externalIds}::text[])
     ORDER BY m.external_id FOR UPDATE OF m`;
  const ours = await createVisitBinding().loadOurs(
    scope,
    rows.map((row) => row.booking_id),
  );
  const plans = rows.flatMap((row) => {
    const state = ours.get(row.booking_id);
    if (state === undefined) return [];
    const mirror = { baseOurs: row.base_ours, baseCounters: row.base_counters };
    return [{ row, plan: planGoneVisit(mirror, state, row.starts_at.toISOString(), scope.now) }];
  });
  const idsOf = (wanted: 'cancel' | 'keep_marked' | 'conflict') =>
    plans.filter(({ plan }) => plan === wanted).map(({ row }) => row.booking_id);

  await cancelGoneVisits(scope, idsOf('cancel'), ours);
  // Time that is free again overlaps nothing any more.
  await closeSettled(scope, idsOf('cancel'));
  await keepGoneVisits(scope, idsOf('keep_marked'));
  const disputed = plans.filter(({ plan }) => plan === 'conflict');
  await openConflicts(
    scope,
    disputed.map(({ row }) => ({
      kind: 'deleted_against_changed' as const,
      entity: 'booking' as const,
      recordId: row.booking_id,
      otherRecordId: null,
      externalId: row.external_id,
      groups: ['status'],
      detail: { goneAtBooksy: true },
      overtaken: false,
    })),
  );
  // Appointments of earlier generations belong to no visit any more: only their row knows (R16).
  await markMirrorGone(scope, visitMirror, externalIds);
}

/**
 * Cancels visits that are gone at Booksy. Our cancel is not an edit of a person: without its base the group is taken in again
 * if the visit is back after all.
 *
 * @param ours the visits as they are, where they were loaded already
 */
export async function cancelGoneVisits(
  scope: ApplyScope,
  bookingIds: readonly string[],
  ours?: ReadonlyMap<string, OursState>,
): Promise<void> {
  if (bookingIds.length === 0) return;
  const before = ours ?? (await createVisitBinding().loadOurs(scope, bookingIds));
  const edits = await scope.tx.$queryRaw<{ id: string; status_edits: number }[]>`
    UPDATE bookings SET status = ${GONE_STATUS.status}, status_reason = ${GONE_STATUS.reason}
     WHERE business_id = ${scope.businessId}::uuid AND id = ANY(${bookingIds}::uuid[])
    RETURNING id, status_edits`;
  const editsOf = new Map(edits.map((row) => [row.id, row.status_edits]));
  await scope.tx.$executeRaw`
    UPDATE external_bookings m
       SET base_theirs = m.base_theirs - 'status',
           base_ours = m.base_ours || jsonb_build_object(
             'status', jsonb_build_object('status', b.status, 'reason', b.status_reason)),
           base_counters = m.base_counters || jsonb_build_object('status', b.status_edits)
      FROM bookings b
     WHERE b.id = m.booking_id AND m.business_id = ${scope.businessId}::uuid
       AND m.booking_id = ANY(${bookingIds}::uuid[])`;
  noteAudit(
    scope,
    bookingIds.map((id) => ({
      ...goneEntry('cancelled', 'booking', id),
      groups: ['status'],
      before: onlyGroups(before.get(id)?.groups ?? {}, ['status']),
      after: { status: GONE_STATUS },
      counters: { status: editsOf.get(id) ?? 0 },
    })),
  );
}

/** Keeps visits that are gone at Booksy, and marks them (R18). */
export async function keepGoneVisits(scope: ApplyScope, bookingIds: readonly string[]): Promise<void> {
  if (bookingIds.length === 0) return;
  await scope.tx.$executeRaw`
    UPDATE bookings SET gone_at_booksy = ${scope.now}::timestamptz
     WHERE business_id = ${scope.businessId}::uuid AND id = ANY(${bookingIds}::uuid[])`;
  noteAudit(
    scope,
    bookingIds.map((id) => goneEntry('marked_gone', 'booking', id)),
  );
}

function goneEntry(action: AuditEntry['action'], entity: SyncEntity, recordId: string): AuditEntry {
  return { action, entity, recordId, externalId: null, reasonCode: 'gone_at_booksy', groups: [] };
}
