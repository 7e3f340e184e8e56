import type { Db } from '../../infra/database/index.ts';

/** Tables that a re-sync of an unchanged salon must not touch (SPEC 14: entity, mirror, base, audit, outbox). */
const ENTITY_TABLES = [
  'businesses',
  'service_categories',
  'services',
  'service_variants',
  'service_variant_staff',
  'staff',
  'rooms',
  'service_rooms',
  'profiles',
  'bookings',
  'booking_items',
  'occupancy',
  'working_hours',
  'hours_schedules',
  'time_off',
  'external_services',
  'external_staff',
  'external_rooms',
  'external_clients',
  'external_hours',
  'external_time_off',
  'external_bookings',
  'booksy_audit_log',
  'booksy_sync_conflicts',
  'sync_outbox',
];

export interface TupleChanges {
  /** Tuples inserted, updated or deleted, by table, where there were any. */
  readonly inEntities: Readonly<Record<string, number>>;
}

/**
 * Counts the tuples that some work changes, by PostgreSQL's own statistics. A session hands its numbers in with a delay;
 * so every connection of the product's pool is asked to do so, before and after.
 */
export async function tupleChanges(db: Db, work: () => Promise<unknown>): Promise<TupleChanges> {
  const before = await changesSoFar(db);
  await work();
  const after = await changesSoFar(db);
  const inEntities: Record<string, number> = {};
  for (const [table, count] of after) {
    const more = count - (before.get(table) ?? 0);
    if (more !== 0) inEntities[table] = more;
  }
  return { inEntities };
}

async function changesSoFar(db: Db): Promise<Map<string, number>> {
  await handInStatistics(db);
  const rows = await db.$queryRaw<{ relname: string; changes: bigint }[]>`
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS changes FROM pg_stat_user_tables
     WHERE relname = ANY(${ENTITY_TABLES}::text[])`;
  return new Map(rows.map((row) => [row.relname, Number(row.changes)]));
}

/** Asks each open connection of the pool; on a busy machine one may take two of the questions, and is asked again. */
async function handInStatistics(db: Db): Promise<void> {
  const asked = new Set<number>();
  for (let seconds = 0.1; ; seconds *= 2) {
    const open = await db.$queryRaw<{ pid: number }[]>`
      SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = current_setting('application_name')`;
    if (asked.size > 0 && open.every(({ pid }) => asked.has(pid))) return;
    if (seconds > 30)
      throw new Error('A connection of the pool is always at work: its changes cannot be counted.');
    // Each holds its connection for a moment, so that the next one takes another.
    const answers = await Promise.all(
      open.map(
        () => db.$queryRaw<{ pid: number }[]>`
          SELECT pg_backend_pid() AS pid, pg_stat_force_next_flush()::text, pg_sleep(${seconds}::float8)::text`,
      ),
    );
    for (const { pid } of answers.flat()) asked.add(pid);
  }
}
