import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { openQuarantined } from '../../../infra/conflicts/quarantined.ts';
import { eventually } from '../../support/eventually.ts';
import { startConflictRig, type Card, type ConflictRig } from '../conflicts/support/rig.ts';
import { bookedTwice } from '../conflicts/support/twice.ts';
import { deciding, PATIENCE } from './support/deciding.ts';
import { UNDO } from './support/rig.ts';

/** SPEC 4.3: decisions that leave no values behind are undone as well: the conflict is open again, or it is said why not. */
let rig: ConflictRig;
const { ask, confirm, refused, decide, openedBy } = deciding(() => rig);

beforeAll(async () => {
  rig = await startConflictRig();
}, 180_000);
afterAll(() => rig.stop());

const trail = (recordId: string) =>
  rig.sql<{ action: string; actor: string; undo_of: string | null; id: string; groups: string[] }>(
    `SELECT id::text, action, actor, undo_of::text, groups FROM booksy_audit_log WHERE record_id = $1 ORDER BY id`,
    [recordId],
  );

const noteHere = async (id: string) =>
  (await rig.sql<{ note: string | null }>('SELECT client_note AS note FROM bookings WHERE id = $1', [id]))[0]
    ?.note;
const noteThere = async (link: string) => (await rig.there(link))['customer_note'];

async function disputedNote() {
  const visit = await rig.bookedOnBoth({ note: 'przed' });
  await rig.editThere(visit.link, { customer_note: 'z Booksy' });
  await rig.sql(`UPDATE bookings SET client_note = 'z platformy' WHERE id = $1`, [visit.id]);
  return { ...visit, conflict: await rig.open('field', visit.id) };
}

/** A visit of ours, and one that the salon made at Booksy over it. */
async function overlap() {
  const ours = await rig.bookedOnBoth();
  const made = z.object({ id: z.number() }).parse(
    await rig.engine.simulator.control('POST', '/visits', {
      salon: Number(rig.salon),
      allowOverlap: true,
      customer_name: 'Ala Próbna',
      subbookings: [
        {
          booked_from: ours.at,
          booked_till: `${ours.at.slice(0, 14)}45`,
          staffer_id: Number(rig.staff.externalId),
        },
      ],
    }),
  );
  return { ours, theirs: String(made.id), conflict: await rig.open('time_overlap', ours.id) };
}

const marked = async (id: string) =>
  (
    await rig.sql<{ marked: boolean }>('SELECT overbooking_allowed AS marked FROM bookings WHERE id = $1', [
      id,
    ])
  )[0]?.marked;

describe('keep-both, undone', { timeout: 120_000 }, () => {
  it('takes the mark away and opens the conflict again, in row, workflow, inbox and trail', async () => {
    const { ours, conflict } = await overlap();
    const decision = await decide(conflict, { choice: 'keep-both', reason: 'Dwa fotele.' });
    expect(await marked(ours.id)).toBe(true);
    await rig.quiet();

    const shown = await ask({ runId: decision });
    expect(shown).toMatchObject({
      counts: { records: 1, undoable: 1, atBooksy: 0 },
      needsBooksyConfirmation: false,
      records: [],
      decision: { conflictId: conflict.id, kind: 'time_overlap', choice: 'keep-both', left: [] },
    });
    expect(shown.decision?.does.map(({ deed }) => deed)).toEqual(['unmark', 'open_again']);
    // Looking changes nothing.
    expect(await marked(ours.id)).toBe(true);

    const done = await confirm(shown.id);
    expect(done).toMatchObject({ outcome: 'carried_out', counts: { done: 1 }, leftRecords: [] });
    expect(await marked(ours.id)).toBe(false);
    const again = await openedBy(done);
    expect(again).toMatchObject({
      kind: 'time_overlap',
      recordId: conflict.recordId,
      otherRecordId: conflict.otherRecordId,
    });
    expect(again.id).not.toBe(conflict.id);
    expect((await rig.list(`?status=open&recordId=${ours.id}`)).conflicts.map(({ id }) => id)).toEqual([
      again.id,
    ]);
    expect((await rig.card(conflict.id)).decision).toMatchObject({ state: 'undone', choice: 'keep-both' });
    const entries = await trail(ours.id);
    const overbooked = entries.find(({ action }) => action === 'overbooked');
    expect(overbooked?.groups).toEqual(['overbooking']);
    expect(entries.find(({ action }) => action === 'undone')).toMatchObject({
      undo_of: overbooked?.id,
      groups: ['overbooking'],
      actor: expect.stringMatching(/^api:/) as string,
    });

    // A second time there is nothing to take back, and the undo itself is taken back by deciding anew.
    const twice = await ask({ runId: decision });
    expect(twice).toMatchObject({
      counts: { undoable: 0 },
      decision: { left: [{ reason: 'already_undone' }] },
    });
    expect(await refused(twice.id)).toBe('undo_empty');
    const undone = await ask({ runId: shown.id });
    expect(undone).toMatchObject({
      counts: { undoable: 0 },
      records: [{ left: [{ reason: 'decide_conflict' }] }],
    });
    // … as it can be.
    await decide(again, { choice: 'keep-both' });
    expect(await marked(ours.id)).toBe(true);
  });

  it('of one whose overlap is gone takes only the mark away', async () => {
    const { ours, theirs, conflict } = await overlap();
    await decide(conflict, { choice: 'keep-both' });
    await rig.engine.simulator.control('PATCH', `/visits/${theirs}`, { status: 'C' });
    await eventually(
      async () =>
        (
          await rig.sql(
            `SELECT 1 FROM bookings b JOIN external_bookings m ON m.booking_id = b.id
              WHERE m.external_id = $1 AND b.status = 'cancelled'`,
            [theirs],
          )
        ).length === 1,
      { ...PATIENCE, what: 'the cancel here' },
    );
    await rig.quiet();
    // By the record: its last change is the decision.
    const shown = await ask({ entity: 'booking', recordId: ours.id });
    expect(shown.decision).toMatchObject({
      does: [{ deed: 'unmark' }],
      left: [{ reason: 'cause_gone' }],
    });
    expect((await confirm(shown.id)).opened).toBeNull();
    expect(await marked(ours.id)).toBe(false);
  });
});

