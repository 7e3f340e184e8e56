import { suggestMissing } from '../../infra/holidays/store.ts';
import { beating } from '../beating.ts';
import type { Beat, CalendarDeps } from './deps.ts';
import { pollCalendar, type PollOutcome } from './poll.ts';
import { claimDue } from './rows.ts';

export type { CalendarDeps } from './deps.ts';

/** What one round of polling came to. */
export interface PollReport {
  /** False where the round's time was over first. */
  readonly done: boolean;
  readonly polled: number;
  readonly changed: number;
  /** Calendars that could not be read. */
  readonly failed: number;
}

/** How long one activity goes on before it hands its place in the history over. */
const ROUND_MS = 120_000;
/** Feeds that are waited for at the same time: a slow one must not hold the others. */
const AT_ONCE = 4;

/** Polls what is due until nothing is. */
export async function pollDue(deps: CalendarDeps, beat: Beat): Promise<PollReport> {
  const untilMs = performance.now() + ROUND_MS;
  const counts = new Map<PollOutcome, number>();
  let done = true;
  const one = async (): Promise<void> => {
    for (;;) {
      beat();
      if (performance.now() > untilMs) {
        done = false;
        return;
      }
      const calendar = await claimDue(deps.db, deps.calendars);
      if (calendar === null) return;
      const outcome = await pollCalendar(deps, calendar, beat);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, one));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  const of = (...outcomes: readonly PollOutcome[]) =>
    outcomes.reduce((sum, outcome) => sum + (counts.get(outcome) ?? 0), 0);
  return {
    done,
    polled: of('unchanged', 'changed', 'failing', 'expired', 'removed'),
    changed: of('changed'),
    failed: of('failing', 'expired'),
  };
}

/** Activities of calendars: thin wrappers around plain functions, with heartbeat and cancellation. */
export function createCalendarActivities(deps: CalendarDeps) {
  return {
    pollCalendars: (): Promise<PollReport> =>
      beating(async (beat) => {
        // Holidays of the year to come are suggested on the way: one look where nothing is missing.
        await suggestMissing(deps.db);
        return pollDue(deps, beat);
      }),
  };
}

export type CalendarActivities = ReturnType<typeof createCalendarActivities>;
