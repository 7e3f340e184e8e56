import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scheduleId } from '../../../domain/states/hours.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { openSalon, type Salon } from '../database/support/salon.ts';

/** What keeps schedules: the triggers of days and of holidays, and the migration over rows that are there (R7a, R27). */

let database: TestDatabase;
let salon: Salon;

beforeAll(async () => {
  database = await createTestDatabase();
}, 240_000);
afterAll(() => database.drop());
beforeEach(async () => {
  salon = await openSalon(database.pool);
});

const sql = async <T extends object>(text: string, values: readonly unknown[] = []): Promise<T[]> =>
  (await database.pool.query<T>(text, [...values])).rows;

async function countersOf(part: 'weekly' | 'custom', owner = salon.businessId) {
  const [row] = await sql<{ counters: Record<string, number> }>(
    'SELECT counters FROM hours_schedules WHERE id = $1',
    [scheduleId('business', owner, part)],
  );
  return row?.counters ?? null;
}

async function drained(): Promise<string[]> {
  const rows = await sql<{ record_id: string | null; operation: string }>(
    `WITH gone AS (DELETE FROM sync_outbox WHERE entity = 'hours' RETURNING *) SELECT record_id, operation FROM gone ORDER BY id`,
  );
  return rows.map((row) => `${row.operation} ${row.record_id ?? ''}`);
}

function insertDays(values: string): Promise<unknown> {
  return database.pool.query(
    `INSERT INTO working_hours (id, business_id, owner_kind, owner_id, kind, day_of_week, date, applies_from, intervals)
     SELECT gen_random_uuid(), $1, 'business', $1, v.kind, v.dow, v.date::date, v.from::date, '[[540, 600]]'
       FROM (VALUES ${values}) v (kind, dow, date, "from")`,
    [salon.businessId],
  );
}

