import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { explainTime, paddingOf, type SalonDescription } from '../../../domain/availability/index.ts';
import { resolveLocal } from '../../../domain/local-time.ts';
import { wednesday } from '../outbound/support/days.ts';
import { cardsHere, visitsHere } from '../faults/support/here.ts';
import type { Salon } from '../faults/support/salons.ts';
import { startSweeping, type Sweeping } from './support/sweeping.ts';

/**
 * What owners report (BOOKSY.md) of what has no webhooks: clients, staff, services and prices. By sweeps: real workflow, HTTP,
 * both sides looked at.
 */

let sweeping: Sweeping;
let salon: Salon;

beforeAll(async () => {
  sweeping = await startSweeping({ simulator: { salons: 1, visits: 60, clients: 20, staff: 3 } });
  salon = await sweeping.imported();
});

afterAll(() => sweeping.engine.stop());

const db = () => sweeping.engine.deps.db;
const made = z.looseObject({ id: z.number() });
const asSalon = (method: string, path: string, body?: unknown) =>
  sweeping.simulator.asSalon(method, `/business/${String(salon.id)}/${path}`, body);
const make = async (path: string, body: unknown) => String(made.parse(await asSalon('POST', path, body)).id);
const deeds = z.looseObject({
  writes: z.object({ api: z.record(z.string(), z.record(z.string(), z.number())) }),
});
/** Writes of ours that the sandbox has counted. */
async function writesThere(): Promise<number> {
  const { writes } = deeds.parse(await sweeping.simulator.control('GET', '/counters'));
  return Object.values(writes.api)
    .flatMap((by) => Object.values(by))
    .reduce((sum, n) => sum + n, 0);
}

