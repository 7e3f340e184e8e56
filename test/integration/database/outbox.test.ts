import { randomUUID } from 'node:crypto';

import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { scheduleId } from '../../../domain/states/hours.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import {
  addItem,
  block,
  book,
  move,
  openSalon,
  setStatus,
  transaction,
  type Salon,
} from './support/salon.ts';

let database: TestDatabase;
let salon: Salon;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  salon = await openSalon(database.pool);
});

/** What the box holds of the salon, in order; emptied by the look. */
async function drain(): Promise<string[]> {
  const { rows } = await database.pool.query<{ entity: string; record_id: string | null; operation: string }>(
    `WITH gone AS (DELETE FROM sync_outbox WHERE business_id = $1 RETURNING *)
     SELECT entity, record_id, operation FROM gone ORDER BY id`,
    [salon.businessId],
  );
  return rows.map((row) => `${row.operation} ${row.entity} ${row.record_id ?? ''}`);
}

describe('what reaches the outbox (R26, R27)', () => {
  it('reports every kind of record on insert, update and delete', async () => {
    const tables: [entity: string, insert: string, update: string][] = [
      [
        'category',
        `service_categories (id, business_id, name) VALUES ($1, $2, 'Hair')`,
        `service_categories SET name = 'x'`,
      ],
      ['service', `services (id, business_id, name) VALUES ($1, $2, 'Cut')`, `services SET active = false`],
      [
        'variant',
        `service_variants (id, business_id, service_id, currency, duration_minutes) VALUES ($1, $2, '${salon.serviceId}', 'PLN', 30)`,
        `service_variants SET price_minor = 100`,
      ],
      ['staff', `staff (id, business_id, name) VALUES ($1, $2, 'Ann')`, `staff SET bookable = false`],
      ['room', `rooms (id, business_id, name) VALUES ($1, $2, 'One')`, `rooms SET name = 'Two'`],
      ['profile', `profiles (id, business_id) VALUES ($1, $2)`, `profiles SET email = 'kim@client.example'`],
      [
        'time_off',
        `time_off (id, business_id, owner_kind, owner_id, zone, starts_local, ends_local, starts_at, ends_at)
         VALUES ($1, $2, 'staff', gen_random_uuid(), 'UTC', '2030-01-01', '2030-01-02', '2030-01-01Z', '2030-01-02Z')`,
        `time_off SET reason_code = 'vacation'`,
      ],
    ];
    for (const [entity, insert, update] of tables) {
      const id = randomUUID();
      const table = insert.split(' ')[0] ?? '';
      await database.pool.query(`INSERT INTO ${insert}`, [id, salon.businessId]);
      await database.pool.query(`UPDATE ${update} WHERE id = $1`, [id]);
      await database.pool.query(`DELETE FROM ${table} WHERE id = $1`, [id]);
      expect(await drain()).toEqual([
        `insert ${entity} ${id}`,
        `update ${entity} ${id}`,
        `delete ${entity} ${id}`,
      ]);
    }
  });

  it('reports the schedule for its days', async () => {
    const [id, owner] = [randomUUID(), salon.businessId];
    const schedule = scheduleId('business', owner, 'weekly');
    await database.pool.query(
      `INSERT INTO working_hours (id, business_id, owner_kind, owner_id, kind, day_of_week) VALUES ($1, $2, 'business', $2, 'weekly', 1)`,
      [id, owner],
    );
    await database.pool.query(`UPDATE working_hours SET intervals = '[[540, 1020]]' WHERE id = $1`, [id]);
    await database.pool.query(`UPDATE working_hours SET intervals = '[[540, 1020]]' WHERE id = $1`, [id]);
    await database.pool.query('DELETE FROM working_hours WHERE id = $1', [id]);
    expect(await drain()).toEqual(Array.from({ length: 3 }, () => `update hours ${schedule}`));
  });

  it('reports a visit for its items, once in a transaction', async () => {
    const [ann = ''] = salon.staff;
    const { bookingId } = await transaction(database.pool, (tx) =>
      book(tx, salon, {
        items: [
          { from: 0, to: 30, staff: ann },
          { from: 30, to: 60, staff: ann },
        ],
      }),
    );
    expect(await drain()).toEqual([`insert booking ${bookingId}`]);
    const itemId = await addItem(database.pool, salon, bookingId, { from: 60, to: 90, staff: ann });
    expect(await drain()).toEqual([`update booking ${bookingId}`]);
    await move(database.pool, itemId, 61, 91);
    expect(await drain()).toEqual([`update booking ${bookingId}`]);
    await database.pool.query('DELETE FROM booking_items WHERE id = $1', [itemId]);
    expect(await drain()).toEqual([`update booking ${bookingId}`]);
  });

  it('reports both visits of an item that changes over', async () => {
    const [ann = ''] = salon.staff;
    const first = await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    const second = await book(database.pool, salon, { items: [{ from: 30, to: 60, staff: ann }] });
    await drain();
    await database.pool.query('UPDATE booking_items SET booking_id = $2 WHERE id = $1', [
      first.itemIds[0],
      second.bookingId,
    ]);
    expect((await drain()).toSorted()).toEqual(
      [`update booking ${first.bookingId}`, `update booking ${second.bookingId}`].toSorted(),
    );
  });

  it('reports the variant whose staff changes, and only then', async () => {
    const variantId = randomUUID();
    const [ann = ''] = salon.staff;
    await database.pool.query(
      `INSERT INTO service_variants (id, business_id, service_id, currency, duration_minutes) VALUES ($1, $2, $3, 'PLN', 30)`,
      [variantId, salon.businessId, salon.serviceId],
    );
    await drain();
    const link =
      'INSERT INTO service_variant_staff (variant_id, staff_id) VALUES ($1, $2) ON CONFLICT DO NOTHING';
    await database.pool.query(link, [variantId, ann]);
    expect(await drain()).toEqual([`update variant ${variantId}`]);
    await database.pool.query(link, [variantId, ann]);
    await database.pool.query('UPDATE service_variant_staff SET staff_id = staff_id WHERE variant_id = $1', [
      variantId,
    ]);
    expect(await drain()).toEqual([]);
    await database.pool.query('DELETE FROM service_variant_staff WHERE variant_id = $1', [variantId]);
    expect(await drain()).toEqual([`update variant ${variantId}`]);
  });

  it('stays silent about updates that change nothing that counts', async () => {
    const [ann = ''] = salon.staff;
    const { bookingId, itemIds } = await book(database.pool, salon, {
      items: [{ from: 0, to: 30, staff: ann }],
    });
    await block(database.pool, salon, 'staff', ann, 300, 330);
    await drain();
    await database.pool.query('UPDATE bookings SET status = status, updated_at = now() WHERE id = $1', [
      bookingId,
    ]);
    await database.pool.query('UPDATE booking_items SET starts_at = starts_at WHERE id = $1', [itemIds[0]]);
    await database.pool.query('UPDATE businesses SET name = name WHERE id = $1', [salon.businessId]);
    await database.pool.query('UPDATE time_off SET approved = approved WHERE business_id = $1', [
      salon.businessId,
    ]);
    await database.pool.query(`UPDATE profiles SET provenance = '{"email":"7"}' WHERE business_id = $1`, [
      salon.businessId,
    ]);
    expect(await drain()).toEqual([]);
  });

  it('stays silent where the transaction is rolled back', async () => {
    const [ann = ''] = salon.staff;
    const { bookingId } = await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    await drain();
    await transaction(database.pool, async (tx) => {
      await tx.query('SAVEPOINT here');
      await setStatus(tx, bookingId, 'cancelled');
      await tx.query('ROLLBACK TO here');
    });
    expect(await drain()).toEqual([]);
  });

  it('names origin and transaction, so that an apply can take out what it caused itself', async () => {
    const [ann = ''] = salon.staff;
    const { bookingId } = await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    await transaction(database.pool, async (tx) => {
      await tx.query(`SELECT set_config('booksy_sync.origin', 'apply', true)`);
      await setStatus(tx, bookingId, 'completed');
      const { rows } = await tx.query(
        `DELETE FROM sync_outbox WHERE business_id = $1 AND transaction_id = pg_current_xact_id() RETURNING origin`,
        [salon.businessId],
      );
      expect(rows).toEqual([{ origin: 'apply' }]);
    });
    expect(await drain()).toEqual([`insert booking ${bookingId}`, `update booking ${bookingId}`]);
  });

  it('also writes where a session replays rows as a replica', async () => {
    const [ann = ''] = salon.staff;
    const { bookingId } = await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    await drain();
    await transaction(database.pool, async (tx) => {
      await tx.query('SET LOCAL session_replication_role = replica');
      await setStatus(tx, bookingId, 'cancelled');
    });
    expect(await drain()).toEqual([`update booking ${bookingId}`]);
    const { rows } = await database.pool.query('SELECT FROM occupancy WHERE booking_id = $1', [bookingId]);
    expect(rows).toEqual([]);
  });
});

