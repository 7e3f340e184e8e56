import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyRecords, type ApplyOutcome } from '../../../activities/apply/apply-records.ts';
import {
  categoryBinding,
  serviceBinding,
  staffBinding,
  variantBinding,
} from '../../../activities/apply/catalog-bindings.ts';
import { loadCatalogLinks, NO_LINKS } from '../../../activities/apply/links.ts';
import type { ObservedService, ObservedVariant } from '../../../domain/observed.ts';
import { seenCategory, seenService, seenStaff, seenVariant } from '../../../domain/states/catalog.ts';
import { nextInterval, resource, service, variant } from '../../support/salon.ts';
import { anotherDesk, openDesk, type Desk } from './support/desk.ts';

/** Services by name, duration and price; staff by e-mail and name; categories by name (SPEC 3.7). */

let house: Desk;
let desk: Desk;

beforeAll(async () => {
  house = await openDesk();
});

afterAll(() => house.database.drop());

beforeEach(async () => {
  desk = await anotherDesk(house);
});

interface OwnVariant {
  readonly minutes: number;
  readonly minor: bigint | null;
  readonly label?: string;
}

/** A service that the platform sold before it heard of Booksy. */
async function ownService(
  name: string,
  ...variants: OwnVariant[]
): Promise<{ id: string; variants: string[] }> {
  const id = uuidv7();
  const rows = variants.map((each, position) => ({ id: uuidv7(), position, ...each }));
  await desk.deps.db.service.create({ data: { id, businessId: desk.business.id, name } });
  for (const row of rows) {
    await desk.deps.db.serviceVariant.create({
      data: {
        id: row.id,
        businessId: desk.business.id,
        serviceId: id,
        label: row.label ?? null,
        priceMinor: row.minor,
        currency: 'PLN',
        durationMinutes: row.minutes,
        position: row.position,
      },
    });
  }
  return { id, variants: rows.map((row) => row.id) };
}

async function ownStaff(name: string, email: string | null): Promise<string> {
  const id = uuidv7();
  await desk.deps.db.staff.create({ data: { id, businessId: desk.business.id, name, email } });
  return id;
}

/** Takes in a catalog in the order in which it refers to itself. */
async function take(
  services: readonly ObservedService[],
  variants: readonly ObservedVariant[],
): Promise<void> {
  await desk.inRun(async (scope) => {
    const soldAs = new Map(
      services.map(({ externalId }) => [
        externalId,
        variants.filter((each) => each.serviceExternalId === externalId),
      ]),
    );
    const at = nextInterval();
    await applyRecords(
      { ...scope, soldAs },
      serviceBinding,
      services.map((each) => seenService(each, NO_LINKS, at)),
    );
    const links = await loadCatalogLinks(scope.tx, desk.business.id);
    await applyRecords(
      { ...scope, links },
      variantBinding,
      variants.map((each) => seenVariant({ ...each, staffExternalIds: [] }, links, at)),
    );
  });
}

const takeStaff = (...people: { id: string; name: string; email?: string }[]): Promise<ApplyOutcome> =>
  desk.records(
    staffBinding,
    ...people.map(({ id, name, email }) =>
      seenStaff(resource(id, { name, email: email ?? null }), nextInterval()),
    ),
  );
const linkOf = async (entity: string, externalId: string) =>
  (
    await desk.deps.db.externalService.findFirst({
      where: { businessId: desk.business.id, entity, externalId },
    })
  )?.recordId ?? null;
const staffOf = async (externalId: string) =>
  (await desk.deps.db.externalStaff.findFirst({ where: { businessId: desk.business.id, externalId } }))
    ?.staffId;