describe('by sweep', { timeout: 240_000 }, () => {
  it('B14 a phone of a household and an info@ address merge no two clients', async () => {
    const people = [
      { first_name: 'Hanna', last_name: 'Domowa', cell_phone: '+48500100901', email: 'hanna@dom.example' },
      { first_name: 'Jan', last_name: 'Domowy', cell_phone: '+48500100901', email: 'jan@dom.example' },
      { first_name: 'Ewa', last_name: 'Firmowa', cell_phone: '+48500100902', email: 'info@firma.example' },
      { first_name: 'Adam', last_name: 'Biurowy', cell_phone: '+48500100903', email: 'info@firma.example' },
      // A mother books for her daughter: everything but the given name is shared.
      {
        first_name: 'Maria',
        last_name: 'Rodzinna',
        cell_phone: '+48500100904',
        email: 'rodzina@dom.example',
      },
      {
        first_name: 'Zosia',
        last_name: 'Rodzinna',
        cell_phone: '+48500100904',
        email: 'rodzina@dom.example',
      },
    ];
    const cards: string[] = [];
    for (const person of people) cards.push(await make('customer/', person));
    await sweeping.sweepOf(salon, 'clients');
    const here = await db().externalClient.findMany({
      where: { businessId: salon.businessId, externalId: { in: cards } },
      orderBy: { externalId: 'asc' },
    });
    const profiles = here.map(({ profileId }) => profileId);
    expect(profiles).toHaveLength(people.length);
    expect(profiles).not.toContain(null);
    expect(new Set(profiles).size).toBe(people.length);
    const names = await db().profile.findMany({ where: { id: { in: profiles.map((id) => id!) } } });
    expect(names.map(({ givenName, familyName }) => `${givenName ?? ''} ${familyName ?? ''}`).sort()).toEqual(
      people.map((person) => `${person.first_name} ${person.last_name}`).sort(),
    );
    // Nor does the next sweep, and nothing was merged or changed there.
    await sweeping.sweepOf(salon, 'clients');
    expect((await cardsHere(db(), salon)).size).toBe((await clientsThere()).length);
    expect(await writesThere()).toBe(0);
  });

  async function clientsThere(): Promise<readonly unknown[]> {
    return z
      .object({ results: z.array(z.unknown()) })
      .parse(await asSalon('GET', 'customer/?limit=100&offset=0')).results;
  }

  it('B17 a receptionist is known here, and nobody can book one', async () => {
    const desk = await make('resource/', {
      name: 'Rena Recepcyjna',
      type: 'S',
      active: true,
      visible: true,
      access_level: 'reception',
      position: 50,
    });
    const hand = await make('resource/', {
      name: 'Sonia Stylistka',
      type: 'S',
      active: true,
      visible: true,
      access_level: 'staff',
      position: 51,
    });
    await sweeping.sweepOf(salon, 'catalog');
    const bookable = async (externalId: string) => {
      const { staffId } = await db().externalStaff.findFirstOrThrow({
        where: { businessId: salon.businessId, externalId },
      });
      return (await db().staff.findUniqueOrThrow({ where: { id: staffId! } })).bookable;
    };
    expect(await bookable(desk)).toBe(false);
    expect(await bookable(hand)).toBe(true);
    // Whoever is moved to the desk, or from it, is so here after the next sweep.
    await asSalon('PATCH', `resource/${hand}/`, { access_level: 'reception' });
    await asSalon('PATCH', `resource/${desk}/`, { access_level: 'staff' });
    await sweeping.sweepOf(salon, 'catalog');
    expect(await bookable(desk)).toBe(true);
    expect(await bookable(hand)).toBe(false);
    // All that the sandbox made itself, too.
    const wire = z.array(
      z.looseObject({ id: z.number(), type: z.string(), access_level: z.string().nullable() }),
    );
    const listed = wire.parse(await asSalon('GET', 'resource/'));
    const receptionists = listed.filter((one) => one.type === 'S' && one.access_level === 'reception');
    expect(receptionists.length).toBeGreaterThan(1);
    for (const { id } of receptionists) expect(await bookable(String(id)), String(id)).toBe(false);
  });

  it('B22 padding before and after adds up with the neighbour’s, in offers only (R22)', async () => {
    const { before, after, staff } = await paddedServices();
    await sweeping.sweepOf(salon, 'catalog');
    const service = async (externalId: string) => {
      const row = await db().externalService.findFirstOrThrow({
        where: { businessId: salon.businessId, entity: 'service', externalId },
      });
      return db().service.findUniqueOrThrow({ where: { id: row.recordId! } });
    };
    const [first, second] = [await service(after), await service(before)];
    expect([first, second].map(({ paddingKind, paddingMinutes }) => [paddingKind, paddingMinutes])).toEqual([
      ['after', 15],
      ['before', 10],
    ]);

    // Made at Booksy without any time between them: taken as they are, and disputed by nobody.
    const day = wednesday(3);
    const ids: string[] = [];
    for (const [from, till, variant] of [
      ['04:00', '05:00', first],
      ['05:00', '06:00', second],
    ] as const)
      ids.push(await visitOf(`${day}T${from}`, `${day}T${till}`, staff, await variantThere(variant.id)));
    await sweeping.sweepOf(salon, 'near', 'ahead');
    const here = await visitsHere(db(), salon);
    const bookings = ids.map((id) => here.get(id)!.bookingId);
    const held = await db().$queryRaw<{ minutes: number }[]>`
      SELECT (extract(epoch FROM upper(during) - lower(during)) / 60)::int AS minutes FROM occupancy
       WHERE booking_id = ANY(${bookings}::uuid[])`;
    expect(held.map(({ minutes }) => minutes)).toEqual([60, 60]);
    expect(await db().booksySyncConflict.count({ where: { recordId: { in: bookings } } })).toBe(0);

    // What is offered after the first keeps its 15 minutes and the 10 of its own.
    const description = await described(day, bookings[0]!, second);
    const wanted = { items: [{ variantId: 'wanted', staffId: 'staff' }] };
    expect(explainTime(description, wanted, `${day}T05:24`)).toMatchObject({ free: false, code: 'padding' });
    expect(explainTime(description, wanted, `${day}T05:25`)).toMatchObject({ free: true });
  });

  async function paddedServices(): Promise<{ before: string; after: string; staff: string }> {
    const { id: staffId } = await db().staff.findFirstOrThrow({
      where: { businessId: salon.businessId, bookable: true, active: true },
      orderBy: { id: 'asc' },
    });
    const { externalId: staff } = await db().externalStaff.findFirstOrThrow({ where: { staffId } });
    const padded = async (name: string, kind: 'A' | 'B', minutes: number) => {
      const service = await make('service/', {
        name,
        price_type: 'X',
        padding_time_type: kind,
        padding_time: minutes,
      });
      await make(`service/${service}/variant/`, {
        type: 'X',
        duration: 60,
        price: '100.00',
        staffers: [Number(staff)],
      });
      return service;
    };
    return {
      after: await padded('Z przerwą po', 'A', 15),
      before: await padded('Z przerwą przed', 'B', 10),
      staff,
    };
  }

  async function variantThere(serviceId: string): Promise<number> {
    const { id } = await db().serviceVariant.findFirstOrThrow({ where: { serviceId } });
    const { externalId } = await db().externalService.findFirstOrThrow({
      where: { entity: 'variant', recordId: id },
    });
    return Number(externalId);
  }

  async function visitOf(from: string, till: string, staff: string, variant: number): Promise<string> {
    const visit = await sweeping.simulator.control('POST', '/visits', {
      salon: salon.id,
      customer_name: 'Halina Zmyślona',
      subbookings: [
        { booked_from: from, booked_till: till, staffer_id: Number(staff), service_variant_id: variant },
      ],
      allowOverlap: true,
      silent: true,
    });
    return String(made.parse(visit).id);
  }

  /** The salon of that day as its rows say it, with one visit in it and one service to be had. */
  async function described(
    day: string,
    bookingId: string,
    offered: { readonly paddingKind: string | null; readonly paddingMinutes: number | null },
  ): Promise<SalonDescription> {
    const { zone } = await db().business.findUniqueOrThrow({ where: { id: salon.businessId } });
    const booking = await db().booking.findUniqueOrThrow({
      where: { id: bookingId },
      include: { items: { include: { service: true } } },
    });
    const held = booking.items[0]!;
    const variant = { id: 'wanted', durationMinutes: 60, slotStepMinutes: null, staffIds: ['staff'] };
    const plain = { gap: null, seats: 1, roomIds: null };
    const pads = (row: typeof offered) => paddingOf(row.paddingKind, row.paddingMinutes ?? 0);
    return {
      zone: zone,
      now: resolveLocal(`${wednesday(1)}T00:00`, zone).instant,
      hours: { weekly: [], custom: [{ date: day, intervals: [[0, 720]] }] },
      holidays: [],
      staff: [{ id: 'staff', position: 1, bookable: true, hours: null }],
      rooms: [],
      services: [
        { id: 'held', padding: pads(held.service!), ...plain, variants: [] },
        { id: 'offered', padding: pads(offered), ...plain, variants: [variant] },
      ],
      timeOff: [],
      visits: [
        {
          id: booking.id,
          status: booking.status,
          items: [
            {
              staffId: 'staff',
              eligibleStaffIds: null,
              roomId: null,
              serviceId: 'held',
              startsAt: held.startsAt.toISOString(),
              endsAt: held.endsAt.toISOString(),
              prior: null,
              gap: null,
              seats: 1,
            },
          ],
        },
      ],
      rules: {
        noticeMinutes: 0,
        horizonDays: 90,
        slotStepMinutes: 5,
        bufferBeforeMinutes: 30,
        bufferAfterMinutes: 30,
      },
    };
  }

  it('B24 230.00, "230.00" and "230,00 zł+" are the same minor units, the last with a "from"', async () => {
    const service = await make('service/', { name: 'Trzy ceny', price_type: 'X' });
    const notations = [
      { price: 230, label: 'liczba' },
      { price: 230.0, label: 'liczba z zerem' },
      { price: '230.00', label: 'tekst' },
      { price: '230,00 zł', label: 'na ekranie' },
      { price: '230,00 zł+', label: 'od' },
    ];
    const ids: string[] = [];
    for (const { price, label } of notations)
      ids.push(await make(`service/${service}/variant/`, { type: 'X', duration: 60, price, label }));
    await sweeping.sweepOf(salon, 'catalog');
    const prices = async () => {
      const rows = await db().$queryRaw<{ label: string; type: string; minor: number; currency: string }[]>`
        SELECT v.label, v.price_type AS type, v.price_minor::int AS minor, trim(v.currency) AS currency
          FROM service_variants v JOIN external_services m ON m.record_id = v.id
         WHERE m.entity = 'variant' AND m.external_id = ANY(${ids}::text[])`;
      return new Map(rows.map(({ label, type, minor, currency }) => [label, [type, minor, currency]]));
    };
    const expected = new Map(
      notations.map(({ label }) => [label, [label === 'od' ? 'from' : 'fixed', 23_000, 'PLN']]),
    );
    expect(await prices()).toEqual(expected);
    // Another notation of the same price is no change; another price is one.
    const before = await db().serviceVariant.findFirstOrThrow({ where: { label: 'tekst' } });
    await asSalon('PATCH', `service/${service}/variant/${ids[2]!}/`, { price: 230 });
    await asSalon('PATCH', `service/${service}/variant/${ids[0]!}/`, { price: '230,50 zł' });
    await sweeping.sweepOf(salon, 'catalog');
    expect((await db().serviceVariant.findFirstOrThrow({ where: { label: 'tekst' } })).rowVersion).toBe(
      before.rowVersion,
    );
    expect(await prices()).toEqual(expected.set('liczba', ['fixed', 23_050, 'PLN']));
    // Display text is never written back (R12).
    expect(await writesThere()).toBe(0);
  });
});
