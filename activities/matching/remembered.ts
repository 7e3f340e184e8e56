import { Prisma } from '../../infra/database/index.ts';
import { MAPPED_TABLES, type MappedEntity, type MappingDecision } from '../../infra/mappings.ts';
import type { MatchCandidateRef } from '../../domain/matching/index.ts';
import type { ApplyScope } from '../apply/scope.ts';

/** What the mapping list holds of one Booksy record. */
export interface Remembered {
  readonly id: string;
  readonly externalId: string;
  readonly state: 'linked' | 'unsure' | 'rejected';
  readonly recordId: string | null;
  /** 0..1, with four digits. */
  readonly score: number | null;
  readonly reason: string;
  readonly candidates: readonly MatchCandidateRef[];
  readonly version: number;
  readonly decision: MappingDecision | null;
  readonly decisionRecordId: string | null;
  readonly decidedBy: string | null;
  readonly applied: boolean;
  readonly sealedCard: Uint8Array | null;
  readonly sealedBefore: Uint8Array | null;
}

/** What has to be known before anything is compared. */
export interface Question {
  /** Whether the business has any record of this kind that no Booksy record stands for. */
  readonly unlinked: boolean;
  readonly remembered: ReadonlyMap<string, Remembered>;
}

interface QuestionRow {
  unlinked: boolean;
  id: string | null;
  external_id: string;
  state: Remembered['state'];
  record_id: string | null;
  score: number | null;
  reason: string;
  candidates: readonly MatchCandidateRef[];
  version: number;
  decision: MappingDecision | null;
  decision_record_id: string | null;
  decided_by: string | null;
  applied: boolean;
  sealed_card: Uint8Array | null;
  sealed_before: Uint8Array | null;
}

const COLUMNS =
  Prisma.raw(`m.id, m.external_id, m.state, m.record_id, m.score::float8 AS score, m.reason, m.candidates,
  m.version, m.decision, m.decision_record_id, m.decided_by, m.applied_at IS NOT NULL AS applied, m.sealed_card,
  m.sealed_before`);

/**
 * One cheap statement for a whole batch: is there anything here that could be meant, and what is remembered of these
 * records? An import into an empty platform asks this and nothing more.
 */
export async function openQuestion(
  scope: ApplyScope,
  entity: MappedEntity,
  externalIds: readonly string[],
): Promise<Question> {
  const rows = await scope.tx.$queryRaw<QuestionRow[]>`
    SELECT q.unlinked, ${COLUMNS}
      FROM (SELECT ${unlinkedExists(scope.businessId, entity)} AS unlinked) AS q
      LEFT JOIN mappings m ON m.business_id = ${scope.businessId}::uuid AND m.entity = ${entity}
        AND m.external_id = ANY(${externalIds}::text[])`;
  return {
    unlinked: rows[0]?.unlinked === true,
    remembered: new Map(
      rows.flatMap((row) =>
        row.id === null ? [] : [[row.external_id, rememberedOf({ ...row, id: row.id })]],
      ),
    ),
  };
}

/** What is remembered of one record; with the lock nobody decides on it until this transaction ends. */
export async function rememberedOne(
  scope: ApplyScope,
  entity: MappedEntity,
  externalId: string,
): Promise<Remembered | null> {
  const rows = await scope.tx.$queryRaw<QuestionRow[]>`
    SELECT ${COLUMNS} FROM mappings m
     WHERE m.business_id = ${scope.businessId}::uuid AND m.entity = ${entity} AND m.external_id = ${externalId}
       FOR UPDATE`;
  const row = rows[0];
  return row === undefined || row.id === null ? null : rememberedOf({ ...row, id: row.id });
}

/**
 * Clients are many, so this must not look at them one by one. A profile that the import made says in `provenance` which
 * card its values came from; the platform's own says nothing. Profiles whose card is gone can be meant again.
 */
function unlinkedExists(businessId: string, entity: MappedEntity): Prisma.Sql {
  if (entity === 'profile') {
    // The order leads to the partial indexes: a plain EXISTS bets that one of the first rows will do, and where none does
    // it has read them all.
    return Prisma.sql`
      (SELECT true FROM profiles WHERE business_id = ${businessId}::uuid AND provenance = '{}'::jsonb
        ORDER BY lower(btrim(email)) LIMIT 1) IS NOT NULL
      OR (SELECT true FROM external_clients WHERE business_id = ${businessId}::uuid AND gone_at IS NOT NULL
           ORDER BY external_id LIMIT 1) IS NOT NULL`;
  }
  return Prisma.sql`EXISTS (SELECT FROM ${Prisma.raw(MAPPED_TABLES[entity].ours)} t
    WHERE t.business_id = ${businessId}::uuid AND ${unlinked(entity)})`;
}

/** Whether no mirror row, of a record that is gone neither, stands for the row `t`: each of these is one to one. */
export function unlinked(entity: Exclude<MappedEntity, 'profile'>): Prisma.Sql {
  const { mirror, linkColumn } = MAPPED_TABLES[entity];
  return Prisma.sql`NOT EXISTS (SELECT FROM ${Prisma.raw(mirror)} x WHERE x.${Prisma.raw(linkColumn)} = t.id)`;
}

function rememberedOf(row: QuestionRow & { readonly id: string }): Remembered {
  return {
    id: row.id,
    externalId: row.external_id,
    state: row.state,
    recordId: row.record_id,
    score: row.score,
    reason: row.reason,
    candidates: row.candidates,
    version: row.version,
    decision: row.decision,
    decisionRecordId: row.decision_record_id,
    decidedBy: row.decided_by,
    applied: row.applied,
    sealedCard: row.sealed_card,
    sealedBefore: row.sealed_before,
  };
}
