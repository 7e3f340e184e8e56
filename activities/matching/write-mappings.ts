import { v7 as uuidv7 } from 'uuid';
import { canonicalJson, type Json } from '../../domain/canonical.ts';
import type { MatchCandidateRef } from '../../domain/matching/index.ts';
import { vaultContext } from '../../infra/crypto.ts';
import type { MappedEntity } from '../../infra/mappings.ts';
import type { ApplyScope } from '../apply/scope.ts';
import type { CardText } from './card-text.ts';
import type { Remembered } from './remembered.ts';

/** What the mapping list shall hold of a record. */
export interface MappingWrite {
  readonly externalId: string;
  readonly parentExternalId: string | null;
  readonly state: Remembered['state'];
  readonly recordId: string | null;
  /** 0..1. */
  readonly score: number | null;
  /** A code of the matcher or of the mapping list. */
  readonly reason: string;
  readonly candidates: readonly MatchCandidateRef[];
  readonly card: CardText;
  /** What becomes of a person's decision: it stays, is carried out with this write, or cannot be and is taken back. */
  readonly decision: 'stays' | 'applied' | 'taken_back';
  /** The row as it was read; undefined where there is none. */
  readonly before: Remembered | undefined;
}

/**
 * Writes rows of the mapping list, one statement for all; a row that is so already is not written.
 *
 * @returns records whose row a person moved on meanwhile: nothing was written of them, and they must wait
 */
export async function writeMappings(
  scope: ApplyScope,
  entity: MappedEntity,
  writes: readonly MappingWrite[],
): Promise<{ readonly written: ReadonlySet<string>; readonly overtaken: readonly string[] }> {
  const changed = writes.filter((write) => isChanged(scope, write));
  if (changed.length === 0) return { written: new Set(), overtaken: [] };
  const payload = changed.map((write) => rowOf(scope, write));
  const rows = await scope.tx.$queryRaw<{ external_id: string }[]>`
    INSERT INTO mappings AS m
      (id, business_id, entity, external_id, parent_external_id, record_id, state, score, reason, candidates, version,
       applied_at, sealed_card)
    SELECT r.id, ${scope.businessId}::uuid, ${entity}, r.external_id, r.parent_external_id, r.record_id, r.state, r.score,
           r.reason, r.candidates, r.version, CASE WHEN r.applied THEN now() END, decode(r.sealed_card, 'base64')
      FROM jsonb_to_recordset(${JSON.stringify(payload)}::jsonb) AS r(
           id uuid, external_id text, parent_external_id text, record_id uuid, state text, score numeric, reason text,
           candidates jsonb, version int, applied boolean, sealed_card text)
    ON CONFLICT (business_id, entity, external_id) DO UPDATE
       SET parent_external_id = excluded.parent_external_id, record_id = excluded.record_id, state = excluded.state,
           score = excluded.score, reason = excluded.reason, candidates = excluded.candidates,
           version = excluded.version, applied_at = coalesce(excluded.applied_at, m.applied_at),
           sealed_card = coalesce(excluded.sealed_card, m.sealed_card), updated_at = now()
     WHERE m.version = excluded.version - 1
    RETURNING m.external_id`;
  const written = new Set(rows.map((row) => row.external_id));
  await takeBack(
    scope,
    entity,
    changed.filter(({ externalId, decision }) => decision === 'taken_back' && written.has(externalId)),
  );
  return {
    written,
    overtaken: changed.map(({ externalId }) => externalId).filter((externalId) => !written.has(externalId)),
  };
}

/** A decision that became impossible is taken back: the record waits again, and the reason says why. */
async function takeBack(
  scope: ApplyScope,
  entity: MappedEntity,
  writes: readonly MappingWrite[],
): Promise<void> {
  if (writes.length === 0) return;
  await scope.tx.$executeRaw`
    UPDATE mappings SET decision = NULL, decision_record_id = NULL, applied_at = NULL
     WHERE business_id = ${scope.businessId}::uuid AND entity = ${entity}
       AND external_id = ANY(${writes.map(({ externalId }) => externalId)}::text[])`;
}

function isChanged(scope: ApplyScope, write: MappingWrite): boolean {
  const { before } = write;
  if (before === undefined || write.decision !== 'stays') return true;
  return (
    before.state !== write.state ||
    before.recordId !== write.recordId ||
    before.reason !== write.reason ||
    before.score !== rounded(write.score) ||
    candidatesText(before.candidates) !== candidatesText(write.candidates) ||
    cardChanged(scope, before, write.card)
  );
}

function rowOf(scope: ApplyScope, write: MappingWrite): Readonly<Record<string, Json>> {
  const id = write.before?.id ?? uuidv7();
  const card =
    write.before === undefined || cardChanged(scope, write.before, write.card)
      ? scope.vault.seal(JSON.stringify(write.card), cardPlace(scope, id)).toString('base64')
      : null;
  return {
    id,
    external_id: write.externalId,
    parent_external_id: write.parentExternalId,
    record_id: write.recordId,
    state: write.state,
    score: rounded(write.score),
    reason: write.reason,
    candidates: candidatesJson(write.candidates),
    // A row that moved on since it was read has another version: then it is not written.
    version: (write.before?.version ?? 0) + 1,
    applied: write.decision === 'applied',
    sealed_card: card,
  };
}

function cardChanged(scope: ApplyScope, before: Remembered, card: CardText): boolean {
  if (before.sealedCard === null) return true;
  return (
    scope.vault.open(before.sealedCard, cardPlace(scope, before.id)).toString('utf8') !== JSON.stringify(card)
  );
}

/** Lets a row that no matching made show what its card looks like. */
export async function sealCardIfMissing(scope: ApplyScope, mappingId: string, card: CardText): Promise<void> {
  const sealed = scope.vault.seal(JSON.stringify(card), cardPlace(scope, mappingId)).toString('base64');
  await scope.tx.$executeRaw`
    UPDATE mappings SET sealed_card = decode(${sealed}, 'base64')
     WHERE business_id = ${scope.businessId}::uuid AND id = ${mappingId}::uuid AND sealed_card IS NULL`;
}

function cardPlace(scope: ApplyScope, mappingId: string): string {
  return vaultContext({
    tenant: scope.businessId,
    table: 'mappings',
    column: 'sealed_card',
    row: mappingId,
  });
}

/** As the column keeps it: what is compared with it must not differ in the fifth digit. */
function rounded(score: number | null): number | null {
  return score === null ? null : Number(score.toFixed(4));
}

function candidatesJson(candidates: readonly MatchCandidateRef[]): Json {
  return candidates.map(({ recordId, score, reasons }) => ({
    recordId,
    score: Number(score.toFixed(4)),
    reasons: [...reasons],
  }));
}

function candidatesText(candidates: readonly MatchCandidateRef[]): string {
  return canonicalJson(candidatesJson(candidates));
}
