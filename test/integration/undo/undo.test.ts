import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../../infra/audit/verify.ts';
import { undoWorkflowId } from '../../../infra/temporal/launch-undo.ts';
import { eventually } from '../../support/eventually.ts';
import { startUndoRig, UNDO, type UndoRig } from './support/rig.ts';

/** SPEC 3.8 on real parts: what the sync did is shown, confirmed and taken back, and goes out by the ordinary process. */
let rig: UndoRig;

beforeAll(async () => {
  rig = await startUndoRig();
}, 300_000);
afterAll(() => rig.stop());

const noteThere = async (link: string) => (await rig.there(link))['customer_note'];

describe('a change that came from Booksy', { timeout: 240_000 }, () => {
  it('is shown, confirmed, taken back here and at Booksy, audited, and can be taken back itself', async () => {
    const { id, link } = await rig.linkedVisit();
    const before = (await rig.bookingOf(id)).client_note;
    await rig.editThere(
      link,
      { customer_note: 'Przyjdzie z córką' },
      async () => (await rig.bookingOf(id)).client_note === 'Przyjdzie z córką',
    );

    const undo = await rig.ask({ entity: 'booking', recordId: id });
    expect(undo).toMatchObject({
      state: 'planned',
      needsBooksyConfirmation: true,
      counts: { records: 1, undoable: 1, changes: 1, atBooksy: 1, done: 0 },
      records: [
        {
          entity: 'booking',
          recordId: id,
          changes: [{ group: 'clientNote', from: 'Przyjdzie z córką', to: before }],
          atBooksy: true,
        },
      ],
    });
    // Looking changes nothing.
    expect((await rig.bookingOf(id)).client_note).toBe('Przyjdzie z córką');

    const refused = await rig.refused('POST', `${UNDO}/${undo.id}/confirm`, {});
    expect(refused).toMatchObject({ code: 'undo_needs_booksy' });
    const done = await rig.confirm(undo.id, true);
    expect(done).toMatchObject({ state: 'done', outcome: 'carried_out', counts: { done: 1 }, records: [] });
    expect((await rig.bookingOf(id)).client_note).toBe(before);
    await eventually(async () => ((await noteThere(link)) ?? null) === before, {
      timeoutMs: 30_000,
      what: 'the note at Booksy',
    });
    await rig.quiet();

    const trail = await rig.audit(id);
    const updated = trail.find(({ action }) => action === 'updated');
    const undone = trail.find(({ action }) => action === 'undone');
    expect(undone).toMatchObject({ undo_of: updated?.id, run_id: undo.id, groups: ['clientNote'] });
    expect(undone?.actor).toMatch(/^api:/);
    expect(trail.at(-1)?.action).toBe('sent');

    // By its id, as any run; what went to Booksy since only carried it on.
    const again = await rig.ask({ runId: undo.id, entity: 'booking', recordId: id });
    expect(again.records[0]?.changes).toEqual([
      { group: 'clientNote', from: before, to: 'Przyjdzie z córką' },
    ]);
    await rig.confirm(again.id, true);
    await eventually(async () => (await noteThere(link)) === 'Przyjdzie z córką', {
      timeoutMs: 30_000,
      what: 'the note at Booksy again',
    });
    await rig.quiet();
    const report = await verifyChain(rig.engine.deps.db, rig.engine.deps.vault, {
      businessId: rig.businessId,
    });
    expect(report.faults).toEqual([]);
  });

  it('is left where a person changed it since, and said so', async () => {
    const { id, link } = await rig.linkedVisit();
    await rig.editThere(
      link,
      { customer_note: 'od Booksy' },
      async () => (await rig.bookingOf(id)).client_note === 'od Booksy',
    );
    const shown = await rig.ask({ entity: 'booking', recordId: id });
    expect(shown.counts.undoable).toBe(1);
    await rig.sql('UPDATE bookings SET client_note = $2 WHERE id = $1', [id, 'od recepcji']);
    await rig.quiet();
    // What was shown before the edit is not carried out after it …
    const done = await rig.confirm(shown.id, true);
    expect(done).toMatchObject({
      counts: { done: 0 },
      leftRecords: [{ entity: 'booking', recordId: id, reason: 'changed_later' }],
    });
    expect((await rig.bookingOf(id)).client_note).toBe('od recepcji');
    // … and asked for by its run, what the edit replaced is not offered any more: at most that it was sent.
    const updated = (await rig.audit(id)).find(({ action }) => action === 'updated');
    const late = await rig.ask({ runId: updated?.run_id, entity: 'booking', recordId: id });
    expect(late.records[0]?.changes.every(({ to }) => to === 'od Booksy')).toBe(true);
  });
});

describe('a change that we made at Booksy', { timeout: 240_000 }, () => {
  it('is taken back on both sides, with its own confirmation', async () => {
    const { id, link } = await rig.linkedVisit();
    const before = (await rig.bookingOf(id)).client_note;
    await rig.sql('UPDATE bookings SET client_note = $2 WHERE id = $1', [id, 'wysłane']);
    await eventually(async () => (await noteThere(link)) === 'wysłane', {
      timeoutMs: 30_000,
      what: 'the note at Booksy',
    });
    await rig.quiet();
    const undo = await rig.ask({ entity: 'booking', recordId: id });
    expect(undo).toMatchObject({
      needsBooksyConfirmation: true,
      records: [{ changes: [{ group: 'clientNote', from: 'wysłane', to: before }] }],
    });
    await rig.confirm(undo.id, true);
    await eventually(async () => ((await noteThere(link)) ?? null) === before, {
      timeoutMs: 30_000,
      what: 'the old note at Booksy',
    });
    expect((await rig.bookingOf(id)).client_note).toBe(before);
  });
});

