import type { Side } from './resolution.ts';

/** How a group is decided without a person (SPEC 3.2). */
export type GroupPolicy = 'platform' | 'booksy' | 'latest' | 'manual';

export interface AutoDecision {
  readonly sides: { readonly [group: string]: Side };
  /** Stable code for row and audit, e.g. `policy_platform`. */
  readonly reason: string;
}

/**
 * What the policies decide, where they decide all groups of a conflict; null where a person must. One group that nobody may
 * decide keeps the whole conflict waiting: half a decision is none. Nor does `latest` decide what waits already: who was later
 * was judged by what was known when the conflict was found (R9, domain/protocol/policy.ts), and nothing later proves it.
 */
export function autoDecide(
  groups: readonly string[],
  policyOf: (group: string) => GroupPolicy,
): AutoDecision | null {
  if (groups.length === 0) return null;
  const sides: Record<string, Side> = {};
  const reasons = new Set<GroupPolicy>();
  for (const group of groups) {
    const policy = policyOf(group);
    if (policy === 'latest' || policy === 'manual') return null;
    sides[group] = policy;
    reasons.add(policy);
  }
  return { sides, reason: `policy_${[...reasons].sort().join('_')}` };
}
