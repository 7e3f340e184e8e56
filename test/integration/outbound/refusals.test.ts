import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { processRecord } from '../../../domain/protocol/process.ts';
import { startRig, type OutboundRig } from './support/rig.ts';
import { underFaultsOf } from './support/under-faults.ts';

/** A write that Booksy turns down: nothing is lost, nothing is asked for ever, and a person sees what was said (R14, 20). */

let rig: OutboundRig;

beforeAll(async () => {
  rig = await startRig({ api: true });
}, 300_000);

afterEach(() => rig.engine.simulator.clearFaults());

afterAll(() => rig.stop());

const { under, intents, conflicts, age, carrying, portOf } = underFaultsOf(() => rig);

const POST = 'POST /business/{business_id}/appointment/';
const PUT = 'PUT /business/{business_id}/appointment/{appointment_id}/';

const states = async (id: string) => (await intents(id)).map(({ state }) => state);
const callsOf = async (route: string) => (await rig.engine.simulator.counters()).calls.byRoute[route] ?? 0;
const cards = z.object({
  conflicts: z.array(z.looseObject({ kind: z.string(), recordId: z.string().nullable() })),
});
/** What the owner sees of a record. */
const shown = async (recordId: string) => {
  const { status, body } = await rig.engine.api.send(
    'GET',
    `/api/admin/booksy/conflicts?status=open&recordId=${recordId}`,
  );
  expect(status).toBe(200);
  return cards.parse(body).conflicts;
};

async function pushed(): Promise<{ id: string; link: string; at: string }> {
  const at = rig.freeHour();
  const id = await rig.book(at);
  await rig.process('booking', id);
  return { id, at, link: (await rig.linkOf(id)) ?? '' };
}
const note = (id: string, text: string) =>
  rig.sql('UPDATE bookings SET client_note = $2 WHERE id = $1', [id, text]);

describe('429 on a write', () => {
  it('is waited for within the call where the wait is short: one intent, written once', async () => {
    const { id, link } = await pushed();
    await note(id, 'po chwili');
    const before = await callsOf(PUT);
    const report = await under({ kind: 'status', status: 429, retryAfterSeconds: 0, route: PUT }, () =>
      rig.process('booking', id),
    );
    expect(report).toMatchObject({ outcome: 'written', writes: 1, conflicts: 0 });
    expect(await callsOf(PUT)).toBe(before + 2);
    expect(await rig.there(link)).toMatchObject({ customer_note: 'po chwili' });
    expect(await states(id)).toEqual(['confirmed', 'confirmed']);
  });

  it('that lasts is known not to have acted: `unsent`, no conflict, and the newest state goes later', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    const report = await under(
      { kind: 'status', status: 429, retryAfterSeconds: 0, route: POST, count: null },
      () => rig.process('booking', id),
    );
    expect(report).toMatchObject({ outcome: 'waiting', writes: 0, conflicts: 0 });
    expect(await states(id)).toEqual(['unsent']);
    expect((await intents(id))[0]?.due_at).not.toBeNull();
    expect(await shown(id)).toEqual([]);
    expect(await carrying(id, at)).toEqual([]);
    await rig.engine.simulator.clearFaults();
    await note(id, 'nowsze');
    await age(id, 6);
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await carrying(id, at)).toHaveLength(1);
    expect(await rig.there((await rig.linkOf(id)) ?? '')).toMatchObject({ customer_note: 'nowsze' });
  });
});

