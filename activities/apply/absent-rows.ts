import { Prisma, type Tx } from '../../infra/database/index.ts';
import type { VisitWindow } from '../../domain/windows.ts';

/** Which linked records a complete pass did not show (R2, R3). */

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