describe('a run', { timeout: 240_000 }, () => {
  it('is taken back where it stays here; what would be changed at Booksy is left, record by record', async () => {
    const [service] = await rig.sql<{ id: string; link: string; name: string }>(
      `SELECT s.id, m.external_id AS link, s.name FROM services s JOIN external_services m ON m.record_id = s.id
        WHERE m.entity = 'service' ORDER BY s.id LIMIT 1`,
    );
    const { id, link } = await rig.linkedVisit();
    const path = `/business/${rig.salon}/service/${service?.link ?? ''}/`;
    const run = await importWith(async () => {
      await rig.engine.simulator.control('PATCH', `/visits/${link}`, {
        silent: true,
        customer_note: 'po imporcie',
      });
      const there = (await rig.engine.simulator.asSalon('GET', path)) as Record<string, unknown>;
      await rig.engine.simulator.asSalon('PUT', path, { ...there, name: 'Nazwa z importu' });
    });
    const nameHere = async () =>
      (await rig.sql<{ name: string }>('SELECT name FROM services WHERE id = $1', [service?.id]))[0]?.name;
    expect(await nameHere()).toBe('Nazwa z importu');
    expect((await rig.bookingOf(id)).client_note).toBe('po imporcie');

    const undo = await rig.ask({ runId: run });
    expect(undo.needsBooksyConfirmation).toBe(false);
    expect(undo.records.find(({ recordId }) => recordId === id)).toMatchObject({ atBooksy: true });
    const done = await rig.confirm(undo.id, true);
    expect(done.leftRecords).toContainEqual(
      expect.objectContaining({ recordId: id, reason: 'needs_own_confirmation' }),
    );
    expect((await rig.bookingOf(id)).client_note).toBe('po imporcie');
    // The catalog comes in only: it is taken back here.
    expect(await nameHere()).toBe(service?.name);
    expect(done.counts.done).toBe(1);

    const own = await rig.ask({ runId: run, entity: 'booking', recordId: id });
    expect((await rig.confirm(own.id, true)).counts.done).toBe(1);
    expect((await rig.bookingOf(id)).client_note).not.toBe('po imporcie');
    await rig.quiet();
  });

  async function importWith(change: () => Promise<void>): Promise<string> {
    await change();
    const ledger = await rig.engine.fullSync(rig.businessId);
    expect(ledger.status).toBe('completed');
    return ledger.id;
  }
});

describe('an undo', { timeout: 240_000 }, () => {
  it('of what the trail does not know is 404, and of too little is said to be so', async () => {
    const unknown = { runId: rig.businessId };
    expect(await rig.refused('POST', UNDO, unknown)).toMatchObject({ code: 'not_found' });
    expect(await rig.refused('POST', UNDO, {})).toMatchObject({ code: 'bad_request' });
    expect(await rig.refused('POST', UNDO, { recordId: rig.businessId })).toMatchObject({
      code: 'bad_request',
    });
  });

  it('R32: goes on from its row where Temporal has lost it', async () => {
    const { id, link } = await rig.linkedVisit();
    await rig.editThere(
      link,
      { customer_note: 'zgubione' },
      async () => (await rig.bookingOf(id)).client_note === 'zgubione',
    );
    const undo = await rig.ask({ entity: 'booking', recordId: id });
    await rig.engine.worker.client.workflow
      .getHandle(undoWorkflowId(undo.id))
      .terminate('As if Temporal had lost it.');
    const done = await rig.confirm(undo.id, true);
    expect(done.counts.done).toBe(1);
    expect((await rig.bookingOf(id)).client_note).not.toBe('zgubione');
    await rig.quiet();
  });

  it('that nobody confirmed in time is over, and its plan forgotten', async () => {
    const { id, link } = await rig.linkedVisit();
    await rig.editThere(
      link,
      { customer_note: 'za późno' },
      async () => (await rig.bookingOf(id)).client_note === 'za późno',
    );
    const undo = await rig.ask({ entity: 'booking', recordId: id });
    await rig.sql(`UPDATE sync_undos SET expires_at = now() - interval '1 second' WHERE id = $1`, [undo.id]);
    expect(await rig.refused('POST', `${UNDO}/${undo.id}/confirm`, { atBooksy: true })).toMatchObject({
      code: 'undo_over',
    });
    // The stored date is what counts: whoever looks next ends it.
    await rig.engine.worker.client.workflow.getHandle(undoWorkflowId(undo.id)).signal('confirmed');
    await eventually(async () => (await rig.show(undo.id)).state === 'expired', {
      timeoutMs: 20_000,
      what: 'the end of the offer',
    });
    const [row] = await rig.sql<{ plan: unknown }>(
      'SELECT sealed_plan AS plan FROM sync_undos WHERE id = $1',
      [undo.id],
    );
    expect(row?.plan).toBeNull();
    expect((await rig.bookingOf(id)).client_note).toBe('za późno');
  });
});
