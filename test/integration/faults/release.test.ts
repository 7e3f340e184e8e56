import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addVisit, callsOf, dayFromToday, ONE_VISIT, startSalons } from './support/salons.ts';
import type { Salon, Salons, VisitThere } from './support/salons.ts';
import { lostHere, openQuarantine, visitsHere } from './support/here.ts';

/** What waits because too much was missing at once, and what a person's release lets happen (R3). */

let salons: Salons;

beforeAll(async () => {
  salons = await startSalons({ simulator: { salons: 3, visits: 60, clients: 20, staff: 2 } });
});

afterAll(() => salons.engine.stop());

async function salonWithVisits(count: number): Promise<{ salon: Salon; made: readonly VisitThere[] }> {
  const salon = salons.fresh();
  const made: VisitThere[] = [];
  for (let day = 0; day < count; day += 1) {
    const date = dayFromToday(day + 1);
    made.push(await addVisit(salons.simulator, salon, `${date}T20:00`, `${date}T20:30`));
  }
  await salons.engine.fullSync(salon.businessId);
  return { salon, made };
}

const remove = async (visits: readonly VisitThere[]) => {
  for (const { id } of visits) await salons.simulator.control('DELETE', `/visits/${String(id)}`);
};

async function release(salon: Salon, affected: number): Promise<void> {
  const [entry] = await openQuarantine(salons.engine.deps.db, salon);
  expect(entry).toMatchObject({ reasonCode: 'blast_radius', affected });
  await salons.engine.deps.db.quarantine.update({
    where: { id: entry!.id },
    data: { releasedAt: new Date(), releasedBy: 'test', permitsLeft: affected },
  });
}

describe('a release', { timeout: 300_000 }, () => {
  it('lets exactly the removals happen that were shown, once, each after a read by id', async () => {
    const { engine, simulator } = salons;
    const { salon, made } = await salonWithVisits(14);
    await remove(made.slice(0, 12));
    await engine.fullSync(salon.businessId);
    expect(await lostHere(engine.deps.db, salon)).toBe(0);
    const [entry] = await openQuarantine(engine.deps.db, salon);
    // The first of them is tomorrow evening, or within 24 hours of now: said so that it can be judged in time.
    expect(entry?.urgentAt?.toISOString().slice(0, 10)).toBe(dayFromToday(1));
    await release(salon, 12);
    await engine.fullSync(salon.businessId);
    const here = await visitsHere(engine.deps.db, salon);
    for (const { id } of made.slice(0, 12))
      expect(here.get(String(id))).toMatchObject({ status: 'cancelled', gone: true });
    for (const { id } of made.slice(12)) expect(here.get(String(id))).toMatchObject({ gone: false });
    expect(await callsOf(simulator, salon, ONE_VISIT)).toBe(12);
    expect(await openQuarantine(engine.deps.db, salon)).toEqual([]);
    const [used] = await engine.deps.db.quarantine.findMany({ where: { businessId: salon.businessId } });
    expect(used?.permitsLeft).toBe(0);
  });

  it('does not cover more than was shown: the rest waits again', async () => {
    const { engine } = salons;
    const { salon, made } = await salonWithVisits(30);
    await remove(made.slice(0, 12));
    await engine.fullSync(salon.businessId);
    await release(salon, 12);
    await remove(made.slice(12, 26));
    await engine.fullSync(salon.businessId);
    expect(await lostHere(engine.deps.db, salon)).toBe(0);
    expect(await openQuarantine(engine.deps.db, salon)).toMatchObject([
      { reasonCode: 'blast_radius', affected: 26 },
    ]);
  });

  it('is not needed where everything is listed again', async () => {
    const { engine } = salons;
    const { salon } = await salonWithVisits(12);
    const { db } = engine.deps;
    await db.quarantine.create({
      data: {
        id: crypto.randomUUID(),
        businessId: salon.businessId,
        entity: 'booking',
        externalId: 'window:visits:ahead',
        reasonCode: 'blast_radius',
        detail: '12 of 12 known records were missing.',
        nextStep: 'Look in Booksy.',
        affected: 12,
      },
    });
    await engine.fullSync(salon.businessId);
    const [entry] = await db.quarantine.findMany({ where: { businessId: salon.businessId } });
    expect(entry).toMatchObject({ releasedBy: 'sync: everything is listed again' });
    expect(entry?.releasedAt).not.toBeNull();
  });
});
