import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startConflictRig, type ConflictRig } from '../conflicts/support/rig.ts';
import { bookedTwice } from '../conflicts/support/twice.ts';

/** What a person gave up of two appointments stays given up (R16a, R18a): through lost answers, edits and full syncs. */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig({
    env: { BOOKSY_TIMEOUT_MS: '6000', BOOKSY_UNANSWERED_MS: '8000', BOOKSY_UNANSWERED_LOOK_MS: '500' },
  });
}, 240_000);

afterAll(() => rig.stop());

const CANCEL = 'PATCH /business/{business_id}/appointment/{appointment_id}/status/cancel/';
const PATIENCE = { timeoutMs: 40_000 };
const statusThere = async (link: string) => (await rig.there(link))['status'];
const statusHere = async (id: string) =>
  (await rig.sql<{ status: string }>('SELECT status FROM bookings WHERE id = $1', [id]))[0]?.status;
const open = async (id: string) => (await rig.list(`?status=open&recordId=${id}`)).conflicts;

describe('keep-platform', { timeout: 240_000 }, () => {
  it('reaches the other one although the first cancel was lost, and asks nobody again', async () => {
    const { conflict, id, link, other } = await bookedTwice(rig);
    await rig.engine.simulator.fault({ kind: 'drop_request', route: CANCEL, count: 1 });
    expect(await rig.resolve(conflict, { choice: 'keep-platform' })).toMatchObject({ status: 200 });
    await eventually(async () => (await statusThere(other)) === 'C', PATIENCE);
    await rig.quiet();
    expect((await rig.engine.simulator.counters()).faultHits).toHaveProperty('drop_request');
    expect([await statusThere(link), await statusHere(id), await rig.linkOf(id)]).toEqual([
      'A',
      'confirmed',
      link,
    ]);
    expect(await open(id)).toEqual([]);
  });
});

describe('keep-booksy', { timeout: 240_000 }, () => {
  it('cancels the first without cancelling ours, through a full sync; edits go to the one that stays', async () => {
    const { conflict, id, link, other } = await bookedTwice(rig);
    expect(await rig.resolve(conflict, { choice: 'keep-booksy' })).toMatchObject({ status: 200 });
    await eventually(async () => (await rig.linkOf(id)) === other, PATIENCE);
    await eventually(async () => (await statusThere(link)) === 'C', PATIENCE);
    await rig.engine.fullSync(rig.businessId);
    await rig.quiet();
    expect([await statusHere(id), await rig.linkOf(id), await statusThere(other)]).toEqual([
      'confirmed',
      other,
      'A',
    ]);
    await rig.sql(`UPDATE bookings SET client_name = 'Zofia Inna' WHERE id = $1`, [id]);
    await eventually(async () => (await rig.there(other))['customer_name'] === 'Zofia I.', PATIENCE);
    expect((await rig.there(link))['customer_name']).toBe('Zofia Z.');
    const same = await rig.sql(
      'SELECT booking_id FROM external_bookings WHERE external_id = ANY($1) AND booking_id IS NOT NULL',
      [[link, other]],
    );
    expect(same).toEqual([{ booking_id: id }]);
  });
});
