import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import {
  addItem,
  block,
  book,
  expectHeld,
  heldBy,
  marks,
  move,
  openSalon,
  setStatus,
  stretches,
  transaction,
  type Salon,
} from './support/salon.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** A salon of its own for each test: its first person and first room. */
async function salonOf(size = {}): Promise<{ salon: Salon; ann: string; ben: string; room: string }> {
  const salon = await openSalon(database.pool, size);
  const [ann = '', ben = ''] = salon.staff;
  return { salon, ann, ben, room: salon.rooms[0] ?? '' };
}

describe('what is held (R21, R23)', () => {
  it('holds staff and room of every item, for its own time', async () => {
    const { salon, ann, ben, room } = await salonOf();
    await book(database.pool, salon, {
      items: [
        { from: 0, to: 30, staff: ann, room },
        { from: 30, to: 60, staff: ben },
      ],
    });
    expect(await stretches(database.pool, ann)).toEqual([[0, 30]]);
    expect(await stretches(database.pool, room)).toEqual([[0, 30]]);
    expect(await stretches(database.pool, ben)).toEqual([[30, 60]]);
  });

  it('cuts the processing gap out, so that another visit fits in it', async () => {
    const { salon, ann } = await salonOf();
    await book(database.pool, salon, { items: [{ from: 0, to: 90, staff: ann, gap: [30, 30] }] });
    await book(database.pool, salon, { items: [{ from: 30, to: 60, staff: ann }] });
    expect(await stretches(database.pool, ann)).toEqual([
      [0, 30],
      [30, 60],
      [60, 90],
    ]);
    await expectHeld(book(database.pool, salon, { items: [{ from: 45, to: 75, staff: ann }] }));
  });

  it('holds nothing for a gap that reaches to the end', async () => {
    const { salon, ann } = await salonOf();
    await book(database.pool, salon, { items: [{ from: 0, to: 60, staff: ann, gap: [30, 45] }] });
    expect(await stretches(database.pool, ann)).toEqual([[0, 30]]);
  });

  it.each([
    ['pending', true],
    ['confirmed', true],
    ['proposed', true],
    ['completed', true],
    ['cancelled', false],
    ['no_show', false],
  ])('a %s visit holds its time: %s', async (status, holds) => {
    const { salon, ann } = await salonOf();
    const { bookingId } = await book(database.pool, salon, {
      items: [{ from: 0, to: 30, staff: ann }],
      status,
    });
    expect(await stretches(database.pool, ann)).toHaveLength(holds ? 1 : 0);
    await setStatus(database.pool, bookingId, holds ? 'cancelled' : 'confirmed');
    expect(await stretches(database.pool, ann)).toHaveLength(holds ? 0 : 1);
  });

  it('holds both times of a proposed move, each minute once', async () => {
    const { salon, ann } = await salonOf();
    const { bookingId } = await book(database.pool, salon, {
      items: [{ from: 30, to: 90, staff: ann, prior: [0, 60] }],
      status: 'proposed',
    });
    expect(await stretches(database.pool, ann)).toEqual([
      [0, 30],
      [30, 90],
    ]);
    await expectHeld(book(database.pool, salon, { items: [{ from: 0, to: 15, staff: ann }] }));
    await setStatus(database.pool, bookingId, 'confirmed');
    expect(await stretches(database.pool, ann)).toEqual([[30, 90]]);
  });

  it('holds nobody for an item that anyone may do (R24)', async () => {
    const { salon, room } = await salonOf();
    await book(database.pool, salon, { items: [{ from: 0, to: 30, anyStaff: true, room }] });
    const { rows } = await database.pool.query('SELECT resource_kind FROM occupancy WHERE business_id = $1', [
      salon.businessId,
    ]);
    expect(rows).toEqual([{ resource_kind: 'room' }]);
  });

  it('follows an item that changes person, room, time, or is deleted', async () => {
    const { salon, ann, ben, room } = await salonOf();
    const { bookingId, itemIds } = await book(database.pool, salon, {
      items: [{ from: 0, to: 30, staff: ann, room }],
    });
    await database.pool.query('UPDATE booking_items SET staff_id = $2, room_id = NULL WHERE id = $1', [
      itemIds[0],
      ben,
    ]);
    expect(await stretches(database.pool, ann)).toEqual([]);
    expect(await stretches(database.pool, room)).toEqual([]);
    expect(await stretches(database.pool, ben)).toEqual([[0, 30]]);
    await move(database.pool, itemIds[0] ?? '', 60, 90);
    expect(await stretches(database.pool, ben)).toEqual([[60, 90]]);
    await database.pool.query('DELETE FROM bookings WHERE id = $1', [bookingId]);
    expect(await stretches(database.pool, ben)).toEqual([]);
  });

  it('touches no row when nothing that counts changed', async () => {
    const { salon, ann } = await salonOf();
    const { bookingId } = await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    const versions = () =>
      database.pool.query('SELECT id, xmin::text FROM occupancy WHERE resource_id = $1', [ann]);
    const before = await versions();
    await setStatus(database.pool, bookingId, 'completed');
    await database.pool.query(
      `UPDATE booking_items SET service_name = 'Cut', ends_at = ends_at WHERE booking_id = $1`,
      [bookingId],
    );
    expect((await versions()).rows).toEqual(before.rows);
  });
});

