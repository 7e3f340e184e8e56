import type { Db } from '../infra/database/index.ts';
import type { Logger } from '../infra/logger.ts';
import {
  countBusinesses,
  ensureSchedules,
  reconcileNow,
  type ScheduleScope,
} from '../infra/temporal/schedules.ts';

/**
 * At the start of a worker: makes the schedules, sets them right, and looks at once whether everything runs that the rows
 * say (R32). Several workers may start together. Where Temporal or the database is away for the moment, the worker works
 * all the same; `reconcileWorkflows` or the next start mends it.
 */
export async function startSchedules(
  scope: ScheduleScope,
  { db, logger }: { readonly db: Db; readonly logger: Logger },
): Promise<void> {
  try {
    const reports = await ensureSchedules(scope, await countBusinesses(db));
    for (const { id, change } of reports) if (change !== 'kept') logger.info({ id, change }, 'a schedule');
    await reconcileNow(scope);
  } catch (error) {
    logger.warn({ err: error }, 'the schedules could not be looked at; the next start or look does it');
  }
}