describe('a schedule', () => {
  it('has the id that the engine gives it', async () => {
    for (const [kind, part] of [
      ['business', 'weekly'],
      ['staff', 'custom'],
      ['room', 'weekly'],
    ] as const) {
      const owner = randomUUID();
      const [row] = await sql<{ id: string }>('SELECT hours_schedule_id($1, $2, $3) AS id', [
        kind,
        owner,
        part,
      ]);
      expect(row?.id).toBe(scheduleId(kind, owner, part));
      expect(row?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it('counts each day that is edited, by its name, and reports itself once a statement', async () => {
    await drained();
    await insertDays(
      `('weekly', 1, NULL, NULL), ('weekly', 2, NULL, NULL), ('weekly', 1, NULL, '2027-01-01'), ('custom', NULL, '2026-12-24', NULL)`,
    );
    const ids = [
      scheduleId('business', salon.businessId, 'weekly'),
      scheduleId('business', salon.businessId, 'custom'),
    ];
    expect((await drained()).toSorted()).toEqual(ids.map((id) => `update ${id}`).toSorted());
    expect(await countersOf('weekly')).toEqual({
      'weekday:now:1': 1,
      'weekday:now:2': 1,
      'weekday:2027-01-01:1': 1,
    });
    expect(await countersOf('custom')).toEqual({ 'date:2026-12-24': 1 });
    // Nothing of it is an edit: no row version moves.
    await sql('UPDATE working_hours SET intervals = intervals, updated_at = now() WHERE owner_id = $1', [
      salon.businessId,
    ]);
    expect(await drained()).toEqual([]);
    // A row that becomes another day is an edit of both.
    await sql(`UPDATE working_hours SET date = '2026-12-25' WHERE owner_id = $1 AND kind = 'custom'`, [
      salon.businessId,
    ]);
    expect(await countersOf('custom')).toEqual({ 'date:2026-12-24': 2, 'date:2026-12-25': 1 });
    expect(await drained()).toEqual([`update ${ids[1] ?? ''}`]);
    await sql(`DELETE FROM working_hours WHERE owner_id = $1 AND kind = 'weekly' AND day_of_week = 2`, [
      salon.businessId,
    ]);
    expect(await countersOf('weekly')).toMatchObject({ 'weekday:now:1': 1, 'weekday:now:2': 2 });
    // Custom days follow the week: they are looked at, and were not edited.
    expect((await drained()).toSorted()).toEqual(ids.map((id) => `update ${id}`).toSorted());
    expect(await countersOf('custom')).toEqual({ 'date:2026-12-24': 2, 'date:2026-12-25': 1 });
  });

  it('counts a holiday from when it is decided; a suggestion is nothing', async () => {
    await drained();
    const day = (state: string) =>
      sql(
        `INSERT INTO holidays (id, business_id, date, code, name, state) VALUES (gen_random_uuid(), $1, '2027-05-01', 'x', 'X', $2)
         ON CONFLICT (business_id, date, code) DO UPDATE SET state = excluded.state`,
        [salon.businessId, state],
      );
    await day('suggested');
    await sql(`UPDATE holidays SET name = 'Y' WHERE business_id = $1`, [salon.businessId]);
    expect(await drained()).toEqual([]);
    await day('closed');
    await day('closed');
    await day('suggested');
    await day('open');
    await sql('DELETE FROM holidays WHERE business_id = $1', [salon.businessId]);
    expect(await drained()).toEqual(
      Array.from({ length: 4 }, () => `update ${scheduleId('business', salon.businessId, 'custom')}`),
    );
    expect(await countersOf('custom')).toEqual({ 'date:2027-05-01': 4 });
  });

  it('sees the write of a role that may see neither it nor the box (R27)', async () => {
    const role = `hours_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
    await database.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'test-only'`);
    await database.pool.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON working_hours, holidays TO ${role}`);
    const url = new URL(database.url);
    url.username = role;
    url.password = 'test-only';
    const app = new pg.Client({ connectionString: url.toString() });
    await app.connect();
    try {
      await app.query(
        `INSERT INTO working_hours (id, business_id, owner_kind, owner_id, kind, day_of_week) VALUES (gen_random_uuid(), $1, 'business', $1, 'weekly', 4)`,
        [salon.businessId],
      );
      await app.query(
        `INSERT INTO holidays (id, business_id, date, code, name, state) VALUES (gen_random_uuid(), $1, '2027-05-02', 'x', 'X', 'closed')`,
        [salon.businessId],
      );
      await expect(app.query('SELECT FROM hours_schedules')).rejects.toMatchObject({ code: '42501' });
      await expect(
        app.query(`SELECT hours_schedules_touch('{}', '{}', '{}', '{}', '{}')`),
      ).rejects.toMatchObject({ code: '42501' });
    } finally {
      await app.end();
      await database.pool.query(`DROP OWNED BY ${role}`);
      await database.pool.query(`DROP ROLE ${role}`);
    }
    expect(await countersOf('weekly')).toEqual({ 'weekday:now:4': 1 });
    expect(await countersOf('custom')).toEqual({ 'date:2027-05-02': 1 });
  });

  it('takes 100,000 days in one statement (R27)', async () => {
    await database.pool.query(
      `INSERT INTO working_hours (id, business_id, owner_kind, owner_id, kind, date)
       SELECT gen_random_uuid(), $1, 'staff', md5(o::text)::uuid, 'custom', DATE '2027-01-01' + d
         FROM generate_series(1, 1000) o CROSS JOIN generate_series(0, 99) d`,
      [salon.businessId],
    );
    await drained();
    const began = Date.now();
    await database.pool.query(`UPDATE working_hours SET intervals = '[[1, 2]]' WHERE owner_kind = 'staff'`);
    expect(Date.now() - began).toBeLessThan(60_000);
    expect(await drained()).toHaveLength(1_000);
    const [most] = await sql<{ least: number; most: number; days: string }>(
      `SELECT min(c.value::int) AS least, max(c.value::int) AS most, count(*) AS days
         FROM hours_schedules s CROSS JOIN jsonb_each_text(s.counters) c WHERE s.owner_kind = 'staff'`,
    );
    expect(most).toEqual({ least: 2, most: 2, days: '100000' });
  }, 240_000);
});

describe('the mirror', () => {
  it('names a row that the release before this one writes, and one that this one writes', async () => {
    const owner = randomUUID();
    const insert = (columns: string, values: string) =>
      sql(
        `INSERT INTO external_hours (business_id, owner_kind, owner_external_id, remote, remote_hash, base_theirs, base_ours,
                                     observed_sent_at, observed_received_at, part, ${columns})
         VALUES ($1, 'staff', '77', '{}', '', '{}', '{}', now(), now(), ${values})`,
        [salon.businessId],
      );
    await insert('owner_id', `'weekly', '${owner}'`);
    await sql(
      `INSERT INTO hours_schedules (id, business_id, owner_kind, owner_id, part) VALUES ($1, $2, 'staff', $3, 'custom')`,
      [scheduleId('staff', owner, 'custom'), salon.businessId, owner],
    );
    await insert(
      'schedule_id, external_id',
      `'custom', '${scheduleId('staff', owner, 'custom')}', 'staff:77:custom'`,
    );
    expect(
      await sql(
        'SELECT external_id, schedule_id, owner_id FROM external_hours WHERE business_id = $1 ORDER BY 1',
        [salon.businessId],
      ),
    ).toEqual([
      { external_id: 'staff:77:custom', schedule_id: scheduleId('staff', owner, 'custom'), owner_id: owner },
      { external_id: 'staff:77:weekly', schedule_id: scheduleId('staff', owner, 'weekly'), owner_id: owner },
    ]);
    expect(await sql('SELECT part FROM hours_schedules WHERE owner_id = $1 ORDER BY part', [owner])).toEqual([
      { part: 'custom' },
      { part: 'weekly' },
    ]);
  });
});
