import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRig, type OutboundRig } from './support/rig.ts';
import { underFaultsOf } from './support/under-faults.ts';

/** Writes whose answer never came, came wrong, or must not be sent. Each fault is asserted to have really hit. */

let rig: OutboundRig;

beforeAll(async () => {
  rig = await startRig();
}, 300_000);

afterEach(async () => {
  await rig.engine.simulator.clearFaults();
});

afterAll(() => rig.stop());

const POST = 'POST /business/{business_id}/appointment/';
const PUT = 'PUT /business/{business_id}/appointment/{appointment_id}/';
const CANCEL = 'PATCH /business/{business_id}/appointment/{appointment_id}/status/cancel/';

const { under, intents, conflicts, age, carrying } = underFaultsOf(() => rig);

describe('a create whose answer is lost (R15a, R15b)', () => {
  it('is found by its import uid and adopted: one visit there, no second call', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    const report = await under({ kind: 'lose_answer', route: POST }, () => rig.process('booking', id));
    expect(report.outcome).toBe('waiting');
    expect(await intents(id)).toMatchObject([{ operation: 'create', state: 'unknown' }]);
    expect(await rig.linkOf(id)).toBeNull();
    await rig.process('booking', id);
    expect(await carrying(id, at)).toHaveLength(1);
    expect(await rig.linkOf(id)).toBe(String((await carrying(id, at))[0]?.id));
    expect(await intents(id)).toMatchObject([{ state: 'confirmed' }]);
  });

  it('that was dropped is looked up twice, 30 s apart, before the same body goes again', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    await under({ kind: 'drop_request', route: POST }, () => rig.process('booking', id));
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'waiting', writes: 0 });
    expect(await carrying(id, at)).toEqual([]);
    await age(id, 31);
    expect(await rig.process('booking', id)).toMatchObject({ writes: 1 });
    expect(await carrying(id, at)).toHaveLength(1);
  });

  it('that acts late is still one visit in the end (R16a)', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    await under({ kind: 'act_late', route: POST, ms: 60_000 }, () => rig.process('booking', id));
    await rig.process('booking', id);
    await age(id, 31);
    await rig.process('booking', id);
    expect(await carrying(id, at)).toHaveLength(1);
    // The first one acts now: the time is taken there, so nothing doubles; were it free, the unedited double is ended.
    await rig.engine.simulator.control('POST', '/clock', { advanceMs: 120_000 });
    await rig.sql(
      `INSERT INTO sync_outbox (business_id, entity, record_id, operation, transaction_id) VALUES ($1, 'booking', $2, 'observe', NULL)`,
      [rig.businessId, id],
    );
    await rig.process('booking', id);
    const live = (await carrying(id, at)).filter(({ status }) => status !== 'C');
    expect(live).toHaveLength(1);
  });

  it('is left by a full sync to the process, and never imported as a second visit (R15b)', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    await under({ kind: 'lose_answer', route: POST }, () => rig.process('booking', id));
    await rig.engine.fullSync(rig.businessId);
    const same = await rig.sql('SELECT id FROM bookings WHERE business_id = $1 AND starts_local = $2', [
      rig.businessId,
      at,
    ]);
    expect(same).toEqual([{ id }]);
    const marked = await rig.sql(`SELECT 1 FROM sync_outbox WHERE record_id = $1 AND operation = 'observe'`, [
      id,
    ]);
    expect(marked.length).toBeGreaterThan(0);
    await rig.process('booking', id);
    expect(await rig.linkOf(id)).not.toBeNull();
  }, 240_000);
});

describe('a change whose answer is lost (R14, R14a)', () => {
  it('is seen by the next read: confirmed, no second call', async () => {
    const id = await rig.book(rig.freeHour());
    await rig.process('booking', id);
    const link = (await rig.linkOf(id)) ?? '';
    await rig.sql(`UPDATE bookings SET client_note = 'drugie piętro' WHERE id = $1`, [id]);
    await under({ kind: 'lose_answer', route: PUT }, () => rig.process('booking', id));
    expect(await rig.there(link)).toMatchObject({ customer_note: 'drugie piętro' });
    expect(await rig.process('booking', id)).toMatchObject({ writes: 0 });
    expect((await intents(id)).at(-1)).toMatchObject({ operation: 'change', state: 'confirmed' });
  });

  it('that was dropped blocks other writes until H has passed, then goes again (R14a)', async () => {
    const id = await rig.book(rig.freeHour());
    await rig.process('booking', id);
    const link = (await rig.linkOf(id)) ?? '';
    await rig.sql(`UPDATE bookings SET client_note = 'parter' WHERE id = $1`, [id]);
    await under({ kind: 'drop_request', route: PUT }, () => rig.process('booking', id));
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'waiting', writes: 0 });
    await age(id, 151);
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await rig.there(link)).toMatchObject({ customer_note: 'parter' });
    // R14b: the first body is remembered for a day.
    expect((await intents(id)).filter(({ remembered_until: until }) => until !== null)).toHaveLength(1);
  });

  it('and a cancel passes it (R14a, R30)', async () => {
    const id = await rig.book(rig.freeHour());
    await rig.process('booking', id);
    const link = (await rig.linkOf(id)) ?? '';
    await rig.sql(`UPDATE bookings SET client_note = 'później' WHERE id = $1`, [id]);
    await under({ kind: 'drop_request', route: PUT }, () => rig.process('booking', id));
    await rig.sql(`UPDATE bookings SET status = 'cancelled' WHERE id = $1`, [id]);
    await rig.process('booking', id);
    expect(await rig.there(link)).toMatchObject({ status: 'C' });
  });

  it('a lost answer to a cancel is no second cancel', async () => {
    const id = await rig.book(rig.freeHour());
    await rig.process('booking', id);
    await rig.sql(`UPDATE bookings SET status = 'cancelled' WHERE id = $1`, [id]);
    await under({ kind: 'lose_answer', route: CANCEL }, () => rig.process('booking', id));
    await rig.process('booking', id);
    expect((await intents(id)).filter(({ operation }) => operation === 'status')).toMatchObject([
      { state: 'confirmed' },
    ]);
  });
});

