/**
 * Webhooks that are lost, late, doubled, out of order or forged, against the real intake with the engine behind it. Each fault is
 * counted by the simulator as really hit; in the end both sides are equal (B6, B7, B18; R4, R26).
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';
import { eventually } from '../../support/eventually.ts';
import type { TestFault } from '../../support/simulator.ts';
import { simVisitOf, visitsOf, type SimVisit } from '../drain/support/visits.ts';

const MINUTE_MS = 60_000;
let engine: TestEngine;
let businessId: string;
let visits: SimVisit[];
/** Hits are counted for the life of the simulator. */
let hitBefore: Readonly<Record<string, unknown>> = {};

beforeAll(async () => {
  engine = await startTestEngine({
    simulator: { visits: 120, clients: 30, staff: 3 },
    relay: true,
    api: true,
  });
  const [connected] = await engine.connect();
  businessId = connected?.businessId ?? '';
  await engine.fullSync(businessId);
  visits = [...(await visitsOf(engine, 'upcoming'))];
  expect(visits.length).toBeGreaterThan(8);
}, 240_000);
afterAll(() => engine.stop());
beforeEach(async () => {
  await engine.simulator.clearFaults();
  await engine.simulator.clearCounters();
  hitBefore = (await engine.simulator.counters()).faultHits;
});

const taken = (): SimVisit => {
  const visit = visits.pop();
  if (visit === undefined) throw new Error('The salon has too few visits to come for these tests.');
  return visit;
};
const note = (visit: SimVisit, text: string) =>
  engine.simulator.control('PATCH', `/visits/${String(visit.id)}`, { customer_note: text });
const noteHere = async (visit: SimVisit) => {
  const mirror = await engine.deps.db.externalBooking.findFirst({
    where: { businessId, externalId: String(visit.id) },
  });
  const row =
    mirror?.bookingId == null
      ? null
      : await engine.deps.db.booking.findUnique({ where: { id: mirror.bookingId } });
  return row?.clientNote ?? null;
};
const box = (visit: SimVisit) =>
  engine.deps.db.webhookLog.findMany({
    where: { businessId, externalId: String(visit.id) },
    orderBy: { id: 'asc' },
  });
const drained = (visit: SimVisit) =>
  eventually(async () => (await box(visit)).every(({ drainedAt }) => drainedAt !== null));
const hits = async (kind: TestFault['kind']) => {
  const { faultHits } = await engine.simulator.counters();
  return Number(faultHits[kind] ?? 0) - Number(hitBefore[kind] ?? 0);
};
const advance = (ms: number) => engine.simulator.control('POST', '/clock', { advanceMs: ms });
const outcomes = async (visit: SimVisit) => {
  const { log } = (await engine.simulator.control('GET', '/webhooks')) as {
    log: { appointment: number; outcome: string }[];
  };
  return log.filter(({ appointment }) => appointment === visit.id).map(({ outcome }) => outcome);
};

