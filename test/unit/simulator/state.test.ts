import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createClock } from '../../../simulator/clock.ts';
import { Counters } from '../../../simulator/counters.ts';
import { checkParameters } from '../../../simulator/generate/index.ts';
import { DEFAULT_SETTINGS } from '../../../simulator/settings.ts';
import { CustomerTable } from '../../../simulator/state/customers.ts';
import { factsOf } from '../../../simulator/state/facts.ts';
import { compacted } from '../../../simulator/state/compact.ts';
import type { Salon } from '../../../simulator/state/salon.ts';
import { Store } from '../../../simulator/state/store.ts';
import type { Customer } from '../../../simulator/types.ts';

const SEED = {
  seed: 's',
  salons: 2,
  visits: 60,
  clients: 20,
  today: '2026-11-22',
  staff: null,
  overbooked: null,
};

describe('the data file', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const open = (folder: string): Store =>
    Store.open(
      folder,
      SEED,
      DEFAULT_SETTINGS,
      createClock(() => 0),
    );
  const size = (folder: string): number =>
    readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const pictureOf = (store: Store): unknown =>
    store.all().map((salon) => ({
      facts: factsOf(salon),
      visits: [...salon.visits.values()].sort((a, b) => a.id - b.id),
      customers: salon.customers.all(),
      lastId: salon.lastGivenId,
    }));

  it('is written anew where most of it is old, and says the same', () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    folders.push(folder);
    const store = open(folder);
    const [first, second] = store.all() as [Salon, Salon];
    const visits = [...first.visits.values()].slice(0, 5);
    const card = second.customers.slice(0, 1)[0]!;
    for (let n = 0; n < 600; n += 1) {
      for (const visit of visits) {
        const record = { ...visit, customerNote: `note ${String(n)}` };
        store.put(first, { kind: 'visit', key: String(visit.id), record });
      }
      store.put(second, {
        kind: 'customer',
        key: String(card.id),
        record: { ...card, email: `${String(n)}@x.example` },
      });
      store.configure({ latencyMs: n });
    }
    // A visit that came and went: its id must not be given again.
    const gone = { ...visits[0]!, id: first.newId() };
    store.put(first, { kind: 'visit', key: String(gone.id), record: gone });
    store.remove(first, 'visit', String(gone.id));
    const before = pictureOf(store);
    store.close();
    const large = size(folder);

    const again = open(folder);
    expect(pictureOf(again)).toEqual(before);
    expect(again.settings.latencyMs).toBe(599);
    again.close();
    expect(size(folder)).toBeLessThan(large / 50);

    const third = open(folder);
    expect(pictureOf(third)).toEqual(before);
    expect(third.all()[0]!.newId()).toBeGreaterThan(gone.id);
    third.close();
  });

  it('stays as it is where little would be spared', () => {
    const entry = (n: number): object => ({ t: 'put', salon: 1, kind: 'visit', key: String(n), record: {} });
    expect(
      compacted(
        Array.from({ length: 5000 }, (_, n) => entry(n)),
        new Map(),
      ),
    ).toBeNull();
    expect(
      compacted(
        Array.from({ length: 100 }, () => entry(1)),
        new Map(),
      ),
    ).toBeNull();
    expect(
      compacted(
        Array.from({ length: 5000 }, () => entry(1)),
        new Map([[1, 9]]),
      ),
    ).toEqual([{ t: 'ids', salon: 1, lastId: 9 }, entry(1)]);
    // Of kinds that others lean on every version stays.
    const service = { t: 'put', salon: 1, kind: 'service', key: '1', record: {} };
    expect(
      compacted(
        Array.from({ length: 5000 }, () => service),
        new Map(),
      ),
    ).toBeNull();
  });
});

describe('client cards', () => {
  it('are found by their contact, whatever was put and deleted before', () => {
    const step = fc.record({
      id: fc.integer({ min: 1, max: 12 }),
      first_name: fc.constantFrom('Ala', 'Ola'),
      cell_phone: fc.constantFrom('1', null),
      gone: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const table = new CustomerTable();
        const model = new Map<number, Customer>();
        for (const { gone, ...given } of steps) {
          const card = { ...given, last_name: '', email: null } as Customer;
          if (gone) {
            table.delete(card.id);
            model.delete(card.id);
          } else {
            table.put(card);
            model.set(card.id, card);
          }
        }
        for (const first_name of ['Ala', 'Ola', 'Ela']) {
          for (const cell_phone of ['1', null]) {
            const ids = [...model.values()]
              .filter((card) => card.first_name === first_name && card.cell_phone === cell_phone)
              .map(({ id }) => id);
            const expected = ids.length === 0 ? null : Math.min(...ids);
            expect(table.withContact({ first_name, last_name: '', cell_phone, email: null })).toBe(expected);
          }
        }
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});

describe('counters', () => {
  it('go on from what was kept, and refuse what they did not write', () => {
    const first = new Counters();
    first.call('data', 'GET /x', 1001, 0, 1000);
    first.answer(429, false);
    first.write('api', 'created', 'appointment');
    first.webhook('delivered');
    const second = new Counters();
    expect(second.restore(JSON.parse(JSON.stringify(first.keep())))).toBe(true);
    expect(second.read()).toEqual(first.read());
    second.call('data', 'GET /x', 1001, 0, 1000);
    expect(second.read()['calls']).toMatchObject({ total: 2, bySalon: { 1001: { total: 2 } } });
    expect(new Counters().restore({ calls: 'many' })).toBe(false);
  });
});

describe('how much there may be', () => {
  it.each([
    [{ salons: 100, visits: 10_000 }, null],
    [{ salons: 100, visits: 100_000 }, 'visits'],
    [{ salons: 1, visits: 300_000 }, null],
    [{ salons: 1000, visits: 10, clients: 2000 }, 'clients'],
  ])('%j: %j', (more, field) => {
    const wrong = checkParameters({ ...SEED, ...more });
    expect(wrong?.field ?? null).toBe(field);
    if (field === 'visits') expect(wrong?.problem).toContain('with 100 salons at most 10000');
  });
});
