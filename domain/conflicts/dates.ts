import { addDays, resolveLocal } from '../local-time.ts';
import { dayOfGroup } from '../states/hours.ts';

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

/** When what is in dispute begins; ISO instants, null = never. */
export interface Beginning {
  /** The next of it: people are told before. */
  readonly nextAt: string | null;
  /** The last of it: from then on nothing is left to decide, and both sides keep what they have. */
  readonly overAt: string | null;
}

/** What has no time: a client, a price, hours of every week. */
export const TIMELESS: Beginning = { nextAt: null, overAt: null };

/** What begins once: a visit, an overlap, time off. */
export function beginningAt(instant: string): Beginning {
  return { nextAt: instant, overAt: instant };
}

/**
 * When days of opening hours begin, in the salon's zone. Hours of a date can be told until it has passed (`isTellable`): then
 * nothing is left to decide of it. A week that counts from a day on has its day, and is in dispute for as long as it stands.
 *
 * @param groups `date:2026-12-24`, `weekday:2027-01-01:1`, `weekday:now:1`
 * @param now ISO instant: of several days the next one counts
 */
export function beginningOfDays(groups: readonly string[], zone: string, now: string): Beginning {
  const days = groups.map(dayOfGroup);
  const dates = days.flatMap(({ date, appliesFrom }) => date ?? appliesFrom ?? []).sort();
  const begins = (date: string) => resolveLocal(`${date}T00:00`, zone).instant;
  const last = dates.at(-1);
  if (last === undefined) return TIMELESS;
  return {
    nextAt: dates.map(begins).find((instant) => instant > now) ?? begins(last),
    overAt: days.every(({ date }) => date !== null) ? begins(addDays(last, 1)) : null,
  };
}

/** @param openedAt ISO instant */
export function conflictDates(
  openedAt: string,
  { nextAt, overAt }: Beginning,
  { remindHours, escalateHours }: ConflictHours = DEFAULT_HOURS,
): ConflictDates {
  const remindAt = iso(Date.parse(openedAt) + remindHours * HOUR_MS);
  if (nextAt === null) return { remindAt, escalateAt: null, overtakenAt: overAt };
  const before = Date.parse(nextAt) - escalateHours * HOUR_MS;
  // What is found late escalates at once.
  return { remindAt, escalateAt: iso(Math.max(before, Date.parse(openedAt))), overtakenAt: overAt };
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
