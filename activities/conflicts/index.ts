import type { InboundDeps } from '../inbound/run.ts';
import { readAfterResolution, type ReadAfter } from './follow-up.ts';
import { lookAtConflict } from './look.ts';
import { resolveByRule, resolveConflict, type ResolveInput, type RuleDecision } from './resolve.ts';
import type { ConflictRef } from './scope.ts';
import type { Resolution } from '../../domain/conflicts/resolution.ts';

export { closeSettled } from './close-settled.ts';

/** What the rule decided, as the workflow hands it on. */
export interface RuleInput extends ConflictRef, RuleDecision {
  readonly resolutionId: string;
  readonly groups: Resolution['groups'];
  readonly version: number;
}

/** Activities of a conflict: short transactions here, safe to repeat. */
export function createConflictActivities(deps: InboundDeps) {
  return {
    lookAtConflict: (ref: ConflictRef) => lookAtConflict(deps, ref),
    resolveConflict: (input: ResolveInput) => resolveConflict(deps, input),
    resolveConflictByRule: ({ businessId, conflictId, resolutionId, groups, version, ...rule }: RuleInput) =>
      resolveByRule(deps, { businessId, conflictId }, resolutionId, rule, groups, version),
    readAfterResolution: (input: ReadAfter) => readAfterResolution(deps, input),
  };
}

export type ConflictActivities = ReturnType<typeof createConflictActivities>;
