import type { Side } from './resolution.ts';

/** How a group is decided without a person (SPEC 3.2). */
export type GroupPolicy = 'platform' | 'booksy' | 'latest' | 'manual';

/** What is known of when each side came to its value; ISO instants by the database's clock, null where nobody noted it. */
export interface EditTimes {
  /** When the last read was sent that still showed the base value. */
  readonly baseReadSentAt: string | null;
  /** When the webhook or read that first showed their value came. */
  readonly theirsSeenAt: string | null;
  /** First and last commit here that may have made our value. */
  readonly oursFirstAt: string | null;
  readonly oursLastAt: string | null;
}

/** R9: clocks differ and news travels, so nearer than this nobody is later. */
export const LATEST_MARGIN_MS = 2000;

/**
 * Who is later, where that is certain (R9). Booksy: a read that still showed the base was sent more than 2 s after our last
 * commit. Ours: their value came more than 2 s before our first one. An observation after our commit proves nothing.
 */
export function latestSide(times: EditTimes): Side | null {
  const { baseReadSentAt, theirsSeenAt, oursFirstAt, oursLastAt } = times;
  if (baseReadSentAt !== null && oursLastAt !== null && since(oursLastAt, baseReadSentAt) > LATEST_MARGIN_MS)
    return 'booksy';
  if (theirsSeenAt !== null && oursFirstAt !== null && since(theirsSeenAt, oursFirstAt) > LATEST_MARGIN_MS)
    return 'platform';
  return null;
}

function since(earlier: string, later: string): number {
  return Date.parse(later) - Date.parse(earlier);
}

export interface AutoDecision {
  readonly sides: { readonly [group: string]: Side };
  /** Stable code for row and audit, e.g. `policy_platform`. */
  readonly reason: string;
}

/**
 * What the policies decide, where they decide all groups of a conflict; null where a person must. One group that nobody may
 * decide keeps the whole conflict waiting: half a decision is none.
 */
export function autoDecide(
  groups: readonly string[],
  policyOf: (group: string) => GroupPolicy,
  times: EditTimes,
): AutoDecision | null {
  if (groups.length === 0) return null;
  const sides: Record<string, Side> = {};
  const reasons = new Set<GroupPolicy>();
  for (const group of groups) {
    const policy = policyOf(group);
    const side = policy === 'latest' ? latestSide(times) : policy === 'manual' ? null : policy;
    if (side === null) return null;
    sides[group] = side;
    reasons.add(policy);
  }
  return { sides, reason: `policy_${[...reasons].sort().join('_')}` };
}
