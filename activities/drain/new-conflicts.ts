import type { DrainDeps, DrainRun } from './deps.ts';

/**
 * Starts the workflows of conflicts that were opened lately and have none. What is missed because Temporal is away is started by
 * the schedule that rebuilds from rows (R32).
 */
export async function startNewConflicts(deps: DrainDeps, run: DrainRun): Promise<void> {
  try {
    await deps.startConflicts(run.businessId);
  } catch (error) {
    deps.logger.warn(
      { businessId: run.businessId, err: error },
      'workflows of conflicts could not be started yet',
    );
  }
}
