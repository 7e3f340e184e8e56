import type { PlanAction, PlanSample } from '../../domain/import-plan.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import { labelOf } from '../../domain/states/label.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { ApplyScope } from './scope.ts';

/** What a batch of records came to. In a dry run: what it would come to. */
export interface ApplyOutcome {
  readonly created: number;
  /** Records of the platform's own that were found to be these. */
  readonly linked: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Records that wait in the mapping list: nothing was made of them. */
  readonly unsure: number;
  /** Records whose read began before their last applied one ended (R1): to be read by id. */
  readonly stale: readonly string[];
  /** Records that cannot be made here because what they belong to is unknown. */
  readonly unmapped: readonly { readonly externalId: string; readonly group: string }[];
  /** Records whose change was asked to wait: nothing of them was written. */
  readonly heldBack: readonly string[];
  /** Platform ids that were made or written. */
  readonly touched: readonly string[];
  /** Of those that were linked before: the groups that were written. */
  readonly written: ReadonlyMap<string, readonly string[]>;
  /** Of a dry run: a few records of each kind, for a person to look at. */
  readonly samples: readonly Omit<PlanSample, 'entity'>[];
}

/** An outcome; what is not named is nothing. */
export function outcome(parts: Partial<ApplyOutcome>): ApplyOutcome {
  return {
    created: 0,
    linked: 0,
    updated: 0,
    unchanged: 0,
    unsure: 0,
    stale: [],
    unmapped: [],
    heldBack: [],
    touched: [],
    written: new Map(),
    samples: [],
    ...parts,
  };
}

/** Samples of a dry run; none of a real one. */
export function samplesOf(
  scope: ApplyScope,
  entity: SyncEntity,
  action: PlanAction,
  records: readonly {
    readonly seen: SeenRecord;
    readonly recordId?: string;
    readonly groups?: readonly string[];
  }[],
): ApplyOutcome['samples'] {
  if (scope.plan === null) return [];
  return records.map(({ seen, recordId, groups }) => ({
    action,
    externalId: seen.externalId,
    recordId: recordId ?? null,
    label: labelOf(entity, seen.theirs),
    groups: groups ?? [],
  }));
}
