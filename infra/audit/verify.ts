import { createHash } from 'node:crypto';
import { Prisma, type Db, type Tx } from '../database/index.ts';
import type { Vault } from '../crypto.ts';
import { commitmentOf, genesisOf, INSTALLATION_CHAIN, linkOf, rowText, type LinkedRow } from './links.ts';
import { openValues } from './values.ts';

/** What can be wrong with a chain; each names the place. */
export const AUDIT_FAULTS = {
  row_changed: 'The row does not say what its link says: it was changed, or put in the place of another.',
  link_broken: 'The row does not follow the one before it: rows were exchanged or inserted.',
  rows_missing: 'Rows of the chain are not there: they were deleted.',
  rows_cut_off: 'The chain ends before its head: the last rows were deleted.',
  head_missing: 'The chain has rows, but its head is gone.',
  head_changed: 'The head of the chain does not say what its last row says.',
  unchained_row: 'A row was inserted past the chain.',
  old_rows_changed: 'The rows of before the chain are not those that its first link stands for.',
  values_missing: 'The values of the row are not there, and no erasure says so.',
  values_changed: 'The values of the row are not those that its link stands for.',
  values_unknown: 'Values are kept that belong to no row.',
  anchor_missed: 'The chain no longer holds what was noted of it earlier.',
} as const;
export type AuditFaultCode = keyof typeof AUDIT_FAULTS;

export interface AuditFault {
  readonly code: AuditFaultCode;
  /** Null for the installation's own chain. */
  readonly businessId: string | null;
  /** Place in the chain, where it has one. */
  readonly seq: string | null;
  /** Id of the entry, where there is one. */
  readonly id: string | null;
}

/** A chain's head at some time, kept outside of the database: what was cut off behind it shows. */
export interface AuditAnchor {
  readonly businessId: string | null;
  readonly seq: string;
  /** Hexadecimal. */
  readonly hash: string;
}

export interface ChainReport {
  readonly businessId: string | null;
  readonly entries: number;
  /** Of before the chain. */
  readonly olderEntries: number;
  readonly valuesChecked: number;
  readonly valuesErased: number;
  readonly faults: readonly AuditFault[];
  /** More faults than these were found. */
  readonly more: number;
  readonly anchor: AuditAnchor;
}

/** Faults that a report names; a chain that was rewritten has as many as rows. */
const NAMED_FAULTS = 100;
const BATCH = 2000;

interface Row extends LinkedRow {
  readonly seq: bigint;
  readonly commitment: Uint8Array | null;
  readonly prevHash: Uint8Array | null;
  readonly hash: Uint8Array | null;
  readonly sealed: Uint8Array | null;
  readonly kept: boolean;
  readonly erased: boolean;
}

/** The chains that there are: one per business, and the installation's own. */
export async function auditChains(db: Db): Promise<readonly (string | null)[]> {
  const rows = await db.$queryRaw<{ business_id: string | null }[]>`
    SELECT NULLIF(chain_id, ${INSTALLATION_CHAIN}::uuid) AS business_id FROM booksy_audit_heads
    UNION SELECT DISTINCT business_id FROM booksy_audit_log
    ORDER BY business_id NULLS FIRST`;
  return rows.map((row) => row.business_id);
}

/**
 * Walks one chain from its first link to its head and makes every link again. Reads in batches of one snapshot, so it may
 * run beside writers.
 *
 * @param vault opens the values to compare them with their commitments
 * @param anchor what was noted of the chain earlier, if anything
 */
export async function verifyChain(
  db: Db,
  vault: Vault,
  businessId: string | null,
  anchor?: AuditAnchor,
): Promise<ChainReport> {
  return db.$transaction((tx) => walk({ tx, vault, businessId }, anchor), {
    isolationLevel: 'RepeatableRead',
    timeout: 30 * 60_000,
    maxWait: 10_000,
  });
}

interface Walk {
  readonly tx: Tx;
  readonly vault: Vault;
  readonly businessId: string | null;
}
type Report = (
  code: AuditFaultCode,
  at?: { readonly seq?: bigint | null; readonly id?: bigint | string | null },
) => void;

