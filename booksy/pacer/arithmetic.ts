/**
 * The numbers of the pacer (R34). GCRA with interval T and burst B lets at most ⌊(W + (B−1)·T) / T⌋ + 1 calls start
 * in any window W. A call that leaves late by at most L can fall into a window together with those of the next L,
 * so the bound that must hold is ⌊(W + (B−1)·T + L) / T⌋ + 1 ≤ R, which is L < T · (R − W/T − B + 1).
 */

/** Share of the allowance that is used: the rest absorbs the burst and late timers. */
export const USED_SHARE = 0.97;
/** R34 allows 6; two are given up for calls that leave late (a busy event loop, a slow network). */
const MAX_BURST = 4;

export interface RateLimit {
  /** Calls the other side allows per window. */
  readonly limit: number;
  readonly windowMs: number;
}

export interface PacePlan {
  readonly windowMs: number;
  /** T: one call each this many milliseconds in the long run. */
  readonly intervalMs: number;
  /** B: so many calls may leave at once after a pause. */
  readonly burst: number;
  /** (B − 1) · T. */
  readonly toleranceMs: number;
  /** A grant whose answer took longer than this is thrown away and asked for again. */
  readonly staleAfterMs: number;
}

/**
 * Faster than this no process calls: where the limit is so high, part of it is better spent on room for calls that
 * leave late.
 */
const CALLS_PER_SECOND_TO_SPARE = 1000;
const ROOM_WHERE_SPARE_MS = 750;

/** Derives the pace from what the other side allows. */
export function pacePlan({ limit, windowMs }: RateLimit): PacePlan {
  if (!(limit >= 1) || !(windowMs > 0)) throw new RangeError('A rate needs limit ≥ 1 and windowMs > 0.');
  const used = limit * usedShare(limit, windowMs);
  const intervalMs = windowMs / used;
  const spare = limit - used;
  const burst = Math.min(MAX_BURST, Math.max(1, Math.floor(spare + 1e-9) - 2));
  const latenessMs = intervalMs * (spare - burst + 1);
  return {
    windowMs,
    intervalMs,
    burst,
    toleranceMs: (burst - 1) * intervalMs,
    // Two thirds for what we can see (the answer's way to us), one third for what we cannot (the way to the server).
    staleAfterMs: (latenessMs * 2) / 3,
  };
}

function usedShare(limit: number, windowMs: number): number {
  const roomy = windowMs / (windowMs + ROOM_WHERE_SPARE_MS);
  const isSpare = (limit * roomy * 1000) / windowMs >= CALLS_PER_SECOND_TO_SPARE;
  return isSpare ? Math.min(USED_SHARE, roomy) : USED_SHARE;
}

/** The most calls that may start in any window of `windowMs`, if each leaves at most `latenessMs` after its grant. */
export function mostCallsInWindow(plan: PacePlan, latenessMs = 0): number {
  return Math.floor((plan.windowMs + plan.toleranceMs + latenessMs) / plan.intervalMs + 1e-9) + 1;
}
