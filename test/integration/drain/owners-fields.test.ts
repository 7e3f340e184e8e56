/** What real owners report (BOOKSY.md) of single fields, by webhook: through HTTP, box, relay and Temporal; both sides looked at. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { startLiveEngine, type LiveEngine } from './support/engine.ts';
import { freeHoursOf, type FreeHours } from './support/free-hours.ts';

let engine: LiveEngine;
let free: FreeHours;

beforeAll(async () => {
  engine = await startLiveEngine({ visits: 60, clients: 15 });
  free = await freeHoursOf(engine, engine.businessId);
}, 240_000);
afterAll(() => engine.stop());

const sql = (text: string, values: unknown[] = []) => engine.database.pool.query(text, values);
const wire = z.looseObject({
  id: z.number(),
  booked_from: z.string(),
  customer_note: z.string().nullish(),
  traveling: z.looseObject({ city: z.string().nullish() }).nullish(),
});
const there = async (id: number) =>
  wire.parse(await engine.simulator.control('GET', `/visits/${String(id)}`));
const edit = (id: number, change: object) =>
  engine.simulator.control('PATCH', `/visits/${String(id)}`, { allowOverlap: true, ...change });
async function made(more: object = {}): Promise<z.output<typeof wire>> {
  const at = free.next();
  const visit = wire.parse(
    await engine.simulator.control('POST', '/visits', {
      customer_name: 'Ala Próbna',
      subbookings: [
        { booked_from: at, booked_till: at.replace('T05', 'T06'), staffer_id: free.people[0].externalId },
      ],
      ...more,
    }),
  );
  await eventually(async () => (await engine.bookingOf(visit.id)) !== null);
  return visit;
}
const disputes = async (bookingId: string) =>
  (await engine.openConflicts()).filter(({ recordId }) => recordId === bookingId);
const localStart = (local: Date) => local.toISOString().slice(0, 16);

describe('by webhook', { timeout: 240_000 }, () => {
  it('B10 a manual edit survives the next remote change of another field', async () => {
    const visit = await made({ customer_note: 'pierwsza' });
    const { id: bookingId } = (await engine.bookingOf(visit.id))!;
    await sql(`UPDATE bookings SET client_note = 'ręcznie' WHERE id = $1`, [bookingId]);
    await eventually(async () => (await there(visit.id)).customer_note === 'ręcznie', { timeoutMs: 20_000 });
    await edit(visit.id, { moveMinutes: 30 });
    const moved = (await there(visit.id)).booked_from;
    await eventually(
      async () => localStart((await engine.bookingOf(visit.id))!.items[0]!.startsLocal) === moved,
      { timeoutMs: 20_000 },
    );
    await engine.quiet();
    expect((await engine.bookingOf(visit.id))?.clientNote).toBe('ręcznie');
    expect(await there(visit.id)).toMatchObject({ customer_note: 'ręcznie', booked_from: moved });
    expect(await disputes(bookingId)).toEqual([]);
  });

  it('B10 also where both happen before either was told: each side gets the other’s field', async () => {
    const visit = await made({ customer_note: 'pierwsza' });
    const { id: bookingId } = (await engine.bookingOf(visit.id))!;
    await engine.quiet();
    await sql('UPDATE businesses SET paused_at = now() WHERE id = $1', [engine.businessId]);
    await sql(`UPDATE bookings SET client_note = 'ręcznie' WHERE id = $1`, [bookingId]);
    await edit(visit.id, { moveMinutes: 30 });
    await eventually(
      async () =>
        (await engine.deps.db.webhookLog.count({
          where: { externalId: String(visit.id), drainedAt: null },
        })) > 0,
    );
    await sql('UPDATE businesses SET paused_at = NULL WHERE id = $1', [engine.businessId]);
    await eventually(async () => (await there(visit.id)).customer_note === 'ręcznie', { timeoutMs: 20_000 });
    await engine.quiet();
    const { booked_from: from } = await there(visit.id);
    expect(from).toBe(visit.booked_from.replace(':00', ':30'));
    const here = (await engine.bookingOf(visit.id))!;
    expect(here.clientNote).toBe('ręcznie');
    expect(localStart(here.items[0]!.startsLocal)).toBe(from);
    expect(await disputes(bookingId)).toEqual([]);
  });

  it('B21 the salon’s own address on a visit is not travel; a journey is, and neither is lost by a write of ours', async () => {
    const address = {
      address_line_1: 'ul. Salonowa 1',
      address_line_2: null,
      apartment_number: null,
      city: 'Warszawa',
      zipcode: '00-001',
      latitude: 52.2297,
      longitude: 21.0122,
    };
    const own = await made({ traveling: { price: null, ...address } });
    const journey = await made({ traveling: { price: '40.00', ...address, address_line_1: 'ul. Domowa 5' } });
    const gratis = await made({ traveling: { price: 0, ...address, address_line_1: 'ul. Darmowa 6' } });
    const travels = async (id: number) => (await engine.bookingOf(id))?.traveling ?? null;
    expect(await travels(own.id)).toBeNull();
    expect(await travels(journey.id)).toMatchObject({ addressLine1: 'ul. Domowa 5', priceMinor: 4_000 });
    expect(await travels(gratis.id)).toMatchObject({ addressLine1: 'ul. Darmowa 6', priceMinor: 0 });
    for (const { id } of [own, journey]) {
      const before = (await there(id)).traveling;
      const { id: bookingId } = (await engine.bookingOf(id))!;
      await sql(`UPDATE bookings SET client_note = 'z adresem' WHERE id = $1`, [bookingId]);
      await eventually(async () => (await there(id)).customer_note === 'z adresem', { timeoutMs: 20_000 });
      expect((await there(id)).traveling).toEqual(before);
      expect(await disputes(bookingId)).toEqual([]);
    }
    await engine.quiet();
    expect(await travels(own.id)).toBeNull();
  });
});
