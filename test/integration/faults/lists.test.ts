import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callsOf, CLIENTS, factsOf, ONE_VISIT, RESOURCES, SERVICES, startSalons } from './support/salons.ts';
import { underFaults, visitsThere, VISITS, type Salon, type Salons } from './support/salons.ts';
import { cardsHere, lostHere, openQuarantine, passWasComplete, visitsHere } from './support/here.ts';

/** Lists that tell less than the truth (R2, R3): what stayed is never missed, and nothing is removed on their word. */

let salons: Salons;

beforeAll(async () => {
  // Three pages of past visits, and three of clients.
  salons = await startSalons({ simulator: { salons: 8, visits: 330, clients: 210, staff: 3 } });
});

afterAll(() => salons.engine.stop());

/** @param those of them that were there before a given moment; default: all that are there now */
async function expectAllVisits(salon: Salon, those: (id: number) => boolean = () => true): Promise<void> {
  const here = await visitsHere(salons.engine.deps.db, salon);
  const there = await visitsThere(salons.simulator, salon);
  expect(there.length).toBeGreaterThan(0);
  expect(there.filter(({ id }) => those(id) && !here.has(String(id)))).toEqual([]);
}

describe('a short list', { timeout: 240_000 }, () => {
  it('is asked for again from where it broke off', async () => {
    const salon = salons.fresh();
    const { engine, simulator } = salons;
    const run = await underFaults(
      simulator,
      [
        { kind: 'truncate_list', route: VISITS, salon: salon.id, rows: 5, skip: 2, count: 1 },
        { kind: 'truncate_list', route: CLIENTS, salon: salon.id, rows: 40, count: 1 },
      ],
      () => engine.fullSync(salon.businessId),
    );
    expect(run.status).toBe('completed');
    await expectAllVisits(salon);
    expect((await cardsHere(engine.deps.db, salon)).size).toBe((await factsOf(simulator, salon)).clients);
    expect(await passWasComplete(engine.deps.db, salon, 'clients')).toBe(true);
  });

  it('that shows almost nothing proves nothing: nobody is removed', async () => {
    const salon = salons.fresh();
    const { engine, simulator } = salons;
    await engine.fullSync(salon.businessId);
    const run = await underFaults(
      simulator,
      [
        { kind: 'truncate_list', route: VISITS, salon: salon.id, rows: 1000, count: null },
        { kind: 'truncate_list', route: CLIENTS, salon: salon.id, rows: 99, count: 1 },
        { kind: 'truncate_list', route: RESOURCES, salon: salon.id, rows: 2, count: 1 },
        { kind: 'truncate_list', route: SERVICES, salon: salon.id, rows: 3, count: 1 },
      ],
      () => engine.fullSync(salon.businessId),
    );
    expect(run.status).toBe('completed');
    expect(await lostHere(engine.deps.db, salon)).toBe(0);
    expect(await passWasComplete(engine.deps.db, salon, 'visits:past')).toBe(false);
    expect(await passWasComplete(engine.deps.db, salon, 'clients')).toBe(false);
    // What is missing from a short list is read by id and found to be there.
    expect(await callsOf(simulator, salon, 'GET /business/{business_id}/resource/{resource_id}/')).toBe(2);
    expect(await openQuarantine(engine.deps.db, salon)).toEqual([]);
  });

  it('an empty list of a known salon removes nothing, and a person is told', async () => {
    const salon = salons.fresh();
    const { engine, simulator } = salons;
    const { db } = engine.deps;
    await engine.fullSync(salon.businessId);
    const before = await visitsHere(db, salon);
    const run = await underFaults(
      simulator,
      [VISITS, CLIENTS, RESOURCES, SERVICES].map((route) => ({
        kind: 'empty_list' as const,
        route,
        salon: salon.id,
        count: null,
      })),
      () => engine.fullSync(salon.businessId),
    );
    expect(run.status).toBe('completed');
    expect(await visitsHere(db, salon)).toEqual(before);
    expect(await lostHere(db, salon)).toBe(0);
    const waiting = await openQuarantine(db, salon);
    expect(waiting.map(({ entity, externalId, reasonCode }) => [entity, externalId, reasonCode])).toEqual(
      expect.arrayContaining([
        ['profile', 'window:clients', 'blast_radius'],
        ['service', 'window:list', 'blast_radius'],
        ['booking', 'window:visits:past', 'blast_radius'],
      ]),
    );
    for (const row of waiting) {
      expect(row.detail).toMatch(
        /^\d+ of \d+ known records .* Nothing was removed, and their time stays held\.$/,
      );
      expect(row.nextStep).toMatch(/Look in Booksy/);
    }

    // Until somebody has looked, one record that is really gone stays too.
    const past = (await visitsThere(simulator, salon))[0]!;
    await simulator.control('DELETE', `/visits/${String(past.id)}`);
    await engine.fullSync(salon.businessId);
    expect(await lostHere(db, salon)).toBe(0);
    await db.quarantine.updateMany({
      where: { businessId: salon.businessId },
      data: { releasedAt: new Date() },
    });
    await engine.fullSync(salon.businessId);
    expect((await visitsHere(db, salon)).get(String(past.id))).toMatchObject({
      gone: true,
      markedGone: true,
    });
  });
});

