import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import {
  block,
  book,
  heldBy,
  marks,
  move,
  openSalon,
  setStatus,
  stretches,
  transaction,
} from './support/salon.ts';

let database: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 12 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Counts what became of attempts: taken, refused as held, or anything else (which fails the test). */
async function outcomes(attempts: readonly Promise<unknown>[]): Promise<{ taken: number; refused: number }> {
  const settled = await Promise.allSettled(attempts);
  const reasons = settled.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  for (const reason of reasons)
    expect(reason).toMatchObject({ code: '23P01', constraint: 'occupancy_no_overlap' });
  return { taken: settled.length - reasons.length, refused: reasons.length };
}

/** Resolves when so many connections wait for a lock: the race is on. */
async function waiting(count: number): Promise<void> {
  await eventually(async () => {
    const { rows } = await database.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return (rows[0]?.n ?? 0) >= count;
  });
}

describe('many at once on one slot', () => {
  it('exactly one of twelve wins, ten times over', async () => {
    for (let round = 0; round < 10; round += 1) {
      const salon = await openSalon(pool);
      const ann = salon.staff[0] ?? '';
      const result = await outcomes(
        Array.from({ length: 12 }, (_, index) =>
          transaction(pool, (tx) =>
            book(tx, salon, { items: [{ from: index, to: index + 30, staff: ann }] }),
          ),
        ),
      );
      expect(result).toEqual({ taken: 1, refused: 11 });
      expect(await stretches(pool, ann)).toHaveLength(1);
    }
  });

  it('one wins against a seat race: as many as there are seats', async () => {
    const salon = await openSalon(pool);
    const [ann = ''] = salon.staff;
    const result = await outcomes(
      Array.from({ length: 10 }, () =>
        transaction(pool, (tx) =>
          book(tx, salon, { items: [{ from: 0, to: 60, staff: ann, seats: 3, service: salon.serviceId }] }),
        ),
      ),
    );
    expect(result).toEqual({ taken: 3, refused: 7 });
  });

  it('a booking that waits for an import sees what it brought', async () => {
    const salon = await openSalon(pool);
    const ann = salon.staff[0] ?? '';
    const importer = await pool.connect();
    await importer.query('BEGIN');
    await importer.query(`SELECT set_config('booksy_sync.import', 'on', true)`);
    // Two that overlap: both outside the constraint, so only the trigger under the lock can refuse the third.
    await book(importer, salon, { items: [{ from: 0, to: 60, staff: ann }] });
    await book(importer, salon, { items: [{ from: 30, to: 90, staff: ann }] });
    const attempt = outcomes([
      transaction(pool, (tx) => book(tx, salon, { items: [{ from: 0, to: 15, staff: ann }] })),
    ]);
    await waiting(1);
    await importer.query('COMMIT');
    importer.release();
    expect(await attempt).toEqual({ taken: 0, refused: 1 });
  });

  it('an import that waits for a booking keeps both and marks them', async () => {
    const salon = await openSalon(pool);
    const ann = salon.staff[0] ?? '';
    const app = await pool.connect();
    await app.query('BEGIN');
    await book(app, salon, { items: [{ from: 0, to: 60, staff: ann }] });
    const attempt = transaction(
      pool,
      (tx) => book(tx, salon, { items: [{ from: 30, to: 90, staff: ann }] }),
      {
        importing: true,
      },
    );
    await waiting(1);
    await app.query('COMMIT');
    app.release();
    await attempt;
    expect(await marks(pool, ann)).toEqual([true, true]);
  });

  it('a visit against a block: whichever comes second sees the first', async () => {
    const salon = await openSalon(pool);
    const ann = salon.staff[0] ?? '';
    const app = await pool.connect();
    await app.query('BEGIN');
    await block(app, salon, 'staff', ann, 0, 60);
    const attempt = outcomes([
      transaction(pool, (tx) => book(tx, salon, { items: [{ from: 30, to: 90, staff: ann }] })),
    ]);
    await waiting(1);
    await app.query('COMMIT');
    app.release();
    expect(await attempt).toEqual({ taken: 0, refused: 1 });
  });
});

describe('status and items of one visit written at once', () => {
  it('a cancel that waits for a move frees the new time, not the old one', async () => {
    const salon = await openSalon(pool);
    const [ann = '', ben = ''] = salon.staff;
    const { bookingId, itemIds } = await book(pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    const mover = await pool.connect();
    await mover.query('BEGIN');
    await mover.query('UPDATE booking_items SET staff_id = $2 WHERE id = $1', [itemIds[0], ben]);
    const cancel = setStatus(pool, bookingId, 'cancelled');
    await waiting(1);
    await mover.query('COMMIT');
    mover.release();
    await cancel;
    expect(await heldBy(pool, ann)).toEqual([]);
    expect(await heldBy(pool, ben)).toEqual([]);
  });

  it('a cancel sees the person whom another transaction is just giving to an item that had none', async () => {
    const salon = await openSalon(pool);
    const [ann = ''] = salon.staff;
    // Nothing is held yet, so no resource's lock orders the two: the visit's own row does.
    const { bookingId, itemIds } = await book(pool, salon, { items: [{ from: 0, to: 30, anyStaff: true }] });
    const giver = await pool.connect();
    await giver.query('BEGIN');
    await giver.query('UPDATE booking_items SET staff_id = $2 WHERE id = $1', [itemIds[0], ann]);
    const cancel = setStatus(pool, bookingId, 'cancelled');
    await Promise.race([waiting(1), cancel]);
    await giver.query('COMMIT');
    giver.release();
    await cancel;
    expect(await heldBy(pool, ann)).toEqual([]);
  });

  it('a move that waits for a cancel holds nothing', async () => {
    const salon = await openSalon(pool);
    const [ann = ''] = salon.staff;
    const { bookingId, itemIds } = await book(pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    const canceller = await pool.connect();
    await canceller.query('BEGIN');
    await setStatus(canceller, bookingId, 'cancelled');
    const moved = move(pool, itemIds[0] ?? '', 60, 90);
    await waiting(1);
    await canceller.query('COMMIT');
    canceller.release();
    await moved;
    expect(await heldBy(pool, ann)).toEqual([]);
  });

  it('statements over many resources in opposite order do not block each other', async () => {
    const salon = await openSalon(pool, { staff: 6 });
    const visits = await Promise.all(
      salon.staff.map((staff, index) =>
        book(pool, salon, { items: [{ from: index, to: index + 30, staff }] }),
      ),
    );
    const items = visits.map((visit) => visit.itemIds[0] ?? '');
    const statement = `UPDATE booking_items SET ends_at = ends_at + interval '1 min' WHERE id = ANY($1::uuid[])`;
    // The row locks are taken first and in the same order; the resources' locks are sorted whatever the rows' order.
    await Promise.all(
      Array.from({ length: 8 }, () => transaction(pool, (tx) => tx.query(statement, [items]))),
    );
    expect(await stretches(pool, salon.staff[0] ?? '')).toEqual([[0, 38]]);
  });
});
