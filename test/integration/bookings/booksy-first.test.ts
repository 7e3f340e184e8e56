/** A booking made here and Booksy, end to end (R20): confirmed there first, taken there meanwhile, or slow. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { startSoldSalon, type FreeTime, type SoldSalon } from './support/both.ts';
import { overlaps } from './support/salon.ts';

let salon: SoldSalon;
let engine: SoldSalon['engine'];

beforeAll(async () => {
  salon = await startSoldSalon();
  engine = salon.engine;
}, 240_000);
afterAll(() => engine.stop());

const answer = z.object({
  booking: z.object({ id: z.string(), status: z.string(), awaitsBooksy: z.boolean(), atBooksy: z.boolean() }),
});
const refusal = z.object({
  code: z.string(),
  nextFree: z.array(z.object({ startsLocal: z.string() })),
});

const book = ({ startsLocal, staffId }: FreeTime) =>
  engine.api.send('POST', '/api/bookings', {
    businessId: engine.businessId,
    items: [{ variantId: salon.variantId, staffId }],
    startsLocal,
    client: { givenName: 'Zofia', familyName: 'Zmyślona' },
  });

async function there(id: string) {
  const link = await engine.deps.db.externalBooking.findFirst({ where: { bookingId: id } });
  if (link === null) return null;
  return engine.simulator.control('GET', `/visits/${link.externalId}`);
}

describe('booksy_first', { timeout: 240_000 }, () => {
  it('is confirmed once Booksy has taken it, and nothing more goes there', async () => {
    const [slot] = await salon.free(8);
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
    expect((await salon.rowOf(booking.id)).status).toBe('confirmed');
    expect(await engine.deps.db.syncOutbox.count({ where: { businessId: engine.businessId } })).toBe(0);
  });

  it('is 409 here where it is 409 there, with other times, and its time is free again', async () => {
    const [slot] = await salon.free(10);
    await salon.makeThere(slot, { silent: true, customer_name: 'Jan Zmyślony' });
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
    const [slot] = await salon.free(12);
    engine.api.booksyWait.ms = 2_000;
    await engine.simulator.configure({ latencyMs: 2_500 });
    try {
      const { status, body } = await book(slot);
      expect([status, body]).toMatchObject([202, { booking: { status: 'pending', awaitsBooksy: true } }]);
      const { booking } = answer.parse(body);
      await eventually(async () => (await salon.rowOf(booking.id)).status === 'confirmed', {
        timeoutMs: 30_000,
      });
      expect((await salon.rowOf(booking.id)).awaitsBooksy).toBe(false);
    } finally {
      await engine.simulator.configure({ latencyMs: 0 });
    }
    expect(await overlaps(engine.deps.db, engine.businessId)).toBe(0);
  });
});
