import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRig, type OutboundRig } from './support/rig.ts';

/** A visit of ours on its way to Booksy and back: real PostgreSQL, the simulator over HTTP. */

let rig: OutboundRig;

beforeAll(async () => {
  rig = await startRig();
}, 240_000);

afterAll(() => rig.stop());

describe('the spine', () => {
  it('creates a visit there, once, and is in step afterwards (R14, R16, R26)', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at, { phone: '+48500100200', note: 'cicho' });
    const report = await rig.process('booking', id);
    expect(report).toMatchObject({ outcome: 'written', writes: 1, conflicts: 0 });
    const link = await rig.linkOf(id);
    const there = await rig.there(link ?? '');
    expect(there).toMatchObject({
      booked_from: at,
      import_uid: `${id}:1`,
      customer_name: 'Zofia Z.',
      customer_phone: null,
      customer_note: 'cicho',
      status: 'A',
      type: 'B',
    });
    const box = await rig.sql('SELECT 1 FROM sync_outbox WHERE record_id = $1', [id]);
    const again = await rig.process('booking', id);
    expect(again).toMatchObject({ outcome: 'in_step', writes: 0 });
    expect(box).toEqual([]);
  });

  it('moves, renames and cancels it there (R13a, R7)', async () => {
    const id = await rig.book(rig.freeHour());
    await rig.process('booking', id);
    const link = (await rig.linkOf(id)) ?? '';
    await rig.sql(`UPDATE bookings SET client_note = 'z tyłu' WHERE id = $1`, [id]);
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await rig.there(link)).toMatchObject({ customer_note: 'z tyłu', status: 'A' });
    await rig.sql(
      `UPDATE booking_items SET starts_local = starts_local + interval '30 minutes', ends_local = ends_local + interval '30 minutes',
              starts_at = starts_at + interval '30 minutes', ends_at = ends_at + interval '30 minutes', staff_id = $2
        WHERE booking_id = $1`,
      [id, rig.other.id],
    );
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'written', writes: 1 });
    const moved = await rig.there(link);
    expect(moved['booked_from']).toMatch(/:30$/);
    expect(moved['subbookings']).toMatchObject([{ staffer_id: Number(rig.other.externalId) }]);
    await rig.sql(`UPDATE bookings SET status = 'cancelled', status_reason = 'client' WHERE id = $1`, [id]);
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await rig.there(link)).toMatchObject({ status: 'C' });
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'in_step', writes: 0 });
  });
});
