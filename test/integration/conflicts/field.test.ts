import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { problemOf, startConflictRig, type ConflictRig } from './support/rig.ts';

/** Conflicts about values: found, waited for and resolved over the whole product (R10, R33; SPEC 4.1–4.3). */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
}, 240_000);

afterAll(() => rig.stop());

/** A visit whose note was changed on both sides. */
async function disputedNote() {
  const visit = await rig.bookedOnBoth({ note: 'przed' });
  await rig.editThere(visit.link, { customer_note: 'z Booksy' });
  await rig.sql(`UPDATE bookings SET client_note = 'z platformy' WHERE id = $1`, [visit.id]);
  return { ...visit, conflict: await rig.open('field', visit.id) };
}

const noteHere = async (id: string) =>
  (await rig.sql<{ client_note: string }>('SELECT client_note FROM bookings WHERE id = $1', [id]))[0]
    ?.client_note;

describe('a field that both sides changed', () => {
  it('shows the three states side by side, in the words of a salon', async () => {
    const { conflict } = await disputedNote();
    expect(conflict).toMatchObject({ kind: 'field', groups: ['clientNote'], status: 'open', version: 1 });
    expect(conflict.states[0]).toEqual({
      group: 'clientNote',
      name: 'Note of the client',
      booksy: 'z Booksy',
      platform: 'z platformy',
      base: 'przed',
      changedHere: true,
      changedThere: true,
      disputed: true,
    });
    expect(conflict.choices.map(({ choice }) => choice)).toEqual(['keep-platform', 'keep-booksy', 'ignore']);
    expect(conflict.startsAt).not.toBeNull();
    expect(conflict.remindAt).not.toBeNull();
  });

  it('keep-platform: what stands here goes to Booksy', async () => {
    const { conflict, id, link } = await disputedNote();
    const answered = await rig.resolve(conflict, {
      choice: 'keep-platform',
      shown: conflict.shown,
      reason: 'Umówione.',
    });
    expect(answered).toMatchObject({ status: 200, answer: { state: 'resolved' } });
    await eventually(async () => (await rig.there(link))['customer_note'] === 'z platformy', {
      timeoutMs: 20_000,
      what: 'the note at Booksy',
    });
    await rig.quiet();
    expect(await noteHere(id)).toBe('z platformy');
    expect(await rig.row(conflict.id)).toMatchObject({ status: 'resolved', resolution: 'keep-platform' });
    expect((await rig.list(`?status=open&recordId=${id}`)).conflicts).toEqual([]);
    const { history } = await rig.card(conflict.id);
    expect(history.find(({ action }) => action === 'resolved')).toMatchObject({
      reasonCode: 'keep-platform',
      groups: ['clientNote'],
    });
  });

  it('keep-booksy: what stands at Booksy is taken over, and nothing is written there (R10a)', async () => {
    const { conflict, id, link } = await disputedNote();
    expect((await rig.resolve(conflict, { choice: 'keep-booksy' })).status).toBe(200);
    await eventually(async () => (await noteHere(id)) === 'z Booksy', {
      timeoutMs: 20_000,
      what: 'the note here',
    });
    await rig.quiet();
    expect((await rig.there(link))['customer_note']).toBe('z Booksy');
  });

  it('ignore: both stay as they are until one changes again', async () => {
    const { conflict, id, link } = await disputedNote();
    expect((await rig.resolve(conflict, { choice: 'ignore' })).status).toBe(200);
    await rig.process('booking', id);
    await rig.quiet();
    expect([await noteHere(id), (await rig.there(link))['customer_note']]).toEqual([
      'z platformy',
      'z Booksy',
    ]);
    await rig.sql(`UPDATE bookings SET client_note = 'nowe' WHERE id = $1`, [id]);
    await eventually(async () => (await rig.there(link))['customer_note'] === 'nowe', {
      timeoutMs: 20_000,
      what: 'the next change going out',
    });
  });

  it('goes on with the other groups while it is open, and freezes its own (R10, R10a)', async () => {
    const { id, link } = await disputedNote();
    await rig.sql(`UPDATE bookings SET status = 'cancelled', status_reason = 'cancelled' WHERE id = $1`, [
      id,
    ]);
    await eventually(async () => (await rig.there(link))['status'] === 'C', {
      timeoutMs: 20_000,
      what: 'the cancel',
    });
    expect((await rig.there(link))['customer_note']).toBe('z Booksy');
  });

  it('closes by itself once both sides came to the same by other hands (R10a)', async () => {
    const { conflict, id } = await disputedNote();
    await rig.sql(`UPDATE bookings SET client_note = 'z Booksy' WHERE id = $1`, [id]);
    await eventually(async () => (await rig.row(conflict.id)).status === 'closed', {
      timeoutMs: 20_000,
      what: 'the conflict closing',
    });
    expect((await rig.row(conflict.id)).resolution).toBe('equal');
  });
});

