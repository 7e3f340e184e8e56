/** When a conflict is brought to mind, escalated, and overtaken (R10). Pure: the row keeps the dates, timers follow them (R32). */

/** When people are told of a conflict, as the configuration sets it. */
export interface ConflictHours {
  /** Until it is brought to mind, and between two reminders. */
  readonly remindHours: number;
  /** Before its visit, for it to escalate. */
  readonly escalateHours: number;
}

export const DEFAULT_HOURS: ConflictHours = { remindHours: 24, escalateHours: 24 };

const HOUR_MS = 3_600_000;

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
  { remindHours, escalateHours }: ConflictHours = DEFAULT_HOURS,
): ConflictDates {
  const remindAt = iso(Date.parse(openedAt) + remindHours * HOUR_MS);
  if (startsAt === null) return { remindAt, escalateAt: null, overtakenAt: null };
  const before = Date.parse(startsAt) - escalateHours * HOUR_MS;
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
