import { readFile } from 'node:fs/promises';

import type pg from 'pg';
import { describe, expect, it } from 'vitest';

import { inspectDatabase } from '../../../infra/database/inspect.ts';
import { migrate } from '../../../infra/database/migrate.ts';
import { emptyDatabase, migrationNames, quiet } from './support/empty.ts';

/** Tables and rows of a platform as people build them: other columns, an enum, no `businesses`, a trigger of its own. */
async function existingPlatform(): Promise<{ url: string; pool: pg.Pool }> {
  const database = await emptyDatabase();
  await database.pool.query(
    await readFile(new URL('support/existing-platform.sql', import.meta.url), 'utf8'),
  );
  return database;
}

/** Every row of the platform's own columns. */
async function snapshot(pool: pg.Pool): Promise<unknown[]> {
  const queries = [
    'SELECT id, email, full_name, created_at FROM profiles ORDER BY id',
    'SELECT id, name, description, duration, price FROM services ORDER BY id',
    'SELECT id, client_id, service_id, start_time, end_time, status, notes FROM bookings ORDER BY id',
    'SELECT id, weekday, opens, closes FROM working_hours ORDER BY id',
  ];
  return Promise.all(queries.map(async (query) => (await pool.query<Record<string, unknown>>(query)).rows));
}

/** Which columns there are, with their types and rules. */
async function columns(pool: pg.Pool): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ name: string; shape: string }>(
    `SELECT table_name || '.' || column_name AS name, concat_ws(' ', udt_name, is_nullable, column_default) AS shape
     FROM information_schema.columns WHERE table_schema = 'public'`,
  );
  return new Map(rows.map((row) => [row.name, row.shape]));
}

describe('on a platform that exists already', () => {
  it('adds, and keeps every row, column, type and rule', async () => {
    const { url, pool } = await existingPlatform();
    const rows = await snapshot(pool);
    const before = await columns(pool);
    await migrate(url, quiet);
    expect(await snapshot(pool)).toEqual(rows);
    const after = await columns(pool);
    for (const [name, shape] of before) expect([name, after.get(name)]).toEqual([name, shape]);
    for (const name of [
      'bookings.row_version',
      'services.business_id',
      'profiles.name_edits',
      'booking_items.id',
    ]) {
      expect(after.has(name)).toBe(true);
    }
    expect(await inspectDatabase(url)).toEqual(['index working_hours_owner_key: missing']);
  });

  it('adds nothing that its own application would have to know', async () => {
    const { url, pool } = await existingPlatform();
    const before = await columns(pool);
    await migrate(url, quiet);
    const { rows } = await pool.query<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name IN ('bookings', 'services', 'profiles', 'working_hours')
         AND is_nullable = 'NO' AND column_default IS NULL`,
    );
    expect(rows.map((row) => row.name).filter((name) => !before.has(name))).toEqual([]);
    await pool.query(`INSERT INTO services (name, duration, price) VALUES ('Beard', 20, 40)`);
    await pool.query(
      `INSERT INTO bookings (client_id, service_id, start_time, end_time)
       SELECT p.id, s.id, '2030-01-01Z', '2030-01-01 01:00Z' FROM profiles p, services s LIMIT 1`,
    );
    await pool.query(`UPDATE bookings SET status = 'cancelled', notes = 'called'`);
    await pool.query(`UPDATE profiles SET full_name = upper(full_name)`);
    await pool.query('DELETE FROM bookings');
    // Its own trigger still runs.
    const { rows: touched } = await pool.query(
      'SELECT count(*)::int AS n FROM profiles WHERE touched_at IS NOT NULL',
    );
    expect(touched).toEqual([{ n: 2 }]);
  });

  it('watches and guards a record from the moment it belongs to a business', async () => {
    const { url, pool } = await existingPlatform();
    await migrate(url, quiet);
    await pool.query(
      `INSERT INTO businesses (id, name, zone, country, currency) VALUES ('00000000-0000-7000-8000-000000000001', 'S', 'UTC', 'PL', 'PLN')`,
    );
    await pool.query('DELETE FROM sync_outbox');
    const { rows } = await pool.query<{ id: string }>(
      `UPDATE bookings SET business_id = '00000000-0000-7000-8000-000000000001' RETURNING id`,
    );
    const outbox = await pool.query('SELECT record_id FROM sync_outbox ORDER BY record_id');
    expect(outbox.rows).toEqual(
      rows.map((row) => ({ record_id: row.id })).toSorted((a, b) => (a.record_id < b.record_id ? -1 : 1)),
    );
    await pool.query(
      `INSERT INTO staff (id, business_id, name) VALUES ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'A')`,
    );
    const item = `INSERT INTO booking_items (id, booking_id, business_id, staff_id, zone, starts_local, ends_local, starts_at, ends_at)
      VALUES (gen_random_uuid(), $1, '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', 'UTC',
              '2030-01-01 10:00', '2030-01-01 11:00', '2030-01-01 10:00Z', '2030-01-01 11:00Z')`;
    await pool.query(item, [rows[0]?.id]);
    await expect(pool.query(item, [rows[1]?.id])).rejects.toMatchObject({ code: '23P01' });
  });

  it('refuses tables that it cannot address, before it changes anything', async () => {
    const { url, pool } = await emptyDatabase();
    await pool.query('CREATE TABLE services (id bigint PRIMARY KEY, name text)');
    await expect(migrate(url, quiet)).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining('services.id is bigint') as string,
      next: expect.stringContaining('id uuid') as string,
    });
    const { rows } = await pool.query(`SELECT to_regclass('businesses') AS made`);
    expect(rows).toEqual([{ made: null }]);
  });

  it('can be told by SQL alone: running the files a second time by hand changes nothing', async () => {
    const { url, pool } = await existingPlatform();
    await migrate(url, quiet);
    const before = await columns(pool);
    for (const name of await migrationNames()) {
      await pool.query(await readFile(`prisma/migrations/${name}/migration.sql`, 'utf8'));
    }
    expect(await columns(pool)).toEqual(before);
    expect(await inspectDatabase(url)).toEqual(['index working_hours_owner_key: missing']);
  });
});
