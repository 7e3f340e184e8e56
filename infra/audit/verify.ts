import { createHash } from 'node:crypto';
import type { Db, Tx } from '../database/index.ts';
import type { Vault } from '../crypto.ts';
import { commitmentOf, genesisOf, INSTALLATION_CHAIN, linkOf, rowText } from './links.ts';
import {
  BATCH,
  chainRows,
  headOf,
  hexOf,
  isStillThere,
  olderRows,
  strayValues,
  type AuditAnchor,
  type Head,
  type Row,
} from './read-chain.ts';
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
  /** Place in the chain, where it has one. */
  readonly seq: string | null;
  /** Id of the entry, where there is one. */
  readonly id: string | null;
}

export interface ChainReport {
  readonly entries: number;
  /** Of before the chain. */
  readonly olderEntries: number;
  readonly valuesChecked: number;
  readonly valuesErased: number;
  readonly faults: readonly AuditFault[];
  /** More faults than these were found. */
  readonly more: number;
  /** The last link that was looked at: note it, or go on behind it. */
  readonly last: AuditAnchor;
  /** Whether that is the chain's end. */
  readonly ended: boolean;
}

/** Faults that a report names; a chain that was rewritten has as many as rows. */
const NAMED_FAULTS = 100;

export interface VerifyRequest {
  /** Null: the installation's own chain. */
  readonly businessId: string | null;
  /** Go on behind this link, which was verified before; it must still be there. */
  readonly after?: AuditAnchor | undefined;
  /** Links to look at in this call; all by default. */
  readonly most?: number | undefined;
}

/**
 * Walks one chain from its first link (or behind one that was verified before) to its head and makes every link again.
 * Reads in batches of one snapshot, so it may run beside writers.
 *
 * @param vault opens the values to compare them with their commitments
 */
export async function verifyChain(db: Db, vault: Vault, request: VerifyRequest): Promise<ChainReport> {
  return db.$transaction((tx) => walk({ tx, vault, businessId: request.businessId }, request), {
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

async function walk(chain: Walk, { after, most }: VerifyRequest): Promise<ChainReport> {
  const { tx, businessId } = chain;
  const faults: AuditFault[] = [];
  let more = 0;
  const report: Report = (code, at = {}) => {
    if (faults.length >= NAMED_FAULTS) more += 1;
    else faults.push({ code, seq: textOf(at.seq), id: textOf(at.id) });
  };

  const head = await headOf(tx, businessId);
  const resumed = after !== undefined && after.seq !== '0';
  const older = resumed ? null : await checkOlderRows(chain, head, report);
  const place: Place = {
    seq: BigInt(after?.seq ?? '0'),
    hash: resumed ? Buffer.from(after.hash, 'hex') : head === null ? null : (older?.genesis ?? null),
    entries: 0,
  };
  if (resumed && !(await isStillThere(tx, businessId, after))) report('anchor_missed', { seq: place.seq });
  const values = { checked: 0, erased: 0 };
  let ended = false;
  while (!ended && place.entries < (most ?? Infinity)) {
    const rows = await chainRows(tx, businessId, place.seq);
    for (const row of rows) {
      checkLink(row, place, report);
      const verdict = checkValues(chain, row);
      if (verdict === 'checked' || verdict === 'erased') values[verdict] += 1;
      else if (verdict !== 'none') report(verdict, row);
    }
    ended = rows.length < BATCH;
  }
  if (ended) {
    checkHead(head, place, report);
    for (const entryId of await strayValues(tx, businessId)) report('values_unknown', { id: entryId });
  }
  return {
    entries: place.entries,
    olderEntries: older?.rows ?? 0,
    valuesChecked: values.checked,
    valuesErased: values.erased,
    faults,
    more,
    last: { seq: place.seq.toString(), hash: hexOf(place.hash) },
    ended,
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

/** Rows of before the chain, and those that somebody inserted past it. */
async function checkOlderRows(
  { tx, businessId }: Walk,
  head: Head | null,
  report: Report,
): Promise<{ readonly rows: number; readonly genesis: Buffer }> {
  const digest = createHash('sha256');
  let count = 0;
  let after: bigint | null = null;
  for (;;) {
    const rows = await olderRows(tx, businessId, after);
    for (const row of rows) {
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

function same(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

function textOf(value: bigint | string | null | undefined): string | null {
  return value?.toString() ?? null;
}
