import type { SyncEntity } from '../../domain/entities.ts';
import { Prisma, type Tx } from '../database/index.ts';
import { MIRRORS } from './picture.ts';

/** Conflicts about what waits in quarantine (SPEC 4.1): they open and close with the entries that they are about. */

/** An entry of the quarantine, as a conflict tells of it. */
export interface SetAside {
  readonly entity: SyncEntity;
  /** Booksy's id, or `window:…` of removals that wait (R3). */
  readonly externalId: string;
  readonly reasonCode: string;
  readonly affected: number | null;
  /** Start of the earliest visit that it is about, ISO instant. */
  readonly urgentAt: string | null;
}

/** As many of a business are open at once: who has more of them has one cause, and the list of errors shows all. */
const MOST_OPEN = 100;

/**
 * Opens a conflict for each entry that waits and has none; news of an entry change the one that is open. What a person chose
 * to leave is not opened again while the entry says the same.
 */
export async function openQuarantined(
  tx: Pick<Tx, '$executeRaw'>,
  { businessId, runId }: { readonly businessId: string; readonly runId: string },
  entries: readonly SetAside[],
): Promise<void> {
  if (entries.length === 0) return;
  const payload = entries.map(({ entity, externalId, reasonCode, affected, urgentAt }) => ({
    entity,
    external_id: externalId,
    urgent_at: urgentAt,
    detail: {
      reasonCode,
      ...(affected === null ? {} : { affected }),
      ...(urgentAt === null ? {} : { urgentAt }),
    },
  }));
  await tx.$executeRaw`
    WITH found AS (
      SELECT r.*, q.first_seen_at, ${recordOf(businessId)} AS record_id
        FROM jsonb_to_recordset(${JSON.stringify(payload)}::jsonb) AS r(
             entity text, external_id text, urgent_at timestamptz, detail jsonb)
        JOIN quarantine q ON q.business_id = ${businessId}::uuid AND q.entity = r.entity AND q.external_id = r.external_id
         AND q.released_at IS NULL
    ), news AS (
      UPDATE booksy_sync_conflicts c
         SET detail = f.detail, notify_admin = NULL, record_id = coalesce(f.record_id, c.record_id),
             version = c.version + 1, updated_at = now()
        FROM found f
       WHERE c.business_id = ${businessId}::uuid AND c.status = 'open' AND c.kind = 'quarantine'
         AND c.entity = f.entity AND c.external_id = f.external_id
         AND c.detail IS DISTINCT FROM f.detail
    )
    INSERT INTO booksy_sync_conflicts
      (id, business_id, kind, entity, record_id, external_id, detail, run_id, opened_at, updated_at, remind_at, escalate_at)
    SELECT gen_random_uuid(), ${businessId}::uuid, 'quarantine', f.entity, f.record_id, f.external_id, f.detail,
           ${runId}::uuid, now(), now(), NULL, NULL
      FROM found f
     WHERE NOT EXISTS (
       SELECT FROM booksy_sync_conflicts c
        WHERE c.business_id = ${businessId}::uuid AND c.kind = 'quarantine' AND c.entity = f.entity
          AND c.external_id = f.external_id
          AND (c.status = 'open' OR (c.resolution = 'ignore' AND c.resolved_at >= f.first_seen_at
                                     AND c.detail - 'urgentAt' = f.detail - 'urgentAt')))
     ORDER BY f.urgent_at, f.entity, f.external_id
     LIMIT greatest(0, ${MOST_OPEN} - (
       SELECT count(*) FROM booksy_sync_conflicts c
        WHERE c.business_id = ${businessId}::uuid AND c.status = 'open' AND c.kind = 'quarantine'))`;
}

/** The record here that is linked with what `r` names; null where there is none. */
function recordOf(businessId: string): Prisma.Sql {
  const cases = Object.entries(MIRRORS).map(
    ([entity, { table, link, only }]) => Prisma.sql`WHEN ${entity} THEN (
      SELECT m.${Prisma.raw(link)} FROM ${Prisma.raw(table)} m
       WHERE m.business_id = ${businessId}::uuid AND m.external_id = r.external_id
         ${only === null ? Prisma.empty : Prisma.raw(`AND m.${only}`)} LIMIT 1)`,
  );
  return Prisma.sql`CASE r.entity ${Prisma.join(cases, ' ')} END`;
}

/** What is told of a conflict that closes with its entry. */
export interface ClosedWithEntry {
  readonly id: string;
  readonly entity: string;
  readonly recordId: string | null;
  readonly externalId: string | null;
}

/**
 * Closes the conflicts about entries that wait no more. Whoever releases calls it, in the same transaction, and writes down
 * what it returns.
 */
export async function closeQuarantined(
  tx: Pick<Tx, '$queryRaw'>,
  businessId: string,
  entity: string,
  externalIds: readonly string[],
): Promise<readonly ClosedWithEntry[]> {
  if (externalIds.length === 0) return [];
  const rows = await tx.$queryRaw<
    { id: string; entity: string; record_id: string | null; external_id: string | null }[]
  >`
    UPDATE booksy_sync_conflicts
       SET status = 'closed', resolution = 'cause_gone', resolved_at = now(), updated_at = now(), version = version + 1
     WHERE business_id = ${businessId}::uuid AND status = 'open' AND kind = 'quarantine' AND entity = ${entity}
       AND external_id = ANY(${[...externalIds]}::text[])
    RETURNING id::text, entity, record_id::text, external_id`;
  return rows.map((row) => ({
    id: row.id,
    entity: row.entity,
    recordId: row.record_id,
    externalId: row.external_id,
  }));
}
