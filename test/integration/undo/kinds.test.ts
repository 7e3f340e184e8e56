import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { layConflict } from '../conflicts/support/lay.ts';
import { startConflictRig, type ConflictRig } from '../conflicts/support/rig.ts';
import { arrived, bookedThere, unseenVariant } from '../conflicts/support/there.ts';
import { unsureCard, visitsThere } from '../conflicts/support/unsure.ts';
import { deciding, PATIENCE } from './support/deciding.ts';

/** SPEC 4.3: taking back what was decided about conflicts of the rarer kinds; what cannot be taken back says why. */
let rig: ConflictRig;
const { ask, confirm, decide, openedBy } = deciding(() => rig);

beforeAll(async () => {
  rig = await startConflictRig();
});
afterAll(() => rig.stop());

const noteHere = async (id: string) =>
  (await rig.sql<{ note: string | null }>('SELECT client_note AS note FROM bookings WHERE id = $1', [id]))[0]
    ?.note;
const noteThere = async (link: string) => (await rig.there(link))['customer_note'];
const bothHold = (visit: { readonly id: string; readonly link: string }, note: string) =>
  eventually(async () => (await noteHere(visit.id)) === note && (await noteThere(visit.link)) === note, {
    ...PATIENCE,
    what: `'${note}' on both sides`,
  });

describe('what was overwritten at Booksy (R4a)', () => {
  /** Our note stands on both sides; another one was lost. */
  async function overwritten() {
    const visit = await rig.bookedOnBoth({ note: 'nasze' });
    const conflict = await layConflict(rig, {
      kind: 'overwritten_at_booksy',
      recordId: visit.id,
      externalId: visit.link,
      groups: ['clientNote'],
      values: { clientNote: 'zgubione' },
    });
    return { visit, conflict };
  }

  it('and was left so is a question again, with the lost value; a restored value is taken back on both sides', async () => {
    const { visit, conflict } = await overwritten();
    const left = await decide(conflict, { choice: 'keep-platform' });
    await rig.quiet();
    const first = await ask({ runId: left });
    expect(first).toMatchObject({ decision: { does: [{ deed: 'open_again' }] } });
    const again = await openedBy(await confirm(first.id));
    expect(again.choices.map(({ choice }) => choice)).toEqual(['keep-platform', 'keep-booksy']);
    const restored = await decide(again, { choice: 'keep-booksy' });
    await bothHold(visit, 'zgubione');
    await rig.quiet();
    const second = await ask({ runId: restored, entity: 'booking', recordId: visit.id });
    expect(second.records).toMatchObject([
      { changes: [{ group: 'clientNote', from: 'zgubione', to: 'nasze' }] },
    ]);
    await confirm(second.id, true);
    await bothHold(visit, 'nasze');
  });

  it('says so where what we wrote stands here no more', async () => {
    const { visit, conflict } = await overwritten();
    const left = await decide(conflict, { choice: 'keep-platform' });
    await rig.sql(`UPDATE bookings SET client_note = 'nowsze' WHERE id = $1`, [visit.id]);
    await bothHold(visit, 'nowsze');
    await rig.quiet();
    expect((await ask({ runId: left })).decision).toMatchObject({
      does: [],
      left: [{ reason: 'changed_later' }],
    });
  });
});

describe('what Booksy refused', () => {
  /** A note of ours that stays here: it waits for the decision. */
  async function refused(note: string) {
    const visit = await rig.bookedOnBoth({ note: 'przed' });
    const conflict = await layConflict(rig, {
      kind: 'refused_by_booksy',
      recordId: visit.id,
      externalId: visit.link,
      groups: ['clientNote'],
      detail: { reason: 'invalid', code: 'invalid', operation: 'change' },
    });
    await rig.sql('UPDATE bookings SET client_note = $2 WHERE id = $1', [visit.id, note]);
    await rig.quiet();
    expect(await noteThere(visit.link)).toBe('przed');
    return { visit, conflict: await rig.card(conflict.id) };
  }

  it('and was left so is a question again; then what stands at Booksy can be taken over', async () => {
    const { visit, conflict } = await refused('odmówione');
    const decision = await decide(conflict, { choice: 'ignore' });
    await rig.quiet();
    expect(await noteThere(visit.link)).toBe('przed');
    const shown = await ask({ runId: decision });
    expect(shown).toMatchObject({ decision: { does: [{ deed: 'open_again' }] } });
    const again = await openedBy(await confirm(shown.id));
    expect(again).toMatchObject({ kind: 'refused_by_booksy', groups: ['clientNote'] });
    await decide(again, { choice: 'keep-booksy' });
    await bothHold(visit, 'przed');
  });

  it('says of what was sent again that it cannot be unsent', async () => {
    const { visit, conflict } = await refused('drugi raz');
    const decision = await decide(conflict, { choice: 'keep-platform' });
    await bothHold(visit, 'drugi raz');
    await rig.quiet();
    expect((await ask({ runId: decision })).decision).toMatchObject({
      does: [],
      left: [{ reason: 'asked_again' }],
    });
  });
});