describe('400 on a write', () => {
  it('is a card that names the groups, once; the other groups go on and nothing is asked twice', async () => {
    const { id, link } = await pushed();
    await note(id, 'nie przejdzie');
    await under({ kind: 'status', status: 400, route: PUT }, () => rig.process('booking', id));
    expect(await conflicts(id)).toMatchObject([
      { kind: 'refused_by_booksy', groups: ['clientNote'], detail: { code: 'invalid_request' } },
    ]);
    expect(await shown(id)).toMatchObject([{ kind: 'refused_by_booksy', recordId: id }]);
    const calls = await callsOf(PUT);
    await rig.process('booking', id);
    expect(await callsOf(PUT)).toBe(calls);
    // Another group of the same visit is in nobody's way (R10).
    await rig.sql(
      `UPDATE booking_items SET starts_local = starts_local + interval '15 minutes', ends_local = ends_local + interval '15 minutes',
              starts_at = starts_at + interval '15 minutes', ends_at = ends_at + interval '15 minutes' WHERE booking_id = $1`,
      [id],
    );
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'written', writes: 1 });
    const there = await rig.there(link);
    expect(there['booked_from']).toMatch(/:15$/);
    // A PUT carries what stands there of a frozen group (R10a).
    expect(there['customer_note'] ?? null).toBeNull();
    const [here] = await rig.sql<{ client_note: string }>('SELECT client_note FROM bookings WHERE id = $1', [
      id,
    ]);
    expect(here?.client_note).toBe('nie przejdzie');
  });

  it('on a create leaves the visit here, unlinked and shown, and makes nothing there', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    await under({ kind: 'status', status: 400, route: POST }, () => rig.process('booking', id));
    expect(await states(id)).toEqual(['rejected']);
    expect(await shown(id)).toMatchObject([{ kind: 'refused_by_booksy' }]);
    const calls = await callsOf(POST);
    await rig.process('booking', id);
    expect(await callsOf(POST)).toBe(calls);
    expect(await carrying(id, at)).toEqual([]);
    expect(await rig.linkOf(id)).toBeNull();
  });
});

describe('404 on a write', () => {
  it('of a visit that is still there is read again and written: it may pass', async () => {
    const { id, link } = await pushed();
    await note(id, 'jednak');
    await under({ kind: 'status', status: 404, route: PUT }, () => rig.process('booking', id));
    expect(await states(id)).toEqual(['confirmed', 'rejected', 'confirmed']);
    expect(await rig.there(link)).toMatchObject({ customer_note: 'jednak' });
    expect(await shown(id)).toEqual([]);
  });

  it('that stays although the visit can be read is a card, and no storm of tries', async () => {
    const { id } = await pushed();
    await note(id, 'nigdy');
    const before = await callsOf(PUT);
    await under({ kind: 'status', status: 404, route: PUT, count: null }, () => rig.process('booking', id));
    expect(await callsOf(PUT)).toBe(before + 2);
    expect(await shown(id)).toMatchObject([{ kind: 'refused_by_booksy' }]);
    await rig.process('booking', id);
    expect(await callsOf(PUT)).toBe(before + 2);
  });

  it('on a create is a card, and no storm of tries', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    const before = await callsOf(POST);
    await under({ kind: 'status', status: 404, route: POST, count: null }, () => rig.process('booking', id));
    expect(await callsOf(POST)).toBe(before + 2);
    expect(await shown(id)).toMatchObject([{ kind: 'refused_by_booksy' }]);
    expect(await carrying(id, at)).toEqual([]);
  });

  it('because it was deleted between our read and our write: a person decides, the time stays held (R18)', async () => {
    const { id, link } = await pushed();
    await note(id, 'za późno');
    const port = await portOf(id);
    const send = port.send.bind(port);
    let deleted = false;
    port.send = async (...given) => {
      if (!deleted) await rig.engine.simulator.control('DELETE', `/visits/${link}`);
      deleted = true;
      return send(...given);
    };
    await processRecord(port);
    expect(await conflicts(id)).toHaveLength(1);
    const held = await rig.sql('SELECT 1 FROM occupancy WHERE booking_id = $1', [id]);
    expect(held.length).toBeGreaterThan(0);
    expect(await rig.sql('SELECT status FROM bookings WHERE id = $1', [id])).toEqual([
      { status: 'confirmed' },
    ]);
  });
});
