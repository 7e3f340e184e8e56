import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addVisit, callsOf, dayFromToday, ONE_VISIT, startSalons, visitsThere } from './support/salons.ts';
import type { Salon, Salons, VisitThere } from './support/salons.ts';
import { countsOf, lostHere, openQuarantine, passWasComplete, visitsHere } from './support/here.ts';

/** What is really gone at Booksy, or only elsewhere (R3, R18). */

let salons: Salons;

beforeAll(async () => {
  salons = await startSalons({ simulator: { salons: 4, visits: 120, clients: 30, staff: 2 } });
});

afterAll(() => salons.engine.stop());

describe('visits that are no longer where they were', { timeout: 240_000 }, () => {
  let salon: Salon;
  let ahead: VisitThere;
  let past: VisitThere;
  let toAhead: VisitThere;
  let toPast: VisitThere;

  beforeAll(async () => {
    salon = salons.fresh();
    const { simulator, engine } = salons;
    const make = (day: number, hour: string) =>
      addVisit(simulator, salon, `${dayFromToday(day)}T${hour}:00`, `${dayFromToday(day)}T${hour}:30`);
    ahead = await make(20, '09');
    past = await make(-200, '10');
    toAhead = await make(-40, '11');
    toPast = await make(40, '12');
    await engine.fullSync(salon.businessId);
    for (const { id } of [ahead, past]) await simulator.control('DELETE', `/visits/${String(id)}`);
    await move(toAhead, 90);
    await move(toPast, -300);
    const run = await engine.fullSync(salon.businessId);
    expect(run.status).toBe('completed');
    expect(countsOf(run)).toMatchObject({ visits: { created: 0, updated: 2, quarantined: 0 } });
  });

  async function move(visit: VisitThere, days: number): Promise<void> {
    const minutes = days * 24 * 60;
    await salons.simulator.control('PATCH', `/visits/${String(visit.id)}`, {
      moveMinutes: minutes,
      allowOverlap: true,
      silent: true,
    });
  }

  it('a visit to come that Booksy answers 404 for is cancelled, and its time is free', async () => {
    const { db } = salons.engine.deps;
    const here = (await visitsHere(db, salon)).get(String(ahead.id));
    expect(here).toMatchObject({ status: 'cancelled', reason: 'gone_at_booksy', gone: true });
    expect(await db.occupancy.count({ where: { bookingId: here!.bookingId } })).toBe(0);
    const audit = await db.booksyAuditLog.findMany({
      where: { recordId: here!.bookingId },
      orderBy: { id: 'asc' },
    });
    expect(audit.map(({ action, reasonCode }) => [action, reasonCode])).toEqual([
      ['created', 'first_seen_at_booksy'],
      ['cancelled', 'gone_at_booksy'],
    ]);
  });

  it('a past one keeps its status and is marked', async () => {
    const here = (await visitsHere(salons.engine.deps.db, salon)).get(String(past.id));
    expect(here).toMatchObject({ status: 'confirmed', markedGone: true, gone: true });
  });

  it('a visit that moved to another window is moved, not removed, in both directions', async () => {
    const here = await visitsHere(salons.engine.deps.db, salon);
    for (const [visit, days] of [
      [toAhead, 90],
      [toPast, -300],
    ] as const) {
      const there = (await visitsThere(salons.simulator, salon)).find(({ id }) => id === visit.id);
      expect(there!.booked_from).not.toBe(visit.booked_from);
      expect(here.get(String(visit.id)), String(days)).toMatchObject({
        status: 'confirmed',
        startsLocal: there!.booked_from.slice(0, 16),
        gone: false,
        markedGone: false,
      });
    }
  });

  it('only what was missing from a list was read by id', async () => {
    // The two that were deleted, and the one that left the first window before its new one was walked.
    expect(await callsOf(salons.simulator, salon, ONE_VISIT)).toBe(3);
  });
});

describe('many visits deleted at once', { timeout: 240_000 }, () => {
  it('removes nothing, reads none of them, and asks a person', async () => {
    const salon = salons.fresh();
    const { simulator, engine } = salons;
    const { db } = engine.deps;
    const made: VisitThere[] = [];
    for (let day = 1; day <= 12; day += 1) {
      made.push(await addVisit(simulator, salon, `${dayFromToday(day)}T20:00`, `${dayFromToday(day)}T20:30`));
    }
    await engine.fullSync(salon.businessId);
    const before = await visitsHere(db, salon);
    for (const { id } of made) await simulator.control('DELETE', `/visits/${String(id)}`);
    const run = await engine.fullSync(salon.businessId);
    expect(run.status).toBe('completed');
    expect(await passWasComplete(db, salon, 'visits:ahead')).toBe(true);
    expect(await visitsHere(db, salon)).toEqual(before);
    expect(await lostHere(db, salon)).toBe(0);
    expect(await callsOf(simulator, salon, ONE_VISIT)).toBe(0);
    expect(await openQuarantine(db, salon)).toMatchObject([
      {
        entity: 'booking',
        externalId: 'window:visits:ahead',
        reasonCode: 'blast_radius',
        detail: expect.stringMatching(/^12 of \d+ known records/) as string,
      },
    ]);
  });
});

describe('visits that Booksy shows as cancelled', { timeout: 240_000 }, () => {
  async function salonWithVisits(count: number): Promise<{ salon: Salon; made: readonly VisitThere[] }> {
    const salon = salons.fresh();
    const made: VisitThere[] = [];
    for (let day = 1; day <= count; day += 1) {
      const date = dayFromToday(day);
      made.push(await addVisit(salons.simulator, salon, `${date}T20:00`, `${date}T20:30`));
    }
    await salons.engine.fullSync(salon.businessId);
    return { salon, made };
  }

  const cancelThere = async (visits: readonly VisitThere[]) => {
    for (const { id } of visits) {
      await salons.simulator.control('PATCH', `/visits/${String(id)}`, { status: 'C', silent: true });
    }
  };

  it('a few are cancelled here by the end of the pass, each read by id first', async () => {
    const { salon, made } = await salonWithVisits(3);
    await cancelThere(made);
    const run = await salons.engine.fullSync(salon.businessId);
    expect(countsOf(run)).toMatchObject({ visits: { updated: 3, quarantined: 0 } });
    const here = await visitsHere(salons.engine.deps.db, salon);
    for (const { id } of made) expect(here.get(String(id))).toMatchObject({ status: 'cancelled' });
    expect(await callsOf(salons.simulator, salon, ONE_VISIT)).toBe(3);
  });

  it('too many at once free nothing and wait for a person', async () => {
    const { salon, made } = await salonWithVisits(12);
    const { db } = salons.engine.deps;
    const before = await visitsHere(db, salon);
    await cancelThere(made);
    await salons.engine.fullSync(salon.businessId);
    expect(await visitsHere(db, salon)).toEqual(before);
    expect(await openQuarantine(db, salon)).toMatchObject([
      { entity: 'booking', externalId: 'window:visits:ahead', reasonCode: 'blast_radius' },
    ]);
  });
});