describe('the odd writers', () => {
  it('sees the write of a role under row-level security that may not see the box (R27)', async () => {
    const own = await createTestDatabase();
    const role = `app_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
    const password = randomUUID();
    try {
      const here = await openSalon(own.pool);
      const other = await openSalon(own.pool);
      const [ann = ''] = here.staff;
      const { bookingId } = await book(own.pool, here, { items: [{ from: 0, to: 30, staff: ann }] });
      await book(own.pool, other, { items: [{ from: 0, to: 30, staff: other.staff[0] ?? '' }] });
      await own.pool.query('DELETE FROM sync_outbox');
      await own.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
      await own.pool.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON bookings, booking_items TO ${role}`);
      for (const table of ['bookings', 'booking_items']) {
        await own.pool.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
        await own.pool.query(
          `CREATE POLICY own_rows ON ${table} TO ${role} USING (business_id = '${here.businessId}')`,
        );
      }
      const url = new URL(own.url);
      url.username = role;
      url.password = password;
      const app = new pg.Client({ connectionString: url.toString() });
      await app.connect();
      try {
        await app.query(`UPDATE bookings SET status = 'completed'`);
        await app.query(`UPDATE booking_items SET starts_at = starts_at + interval '5 min'`);
        await expect(app.query('SELECT FROM sync_outbox')).rejects.toMatchObject({ code: '42501' });
        await expect(app.query('SELECT FROM occupancy')).rejects.toMatchObject({ code: '42501' });
        await expect(app.query(`SELECT occupancy_refresh('{}', '{}', '{}')`)).rejects.toMatchObject({
          code: '42501',
        });
      } finally {
        await app.end();
      }
      const { rows } = await own.pool.query('SELECT record_id FROM sync_outbox');
      expect(rows).toEqual([{ record_id: bookingId }, { record_id: bookingId }]);
      const held = await own.pool.query(`SELECT FROM occupancy WHERE lower(during) = '2030-03-04T08:05Z'`);
      expect(held.rowCount).toBe(1);
    } finally {
      await own.drop();
      await database.pool.query(`DROP ROLE IF EXISTS ${role}`);
    }
  });

  it('is not led astray by objects that a role puts in the way', async () => {
    const [ann = ''] = salon.staff;
    const { bookingId } = await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    await drain();
    await transaction(database.pool, async (tx) => {
      await tx.query('CREATE TEMP TABLE sync_outbox (LIKE public.sync_outbox) ON COMMIT DROP');
      await tx.query('CREATE TEMP TABLE occupancy (LIKE public.occupancy) ON COMMIT DROP');
      await setStatus(tx, bookingId, 'cancelled');
    });
    expect(await drain()).toEqual([`update booking ${bookingId}`]);
  });

  it('reports a TRUNCATE, which names no records', async () => {
    const own = await createTestDatabase();
    try {
      await openSalon(own.pool);
      await own.pool.query('DELETE FROM sync_outbox');
      await own.pool.query('TRUNCATE working_hours, bookings, booking_items');
      const { rows } = await own.pool.query(
        'SELECT entity, operation, record_id, business_id FROM sync_outbox ORDER BY entity, id',
      );
      const truncate = { operation: 'truncate', record_id: null, business_id: null };
      expect(rows).toEqual([
        { entity: 'booking', ...truncate },
        { entity: 'booking', ...truncate },
        { entity: 'hours', ...truncate },
      ]);
    } finally {
      await own.drop();
    }
  });

  it('lets a platform go on with records that belong to no business', async () => {
    await database.pool.query('ALTER TABLE profiles ALTER COLUMN business_id DROP NOT NULL');
    const before = await database.pool.query('SELECT FROM sync_outbox');
    await database.pool.query('INSERT INTO profiles (id) VALUES (gen_random_uuid())');
    const after = await database.pool.query('SELECT FROM sync_outbox');
    expect(after.rowCount).toBe(before.rowCount);
  });
});