describe('what is refused (R21)', () => {
  it('refuses a second visit, and takes the one that begins when the first ends', async () => {
    const { salon, ann, room } = await salonOf();
    await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann, room }] });
    await expectHeld(book(database.pool, salon, { items: [{ from: 29, to: 59, staff: ann }] }));
    await expectHeld(book(database.pool, salon, { items: [{ from: 0, to: 30, room }] }));
    await book(database.pool, salon, { items: [{ from: 30, to: 60, staff: ann, room }] });
    expect(await stretches(database.pool, ann)).toHaveLength(2);
  });

  it('lets two visits change places in one transaction', async () => {
    const { salon, ann } = await salonOf();
    const first = await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    const second = await book(database.pool, salon, { items: [{ from: 30, to: 60, staff: ann }] });
    await transaction(database.pool, async (tx) => {
      await move(tx, first.itemIds[0] ?? '', 30, 60);
      await move(tx, second.itemIds[0] ?? '', 0, 30);
    });
    expect((await heldBy(database.pool, ann)).map((held) => held.item)).toEqual([
      second.itemIds[0],
      first.itemIds[0],
    ]);
    expect(await marks(database.pool, ann)).toEqual([false, false]);
  });

  it('answers early where a transaction asks for it', async () => {
    const { salon, ann } = await salonOf();
    await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    await transaction(database.pool, async (tx) => {
      await tx.query('SAVEPOINT before');
      await book(tx, salon, { items: [{ from: 0, to: 30, staff: ann }] });
      await expectHeld(tx.query('SET CONSTRAINTS ALL IMMEDIATE'));
      await tx.query('ROLLBACK TO before');
    });
    expect(await stretches(database.pool, ann)).toHaveLength(1);
  });

  it('refuses a revival whose time went to somebody else', async () => {
    const { salon, ann } = await salonOf();
    const { bookingId } = await book(database.pool, salon, {
      items: [{ from: 0, to: 30, staff: ann }],
      status: 'cancelled',
    });
    await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    await expectHeld(setStatus(database.pool, bookingId, 'confirmed'));
  });
});

describe('deliberate overbooking', () => {
  it('is taken with the flag, and marks both', async () => {
    const { salon, ann } = await salonOf();
    await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }], overbooking: true });
    expect(await marks(database.pool, ann)).toEqual([true, true]);
    await expectHeld(book(database.pool, salon, { items: [{ from: 15, to: 45, staff: ann }] }));
  });

  it('may be allowed in the same transaction, after the items', async () => {
    const { salon, ann } = await salonOf();
    await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    await transaction(database.pool, async (tx) => {
      const { bookingId } = await book(tx, salon, { items: [{ from: 15, to: 45, staff: ann }] });
      await tx.query('UPDATE bookings SET overbooking_allowed = true WHERE id = $1', [bookingId]);
    });
    expect(await marks(database.pool, ann)).toEqual([true, true]);
  });

  it('covers its own pairs only: a third visit between two permitted ones stays refused', async () => {
    const { salon, ann } = await salonOf();
    await book(database.pool, salon, { items: [{ from: 0, to: 60, staff: ann }] });
    await book(database.pool, salon, { items: [{ from: 50, to: 90, staff: ann }], overbooking: true });
    // Overlaps the permitted one, which makes that pair lawful, and the first one, which does not.
    await expectHeld(book(database.pool, salon, { items: [{ from: 40, to: 70, staff: ann }] }));
    await book(database.pool, salon, { items: [{ from: 70, to: 100, staff: ann }] });
    expect(await marks(database.pool, ann)).toEqual([true, true, true]);
  });
});