describe('services', () => {
  it('of the same name, duration and price are one, with their variants', async () => {
    const own = await ownService(
      'Manicure hybrydowy',
      { minutes: 60, minor: 12_000n },
      { minutes: 90, minor: 15_000n },
    );
    const price = (minor: number) => ({ price: { type: 'fixed', minor, currency: 'PLN' } as const });
    await take(
      [service('10', { name: 'MANICURE HYBRYDOWY' })],
      [
        variant('21', '10', { durationMinutes: 90, ...price(15_000) }),
        variant('20', '10', { durationMinutes: 60, ...price(12_000) }),
      ],
    );
    expect(await linkOf('service', '10')).toBe(own.id);
    expect(await linkOf('variant', '20')).toBe(own.variants[0]);
    expect(await linkOf('variant', '21')).toBe(own.variants[1]);
    expect(await desk.deps.db.serviceVariant.count({ where: { businessId: desk.business.id } })).toBe(2);
    expect((await desk.mapping('10', 'service'))?.card).toEqual({
      label: 'MANICURE HYBRYDOWY',
      lines: ['90 min · 150.00 PLN', '60 min · 120.00 PLN'],
    });
  });

  it('of the same name that are sold otherwise wait for a person; their variants wait with them', async () => {
    const own = await ownService('Strzyżenie', { minutes: 30, minor: 5_000n });
    await take([service('10', { name: 'Strzyzenie' })], [variant('20', '10', { durationMinutes: 120 })]);
    expect(await linkOf('service', '10')).toBeNull();
    expect(await linkOf('variant', '20')).toBeNull();
    expect(await desk.mapping('10', 'service')).toMatchObject({ state: 'unsure', candidates: [own.id] });
  });

  it('that waited come in with their variants once a person has decided', async () => {
    const own = await ownService('Strzyżenie', { minutes: 30, minor: 5_000n });
    const shown = [
      [service('10', { name: 'Strzyzenie' })],
      [variant('20', '10', { durationMinutes: 120 })],
    ] as const;
    await take(...shown);
    await desk.decide('10', { entity: 'service', decision: 'link', recordId: own.id });
    await take(...shown);
    expect(await linkOf('service', '10')).toBe(own.id);
    expect(await linkOf('variant', '20')).not.toBeNull();
  });

  it('come in only: what Booksy says replaces ours, and what was there is kept for an undo', async () => {
    await ownService('Manicure', { minutes: 60, minor: 12_000n });
    await take([service('10', { name: 'Manicure', description: 'Z malowaniem' })], [variant('20', '10')]);
    const row = await desk.deps.db.mapping.findFirstOrThrow({
      where: { businessId: desk.business.id, entity: 'service' },
    });
    expect(row.sealedBefore).not.toBeNull();
  });
});

describe('a variant', () => {
  it('shows what it is sold as, and the service that it belongs to', async () => {
    await ownService('Manicure', { minutes: 60, minor: 12_000n }, { minutes: 60, minor: 12_000n });
    await take([service('10', { name: 'Manicure' })], [variant('20', '10')]);
    await desk.decide('10', { entity: 'service', decision: 'link', recordId: await firstOwn() });
    await take([service('10', { name: 'Manicure' })], [variant('20', '10')]);
    const row = await desk.deps.db.mapping.findFirst({
      where: { businessId: desk.business.id, entity: 'variant', externalId: '20' },
    });
    expect(row?.parentExternalId).toBe('10');
    expect((await desk.mapping('20', 'variant'))?.card).toMatchObject({ lines: ['60 min · 120.00 PLN'] });
  });

  const firstOwn = async () =>
    (await desk.deps.db.service.findFirstOrThrow({ where: { businessId: desk.business.id } })).id;
});

describe('staff', () => {
  it('are linked by e-mail and name, and only once', async () => {
    const anna = await ownStaff('Anna Nowak', 'Anna@salon.example');
    await takeStaff({ id: '1', name: 'Anna Nowak', email: 'anna@salon.example' });
    expect(await staffOf('1')).toBe(anna);
    await takeStaff({ id: '2', name: 'Anna Nowak', email: 'anna@salon.example' });
    expect(await staffOf('2')).not.toBe(anna);
  });

  it('are not linked on a role mailbox', async () => {
    await ownStaff('Recepcja', 'recepcja@salon.example');
    await takeStaff({ id: '1', name: 'Marta Kos', email: 'recepcja@salon.example' });
    expect(
      await desk.deps.db.mapping.count({ where: { businessId: desk.business.id, state: 'linked' } }),
    ).toBe(0);
  });
});

describe('categories', () => {
  it('are linked by their name', async () => {
    const id = uuidv7();
    await desk.deps.db.serviceCategory.create({
      data: { id, businessId: desk.business.id, name: 'Paznokcie' },
    });
    const category = { externalId: '5', name: 'PAZNOKCIE', position: 1, importUid: null, unknown: null };
    await desk.records(categoryBinding, seenCategory(category, nextInterval()));
    expect(await linkOf('category', '5')).toBe(id);
    expect(await desk.deps.db.serviceCategory.count({ where: { businessId: desk.business.id } })).toBe(1);
  });
});

describe('kinds of record that are never the platform’s own', () => {
  it('ask nothing', async () => {
    const { matchFresh } = await import('../../../activities/matching/index.ts');
    const silent = { tx: undefined } as never;
    const seen = [seenStaff(resource('1'), nextInterval())];
    for (const entity of ['booking', 'time_off', 'hours'] as const) {
      expect(await matchFresh(silent, entity, seen)).toEqual({ link: new Map(), wait: new Set() });
    }
  });
});
