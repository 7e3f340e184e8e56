import type { Wish } from './types.ts';

/** Businesses, and wishes of each, that are remembered at most. */
const MOST_BUSINESSES = 200;
const MOST_WISHES = 1_000;

/** Which times somebody has got, as far as this process was asked: a hint where to look first, never a refusal. */
export interface SoldTimes {
  /** Whether the wish is for a time that was had by then. */
  isLikelyGone(businessId: string, wish: Wish): boolean;
  /** @param gone false: it was found free again */
  note(businessId: string, wish: Wish, gone: boolean): void;
}

export function createSoldTimes(): SoldTimes {
  const known = new Map<string, Set<string>>();
  return {
    isLikelyGone(businessId, wish) {
      const key = keyOf(wish);
      return key !== null && known.get(businessId)?.has(key) === true;
    },
    note(businessId, wish, gone) {
      const key = keyOf(wish);
      if (key === null) return;
      const times = known.get(businessId) ?? new Set();
      if (gone) times.add(key);
      else times.delete(key);
      // The business that was asked for last is the last to be forgotten.
      known.delete(businessId);
      known.set(businessId, times);
      dropOldest(times, MOST_WISHES);
      dropOldest(known, MOST_BUSINESSES);
    },
  };
}

/** Null of what a reading cannot refuse: a hold is its holder's, and an overbooking wants what is taken. */
function keyOf(wish: Wish): string | null {
  if (!('items' in wish.time) || (wish.kind === 'booking' && wish.overbook)) return null;
  return JSON.stringify([wish.time.startsLocal, wish.time.items]);
}

function dropOldest(kept: Map<string, unknown> | Set<string>, most: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(key);
  }
}
