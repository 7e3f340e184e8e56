import type { MatchReason } from './reasons.ts';
import { gradeOf } from './scale.ts';
import type { MatchCandidateRef, MatchDecision } from './types.ts';

/** At most so many candidates are shown. */
export const MAX_CANDIDATES = 5;
/** A pair must be ten times likelier than its rivals, on either side. */
const MARGIN = 1;

/** One record of theirs against one of ours, plausible at least. */
export interface ScoredPair {
  readonly externalId: string;
  readonly recordId: string;
  /** The sum of evidence behind the score; ambiguity is measured in it. */
  readonly weight: number;
  readonly score: number;
  readonly reasons: readonly MatchReason[];
  /** Why it is a link, or why only unsure. */
  readonly verdictReason: MatchReason;
  /** Could it be the same thing although ours already belongs to another of theirs? False for a mere relative. */
  readonly possibleDouble: boolean;
}

export interface AssignInput {
  readonly externalIds: readonly string[];
  /** Pairs of grade link or unsure; others are left out. */
  readonly pairs: readonly ScoredPair[];
  /** Ours that already belong to a record of theirs. */
  readonly linked: ReadonlySet<string>;
}

/**
 * One-to-one: a pair is linked only if it is the best by a margin for both its sides. Nothing is won by elimination ("the
 * other one is taken, so it must be this one"), so no order of work can change the outcome.
 */
export function assign(input: AssignInput): readonly MatchDecision[] {
  const pairs = input.pairs.filter((pair) => gradeOf(pair.score) !== 'none');
  const byTheirs = grouped(pairs, (pair) => pair.externalId);
  const byOurs = grouped(pairs, (pair) => pair.recordId);
  const outweighs = (pair: ScoredPair, rivals: readonly ScoredPair[]) =>
    rivals.every((rival) => rival === pair || rival.weight <= pair.weight - MARGIN);

  const taken = new Map<string, ScoredPair>();
  for (const [recordId, own] of byOurs) {
    if (input.linked.has(recordId)) continue;
    const best = own[0];
    if (best === undefined || gradeOf(best.score) !== 'link') continue;
    if (outweighs(best, own) && outweighs(best, byTheirs.get(best.externalId) ?? [])) {
      taken.set(recordId, best);
    }
  }

  const isTaken = (recordId: string) => input.linked.has(recordId) || taken.has(recordId);
  return [...new Set(input.externalIds)].sort(byText).map((externalId) => {
    const own = byTheirs.get(externalId) ?? [];
    const best = own[0];
    if (best === undefined) return decision(externalId, 'none', 'no_candidate', []);
    if (taken.get(best.recordId) === best) return decision(externalId, 'link', best.verdictReason, own);

    const free = own.filter((pair) => !isTaken(pair.recordId));
    const bestFree = free[0];
    // What it surely is belongs to another already: nothing weaker is worth a person's time.
    const isDouble = isTaken(best.recordId) && gradeOf(best.score) === 'link' && outweighs(best, free);
    if (bestFree === undefined || isDouble) {
      const doubles = own.filter((pair) => pair.possibleDouble);
      return decision(externalId, 'none', doubles.length > 0 ? 'possible_double' : 'no_candidate', doubles);
    }
    return decision(externalId, 'unsure', whyUnsure(bestFree, own, byOurs), own);
  });

  function whyUnsure(
    pair: ScoredPair,
    own: readonly ScoredPair[],
    byRecord: ReadonlyMap<string, readonly ScoredPair[]>,
  ): MatchReason {
    if (gradeOf(pair.score) !== 'link') return pair.verdictReason;
    return outweighs(pair, own) && !outweighs(pair, byRecord.get(pair.recordId) ?? [])
      ? 'several_cards'
      : 'several_candidates';
  }
}

function decision(
  externalId: string,
  verdict: MatchDecision['verdict'],
  reason: MatchReason,
  pairs: readonly ScoredPair[],
): MatchDecision {
  const candidates = pairs.slice(0, MAX_CANDIDATES).map((pair): MatchCandidateRef => ({
    recordId: pair.recordId,
    score: pair.score,
    reasons: pair.reasons,
  }));
  const best = candidates[0];
  return {
    externalId,
    verdict,
    recordId: verdict === 'link' ? (best?.recordId ?? null) : null,
    score: best?.score ?? 0,
    reason,
    candidates,
  };
}

/** Heaviest first; ids make the order total. */
function grouped(
  pairs: readonly ScoredPair[],
  keyOf: (pair: ScoredPair) => string,
): ReadonlyMap<string, readonly ScoredPair[]> {
  const groups = new Map<string, ScoredPair[]>();
  for (const pair of pairs) {
    const own = groups.get(keyOf(pair));
    if (own === undefined) groups.set(keyOf(pair), [pair]);
    else own.push(pair);
  }
  for (const own of groups.values()) {
    own.sort(
      (a, b) =>
        b.weight - a.weight ||
        b.score - a.score ||
        byText(a.recordId, b.recordId) ||
        byText(a.externalId, b.externalId),
    );
  }
  return groups;
}

function byText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
