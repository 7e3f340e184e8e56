import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { book, openSalon, type Salon } from './support/salon.ts';

let database: TestDatabase;
let salon: Salon;
beforeAll(async () => {
  database = await createTestDatabase();
  salon = await openSalon(database.pool);
});
afterAll(() => database.drop());

/** Updates a row and answers which of its counters, and whether its version, went up by one. */
async function raised(table: string, id: string, assignment: string): Promise<string[]> {
  const before = await counters(table, id);
  await database.pool.query(`UPDATE ${table} SET ${assignment} WHERE id = $1`, [id]);
  const after = await counters(table, id);
  return Object.keys(after).filter((name) => {
    expect((after[name] ?? 0) - (before[name] ?? 0)).toBeOneOf([0, 1]);
    return after[name] !== before[name];
  });
}

async function counters(table: string, id: string): Promise<Record<string, number>> {
  const { rows } = await database.pool.query<Record<string, unknown>>(
    `SELECT * FROM ${table} WHERE id = $1`,
    [id],
  );
  return Object.fromEntries(
    Object.entries(rows[0] ?? {}).flatMap(([name, value]) =>
      name === 'row_version' || name === 'edits' || name.endsWith('_edits') ? [[name, Number(value)]] : [],
    ),
  );
}

describe('edit counters of a visit (R7a)', () => {
  it.each([
    [`status = 'completed'`, ['row_version', 'status_edits']],
    [`status_reason = 'declined'`, ['row_version', 'status_edits']],
    [`client_name = 'Kim'`, ['client_edits', 'row_version']],
    [`client_phone = '+48100000000', client_email = 'kim@client.example'`, ['client_edits', 'row_version']],
    [`client_note = 'window seat'`, ['note_edits', 'row_version']],
    [`traveling = '{"city": "Testowo"}'`, ['row_version', 'travel_edits']],
    [`overbooking_allowed = true`, ['row_version']],
    [`external_status = 'A'`, ['row_version']],
    [`status = 'confirmed', client_note = NULL, updated_at = now()`, []],
    [`row_version = 99, status_edits = 99`, []],
    [
      `status = 'no_show', client_note = 'late', row_version = 1`,
      ['note_edits', 'row_version', 'status_edits'],
    ],
  ])('%s raises %j', async (assignment, expected) => {
    const { bookingId } = await book(database.pool, salon, { items: [{ from: 0, to: 30 }] });
    expect((await raised('bookings', bookingId, assignment)).toSorted()).toEqual(expected);
  });

  it.each([
    [`starts_at = starts_at + interval '1 min'`, ['row_version', 'time_edits']],
    [`ends_local = ends_local + interval '1 min'`, ['row_version', 'time_edits']],
    [`any_staff = true`, ['row_version', 'time_edits']],
    [`service_name = 'Cut'`, ['row_version', 'service_edits']],
    [`price_type = 'fixed', price_minor = 5000, currency = 'PLN'`, ['row_version', 'service_edits']],
    [`start_mark = 'gap'`, ['row_version']],
    [`starts_at = starts_at, position = 0`, []],
  ])('of its item: %s raises %j', async (assignment, expected) => {
    const { itemIds } = await book(database.pool, salon, { items: [{ from: 0, to: 30 }] });
    expect((await raised('booking_items', itemIds[0] ?? '', assignment)).toSorted()).toEqual(expected);
  });

  it('sees A→B→A', async () => {
    const { bookingId } = await book(database.pool, salon, { items: [{ from: 0, to: 30 }] });
    const before = await counters('bookings', bookingId);
    await database.pool.query(`UPDATE bookings SET client_note = 'x' WHERE id = $1`, [bookingId]);
    await database.pool.query(`UPDATE bookings SET client_note = NULL WHERE id = $1`, [bookingId]);
    expect(await counters('bookings', bookingId)).toEqual({
      ...before,
      note_edits: (before['note_edits'] ?? 0) + 2,
      row_version: (before['row_version'] ?? 0) + 2,
    });
  });
});

