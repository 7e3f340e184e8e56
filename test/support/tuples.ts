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

/** Connections of a test's product pool, all of which are asked to hand in their statistics. */
const POOL_CONNECTIONS = 5;

/**
 * Counts the tuples that some work changes, by PostgreSQL's own statistics. A session hands its numbers in with a delay;
 * so every connection of the product's pool is asked to do so at once, before and after.
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
  // Each holds its connection for a moment, so that the next one takes another.
  await Promise.all(
    Array.from(
      { length: POOL_CONNECTIONS },
      () => db.$queryRaw`SELECT pg_stat_force_next_flush()::text, pg_sleep(0.1)::text`,
    ),
  );
  const rows = await db.$queryRaw<{ relname: string; changes: bigint }[]>`
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS changes FROM pg_stat_user_tables
     WHERE relname = ANY(${ENTITY_TABLES}::text[])`;
  return new Map(rows.map((row) => [row.relname, Number(row.changes)]));
}
