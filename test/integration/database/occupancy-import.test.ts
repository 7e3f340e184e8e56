import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import {
  block,
  book,
  expectHeld,
  marks,
  move,
  openSalon,
  setStatus,
  stretches,
  transaction,
  type Runner,
  type Salon,
} from './support/salon.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const importing = { importing: true };

async function salonOf(): Promise<{ salon: Salon; ann: string }> {
  const salon = await openSalon(database.pool);
  return { salon, ann: salon.staff[0] ?? '' };
}

/** Two visits that the other side overbooked. */
async function importPair(salon: Salon, ann: string) {
  return transaction(
    database.pool,
    async (tx: Runner) => [
      await book(tx, salon, { items: [{ from: 0, to: 60, staff: ann }] }),
      await book(tx, salon, { items: [{ from: 30, to: 90, staff: ann }] }),
    ],
    importing,
  );
}

describe('an import of overlapping visits (R21)', () => {
  it('keeps all, marks both, and lists the pair', async () => {
    const { salon, ann } = await salonOf();
    const [first, second] = await importPair(salon, ann);
    expect(await marks(database.pool, ann)).toEqual([true, true]);
    const { rows } = await database.pool.query<{ minutes: number; pair: string[] }>(
      `SELECT extract(epoch FROM upper(during) - lower(during))::int / 60 AS minutes,
              ARRAY[booking_id, other_booking_id] AS pair
       FROM occupancy_overlaps($1)`,
      [salon.businessId],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.minutes).toBe(30);
    expect(rows[0]?.pair.toSorted()).toEqual([first?.bookingId, second?.bookingId].toSorted());
  });

  it('marks a visit of the platform that it overlaps', async () => {
    const { salon, ann } = await salonOf();
    await book(database.pool, salon, { items: [{ from: 0, to: 60, staff: ann }] });
    await transaction(
      database.pool,
      (tx) => book(tx, salon, { items: [{ from: 45, to: 75, staff: ann }] }),
      importing,
    );
    expect(await marks(database.pool, ann)).toEqual([true, true]);
  });

  it('marks in one statement what comes in one statement', async () => {
    const { salon, ann } = await salonOf();
    await transaction(
      database.pool,
      async (tx) => {
        const { bookingId } = await book(tx, salon, { items: [{ from: 600, to: 610, staff: ann }] });
        await tx.query(
          `INSERT INTO booking_items (id, booking_id, business_id, staff_id, zone, starts_local, ends_local, starts_at, ends_at)
           SELECT gen_random_uuid(), $1, $2, $3, 'UTC', t, t + interval '20 min', t AT TIME ZONE 'UTC', (t + interval '20 min') AT TIME ZONE 'UTC'
           FROM generate_series(timestamp '2031-01-01', timestamp '2031-01-01 01:00', interval '10 min') t`,
          [bookingId, salon.businessId, ann],
        );
        const { rows } = await tx.query(
          'SELECT count(*)::int AS n FROM occupancy WHERE resource_id = $1 AND exempt',
          [ann],
        );
        expect(rows).toEqual([{ n: 7 }]);
      },
      importing,
    );
  });

  it('never marks what does not overlap', async () => {
    const { salon, ann } = await salonOf();
    await transaction(
      database.pool,
      async (tx) => {
        await book(tx, salon, { items: [{ from: 0, to: 60, staff: ann }] });
        await book(tx, salon, { items: [{ from: 60, to: 90, staff: ann }] });
      },
      importing,
    );
    expect(await marks(database.pool, ann)).toEqual([false, false]);
  });

  it('ends with its transaction: the same connection is refused afterwards', async () => {
    const { salon, ann } = await salonOf();
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(`SELECT set_config('booksy_sync.import', 'on', true)`);
      await book(client, salon, { items: [{ from: 0, to: 60, staff: ann }] });
      await client.query('COMMIT');
      await expectHeld(book(client, salon, { items: [{ from: 0, to: 60, staff: ann }] }));
    } finally {
      client.release();
    }
  });
});

