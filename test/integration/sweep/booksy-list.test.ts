import { Temporal } from 'temporal-polyfill';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tupleChanges } from '../../support/tuples.ts';
import {
  addVisit,
  callsOf,
  CLIENTS,
  dayFromToday,
  factsOf,
  ONE_VISIT,
  underFaults,
  VISITS,
  visitsThere,
  type Salon,
} from '../faults/support/salons.ts';
import { cardsHere, lostHere, openQuarantine, passWasComplete, visitsHere } from '../faults/support/here.ts';
import { startSweeping, type Sweeping } from './support/sweeping.ts';

/** What owners report (BOOKSY.md), proven through sweeps: real workflow, HTTP, both sides looked at. */

let sweeping: Sweeping;

beforeAll(async () => {
  // Four pages of visits, three of clients.
  sweeping = await startSweeping({ simulator: { salons: 7, visits: 450, clients: 210, staff: 3 } });
});

afterAll(() => sweeping.engine.stop());

const db = () => sweeping.engine.deps.db;

const made = z.looseObject({
  writes: z.object({ api: z.record(z.string(), z.record(z.string(), z.number())) }),
  clientNotifications: z.object({ total: z.number() }),
});
/** What the sandbox counted that we did there. */
async function deedsThere() {
  const { writes, clientNotifications } = made.parse(await sweeping.simulator.control('GET', '/counters'));
  const written = Object.values(writes.api).flatMap((by) => Object.values(by));
  return { writes: written.reduce((sum, n) => sum + n, 0), notified: clientNotifications.total };
}

/** Every visit of the sandbox is here as it is there: by start and status. */
async function expectInStep(salon: Salon): Promise<void> {
  const here = await visitsHere(db(), salon);
  const there = await visitsThere(sweeping.simulator, salon);
  expect(there.length).toBeGreaterThan(0);
  for (const visit of there) {
    expect(here.get(String(visit.id)), `visit ${String(visit.id)}`).toMatchObject({
      startsLocal: visit.booked_from.slice(0, 16),
      gone: false,
    });
  }
}

/** Everything that the nightly sweep looks at, of one salon. */
async function sweepAll(salon: Salon): Promise<void> {
  await sweeping.sweepOf(salon, 'near', 'soon', 'ahead', 'clients', 'catalog', 'hours', 'recent', 'past');
}

/** Local date and time of the salon some hours from now. */
async function hoursFromNow(salon: Salon, hours: number): Promise<string> {
  const { zone } = await db().business.findUniqueOrThrow({ where: { id: salon.businessId } });
  const local = Temporal.Now.zonedDateTimeISO(zone).add({ hours }).toPlainDateTime();
  return local.toString({ smallestUnit: 'minute' });
}

/** A visit that holds somebody's time. */
async function addHeld(salon: Salon, from: string, till: string): Promise<{ readonly id: number }> {
  const { id: staffId } = await db().staff.findFirstOrThrow({
    where: { businessId: salon.businessId, bookable: true },
    orderBy: { id: 'asc' },
  });
  const staff = await db().externalStaff.findUniqueOrThrow({ where: { staffId } });
  const visit = await sweeping.simulator.control('POST', '/visits', {
    salon: salon.id,
    status: 'A',
    type: 'B',
    customer_name: 'Halina Zmyślona',
    subbookings: [{ booked_from: from, booked_till: till, staffer_id: Number(staff.externalId) }],
    allowOverlap: true,
    silent: true,
  });
  return z.looseObject({ id: z.number() }).parse(visit);
}

const addEvening = (salon: Salon, day: number) =>
  addHeld(salon, `${dayFromToday(day)}T20:00`, `${dayFromToday(day)}T20:30`);

