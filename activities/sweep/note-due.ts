import type { Db } from '../../infra/database/index.ts';
import { RESUMED } from '../../infra/sweep/ask.ts';
import { TASKS, type SweepTask } from '../../domain/sweep/tasks.ts';

/** When what is due, in `integration_sync_status`: there it is seen, and there anybody may ask for a sweep. */

/** After a failure a task is tried again so much later. */
const AGAIN_AFTER_SECONDS = 300;

/**
 * Notes that a task was done, and when it is due next.
 *
 * @param everySeconds null: not before somebody asks
 * @returns whether it was what a resumed business waited for (R30)
 */
export async function noteDone(
  db: Db,
  businessId: string,
  task: SweepTask,
  everySeconds: number | null,
): Promise<{ readonly resumed: boolean }> {
  const { rows } = TASKS[task];
  const noted = await db.$queryRaw<{ claimed_by: string | null }[]>`
    WITH before AS (
      SELECT claimed_by FROM integration_sync_status
       WHERE business_id = ${businessId}::uuid AND entity = ${rows[0].entity} AND window_key = ${rows[0].windowKey}
    ), noted AS (
      INSERT INTO integration_sync_status (business_id, entity, window_key, due_at, interval_seconds, updated_at)
      SELECT ${businessId}::uuid, t.entity, t.window_key,
             now() + make_interval(secs => ${everySeconds}::double precision), ${everySeconds}::int, now()
        FROM unnest(${rows.map(({ entity }) => entity)}::text[], ${rows.map(({ windowKey }) => windowKey)}::text[])
             AS t(entity, window_key)
      ON CONFLICT (business_id, entity, window_key) DO UPDATE
         SET due_at = excluded.due_at, interval_seconds = excluded.interval_seconds, claimed_by = NULL,
             claimed_until = NULL
    )
    SELECT claimed_by FROM before`;
  return { resumed: noted[0]?.claimed_by === RESUMED };
}

/** Puts a task that failed off for a while; one that was asked for stays asked for. */
export async function noteFailed(db: Db, businessId: string, task: SweepTask): Promise<void> {
  const [{ entity, windowKey }] = TASKS[task].rows;
  await db.$executeRaw`
    INSERT INTO integration_sync_status (business_id, entity, window_key, due_at, updated_at)
    VALUES (${businessId}::uuid, ${entity}, ${windowKey}, now() + make_interval(secs => ${AGAIN_AFTER_SECONDS}), now())
    ON CONFLICT (business_id, entity, window_key) DO UPDATE SET due_at = excluded.due_at`;
}
