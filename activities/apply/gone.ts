import { Prisma, type Tx } from '../../infra/database/index.ts';
import { planGoneVisit, type EditCounters } from '../../domain/plan.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { VisitWindow } from '../../domain/windows.ts';
import type { EntityBinding } from './binding.ts';
import { openConflicts } from './conflicts.ts';
import { markMirrorGone } from './mirror.ts';
import { noteAudit, type AuditEntry } from './record.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { ApplyScope } from './scope.ts';
import { createVisitBinding, visitMirror } from './visit-binding.ts';

/** What happens here to records that Booksy answered 404 for, by id (R3, R18). Nothing is ever deleted but blocks. */

/** Marks records as gone at Booksy and switches off what could still be booked. */
export async function applyGone(
  scope: ApplyScope,
  binding: Pick<EntityBinding, 'entity' | 'mirror'>,
  externalIds: readonly string[],
): Promise<void> {
  if (externalIds.length === 0 || scope.plan !== null) return;
  if (binding.entity === 'booking') {
    await goneVisits(scope, externalIds);
    return;
  }
  const switchable = SWITCHED_OFF[binding.entity];
  const written = switchable === undefined ? null : { group: 'active', ours: false };
  const recordIds = await markMirrorGone(scope, binding.mirror, externalIds, written);
  if (switchable !== undefined) {
    await scope.tx.$executeRaw`
      UPDATE ${Prisma.raw(switchable)} SET active = false WHERE id = ANY(${recordIds}::uuid[]) AND active`;
  }
  if (binding.entity === 'time_off') {
    // The block ended at Booksy: the time is free again.
    await scope.tx.$executeRaw`DELETE FROM time_off WHERE id = ANY(${recordIds}::uuid[])`;
  }
  const action = binding.entity === 'time_off' ? 'removed' : 'marked_gone';
  noteAudit(
    scope,
    recordIds.map((id) => goneEntry(action, binding.entity, id)),
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
  if (entity === 'booking') {
    await scope.tx.$executeRaw`
      UPDATE bookings SET gone_at_booksy = NULL
       WHERE id = ANY(${recordIds}::uuid[]) AND gone_at_booksy IS NOT NULL`;
  }
  if (entity === 'variant') {
    await scope.tx.$executeRaw`
      UPDATE service_variants SET active = true WHERE id = ANY(${recordIds}::uuid[]) AND NOT active`;
  }
}

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

  const cancelled = idsOf('cancel');
  await scope.tx.$executeRaw`
    UPDATE bookings SET status = 'cancelled', status_reason = 'gone_at_booksy'
     WHERE business_id = ${scope.businessId}::uuid AND id = ANY(${cancelled}::uuid[])`;
  const kept = idsOf('keep_marked');
  await scope.tx.$executeRaw`
    UPDATE bookings SET gone_at_booksy = ${scope.now}::timestamptz
     WHERE business_id = ${scope.businessId}::uuid AND id = ANY(${kept}::uuid[])`;
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
  await markMirrorGone(
    scope,
    visitMirror,
    rows.map((row) => row.external_id),
    null,
  );
  // Our cancel is not an edit of a person: without its base the group is taken in again if the visit is back after all.
  await scope.tx.$executeRaw`
    UPDATE external_bookings m
       SET base_theirs = m.base_theirs - 'status',
           base_ours = m.base_ours || jsonb_build_object(
             'status', jsonb_build_object('status', b.status, 'reason', b.status_reason)),
           base_counters = m.base_counters || jsonb_build_object('status', b.status_edits)
      FROM bookings b
     WHERE b.id = m.booking_id AND m.business_id = ${scope.businessId}::uuid
       AND m.booking_id = ANY(${cancelled}::uuid[])`;
  noteAudit(scope, [
    ...cancelled.map((id) => goneEntry('cancelled', 'booking', id)),
    ...kept.map((id) => goneEntry('marked_gone', 'booking', id)),
  ]);
}

function goneEntry(action: AuditEntry['action'], entity: SyncEntity, recordId: string): AuditEntry {
  return { action, entity, recordId, externalId: null, reasonCode: 'gone_at_booksy', groups: [] };
}

/** A linked record that a complete pass did not show. */
export interface Suspect {
  readonly entity: 'profile' | 'booking' | 'time_off';
  /** The id to read at Booksy. */
  readonly externalId: string;
  /** The mirror's id, where it is another: a block is one of several of its reservation. */
  readonly mirrorId: string;
}

interface SuspectRow {
  entity: Suspect['entity'];
  external_id: string;
  mirror_id: string;
  known: bigint;
}

export interface PassScope {
  readonly businessId: string;
  readonly runId: string;
  readonly windowKey: string;
}

