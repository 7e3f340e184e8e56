import type { SyncEntity } from '../../domain/entities.ts';
import {
  isMappedEntity,
  linkFault,
  MappingError,
  MAPPED_TABLES,
  type MappedEntity,
  type MappingDecision,
  type MappingErrorCode,
  type MappingReason,
} from '../../infra/mappings.ts';
import { Prisma } from '../../infra/database/index.ts';
import { noteAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { openBefore } from './before.ts';
import { pointCard } from './point-card.ts';
import { lockCard, lockProfile } from './profiles.ts';
import { rememberedOne, type Remembered } from './remembered.ts';
import { unmergeCard } from './unmerge.ts';

/**
 * What became of a person's decision.
 * - `nothing`: none waits, or the record is not imported yet: then it is honoured as it comes in (matchFresh).
 * - `refused`: it became impossible since it was made; it is taken back, and nothing else was written.
 */
export type CarriedOut =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'done';
      readonly decision: MappingDecision;
      /** The record of ours that it stands for now. */
      readonly recordId: string;
      readonly visits: number;
    }
  | { readonly kind: 'refused'; readonly code: MappingErrorCode; readonly nextStep: string };

const NOTHING: CarriedOut = { kind: 'nothing' };

/** Carries out what a person decided about a record that is imported already, in the caller's transaction. */
export async function carryOut(
  scope: ApplyScope,
  entity: SyncEntity,
  externalId: string,
): Promise<CarriedOut> {
  if (scope.plan !== null || !isMappedEntity(entity)) return NOTHING;
  const mapping = await rememberedOne(scope, entity, externalId);
  if (mapping === null || mapping.decision === null || mapping.applied) return NOTHING;
  const own = await ownRecord(scope, entity, externalId);
  if (own === null) return NOTHING;
  const pending: Pending = { mapping, decision: mapping.decision, own };
  return entity === 'profile' ? decideCard(scope, pending) : decideOther(scope, entity, pending);
}

interface Pending {
  readonly mapping: Remembered;
  readonly decision: MappingDecision;
  /** The record of ours that it stands for. */
  readonly own: string;
}

async function ownRecord(
  scope: ApplyScope,
  entity: MappedEntity,
  externalId: string,
): Promise<string | null> {
  const { mirror, linkColumn, mirrorEntity } = MAPPED_TABLES[entity];
  const kind = mirrorEntity === null ? Prisma.empty : Prisma.sql`AND entity = ${mirrorEntity}`;
  const rows = await scope.tx.$queryRaw<{ own: string | null }[]>`
    SELECT ${Prisma.raw(linkColumn)} AS own FROM ${Prisma.raw(mirror)}
     WHERE business_id = ${scope.businessId}::uuid AND external_id = ${externalId} ${kind}`;
  return rows[0]?.own ?? null;
}

/** Services, staff and the like stay what they were imported as; a decision can only say so. */
async function decideOther(
  scope: ApplyScope,
  entity: MappedEntity,
  { mapping, decision, own }: Pending,
): Promise<CarriedOut> {
  const confirms = decision === 'link' ? mapping.decisionRecordId === own : mapping.recordId !== own;
  if (decision === 'unmerge' || !confirms) return refuse(scope, entity, mapping, 'mapping_fixed');
  return confirm(scope, { mapping, decision, own });
}

async function decideCard(scope: ApplyScope, pending: Pending): Promise<CarriedOut> {
  const { mapping, decision, own } = pending;
  const merged = mapping.state === 'linked' && mapping.recordId === own;
  switch (decision) {
    case 'link':
      return mapping.decisionRecordId === own ? confirm(scope, pending) : linkCard(scope, pending);
    case 'separate':
      return merged ? unlinkCard(scope, pending) : confirm(scope, pending);
    case 'unmerge':
      return merged ? unlinkCard(scope, pending) : refuse(scope, 'profile', mapping, 'mapping_not_linked');
  }
}

