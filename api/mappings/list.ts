/** The mapping list: page by page, or one by its id, with what a person needs to decide. */
import { z } from 'zod';
import type { Prisma, PrismaClient } from '../../infra/database/index.ts';
import type { BusinessRef } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { openSealed, SEALED_UNREADABLE } from '../sealed.ts';
import { isoOrNull, type Note } from '../wire.ts';
import { explainMapping, MAPPING_DECISIONS } from '../../infra/mappings.ts';
import { labelsOf } from './labels.ts';
import { cardSchema, MAPPING_STATES, type Card, type Mapping } from './schema.ts';

type Deps = Pick<ApiDeps, 'vault' | 'logger'> & { readonly db: PrismaClient };
type Row = Awaited<ReturnType<PrismaClient['mapping']['findFirstOrThrow']>>;

export interface MappingFilter {
  readonly entity?: string | undefined;
  readonly state?: Mapping['state'] | undefined;
}

export interface MappingPage {
  readonly mappings: readonly Mapping[];
  /** Id of the last one shown; null on the last page. */
  readonly next: string | null;
  readonly notes: readonly Note[];
}

/** One page of the mappings of these businesses, newest first. */
export async function listMappings(
  deps: Deps,
  businesses: readonly BusinessRef[],
  filter: MappingFilter,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<MappingPage> {
  const where: Prisma.MappingWhereInput = {
    businessId: { in: businesses.map(({ id }) => id) },
    ...(filter.entity === undefined ? {} : { entity: filter.entity }),
    ...(filter.state === undefined ? {} : { state: filter.state }),
    ...(page.after === undefined ? {} : { id: { lt: page.after } }),
  };
  const rows = await deps.db.mapping.findMany({ where, orderBy: { id: 'desc' }, take: page.limit + 1 });
  const kept = rows.slice(0, page.limit);
  const shown = await present(deps, businesses, kept);
  return { ...shown, next: rows.length > kept.length ? (kept.at(-1)?.id ?? null) : null };
}

/** One mapping of these businesses; null where there is none. */
export async function findMapping(
  deps: Deps,
  businesses: readonly BusinessRef[],
  id: string,
): Promise<{ readonly mapping: Mapping; readonly notes: readonly Note[] } | null> {
  const row = await deps.db.mapping.findFirst({
    where: { id, businessId: { in: businesses.map((business) => business.id) } },
  });
  if (row === null) return null;
  const { mappings, notes } = await present(deps, businesses, [row]);
  const [mapping] = mappings;
  return mapping === undefined ? null : { mapping, notes };
}

const candidatesSchema = z.array(
  z.object({ recordId: z.guid(), score: z.number(), reasons: z.array(z.string()) }),
);
type Candidates = z.output<typeof candidatesSchema>;

async function present(
  deps: Deps,
  businesses: readonly BusinessRef[],
  rows: readonly Row[],
): Promise<{ readonly mappings: readonly Mapping[]; readonly notes: readonly Note[] }> {
  const withCandidates = rows.map((row) => ({ row, candidates: candidatesOf(row) }));
  const labels = await labelsOfRows(deps.db, withCandidates);
  const nameOf = new Map(businesses.map(({ id, name }) => [id, name]));
  let unreadable = false;
  const mappings = withCandidates.map(({ row, candidates }): Mapping => {
    const place = { tenant: row.businessId, table: 'mappings', column: 'sealed_card', row: row.id };
    const card = openSealed(deps, row.sealedCard, place, cardSchema);
    unreadable ||= card === null && row.sealedCard !== null;
    const labelOf = (recordId: string | null) =>
      recordId === null ? undefined : labels.get(keyOf(row, recordId));
    return {
      id: row.id,
      businessId: row.businessId,
      businessName: nameOf.get(row.businessId) ?? '',
      entity: row.entity,
      externalId: row.externalId,
      parentExternalId: row.parentExternalId,
      state: oneOf(MAPPING_STATES, row.state) ?? 'unsure',
      recordId: row.recordId,
      recordLabel: labelOf(row.recordId)?.label ?? null,
      score: row.score === null ? null : row.score.toNumber(),
      reason: row.reason,
      reasonText: explainMapping(row.reason),
      card,
      candidates: candidates.map(({ recordId, score, reasons }) => ({
        recordId,
        label: labelOf(recordId)?.label ?? null,
        lines: [...(labelOf(recordId)?.lines ?? [])],
        score,
        reasons: reasons.map((code) => ({ code, text: explainMapping(code) })),
      })),
      version: row.version,
      decision: oneOf(MAPPING_DECISIONS, row.decision),
      decisionRecordId: row.decisionRecordId,
      decidedAt: isoOrNull(row.decidedAt),
      decidedBy: row.decidedBy,
      appliedAt: isoOrNull(row.appliedAt),
    };
  });
  return { mappings, notes: unreadable ? [SEALED_UNREADABLE] : [] };
}

function candidatesOf(row: Row): Candidates {
  const parsed = candidatesSchema.safeParse(row.candidates);
  return parsed.success ? parsed.data : [];
}

/** A record is looked up only in the business of the mapping that names it (R43). */
async function labelsOfRows(
  db: PrismaClient,
  rows: readonly { readonly row: Row; readonly candidates: Candidates }[],
): Promise<ReadonlyMap<string, Card>> {
  const wanted = new Map<string, { row: Row; ids: string[] }>();
  for (const { row, candidates } of rows) {
    const group = wanted.get(keyOf(row, '')) ?? { row, ids: [] };
    group.ids.push(
      ...candidates.map(({ recordId }) => recordId),
      ...(row.recordId === null ? [] : [row.recordId]),
    );
    wanted.set(keyOf(row, ''), group);
  }
  const found = new Map<string, Card>();
  for (const { row, ids } of wanted.values()) {
    const labels = await labelsOf(db, [row.businessId], row.entity, ids);
    for (const [id, card] of labels) found.set(keyOf(row, id), card);
  }
  return found;
}

function keyOf(row: Pick<Row, 'businessId' | 'entity'>, recordId: string): string {
  return `${row.businessId}|${row.entity}|${recordId}`;
}

function oneOf<T extends string>(names: readonly T[], value: string | null): T | null {
  return names.find((name) => name === value) ?? null;
}
