/**
 * reconcileWorkflows: restarts what rows say should run and does not (R32).
 *
 * Owns nothing: PostgreSQL holds the truth, and this looks whether Temporal still carries it out: schedules, conflicts,
 * records that failed alone, full syncs, boxes that nobody drains. Id `reconcile-workflows/<account>-<time>`, started by its
 * schedule every five minutes and by each start of a worker. Ends when it has looked once.
 */
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { SweepActivities } from '../activities/sweep/index.ts';
import type { ReconcileInput } from '../infra/temporal/schedules-types.ts';

// Starts only what is missing: safe to repeat, and two at once do no harm. The next one comes in five minutes anyhow.
const reconciling = proxyActivities<SweepActivities>({
  startToCloseTimeout: '4 minutes',
  scheduleToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

export async function reconcileWorkflows(input: ReconcileInput): Promise<void> {
  const restarted = await reconciling.reconcile.executeWithOptions({ summary: input.accountKey }, []);
  const parts = Object.entries(restarted).filter(([, count]) => count > 0);
  setCurrentDetails(
    parts.length === 0
      ? 'Everything that should run does.'
      : `Restarted or set right: ${parts.map(([what, count]) => `${String(count)} ${what}`).join(', ')}`,
  );
}