async function linkCard(scope: ApplyScope, { mapping, own }: Pending): Promise<CarriedOut> {
  const { externalId, decisionRecordId: recordId } = mapping;
  if (recordId === null) return refuse(scope, 'profile', mapping, 'mapping_target_missing');
  const asked = { businessId: scope.businessId, entity: 'profile', externalId, recordId, own } as const;
  const fault = await linkFault(scope.tx, asked);
  if (fault !== null) return refuse(scope, 'profile', mapping, fault);
  const card = await lockCard(scope, externalId);
  const to = await lockProfile(scope, recordId);
  const from = await lockProfile(scope, own);
  if (card === null || to === null) return refuse(scope, 'profile', mapping, 'mapping_target_missing');
  const visits = await pointCard(scope, {
    mappingId: mapping.id,
    card,
    from: from ?? deleted(own),
    to,
    reasonCode: 'decided_link',
    actor: actorOf(mapping),
  });
  await finish(scope, mapping, { state: 'linked', recordId, reason: 'decided_link' });
  return { kind: 'done', decision: 'link', recordId, visits };
}

/** A profile that somebody deleted here: nothing of it is left to move. */
function deleted(id: string) {
  return {
    id,
    groups: { name: { given: '', family: '' }, email: null, phone: null },
    provenance: {},
    counters: {},
    row: {},
  };
}

async function unlinkCard(scope: ApplyScope, { mapping, decision, own }: Pending): Promise<CarriedOut> {
  const card = await lockCard(scope, mapping.externalId);
  const profile = await lockProfile(scope, own);
  if (card === null || profile === null) return refuse(scope, 'profile', mapping, 'mapping_not_linked');
  const { profileId, visits } = await unmergeCard(scope, {
    card,
    profile,
    before: openBefore(scope, mapping.id, mapping.sealedBefore),
    actor: actorOf(mapping),
  });
  const reason = decision === 'separate' ? 'decided_separate' : 'decided_unmerge';
  await finish(scope, mapping, { state: 'rejected', recordId: null, reason });
  return { kind: 'done', decision, recordId: profileId, visits };
}

/** Things are as the person says already: only the list has to say so. */
async function confirm(scope: ApplyScope, { mapping, decision, own }: Pending): Promise<CarriedOut> {
  if (decision === 'link')
    await finish(scope, mapping, { state: 'linked', recordId: own, reason: 'decided_link' }, true);
  else await finish(scope, mapping, { state: 'rejected', recordId: null, reason: 'decided_separate' }, true);
  return { kind: 'done', decision, recordId: own, visits: 0 };
}

interface Finish {
  readonly state: Remembered['state'];
  readonly recordId: string | null;
  readonly reason: MappingReason;
}

/** @param keepsBefore whether what was before the link is still needed: nothing was moved */
async function finish(
  scope: ApplyScope,
  mapping: Remembered,
  { state, recordId, reason }: Finish,
  keepsBefore = false,
): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE mappings
       SET state = ${state}, record_id = ${recordId}::uuid, reason = ${reason}, applied_at = now(),
           version = version + 1, updated_at = now(),
           sealed_before = CASE WHEN ${keepsBefore || state === 'linked'} THEN sealed_before END
     WHERE id = ${mapping.id}::uuid AND business_id = ${scope.businessId}::uuid`;
}

async function refuse(
  scope: ApplyScope,
  entity: MappedEntity,
  mapping: Remembered,
  code: MappingErrorCode,
): Promise<CarriedOut> {
  await scope.tx.$executeRaw`
    UPDATE mappings
       SET decision = NULL, decision_record_id = NULL, applied_at = NULL, reason = ${code}, version = version + 1,
           updated_at = now()
     WHERE id = ${mapping.id}::uuid AND business_id = ${scope.businessId}::uuid`;
  noteAudit(scope, [
    {
      action: 'unsure',
      entity,
      recordId: mapping.recordId,
      externalId: mapping.externalId,
      reasonCode: code,
      groups: [],
      actor: actorOf(mapping),
    },
  ]);
  return { kind: 'refused', code, nextStep: new MappingError(code).nextStep };
}

function actorOf(mapping: Remembered): string {
  return mapping.decidedBy ?? 'sync';
}
