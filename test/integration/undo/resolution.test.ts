import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { undoAnswer } from '../../../api/undo/schema.ts';
import { eventually } from '../../support/eventually.ts';
import { startConflictRig, type ConflictRig } from '../conflicts/support/rig.ts';
import { UNDO } from './support/rig.ts';

/** SPEC 4.3: a resolution is in the audit trail with before and after, and can be undone by the id of its decision. */
let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
}, 300_000);
afterAll(() => rig.stop());

const noteHere = async (id: string) =>
  (await rig.sql<{ note: string | null }>('SELECT client_note AS note FROM bookings WHERE id = $1', [id]))[0]
    ?.note;
const noteThere = async (link: string) => (await rig.there(link))['customer_note'];

async function undo(method: string, path: string, body?: unknown) {
  const answer = await rig.engine.api.send(method, path, body);
  expect([200, 202], JSON.stringify(answer.body)).toContain(answer.status);
  return undoAnswer.parse(answer.body).undo;
}

describe('a resolution', { timeout: 240_000 }, () => {
  it('for Booksy’s side is taken back: what stood here stands on both sides', async () => {
    const visit = await rig.bookedOnBoth({ note: 'przed' });
    await rig.editThere(visit.link, { customer_note: 'z Booksy' });
    await rig.sql(`UPDATE bookings SET client_note = 'z platformy' WHERE id = $1`, [visit.id]);
    const conflict = await rig.open('field', visit.id);
    const answered = await rig.resolve(conflict, { choice: 'keep-booksy', shown: conflict.shown });
    const { answer } = z.object({ answer: z.object({ resolutionId: z.guid() }) }).parse(answered);
    await eventually(async () => (await noteHere(visit.id)) === 'z Booksy', {
      timeoutMs: 30_000,
      what: 'the resolution here',
    });
    await rig.quiet();

    const asked = { runId: answer.resolutionId, entity: 'booking', recordId: visit.id };
    const shown = await undo('POST', UNDO, asked);
    expect(shown.records).toMatchObject([
      { changes: [{ group: 'clientNote', from: 'z Booksy', to: 'z platformy' }], atBooksy: true },
    ]);
    await undo('POST', `${UNDO}/${shown.id}/confirm`, { atBooksy: true });
    await eventually(async () => (await noteThere(visit.link)) === 'z platformy', {
      timeoutMs: 30_000,
      what: 'the undo at Booksy',
    });
    await rig.quiet();
    expect(await noteHere(visit.id)).toBe('z platformy');
  });

  it('for our side is taken back by the record: what stood at Booksy stands on both sides', async () => {
    const visit = await rig.bookedOnBoth({ note: 'przed' });
    await rig.editThere(visit.link, { customer_note: 'z Booksy' });
    await rig.sql(`UPDATE bookings SET client_note = 'z platformy' WHERE id = $1`, [visit.id]);
    const conflict = await rig.open('field', visit.id);
    expect((await rig.resolve(conflict, { choice: 'keep-platform', shown: conflict.shown })).status).toBe(
      200,
    );
    await eventually(async () => (await noteThere(visit.link)) === 'z platformy', {
      timeoutMs: 30_000,
      what: 'the resolution at Booksy',
    });
    await rig.quiet();

    const shown = await undo('POST', UNDO, { entity: 'booking', recordId: visit.id });
    expect(shown.records).toMatchObject([
      { changes: [{ group: 'clientNote', from: 'z platformy', to: 'z Booksy' }], atBooksy: true },
    ]);
    await undo('POST', `${UNDO}/${shown.id}/confirm`, { atBooksy: true });
    await eventually(async () => (await noteThere(visit.link)) === 'z Booksy', {
      timeoutMs: 30_000,
      what: 'the undo at Booksy',
    });
    await rig.quiet();
    expect(await noteHere(visit.id)).toBe('z Booksy');
  });

  it('that moved a visit is taken back once its time is free again', async () => {
    const visit = await rig.bookedOnBoth();
    const made = z.object({ id: z.number() }).parse(
      await rig.engine.simulator.control('POST', '/visits', {
        salon: Number(rig.salon),
        allowOverlap: true,
        customer_name: 'Ala Próbna',
        subbookings: [
          {
            booked_from: visit.at,
            booked_till: `${visit.at.slice(0, 14)}45`,
            staffer_id: Number(rig.staff.externalId),
          },
        ],
      }),
    );
    const conflict = await rig.open('time_overlap', visit.id);
    const to = rig.freeHour();
    const answered = await rig.resolve(conflict, {
      choice: 'move',
      move: { startsLocal: to, recordId: visit.id },
    });
    const { answer } = z.object({ answer: z.object({ resolutionId: z.guid() }) }).parse(answered);
    const startThere = async () => (await rig.there(visit.link))['booked_from'];
    await eventually(async () => (await startThere()) === to, { timeoutMs: 30_000, what: 'the move' });
    await rig.engine.simulator.control('PATCH', `/visits/${String(made.id)}`, { status: 'C' });
    await eventually(
      async () =>
        (
          await rig.sql(
            `SELECT 1 FROM bookings b JOIN external_bookings m ON m.booking_id = b.id
              WHERE m.external_id = $1 AND b.status = 'cancelled'`,
            [String(made.id)],
          )
        ).length === 1,
      { timeoutMs: 30_000, what: 'the cancel here' },
    );
    await rig.quiet();

    const asked = { runId: answer.resolutionId, entity: 'booking', recordId: visit.id };
    const shown = await undo('POST', UNDO, asked);
    expect(shown.records).toMatchObject([{ changes: [{ to: { startsLocal: visit.at } }], atBooksy: true }]);
    await undo('POST', `${UNDO}/${shown.id}/confirm`, { atBooksy: true });
    await eventually(async () => (await startThere()) === visit.at, {
      timeoutMs: 30_000,
      what: 'the undo at Booksy',
    });
  });
});