describe('a write of which nobody knows whether it acted (R14)', () => {
  it('that was left so is a question again while nobody knows; and not once somebody does', async () => {
    const visit = await rig.bookedOnBoth({ note: 'przed' });
    await rig.sql(`UPDATE bookings SET client_note = 'po' WHERE id = $1`, [visit.id]);
    await bothHold(visit, 'po');
    await rig.quiet();
    const [intent] = await rig.sql<{ id: string }>(
      `UPDATE sync_intents SET state = 'expired'
        WHERE id = (SELECT id FROM sync_intents WHERE record_id = $1 AND operation = 'change' ORDER BY opened_at DESC LIMIT 1)
      RETURNING id`,
      [visit.id],
    );
    const conflict = await layConflict(rig, {
      kind: 'outcome_unknown',
      recordId: visit.id,
      externalId: visit.link,
    });
    await rig.sql('UPDATE booksy_sync_conflicts SET intent_id = $2 WHERE id = $1', [conflict.id, intent?.id]);
    const decision = await decide(await rig.card(conflict.id), { choice: 'ignore' });
    const shown = await ask({ runId: decision });
    expect(shown).toMatchObject({ decision: { does: [{ deed: 'open_again' }] } });
    const again = await openedBy(await confirm(shown.id));
    const second = await decide(again, { choice: 'ignore' });
    await rig.sql(`UPDATE sync_intents SET state = 'confirmed' WHERE id = $1`, [intent?.id]);
    expect((await ask({ runId: second })).decision).toMatchObject({
      does: [],
      left: [{ reason: 'cause_gone' }],
    });
  });
});

describe('a visit that names what is not linked here', () => {
  it('and was left so is a question again as long as it is not linked', async () => {
    const variant = await unseenVariant(rig, 'Wariant tej minuty');
    const { id, link } = await bookedThere(rig, rig.freeHour(), { variant });
    const decision = await decide(await rig.open('unmapped', id), { choice: 'ignore' });
    const shown = await ask({ runId: decision });
    expect(shown).toMatchObject({ decision: { does: [{ deed: 'open_again' }] } });
    const again = await openedBy(await confirm(shown.id));
    // What is changed here meanwhile does not link it.
    await rig.sql(`UPDATE bookings SET client_note = 'inna notatka' WHERE id = $1`, [id]);
    await eventually(async () => (await noteThere(link)) === 'inna notatka', {
      ...PATIENCE,
      what: 'the note at Booksy',
    });
    await rig.quiet();
    expect((await rig.row(again.id)).status).toBe('open');
    const second = await decide(await rig.card(again.id), { choice: 'ignore' });
    expect((await rig.engine.fullSync(rig.businessId)).status).toBe('completed');
    expect((await ask({ runId: second })).decision).toMatchObject({
      does: [],
      left: [{ reason: 'cause_gone' }],
    });
  });
});

describe('a visit that was deleted here and was made again from Booksy (R18)', () => {
  it('ends again on both sides', async () => {
    const visit = await rig.bookedOnBoth({ note: 'przed' });
    await rig.editThere(visit.link, { customer_note: 'z Booksy' });
    await rig.sql('DELETE FROM bookings WHERE id = $1', [visit.id]);
    const conflict = await rig.open('deleted_against_changed', visit.id);
    const decision = await decide(conflict, { choice: 'keep-booksy' });
    const back = await eventually(
      async () =>
        (
          await rig.sql<{ id: string }>(
            `SELECT b.id FROM bookings b JOIN external_bookings m ON m.booking_id = b.id WHERE m.external_id = $1`,
            [visit.link],
          )
        )[0]?.id ?? null,
      { ...PATIENCE, what: 'the visit here' },
    );
    await rig.quiet();
    const shown = await ask({ runId: decision, entity: 'booking', recordId: back });
    expect(shown.records).toMatchObject([{ end: 'cancel', atBooksy: true }]);
    await confirm(shown.id, true);
    await eventually(async () => (await rig.there(visit.link))['status'] === 'C', {
      ...PATIENCE,
      what: 'the end at Booksy',
    });
    await rig.quiet();
    const [row] = await rig.sql<{ status: string }>('SELECT status FROM bookings WHERE id = $1', [back]);
    expect(row?.status).toBe('cancelled');
  });
});

describe('a card of which it is not sure whose it is (SPEC 3.7)', () => {
  it('is asked about again where that was left open', async () => {
    const card = await unsureCard(rig, 'Powtórna');
    const [link] = await visitsThere(rig, card, 1);
    const id = await arrived(rig, link ?? '');
    const decision = await decide(await rig.open('unsure_client', id), { choice: 'ignore' });
    await rig.quiet();
    const shown = await ask({ runId: decision });
    expect(shown).toMatchObject({ decision: { does: [{ deed: 'open_again' }] } });
    const again = await openedBy(await confirm(shown.id));
    expect(again).toMatchObject({ kind: 'unsure_client', recordId: id });
    await rig.process('booking', id);
    expect((await rig.row(again.id)).status).toBe('open');
  });
});