describe('a platform booking over imported overlaps', () => {
  it('is refused, though those rows are outside the constraint', async () => {
    const { salon, ann } = await salonOf();
    await importPair(salon, ann);
    await expectHeld(book(database.pool, salon, { items: [{ from: 0, to: 15, staff: ann }] }));
    await expectHeld(book(database.pool, salon, { items: [{ from: 40, to: 50, staff: ann }] }));
    expect(await stretches(database.pool, ann)).toHaveLength(2);
    const { rows } = await database.pool.query('SELECT FROM occupancy_disputes');
    expect(rows).toEqual([]);
  });

  it('is taken if the rows have gone by the commit', async () => {
    const { salon, ann } = await salonOf();
    const [first, second] = await importPair(salon, ann);
    await transaction(database.pool, async (tx) => {
      await book(tx, salon, { items: [{ from: 0, to: 90, staff: ann }] });
      await setStatus(tx, first?.bookingId ?? '', 'cancelled');
      await setStatus(tx, second?.bookingId ?? '', 'cancelled');
    });
    expect(await marks(database.pool, ann)).toEqual([false]);
  });

  it('is refused when one of the two has gone by the commit and the other has not', async () => {
    const { salon, ann } = await salonOf();
    const [first] = await importPair(salon, ann);
    await expectHeld(
      transaction(database.pool, async (tx) => {
        await book(tx, salon, { items: [{ from: 0, to: 90, staff: ann }] });
        await setStatus(tx, first?.bookingId ?? '', 'cancelled');
      }),
    );
  });

  it('cannot hide behind an import of the same transaction', async () => {
    const { salon, ann } = await salonOf();
    await importPair(salon, ann);
    await expectHeld(
      transaction(database.pool, async (tx) => {
        await book(tx, salon, { items: [{ from: 0, to: 15, staff: ann }] });
        await tx.query(`SELECT set_config('booksy_sync.import', 'on', true)`);
      }),
    );
  });
});

describe('the mark goes when the overlap goes', () => {
  it.each([
    ['a cancel', (tx: Runner, visit: { bookingId: string }) => setStatus(tx, visit.bookingId, 'cancelled')],
    ['a no-show', (tx: Runner, visit: { bookingId: string }) => setStatus(tx, visit.bookingId, 'no_show')],
    ['a move', (tx: Runner, visit: { itemIds: string[] }) => move(tx, visit.itemIds[0] ?? '', 200, 260)],
    [
      'a deletion',
      (tx: Runner, visit: { bookingId: string }) =>
        tx.query('DELETE FROM bookings WHERE id = $1', [visit.bookingId]),
    ],
  ] as const)('by %s', async (_name, undo) => {
    const { salon, ann } = await salonOf();
    const [, second] = await importPair(salon, ann);
    if (second === undefined) throw new Error('no pair');
    await undo(database.pool, second);
    expect((await marks(database.pool, ann)).every((mark) => !mark)).toBe(true);
    await expectHeld(book(database.pool, salon, { items: [{ from: 0, to: 15, staff: ann }] }));
  });

  it('but stays while a third one still overlaps', async () => {
    const { salon, ann } = await salonOf();
    const [first] = await importPair(salon, ann);
    const third = await transaction(
      database.pool,
      (tx) => book(tx, salon, { items: [{ from: 60, to: 120, staff: ann }] }),
      importing,
    );
    expect(await marks(database.pool, ann)).toEqual([true, true, true]);
    await setStatus(database.pool, first?.bookingId ?? '', 'cancelled');
    expect(await marks(database.pool, ann)).toEqual([true, true]);
    await setStatus(database.pool, third.bookingId, 'cancelled');
    expect(await marks(database.pool, ann)).toEqual([false]);
  });

  it('and a cancelled one that the platform revives is a new sale', async () => {
    const { salon, ann } = await salonOf();
    const [first] = await importPair(salon, ann);
    await setStatus(database.pool, first?.bookingId ?? '', 'cancelled');
    await expectHeld(setStatus(database.pool, first?.bookingId ?? '', 'confirmed'));
    await transaction(database.pool, (tx) => setStatus(tx, first?.bookingId ?? '', 'confirmed'), importing);
    expect(await marks(database.pool, ann)).toEqual([true, true]);
  });

  it('and when all items, or all blocks, are truncated', async () => {
    const own = await createTestDatabase();
    try {
      const salon = await openSalon(own.pool);
      const ann = salon.staff[0] ?? '';
      await book(own.pool, salon, { items: [{ from: 0, to: 60, staff: ann }] });
      await block(own.pool, salon, 'staff', ann, 0, 60);
      expect(await marks(own.pool, ann)).toEqual([true, true]);
      await own.pool.query('TRUNCATE time_off');
      expect(await marks(own.pool, ann)).toEqual([false]);
      await own.pool.query('TRUNCATE bookings CASCADE');
      expect(await marks(own.pool, ann)).toEqual([]);
    } finally {
      await own.drop();
    }
  });
});
