/** The conflicts inbox: page by page, with counts. */
import { kindText, reasonText } from '../../domain/conflicts/words.ts';
import { readConflicts, type ConflictRow } from '../../infra/conflicts/row.ts';
import { Prisma, type PrismaClient } from '../../infra/database/index.ts';
import type { BusinessRef } from '../businesses.ts';
import type { Place } from '../http/pagination.ts';
import { labelsFor } from './names.ts';
import type { ConflictView } from './schema.ts';

export interface ConflictFilter {
  readonly kind?: string | undefined;
  readonly status?: string | undefined;
  readonly entity?: string | undefined;
  readonly recordId?: string | undefined;
  /** Opened from, and before; ISO instants. */
  readonly from?: string | undefined;
  readonly till?: string | undefined;
  readonly escalated?: boolean | undefined;
  readonly notifyAdmin?: boolean | undefined;
}

export interface ConflictList {
  readonly conflicts: readonly ConflictView[];
  readonly counts: {
    readonly status: Readonly<Record<string, number>>;
    readonly openByKind: Readonly<Record<string, number>>;
    readonly escalated: number;
  };
  /** The last one shown; null on the last page. */
  readonly next: Place | null;
}

/** One page of the conflicts of these businesses, newest first. */
export async function listConflicts(
  db: PrismaClient,
  businesses: readonly BusinessRef[],
  filter: ConflictFilter,
  page: { readonly after: Place | undefined; readonly limit: number },
): Promise<ConflictList> {
  const common = filterSql(businesses, filter);
  const rows = await readConflicts(
    db,
    Prisma.sql`${common} ${and(filter.kind === undefined ? null : Prisma.sql`c.kind = ${filter.kind}`)}
      ${and(filter.status === undefined ? null : Prisma.sql`c.status = ${filter.status}`)}
      ${and(page.after === undefined ? null : Prisma.sql`(c.opened_at, c.id) < (${page.after.startedAt}, ${page.after.id}::uuid)`)}
      ORDER BY c.opened_at DESC, c.id DESC LIMIT ${page.limit + 1}`,
  );
  const kept = rows.slice(0, page.limit);
  const last = kept.at(-1);
  return {
    conflicts: await presentAll(db, businesses, kept),
    counts: await countsOf(db, common),
    next:
      rows.length > kept.length && last !== undefined
        ? { startedAt: new Date(last.openedAt), id: last.id }
        : null,
  };
}

function filterSql(businesses: readonly BusinessRef[], filter: ConflictFilter): Prisma.Sql {
  const { entity, recordId, from, till, escalated, notifyAdmin } = filter;
  return Prisma.sql`c.business_id = ANY(${businesses.map(({ id }) => id)}::uuid[])
    ${and(entity === undefined ? null : Prisma.sql`c.entity = ${entity}`)}
    ${and(recordId === undefined ? null : about(recordId))}
    ${and(from === undefined ? null : Prisma.sql`c.opened_at >= ${from}::timestamptz`)}
    ${and(till === undefined ? null : Prisma.sql`c.opened_at < ${till}::timestamptz`)}
    ${and(escalated === undefined ? null : Prisma.sql`(c.escalated_at IS NOT NULL) = ${escalated}`)}
    ${and(notifyAdmin === undefined ? null : Prisma.sql`coalesce(c.notify_admin, false) = ${notifyAdmin}`)}`;
}

/** A record's own, those in which it is another one's, and the question about the card of a visit. */
function about(recordId: string): Prisma.Sql {
  return Prisma.sql`(c.record_id = ${recordId}::uuid OR c.other_record_id = ${recordId}::uuid
    OR c.detail -> 'bookingIds' @> to_jsonb(${recordId}::text)
    OR (c.kind = 'unsure_client' AND c.detail ->> 'cardExternalId' = (
          SELECT m.client_external_id FROM external_bookings m WHERE m.booking_id = ${recordId}::uuid)))`;
}

function and(condition: Prisma.Sql | null): Prisma.Sql {
  return condition === null ? Prisma.empty : Prisma.sql`AND ${condition}`;
}

async function countsOf(db: PrismaClient, where: Prisma.Sql): Promise<ConflictList['counts']> {
  const rows = await db.$queryRaw<{ status: string; kind: string; many: bigint; escalated: bigint }[]>`
    SELECT c.status, c.kind, count(*) AS many,
           count(*) FILTER (WHERE c.status = 'open' AND c.escalated_at IS NOT NULL) AS escalated
      FROM booksy_sync_conflicts c WHERE ${where} GROUP BY c.status, c.kind`;
  const status: Record<string, number> = { open: 0, resolved: 0, closed: 0 };
  const openByKind: Record<string, number> = {};
  let escalated = 0;
  for (const row of rows) {
    status[row.status] = (status[row.status] ?? 0) + Number(row.many);
    if (row.status === 'open') openByKind[row.kind] = Number(row.many);
    escalated += Number(row.escalated);
  }
  return { status, openByKind, escalated };
}

/** Rows as they are shown. */
export async function presentAll(
  db: PrismaClient,
  businesses: readonly BusinessRef[],
  rows: readonly ConflictRow[],
): Promise<readonly ConflictView[]> {
  const labels = await labelsFor(db, rows);
  const nameOf = new Map(businesses.map(({ id, name }) => [id, name]));
  return rows.map((row) => ({
    id: row.id,
    businessId: row.businessId,
    businessName: nameOf.get(row.businessId) ?? '',
    kind: row.kind,
    kindText: kindText(row.kind),
    entity: row.entity,
    recordId: row.recordId,
    recordLabel: row.recordId === null ? null : (labels.get(row.recordId) ?? null),
    otherRecordId: row.otherRecordId,
    externalId: row.externalId,
    groups: [...row.groups],
    status: row.status,
    reasonText: reasonText(row.kind, row.detail),
    openedAt: row.openedAt,
    updatedAt: row.updatedAt,
    startsAt: row.overtakenAt,
    remindAt: row.remindAt,
    escalateAt: row.escalateAt,
    escalatedAt: row.escalatedAt,
    notifyAdmin: row.notifyAdmin,
    version: row.version,
    resolution: row.resolution,
    resolvedAt: row.resolvedAt,
    decision: decisionOf(row),
  }));
}

const STATES = ['pending', 'applied', 'refused', 'news', 'undone'] as const;

function decisionOf(row: ConflictRow): ConflictView['decision'] {
  const state = STATES.find((each) => each === row.resolutionOutcome);
  if (row.resolutionId === null || state === undefined) return null;
  const stored = row.resolutionChoice;
  const choice: unknown =
    typeof stored === 'object' && stored !== null ? Reflect.get(stored, 'choice') : row.resolution;
  return {
    id: row.resolutionId,
    choice: typeof choice === 'string' ? choice : null,
    state,
    detail: row.resolutionDetail,
    reason: row.resolutionReason,
    by: row.resolvedBy,
    ruleId: row.ruleId,
  };
}
