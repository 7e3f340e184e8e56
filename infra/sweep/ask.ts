import { TASKS, type SweepTask } from '../../domain/sweep/tasks.ts';
import type { Db, Tx } from '../database/index.ts';

/** Asking the sweeper for something: it looks into the rows, so that anybody who may write them may ask. */

/** Marks today and tomorrow of a business that was resumed: nothing is pushed before they were looked at (R30). */
export const RESUMED = 'resume';

/** Asks for tasks of some businesses: the next sweep does them, in its own order. */
export async function askFor(
  db: Db | Tx,
  businessIds: readonly string[],
  tasks: readonly SweepTask[],
): Promise<void> {
  const rows = tasks.map((task) => TASKS[task].rows[0]);
  await db.$executeRaw`
    INSERT INTO integration_sync_status AS s (business_id, entity, window_key, due_at, updated_at)
    SELECT b.id, t.entity, t.window_key, now(), now()
      FROM unnest(${[...businessIds]}::uuid[]) AS b(id)
     CROSS JOIN unnest(${rows.map(({ entity }) => entity)}::text[], ${rows.map(({ windowKey }) => windowKey)}::text[])
                AS t(entity, window_key)
    ON CONFLICT (business_id, entity, window_key) DO UPDATE SET due_at = LEAST(s.due_at, excluded.due_at)`;
}

/** Asks for what a business needs before anything of it is pushed again (R30). In the transaction that resumes it. */
export async function askAfterResume(db: Db | Tx, businessId: string): Promise<void> {
  await askFor(db, [businessId], ['next', 'week', 'near', 'soon', 'ahead', 'month', 'clients']);
  await db.$executeRaw`
    UPDATE integration_sync_status SET claimed_by = ${RESUMED}
     WHERE business_id = ${businessId}::uuid AND entity = 'booking' AND window_key = 'visits:next'`;
}
