import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CLIENTS,
  factsOf,
  SALON,
  startSalons,
  underFaults,
  VARIANTS,
  VISITS,
  visitsThere,
} from './support/salons.ts';
import type { Salon, Salons, VisitThere } from './support/salons.ts';
import { countsOf, openQuarantine, visitsHere } from './support/here.ts';

/** Single records that cannot be taken in: they wait in quarantine, everything else arrives. */

let salons: Salons;
let salon: Salon;
let unreadable: VisitThere;
let unknownZone: VisitThere;
let clientVisit: VisitThere;
let variantId: string;
let run: Awaited<ReturnType<Salons['engine']['fullSync']>>;

beforeAll(async () => {
  salons = await startSalons({ simulator: { visits: 120, clients: 40 } });
  salon = salons.fresh();
  const { simulator, engine } = salons;
  const visits = await visitsThere(simulator, salon);
  const withClient = visits.filter((visit) => visit.booked_for_id !== null);
  [unreadable, unknownZone, clientVisit] = [visits[3]!, visits[5]!, withClient.at(-1)!];
  const price = { change: 'set', field: 'price', value: '45,00 €' } as const;
  run = await underFaults(
    simulator,
    [
      {
        kind: 'drift',
        route: VISITS,
        change: 'set',
        field: 'booked_from',
        value: 'jutro',
        ids: [unreadable.id],
        count: null,
      },
      {
        kind: 'drift',
        route: VISITS,
        change: 'set',
        field: 'business_timezone',
        value: 'Mars/Olympus',
        ids: [unknownZone.id],
        count: null,
      },
      {
        kind: 'drift',
        route: CLIENTS,
        change: 'set',
        field: 'first_name',
        value: 42,
        ids: [clientVisit.booked_for_id!],
        count: null,
      },
      { kind: 'drift', route: VARIANTS, ...price, count: 1 },
      { kind: 'drift', route: SALON, change: 'set', field: 'timezone', value: 'Europe/Berlin', count: 1 },
    ],
    () => engine.fullSync(salon.businessId),
  );
  const foreign = await engine.deps.db.quarantine.findFirst({ where: { reasonCode: 'foreign_currency' } });
  variantId = foreign?.externalId ?? '';
});

afterAll(() => salons.engine.stop());

describe('records that cannot be taken in', () => {
  it('do not end the run: everything else is here and counted', async () => {
    const facts = await factsOf(salons.simulator, salon);
    expect(run).toMatchObject({ status: 'completed', errorCode: null });
    const here = await visitsHere(salons.engine.deps.db, salon);
    expect(here.size).toBe(facts.visits - 2);
    expect(countsOf(run)).toMatchObject({
      visits: { created: facts.visits - 2, quarantined: 2 },
      clients: { created: facts.clients - 1, quarantined: 1 },
      variants: { quarantined: expect.any(Number) as number },
    });
  });

  it('wait in quarantine with their id, the field, the reason and what to do', async () => {
    const rows = await openQuarantine(salons.engine.deps.db, salon);
    const told = rows.map(({ entity, externalId, reasonCode, field }) => ({
      entity,
      externalId,
      reasonCode,
      field,
    }));
    expect(told).toEqual(
      expect.arrayContaining([
        {
          entity: 'booking',
          externalId: String(unreadable.id),
          reasonCode: 'unparseable',
          field: 'booked_from',
        },
        {
          entity: 'booking',
          externalId: String(unknownZone.id),
          reasonCode: 'unknown_zone',
          field: 'business_timezone',
        },
        {
          entity: 'profile',
          externalId: String(clientVisit.booked_for_id),
          reasonCode: 'unparseable',
          field: 'first_name',
        },
        { entity: 'variant', externalId: variantId, reasonCode: 'foreign_currency', field: 'price' },
        { entity: 'business', externalId: String(salon.id), reasonCode: 'business_differs', field: null },
      ]),
    );
    for (const row of rows) {
      expect(row.runId).toBe(run.id);
      expect(row.nextStep).not.toBe('');
      expect(row.detail).not.toMatch(/jutro|45,00/);
    }
  });

  it('a salon that states another zone keeps its own here, and each visit the one it carries', async () => {
    const business = await salons.engine.deps.db.business.findUniqueOrThrow({
      where: { id: salon.businessId },
    });
    expect(business.zone).toBe('Europe/Warsaw');
    const rows = await openQuarantine(salons.engine.deps.db, salon);
    expect(rows.find(({ entity }) => entity === 'business')?.detail).toContain('Europe/Berlin');
    const here = await visitsHere(salons.engine.deps.db, salon);
    expect(new Set([...here.values()].map(({ zone }) => zone))).toEqual(new Set(['Europe/Warsaw']));
  });

  it('a visit of an unreadable card is held all the same, without the card', async () => {
    const here = await visitsHere(salons.engine.deps.db, salon);
    expect(here.get(String(clientVisit.id))).toMatchObject({ profileId: null });
  });

  it('come in and leave the quarantine by themselves once they can be read', async () => {
    const { engine, simulator } = salons;
    const facts = await factsOf(simulator, salon);
    const again = await engine.fullSync(salon.businessId);
    expect(again.status).toBe('completed');
    expect(await openQuarantine(engine.deps.db, salon)).toEqual([]);
    expect(countsOf(again)).toMatchObject({ visits: { created: 2 }, clients: { created: 1 } });
    const here = await visitsHere(engine.deps.db, salon);
    expect(here.size).toBe(facts.visits);
    expect(here.get(String(unknownZone.id))).toMatchObject({
      startsLocal: unknownZone.booked_from.slice(0, 16),
    });
    expect(here.get(String(clientVisit.id))?.profileId).not.toBeNull();
    const variants = await engine.deps.db.externalService.count({
      where: { businessId: salon.businessId, entity: 'variant', externalId: variantId },
    });
    expect(variants).toBe(1);
  });
});
