import type { Client } from '@temporalio/client';
import { readSchedules, type ScheduleScope } from '../../../infra/temporal/schedules.ts';
import { eventually } from '../../support/eventually.ts';

/**
 * Lets no schedule of a rig fire: what they start at their time would be counted or not by luck. Paused as a person does it,
 * so that nobody sets it right. The look that a worker takes at its start (R32) is over when this returns.
 */
export async function restSchedules(
  temporal: Client,
  { taskQueue, accountKey }: Omit<ScheduleScope, 'client'>,
): Promise<void> {
  const scope = { client: temporal, taskQueue, accountKey };
  const all = (await readSchedules(scope)).filter(({ exists }) => exists);
  for (const { id } of all) await temporal.schedule.getHandle(id).pause('A benchmark is running.');
  const firstLook = await eventually(
    async () =>
      (await readSchedules(scope)).find(({ id }) => id.includes('reconcile-workflows'))?.lastWorkflowId,
    { timeoutMs: 20_000, intervalMs: 100, what: 'the look of a worker at its start' },
  );
  await temporal.workflow.getHandle(firstLook).result();
}