describe('a webhook', { timeout: 240_000 }, () => {
  it('that is lost brings nothing, and the next pass finds what it was about (R4)', async () => {
    const visit = taken();
    await engine.simulator.fault({ kind: 'webhook_drop' });
    await note(visit, 'Nikt tego nie powiedział');
    await eventually(async () => (await outcomes(visit)).includes('dropped'));
    expect(await hits('webhook_drop')).toBe(1);
    expect(await box(visit)).toEqual([]);
    expect(await noteHere(visit)).not.toBe('Nikt tego nie powiedział');
    await engine.fullSync(businessId);
    expect(await noteHere(visit)).toBe('Nikt tego nie powiedział');
  });

  it('that is an hour late still brings what stands there now, not what it says (B6)', async () => {
    const visit = taken();
    await engine.simulator.fault({ kind: 'webhook_delay', ms: 60 * MINUTE_MS });
    await note(visit, 'Pierwsza wersja');
    await engine.simulator.fault({ kind: 'webhook_drop' });
    await note(visit, 'Druga wersja');
    expect(await hits('webhook_delay')).toBe(1);
    expect(await hits('webhook_drop')).toBe(1);
    expect(await box(visit)).toEqual([]);
    await advance(60 * MINUTE_MS);
    await eventually(async () => (await noteHere(visit)) === 'Druga wersja');
    await drained(visit);
    expect(await outcomes(visit)).toEqual(['dropped', '200']);
  });

  it('that comes three times is stored once and read once (R4)', async () => {
    const visit = taken();
    await engine.simulator.fault({ kind: 'webhook_double', rows: 2 });
    await note(visit, 'Trzy razy to samo');
    await eventually(async () => (await noteHere(visit)) === 'Trzy razy to samo');
    await eventually(async () => (await outcomes(visit)).length === 3);
    await drained(visit);
    expect(await hits('webhook_double')).toBe(1);
    expect(await outcomes(visit)).toEqual(['200', '200', '200']);
    expect(await box(visit)).toMatchObject([{ copies: 1 }]);
    const { calls } = await engine.simulator.counters();
    expect(calls.byRoute).toEqual({ 'GET /business/{business_id}/appointment/{appointment_id}/': 1 });
  });

  it('that comes after the next one resurrects nothing (B6)', async () => {
    const visit = taken();
    await engine.simulator.fault({ kind: 'webhook_reorder', ms: 10 * MINUTE_MS });
    await note(visit, 'Stara');
    await note(visit, 'Nowa');
    await eventually(async () => (await box(visit)).length === 2);
    await eventually(async () => (await noteHere(visit)) === 'Nowa');
    await drained(visit);
    expect(await hits('webhook_reorder')).toBe(1);
    expect(await noteHere(visit)).toBe('Nowa');
  });

  it('that is forged is refused at each of its tries, and brings nothing', async () => {
    const visit = taken();
    await engine.simulator.fault({ kind: 'webhook_bad_signature' });
    await note(visit, 'Podrobione');
    await eventually(async () => (await outcomes(visit)).length === 1);
    for (const minutes of [5, 10, 20, 40]) await advance(minutes * MINUTE_MS);
    expect(await hits('webhook_bad_signature')).toBe(1);
    expect(await outcomes(visit)).toEqual(['401', '401', '401', '401', '401']);
    expect(await box(visit)).toEqual([]);
    expect(await noteHere(visit)).not.toBe('Podrobione');
  });

  it('that met a closed door comes again after 5 minutes and is taken then (B18)', async () => {
    const visit = taken();
    await engine.database.pool.query('ALTER TABLE webhook_logs RENAME TO webhook_logs_away');
    try {
      await note(visit, 'Za pięć minut');
      await eventually(async () => (await outcomes(visit)).length === 1);
    } finally {
      await engine.database.pool.query('ALTER TABLE webhook_logs_away RENAME TO webhook_logs');
    }
    await advance(5 * MINUTE_MS);
    await eventually(async () => (await noteHere(visit)) === 'Za pięć minut');
    expect(await outcomes(visit)).toEqual(['500', '200']);
  });

  it('that was used is sent through again by a person, and brings what its first read missed', async () => {
    const visit = taken();
    await note(visit, 'Zanim');
    await eventually(async () => (await noteHere(visit)) === 'Zanim');
    await drained(visit);
    await engine.simulator.fault({ kind: 'webhook_drop' });
    await note(visit, 'Potem');
    const [row] = await box(visit);
    const answer = await engine.api.send('POST', `/api/admin/booksy/webhooks/${String(row!.id)}/replay`);
    expect(answer).toMatchObject({ status: 200, body: { replayed: 1 } });
    await eventually(async () => (await noteHere(visit)) === 'Potem');
    await drained(visit);
    expect(await simVisitOf(engine, visit.id)).toMatchObject({ customer_note: 'Potem' });
  });
});
