import { Prisma, type Db, type Tx } from '../database/index.ts';
import { INSTALLATION_CHAIN, type LinkedRow } from './links.ts';

/** Rows of a chain, batch by batch. */
export const BATCH = 2000;

/** A link of a chain; noted outside of the database, a chain that was cut off behind it and sealed again shows. */
export interface AuditAnchor {
  readonly seq: string;
  /** Hexadecimal. */
  readonly hash: string;
}

/** The chains of these businesses, and with `null` among them the installation's own, with their heads. */
export async function auditChains(
  db: Db,
  businessIds: readonly (string | null)[],
): Promise<readonly { readonly businessId: string | null; readonly head: AuditAnchor | null }[]> {
  const ids = businessIds.map((id) => id ?? INSTALLATION_CHAIN);
  const rows = await db.$queryRaw<{ id: string; seq: bigint | null; hash: Uint8Array | null }[]>`
    SELECT c.id, h.seq, h.hash
      FROM unnest(${ids}::uuid[]) AS c(id) LEFT JOIN booksy_audit_heads h ON h.chain_id = c.id
     WHERE h.chain_id IS NOT NULL
        OR EXISTS (SELECT FROM booksy_audit_log l WHERE l.business_id = c.id)
        OR c.id = ${INSTALLATION_CHAIN}::uuid AND EXISTS (SELECT FROM booksy_audit_log l WHERE l.business_id IS NULL)
     ORDER BY c.id`;
  return rows.map(({ id, seq, hash }) => ({
    businessId: id === INSTALLATION_CHAIN ? null : id,
    head: seq === null ? null : { seq: seq.toString(), hash: hexOf(hash) },
  }));
}

export interface Row extends LinkedRow {
  readonly seq: bigint;
  readonly commitment: Uint8Array | null;
  readonly prevHash: Uint8Array | null;
  readonly hash: Uint8Array | null;
  readonly sealed: Uint8Array | null;
  readonly kept: boolean;
  readonly erased: boolean;
}

export interface Head {
  readonly seq: bigint;
  readonly hash: Uint8Array;
  readonly rows: number;
  readonly digest: string;
  readonly lastId: bigint;
}

export async function headOf(tx: Tx, businessId: string | null): Promise<Head | null> {
  const rows = await tx.$queryRaw<
    { seq: bigint; hash: Uint8Array; rows: number; digest: string; last_id: bigint }[]
  >`
    SELECT seq, hash, coalesce((genesis ->> 'rows')::int, -1) AS rows, coalesce(genesis ->> 'digest', '') AS digest,
           coalesce((genesis ->> 'lastId')::bigint, 0) AS last_id
      FROM booksy_audit_heads WHERE chain_id = ${businessId ?? INSTALLATION_CHAIN}::uuid`;
  const row = rows[0];
  return row === undefined ? null : { ...row, lastId: row.last_id };
}

/** The columns of an entry, for a statement that names the table `l`. */
export const AUDIT_COLUMNS = Prisma.sql`l.seq, l.id, l.business_id, l.at, l.actor, l.action, l.entity, l.record_id, l.external_id, l.run_id,
  l.reason_code, l.groups, l.reason, l.undo_of, l.entry_id`;

/** An entry as the database gives it. */
export interface AuditDbRow {
  seq: bigint | null;
  id: bigint;
  business_id: string | null;
  at: Date;
  actor: string;
  action: string;
  entity: string | null;
  record_id: string | null;
  external_id: string | null;
  run_id: string | null;
  reason_code: string | null;
  groups: string[];
  reason: string | null;
  undo_of: bigint | null;
  entry_id: string | null;
}

/** The same in our words. */
export function linkedRow(row: AuditDbRow): LinkedRow {
  return {
    seq: row.seq,
    id: row.id,
    businessId: row.business_id,
    at: row.at,
    actor: row.actor,
    action: row.action,
    entity: row.entity,
    recordId: row.record_id,
    externalId: row.external_id,
    runId: row.run_id,
    reasonCode: row.reason_code,
    groups: row.groups,
    reason: row.reason,
    undoOf: row.undo_of,
    entryId: row.entry_id,
  };
}

/** Rows without a place in a chain, by id. */
export async function olderRows(
  tx: Tx,
  businessId: string | null,
  after: bigint | null,
): Promise<readonly LinkedRow[]> {
  const rows = await tx.$queryRaw<AuditDbRow[]>`
    SELECT ${AUDIT_COLUMNS} FROM booksy_audit_log l
     WHERE ${chainIs(businessId)} AND l.seq IS NULL AND (${after}::bigint IS NULL OR l.id > ${after})
     ORDER BY l.id LIMIT ${BATCH}`;
  return rows.map(linkedRow);
}

/** Rows of the chain behind a place, with their values. */
export async function chainRows(tx: Tx, businessId: string | null, after: bigint): Promise<readonly Row[]> {
  const rows = await tx.$queryRaw<
    (AuditDbRow & {
      seq: bigint;
      commitment: Uint8Array | null;
      prev_hash: Uint8Array | null;
      hash: Uint8Array | null;
      kept: boolean;
      sealed_values: Uint8Array | null;
      erased: boolean;
    })[]
  >`
    SELECT ${AUDIT_COLUMNS}, l.commitment, l.prev_hash, l.hash, v.entry_id IS NOT NULL AS kept, v.sealed_values,
           v.erased_at IS NOT NULL AS erased
      FROM booksy_audit_log l LEFT JOIN booksy_audit_values v ON v.entry_id = l.entry_id
     WHERE ${chainIs(businessId)} AND l.seq > ${after}
     ORDER BY l.seq LIMIT ${BATCH}`;
  return rows.map((row) => ({
    ...linkedRow(row),
    seq: row.seq,
    commitment: row.commitment,
    prevHash: row.prev_hash,
    hash: row.hash,
    kept: row.kept,
    sealed: row.sealed_values,
    erased: row.erased,
  }));
}

/** Whether a link that was verified before is still there as it was. */
export async function isStillThere(
  tx: Tx,
  businessId: string | null,
  { seq, hash }: AuditAnchor,
): Promise<boolean> {
  const rows = await tx.$queryRaw<{ hash: Uint8Array | null }[]>`
    SELECT l.hash FROM booksy_audit_log l WHERE ${chainIs(businessId)} AND l.seq = ${BigInt(seq)}`;
  return hexOf(rows[0]?.hash ?? null) === hash;
}

/** Of one chain only, by its index; the installation's own is the one without a business. */
function chainIs(businessId: string | null): Prisma.Sql {
  return businessId === null
    ? Prisma.sql`l.business_id IS NULL`
    : Prisma.sql`l.business_id = ${businessId}::uuid`;
}

/** Values of the chain's business that no row of it stands for. */
export async function strayValues(tx: Tx, businessId: string | null): Promise<readonly string[]> {
  const rows = await tx.$queryRaw<{ entry_id: string }[]>`
    SELECT v.entry_id FROM booksy_audit_values v
     WHERE v.business_id IS NOT DISTINCT FROM ${businessId}::uuid
       AND v.entry_id NOT IN (SELECT l.entry_id FROM booksy_audit_log l
                               WHERE l.business_id IS NOT DISTINCT FROM ${businessId}::uuid AND l.entry_id IS NOT NULL)
     ORDER BY v.entry_id LIMIT ${BATCH}`;
  return rows.map((row) => row.entry_id);
}

/** Bytes as they are noted; empty where there are none. */
export function hexOf(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString('hex');
}
