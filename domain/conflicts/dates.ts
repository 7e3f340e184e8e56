/** When a conflict is brought to mind, escalated, and overtaken (R10). Pure: the row keeps the dates, timers follow them (R32). */

export const REMIND_AFTER_MS = 24 * 3_600_000;
/** Hours before the visit at which an unresolved conflict escalates, unless a rule says otherwise. */
export const ESCALATE_HOURS_BEFORE = 24;

export interface ConflictDates {
  /** ISO instants; null = never. */
  readonly remindAt: string;
  readonly escalateAt: string | null;
  readonly overtakenAt: string | null;
}

/**
 * @param openedAt ISO instant
 * @param startsAt when the visit (or the overlap) begins; null for what has no time
 */
export function conflictDates(
  openedAt: string,
  startsAt: string | null,
  escalateHoursBefore = ESCALATE_HOURS_BEFORE,
): ConflictDates {
  const remindAt = iso(Date.parse(openedAt) + REMIND_AFTER_MS);
  if (startsAt === null) return { remindAt, escalateAt: null, overtakenAt: null };
  const before = Date.parse(startsAt) - escalateHoursBefore * 3_600_000;
  // What is found late escalates at once.
  return { remindAt, escalateAt: iso(Math.max(before, Date.parse(openedAt))), overtakenAt: startsAt };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

export interface DueState {
  readonly now: string;
  readonly remindAt: string | null;
  readonly escalateAt: string | null;
  readonly escalatedAt: string | null;
  readonly overtakenAt: string | null;
}

/** What is due now. Overtaken goes before all. */
export function dueOf(state: DueState): {
  readonly overtaken: boolean;
  readonly escalate: boolean;
  readonly remind: boolean;
} {
  const overtaken = state.overtakenAt !== null && state.overtakenAt <= state.now;
  return {
    overtaken,
    escalate:
      !overtaken && state.escalatedAt === null && state.escalateAt !== null && state.escalateAt <= state.now,
    remind: !overtaken && state.remindAt !== null && state.remindAt <= state.now,
  };
}

/** How long until something is due, in milliseconds, at least a second; `longestMs` where nothing is before that. */
export function untilDue(state: DueState, longestMs: number): number {
  const dates = [state.remindAt, state.escalatedAt === null ? state.escalateAt : null, state.overtakenAt];
  const waits = dates.flatMap((date) => (date === null ? [] : [Date.parse(date) - Date.parse(state.now)]));
  return Math.max(1000, Math.min(longestMs, ...waits));
}
