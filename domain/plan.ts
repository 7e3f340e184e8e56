import { afterGone } from './absence.ts';
import { fingerprint, sameValue, type Json } from './canonical.ts';
import {
  groupsWith,
  mergeGroups,
  nextBase,
  type Direction,
  type GroupDecision,
  type GroupStates,
  type MergeInput,
} from './merge.ts';
import type { SeenRecord } from './states/seen.ts';
import { isEnded } from './states/visit.ts';

/** Edit counters of a record here, by group (R7a). A group without its own counter shares the record's. */
export type EditCounters = { readonly [group: string]: number };

/** What the mirror holds of a record: Booksy as last observed and the base of each side. */
export interface MirrorState {
  readonly recordId: string;
  readonly remote: GroupStates;
  readonly baseTheirs: GroupStates;
  readonly baseOurs: GroupStates;
  readonly baseCounters: EditCounters;
  /** ISO instant by the database's clock. */
  readonly observedReceivedAt: string;
}

/** The record here, now. */
export interface OursState {
  readonly groups: GroupStates;
  readonly counters: EditCounters;
  /** A cancelled visit or a record that is gone: nothing more can be edited in it. */
  readonly ended: boolean;
}

export interface PlanInput {
  readonly seen: SeenRecord;
  readonly mirror: MirrorState;
  /** Null where the record was deleted here. */
  readonly ours: OursState | null;
  readonly frozen: ReadonlySet<string>;
  readonly directionOf: (group: string) => Direction;
  readonly equivalent?: MergeInput['equivalent'];
  readonly waiting?: MergeInput['waiting'];
  readonly late?: MergeInput['late'];
  readonly settle?: MergeInput['settle'];
}

export interface ConflictFound {
  readonly kind: 'field' | 'changed_against_cancelled' | 'deleted_against_changed';
  readonly groups: readonly string[];
}

/**
 * What to do with a record that is linked and differs from what was last observed.
 * - `stale`: the read began before the last applied one ended (R1): read this record again.
 * - `merge`: new mirror and bases, groups to write here, conflicts to open, groups that wait to be pushed.
 */
export type RecordPlan =
  | { readonly kind: 'stale' }
  | {
      readonly kind: 'merge';
      readonly decisions: readonly GroupDecision[];
      readonly apply: readonly string[];
      readonly push: readonly string[];
      readonly conflict: ConflictFound | null;
      readonly remote: GroupStates;
      readonly baseTheirs: GroupStates;
      /** Our side of the base, as it will be once `apply` is written. */
      readonly baseOurs: GroupStates;
    };

/** Plans one linked record. Pure and total: the same input gives the same plan. */
export function planRecord(input: PlanInput): RecordPlan {
  const { seen, mirror, ours } = input;
  if (seen.interval.sentAt <= mirror.observedReceivedAt) return { kind: 'stale' };

  const unread = new Set(seen.unread);
  const remote: Record<string, Json> = { ...seen.theirs };
  for (const group of unread) {
    const known = mirror.remote[group];
    if (known !== undefined) remote[group] = known;
  }

  if (ours === null) return deletedHere(input, remote);

  const merged = mergeGroups({
    theirs: remote,
    baseTheirs: mirror.baseTheirs,
    ours: ours.groups,
    baseOurs: mirror.baseOurs,
    editedHere: editedGroups(ours, mirror),
    frozen: input.frozen,
    unread,
    theirsHere: seen.here,
    directionOf: input.directionOf,
    ...optional(input),
  });
  const decisions = holdDisputedCancel(merged, seen, ours);
  return {
    kind: 'merge',
    decisions,
    apply: groupsWith(decisions, 'apply'),
    push: [...groupsWith(decisions, 'push'), ...groupsWith(decisions, 'restore')].sort(),
    conflict: conflictOf(groupsWith(decisions, 'conflict'), seen, ours),
    remote,
    baseTheirs: withoutUnresolved(
      nextBase(mirror.baseTheirs, remote, decisions),
      mirror.baseTheirs,
      seen.unresolved,
    ),
    baseOurs: nextBase(mirror.baseOurs, oursAfter(ours, seen, decisions), decisions),
  };
}

function optional({
  equivalent,
  waiting,
  late,
  settle,
}: PlanInput): Pick<MergeInput, 'equivalent' | 'waiting' | 'late' | 'settle'> {
  return {
    ...(equivalent === undefined ? {} : { equivalent }),
    ...(waiting === undefined ? {} : { waiting }),
    ...(late === undefined ? {} : { late }),
    ...(settle === undefined ? {} : { settle }),
  };
}

/** Mirror and bases of a record seen for the first time and created here from what was seen. */
export function firstBase(seen: SeenRecord): {
  readonly remote: GroupStates;
  readonly baseTheirs: GroupStates;
  readonly baseOurs: GroupStates;
} {
  // A group that names something unknown here has no base yet: the next pass sees it as changed and tries again.
  if (seen.unresolved.length === 0)
    return { remote: seen.theirs, baseTheirs: seen.theirs, baseOurs: seen.here };
  const baseTheirs: Record<string, Json> = { ...seen.theirs };
  for (const group of seen.unresolved) Reflect.deleteProperty(baseTheirs, group);
  return { remote: seen.theirs, baseTheirs, baseOurs: seen.here };
}

/**
 * Fingerprint of all that a pass could want to act on: equal to the mirror's means that there is nothing to do.
 * What is unresolved is part of it, so that the record is looked at again once its counterpart arrives.
 */
