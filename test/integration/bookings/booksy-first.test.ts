/** A booking made here and Booksy, end to end (R20): confirmed there first, taken there meanwhile, or slow. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { startLiveEngine, type LiveEngine } from '../drain/support/engine.ts';
import { dateIn, overlaps } from './support/salon.ts';

let engine: LiveEngine;
let variantId: string;
/** In Booksy's words. */
let variantThere: string;

beforeAll(async () => {
  engine = await startLiveEngine();
  const variants = await engine.deps.db.serviceVariant.findMany({
    where: { businessId: engine.businessId, active: true, staff: { some: {} } },
    include: { service: true },
    orderBy: { id: 'asc' },
  });
  const plain = variants.find(
    ({ service, durationMinutes }) => service.parallelClients === 1 && durationMinutes <= 60,
  );
  variantId = plain?.id ?? '';
  const link = await engine.deps.db.externalService.findFirstOrThrow({
    where: { businessId: engine.businessId, entity: 'variant', recordId: variantId },
  });
  variantThere = link.externalId;
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
const answer = z.object({
  booking: z.object({ id: z.string(), status: z.string(), awaitsBooksy: z.boolean(), atBooksy: z.boolean() }),
});
const refusal = z.object({
  code: z.string(),
  nextFree: z.array(z.object({ startsLocal: z.string() })),
});

async function free(days: number) {
  const { body, status } = await engine.api.send(
    'GET',
    `/api/availability?businessId=${engine.businessId}&items=${variantId}&from=${dateIn(days)}&to=${dateIn(days + 6)}`,
  );
  expect(status).toBe(200);
  const [slot] = slots.parse(body).slots;
  if (slot === undefined) throw new Error('The salon has no free time.');
  return { ...slot, staffId: slot.items[0]?.staffId ?? '' };
}

const book = ({ startsLocal, staffId }: { startsLocal: string; staffId: string }) =>
  engine.api.send('POST', '/api/bookings', {
    businessId: engine.businessId,
    items: [{ variantId, staffId }],
    startsLocal,
    client: { givenName: 'Zofia', familyName: 'Zmyślona' },
  });

const rowOf = (id: string) => engine.deps.db.booking.findUniqueOrThrow({ where: { id } });

async function there(id: string) {
  const link = await engine.deps.db.externalBooking.findFirst({ where: { bookingId: id } });
  if (link === null) return null;
  return engine.simulator.control('GET', `/visits/${link.externalId}`);
}

describe('booksy_first', { timeout: 60_000 }, () => {
  it('is confirmed once Booksy has taken it, and nothing more goes there', async () => {
    const slot = await free(8);
    await engine.simulator.clearCounters();
    const { status, body } = await book(slot);
    expect([status, body]).toMatchObject([
      201,
      { booking: { status: 'confirmed', awaitsBooksy: false, atBooksy: true } },
    ]);
    const { booking } = answer.parse(body);
    expect(await there(booking.id)).not.toBeNull();
    await engine.quiet();
    const { calls } = await engine.simulator.counters();
    expect(
      Object.entries(calls.byRoute).filter(([route]) => /^(POST|PUT|PATCH|DELETE) .*appointment/.test(route)),
    ).toHaveLength(1);
    expect(await engine.openConflicts()).toEqual([]);
    expect((await rowOf(booking.id)).status).toBe('confirmed');
    expect(await engine.deps.db.syncOutbox.count({ where: { businessId: engine.businessId } })).toBe(0);
  });

  it('is 409 here where it is 409 there, with other times, and its time is free again', async () => {
    const slot = await free(10);
    const staff = await engine.deps.db.externalStaff.findFirstOrThrow({ where: { staffId: slot.staffId } });
    const salon = await engine.deps.db.business.findUniqueOrThrow({ where: { id: engine.businessId } });
    await engine.simulator.control('POST', '/visits', {
      salon: Number(salon.booksyBusinessId),
      silent: true,
      customer_name: 'Jan Zmyślony',
      subbookings: [
        {
          booked_from: slot.startsLocal,
          booked_till: slot.endsLocal,
          staffer_id: Number(staff.externalId),
          service_variant_id: Number(variantThere),
        },
      ],
    });
    const { status, body } = await book(slot);
    expect([status, body]).toMatchObject([409, { code: 'taken_at_booksy' }]);
    const times = refusal.parse(body).nextFree;
    expect(times.length).toBeGreaterThanOrEqual(3);
    expect(times.map(({ startsLocal }) => startsLocal)).not.toContain(slot.startsLocal);
    const [row] = await engine.deps.db.booking.findMany({ where: { statusReason: 'taken_at_booksy' } });
    expect(row).toMatchObject({ status: 'cancelled', awaitsBooksy: false });
    await engine.quiet();
    expect(await engine.openConflicts()).toEqual([]);
  });

  it('is 202 and pending where Booksy is slow, and confirmed afterwards', async () => {
    const slot = await free(12);
    engine.api.booksyWait.ms = 2_000;
    await engine.simulator.configure({ latencyMs: 2_500 });
    try {
      const { status, body } = await book(slot);
      expect([status, body]).toMatchObject([202, { booking: { status: 'pending', awaitsBooksy: true } }]);
      const { booking } = answer.parse(body);
      await eventually(async () => (await rowOf(booking.id)).status === 'confirmed', { timeoutMs: 30_000 });
      expect((await rowOf(booking.id)).awaitsBooksy).toBe(false);
    } finally {
      await engine.simulator.configure({ latencyMs: 0 });
    }
    expect(await overlaps(engine.deps.db, engine.businessId)).toBe(0);
  });
});
