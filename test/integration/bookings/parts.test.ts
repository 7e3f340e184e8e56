/** Visits that Booksy lets nobody change by API: of several parts, or of a series (R17). End to end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startSoldSalon, statusThere, type SoldSalon } from './support/both.ts';
import { visitAnswer } from './support/visits.ts';

let salon: SoldSalon;
let engine: SoldSalon['engine'];
const PATIENCE = { timeoutMs: 30_000 };
const refusedHere = { status: 409, body: { code: 'change_at_booksy' } };

beforeAll(async () => {
  salon = await startSoldSalon();
  engine = salon.engine;
}, 240_000);
afterAll(() => engine.stop());

async function book(startsLocal: string, parts: number) {
  const { status, body } = await engine.api.send('POST', '/api/bookings', {
    businessId: engine.businessId,
    items: Array.from({ length: parts }, () => ({ variantId: salon.variantId })),
    startsLocal,
  });
  expect([201, 202], JSON.stringify(body)).toContain(status);
  return visitAnswer.parse(body).booking;
}

const patch = (id: string, body: unknown) => engine.api.send('PATCH', `/api/bookings/${id}`, body);
const callsThere = async (method: string) =>
  Object.entries((await engine.simulator.counters()).calls.byRoute)
    .filter(([route]) => route.startsWith(`${method} `) && route.includes('appointment'))
    .reduce((sum, [, n]) => sum + n, 0);

describe('a visit of several parts', { timeout: 240_000 }, () => {
  it('that is at Booksy is refused up front, note and time alike; nothing is sent; its end goes there', async () => {
    const [at, later] = await salon.free(8, 2);
    const visit = await book(at.startsLocal, 2);
    await eventually(async () => (await salon.rowOf(visit.id)).status === 'confirmed', PATIENCE);
    await engine.quiet();
    const before = await salon.rowOf(visit.id);
    await engine.simulator.clearCounters();
    for (const change of [{ note: 'Inna' }, { startsLocal: later.startsLocal }, { staffId: null }])
      expect(await patch(visit.id, change)).toMatchObject(refusedHere);
    expect(await salon.rowOf(visit.id)).toEqual(before);
    await engine.quiet();
    expect(await callsThere('PUT')).toBe(0);
    expect(await engine.openConflicts()).toEqual([]);
    const cancelled = await engine.api.send('POST', `/api/bookings/${visit.id}/cancel`, {});
    expect(cancelled).toMatchObject({ status: 200, body: { booking: { status: 'cancelled' } } });
    const link = await engine.deps.db.externalBooking.findFirstOrThrow({ where: { bookingId: visit.id } });
    await statusThere(engine, link.externalId, 'C');
    await engine.quiet();
    expect(await engine.openConflicts()).toEqual([]);
  });

  it('that is not there yet is moved here, and made there as it is then', async () => {
    await engine.deps.db.business.update({
      where: { id: engine.businessId },
      data: { pausedAt: new Date(), stalePolicy: 'sell' },
    });
    const [at, later] = await salon.free(10, 2);
    const visit = await book(at.startsLocal, 2);
    expect(await patch(visit.id, { startsLocal: later.startsLocal, note: 'Przesunięta' })).toMatchObject({
      status: 200,
      body: { changed: true, booking: { startsLocal: later.startsLocal } },
    });
    await engine.deps.db.business.update({
      where: { id: engine.businessId },
      data: { pausedAt: null, stalePolicy: 'pending_only' },
    });
    await engine.launcher.wakeBusinessSync(engine.businessId);
    const link = await eventually(
      () => engine.deps.db.externalBooking.findFirst({ where: { bookingId: visit.id } }),
      PATIENCE,
    );
    expect(await engine.simulator.control('GET', `/visits/${link.externalId}`)).toMatchObject({
      booked_from: later.startsLocal,
      customer_note: 'Przesunięta',
    });
    await engine.quiet();
    expect(await engine.openConflicts()).toEqual([]);
  });

  it('whose create is on its way is refused: it may be there already', async () => {
    const [at, later] = await salon.free(12, 2);
    engine.api.booksyWait.ms = 0;
    await engine.simulator.fault({ kind: 'lose_answer', route: 'POST */appointment/' });
    const visit = await book(at.startsLocal, 2);
    await eventually(
      () => engine.deps.db.syncIntent.findFirst({ where: { recordId: visit.id, state: 'unknown' } }),
      PATIENCE,
    );
    expect(await patch(visit.id, { startsLocal: later.startsLocal })).toMatchObject(refusedHere);
    expect((await engine.api.send('POST', `/api/bookings/${visit.id}/cancel`, {})).status).toBe(200);
    engine.api.booksyWait.ms = 30_000;
  });
});

describe('a visit of a series', { timeout: 240_000 }, () => {
  it('is refused up front once Booksy has said so, and never sent again; its end goes there', async () => {
    const [at, later] = await salon.free(16, 1);
    const made = await salon.makeThere(at, { repeating: true, customer_name: 'Stała Zmyślona' });
    const visit = await eventually(() => engine.bookingOf(made), PATIENCE);
    await engine.quiet();
    // Booksy tells of a series by its refusal only: the first change is taken here, and becomes a card.
    expect((await patch(visit.id, { note: 'Pierwsza' })).status).toBe(200);
    await eventually(async () => (await engine.openConflicts()).length === 1, PATIENCE);
    await engine.quiet();
    await engine.simulator.clearCounters();
    for (const change of [{ note: 'Druga' }, { startsLocal: later.startsLocal }])
      expect(await patch(visit.id, change)).toMatchObject(refusedHere);
    expect(await callsThere('PUT')).toBe(0);
    expect((await engine.api.send('POST', `/api/bookings/${visit.id}/cancel`, {})).status).toBe(200);
    await statusThere(engine, made, 'C');
  });
});