describe('ignore, undone', { timeout: 120_000 }, () => {
  it('has the two sides looked at again where they still differ; then it can be decided', async () => {
    const { conflict, id, link } = await disputedNote();
    const decision = await decide(conflict, { choice: 'ignore' });
    await rig.process('booking', id);
    await rig.quiet();
    const shown = await ask({ runId: decision, entity: 'booking', recordId: id });
    expect(shown).toMatchObject({
      needsBooksyConfirmation: false,
      decision: { does: [{ deed: 'open_again' }] },
    });
    const again = await openedBy(await confirm(shown.id));
    expect(again).toMatchObject({ kind: 'field', groups: ['clientNote'] });
    expect(again.states.find(({ group }) => group === 'clientNote')).toMatchObject({
      booksy: 'z Booksy',
      platform: 'z platformy',
      disputed: true,
      changedThere: true,
      changedHere: true,
    });
    // Neither side was touched, and what is looked at stays open.
    await rig.process('booking', id);
    await rig.engine.fullSync(rig.businessId);
    expect([await noteHere(id), await noteThere(link)]).toEqual(['z platformy', 'z Booksy']);
    expect((await rig.row(again.id)).status).toBe('open');
    await decide(await rig.card(again.id), { choice: 'keep-platform' });
    await eventually(async () => (await noteThere(link)) === 'z platformy', {
      ...PATIENCE,
      what: 'the note at Booksy',
    });
  });

  it('says so where both sides are equal by now, or have changed since', async () => {
    const { conflict, id } = await disputedNote();
    const decision = await decide(conflict, { choice: 'ignore' });
    await rig.quiet();
    const early = await ask({ runId: decision });
    expect(early.counts.undoable).toBe(1);
    await rig.sql(`UPDATE bookings SET client_note = 'z Booksy' WHERE id = $1`, [id]);
    await rig.quiet();
    const late = await ask({ runId: decision });
    expect(late).toMatchObject({
      counts: { undoable: 0 },
      decision: { does: [], left: [{ reason: 'equal_by_now' }] },
    });
    // What was shown before is not done after it.
    expect(await confirm(early.id)).toMatchObject({
      counts: { done: 0 },
      leftRecords: [{ recordId: id, reason: 'equal_by_now' }],
      opened: null,
    });
    expect((await rig.list(`?status=open&recordId=${id}`)).conflicts).toEqual([]);
  });

  it('says so where another conflict about it is open', async () => {
    const { conflict, id, link } = await disputedNote();
    const decision = await decide(conflict, { choice: 'ignore' });
    await rig.quiet();
    await rig.editThere(link, { customer_note: 'znowu z Booksy' });
    await rig.sql(`UPDATE bookings SET client_note = 'znowu z platformy' WHERE id = $1`, [id]);
    await rig.open('field', id);
    expect((await ask({ runId: decision })).decision).toMatchObject({
      does: [],
      left: [{ reason: 'on_conflict' }],
    });
  });
});