describe('edit counters elsewhere', () => {
  it('count names, e-mail and phone of a client apart', async () => {
    const id = randomUUID();
    await database.pool.query('INSERT INTO profiles (id, business_id) VALUES ($1, $2)', [
      id,
      salon.businessId,
    ]);
    expect(await raised('profiles', id, `given_name = 'Kim'`)).toEqual(['name_edits', 'row_version']);
    expect(await raised('profiles', id, `email = 'kim@client.example'`)).toEqual([
      'email_edits',
      'row_version',
    ]);
    expect(await raised('profiles', id, `phone_e164 = '+48100000000'`)).toEqual([
      'phone_edits',
      'row_version',
    ]);
    expect(await raised('profiles', id, `provenance = '{"email": "7"}'`)).toEqual([]);
  });

  it('count a variant apart from the set of its staff', async () => {
    const id = randomUUID();
    await database.pool.query(
      `INSERT INTO service_variants (id, business_id, service_id, currency, duration_minutes) VALUES ($1, $2, $3, 'PLN', 30)`,
      [id, salon.businessId, salon.serviceId],
    );
    expect(await raised('service_variants', id, 'price_minor = 5000')).toEqual(['edits', 'row_version']);
    const before = await counters('service_variants', id);
    await database.pool.query('INSERT INTO service_variant_staff VALUES ($1, $2)', [id, salon.staff[0]]);
    expect(await counters('service_variants', id)).toEqual({
      ...before,
      staff_edits: 1,
      row_version: (before['row_version'] ?? 0) + 1,
    });
  });

  it.each([
    ['staff', `name = 'Ann'`],
    ['rooms', `active = false`],
    ['services', `gap_minutes = 30`],
  ])('count any change of %s', async (table, assignment) => {
    const { rows } = await database.pool.query<{ id: string }>(
      `SELECT id FROM ${table} WHERE business_id = $1 LIMIT 1`,
      [salon.businessId],
    );
    const id = rows[0]?.id ?? '';
    expect(await raised(table, id, assignment)).toEqual(['edits', 'row_version']);
    expect(await raised(table, id, assignment)).toEqual([]);
  });

  it('move updated_at with a real change only', async () => {
    const { bookingId } = await book(database.pool, salon, { items: [{ from: 0, to: 30 }] });
    const read = async () => {
      const { rows } = await database.pool.query<{ updated_at: Date }>(
        'SELECT updated_at FROM bookings WHERE id = $1',
        [bookingId],
      );
      return rows[0]?.updated_at.getTime() ?? 0;
    };
    await database.pool.query(`UPDATE bookings SET updated_at = '2020-01-01Z' WHERE id = $1`, [bookingId]);
    await database.pool.query('UPDATE bookings SET status = status WHERE id = $1', [bookingId]);
    expect(await read()).toBe(Date.UTC(2020, 0, 1));
    await database.pool.query(`UPDATE bookings SET status = 'completed' WHERE id = $1`, [bookingId]);
    expect(await read()).toBeGreaterThan(Date.UTC(2020, 0, 1));
  });
});

describe('the audit trail', () => {
  it('can be written, and neither changed, deleted nor emptied', async () => {
    await database.pool.query(
      `INSERT INTO booksy_audit_log (business_id, actor, action) VALUES ($1, 'test', 'apply')`,
      [salon.businessId],
    );
    for (const statement of [
      `UPDATE booksy_audit_log SET actor = 'else'`,
      'DELETE FROM booksy_audit_log',
      'DELETE FROM booksy_audit_log WHERE false',
      'TRUNCATE booksy_audit_log',
    ]) {
      await expect(database.pool.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
    const { rows } = await database.pool.query('SELECT actor FROM booksy_audit_log');
    expect(rows).toEqual([{ actor: 'test' }]);
  });
});
