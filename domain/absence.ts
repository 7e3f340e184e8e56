/** R3: absence is a suspicion. How many suspects of one pass may be looked at before it looks like a fault. */
export const LEAST_SUSPECTS_ALLOWED = 10;
export const SUSPECT_SHARE_ALLOWED = 0.05;

/** Whether so many records vanished from a window at once that a person must look first. */
export function exceedsBlastRadius(suspects: number, knownInWindow: number): boolean {
  return suspects > Math.max(LEAST_SUSPECTS_ALLOWED, SUSPECT_SHARE_ALLOWED * knownInWindow);
}

/** What a linked visit that Booksy answered 404 for becomes (R18). */
export function afterGone(startsAt: string, now: string): 'cancel' | 'keep_marked' {
  return startsAt > now ? 'cancel' : 'keep_marked';
}