/** Cards that a complete pass over the clients did not show. */
export async function absentClients(tx: Tx, pass: PassScope): Promise<Absent> {
  return absentOf(
    await tx.$queryRaw<SuspectRow[]>`
    WITH inside AS (
      SELECT 'profile' AS entity, external_id, external_id AS mirror_id FROM external_clients
       WHERE business_id = ${pass.businessId}::uuid AND gone_at IS NULL
    ), ${marked(pass)}
    SELECT entity, external_id, mirror_id, (SELECT count(*) FROM inside) AS known
      FROM marked WHERE NOT was_shown ORDER BY mirror_id`,
  );
}

/**
 * Visits and reservations of a window that a complete pass over it did not show. Cancelled ones are left out where
 * Booksy does not list them (R5).
 */
export async function absentVisits(
  tx: Tx,
  pass: PassScope,
  window: VisitWindow,
  cancelledListed: boolean,
): Promise<Absent> {
  return absentOf(
    await tx.$queryRaw<SuspectRow[]>`
    WITH known AS (
      SELECT 'booking' AS entity, external_id, external_id AS mirror_id, starts_local
        FROM external_bookings
       WHERE business_id = ${pass.businessId}::uuid AND gone_at IS NULL
         AND (${cancelledListed} OR remote #>> '{status,status}' <> 'cancelled')
      UNION ALL
      SELECT 'time_off', split_part(m.external_id, ':', 1), m.external_id, t.starts_local
        FROM external_time_off m JOIN time_off t ON t.id = m.time_off_id
       WHERE m.business_id = ${pass.businessId}::uuid AND m.source = 'reservation' AND m.gone_at IS NULL
    ), inside AS (
      SELECT * FROM known
       WHERE (${window.fromLocal}::timestamp IS NULL OR starts_local >= ${window.fromLocal}::timestamp)
         AND (${window.tillLocal}::timestamp IS NULL OR starts_local < ${window.tillLocal}::timestamp)
    ), ${marked(pass)}
    SELECT entity, external_id, mirror_id, (SELECT count(*) FROM inside) AS known
      FROM marked WHERE NOT was_shown ORDER BY starts_local DESC, mirror_id`,
  );
}

/** How many cards are known here. */
export async function knownClients(tx: Tx, businessId: string): Promise<number> {
  const rows = await tx.$queryRaw<{ known: bigint }[]>`
    SELECT count(*) AS known FROM external_clients WHERE business_id = ${businessId}::uuid AND gone_at IS NULL`;
  return Number(rows[0]?.known ?? 0);
}

/** How many visits and reservations are known here in a window: what a share of it is measured against. */
export async function knownVisits(tx: Tx, businessId: string, window: VisitWindow): Promise<number> {
  const rows = await tx.$queryRaw<{ known: bigint }[]>`
    WITH known AS (
      SELECT starts_local FROM external_bookings WHERE business_id = ${businessId}::uuid AND gone_at IS NULL
      UNION ALL
      SELECT t.starts_local FROM external_time_off m JOIN time_off t ON t.id = m.time_off_id
       WHERE m.business_id = ${businessId}::uuid AND m.source = 'reservation' AND m.gone_at IS NULL
    )
    SELECT count(*) AS known FROM known
     WHERE (${window.fromLocal}::timestamp IS NULL OR starts_local >= ${window.fromLocal}::timestamp)
       AND (${window.tillLocal}::timestamp IS NULL OR starts_local < ${window.tillLocal}::timestamp)`;
  return Number(rows[0]?.known ?? 0);
}

export interface Absent {
  readonly suspects: readonly Suspect[];
  /** Records that are known here in the window. */
  readonly known: number;
}

/**
 * Marks what a pass has shown. A window function over both sides instead of an anti-join: tables that were just filled have
 * no statistics, and a planner that believes in one row compares each with each.
 */
function marked(pass: PassScope): Prisma.Sql {
  return Prisma.sql`both_sides AS (
      SELECT to_jsonb(i) AS row, i.external_id, false AS shown FROM inside i
      UNION ALL
      SELECT NULL, p.external_id, true FROM sync_pass_rows p
       WHERE p.run_id = ${pass.runId}::uuid AND p.window_key = ${pass.windowKey}
    ), shown_or_not AS (
      SELECT row, bool_or(shown) OVER (PARTITION BY external_id) AS was_shown FROM both_sides
    ), marked AS (
      SELECT row ->> 'entity' AS entity, row ->> 'external_id' AS external_id, row ->> 'mirror_id' AS mirror_id,
             row ->> 'starts_local' AS starts_local, was_shown
        FROM shown_or_not WHERE row IS NOT NULL
    )`;
}

function absentOf(rows: readonly SuspectRow[]): Absent {
  return {
    suspects: rows.map((row) => ({
      entity: row.entity,
      externalId: row.external_id,
      mirrorId: row.mirror_id,
    })),
    known: Number(rows[0]?.known ?? 0),
  };
}
