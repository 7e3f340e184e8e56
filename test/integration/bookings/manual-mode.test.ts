/**
 * A salon that accepts visits by hand at Booksy (booking mode M), where Booksy lets what comes by API wait for it: a booking made
 * here stays pending until a read shows what the salon decided (R20, R23).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { startLiveEngine, type LiveEngine } from '../drain/support/engine.ts';
import { dateIn } from './support/salon.ts';
import { visitAnswer } from './support/visits.ts';

let engine: LiveEngine;
let variantId: string;
const PATIENCE = { timeoutMs: 30_000 };

beforeAll(async () => {
  engine = await startLiveEngine();
  engine.api.booksyWait.ms = 200_000;
  const { db } = engine.deps;
  const { businessId } = engine;
  const salon = await db.business.findUniqueOrThrow({ where: { id: businessId } });
  await engine.simulator.configure({ flags: { manualModeHoldsApi: true } });
  await engine.simulator.asSalon('PATCH', `/business/${salon.booksyBusinessId ?? ''}/`, {
    booking_mode: 'M',
  });
  const variants = await db.serviceVariant.findMany({
    where: { businessId, active: true, staff: { some: {} } },
    include: { service: true },
    orderBy: { id: 'asc' },
  });
  variantId =
    variants.find(({ service, durationMinutes }) => service.parallelClients === 1 && durationMinutes <= 60)
      ?.id ?? '';
}, 240_000);
afterAll(() => engine.stop());

const slots = z.object({ slots: z.array(z.object({ startsLocal: z.string() })) });

/** Books the first free time some days from now; it is not confirmed. */
async function bookWaiting(days: number) {
  const { businessId } = engine;
  const query = `businessId=${businessId}&items=${variantId}&from=${dateIn(days)}&to=${dateIn(days + 6)}`;
  const free = slots.parse((await engine.api.send('GET', `/api/availability?${query}`)).body).slots;
  const begun = performance.now();
  const { status, body } = await engine.api.send('POST', '/api/bookings', {
    businessId,
    items: [{ variantId }],
    startsLocal: free[0]?.startsLocal,
    client: { givenName: 'Zofia', familyName: 'Zmyślona' },
  });
  const { id } = visitAnswer.parse(body).booking;
  const link = await engine.deps.db.externalBooking.findFirst({ where: { bookingId: id } });
  return { status, body, id, there: link?.externalId ?? '', ms: performance.now() - begun };
}

const rowOf = (id: string) => engine.deps.db.booking.findUniqueOrThrow({ where: { id } });
const decide = (there: string, status: 'A' | 'D') =>
  engine.simulator.control('PATCH', `/visits/${there}`, { status });
const writesThere = async () =>
  Object.entries((await engine.simulator.counters()).calls.byRoute).filter(([route]) =>
    /^(POST|PUT|PATCH) .*appointment/.test(route),
  );

it('is pending here while it waits there, and the answer does not wait for a person', async () => {
  const visit = await bookWaiting(8);
  expect([visit.status, visit.body]).toMatchObject([
    202,
    { booking: { status: 'pending', awaitsBooksy: true, atBooksy: true } },
  ]);
  // The patience for Booksy is minutes here: it was not waited for.
  expect(visit.ms).toBeLessThan(100_000);
  expect(await engine.simulator.control('GET', `/visits/${visit.there}`)).toMatchObject({ status: 'W' });
  await engine.quiet();
  await engine.fullSync(engine.businessId);
  expect(await rowOf(visit.id)).toMatchObject({ status: 'pending', awaitsBooksy: true });
});

it('is confirmed once a read shows that the salon accepted it, and nothing is written there', async () => {
  const visit = await bookWaiting(10);
  await engine.quiet();
  await engine.simulator.clearCounters();
  await decide(visit.there, 'A');
  await eventually(async () => (await rowOf(visit.id)).status === 'confirmed', PATIENCE);
  expect(await rowOf(visit.id)).toMatchObject({ awaitsBooksy: false, statusReason: null });
  await engine.quiet();
  expect(await writesThere()).toEqual([]);
  expect(await engine.openConflicts()).toEqual([]);
  const shown = await engine.api.send('GET', `/api/bookings/${visit.id}`);
  expect(shown.body).toMatchObject({ booking: { status: 'confirmed', awaitsBooksy: false } });
});

it('is cancelled with the reason once a read shows that the salon declined it, and its time is free', async () => {
  const visit = await bookWaiting(12);
  await engine.quiet();
  await decide(visit.there, 'D');
  await eventually(async () => (await rowOf(visit.id)).status === 'cancelled', PATIENCE);
  expect(await rowOf(visit.id)).toMatchObject({ statusReason: 'declined', awaitsBooksy: false });
  expect(await engine.deps.db.occupancy.count({ where: { bookingId: visit.id } })).toBe(0);
  await engine.quiet();
  expect(await engine.openConflicts()).toEqual([]);
});

it('can be cancelled here while it waits there: it is ended there too', async () => {
  const visit = await bookWaiting(14);
  const cancelled = await engine.api.send('POST', `/api/bookings/${visit.id}/cancel`, {});
  expect(cancelled.body).toMatchObject({ booking: { status: 'cancelled', awaitsBooksy: false } });
  await eventually(async () => {
    const seen = z
      .looseObject({ status: z.string() })
      .parse(await engine.simulator.control('GET', `/visits/${visit.there}`));
    return ['C', 'D'].includes(seen.status);
  }, PATIENCE);
  await engine.quiet();
  expect(await engine.openConflicts()).toEqual([]);
  expect((await rowOf(visit.id)).status).toBe('cancelled');
});
