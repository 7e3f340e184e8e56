import type pg from 'pg';
import { verifyChain } from '../../infra/audit/verify.ts';
import type { Vault } from '../../infra/crypto.ts';
import type { Db } from '../../infra/database/index.ts';

/**
 * I7 of the invariants: effects = audit rows, and the chain verifies. Effects are read from where they are, the rows of the
 * platform, the mirror, the intents and the conflicts; each finding is one line that names the record.
 *
 * Run it when the engine is quiet.
 *
 * @param edited ids of records that a person or the platform edited here: their versions say nothing about the sync
 */
export async function effectsAgainstAudit(
  { db, pool, vault }: { readonly db: Db; readonly pool: pg.Pool; readonly vault: Vault },
  businessId: string,
  edited: ReadonlySet<string> = new Set(),
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { what, query } of CHECKS) {
    const { rows } = await pool.query<{ id: string; detail: string }>(query, [businessId]);
    for (const { id, detail } of rows) if (!edited.has(id)) found.push(`${what}: ${id} ${detail}`);
  }
  // What a person edited here goes out all the same, so intents are counted for every record.
  const { rows } = await pool.query<{ id: string; detail: string }>(INTENTS, [businessId]);
  for (const { id, detail } of rows) found.push(`confirmed writes and their entries differ: ${id} ${detail}`);
  const { faults } = await verifyChain(db, vault, { businessId });
  for (const { code, seq } of faults) found.push(`the chain does not verify: ${code} at ${seq ?? '?'}`);
  return found;
}

/** Entries that say that a group of a record changed here. */
const CHANGED = `('updated', 'cancelled', 'marked_gone', 'resolved', 'overbooked', 'undone', 'linked', 'merged', 'unmerged')`;

/**
 * Row versions of a record and of what belongs to it, above those of a row that was only made. Variants are left out: their
 * staff is written after them and raises their version.
 */
const VERSIONS = `
  SELECT b.id, 'booking' AS entity, b.source = 'booksy' AS came,
         b.row_version - 1 + coalesce((SELECT sum(i.row_version - 1) FROM booking_items i WHERE i.booking_id = b.id), 0) AS changes
    FROM bookings b WHERE b.business_id = $1
  UNION ALL SELECT id, 'profile', false, row_version - 1 FROM profiles WHERE business_id = $1
  UNION ALL SELECT id, 'service', false, row_version - 1 FROM services WHERE business_id = $1
  UNION ALL SELECT id, 'staff', false, row_version - 1 FROM staff WHERE business_id = $1
  UNION ALL SELECT id, 'room', false, row_version - 1 FROM rooms WHERE business_id = $1`;

const CHECKS: readonly { readonly what: string; readonly query: string }[] = [
  {
    what: 'changed without an entry',
    query: `
      SELECT v.id::text, format('%s, %s changes', v.entity, v.changes) AS detail FROM (${VERSIONS}) v
       WHERE v.changes > 0
         AND NOT EXISTS (SELECT FROM booksy_audit_log l WHERE l.record_id = v.id AND l.entity = v.entity AND l.action IN ${CHANGED})`,
  },
  {
    what: 'entry without a change',
    query: `
      SELECT v.id::text, format('%s, %s', v.entity, l.action) AS detail FROM (${VERSIONS}) v
        JOIN booksy_audit_log l ON l.record_id = v.id AND l.entity = v.entity AND l.action IN ('updated', 'cancelled')
       WHERE v.changes = 0 AND cardinality(l.groups) > 0
         -- Items that came or went change no version that is left.
         AND NOT EXISTS (SELECT FROM unnest(l.groups) g WHERE g LIKE 'item:%')`,
  },
  {
    what: 'made by the sync without one entry',
    query: `
      SELECT v.id::text, format('%s, %s entries', v.entity, count(l.id)) AS detail FROM (${VERSIONS}) v
        LEFT JOIN booksy_audit_log l ON l.record_id = v.id AND l.entity = v.entity AND l.action = 'created'
       WHERE v.came GROUP BY v.id, v.entity HAVING count(l.id) <> 1`,
  },
  {
    what: 'gone at Booksy without an entry',
    query: `
      SELECT m.booking_id::text AS id, m.external_id AS detail FROM external_bookings m
       WHERE m.business_id = $1 AND m.gone_at IS NOT NULL AND m.booking_id IS NOT NULL
         AND NOT EXISTS (SELECT FROM booksy_audit_log l WHERE l.record_id = m.booking_id
                          AND l.action IN ('cancelled', 'marked_gone', 'sent', 'noted'))
         AND NOT EXISTS (SELECT FROM booksy_sync_conflicts c WHERE c.record_id = m.booking_id)`,
  },
  {
    what: 'resolved without an entry',
    query: `
      SELECT c.record_id::text AS id, format('%s %s', c.kind, c.resolution) AS detail FROM booksy_sync_conflicts c
       WHERE c.business_id = $1 AND c.resolution_id IS NOT NULL AND c.resolution_outcome = 'applied'
         AND NOT EXISTS (SELECT FROM booksy_audit_log l WHERE l.run_id = c.resolution_id
                          AND l.action IN ('resolved', 'overbooked'))`,
  },
];

/** A write that was confirmed may be closed since; one that was never answered well is closed too and has no entry. */
const INTENTS = `
  SELECT coalesce(i.record_id, l.record_id)::text AS id,
         format('%s confirmed, %s closed, %s entries', coalesce(i.confirmed, 0), coalesce(i.closed, 0), coalesce(l.n, 0)) AS detail
    FROM (SELECT entity, record_id, count(*) FILTER (WHERE state = 'confirmed') AS confirmed,
                 count(*) FILTER (WHERE state IN ('closed', 'late_acted')) AS closed
            FROM sync_intents WHERE business_id = $1 GROUP BY entity, record_id) i
    FULL JOIN (SELECT entity, record_id, count(*) AS n FROM booksy_audit_log
                WHERE business_id = $1 AND action IN ('sent', 'sent_new') GROUP BY entity, record_id) l
      ON l.entity = i.entity AND l.record_id = i.record_id
   WHERE coalesce(l.n, 0) NOT BETWEEN coalesce(i.confirmed, 0) AND coalesce(i.confirmed, 0) + coalesce(i.closed, 0)`;
