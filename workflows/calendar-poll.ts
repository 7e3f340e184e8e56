/**
 * calendarPoll: asks the calendars of others what changed (SPEC 5.2).
 *
 * Owns nothing but its turn: which calendar is due, claimed and how it stands is in PostgreSQL. Id
 * `calendar-poll/<account>-<time>`, started by its schedule every five minutes and by a person's "poll now". Rounds carry
 * nothing; a run ends when nothing is due any more.
 */
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { CalendarActivities } from '../activities/calendars/index.ts';
import type { CalendarPollInput } from '../infra/temporal/schedules-types.ts';

// Reads feeds and lays their times out here: safe to repeat, because each calendar is claimed and what is so already is not
// written. The heartbeat finds a dead worker; the schedule starts the next poll whatever becomes of this one.
const polling = proxyActivities<CalendarActivities>({
  startToCloseTimeout: '10 minutes',
  scheduleToCloseTimeout: '30 minutes',
  heartbeatTimeout: '90 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Rounds of about two minutes: far below 2,000 events, and the next schedule goes on. */
const MOST_ROUNDS = 30;

export async function calendarPoll(input: CalendarPollInput): Promise<void> {
  let polled = 0;
  let failed = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const report = await polling.pollCalendars.executeWithOptions({ summary: input.accountKey }, []);
    polled += report.polled;
    failed += report.failed;
    setCurrentDetails(`${String(polled)} calendars polled, ${String(failed)} of them could not be read`);
    if (report.done) break;
  }
}
