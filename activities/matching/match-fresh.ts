import type { MatchDecision } from '../../domain/matching/index.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { isMappedEntity, type MappedEntity } from '../../infra/mappings.ts';
import { noteAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { cardText } from './card-text.ts';
import { decideFresh } from './decide-fresh.ts';
import { honourDecisions, type Honoured } from './honour.ts';
import { openQuestion, type Remembered } from './remembered.ts';
import { writeMappings, type MappingWrite } from './write-mappings.ts';

/** What becomes of records that were never seen before. Those in neither are made. */
export interface Matched {
  /** Booksy's id → the record of ours that it is. */
  readonly link: ReadonlyMap<string, string>;
  /** A person must look: nothing is made of them. */
  readonly wait: ReadonlySet<string>;
}

const NOTHING: Matched = { link: new Map(), wait: new Set() };

/**
 * First contact (SPEC 3.7): decides for a batch of records without a mirror row which of ours each is. What a person
 * decided holds, whatever the matcher says. Sure ones are linked, plausible ones wait in the mapping list, the rest is
 * made. A dry run decides the same and writes nothing; so does a second look at what waits unchanged.
 *
 * Costs one cheap statement where nothing here could be meant, and none for kinds that are not matched.
 */
export async function matchFresh(
  scope: ApplyScope,
  entity: SyncEntity,
  fresh: readonly SeenRecord[],
): Promise<Matched> {
  if (fresh.length === 0 || !isMappedEntity(entity)) return NOTHING;
  const { unlinked, remembered } = await openQuestion(
    scope,
    entity,
    fresh.map(({ externalId }) => externalId),
  );
  if (!unlinked && remembered.size === 0) return NOTHING;

  const taken = new Set(scope.plan?.links.get(entity)?.values());
  const honoured = await honourDecisions(scope, entity, fresh, remembered, taken);
  for (const recordId of honoured.link.values()) taken.add(recordId);
  const decisions = unlinked
    ? await decideFresh(scope, entity, honoured.undecided, taken)
    : honoured.undecided.map(nothingLeft);
  return settle(scope, entity, { fresh, remembered, honoured, decisions });
}

interface Answers {
  readonly fresh: readonly SeenRecord[];
  readonly remembered: ReadonlyMap<string, Remembered>;
  readonly honoured: Honoured;
  readonly decisions: readonly MatchDecision[];
}

async function settle(scope: ApplyScope, entity: MappedEntity, answers: Answers): Promise<Matched> {
  const { honoured, decisions, remembered } = answers;
  const link = new Map(honoured.link);
  const wait = new Set(honoured.wait);
  for (const { externalId, verdict, recordId } of decisions) {
    if (verdict === 'link' && recordId !== null) link.set(externalId, recordId);
    if (verdict === 'unsure') wait.add(externalId);
  }
  if (scope.plan !== null) return { link, wait };

  const seen = new Map(answers.fresh.map((record) => [record.externalId, record]));
  const writes = [
    ...honoured.writes,
    ...decisions.flatMap((decision) => rowFor(decision, remembered)),
  ].flatMap((write): readonly MappingWrite[] => {
    const record = seen.get(write.externalId);
    if (record === undefined) return [];
    return [{ ...write, parentExternalId: parentOf(entity, record), card: cardText(scope, entity, record) }];
  });
  const { written, overtaken } = await writeMappings(scope, entity, writes);
  // A person decided while this ran: the next pass does as they say.
  for (const externalId of overtaken) {
    link.delete(externalId);
    wait.add(externalId);
  }
  noteAudit(
    scope,
    writes
      .filter(({ externalId, state }) => state === 'unsure' && written.has(externalId))
      .filter(({ before }) => before?.state !== 'unsure')
      .map(({ externalId, reason }) => ({
        action: 'unsure',
        entity,
        recordId: null,
        externalId,
        reasonCode: reason,
        groups: [],
      })),
  );
  return { link, wait };
}

/** The row that a verdict needs: none where nothing resembles it and nobody was asked. */
function rowFor(
  decision: MatchDecision,
  remembered: ReadonlyMap<string, Remembered>,
): readonly Omit<MappingWrite, 'parentExternalId' | 'card'>[] {
  const { externalId, verdict, recordId, reason, candidates } = decision;
  const before = remembered.get(externalId);
  const score = candidates.length === 0 ? null : decision.score;
  const row = { externalId, recordId, score, reason, candidates, before, decision: 'stays' as const };
  switch (verdict) {
    case 'link':
      return [{ ...row, state: 'linked' }];
    case 'unsure':
      return [{ ...row, state: 'unsure' }];
    case 'none':
      if (candidates.length > 0) return [{ ...row, state: 'rejected' }];
      if (before === undefined) return [];
      return [{ ...row, state: 'rejected', reason: 'no_candidate_left' }];
  }
}

/** Everything here is linked by now: what was asked about is answered. */
function nothingLeft({ externalId }: SeenRecord): MatchDecision {
  return {
    externalId,
    verdict: 'none',
    recordId: null,
    score: 0,
    reason: 'no_candidate',
    candidates: [],
  };
}

function parentOf(entity: MappedEntity, seen: SeenRecord): string | null {
  const { service } = seen.theirs;
  return entity === 'variant' && typeof service === 'string' ? service : null;
}
