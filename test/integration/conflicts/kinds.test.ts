import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { layConflict, type Laid } from './support/lay.ts';
import { problemOf, startConflictRig, type ConflictRig } from './support/rig.ts';

/** The kinds that need rare luck to happen: their rows are laid down, everything after that is the product (SPEC 4.1). */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
}, 240_000);

afterAll(() => rig.stop());

const PATIENCE = { timeoutMs: 20_000 };

const lay = (found: Laid) => layConflict(rig, found);

const noteHere = async (id: string) =>
  (await rig.sql<{ client_note: string | null }>('SELECT client_note FROM bookings WHERE id = $1', [id]))[0]
    ?.client_note;

describe('overwritten at Booksy (R4a)', () => {
  it('shows what was lost; keep-booksy restores it on both sides', async () => {
    const visit = await rig.bookedOnBoth({ note: 'nasze' });
    const conflict = await lay({
      kind: 'overwritten_at_booksy',
      recordId: visit.id,
      externalId: visit.link,
      groups: ['clientNote'],
      values: { clientNote: 'wpisane w Booksy' },
    });
    expect(conflict.lost).toEqual([
      { group: 'clientNote', name: 'Note of the client', value: 'wpisane w Booksy' },
    ]);
    expect((await rig.resolve(conflict, { choice: 'keep-booksy', shown: conflict.shown })).status).toBe(200);
    expect(await noteHere(visit.id)).toBe('wpisane w Booksy');
    await eventually(async () => (await rig.there(visit.link))['customer_note'] === 'wpisane w Booksy', {
      ...PATIENCE,
      what: 'the note at Booksy',
    });
  });

  it('keep-platform accepts what we wrote', async () => {
    const visit = await rig.bookedOnBoth({ note: 'nasze' });
    const conflict = await lay({
      kind: 'overwritten_at_booksy',
      recordId: visit.id,
      externalId: visit.link,
      groups: ['clientNote'],
      values: { clientNote: 'wpisane w Booksy' },
    });
    expect((await rig.resolve(conflict, { choice: 'keep-platform' })).status).toBe(200);
    await rig.process('booking', visit.id);
    expect([await noteHere(visit.id), (await rig.there(visit.link))['customer_note']]).toEqual([
      'nasze',
      'nasze',
    ]);
  });
});

describe('normalised differently (R6)', () => {
  it('keep-platform: both forms stay and count as the same; keep-booksy: theirs is taken over', async () => {
    for (const choice of ['keep-platform', 'keep-booksy'] as const) {
      const visit = await rig.bookedOnBoth({ note: 'ul. Długa 1' });
      const conflict = await lay({
        kind: 'normalised_differently',
        recordId: visit.id,
        externalId: visit.link,
        groups: ['clientNote'],
      });
      await rig.editThere(visit.link, { customer_note: 'UL. DŁUGA 1' });
      await rig.process('booking', visit.id);
      expect((await rig.resolve(conflict, { choice })).status).toBe(200);
      await rig.quiet();
      await rig.process('booking', visit.id);
      expect((await rig.there(visit.link))['customer_note']).toBe('UL. DŁUGA 1');
      expect(await noteHere(visit.id)).toBe(choice === 'keep-platform' ? 'ul. Długa 1' : 'UL. DŁUGA 1');
    }
  });
});

describe('an ambiguous local time (R11)', () => {
  it('move sets a time that exists once', async () => {
    const visit = await rig.bookedOnBoth();
    await rig.sql(`UPDATE booking_items SET start_mark = 'overlap_earlier' WHERE booking_id = $1`, [
      visit.id,
    ]);
    const conflict = await lay({ kind: 'ambiguous_local_time', recordId: visit.id, externalId: visit.link });
    expect(conflict.choices.map(({ choice }) => choice)).toEqual(['move', 'ignore']);
    const to = rig.freeHour();
    expect((await rig.resolve(conflict, { choice: 'move', move: { startsLocal: to } })).status).toBe(200);
    await eventually(async () => (await rig.there(visit.link))['booked_from'] === to, {
      ...PATIENCE,
      what: 'the new time',
    });
  });
});

