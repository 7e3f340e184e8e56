import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factsOf, startSalons, type Salon, type Salons } from './support/salons.ts';
import { countsOf, visitsHere } from './support/here.ts';

/** Visits that Booksy itself let be booked over each other: kept, marked, reported, never refused (R21). */

let salons: Salons;
let salon: Salon;
let run: Awaited<ReturnType<Salons['engine']['fullSync']>>;

interface Pair {
  readonly one: string;
  readonly other: string;
  readonly bothExempt: boolean;
  readonly begun: boolean;
}

/** Every two things that hold one resource at one time, found by comparing all with all. */
async function overlappingPairs(): Promise<readonly Pair[]> {
  return salons.engine.deps.db.$queryRaw<Pair[]>`
    SELECT least(a.ref, b.ref) AS one, greatest(a.ref, b.ref) AS other, bool_and(a.exempt AND b.exempt) AS "bothExempt",
           min(greatest(lower(a.during), lower(b.during))) <= now() AS begun
      FROM (SELECT *, coalesce(booking_id, time_off_id) AS ref FROM occupancy) a
      JOIN (SELECT *, coalesce(booking_id, time_off_id) AS ref FROM occupancy) b
        ON b.resource_id = a.resource_id AND b.session_key <> a.session_key AND b.during && a.during AND a.ref < b.ref
     WHERE a.business_id = ${salon.businessId}::uuid GROUP BY 1, 2`;
}

beforeAll(async () => {
  salons = await startSalons({ simulator: { visits: 260, clients: 60, overbooked: 8 } });
  salon = salons.fresh();
  run = await salons.engine.fullSync(salon.businessId);
});

afterAll(() => salons.engine.stop());

describe('visits that Booksy itself overbooked', () => {
  it('are all here, and the run completes', async () => {
    const facts = await factsOf(salons.simulator, salon);
    expect(facts.overbookedPairs).toBeGreaterThan(0);
    expect(facts.blockedVisitPairs + facts.timeOffOverlaps).toBeGreaterThan(0);
    expect(run).toMatchObject({ status: 'completed', errorCode: null });
    expect(countsOf(run)).toMatchObject({ visits: { created: facts.visits, quarantined: 0 } });
    expect((await visitsHere(salons.engine.deps.db, salon)).size).toBe(facts.visits);
  });

  it('hold their time side by side, both marked; nothing that is not marked overlaps anything', async () => {
    const facts = await factsOf(salons.simulator, salon);
    const pairs = await overlappingPairs();
    expect(pairs.length).toBeGreaterThanOrEqual(facts.overbookedPairs);
    expect(pairs.filter(({ bothExempt }) => !bothExempt)).toEqual([]);
  });

  it('are each on a conflict: open where it is still to come, closed where it has begun', async () => {
    const pairs = await overlappingPairs();
    const conflicts = await salons.engine.deps.db.booksySyncConflict.findMany({
      where: { businessId: salon.businessId, kind: 'time_overlap' },
    });
    const told = conflicts.map(({ recordId, otherRecordId, status }) =>
      [recordId, otherRecordId, status].join(' '),
    );
    const expected = pairs.map(({ one, other, begun }) => [one, other, begun ? 'closed' : 'open'].join(' '));
    expect(told.sort()).toEqual(expected.sort());
    expect(told.some((line) => line.endsWith('open'))).toBe(true);
  });

  it('lose their mark when one of them leaves', async () => {
    const { db } = salons.engine.deps;
    const pair = (await overlappingPairs()).find(({ begun }) => !begun)!;
    const booking = await db.externalBooking.findFirst({
      where: { bookingId: { in: [pair.one, pair.other] } },
    });
    await salons.simulator.control('PATCH', `/visits/${booking!.externalId}`, {
      status: 'C',
      silent: true,
      allowOverlap: true,
    });
    await salons.engine.fullSync(salon.businessId);
    const pairs = await overlappingPairs();
    expect(pairs.some(({ one, other }) => one === pair.one && other === pair.other)).toBe(false);
    const stillPaired = new Set(pairs.flatMap(({ one, other }) => [one, other]));
    const marked = await db.occupancy.findMany({ where: { businessId: salon.businessId, exempt: true } });
    for (const row of marked) expect(stillPaired).toContain(row.bookingId ?? row.timeOffId);
  });
});
