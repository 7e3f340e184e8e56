/**
 * sweep: looks at Booksy for what no webhook told (SPEC 3.5, R36).
 *
 * Owns nothing but its turn: the one sweeper of a Booksy account does what is due for all of its businesses, most urgent
 * first. Id `sweep/<account>/<tier>-<time>`, started by the schedules near, far and nightly; where a sweeper is at work
 * already, that one does the sweeping. What is due, proven and half-way done is in PostgreSQL: rounds carry nothing, and a run ends
 * when nothing is due any more. The nightly one then compares platform and base (R27).
 */
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { SweepActivities } from '../activities/sweep/index.ts';
import type { SweepInput } from '../infra/temporal/schedules-types.ts';

// Reads Booksy and applies here: safe to repeat, because every pass goes on from the cursor that committed with its rows.
// The heartbeat finds a dead worker in 30 s; the schedule starts the next sweep whatever becomes of this one.
const sweeping = proxyActivities<SweepActivities>({
  startToCloseTimeout: '30 minutes',
  scheduleToCloseTimeout: '2 hours',
  heartbeatTimeout: '30 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Rounds of about two minutes: far below 2,000 events, and the next schedule goes on. */
const MOST_ROUNDS = 120;

export async function sweep(input: SweepInput): Promise<void> {
  let swept = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const report = await sweeping.sweepDue.executeWithOptions({ summary: 'What is due' }, [
      { tier: round === 0 ? input.tier : null },
    ]);
    swept += report.swept;
    setCurrentDetails(
      `**${report.outcome}**: ${String(swept)} windows swept, ${String(report.failed)} failed`,
    );
    if (report.outcome !== 'more') break;
  }
  if (input.tier === 'nightly') {
    await sweeping.compareAll.executeWithOptions({ summary: 'Platform against base (R27)' }, []);
    await sweeping.tidyBoxes.executeWithOptions({ summary: 'Empty what may not be kept' }, []);
  }
}
