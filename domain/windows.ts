import { addDays } from './local-time.ts';

/** Windows of a full sync: together they are all of time, and none overlaps another. */
export const FULL_SYNC_WINDOWS = ['ahead', 'recent', 'past'] as const;
export type FullSyncWindow = (typeof FULL_SYNC_WINDOWS)[number];
/** Windows that only sweeps walk; each lies within one of a full sync. */
export const SWEEP_WINDOWS = ['near', 'next', 'week', 'month'] as const;

/** A window of visits by their local start; null = open on that side. */
export interface VisitWindow {
  readonly key: FullSyncWindow | (typeof SWEEP_WINDOWS)[number];
  readonly fromLocal: string | null;
  readonly tillLocal: string | null;
}

/** Days before today with which the first window begins: a visit of last night may still be changed. */
export const AHEAD_STARTS_DAYS_BACK = 1;
/** Days back that are walked before the long past. */
export const RECENT_DAYS_BACK = 92;
/** Days after today that are swept most often. */
export const NEAR_DAYS_AHEAD = 14;
/** After an outage these days after today come first (R37) … */
export const NEXT_DAYS_AHEAD = 1;
/** … then these, then the horizon, and at last so many days back. */
export const WEEK_DAYS_AHEAD = 7;
export const MONTH_DAYS_BACK = 30;

/**
 * The windows of a full sync in their order: what is still to come first, because a client may be on the way. Each window
 * is a pass of its own, so that a change during a long walk spoils the proof of one window only (R2).
 *
 * @param today local date of the business, `YYYY-MM-DD`
 */
export function visitWindows(today: string): readonly VisitWindow[] {
  return FULL_SYNC_WINDOWS.map((key) => visitWindow(key, today));
}

/**
 * One window by its name.
 *
 * @param today local date of the business, `YYYY-MM-DD`
 */
export function visitWindow(key: VisitWindow['key'], today: string): VisitWindow {
  const midnight = (days: number) => `${addDays(today, days)}T00:00`;
  const aheadFrom = midnight(-AHEAD_STARTS_DAYS_BACK);
  const recentFrom = midnight(-RECENT_DAYS_BACK);
  const window = (fromLocal: string | null, tillLocal: string | null): VisitWindow => ({
    key,
    fromLocal,
    tillLocal,
  });
  switch (key) {
    case 'ahead':
      return window(aheadFrom, null);
    case 'recent':
      return window(recentFrom, aheadFrom);
    case 'past':
      return window(null, recentFrom);
    case 'near':
      return window(aheadFrom, midnight(NEAR_DAYS_AHEAD + 1));
    case 'next':
      return window(midnight(0), midnight(NEXT_DAYS_AHEAD + 1));
    case 'week':
      return window(midnight(0), midnight(WEEK_DAYS_AHEAD + 1));
    case 'month':
      return window(midnight(-MONTH_DAYS_BACK), aheadFrom);
  }
}

/**
 * The window of a full sync that a window lies in. What is missing at once beyond the blast radius is one finding for both
 * (R3): else the wider pass would free what the narrower one keeps for a person.
 */
export function widestAround(key: VisitWindow['key']): FullSyncWindow {
  switch (key) {
    case 'near':
    case 'next':
    case 'week':
      return 'ahead';
    case 'month':
      return 'recent';
    case 'ahead':
    case 'recent':
    case 'past':
      return key;
  }
}

/** Whether a row belongs to a window by its start, where the other side lists what merely overlaps it (R5). */
export function startsInWindow(startsLocal: string, window: VisitWindow): boolean {
  const afterStart = window.fromLocal === null || startsLocal >= window.fromLocal;
  return afterStart && (window.tillLocal === null || startsLocal < window.tillLocal);
}