async function walk(chain: Walk, anchor: AuditAnchor | undefined): Promise<ChainReport> {
  const { tx, businessId } = chain;
  const faults: AuditFault[] = [];
  let more = 0;
  const report: Report = (code, at = {}) => {
    if (faults.length >= NAMED_FAULTS) more += 1;
    else faults.push({ code, businessId, seq: textOf(at.seq), id: textOf(at.id) });
  };

  const head = await headOf(tx, businessId);
  const older = await checkOlderRows(chain, head, report);
  const place: Place = { seq: 0n, hash: head === null ? null : older.genesis, entries: 0 };
  const values = { checked: 0, erased: 0 };
  let anchored = anchor === undefined || anchor.seq === '0';
  for (;;) {
    const rows = await chainRows(tx, businessId, place.seq);
    for (const row of rows) {
      checkLink(row, place, report);
      const verdict = checkValues(chain, row);
      if (verdict === 'checked' || verdict === 'erased') values[verdict] += 1;
      else if (verdict !== 'none') report(verdict, row);
      if (anchor?.seq === row.seq.toString()) anchored = hexOf(row.hash) === anchor.hash;
    }
    if (rows.length < BATCH) break;
  }
  checkHead(head, place, report);
  if (!anchored) report('anchor_missed', { seq: BigInt(anchor?.seq ?? '0') });
  for (const entryId of await strayValues(tx, businessId)) report('values_unknown', { id: entryId });
  return {
    businessId,
    entries: place.entries,
    olderEntries: older.rows,
    valuesChecked: values.checked,
    valuesErased: values.erased,
    faults,
    more,
    anchor: { businessId, seq: place.seq.toString(), hash: hexOf(place.hash) },
  };
}

/** Where the walk stands: the row before the next one. */
interface Place {
  seq: bigint;
  /** Null where it is not known: nothing can be said of the link to it. */
  hash: Uint8Array | null;
  entries: number;
}

function checkLink(row: Row, place: Place, report: Report): void {
  const before = row.prevHash ?? Buffer.alloc(0);
  const gap = row.seq !== place.seq + 1n;
  if (gap) report('rows_missing', { seq: place.seq + 1n });
  else if (place.hash !== null && !same(before, place.hash)) report('link_broken', row);
  if (row.hash === null || !same(linkOf(before, row, row.commitment), row.hash)) report('row_changed', row);
  place.seq = row.seq;
  place.hash = row.hash;
  place.entries += 1;
}

function checkValues(
  { vault, businessId }: Walk,
  row: Row,
): 'checked' | 'erased' | 'none' | 'values_missing' | 'values_changed' {
  if (row.commitment === null) return row.kept ? 'values_changed' : 'none';
  if (!row.kept) return 'values_missing';
  if (row.sealed === null) return row.erased ? 'erased' : 'values_missing';
  if (row.entryId === null) return 'values_changed';
  try {
    const { salt, values } = openValues(vault, businessId, row.entryId, row.sealed);
    return same(commitmentOf(salt, values), row.commitment) ? 'checked' : 'values_changed';
  } catch {
    // Whatever hinders it: what is kept is not what was sealed for this row.
    return 'values_changed';
  }
}

function checkHead(head: Head | null, place: Place, report: Report): void {
  if (head === null) {
    if (place.entries > 0) report('head_missing');
    return;
  }
  if (head.seq > place.seq) report('rows_cut_off', { seq: place.seq + 1n });
  else if (head.seq < place.seq || (place.hash !== null && !same(head.hash, place.hash)))
    report('head_changed', { seq: head.seq });
}

interface Head {
  readonly seq: bigint;
  readonly hash: Uint8Array;
  readonly rows: number;
  readonly digest: string;
  readonly lastId: bigint;
}

