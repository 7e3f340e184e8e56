import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createClock } from '../../../simulator/clock.ts';
import { FAULT_DEFAULTS, Faults } from '../../../simulator/faults.ts';
import type { FaultSpec } from '../../../simulator/faults.ts';
import { Limiter } from '../../../simulator/limits.ts';
import { DEFAULT_LIMITS, DEFAULT_SETTINGS } from '../../../simulator/settings.ts';
import { Store } from '../../../simulator/state/store.ts';
import { LIST_ORDERS, VisitIndex } from '../../../simulator/state/visitIndex.ts';
import type { VisitQuery } from '../../../simulator/state/visitIndex.ts';
import { spanOf } from '../../../simulator/types.ts';
import type { Status, Visit } from '../../../simulator/types.ts';

function visit(id: number, from: number, length: number, status: Status): Visit {
  const part = {
    id,
    from,
    till: from + length,
    staffer: 1,
    appliance: null,
    variant: null,
    serviceName: null,
  };
  return {
    id,
    status,
    customer: null,
    type: 'B',
    name: null,
    phone: null,
    email: null,
    customerNote: null,
    businessNote: null,
    importUid: null,
    parts: [part],
    traveling: null,
    repeating: false,
  };
}

describe('the visit index', () => {
  it('gives the same pages as a plain filter and sort, whatever was put and deleted before', () => {
    const someVisit = fc.record({
      id: fc.integer({ min: 1, max: 60 }),
      from: fc.integer({ min: 0, max: 500 }),
      length: fc.integer({ min: 1, max: 200 }),
      status: fc.constantFrom<Status>('A', 'C', 'D', 'F'),
      gone: fc.boolean(),
    });
    const someTime = fc.option(fc.integer({ min: 0, max: 600 }), { nil: null });
    fc.assert(
      fc.property(
        fc.array(someVisit, { maxLength: 60 }),
        fc.integer({ min: 0, max: 60 }),
        fc.record<VisitQuery>({
          from: someTime,
          till: someTime,
          filter: fc.constantFrom('start', 'overlap'),
          order: fc.constantFrom(...LIST_ORDERS),
          withCancelled: fc.boolean(),
        }),
        fc.integer({ min: 1, max: 7 }),
        (steps, loadedSteps, query, limit) => {
          const index = new VisitIndex();
          const model = new Map<number, Visit>();
          const first = new Map(
            steps.slice(0, loadedSteps).map((s) => [s.id, visit(s.id, s.from, s.length, s.status)]),
          );
          index.load([...first.values()]);
          for (const [id, loaded] of first) model.set(id, loaded);
          for (const step of steps.slice(loadedSteps)) {
            index.page(query, 0, limit);
            if (step.gone) {
              index.delete(step.id);
              model.delete(step.id);
            } else {
              const made = visit(step.id, step.from, step.length, step.status);
              index.put(made);
              model.set(step.id, made);
            }
          }
          const expected = [...model.values()]
            .filter((v) => query.withCancelled || (v.status !== 'C' && v.status !== 'D'))
            .filter((v) => {
              const { from, till } = spanOf(v);
              const late = query.till === null || from < query.till;
              if (query.from === null) return late;
              const meets = query.filter === 'start' ? from >= query.from : till > query.from;
              // A window that ends before it begins holds nothing.
              return late && meets && (query.till === null || query.till > query.from);
            })
            .sort(
              (a, b) => (query.order.startsWith('id') ? 0 : spanOf(a).from - spanOf(b).from) || a.id - b.id,
            );
          if (query.order.endsWith('desc')) expected.reverse();
          const seen: number[] = [];
          for (let offset = 0; offset < expected.length + limit; offset += limit) {
            const page = index.page(query, offset, limit);
            expect(page.total).toBe(expected.length);
            seen.push(...page.rows.map(({ id }) => id));
          }
          expect(seen).toEqual(expected.map(({ id }) => id));
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('the limiter', () => {
  const at = (start: number): { set(ms: number): void; limiter: Limiter } => {
    let now = start;
    const limiter = new Limiter(createClock(() => now));
    return { limiter, set: (ms) => (now = ms) };
  };
  const burst = (limiter: Limiter, limits: typeof DEFAULT_LIMITS, times: number): number =>
    Array.from({ length: times }, () => limiter.take('k', limits)).filter((wait) => wait === 0).length;

  it('fixed: starts anew with each window, so that two bursts may touch', () => {
    const { limiter, set } = at(0);
    const limits = { ...DEFAULT_LIMITS, algorithm: 'fixed' as const, limit: 5, windowMs: 1000 };
    set(900);
    expect(burst(limiter, limits, 8)).toBe(5);
    set(1899);
    expect(burst(limiter, limits, 8)).toBe(0);
    set(1900);
    expect(burst(limiter, limits, 8)).toBe(5);
  });

  it('sliding: never more than the limit in any window', () => {
    const { limiter, set } = at(0);
    const limits = { ...DEFAULT_LIMITS, algorithm: 'sliding' as const, limit: 5, windowMs: 1000 };
    expect(burst(limiter, limits, 3)).toBe(3);
    set(600);
    expect(burst(limiter, limits, 9)).toBe(2);
    set(1000);
    expect(burst(limiter, limits, 9)).toBe(3);
    expect(limiter.take('k', limits)).toBe(600);
  });

  it('bucket: fills again little by little', () => {
    const { limiter, set } = at(0);
    const limits = { ...DEFAULT_LIMITS, algorithm: 'bucket' as const, limit: 10, windowMs: 1000, burst: 4 };
    expect(burst(limiter, limits, 9)).toBe(4);
    set(100);
    expect(burst(limiter, limits, 9)).toBe(1);
    set(10_000);
    expect(burst(limiter, limits, 9)).toBe(4);
  });
});

describe('the clock', () => {
  it('does in order what falls due while it is pushed on, and what that brings about', async () => {
    const clock = createClock(() => 0);
    const done: string[] = [];
    clock.at(2000, () => void done.push('second'));
    clock.at(1000, async () => {
      await Promise.resolve();
      done.push('first');
      clock.at(1500, () => void done.push('brought about'));
    });
    clock.at(9000, () => void done.push('too early'));
    await clock.advance(3000);
    expect(new Set(done)).toEqual(new Set(['second', 'first', 'brought about']));
    expect(clock.waiting()).toBe(1);
    clock.clear();
  });
});

describe('faults', () => {
  const target = {
    method: 'GET',
    template: '/business/{business_id}/customer/',
    salon: 1001,
    query: new URLSearchParams('offset=100'),
  };
  const spec = (more: Partial<FaultSpec>): FaultSpec => ({ ...FAULT_DEFAULTS, kind: 'status', ...more });
  const armed = (faults: Faults, where = target): number => {
    const { faults: found, release } = faults.arm(['status'], where);
    for (const fault of found) fault.hit();
    release();
    return found.length;
  };

  it.each([
    [{ route: 'GET /business/{business_id}/customer/' }, 1],
    [{ route: '* /business/*/customer/' }, 1],
    [{ route: 'POST /business/{business_id}/customer/' }, 0],
    [{ route: '/business/{business_id}/customer/' }, 1],
    [{ salon: 1002 }, 0],
    [{ query: { offset: '100' } }, 1],
    [{ query: { offset: '200' } }, 0],
  ])('%j hits %i', (more, hits) => {
    const faults = new Faults();
    faults.add(spec(more), 's');
    expect(armed(faults)).toBe(hits);
  });

  it('skips, counts, and leaves calls for tokens alone unless named', () => {
    const faults = new Faults();
    faults.add(spec({ skip: 1, count: 2 }), 's');
    expect([0, 1, 2, 3].map(() => armed(faults))).toEqual([0, 1, 1, 0]);
    const token = { ...target, method: 'POST', template: '/oauth/token' };
    faults.add(spec({}), 's');
    expect(armed(faults, token)).toBe(0);
    faults.add(spec({ route: 'POST /oauth/token' }), 's');
    expect(armed(faults, token)).toBe(1);
    expect(faults.hits()).toEqual({ status: 3 });
  });

  it('gives back what did nothing', () => {
    const faults = new Faults();
    faults.add(spec({ count: 1 }), 's');
    const first = faults.arm(['status'], target);
    expect(faults.arm(['status'], target).faults).toHaveLength(0);
    first.release();
    expect(armed(faults)).toBe(1);
  });

  it('draws by the seed', () => {
    const draw = (seed: string): number[] => {
      const faults = new Faults();
      faults.add(spec({ count: null, probability: 0.5 }), seed);
      return Array.from({ length: 40 }, () => armed(faults));
    };
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
  });
});

describe('the data file', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const seed = {
    seed: 's',
    salons: 1,
    visits: 30,
    clients: 10,
    today: '2026-11-22',
    staff: null,
    overbooked: null,
  };
  const openIn = (folder: string, parameters = seed): Store =>
    Store.open(
      folder,
      parameters,
      DEFAULT_SETTINGS,
      createClock(() => 0),
    );
  const journalOf = (folder: string): string =>
    join(folder, readdirSync(folder).find((n) => n.endsWith('.ndjson')) ?? '');
  const rename = (store: Store, name: string): void => {
    const salon = store.all()[0];
    const card = salon?.customers.slice(0, 1)[0];
    if (salon === undefined || card === undefined) throw new Error('no salon');
    store.put(salon, { kind: 'customer', key: String(card.id), record: { ...card, first_name: name } });
  };
  const nameIn = (store: Store): string | undefined => store.all()[0]?.customers.slice(0, 1)[0]?.first_name;

  it('replays what was changed, keeps its own seed, and heals a torn last line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    folders.push(folder);
    const first = openIn(folder);
    rename(first, 'Pierwsza');
    first.configure({ latencyMs: 7 });
    first.close();
    appendFileSync(journalOf(folder), '{"t":"put","salon":10');
    const second = openIn(folder, { ...seed, seed: 'another', visits: 5 });
    expect(nameIn(second)).toBe('Pierwsza');
    expect(second.settings.latencyMs).toBe(7);
    expect(second.parameters.visits).toBe(30);
    rename(second, 'Druga');
    second.close();
    expect(
      readFileSync(journalOf(folder), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toHaveLength(3);
    const third = openIn(folder);
    expect(nameIn(third)).toBe('Druga');
    third.reset({ ...seed, visits: 3 }, DEFAULT_SETTINGS);
    third.close();
    const fourth = openIn(folder);
    expect(nameIn(fourth)).not.toBe('Druga');
    expect(fourth.all()[0]?.visits.size).toBe(3);
    fourth.close();
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('says so where the middle of the journal is damaged', () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    folders.push(folder);
    const store = openIn(folder);
    appendFileSync(journalOf(folder), 'torn\n{"t":"clock","offsetMs":5}\n');
    store.close();
    expect(() => openIn(folder)).toThrow(/damaged/);
  });
});
