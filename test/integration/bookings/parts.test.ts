/** Visits that Booksy lets nobody change by API: of several parts, or of a series (R17). End to end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { startLiveEngine, type LiveEngine } from '../drain/support/engine.ts';
import { dateIn } from './support/salon.ts';
import { visitAnswer } from './support/visits.ts';

let engine: LiveEngine;
let variantId: string;
const PATIENCE = { timeoutMs: 30_000 };
const refusedHere = { status: 409, body: { code: 'change_at_booksy' } };

beforeAll(async () => {
  engine = await startLiveEngine();
  const variants = await engine.deps.db.serviceVariant.findMany({
    where: { businessId: engine.businessId, active: true, staff: { some: {} } },
    include: { service: true },
    orderBy: { id: 'asc' },
  });
  variantId =
    variants.find(({ service, durationMinutes }) => service.parallelClients === 1 && durationMinutes <= 60)
      ?.id ?? '';
}, 120_000);
afterAll(() => engine.stop());

const slots = z.object({
  slots: z.array(
    z.object({
      startsLocal: z.string(),
      endsLocal: z.string(),
      items: z.array(z.object({ staffId: z.string() })),
    }),
  ),
});

/** Free times of a visit of so many parts, one after another. */
async function free(days: number, parts: number) {
  const items = Array.from({ length: parts }, () => variantId).join(',');
  const query = `businessId=${engine.businessId}&items=${items}&from=${dateIn(days)}&to=${dateIn(days + 13)}`;
  const found = slots.parse((await engine.api.send('GET', `/api/availability?${query}`)).body).slots;
  const [first] = found;
  const later = found.filter(({ startsLocal }) => startsLocal >= (first?.endsLocal ?? ''))[0];
  if (first === undefined || later === undefined) throw new Error('The salon has no free time.');
  return [first, later] as const;
}

async function book(startsLocal: string, parts: number) {
  const { status, body } = await engine.api.send('POST', '/api/bookings', {
    businessId: engine.businessId,
    items: Array.from({ length: parts }, () => ({ variantId })),
    startsLocal,
  });
  expect([201, 202], JSON.stringify(body)).toContain(status);
  return visitAnswer.parse(body).booking;
}

const patch = (id: string, body: unknown) => engine.api.send('PATCH', `/api/bookings/${id}`, body);
const rowOf = (id: string) => engine.deps.db.booking.findUniqueOrThrow({ where: { id } });
const callsThere = async (method: string) =>
  Object.entries((await engine.simulator.counters()).calls.byRoute)
    .filter(([route]) => route.startsWith(`${method} `) && route.includes('appointment'))
    .reduce((sum, [, n]) => sum + n, 0);

describe('a visit of several parts', { timeout: 60_000 }, () => {
  it('that is at Booksy is refused up front, note and time alike; nothing is sent; its end goes there', async () => {
    const [at, later] = await free(8, 2);
    const visit = await book(at.startsLocal, 2);
    await eventually(async () => (await rowOf(visit.id)).status === 'confirmed', PATIENCE);
    await engine.quiet();
    const before = await rowOf(visit.id);
    await engine.simulator.clearCounters();
    for (const change of [{ note: 'Inna' }, { startsLocal: later.startsLocal }, { staffId: null }])
      expect(await patch(visit.id, change)).toMatchObject(refusedHere);
    expect(await rowOf(visit.id)).toEqual(before);
    await engine.quiet();
    expect(await callsThere('PUT')).toBe(0);
    expect(await engine.openConflicts()).toEqual([]);
    const cancelled = await engine.api.send('POST', `/api/bookings/${visit.id}/cancel`, {});
    expect(cancelled).toMatchObject({ status: 200, body: { booking: { status: 'cancelled' } } });
    const link = await engine.deps.db.externalBooking.findFirstOrThrow({ where: { bookingId: visit.id } });
    await eventually(async () => {
      const seen = await engine.simulator.control('GET', `/visits/${link.externalId}`);
      return z.looseObject({ status: z.string() }).parse(seen).status === 'C';
    }, PATIENCE);
    await engine.quiet();
    expect(await engine.openConflicts()).toEqual([]);
  });

  it('that is not there yet is moved here, and made there as it is then', async () => {
    await engine.deps.db.business.update({
      where: { id: engine.businessId },
      data: { pausedAt: new Date(), stalePolicy: 'sell' },
    });
    const [at, later] = await free(10, 2);
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
    const [at, later] = await free(12, 2);
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

describe('a visit of a series', { timeout: 60_000 }, () => {
  it('is refused up front once Booksy has said so, and never sent again; its end goes there', async () => {
    const [at, later] = await free(16, 1);
    const staff = await engine.deps.db.externalStaff.findFirstOrThrow({
      where: { staffId: at.items[0]?.staffId ?? '' },
    });
    const business = await engine.deps.db.business.findUniqueOrThrow({ where: { id: engine.businessId } });
    const made = z.looseObject({ id: z.number() }).parse(
      await engine.simulator.control('POST', '/visits', {
        salon: Number(business.booksyBusinessId),
        repeating: true,
        customer_name: 'Stała Zmyślona',
        subbookings: [
          { booked_from: at.startsLocal, booked_till: at.endsLocal, staffer_id: Number(staff.externalId) },
        ],
      }),
    );
    const visit = await eventually(() => engine.bookingOf(made.id), PATIENCE);
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
    await eventually(async () => {
      const seen = await engine.simulator.control('GET', `/visits/${made.id}`);
      return z.looseObject({ status: z.string() }).parse(seen).status === 'C';
    }, PATIENCE);
  });
});
