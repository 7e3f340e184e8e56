import type { SeenRecord } from '../../domain/states/seen.ts';
import { linkFault, type MappedEntity } from '../../infra/mappings.ts';
import type { ApplyScope } from '../apply/scope.ts';
import type { Remembered } from './remembered.ts';
import type { MappingWrite } from './write-mappings.ts';

type PartialWrite = Omit<MappingWrite, 'parentExternalId' | 'card'>;

/** What people's decisions make of a batch. */
export interface Honoured {
  readonly link: ReadonlyMap<string, string>;
  readonly wait: ReadonlySet<string>;
  /** Records that nobody has decided on. */
  readonly undecided: readonly SeenRecord[];
  readonly writes: readonly PartialWrite[];
}

/**
 * A person's link is made even if the matcher disagrees, a separate one is made anew and never asked about again. A link
 * that has become impossible (the record was deleted since) is taken back, and the card waits again.
 */
export async function honourDecisions(
  scope: ApplyScope,
  entity: MappedEntity,
  fresh: readonly SeenRecord[],
  remembered: ReadonlyMap<string, Remembered>,
  taken: ReadonlySet<string>,
): Promise<Honoured> {
  const link = new Map<string, string>();
  const wait = new Set<string>();
  const undecided: SeenRecord[] = [];
  const writes: PartialWrite[] = [];
  for (const seen of fresh) {
    const { externalId } = seen;
    const before = remembered.get(externalId);
    if (before === undefined || before.decision === null) {
      undecided.push(seen);
      continue;
    }
    const target = before.decision === 'link' ? before.decisionRecordId : null;
    if (before.decision !== 'link' || target === null) {
      writes.push(...separateRow(before));
      continue;
    }
    const fault = await linkFault(scope.tx, {
      businessId: scope.businessId,
      entity,
      externalId,
      recordId: target,
      own: null,
    });
    if (fault !== null) {
      wait.add(externalId);
      writes.push({ ...rowOf(before), state: 'unsure', reason: fault, decision: 'taken_back' });
    } else if (taken.has(target) || [...link.values()].includes(target)) {
      // Two cards of one client in one batch: the second one finds the first one's values there next time.
      wait.add(externalId);
    } else {
      link.set(externalId, target);
      writes.push(...linkRow(before, target));
    }
  }
  return { link, wait, undecided, writes };
}

function linkRow(before: Remembered, recordId: string): readonly PartialWrite[] {
  if (before.applied && before.state === 'linked' && before.recordId === recordId) return [];
  return [{ ...rowOf(before), state: 'linked', recordId, reason: 'decided_link', decision: 'applied' }];
}

function separateRow(before: Remembered): readonly PartialWrite[] {
  if (before.applied && before.state === 'rejected') return [];
  return [{ ...rowOf(before), state: 'rejected', reason: 'decided_separate', decision: 'applied' }];
}

function rowOf(before: Remembered): PartialWrite {
  return {
    externalId: before.externalId,
    state: before.state,
    recordId: null,
    score: before.score,
    reason: before.reason,
    candidates: before.candidates,
    decision: 'stays',
    before,
  };
}