describe('not linked yet', () => {
  it('points to the mapping list, and closes by itself once the visit has what it lacked (R10)', async () => {
    const visit = await rig.bookedOnBoth();
    const staff = await rig.sql<{ staff_id: string }>(
      'SELECT staff_id FROM booking_items WHERE booking_id = $1',
      [visit.id],
    );
    await rig.sql('UPDATE booking_items SET staff_id = NULL WHERE booking_id = $1', [visit.id]);
    // A look that comes after the card would close it.
    await rig.quiet();
    const conflict = await lay({
      kind: 'unmapped',
      recordId: visit.id,
      externalId: visit.link,
      detail: { parts: ['staff'] },
    });
    const refused = problemOf(await rig.resolve(conflict, { choice: 'keep-platform' }));
    expect(refused).toMatchObject({ status: 409, code: 'conflict_needs_mapping' });
    expect(refused.detail).toContain('mapping list');
    await rig.sql('UPDATE booking_items SET staff_id = $2 WHERE booking_id = $1', [
      visit.id,
      staff[0]?.staff_id,
    ]);
    await rig.engine.worker.client.workflow.start('conflictResolution', {
      workflowId: `conflict/${conflict.id}`,
      taskQueue: rig.engine.worker.taskQueue,
      args: [{ version: 1, businessId: rig.businessId, conflictId: conflict.id }],
    });
    await eventually(async () => (await rig.row(conflict.id)).status === 'closed', {
      ...PATIENCE,
      what: 'the end',
    });
    // By the process of the record or by the workflow's own look, whichever was first.
    expect(['lifted', 'cause_gone']).toContain((await rig.row(conflict.id)).resolution);
  });

  it('ignore leaves the visit as it is', async () => {
    const visit = await rig.bookedOnBoth();
    const conflict = await lay({
      kind: 'unsure_client',
      recordId: visit.id,
      externalId: visit.link,
      groups: ['client'],
    });
    expect((await rig.resolve(conflict, { choice: 'ignore' })).status).toBe(200);
    expect((await rig.row(conflict.id)).resolution).toBe('ignore');
  });
});

describe('an outcome that is unknown', () => {
  it('is looked for again, and sent again where it is not there (R15)', async () => {
    const at = rig.freeHour();
    const visit = await rig.bookedOnBoth();
    await rig.sql(`UPDATE bookings SET client_note = $2 WHERE id = $1`, [visit.id, at]);
    const conflict = await lay({ kind: 'outcome_unknown', recordId: visit.id, externalId: visit.link });
    expect((await rig.resolve(conflict, { choice: 'keep-platform' })).status).toBe(200);
    await eventually(async () => (await rig.there(visit.link))['customer_note'] === at, {
      ...PATIENCE,
      what: 'the note',
    });
  });
});

describe('what has vanished', () => {
  it('is said so, and the conflict stays', async () => {
    const visit = await rig.bookedOnBoth();
    const conflict = await lay({
      kind: 'overwritten_at_booksy',
      recordId: visit.id,
      externalId: visit.link,
      groups: ['clientNote'],
      values: { clientNote: 'x' },
    });
    await rig.sql('DELETE FROM bookings WHERE id = $1', [visit.id]);
    expect(problemOf(await rig.resolve(conflict, { choice: 'keep-booksy' })).code).toBe(
      'conflict_not_possible',
    );
    expect((await rig.row(conflict.id)).status).toBe('open');
  });

  it('a value that cannot be opened is said so, and the card shows the rest', async () => {
    const visit = await rig.bookedOnBoth();
    const conflict = await lay({
      kind: 'overwritten_at_booksy',
      recordId: visit.id,
      externalId: visit.link,
      groups: ['clientNote'],
      values: { clientNote: 'x' },
    });
    await rig.sql(`UPDATE booksy_sync_conflicts SET sealed_values = '\\x00' WHERE id = $1`, [conflict.id]);
    expect((await rig.card(conflict.id)).lost).toEqual([]);
    expect(problemOf(await rig.resolve(conflict, { choice: 'keep-booksy' })).code).toBe(
      'conflict_not_possible',
    );
  });
});
