/** The audit trail, page by page, newest first. */
import { Prisma, type PrismaClient } from '../../infra/database/index.ts';
import { openValues } from '../../infra/audit/index.ts';
import { AUDIT_COLUMNS, linkedRow, type AuditDbRow } from '../../infra/audit/read-chain.ts';
import type { BusinessRef } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { iso, type Note } from '../wire.ts';
import { SEALED_UNREADABLE } from '../sealed.ts';
import type { AuditEntryWire } from './schema.ts';

export interface AuditFilter {
  readonly entity?: string | undefined;
  readonly recordId?: string | undefined;
  readonly runId?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

interface Row extends AuditDbRow {
  /** Of the businesses that were asked for: the installation's own chain is not listed. */
  business_id: string;
  undone: boolean;
  has_values: boolean;
}

/** One page of the trails of these businesses. `next` is the number of the last one shown; null on the last page. */
export async function listAudit(
  db: PrismaClient,
  businesses: readonly BusinessRef[],
  filter: AuditFilter,
  page: { readonly after: bigint | undefined; readonly limit: number },
): Promise<{ readonly entries: readonly AuditEntryWire[]; readonly next: bigint | null }> {
  const ids = businesses.map(({ id }) => id);
  const conditions = [
    // One business reads its index from the end; of several each page is merged by number.
    ids.length === 1
      ? Prisma.sql`l.business_id = ${ids[0]}::uuid`
      : Prisma.sql`l.business_id = ANY(${ids}::uuid[])`,
    ...(page.after === undefined ? [] : [Prisma.sql`l.id < ${page.after}`]),
    ...(filter.entity === undefined ? [] : [Prisma.sql`l.entity = ${filter.entity}`]),
    ...(filter.recordId === undefined ? [] : [Prisma.sql`l.record_id = ${filter.recordId}::uuid`]),
    ...(filter.runId === undefined ? [] : [Prisma.sql`l.run_id = ${filter.runId}::uuid`]),
    ...(filter.actor === undefined ? [] : [Prisma.sql`l.actor = ${filter.actor}`]),
    ...(filter.action === undefined ? [] : [Prisma.sql`l.action = ${filter.action}`]),
    ...(filter.from === undefined ? [] : [Prisma.sql`l.at >= ${filter.from}`]),
    ...(filter.to === undefined ? [] : [Prisma.sql`l.at < ${filter.to}`]),
  ];
  const rows = await db.$queryRaw<Row[]>`${SELECT}
     WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY l.id DESC LIMIT ${page.limit + 1}`;
  const kept = rows.slice(0, page.limit);
  return {
    entries: kept.map((row) => wireOf(row, businesses)),
    next: rows.length > kept.length ? (kept.at(-1)?.id ?? null) : null,
  };
}

// Only entries with values can be taken back, so only those are looked up among the later ones of their record.
const SELECT = Prisma.sql`
    SELECT ${AUDIT_COLUMNS},
           EXISTS (SELECT FROM booksy_audit_log u
                    WHERE u.record_id = l.record_id AND u.business_id = l.business_id AND u.undo_of = l.id) AS undone,
           EXISTS (SELECT FROM booksy_audit_values v
                    WHERE v.entry_id = l.entry_id AND v.sealed_values IS NOT NULL) AS has_values
      FROM booksy_audit_log l`;

export interface AuditDetail {
  readonly entry: AuditEntryWire;
  readonly values: { readonly before: unknown; readonly after: unknown; readonly erased: boolean } | null;
  readonly notes: readonly Note[];
}

/** One entry with what it replaced and by what; null where there is none. What it opens is never logged. */
export async function auditEntry(
  { prisma, vault, logger }: Pick<ApiDeps, 'prisma' | 'vault' | 'logger'>,
  businesses: readonly BusinessRef[],
  entryId: string,
): Promise<AuditDetail | null> {
  const values = await prisma.booksyAuditValue.findUnique({ where: { entryId } });
  const rows = await prisma.$queryRaw<Row[]>`${SELECT}
     WHERE l.entry_id = ${entryId}::uuid AND l.business_id = ANY(${businesses.map(({ id }) => id)}::uuid[])`;
  const row = rows[0];
  if (row === undefined) return null;
  const entry = wireOf(row, businesses);
  if (values === null) return { entry, values: null, notes: [] };
  if (values.sealedValues === null)
    return { entry, values: { before: null, after: null, erased: true }, notes: [] };
  try {
    const opened = openValues(vault, row.business_id, entryId, values.sealedValues).values;
    return {
      entry,
      values: { before: opened.before ?? null, after: opened.after ?? null, erased: false },
      notes: [],
    };
  } catch {
    // Neither the content nor an error that could quote it is logged.
    logger.warn({ table: 'booksy_audit_values', row: entryId }, 'a sealed value could not be shown');
    return { entry, values: null, notes: [SEALED_UNREADABLE] };
  }
}

function wireOf(row: Row, businesses: readonly BusinessRef[]): AuditEntryWire {
  const { id, entryId, seq, at, undoOf, groups, ...entry } = linkedRow(row);
  return {
    ...entry,
    id: entryId,
    number: id.toString(),
    seq: seq?.toString() ?? null,
    businessId: row.business_id,
    businessName: businesses.find((each) => each.id === row.business_id)?.name ?? '',
    at: iso(at),
    groups: [...groups],
    undoOf: undoOf?.toString() ?? null,
    undone: row.undone,
    hasValues: row.has_values,
  };
}
