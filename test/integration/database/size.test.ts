import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { openSalon, transaction, type Runner, type Salon } from './support/salon.ts';

/** As many rows as R27 asks for; every fifth visit has an item, which is where time is held. */
const ROWS = 100_000;
const ITEMS = ROWS / 5;

let database: TestDatabase;
let salon: Salon;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  salon = await openSalon(database.pool, { staff: 10, rooms: 2 });
});
afterAll(() => database.drop());

/** Writes a page of visits as the import does: a statement for the visits, one for their items. */
async function importPage(tx: Runner, first: number, count: number): Promise<void> {
  await tx.query(
    `INSERT INTO bookings (id, business_id, zone, starts_local, ends_local, starts_at, ends_at, source)
     SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, $1, 'UTC', t, t + interval '40 min',
            t AT TIME ZONE 'UTC', (t + interval '40 min') AT TIME ZONE 'UTC', 'booksy'
     FROM (SELECT n, timestamp '2020-01-01' + (n / 10) * interval '45 min' AS t FROM generate_series($2::int, $3::int) n) v`,
    [salon.businessId, first, first + count - 1],
  );
  await tx.query(
    `INSERT INTO booking_items (id, booking_id, business_id, staff_id, room_id, zone, starts_local, ends_local, starts_at, ends_at)
     SELECT gen_random_uuid(), b.id, b.business_id, ($4::uuid[])[1 + n % 10], CASE WHEN n % 10 < 1 THEN ($5::uuid[])[1] END,
            b.zone, b.starts_local, b.ends_local, b.starts_at, b.ends_at
     FROM generate_series($2::int, $3::int) n
     JOIN bookings b ON b.id = ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid
     WHERE b.business_id = $1 AND n % 5 = 0`,
    [salon.businessId, first, first + count - 1, salon.staff, salon.rooms],
  );
}

/** Statements that the triggers ran for `work`, by their text. */
async function statementsOf(work: (client: pg.PoolClient) => Promise<void>): Promise<Map<string, number>> {
  const client = await database.pool.connect();
  try {
    await client.query(`SET pg_stat_statements.track = 'all'`);
    await client.query(
      'SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)',
    );
    await work(client);
    await client.query('RESET pg_stat_statements.track');
    const { rows } = await client.query<{ query: string; calls: number }>(
      `SELECT query, sum(calls)::int AS calls FROM pg_stat_statements
       WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND NOT toplevel GROUP BY query`,
    );
    return new Map(rows.map((row) => [row.query, row.calls]));
  } finally {
    client.release();
  }
}

/** The most often run statement that is not a foreign key's own look-up. */
function mostCalls(statements: ReadonlyMap<string, number>): number {
  const ours = [...statements].filter(([query]) => !/FOR KEY SHARE/.test(query));
  return Math.max(...ours.map(([, calls]) => calls));
}

describe('cost by statements, not by rows', () => {
  it('derives a page of a thousand imported visits in the same few statements as one visit', async () => {
    const one = await statementsOf((client) => inTransaction(client, () => importPage(client, 0, 1)));
    const page = await statementsOf((client) => inTransaction(client, () => importPage(client, 1, 1_000)));
    expect(mostCalls(page)).toBe(mostCalls(one));
    expect(page.size).toBe(one.size);
  });

  it('stays linear on a connection whose plans were made when the tables were empty', async () => {
    await transaction(
      database.pool,
      async (tx) => {
        for (let first = 1_001; first < ROWS; first += 9_900) {
          await importPage(tx, first, Math.min(9_900, ROWS - first));
        }
      },
      { importing: true },
    );
    const { rows } = await database.pool.query(
      `SELECT count(*)::int AS visits, (SELECT count(*)::int FROM occupancy) AS held, (SELECT count(*)::int FROM occupancy WHERE exempt) AS exempt FROM bookings`,
    );
    expect(rows).toEqual([{ visits: ROWS, held: ITEMS * 1.5, exempt: 0 }]);
  }, 240_000);

  it('reports an UPDATE of 100,000 rows in one statement, and frees their time in one (R27)', async () => {
    await database.pool.query('TRUNCATE sync_outbox');
    const statements = await statementsOf(async (client) => {
      await client.query(`UPDATE bookings SET status = 'cancelled'`);
    });
    const inserts = [...statements].filter(([query]) => query.includes('INSERT INTO sync_outbox'));
    expect(inserts.map(([, calls]) => calls)).toEqual([1]);
    // Who keeps free time is told by each of the three statements on occupancy: freed, held, unmarked.
    expect(mostCalls(statements)).toBe(3);
    const { rows } = await database.pool.query(
      `SELECT count(*)::int AS rows, count(DISTINCT record_id)::int AS visits FROM sync_outbox WHERE operation = 'update'`,
    );
    expect(rows).toEqual([{ rows: ROWS, visits: ROWS }]);
    const { rows: held } = await database.pool.query('SELECT count(*)::int AS n FROM occupancy');
    expect(held).toEqual([{ n: 0 }]);
  }, 240_000);
});

async function inTransaction(client: pg.PoolClient, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  await client.query(`SELECT set_config('booksy_sync.import', 'on', true)`);
  await work();
  await client.query('COMMIT');
}