describe('a decision that comes too late or does not fit', () => {
  it('is refused where one side has changed since it was shown, and says so', async () => {
    const { conflict, id } = await disputedNote();
    await rig.sql(`UPDATE bookings SET client_note = 'jeszcze inne' WHERE id = $1`, [id]);
    const late = problemOf(await rig.resolve(conflict, { choice: 'keep-platform', shown: conflict.shown }));
    expect(late).toMatchObject({ status: 409, code: 'conflict_changed' });
    expect((await rig.row(conflict.id)).status).toBe('open');
  });

  it('is refused on an old version, twice, on what it does not offer, and on what is not there', async () => {
    const { conflict } = await disputedNote();
    const old = await rig.resolve({ ...conflict, version: conflict.version + 7 }, { choice: 'ignore' });
    expect(problemOf(old)).toMatchObject({ status: 409, code: 'conflict_changed' });
    const unfit = problemOf(await rig.resolve(conflict, { choice: 'keep-both' }));
    expect(unfit).toMatchObject({ status: 409, code: 'conflict_choice_not_offered' });
    expect(unfit.detail).toContain('keep-platform, keep-booksy, ignore');
    const missing = await rig.resolve(
      { id: '0199c0de-0000-7000-8000-0000000000dd', version: 1 },
      { choice: 'ignore' },
    );
    expect(missing.status).toBe(404);
    expect((await rig.resolve(conflict, { choice: 'move' })).status).toBe(400);
    expect((await rig.resolve(conflict, { choice: 'ignore' })).status).toBe(200);
    expect(problemOf(await rig.resolve(conflict, { choice: 'ignore' }))).toMatchObject({
      status: 409,
      code: 'conflict_closed',
    });
  });

  it('is one decision, however many ask at once', async () => {
    const { conflict } = await disputedNote();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => rig.resolve(conflict, { choice: 'keep-booksy' })),
    );
    expect(answers.filter(({ status }) => status === 200 || status === 202)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status > 202)) {
      expect(['conflict_busy', 'conflict_closed', 'conflict_changed']).toContain(problemOf(answer).code);
    }
  });
});

describe('an answer that is not there in time (R33)', () => {
  it('is 202 with a link; what was asked for is carried out, and the link shows it', async () => {
    const { conflict, id } = await disputedNote();
    const { api, database } = rig.engine;
    // Whoever applies something to this salon waits for whoever does so now.
    const busy = await database.pool.connect();
    const waits = { ...api.outcomeWait };
    try {
      await busy.query('BEGIN');
      await busy.query(`SELECT pg_advisory_xact_lock(hashtextextended('apply:' || $1, 0))`, [rig.businessId]);
      api.outcomeWait.ms = 200;
      const answered = await rig.resolve(conflict, { choice: 'keep-booksy' });
      expect(answered).toMatchObject({
        status: 202,
        answer: { state: 'recorded', conflict: `/api/admin/booksy/conflicts/${conflict.id}` },
      });
      expect((await rig.card(conflict.id)).decision).toMatchObject({
        state: 'pending',
        choice: 'keep-booksy',
      });
    } finally {
      api.outcomeWait.ms = waits.ms;
      await busy.query('ROLLBACK');
      busy.release();
    }
    await eventually(async () => (await rig.card(conflict.id)).decision?.state === 'applied', {
      timeoutMs: 30_000,
      what: 'the decision carried out',
    });
    await eventually(async () => (await noteHere(id)) === 'z Booksy', {
      timeoutMs: 30_000,
      what: 'the note here',
    });
  });
});

describe('the signal typed in the Temporal Web UI (R33)', () => {
  const typed = (id: string, signal: unknown) =>
    rig.engine.worker.client.workflow.getHandle(`conflict/${id}`).signal('resolve', signal);

  it('works as plain JSON without an id, as temporal-ui', async () => {
    const { conflict, id } = await disputedNote();
    await typed(conflict.id, { choice: 'keep-booksy' });
    await eventually(async () => (await rig.row(conflict.id)).status === 'resolved', {
      timeoutMs: 20_000,
      what: 'the conflict being resolved',
    });
    expect(await rig.row(conflict.id)).toMatchObject({
      resolved_by: 'temporal-ui',
      resolution: 'keep-booksy',
    });
    await eventually(async () => (await noteHere(id)) === 'z Booksy', {
      timeoutMs: 20_000,
      what: 'the note here',
    });
  });

  it('is left alone where it cannot be used, and the next one counts', async () => {
    const { conflict } = await disputedNote();
    for (const nonsense of [
      'keep',
      { choice: 'burn' },
      { choice: 'move' },
      { choice: 'ignore', also: 1 },
      null,
    ]) {
      await typed(conflict.id, nonsense);
    }
    await typed(conflict.id, { choice: 'keep-both' });
    await eventually(async () => (await rig.row(conflict.id)).resolution_outcome === 'refused', {
      timeoutMs: 20_000,
      what: 'the refusal',
    });
    await typed(conflict.id, { choice: 'ignore', reason: 'sprawdzone' });
    await eventually(async () => (await rig.row(conflict.id)).status === 'resolved', {
      timeoutMs: 20_000,
      what: 'the conflict being resolved',
    });
  });
});
