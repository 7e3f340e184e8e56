import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layConflict } from './support/lay.ts';
import { problemOf, startConflictRig, type ConflictRig } from './support/rig.ts';

/** Sessions that hold more people than they have seats (R24). */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
}, 240_000);

afterAll(() => rig.stop());

describe('more visits than places (R24)', () => {
  /** A session of two seats with three visits. */
  async function overfull() {
    const at = rig.freeHour();
    const ids: string[] = [];
    for (let seat = 0; seat < 3; seat += 1) {
      await rig.sql(`SELECT set_config('booksy_sync.import', 'on', false)`);
      const id = await rig.book(at, { staffId: rig.staff.id, status: 'cancelled' });
      await rig.sql(`UPDATE booking_items SET session_seats = 2 WHERE booking_id = $1`, [id]);
      ids.push(id);
    }
    const client = await rig.engine.database.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(
        `SELECT set_config('booksy_sync.import', 'on', true), set_config('booksy_sync.origin', 'booksy', true)`,
      );
      await client.query(`UPDATE bookings SET status = 'confirmed' WHERE id = ANY($1)`, [ids]);
      await client.query(`UPDATE bookings SET source = 'booksy' WHERE id = $1`, [ids[1]]);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    await rig.sql('DELETE FROM sync_outbox');
    const [starts] = await rig.sql<{ at: Date }>('SELECT starts_at AS at FROM bookings WHERE id = $1', [
      ids[0],
    ]);
    const conflict = await layConflict(rig, {
      kind: 'capacity',
      recordId: ids[0] ?? '',
      detail: {
        resourceId: rig.staff.id,
        seats: 2,
        bookingIds: ids,
        fromAt: starts?.at.toISOString() ?? '',
      },
    });
    return { ids, conflict };
  }

  const holding = async (ids: readonly string[]) =>
    (
      await rig.sql<{ id: string }>(
        `SELECT id FROM bookings WHERE id = ANY($1) AND status = 'confirmed' ORDER BY id`,
        [ids],
      )
    ).map(({ id }) => id);

  it('keep-platform cancels as many of Booksy’s as are too many', async () => {
    const { ids, conflict } = await overfull();
    expect(await rig.resolve(conflict, { choice: 'keep-platform' })).toMatchObject({ status: 200 });
    expect(await holding(ids)).toEqual([ids[0], ids[2]]);
  });

  it('keep-booksy cancels the newest of ours; keep-both allows all; move names the visit', async () => {
    const first = await overfull();
    expect(await rig.resolve(first.conflict, { choice: 'keep-booksy' })).toMatchObject({ status: 200 });
    expect(await holding(first.ids)).toEqual([first.ids[0], first.ids[1]]);
    const second = await overfull();
    const unnamed = problemOf(
      await rig.resolve(second.conflict, { choice: 'move', move: { startsLocal: rig.freeHour() } }),
    );
    expect(unnamed.code).toBe('conflict_move_refused');
    const again = await rig.card(second.conflict.id);
    const move = { startsLocal: rig.freeHour(), recordId: second.ids[2] };
    expect((await rig.resolve(again, { choice: 'move', move })).status).toBe(200);
    const third = await overfull();
    expect(await rig.resolve(third.conflict, { choice: 'keep-both' })).toMatchObject({ status: 200 });
    expect(await holding(third.ids)).toEqual([...third.ids].sort());
  });
});
