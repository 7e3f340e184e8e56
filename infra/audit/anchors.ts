import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Db } from '../database/index.ts';
import type { Logger } from '../logger.ts';
import { INSTALLATION_CHAIN } from './links.ts';
import { hexOf, isStillThere, type AuditAnchor } from './read-chain.ts';

/**
 * The daily anchor outside of the database (R42, ASVS 16.4.2): whoever owns the database could cut the newest entries of a chain
 * off and seal it again, and only what was noted elsewhere shows that. Each chain's head goes into the log, and into a file that
 * only grows; `booksy audit verify --anchors <file>` asks for every one of them.
 */

export const ANCHOR_FILE = 'booksy-audit-anchors.txt';

/** Where anchors are kept beside the logs; null where logs go to stdout only. */
export function anchorFileIn(logDir: string | null): string | null {
  return logDir === null ? null : join(logDir, ANCHOR_FILE);
}

export interface NotedAnchor extends AuditAnchor {
  /** Null: the installation's own chain. */
  readonly businessId: string | null;
}

/** One line: `<business>:<place>:<hash>`, as `audit verify` prints and takes it. */
export function anchorText({ businessId, seq, hash }: NotedAnchor): string {
  return `${businessId ?? INSTALLATION_CHAIN}:${seq}:${hash}`;
}

const ANCHOR = /^([\da-f-]{36}):(\d{1,18}):([\da-f]{64})(?:\s|$)/i;

/** An anchor as it was noted; null where the text is none. What follows it on its line is ignored. */
export function parseAnchor(text: string): NotedAnchor | null {
  const [, id, seq, hash] = ANCHOR.exec(text.trim()) ?? [];
  if (id === undefined || seq === undefined || hash === undefined) return null;
  const businessId = id.toLowerCase();
  return {
    businessId: businessId === INSTALLATION_CHAIN ? null : businessId,
    seq,
    hash: hash.toLowerCase(),
  };
}

export interface AnchorPlace {
  readonly file: string | null;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

/**
 * Notes the head of every chain that grew since it was noted last. An earlier anchor that its chain no longer holds is an error
 * in the log: somebody rewrote the trail.
 *
 * @returns how many were noted, and how many earlier ones were missed
 * @throws where the file cannot be read or written
 */
export async function noteAnchors(
  db: Db,
  { file, logger }: AnchorPlace,
): Promise<{ readonly noted: number; readonly missed: number }> {
  const before = file === null ? new Map<string | null, NotedAnchor>() : await lastOfEach(file);
  const rows = await db.$queryRaw<{ id: string; seq: bigint; hash: Uint8Array; at: Date }[]>`
    SELECT chain_id::text AS id, seq, hash, now() AS at FROM booksy_audit_heads ORDER BY chain_id`;
  const heads = rows.map((row) => ({
    businessId: row.id === INSTALLATION_CHAIN ? null : row.id,
    seq: row.seq.toString(),
    hash: hexOf(row.hash),
    at: row.at.toISOString(),
  }));
  const missed = await missedOf(db, before);
  for (const { businessId, seq } of missed)
    logger.error({ businessId, seq, code: 'audit_anchor_missed' }, 'the audit trail was cut or rewritten');
  const grown = heads.filter((head) => {
    const last = before.get(head.businessId);
    return last?.seq !== head.seq || last.hash !== head.hash;
  });
  for (const head of grown) logger.info({ anchor: anchorText(head) }, 'anchor of the audit trail');
  if (file !== null && grown.length > 0)
    await append(file, grown.map((head) => `${anchorText(head)} ${head.at}\n`).join(''));
  return { noted: grown.length, missed: missed.length };
}

/** Also of chains that are gone whole: those have no head any more. */
async function missedOf(
  db: Db,
  before: ReadonlyMap<string | null, NotedAnchor>,
): Promise<readonly NotedAnchor[]> {
  return db.$transaction(async (tx) => {
    const missed: NotedAnchor[] = [];
    for (const anchor of before.values())
      if (!(await isStillThere(tx, anchor.businessId, anchor))) missed.push(anchor);
    return missed;
  });
}

async function lastOfEach(file: string): Promise<ReadonlyMap<string | null, NotedAnchor>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return '';
    throw error;
  });
  const last = new Map<string | null, NotedAnchor>();
  for (const line of text.split('\n')) {
    const anchor = parseAnchor(line);
    if (anchor !== null) last.set(anchor.businessId, anchor);
  }
  return last;
}

/** Only ever appended, and on the disk before it counts. */
async function append(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'a', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
