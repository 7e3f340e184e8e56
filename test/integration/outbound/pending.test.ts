/** A visit of ours that nobody has accepted yet (R20, R23, R39): its time is taken at Booksy, and nothing accepts it here. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRig, type OutboundRig } from './support/rig.ts';

let rig: OutboundRig;
beforeAll(async () => {
  rig = await startRig({ simulator: { visits: 30, clients: 10 } });
}, 240_000);
afterAll(() => rig.stop());

const statusHere = async (id: string) =>
  (await rig.sql<{ status: string }>('SELECT status FROM bookings WHERE id = $1', [id]))[0]?.status;
const conflicts = (id: string) =>
  rig.sql('SELECT kind FROM booksy_sync_conflicts WHERE record_id = $1', [id]);

describe('a pending visit of ours', { timeout: 240_000 }, () => {
  it('takes its time at Booksy, stays pending here through every sync, and is no dispute', async () => {
    const id = await rig.book(rig.freeHour(), { status: 'pending' });
    await rig.process('booking', id);
    const link = await rig.linkOf(id);
    // Booksy has no way to make one that waits: what a business makes is accepted.
    expect(await rig.there(link ?? '')).toMatchObject({ status: 'A' });
    expect(await statusHere(id)).toBe('pending');
    await rig.engine.fullSync(rig.businessId);
    const again = await rig.process('booking', id);
    expect(again.writes).toBe(0);
    expect([await statusHere(id), await conflicts(id)]).toEqual(['pending', []]);
  });

  it('that is accepted here needs no write there; one that is declined here is ended there', async () => {
    const [accepted, declined] = [
      await rig.book(rig.freeHour(), { status: 'pending' }),
      await rig.book(rig.freeHour(), { status: 'pending' }),
    ];
    for (const id of [accepted, declined]) await rig.process('booking', id);
    await rig.sql(`UPDATE bookings SET status = 'confirmed' WHERE id = $1`, [accepted]);
    await rig.sql(`UPDATE bookings SET status = 'cancelled' WHERE id = $1`, [declined]);
    for (const id of [accepted, declined]) await rig.process('booking', id);
    expect(await rig.there((await rig.linkOf(accepted)) ?? '')).toMatchObject({ status: 'A' });
    expect(['C', 'D']).toContain((await rig.there((await rig.linkOf(declined)) ?? ''))['status']);
    expect([await statusHere(accepted), await conflicts(accepted)]).toEqual(['confirmed', []]);
    await rig.engine.fullSync(rig.businessId);
    expect([await statusHere(accepted), await statusHere(declined)]).toEqual(['confirmed', 'cancelled']);
  });
});