describe('the choice of a double, undone', { timeout: 120_000 }, () => {
  const statusThere = async (link: string) => (await rig.there(link))['status'];
  const push = (allowed: boolean) =>
    rig.sql(`UPDATE businesses SET push_allowed_at = CASE WHEN $2 THEN now() END WHERE id = $1`, [
      rig.businessId,
      allowed,
    ]);

  it('is forgotten as long as nothing was cancelled: both stand, and the conflict too', async () => {
    const { conflict, id, link, other } = await bookedTwice(rig);
    await push(false);
    const decision = await decide(conflict, { choice: 'keep-platform' });
    await rig.quiet();
    const shown = await ask({ runId: decision });
    expect(shown.decision?.does.map(({ deed }) => deed)).toEqual(['forget_choice', 'open_again']);
    const again = await openedBy(await confirm(shown.id));
    expect(again.kind).toBe('double');
    await push(true);
    await rig.process('booking', id);
    await rig.quiet();
    expect([await statusThere(link), await statusThere(other)]).toEqual(['A', 'A']);
    expect((await rig.row(again.id)).status).toBe('open');
    await decide(await rig.card(again.id), { choice: 'keep-platform' });
    await eventually(async () => (await statusThere(other)) === 'C', { ...PATIENCE, what: 'the cancel' });
  });

  it('R16: says beforehand that what was cancelled at Booksy stays so, and does nothing', async () => {
    const { conflict, other } = await bookedTwice(rig);
    const decision = await decide(conflict, { choice: 'keep-platform' });
    await eventually(async () => (await statusThere(other)) === 'C', { ...PATIENCE, what: 'the cancel' });
    await rig.quiet();
    const shown = await ask({ runId: decision });
    expect(shown).toMatchObject({ counts: { undoable: 0 }, decision: { does: [] } });
    expect(shown.decision?.left).toMatchObject([
      { reason: 'ended_at_booksy', text: expect.stringContaining('new visit') as string },
    ]);
    expect(await refused(shown.id)).toBe('undo_empty');
    expect(await rig.row(conflict.id)).toMatchObject({ resolution: 'keep-platform' });
  });
});

describe('a release from quarantine, undone (R3)', { timeout: 120_000 }, () => {
  const waits = async () =>
    (
      await rig.sql<{ id: string }>(
        `SELECT id FROM quarantine WHERE external_id = 'window:of-nothing' AND released_at IS NULL`,
      )
    ).length;

  it('is held back where nothing made use of it; one that was used is taken back by what it changed', async () => {
    const { db } = rig.engine.deps;
    await rig.sql(
      `INSERT INTO quarantine (id, business_id, entity, external_id, reason_code, detail, next_step, affected)
       VALUES (gen_random_uuid(), $1, 'profile', 'window:of-nothing', 'blast_radius', 'x', 'x', 3)`,
      [rig.businessId],
    );
    await openQuarantined(db, { businessId: rig.businessId, runId: uuidv7() }, [
      {
        entity: 'profile',
        externalId: 'window:of-nothing',
        reasonCode: 'blast_radius',
        affected: 3,
        urgentAt: null,
      },
    ]);
    const found = async () => {
      const { conflicts } = await rig.list('?status=open&kind=quarantine');
      const own = conflicts.find(({ externalId }) => externalId === 'window:of-nothing');
      if (own === undefined) throw new Error('No conflict tells of it.');
      return rig.card(own.id);
    };
    const release = async () => {
      const decision = await decide(await found(), { choice: 'keep-booksy' });
      expect(await waits()).toBe(0);
      await rig.quiet();
      await eventually(
        async () =>
          (await rig.sql(`SELECT 1 FROM sync_runs WHERE status = 'running' AND kind = 'full_sync'`))
            .length === 0,
        { ...PATIENCE, what: 'the end of the full sync' },
      );
      return decision;
    };
    const first = await ask({ runId: await release() });
    expect(first.decision).toMatchObject({
      recordId: null,
      does: [{ deed: 'hold_back' }, { deed: 'open_again' }],
    });
    const again = await openedBy(await confirm(first.id));
    expect([await waits(), again.externalId]).toEqual([1, 'window:of-nothing']);

    const decision = await release();
    await rig.sql(`UPDATE quarantine SET permits_left = 2 WHERE external_id = 'window:of-nothing'`);
    expect((await ask({ runId: decision })).decision).toMatchObject({
      does: [],
      left: [{ reason: 'let_through' }],
    });
  });
});

