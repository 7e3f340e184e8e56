import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostCallsInWindow, pacePlan, USED_SHARE, type PacePlan } from '../../../booksy/pacer/arithmetic.ts';
import { LaneQueue, type Waiter } from '../../../booksy/pacer/queue.ts';
import { LANES, type Lane } from '../../../booksy/pacer/statement.ts';

const rates = fc.record({
  limit: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 400, max: 1_000_000 })),
  windowMs: fc.integer({ min: 100, max: 3_600_000 }),
});

/** The grant rule of the statement, in plain words: at most what GCRA allows at this moment. */
function gcra(plan: PacePlan) {
  let tat = Number.NEGATIVE_INFINITY;
  return (nowMs: number, wanted: number): number => {
    const base = Math.max(tat, nowMs);
    const cells = Math.max(0, Math.floor((nowMs - base + plan.toleranceMs) / plan.intervalMs + 1e-6) + 1);
    const granted = Math.min(wanted, cells);
    if (granted > 0) tat = base + granted * plan.intervalMs;
    return granted;
  };
}

function mostInAnyWindow(times: readonly number[], windowMs: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  sorted.forEach((time, index) => {
    while (time - (sorted[first] ?? time) > windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
}

describe('the pace (R34)', () => {
  it('is 97 % of 200 a minute with room for late departures', () => {
    const plan = pacePlan({ limit: 200, windowMs: 60_000 });
    expect(plan.intervalMs).toBeCloseTo(60_000 / (USED_SHARE * 200), 6);
    expect(plan.burst).toBe(4);
    expect(USED_SHARE * 200 + plan.burst).toBeLessThanOrEqual(200);
    expect(plan.staleAfterMs).toBeGreaterThan(500);
  });

  it('never allows more than the limit in any window, even if calls leave late', () => {
    fc.assert(
      fc.property(rates, (rate) => {
        const plan = pacePlan(rate);
        expect(plan.burst).toBeGreaterThanOrEqual(1);
        expect(plan.burst).toBeLessThanOrEqual(6);
        expect(plan.staleAfterMs).toBeGreaterThan(0);
        expect(mostCallsInWindow(plan, plan.staleAfterMs)).toBeLessThanOrEqual(rate.limit);
      }),
      { numRuns: 2000 },
    );
  });

  it('holds for any pattern of asking and any lateness that is let through', () => {
    fc.assert(
      fc.property(
        fc.record({ limit: fc.integer({ min: 1, max: 60 }), windowMs: fc.integer({ min: 500, max: 5000 }) }),
        fc.array(
          fc.record({
            pauseMs: fc.oneof(
              fc.double({ min: 0, max: 50, noNaN: true }),
              fc.double({ min: 0, max: 3000, noNaN: true }),
            ),
            wanted: fc.integer({ min: 1, max: 8 }),
            late: fc.double({ min: 0, max: 1, noNaN: true }),
          }),
          { maxLength: 300 },
        ),
        (rate, asks) => {
          const plan = pacePlan(rate);
          const ask = gcra(plan);
          const departures: number[] = [];
          let nowMs = 0;
          for (const { pauseMs, wanted, late } of asks) {
            nowMs += pauseMs;
            const granted = ask(nowMs, wanted);
            for (let i = 0; i < granted; i += 1) departures.push(nowMs + late * plan.staleAfterMs);
          }
          expect(mostInAnyWindow(departures, rate.windowMs)).toBeLessThanOrEqual(rate.limit);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('uses the allowance: a caller who always waits gets at least 95 %', () => {
    for (const limit of [50, 200, 2000]) {
      const plan = pacePlan({ limit, windowMs: 60_000 });
      const ask = gcra(plan);
      let granted = 0;
      for (let nowMs = 0; nowMs < 600_000; nowMs += 5) granted += ask(nowMs, 1);
      expect(granted / (limit * 10)).toBeGreaterThan(0.95);
      expect(granted / (limit * 10)).toBeLessThanOrEqual(1);
    }
  });

  it('refuses a rate that makes no sense', () => {
    expect(() => pacePlan({ limit: 0, windowMs: 1000 })).toThrow(RangeError);
    expect(() => pacePlan({ limit: 10, windowMs: 0 })).toThrow(RangeError);
  });
});

describe('the queue of one process', () => {
  const waiter = (lane: Lane, businessKey: string, id = 0): Waiter & { id: number } => ({
    lane,
    businessKey,
    id,
  });

  it('takes businesses of a lane in turn, each in order of arrival', () => {
    const queue = new LaneQueue<Waiter & { id: number }>();
    for (let id = 1; id <= 3; id += 1) queue.push(waiter(4, 'big', id));
    queue.push(waiter(4, 'small', 4));
    queue.push(waiter(4, 'third', 5));
    const order = [1, 2, 3, 4, 5].map(() => queue.take(4)?.id);
    expect(order).toEqual([1, 4, 5, 2, 3]);
    expect(queue.take(4)).toBeUndefined();
    expect(queue.size).toBe(0);
  });

  it('puts back in front and takes out who gave up', () => {
    const queue = new LaneQueue<Waiter & { id: number }>();
    const [first, second] = [waiter(1, 'a', 1), waiter(1, 'a', 2)];
    queue.push(second);
    queue.pushBack(first);
    expect(queue.counts()).toEqual([2, 0, 0, 0, 0]);
    expect(queue.remove(first)).toBe(true);
    expect(queue.remove(first)).toBe(false);
    expect(queue.drain()).toEqual([second]);
    expect(queue.counts()).toEqual([0, 0, 0, 0, 0]);
  });

  it('loses and doubles nobody', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ lane: fc.constantFrom(...LANES), businessKey: fc.constantFrom('a', 'b', 'c') })),
        (callers) => {
          const queue = new LaneQueue<Waiter>();
          for (const caller of callers) queue.push(caller);
          expect(queue.size).toBe(callers.length);
          const taken = LANES.flatMap((lane) => {
            const out: Waiter[] = [];
            for (let next = queue.take(lane); next !== undefined; next = queue.take(lane)) out.push(next);
            return out;
          });
          expect(new Set(taken)).toEqual(new Set(callers));
          expect(taken).toHaveLength(callers.length);
        },
      ),
    );
  });
});
