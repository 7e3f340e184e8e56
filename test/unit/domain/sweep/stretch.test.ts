import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pagesOf, stretch, SWEEP_SHARE, type Costs } from '../../../../domain/sweep/stretch.ts';
import { SWEEP_TASKS, TASKS } from '../../../../domain/sweep/tasks.ts';

const ALLOWED = 200 / 60;

/** Costs of so many salons of the usual size. */
const salons = (count: number): Costs => ({
  near: count,
  soon: 20 * count,
  ahead: 4 * count,
  clients: 10 * count,
  catalog: 64 * count,
  hours: 41 * count,
  recent: 10 * count,
  past: 50 * count,
});

/** Calls a second that sweeps at these intervals need. */
function load(costs: Costs, allowed: number): number {
  const intervals = stretch(costs, allowed);
  return SWEEP_TASKS.reduce((sum, task) => sum + (costs[task] ?? 0) / (intervals[task] ?? Infinity), 0);
}

describe('stretch (R36)', () => {
  it('stretches nothing while everything fits', () => {
    const intervals = stretch(salons(1), ALLOWED);
    for (const task of SWEEP_TASKS) expect(intervals[task], task).toBe(TASKS[task].everySeconds);
  });

  it('stretches what is far before what is near', () => {
    const few = stretch(salons(30), ALLOWED);
    expect(few.near).toBe(300);
    expect(few.catalog).toBeGreaterThan(3600);
    const many = stretch(salons(1000), ALLOWED);
    const factor = (task: 'near' | 'catalog' | 'past') => (many[task] ?? 0) / (TASKS[task].everySeconds ?? 1);
    expect(factor('near')).toBeGreaterThan(1);
    expect(factor('near')).toBeLessThan(factor('catalog'));
  });

  it('never plans with more than the share of the allowance, and forgets nothing, whatever the salons cost', () => {
    const cost = fc.integer({ min: 0, max: 1_000_000 });
    const costs = fc.dictionary(fc.constantFrom(...SWEEP_TASKS), cost);
    fc.assert(
      fc.property(costs, fc.double({ min: 0.1, max: 1000, noNaN: true }), (given, allowed) => {
        expect(load(given, allowed)).toBeLessThanOrEqual(allowed * SWEEP_SHARE * (1 + 1e-9));
        const intervals = stretch(given, allowed);
        for (const task of SWEEP_TASKS) {
          const { everySeconds } = TASKS[task];
          if (everySeconds === null) expect(intervals[task]).toBeNull();
          else {
            expect(intervals[task]).toBeGreaterThanOrEqual(everySeconds);
            expect(Number.isFinite(intervals[task]), `${task} is forgotten`).toBe(true);
          }
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('more salons never make a sweep more frequent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), (count) => {
        const [less, more] = [stretch(salons(count), ALLOWED), stretch(salons(count + 1), ALLOWED)];
        for (const task of SWEEP_TASKS) expect(more[task] ?? 0).toBeGreaterThanOrEqual(less[task] ?? 0);
      }),
    );
  });
});

describe('pagesOf', () => {
  it('counts pages that overlap by one row', () => {
    expect([0, 1, 100, 101, 199, 200, 298, 299].map((rows) => pagesOf(rows, 100))).toEqual([
      1, 1, 1, 2, 2, 3, 3, 4,
    ]);
  });
});
