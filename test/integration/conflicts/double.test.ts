import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startConflictRig, type ConflictRig } from './support/rig.ts';

/** Two appointments at Booksy that are both one visit of ours, and one was edited: a person chooses (R16a). */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
}, 120_000);

afterAll(() => rig.stop());

const PATIENCE = { timeoutMs: 20_000 };

const statusThere = async (link: string) => (await rig.there(link))['status'];

/** A visit of ours and a second appointment with its import id, edited by the salon since. */
async function twice() {
  const visit = await rig.bookedOnBoth({ note: 'nasza' });
  const at = rig.freeHour();
  const made = (await rig.engine.simulator.control('POST', '/visits', {
    salon: Number(rig.salon),
    import_uid: `${visit.id}:1`,
    customer_name: 'Zofia Z.',
    customer_note: 'poprawione w salonie',
    subbookings: [
      {
        booked_from: at,
        booked_till: `${at.slice(0, 14)}45`,
        staffer_id: Number(rig.staff.externalId),
        service_variant_id: Number(rig.variant.externalId),
      },
    ],
  })) as { id: number };
  const conflict = await rig.open('double', visit.id);
  return { ...visit, other: String(made.id), conflict };
}

describe('an appointment that is at Booksy twice', () => {
  it('keep-platform: the linked one stays, the other one is cancelled there', async () => {
    const { conflict, id, link, other } = await twice();
    expect(conflict.choices.map(({ choice }) => choice)).toEqual(['keep-platform', 'keep-booksy', 'ignore']);
    expect(await rig.resolve(conflict, { choice: 'keep-platform' })).toMatchObject({ status: 200 });
    await eventually(async () => (await statusThere(other)) === 'C', {
      ...PATIENCE,
      what: 'the cancel of the other one',
    });
    await rig.quiet();
    expect([await statusThere(link), await rig.linkOf(id)]).toEqual(['A', link]);
    expect((await rig.list(`?status=open&recordId=${id}`)).conflicts).toEqual([]);
  });

  it('keep-booksy: the other one stays and is linked, the first is cancelled there', async () => {
    const { conflict, id, link, other } = await twice();
    expect(await rig.resolve(conflict, { choice: 'keep-booksy' })).toMatchObject({ status: 200 });
    await eventually(async () => (await rig.linkOf(id)) === other, { ...PATIENCE, what: 'the new link' });
    await eventually(async () => (await statusThere(link)) === 'C', {
      ...PATIENCE,
      what: 'the cancel of the first one',
    });
    await rig.quiet();
    expect(await statusThere(other)).toBe('A');
  });
});
