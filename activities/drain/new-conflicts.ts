import type { DrainDeps, DrainRun } from './deps.ts';

/**
 * Starts the workflows of conflicts that this run has opened in the last moments. What is missed because Temporal is away is
 * started by the schedule that rebuilds from rows (R32).
 */
export async function startNewConflicts(deps: DrainDeps, run: DrainRun): Promise<void> {
  const rows = await deps.db.$queryRaw<{ n: bigint }[]>`
    SELECT count(*) AS n FROM booksy_sync_conflicts
     WHERE business_id = ${run.businessId}::uuid AND status = 'open' AND run_id = ${run.runId}::uuid
       AND opened_at > now() - interval '1 minute'`;
  if (Number(rows[0]?.n ?? 0) === 0) return;
  try {
    await deps.startConflicts(run.businessId);
  } catch (error) {
    deps.logger.warn(
      { businessId: run.businessId, err: error },
      'workflows of conflicts could not be started yet',
    );
  }
}