describe('an answer that says no', () => {
  it('409: a conflict, one call, and the visit stays ours (20)', async () => {
    const at = rig.freeHour();
    await rig.engine.simulator.control('POST', '/visits', {
      salon: Number(rig.salon),
      customer_name: 'Ktoś Inny',
      subbookings: [
        {
          booked_from: at,
          staffer_id: Number(rig.staff.externalId),
          service_variant_id: Number(rig.variant.externalId),
        },
      ],
    });
    const id = await rig.book(at);
    const report = await rig.process('booking', id);
    expect(report).toMatchObject({ writes: 0, conflicts: 1 });
    expect(await conflicts(id)).toMatchObject([
      { kind: 'refused_by_booksy', detail: { code: 'time_taken', operation: 'create' } },
    ]);
    const calls = (await intents(id)).length;
    await rig.process('booking', id);
    expect((await intents(id)).length).toBe(calls);
  });

  it('422: a repeating visit is never changed, and never asked about twice (20, R17)', async () => {
    const at = rig.freeHour();
    const made = (await rig.engine.simulator.control('POST', '/visits', {
      salon: Number(rig.salon),
      customer_name: 'Stała Klientka',
      repeating: true,
      subbookings: [
        {
          booked_from: at,
          staffer_id: Number(rig.staff.externalId),
          service_variant_id: Number(rig.variant.externalId),
        },
      ],
    })) as { id: number };
    await rig.engine.fullSync(rig.businessId);
    const [row] = await rig.sql<{ id: string }>(
      'SELECT booking_id AS id FROM external_bookings WHERE business_id = $1 AND external_id = $2',
      [rig.businessId, String(made.id)],
    );
    const id = row?.id ?? '';
    await rig.sql(`UPDATE bookings SET client_note = 'inna' WHERE id = $1`, [id]);
    await rig.process('booking', id);
    expect(await conflicts(id)).toMatchObject([
      { kind: 'refused_by_booksy', detail: { code: 'not_modifiable' } },
    ]);
    const calls = (await intents(id)).length;
    await rig.process('booking', id);
    expect((await intents(id)).length).toBe(calls);
    // A status change still goes (R17).
    await rig.sql(`UPDATE bookings SET status = 'cancelled' WHERE id = $1`, [id]);
    await rig.process('booking', id);
    expect(await rig.there(made.id)).toMatchObject({ status: 'C' });
  }, 240_000);

  it('503 leaves the outcome open, and the next read settles it', async () => {
    const id = await rig.book(rig.freeHour());
    await rig.process('booking', id);
    await rig.sql(`UPDATE bookings SET client_note = 'awaria' WHERE id = $1`, [id]);
    await under({ kind: 'status', status: 503, acted: true, route: PUT }, () => rig.process('booking', id));
    expect((await intents(id)).at(-1)).toMatchObject({ state: 'unknown' });
    expect(await rig.process('booking', id)).toMatchObject({ writes: 0 });
    expect((await intents(id)).at(-1)).toMatchObject({ state: 'confirmed' });
  });

  it('401 for good: nothing was sent, the record fails with the code, and the write goes later', async () => {
    const at = rig.freeHour();
    const id = await rig.book(at);
    await under({ kind: 'status', status: 401, count: 2, route: POST }, () =>
      expect(rig.process('booking', id)).rejects.toMatchObject({ code: 'auth_revoked' }),
    );
    expect((await intents(id)).every(({ state }) => state === 'unsent')).toBe(true);
    await age(id, 6);
    await rig.process('booking', id);
    expect(await carrying(id, at)).toHaveLength(1);
  });
});