describe('sweeps', { timeout: 240_000 }, () => {
  it('B1 asked for again and again change nothing after the first, on neither side', async () => {
    const salon = await sweeping.imported();
    await sweepAll(salon);
    const { inEntities } = await tupleChanges(db(), async () => {
      for (let again = 0; again < 3; again += 1) await sweepAll(salon);
    });
    expect(inEntities).toEqual({});
    expect(await deedsThere()).toMatchObject({ writes: 0 });
  });

  it('B2 a second pass over everything removes nothing of what is still there', async () => {
    const salon = await sweeping.imported();
    const before = await visitsHere(db(), salon);
    await sweepAll(salon);
    await sweepAll(salon);
    expect(await lostHere(db(), salon)).toBe(0);
    expect(await visitsHere(db(), salon)).toEqual(before);
    expect((await cardsHere(db(), salon)).size).toBe((await factsOf(sweeping.simulator, salon)).clients);
    await expectInStep(salon);
  });

  it('B11 a list that fails on page 3 deletes nothing, and the next sweep goes on', async () => {
    const salon = await sweeping.imported();
    const before = await visitsHere(db(), salon);
    await underFaults(
      sweeping.simulator,
      [
        {
          kind: 'status',
          status: 503,
          route: VISITS,
          salon: salon.id,
          query: { offset: '198' },
          count: null,
        },
        {
          kind: 'status',
          status: 503,
          route: CLIENTS,
          salon: salon.id,
          query: { offset: '198' },
          count: null,
        },
      ],
      async () => {
        await sweeping.sweepOf(salon, 'clients');
        await sweeping.sweepOf(salon, 'past');
      },
    );
    const failed = await db().syncRun.findMany({
      where: { businessId: salon.businessId, kind: 'sweep', status: 'failed' },
    });
    expect(failed.map(({ phase, errorCode }) => [phase, errorCode]).sort()).toEqual([
      ['clients', 'unavailable'],
      ['past', 'unavailable'],
    ]);
    expect(await lostHere(db(), salon)).toBe(0);
    expect(await visitsHere(db(), salon)).toEqual(before);
    expect(await callsOf(sweeping.simulator, salon, ONE_VISIT)).toBe(0);

    await sweeping.sweepOf(salon, 'clients', 'past');
    expect(await passWasComplete(db(), salon, 'visits:past')).toBe(true);
    expect(await passWasComplete(db(), salon, 'clients')).toBe(true);
    await expectInStep(salon);
  });

  it('B12 a side that suddenly shows nothing frees no time, stops there, and a person is told', async () => {
    const salon = await sweeping.imported();
    for (let day = 1; day <= 12; day += 1) await addEvening(salon, day);
    // Urgent whatever the day: some are closed.
    await addHeld(salon, await hoursFromNow(salon, 12), await hoursFromNow(salon, 13));
    await sweeping.sweepOf(salon, 'near', 'ahead');
    const before = await visitsHere(db(), salon);
    const held = await db().occupancy.count({ where: { businessId: salon.businessId } });
    await underFaults(
      sweeping.simulator,
      [{ kind: 'empty_list', route: VISITS, salon: salon.id, count: null }],
      async () => {
        await sweeping.sweepOf(salon, 'near');
        await sweeping.sweepOf(salon, 'ahead');
      },
    );
    expect(await visitsHere(db(), salon)).toEqual(before);
    expect(await lostHere(db(), salon)).toBe(0);
    expect(await db().occupancy.count({ where: { businessId: salon.businessId } })).toBe(held);
    expect(await callsOf(sweeping.simulator, salon, ONE_VISIT)).toBe(0);
    // Near and far window are one finding, and a visit within a day makes it urgent.
    const waiting = await openQuarantine(db(), salon);
    expect(waiting.map(({ entity, externalId, reasonCode }) => [entity, externalId, reasonCode])).toEqual([
      ['booking', 'window:visits:ahead', 'blast_radius'],
    ]);
    expect(waiting[0]?.urgentAt).not.toBeNull();
    // What is listed again needs nobody.
    await sweeping.sweepOf(salon, 'near', 'ahead');
    expect(await openQuarantine(db(), salon)).toEqual([]);
  });

  it('R3 what the near window keeps for a person, the far window does not free', async () => {
    const salon = await sweeping.imported();
    const visits: { readonly id: number }[] = [];
    for (let day = 1; day <= 12; day += 1) visits.push(await addEvening(salon, day));
    // Far more visits far ahead: in the far window alone twelve would be within the blast radius.
    for (let day = 20; day <= 80; day += 1) {
      for (const hour of ['20:00', '20:30', '21:00', '21:30'])
        await addVisit(
          sweeping.simulator,
          salon,
          `${dayFromToday(day)}T${hour}`,
          `${dayFromToday(day)}T${hour.slice(0, 2)}:59`,
        );
    }
    await sweeping.sweepOf(salon, 'near', 'ahead');
    for (const { id } of visits)
      await sweeping.simulator.control('PATCH', `/visits/${String(id)}`, { status: 'C', silent: true });
    await sweeping.sweepOf(salon, 'near');
    const ahead = await db().externalBooking.count({
      where: { businessId: salon.businessId, startsLocal: { gt: new Date() } },
    });
    expect(ahead).toBeGreaterThan(240);
    expect(await openQuarantine(db(), salon)).toMatchObject([
      { externalId: 'window:visits:ahead', affected: 12 },
    ]);
    await sweeping.sweepOf(salon, 'ahead');
    const here = await visitsHere(db(), salon);
    for (const { id } of visits) {
      const visit = here.get(String(id));
      expect(visit?.status, 'a quarantined cancel frees nothing').toBe('confirmed');
      expect(await db().occupancy.count({ where: { bookingId: visit!.bookingId } })).toBeGreaterThan(0);
    }
    // A person says that it is so: now the cancels count, each read by id.
    await db().quarantine.updateMany({
      where: { businessId: salon.businessId },
      data: { releasedAt: new Date(), releasedBy: 'owner', permitsLeft: 12 },
    });
    await sweeping.sweepOf(salon, 'near');
    const after = await visitsHere(db(), salon);
    for (const { id } of visits) expect(after.get(String(id))).toMatchObject({ status: 'cancelled' });
    expect(await callsOf(sweeping.simulator, salon, ONE_VISIT)).toBe(12);
  });

  it('B15 the first connect of a big account and its sweeps write nothing there and notify no client', async () => {
    const salon = await sweeping.imported();
    await sweepAll(salon);
    await sweeping.sweepOf(salon, 'near', 'ahead', 'clients');
    expect(await deedsThere()).toEqual({ writes: 0, notified: 0 });
  });

  it('B16 a finished visit that the owner deletes keeps its revenue here', async () => {
    const salon = await sweeping.imported();
    const past = (await visitsThere(sweeping.simulator, salon)).find(
      ({ status, booked_from: from }) => status === 'F' && from < dayFromToday(-100),
    );
    expect(past).toBeDefined();
    const before = (await visitsHere(db(), salon)).get(String(past!.id))!;
    const priced = () =>
      db().bookingItem.findMany({
        where: { bookingId: before.bookingId },
        select: { priceMinor: true, currency: true, priceType: true },
        orderBy: { id: 'asc' },
      });
    const prices = await priced();
    await sweeping.simulator.control('DELETE', `/visits/${String(past!.id)}`);
    await sweepAll(salon);
    expect((await visitsHere(db(), salon)).get(String(past!.id))).toMatchObject({
      status: 'completed',
      markedGone: true,
      gone: true,
    });
    expect(await priced()).toEqual(prices);
    await sweepAll(salon);
    expect((await visitsHere(db(), salon)).get(String(past!.id))).toMatchObject({ status: 'completed' });
  });
});
