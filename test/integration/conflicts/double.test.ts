import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startConflictRig, type ConflictRig } from './support/rig.ts';
import { bookedTwice } from './support/twice.ts';

/** Two appointments at Booksy that are both one visit of ours, and one was edited: a person chooses (R16a). */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
}, 240_000);

afterAll(() => rig.stop());

const PATIENCE = { timeoutMs: 20_000 };

const statusThere = async (link: string) => (await rig.there(link))['status'];

describe('an appointment that is at Booksy twice', () => {
  it('keep-platform: the linked one stays, the other one is cancelled there', async () => {
    const { conflict, id, link, other } = await bookedTwice(rig);
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
    const { conflict, id, link, other } = await bookedTwice(rig);
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
