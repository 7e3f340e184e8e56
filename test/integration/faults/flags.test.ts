import { afterEach, describe, expect, it } from 'vitest';
import {
  addVisit,
  callsOf,
  dayFromToday,
  factsOf,
  ONE_VISIT,
  startSalons,
  visitsThere,
} from './support/salons.ts';
import type { Salon, Salons } from './support/salons.ts';
import { countsOf, lostHere, openQuarantine, passWasComplete, visitsHere } from './support/here.ts';

/** What is not known of Booksy (R5): each setting the other way round. */

let salons: Salons;
let salon: Salon;

afterEach(() => salons.engine.stop());

async function startWith(env: Record<string, string>, flags: object): Promise<void> {
  salons = await startSalons({ simulator: { visits: 150, clients: 30, staff: 3, flags }, env });
  salon = salons.fresh();
}

const sync = () => salons.engine.fullSync(salon.businessId);

describe('list rows that leave fields out', { timeout: 240_000 }, () => {
  it('leave the journey alone that is known here, and bring everything else', async () => {
    await startWith({ BOOKSY_LIST_ROWS_FULL: 'false' }, { listRowsFull: false });
    const { simulator, engine } = salons;
    const { db } = engine.deps;
    await sync();
    const travelling = (await visitsThere(simulator, salon)).filter((visit) => visit.traveling !== null);
    expect(travelling.length).toBeGreaterThan(0);
    const known = travelling[0]!;
    const before = (await visitsHere(db, salon)).get(String(known.id));
    expect(before).toMatchObject({ travels: false });
    // The journey is written down here, then another field changes at Booksy.
    await db.booking.update({ where: { id: before!.bookingId }, data: { traveling: { city: 'Zmyślin' } } });
    await simulator.control('PATCH', `/visits/${String(known.id)}`, {
      customer_note: 'Trzecie piętro',
      allowOverlap: true,
      silent: true,
    });
    const run = await sync();
    expect(countsOf(run)).toMatchObject({ visits: { updated: 1, created: 0 } });
    const after = await db.booking.findUniqueOrThrow({ where: { id: before!.bookingId } });
    expect(after).toMatchObject({ clientNote: 'Trzecie piętro', traveling: { city: 'Zmyślin' } });
    expect(await db.booksySyncConflict.count({ where: { recordId: after.id } })).toBe(0);
  });
});

describe('a list that filters by overlap', { timeout: 240_000 }, () => {
  it('shows a visit over a window’s edge in both windows: it comes once and is counted once', async () => {
    await startWith({ BOOKSY_LIST_FILTER: 'overlap' }, { listFilter: 'overlap' });
    const { simulator, engine } = salons;
    // The first window begins with yesterday.
    const night = await addVisit(simulator, salon, `${dayFromToday(-2)}T23:00`, `${dayFromToday(-1)}T01:00`);
    for (const expected of ['created', 'unchanged'] as const) {
      const run = await sync();
      const facts = await factsOf(simulator, salon);
      expect(countsOf(run)['visits']).toMatchObject({ [expected]: facts.visits });
    }
    const here = await visitsHere(engine.deps.db, salon);
    expect(here.get(String(night.id))).toMatchObject({ startsLocal: night.booked_from.slice(0, 16) });
    for (const window of ['visits:ahead', 'visits:recent', 'visits:past']) {
      expect(await passWasComplete(engine.deps.db, salon, window)).toBe(true);
    }
    expect(await callsOf(simulator, salon, ONE_VISIT)).toBe(0);
    expect(await lostHere(engine.deps.db, salon)).toBe(0);
  });
});

describe('cancelled visits that are not listed', { timeout: 240_000 }, () => {
  const isCancelled = ({ status }: { status: string }) => status === 'C' || status === 'D';

  it('are not taken for deleted, and a fresh cancel is found by id', async () => {
    await startWith({ BOOKSY_CAP_CANCELLED_LISTED: 'false' }, {});
    const { simulator, engine } = salons;
    const { db } = engine.deps;
    await sync();
    const cancelled = (await visitsThere(simulator, salon)).filter(isCancelled);
    expect(cancelled.length).toBeGreaterThan(0);
    await simulator.configure({ flags: { cancelledListed: false } });
    const fresh = (await visitsThere(simulator, salon, 'status=A')).at(-1)!;
    await simulator.control('PATCH', `/visits/${String(fresh.id)}`, {
      status: 'C',
      silent: true,
      allowOverlap: true,
    });
    await sync();
    const here = await visitsHere(db, salon);
    for (const { id } of cancelled)
      expect(here.get(String(id))).toMatchObject({ status: 'cancelled', gone: false });
    expect(here.get(String(fresh.id))).toMatchObject({
      status: 'cancelled',
      reason: 'cancelled',
      gone: false,
    });
    expect(await callsOf(simulator, salon, ONE_VISIT)).toBe(1);
    expect(await lostHere(db, salon)).toBe(0);
  });

  it('remove nothing even where we were told that they are listed', async () => {
    await startWith({ BOOKSY_CAP_CANCELLED_LISTED: 'true' }, {});
    const { simulator, engine } = salons;
    const { db } = engine.deps;
    // More of them in one window than a pass may doubt.
    for (let day = 1; day <= 12; day += 1) {
      const { id } = await addVisit(
        simulator,
        salon,
        `${dayFromToday(day)}T20:00`,
        `${dayFromToday(day)}T20:30`,
      );
      await simulator.control('PATCH', `/visits/${String(id)}`, {
        status: 'C',
        silent: true,
        allowOverlap: true,
      });
    }
    await sync();
    const before = await visitsHere(db, salon);
    expect([...before.values()].filter(({ status }) => status === 'cancelled').length).toBeGreaterThan(12);
    await simulator.configure({ flags: { cancelledListed: false } });
    await sync();
    expect(await visitsHere(db, salon)).toEqual(before);
    expect(await lostHere(db, salon)).toBe(0);
    expect((await openQuarantine(db, salon)).map(({ externalId }) => externalId)).toContain(
      'window:visits:ahead',
    );
  });
});