describe('what a rule decided, undone', { timeout: 120_000 }, () => {
  const rule = (side: 'platform' | 'booksy' | 'manual', auto = true) =>
    rig.sql(
      `INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions, policies, updated_by)
       VALUES ($1, 'house', 'House rule', 'both', 9,
               '{"bufferTimes":{"before":15,"after":15},"maxAdvanceBooking":90}', $2, $3, 'test')
       ON CONFLICT (business_id, id) DO UPDATE SET actions = excluded.actions, policies = excluded.policies`,
      [
        rig.businessId,
        JSON.stringify({ syncAvailability: true, autoResolveConflicts: auto, notifyAdmin: true }),
        JSON.stringify({ 'booking.clientNote': side }),
      ],
    );

  async function decidedByRule(side: 'platform' | 'booksy', conflict: Card): Promise<string> {
    await rule(side);
    await rig.engine.worker.client.workflow.getHandle(`conflict/${conflict.id}`).signal('wake');
    await eventually(async () => (await rig.row(conflict.id)).status === 'resolved', {
      ...PATIENCE,
      what: 'the decision',
    });
    const { decision } = await rig.card(conflict.id);
    expect(decision).toMatchObject({ ruleId: 'house', reason: `policy_${side}` });
    return decision?.id ?? '';
  }

  it('goes back by the id of the decision, on both sides, and is not decided again', async () => {
    await rule('manual');
    const { conflict, id, link } = await disputedNote();
    const decision = await decidedByRule('platform', conflict);
    await eventually(async () => (await noteThere(link)) === 'z platformy', {
      ...PATIENCE,
      what: 'the note at Booksy',
    });
    await rig.quiet();
    const shown = await ask({ runId: decision, entity: 'booking', recordId: id });
    expect(shown).toMatchObject({
      decision: null,
      records: [{ changes: [{ group: 'clientNote', from: 'z platformy', to: 'z Booksy' }], atBooksy: true }],
    });
    await rig.engine.api.send('POST', `${UNDO}/${shown.id}/confirm`, { atBooksy: true });
    await eventually(async () => (await noteThere(link)) === 'z Booksy', {
      ...PATIENCE,
      what: 'the undo at Booksy',
    });
    await rig.quiet();
    await rig.process('booking', id);
    await rig.engine.fullSync(rig.businessId);
    expect([await noteHere(id), await noteThere(link)]).toEqual(['z Booksy', 'z Booksy']);
    await rule('manual');
  });

  it('that was not carried out yet is open again, and not decided by the same rule for the same states', async () => {
    await rule('manual');
    const { conflict, id, link } = await disputedNote();
    await rig.sql('UPDATE businesses SET push_allowed_at = NULL WHERE id = $1', [rig.businessId]);
    const decision = await decidedByRule('platform', conflict);
    await rig.quiet();
    const shown = await ask({ runId: decision });
    expect(shown.decision).toMatchObject({ does: [{ deed: 'open_again' }], left: [] });
    const again = await openedBy(await confirm(shown.id));
    await rig.sql('UPDATE businesses SET push_allowed_at = now() WHERE id = $1', [rig.businessId]);
    const handle = rig.engine.worker.client.workflow.getHandle(`conflict/${again.id}`);
    const looks = async () => {
      const { events } = await handle.fetchHistory();
      return (events ?? []).filter((event) => event.activityTaskCompletedEventAttributes != null).length;
    };
    const before = await looks();
    await handle.signal('wake');
    await eventually(async () => (await looks()) > before, { ...PATIENCE, what: 'another look' });
    await rig.process('booking', id);
    await rig.quiet();
    expect((await rig.row(again.id)).status).toBe('open');
    expect([await noteHere(id), await noteThere(link)]).toEqual(['z platformy', 'z Booksy']);
    // New states are decided by it as any.
    await rig.sql(`UPDATE bookings SET client_note = 'jeszcze inaczej' WHERE id = $1`, [id]);
    await rig.quiet();
    await handle.signal('wake');
    await eventually(async () => (await noteThere(link)) === 'jeszcze inaczej', {
      ...PATIENCE,
      what: 'the next decision at Booksy',
    });
    await rule('manual');
  });
});
