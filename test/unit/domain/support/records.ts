import {
  planRecord,
  type MirrorState,
  type OursState,
  type PlanInput,
  type RecordPlan,
} from '../../../../domain/plan.ts';
import type { GroupStates } from '../../../../domain/merge.ts';
import type { SeenRecord } from '../../../../domain/states/seen.ts';
import { equivalentInVisit } from '../../../../domain/states/visit.ts';

/** Records as the planner gets them, with as little said as a test needs. */

export const BEFORE = '2025-05-01T10:00:00.000Z';
export const LATER = '2025-05-01T10:00:05.000Z';

export const confirmed = { status: 'confirmed', reason: null };
export const cancelled = { status: 'cancelled', reason: 'declined' };

export function seen(theirs: GroupStates, parts: Partial<SeenRecord> = {}): SeenRecord {
  return {
    externalId: '501',
    theirs,
    here: theirs,
    unread: [],
    unresolved: [],
    unknown: null,
    interval: { sentAt: LATER, receivedAt: LATER },
    ...parts,
  };
}

export function mirror(groups: GroupStates, parts: Partial<MirrorState> = {}): MirrorState {
  return {
    recordId: 'v1',
    remote: groups,
    baseTheirs: groups,
    baseOurs: groups,
    baseCounters: {},
    observedReceivedAt: BEFORE,
    ...parts,
  };
}

export const ours = (groups: GroupStates, parts: Partial<OursState> = {}): OursState => ({
  groups,
  counters: {},
  ended: false,
  ...parts,
});

const nothing: ReadonlySet<string> = new Set();

export function plan(input: Pick<PlanInput, 'seen' | 'mirror' | 'ours'> & Partial<PlanInput>): RecordPlan {
  return planRecord({ frozen: nothing, directionOf: () => 'both', equivalent: equivalentInVisit, ...input });
}

export function merged(input: Parameters<typeof plan>[0]): Extract<RecordPlan, { kind: 'merge' }> {
  const found = plan(input);
  if (found.kind !== 'merge') throw new Error('The plan is stale.');
  return found;
}