describe('blocks (R19)', () => {
  it('refuse a visit, never each other, and hold a room too', async () => {
    const { salon, ann, room } = await salonOf();
    await block(database.pool, salon, 'staff', ann, 0, 60);
    await block(database.pool, salon, 'staff', ann, 30, 90);
    await block(database.pool, salon, 'room', room, 0, 60);
    await expectHeld(book(database.pool, salon, { items: [{ from: 80, to: 100, staff: ann }] }));
    await expectHeld(book(database.pool, salon, { items: [{ from: 0, to: 10, room }] }));
    expect(await marks(database.pool, ann)).toEqual([false, false]);
  });

  it('laid over a visit are shown and cancel nothing; the mark goes with the block', async () => {
    const { salon, ann } = await salonOf();
    await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    const blockId = await block(database.pool, salon, 'staff', ann, 0, 60);
    expect(await marks(database.pool, ann)).toEqual([true, true]);
    const { rows } = await database.pool.query(
      'SELECT resource_id, time_off_id, other_time_off_id FROM occupancy_overlaps($1)',
      [salon.businessId],
    );
    expect(rows).toEqual([{ resource_id: ann, time_off_id: null, other_time_off_id: blockId }]);
    await expectHeld(book(database.pool, salon, { items: [{ from: 30, to: 60, staff: ann }] }));
    await database.pool.query('DELETE FROM time_off WHERE id = $1', [blockId]);
    expect(await marks(database.pool, ann)).toEqual([false]);
  });

  it('follow their own changes and forget the truncated', async () => {
    const { salon, ann } = await salonOf();
    const blockId = await block(database.pool, salon, 'staff', ann, 0, 60);
    await database.pool.query('UPDATE time_off SET ends_at = $2 WHERE id = $1', [
      blockId,
      '2030-03-04T08:30:00Z',
    ]);
    expect(await stretches(database.pool, ann)).toEqual([[0, 30]]);
    await book(database.pool, salon, { items: [{ from: 30, to: 60, staff: ann }] });
  });
});

describe('sessions with seats (R24)', () => {
  const seat = (salon: Salon, from = 0) => ({
    from,
    to: from + 60,
    staff: salon.staff[0] ?? '',
    room: salon.rooms[0] ?? '',
    seats: 2,
    service: salon.serviceId,
  });

  it('seats as many as there are seats, and no more', async () => {
    const { salon, ann } = await salonOf();
    await book(database.pool, salon, { items: [seat(salon)] });
    const second = await book(database.pool, salon, { items: [seat(salon)] });
    await expectHeld(book(database.pool, salon, { items: [seat(salon)] }));
    expect(await marks(database.pool, ann)).toEqual([false, false]);
    await setStatus(database.pool, second.bookingId, 'cancelled');
    await book(database.pool, salon, { items: [seat(salon)] });
  });

  it('is no capacity of the person: another start or another service is refused', async () => {
    const { salon, ann } = await salonOf();
    await book(database.pool, salon, { items: [seat(salon)] });
    await expectHeld(book(database.pool, salon, { items: [seat(salon, 30)] }));
    await expectHeld(book(database.pool, salon, { items: [{ from: 0, to: 60, staff: ann }] }));
  });

  it('keeps an imported session that is overfull, and reports it', async () => {
    const { salon } = await salonOf();
    await transaction(
      database.pool,
      async (tx) => {
        for (let index = 0; index < 3; index += 1) await book(tx, salon, { items: [seat(salon)] });
      },
      { importing: true },
    );
    const { rows } = await database.pool.query<{ seats: number; item_ids: string[] }>(
      'SELECT seats, item_ids FROM occupancy_overfull_sessions($1)',
      [salon.businessId],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.seats).toBe(2);
    expect(rows[0]?.item_ids).toHaveLength(3);
    await expectHeld(book(database.pool, salon, { items: [seat(salon)] }));
  });
});

describe('several items of one visit', () => {
  it('dispute each other on one person like any two', async () => {
    const { salon, ann } = await salonOf();
    const { bookingId } = await book(database.pool, salon, { items: [{ from: 0, to: 30, staff: ann }] });
    await expectHeld(addItem(database.pool, salon, bookingId, { from: 15, to: 45, staff: ann }));
  });
});
