import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { EditCounters } from '../../domain/plan.ts';

/**
 * What the audit chain is made of (R42), written a second time: `booksy_audit_append` makes the links in the database, and
 * whoever verifies makes them again here, so that a changed function there cannot vouch for a changed row.
 *
 *     hash = sha256(hash of the row before | text of the row | commitment)
 *     commitment = sha256(salt | canonical values)
 */
export interface LinkedRow {
  /** Place in the chain; null for rows of before the chain. */
  readonly seq: bigint | null;
  readonly id: bigint;
  readonly businessId: string | null;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly entity: string | null;
  readonly recordId: string | null;
  readonly externalId: string | null;
  readonly runId: string | null;
  readonly reasonCode: string | null;
  readonly groups: readonly string[];
  readonly reason: string | null;
  readonly undoOf: bigint | null;
  readonly entryId: string | null;
}

/** What an entry says in values: sealed in a side table, of which an erasure takes them. */
export interface AuditValues {
  readonly before?: GroupStates;
  readonly after?: GroupStates;
  /** Edit counters of these groups after the write (R7a): a group that was edited there and back since is no longer the last change. */
  readonly counters?: EditCounters;
}

/** The chain of what belongs to no business. */
export const INSTALLATION_CHAIN = '00000000-0000-0000-0000-000000000000';

/** One text per row, exactly as `booksy_audit_text` writes it. */
export function rowText(row: LinkedRow): string {
  const texts: readonly (string | number | bigint | null | readonly string[])[] = [
    row.seq,
    row.id,
    row.businessId,
    row.at.toISOString(),
    row.actor,
    row.action,
    row.entity,
    row.recordId,
    row.externalId,
    row.runId,
    row.reasonCode,
    row.groups,
    row.reason,
    row.undoOf,
    row.entryId,
  ];
  return `[${texts.map((each) => (typeof each === 'bigint' ? String(each) : JSON.stringify(each))).join(', ')}]`;
}

/** The link of a row over the one before it. */
export function linkOf(previous: Uint8Array, row: LinkedRow, commitment: Uint8Array | null): Buffer {
  const digest = createHash('sha256').update(previous).update(rowText(row), 'utf8');
  return (commitment === null ? digest : digest.update(commitment)).digest();
}

/** What a chain begins with: it commits to the rows of before it, their number and their digest. */
export function genesisOf(chainId: string, rows: number, digest: string): Buffer {
  return createHash('sha256')
    .update(`booksy audit chain ${chainId} over ${rows} rows ${digest}`, 'utf8')
    .digest();
}

/** The commitment of an entry to its values. */
export function commitmentOf(salt: Uint8Array, values: AuditValues): Buffer {
  const { before, after, counters } = values;
  const text = canonicalJson({ before: before ?? null, after: after ?? null, counters: counters ?? null });
  return createHash('sha256').update(salt).update(text, 'utf8').digest();
}