describe('a list that moves between two pages', { timeout: 240_000 }, () => {
  const orders = ['start', 'start_desc', 'id'] as const;

  it.each(orders)(
    'in the order %s: no row that stayed is missed, and nothing is removed',
    async (listOrder) => {
      const salon = salons.fresh();
      const { engine, simulator } = salons;
      const { db } = engine.deps;
      await simulator.configure({ flags: { listOrder } });
      // Two seeming moves of the long window: three rows less before its second page, two more before its third.
      const shift = { kind: 'shift_list', route: VISITS, salon: salon.id, count: 1 } as const;
      const past = { query: { offset: '99' } };
      await underFaults(simulator, [{ ...shift, ...past, direction: 'remove', rows: 3 }], () =>
        engine.fullSync(salon.businessId),
      );
      await expectAllVisits(salon);
      expect(await passWasComplete(db, salon, 'visits:past')).toBe(false);
      expect(await lostHere(db, salon)).toBe(0);

      await underFaults(simulator, [{ ...shift, ...past, direction: 'insert', rows: 2 }], () =>
        engine.fullSync(salon.businessId),
      );
      expect(await passWasComplete(db, salon, 'visits:past')).toBe(false);
      expect(await lostHere(db, salon)).toBe(0);

      await engine.fullSync(salon.businessId);
      expect(await passWasComplete(db, salon, 'visits:past')).toBe(true);
      expect(await lostHere(db, salon)).toBe(0);
    },
  );

  it.each(['remove', 'insert'] as const)(
    'really (%s): all that stayed is here; the next whole pass removes',
    async (direction) => {
      const salon = salons.fresh();
      const { engine, simulator } = salons;
      const { db } = engine.deps;
      await simulator.configure({ flags: { listOrder: 'start' } });
      const before = new Set((await visitsThere(simulator, salon)).map(({ id }) => id));
      const move = { kind: 'shift_list', salon: salon.id, real: true, direction, rows: 2, count: 1 } as const;
      const run = await underFaults(
        simulator,
        [
          { ...move, route: CLIENTS, query: { offset: '99' } },
          { ...move, route: VISITS, query: { offset: '99' } },
        ],
        () => engine.fullSync(salon.businessId),
      );
      expect(run.status).toBe('completed');
      // What came before the first page while the second was read is the next pass's to find.
      await expectAllVisits(salon, (id) => before.has(id));
      expect(await passWasComplete(db, salon, 'clients')).toBe(false);
      expect(await passWasComplete(db, salon, 'visits:past')).toBe(false);
      // Rows that the first page showed are gone by now, but this pass cannot know.
      expect(await lostHere(db, salon)).toBe(0);

      await engine.fullSync(salon.businessId);
      await expectAllVisits(salon);
      const facts = await factsOf(simulator, salon);
      const cards = await db.externalClient.count({ where: { businessId: salon.businessId, goneAt: null } });
      expect(cards).toBe(facts.clients);
      const gone = [...(await visitsHere(db, salon)).values()].filter((visit) => visit.gone);
      expect(gone).toHaveLength(direction === 'remove' ? 2 : 0);
      expect(await callsOf(simulator, salon, ONE_VISIT)).toBe(gone.length);
    },
  );
});