export function seenFingerprint(seen: SeenRecord): string {
  return fingerprint([seen.theirs, [...seen.unresolved], (seen.unknown ?? null) as Json]);
}

/** A seen record with the groups its read could not show taken over from the mirror, for comparing fingerprints. */
export function withUnreadFrom(seen: SeenRecord, remote: GroupStates): SeenRecord {
  if (seen.unread.length === 0) return seen;
  const theirs: Record<string, Json> = { ...seen.theirs };
  for (const group of seen.unread) {
    const known = remote[group];
    if (known !== undefined) theirs[group] = known;
  }
  return { ...seen, theirs };
}

/** What a linked record becomes that Booksy answered 404 for, or whose visit no longer is (R18). */
export type GonePlan = 'cancel' | 'keep_marked' | 'conflict';

/** Plans a visit that is gone at Booksy: cancelled if it was still to come, unless somebody edited it here meanwhile. */
export function planGoneVisit(
  mirror: Pick<MirrorState, 'baseCounters' | 'baseOurs'>,
  ours: OursState,
  startsAt: string,
  now: string,
): GonePlan {
  if (afterGone(startsAt, now) === 'keep_marked' || ours.ended) return 'keep_marked';
  return changedHere(ours, mirror) ? 'conflict' : 'cancel';
}

/** R7a: whether a record was changed here: a counter that moved, or a value that differs from the base (what triggers did not see). */
export function changedHere(
  ours: OursState,
  mirror: Pick<MirrorState, 'baseCounters' | 'baseOurs'>,
): boolean {
  if (editedGroups(ours, mirror).size > 0) return true;
  // A group that no read has shown yet has no base; here it is null.
  return Object.keys({ ...ours.groups, ...mirror.baseOurs }).some(
    (group) => !sameValue(ours.groups[group] ?? null, mirror.baseOurs[group] ?? null),
  );
}

/** Groups whose counter here moved since the base (R7a). */
export function editedGroups(
  ours: OursState,
  mirror: Pick<MirrorState, 'baseCounters'>,
): ReadonlySet<string> {
  const edited = Object.entries(ours.counters)
    .filter(([group, count]) => count !== (mirror.baseCounters[group] ?? 0))
    .map(([group]) => group);
  return new Set(edited);
}

/** The record was deleted here: what changed at Booksy since must not be lost silently. */
function deletedHere(input: PlanInput, remote: GroupStates): RecordPlan {
  const { mirror, seen } = input;
  const changed = Object.keys({ ...remote, ...mirror.baseTheirs })
    .filter((group) => fingerprint(remote[group] ?? null) !== fingerprint(mirror.baseTheirs[group] ?? null))
    .filter((group) => input.directionOf(group) !== 'never' && !seen.unresolved.includes(group))
    .sort();
  return {
    kind: 'merge',
    decisions: changed.map((group) => ({
      group,
      verdict: 'conflict',
      reason: 'deleted here, changed at Booksy',
    })),
    apply: [],
    push: [],
    conflict: changed.length === 0 ? null : { kind: 'deleted_against_changed', groups: changed },
    remote,
    baseTheirs: mirror.baseTheirs,
    baseOurs: mirror.baseOurs,
  };
}

function conflictOf(groups: readonly string[], seen: SeenRecord, ours: OursState): ConflictFound | null {
  if (groups.length === 0) return null;
  const endedThere = isEnded(seen.theirs);
  const kind = endedThere !== ours.ended ? 'changed_against_cancelled' : 'field';
  return { kind, groups };
}

function oursAfter(ours: OursState, seen: SeenRecord, decisions: readonly GroupDecision[]): GroupStates {
  const after: Record<string, Json> = { ...ours.groups };
  for (const { group, verdict } of decisions) {
    // What our own late write left there counts as known to us, so that ours looks newer until it is restored (R14b).
    if (verdict !== 'apply' && verdict !== 'restore') continue;
    const value = seen.here[group];
    if (value === undefined) Reflect.deleteProperty(after, group);
    else after[group] = value;
  }
  return after;
}

/**
 * A base that moved to something unknown here would hide the group: once Booksy goes back to the old value, or the
 * counterpart arrives, nothing would look changed. Such a group has no base, so that every pass sees it again.
 */
function withoutUnresolved(
  next: GroupStates,
  before: GroupStates,
  unresolved: readonly string[],
): GroupStates {
  const moved = unresolved.filter((group) => !sameValue(next[group], before[group]));
  if (moved.length === 0) return next;
  return Object.fromEntries(Object.entries(next).filter(([group]) => !moved.includes(group)));
}

/** A cancel read at Booksy does not silently end a visit that was changed here since: a person decides (R7b). */
function holdDisputedCancel(
  decisions: readonly GroupDecision[],
  seen: SeenRecord,
  ours: OursState,
): readonly GroupDecision[] {
  const changedHere = groupsWith(decisions, 'push');
  if (!isEnded(seen.theirs) || ours.ended || changedHere.length === 0) return decisions;
  if (!groupsWith(decisions, 'apply').includes('status')) return decisions;
  return decisions.map((decision) =>
    decision.group === 'status' || decision.verdict === 'push'
      ? { ...decision, verdict: 'conflict', reason: 'cancelled at Booksy, changed here since (R7b)' }
      : decision,
  );
}