async function headOf(tx: Tx, businessId: string | null): Promise<Head | null> {
  const rows = await tx.$queryRaw<
    { seq: bigint; hash: Uint8Array; rows: number; digest: string; last_id: bigint }[]
  >`
    SELECT seq, hash, coalesce((genesis ->> 'rows')::int, -1) AS rows, coalesce(genesis ->> 'digest', '') AS digest,
           coalesce((genesis ->> 'lastId')::bigint, 0) AS last_id
      FROM booksy_audit_heads WHERE chain_id = ${businessId ?? INSTALLATION_CHAIN}::uuid`;
  const row = rows[0];
  return row === undefined ? null : { ...row, lastId: row.last_id };
}

/** Rows of before the chain, and those that somebody inserted past it. */
async function checkOlderRows(
  { tx, businessId }: Walk,
  head: Head | null,
  report: Report,
): Promise<{ readonly rows: number; readonly genesis: Buffer }> {
  const digest = createHash('sha256');
  let count = 0;
  let after = -1n;
  for (;;) {
    const rows = await tx.$queryRaw<DbRow[]>`
      SELECT ${COLUMNS} FROM booksy_audit_log l
       WHERE l.business_id IS NOT DISTINCT FROM ${businessId}::uuid AND l.seq IS NULL AND l.id > ${after}
       ORDER BY l.id LIMIT ${BATCH}`;
    for (const row of rows.map(linkedRow)) {
      after = row.id;
      if (row.id > (head?.lastId ?? 0n)) report('unchained_row', row);
      else {
        count += 1;
        digest.update(createHash('sha256').update(rowText(row), 'utf8').digest());
      }
    }
    if (rows.length < BATCH) break;
  }
  const found = digest.digest('hex');
  if (head !== null && (head.rows !== count || head.digest !== found)) report('old_rows_changed');
  return {
    rows: count,
    genesis: genesisOf(businessId ?? INSTALLATION_CHAIN, head?.rows ?? count, head?.digest ?? found),
  };
}

const COLUMNS = Prisma.sql`l.seq, l.id, l.business_id, l.at, l.actor, l.action, l.entity, l.record_id, l.external_id, l.run_id,
  l.reason_code, l.groups, l.reason, l.undo_of, l.entry_id`;

interface DbRow {
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

function linkedRow(row: DbRow): LinkedRow {
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

async function chainRows(tx: Tx, businessId: string | null, after: bigint): Promise<readonly Row[]> {
  // Of one chain only, by its index; the installation's own is the one without a business.
  const chain =
    businessId === null ? Prisma.sql`l.business_id IS NULL` : Prisma.sql`l.business_id = ${businessId}::uuid`;
  const rows = await tx.$queryRaw<
    (DbRow & {
      seq: bigint;
      commitment: Uint8Array | null;
      prev_hash: Uint8Array | null;
      hash: Uint8Array | null;
      kept: boolean;
      sealed_values: Uint8Array | null;
      erased: boolean;
    })[]
  >`
    SELECT ${COLUMNS}, l.commitment, l.prev_hash, l.hash, v.entry_id IS NOT NULL AS kept, v.sealed_values,
           v.erased_at IS NOT NULL AS erased
      FROM booksy_audit_log l LEFT JOIN booksy_audit_values v ON v.entry_id = l.entry_id
     WHERE ${chain} AND l.seq > ${after}
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

/** Values of the chain's business that no row of it stands for. */
async function strayValues(tx: Tx, businessId: string | null): Promise<readonly string[]> {
  const rows = await tx.$queryRaw<{ entry_id: string }[]>`
    SELECT v.entry_id FROM booksy_audit_values v
     WHERE v.business_id IS NOT DISTINCT FROM ${businessId}::uuid
       AND v.entry_id NOT IN (SELECT l.entry_id FROM booksy_audit_log l
                               WHERE l.business_id IS NOT DISTINCT FROM ${businessId}::uuid AND l.entry_id IS NOT NULL)
     ORDER BY v.entry_id LIMIT ${NAMED_FAULTS}`;
  return rows.map((row) => row.entry_id);
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

function hexOf(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString('hex');
}

function textOf(value: bigint | string | null | undefined): string | null {
  return value?.toString() ?? null;
}
