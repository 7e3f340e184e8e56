import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiClient } from '../../../cli/api-client.ts';
import { EXIT } from '../../../cli/exit-codes.ts';
import { askUndo, confirmUndo } from '../../../cli/undo/run.ts';
import { undoAnswer } from '../../../cli/wire-audit.ts';
import { effectsAgainstAudit } from '../../support/effects.ts';
import { eventually } from '../../support/eventually.ts';
import { outputOf } from '../../unit/cli/support/captured.ts';
import { startUndoRig, type UndoRig } from './support/rig.ts';

/** SPEC 3.8: the other things that the sync does, and the command line. At the end I7 holds over all of it. */
let rig: UndoRig;
const edited = new Set<string>();

beforeAll(async () => {
  rig = await startUndoRig();
}, 300_000);
afterAll(() => rig.stop());

const statusThere = async (link: string) => (await rig.there(link))['status'];

describe('a visit that the sync made', { timeout: 240_000 }, () => {
  it('is cancelled on both sides, confirmed by itself, and comes back by undoing that', async () => {
    const { id, link } = await rig.linkedVisit();
    const open = await statusThere(link);
    const undo = await rig.ask({ entity: 'booking', recordId: id });
    expect(undo).toMatchObject({
      needsBooksyConfirmation: true,
      records: [{ end: 'cancel', atBooksy: true }],
    });
    await rig.confirm(undo.id, true);
    edited.add(id);
    expect(await rig.bookingOf(id)).toMatchObject({ status: 'cancelled', status_reason: 'undone' });
    await eventually(async () => (await statusThere(link)) !== open, {
      timeoutMs: 30_000,
      what: 'the cancel there',
    });
    await rig.quiet();

    const back = await rig.ask({ runId: undo.id, entity: 'booking', recordId: id });
    expect(back.records[0]?.changes).toMatchObject([{ group: 'status', to: { status: 'confirmed' } }]);
    await rig.confirm(back.id, true);
    expect((await rig.bookingOf(id)).status).toBe('confirmed');
    // R16: there is no un-cancel; it is a new appointment there.
    const now = await eventually(
      async () => {
        const other = await rig.linkOf(id);
        return other !== null && other !== link ? other : null;
      },
      { timeoutMs: 30_000, what: 'the new appointment' },
    );
    expect(await statusThere(now)).toBe(open);
    await rig.quiet();
  });
});

describe('time that was sold meanwhile', { timeout: 240_000 }, () => {
  it('is not taken back: the visit is left and named', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    edited.add(id);
    const link = await eventually(() => rig.linkOf(id), { timeoutMs: 30_000, what: 'the visit at Booksy' });
    await rig.quiet();
    const to = rig.freeHour();
    const startsLocal = async () =>
      (
        await rig.sql<{ at: string }>(
          `SELECT to_char(starts_local, 'YYYY-MM-DD"T"HH24:MI') AS at FROM bookings WHERE id = $1`,
          [id],
        )
      )[0]?.at;
    const there = await rig.there(link);
    const [sub] = there['subbookings'] as { id: number }[];
    await rig.editThere(
      link,
      { subbookings: [{ id: sub?.id, booked_from: to, booked_till: plusHour(to) }] },
      async () => (await startsLocal()) === to,
    );
    const undo = await rig.ask({ entity: 'booking', recordId: id });
    expect(undo.counts.undoable).toBe(1);
    edited.add(await rig.book(at));
    await rig.quiet();
    const done = await rig.confirm(undo.id, true);
    expect(done).toMatchObject({
      counts: { done: 0 },
      leftRecords: [{ recordId: id, reason: 'time_taken' }],
    });
    expect(await startsLocal()).toBe(to);
  });
});

function plusHour(local: string): string {
  return new Date(Date.parse(`${local}:00Z`) + 3_600_000).toISOString().slice(0, 16);
}

describe('booksy undo', { timeout: 240_000 }, () => {
  it('shows the diff by name, asks for a yes, and carries it out', async () => {
    const { id, link } = await rig.linkedVisit();
    await rig.editThere(
      link,
      { customer_note: 'z linii poleceń' },
      async () => (await rig.bookingOf(id)).client_note === 'z linii poleceń',
    );
    edited.add(id);
    const api = createApiClient(rig.engine.api.url, rig.engine.api.token);
    const shown = outputOf(false);
    const asked = { runId: undefined, entity: 'booking', recordId: id };
    expect(await askUndo(api, asked, shown.output)).toBe(EXIT.ok);
    expect(shown.streams.out()).toMatch(/clientNote +z linii poleceń +\(nothing\)/);
    expect(shown.streams.out()).toContain('--at-booksy');

    const json = outputOf(true);
    await askUndo(api, asked, json.output);
    const { undo } = undoAnswer.omit({ notes: true }).parse(json.object());
    const quiet = { yes: true, atBooksy: false };
    await expect(confirmUndo(api, undo.id, quiet, outputOf(true).output)).rejects.toMatchObject({
      code: 'undo_needs_booksy',
      exitCode: EXIT.usage,
    });
    const loud = { yes: false, atBooksy: true };
    await expect(confirmUndo(api, undo.id, loud, outputOf(true).output)).rejects.toMatchObject({
      code: 'confirmation_needed',
    });
    const asking = { interactive: () => true, ask: () => Promise.resolve('no') };
    await expect(confirmUndo(api, undo.id, loud, outputOf(false).output, asking)).rejects.toMatchObject({
      code: 'not_confirmed',
    });
    expect((await rig.bookingOf(id)).client_note).toBe('z linii poleceń');
    expect(await confirmUndo(api, undo.id, { yes: true, atBooksy: true }, outputOf(true).output)).toBe(
      EXIT.ok,
    );
    await eventually(async () => (await rig.bookingOf(id)).client_note === null, {
      timeoutMs: 20_000,
      what: 'the note taken back',
    });
    await rig.quiet();
  });
});

describe('I7', () => {
  it('effects = audit rows after all of it, and the check sees an effect without one', async () => {
    await rig.quiet();
    const { db, vault } = rig.engine.deps;
    const deps = { db, vault, pool: rig.engine.database.pool };
    expect(await effectsAgainstAudit(deps, rig.businessId, edited)).toEqual([]);
    const { id } = await rig.linkedVisit();
    await rig.sql(`UPDATE bookings SET client_note = 'bez śladu' WHERE id = $1`, [id]);
    expect((await effectsAgainstAudit(deps, rig.businessId, edited))[0]).toContain(
      `changed without an entry: ${id}`,
    );
  });
});
