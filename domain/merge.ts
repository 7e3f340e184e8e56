import { sameValue, type Json } from './canonical.ts';

/**
 * Three-way merge of one record by atomic groups (R6–R10a): what Booksy was seen to hold (`theirs`), what the platform
 * holds (`ours`), and the base of each side. Pure and total; every decision carries its reason.
 *
 * A state is a map from group name to canonical value. A group that is missing does not exist on that side (an item that
 * was added or taken away); `undefined` in `theirs` for a group named in `unread` means that the read could not tell.
 */
export type GroupStates = { readonly [group: string]: Json };

export const DIRECTIONS = ['both', 'in', 'out', 'never'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export interface MergeInput {
  readonly theirs: GroupStates;
  readonly baseTheirs: GroupStates;
  readonly ours: GroupStates;
  readonly baseOurs: GroupStates;
  /** Groups whose edit counter here moved since the base (R7a), whatever their value. */
  readonly editedHere: ReadonlySet<string>;
  /** Groups on an open conflict: they keep their base and nothing of them is applied (R10). */
  readonly frozen: ReadonlySet<string>;
  /** Groups that this read could not show (thin list rows, R5): left as they are. */
  readonly unread: ReadonlySet<string>;
  /** What `theirs` would be here, in the platform's own words, to see that both sides came to the same. */
  readonly theirsHere: GroupStates;
  readonly directionOf: (group: string) => Direction;
  /** Groups of a write of ours whose outcome is unknown: what they show proves nothing yet (R14a). */
  readonly waiting?: ReadonlySet<string>;
  /** Groups whose value, as read, is that of a late write of our own over something newer (R14b). */
  readonly late?: ReadonlySet<string>;
  /** Who wins where both sides changed (R9); null leaves it to a person. */
  readonly settle?: (group: string) => 'apply' | 'push' | null;
  /** Whether both sides came to the same; compares values unless told (two cancels with different reasons are one cancel). */
  readonly equivalent?: (group: string, theirsHere: Json | undefined, ours: Json | undefined) => boolean;
}

export const MERGE_VERDICTS = [
  'equal',
  'apply',
  'push',
  /** Push, because our own late write stands there over something newer (R14b). */
  'restore',
  'conflict',
  'frozen',
  'unread',
  'keep',
  /** Part of a write of ours whose outcome is unknown (R14a). */
  'wait',
] as const;
export type MergeVerdict = (typeof MERGE_VERDICTS)[number];

export interface GroupDecision {
  readonly group: string;
  readonly verdict: MergeVerdict;
  readonly reason: string;
}

/** Decides every group that any of the four states knows, in a stable order. */
export function mergeGroups(input: MergeInput): readonly GroupDecision[] {
  const names = new Set([
    ...Object.keys(input.theirs),
    ...Object.keys(input.baseTheirs),
    ...Object.keys(input.ours),
    ...Object.keys(input.baseOurs),
  ]);
  return [...names].sort().map((group) => decideGroup(group, input));
}

function decideGroup(group: string, input: MergeInput): GroupDecision {
  const decide = (verdict: MergeVerdict, reason: string): GroupDecision => ({ group, verdict, reason });
  if (input.unread.has(group)) return decide('unread', 'not shown by this read');
  if (input.frozen.has(group)) return decide('frozen', 'on an open conflict (R10)');

  const direction = input.directionOf(group);
  if (direction === 'never') return decide('keep', 'never synchronised (R8)');

  if (input.waiting?.has(group) === true) return decide('wait', 'the outcome of our write is unknown (R14a)');

  const changedThere = !sameValue(input.theirs[group], input.baseTheirs[group]);
  const changedHere = input.editedHere.has(group) || !sameValue(input.ours[group], input.baseOurs[group]);
  if (!changedThere && !changedHere) return decide('equal', 'neither side changed since the base');
  const equivalent = input.equivalent ?? ((_, theirsHere, ours) => sameValue(theirsHere, ours));
  if (equivalent(group, input.theirsHere[group], input.ours[group]))
    return decide('equal', 'both sides hold the same');
  if (input.late?.has(group) === true && direction !== 'in')
    return decide('restore', 'a late write of our own stands over something newer (R14b)');
  if (changedThere && !changedHere) {
    return direction === 'out'
      ? decide('keep', 'changed at Booksy, but this group goes out only (R8)')
      : decide('apply', 'changed at Booksy only');
  }
  if (!changedThere) {
    return direction === 'in'
      ? decide('keep', 'changed here, but this group comes in only (R8)')
      : decide('push', 'changed here only');
  }
  if (direction === 'in') return decide('apply', 'changed on both sides; this group comes in only (R8)');
  if (direction === 'out') return decide('push', 'changed on both sides; this group goes out only (R8)');
  const winner = input.settle?.(group) ?? null;
  if (winner === 'apply') return decide('apply', 'changed on both sides; a rule lets Booksy win (R9)');
  if (winner === 'push') return decide('push', 'changed on both sides; a rule lets the platform win (R9)');
  return decide('conflict', 'changed on both sides since the base');
}

/** Names of the groups with a verdict. */
export function groupsWith(decisions: readonly GroupDecision[], verdict: MergeVerdict): readonly string[] {
  return decisions.filter((decision) => decision.verdict === verdict).map((decision) => decision.group);
}

/**
 * The base after a merge: groups that became equal or were applied move to what was seen, and so do those that our own late
 * write stands in (it is no news, and ours differs from it); all others keep their base, so
 * that a later pass sees the same difference again.
 */
export function nextBase(
  base: GroupStates,
  seen: GroupStates,
  decisions: readonly GroupDecision[],
): GroupStates {
  const next: Record<string, Json> = { ...base };
  for (const { group, verdict } of decisions) {
    if (verdict !== 'equal' && verdict !== 'apply' && verdict !== 'restore') continue;
    const value = seen[group];
    if (value === undefined) Reflect.deleteProperty(next, group);
    else next[group] = value;
  }
  return next;
}
