import { addDays } from './local-time.ts';

/** A window of visits by their local start; null = open on that side. */
export interface VisitWindow {
  readonly key: 'ahead' | 'recent' | 'past';
  readonly fromLocal: string | null;
  readonly tillLocal: string | null;
}

/** Days before today with which the first window begins: a visit of last night may still be changed. */
export const AHEAD_STARTS_DAYS_BACK = 1;
/** Days back that are walked before the long past. */
export const RECENT_DAYS_BACK = 92;

/**
 * The windows of a full sync in their order: what is still to come first, because a client may be on the way. Each window
 * is a pass of its own, so that a change during a long walk spoils the proof of one window only (R2).
 *
 * @param today local date of the business, `YYYY-MM-DD`
 */
export function visitWindows(today: string): readonly VisitWindow[] {
  const aheadFrom = `${addDays(today, -AHEAD_STARTS_DAYS_BACK)}T00:00`;
  const recentFrom = `${addDays(today, -RECENT_DAYS_BACK)}T00:00`;
  return [
    { key: 'ahead', fromLocal: aheadFrom, tillLocal: null },
    { key: 'recent', fromLocal: recentFrom, tillLocal: aheadFrom },
    { key: 'past', fromLocal: null, tillLocal: recentFrom },
  ];
}

/** Whether a row belongs to a window by its start, where the other side lists what merely overlaps it (R5). */
export function startsInWindow(startsLocal: string, window: VisitWindow): boolean {
  const afterStart = window.fromLocal === null || startsLocal >= window.fromLocal;
  return afterStart && (window.tillLocal === null || startsLocal < window.tillLocal);
}
