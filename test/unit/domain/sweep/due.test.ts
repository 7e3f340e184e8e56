import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CATCH_UP,
  dueAt,
  isCatchingUp,
  outages,
  pickDue,
  provenAt,
  type SweepState,
  type TaskState,
} from '../../../../domain/sweep/due.ts';
import { stretch } from '../../../../domain/sweep/stretch.ts';
import { SWEEP_TASKS, TASKS, type SweepTask } from '../../../../domain/sweep/tasks.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.parse('2026-11-22T12:00:00Z');
const USUAL = stretch({}, 1);

function salon(businessId: string, tasks: SweepState['tasks']): SweepState {
  return { businessId, tasks };
}
const proven = (minutesAgo: number, dueAt: number | null = null): TaskState => ({
  provenAt: NOW - minutesAgo * MINUTE,
  dueAt,
});
/** Everything proven a minute ago and due at its usual time. */
function fresh(businessId: string, over: SweepState['tasks'] = {}): SweepState {
  const tasks: Partial<Record<SweepTask, TaskState>> = {};
  for (const task of SWEEP_TASKS) {
    const { everySeconds } = TASKS[task];
    if (everySeconds !== null)
      tasks[task] = { provenAt: NOW - MINUTE, dueAt: NOW - MINUTE + everySeconds * 1000 };
  }
  return salon(businessId, { ...tasks, ...over });
}
const picked = (states: readonly SweepState[], limit = 100) =>
  pickDue(states, USUAL, NOW, limit).map(({ businessId, task }) => `${businessId} ${task}`);

describe('pickDue (R36)', () => {
  it('does nothing where nothing is due', () => {
    expect(picked([fresh('a'), fresh('b')])).toEqual([]);
  });

  it('takes the near window of all businesses before any far one', () => {
    const due = { dueAt: NOW - 1, provenAt: NOW - 10 * MINUTE };
    const a = fresh('a', { near: due, ahead: due, clients: due });
    const b = fresh('b', {
      near: { ...due, provenAt: NOW - 11 * MINUTE },
      ahead: { ...due, provenAt: NOW - 20 * MINUTE, dueAt: NOW + HOUR },
      past: due,
    });
    expect(picked([a, b])).toEqual(['b near', 'a near', 'a ahead', 'a clients', 'b past']);
  });

  it('takes those first that are unproven longest, then by id', () => {
    const due = (minutesAgo: number) => ({ near: proven(minutesAgo, NOW), ahead: proven(50, NOW + HOUR) });
    expect(picked([fresh('c', due(6)), fresh('b', due(9)), fresh('a', due(6))])).toEqual([
      'b near',
      'a near',
      'c near',
    ]);
  });

  it('takes what is due in a moment, and nothing earlier', () => {
    expect(picked([fresh('a', { near: proven(5, NOW + 29_000) })])).toEqual(['a near']);
    expect(picked([fresh('a', { near: proven(5, NOW + 31_000) })])).toEqual([]);
    // What failed and is put off for five minutes is put off, however rare it is.
    expect(picked([fresh('a', { past: proven(5, NOW + 5 * MINUTE) })])).toEqual([]);
  });

  it('counts a window that nobody noted from the proof of a full sync, and one without any as due', () => {
    const imported = { ahead: proven(1), recent: proven(1), past: proven(1) };
    const early = salon('a', imported);
    expect(picked([early])).not.toContain('a near');
    expect(dueAt(early, 'near', 300)).toBe(NOW - MINUTE + 5 * MINUTE);
    expect(picked([salon('a', { ...imported, ahead: proven(6) })])).toContain('a near');
    expect(picked([salon('b', {})])).toEqual([
      'b near',
      'b soon',
      'b ahead',
      'b clients',
      'b catalog',
      'b hours',
      'b recent',
      'b past',
    ]);
  });

  it('is total, gives no task twice and keeps to its limit, whatever the rows say', () => {
    const state = fc.record({
      dueAt: fc.option(fc.integer({ min: NOW - 10 * HOUR, max: NOW + 10 * HOUR })),
      provenAt: fc.option(fc.integer({ min: NOW - 100 * HOUR, max: NOW })),
    });
    const tasks = fc.dictionary(fc.constantFrom(...SWEEP_TASKS), state);
    const states = fc.uniqueArray(fc.record({ businessId: fc.uuid(), tasks }), {
      selector: ({ businessId }) => businessId,
      maxLength: 12,
    });
    fc.assert(
      fc.property(states, fc.integer({ min: 0, max: 30 }), (all, limit) => {
        const found = pickDue(all, USUAL, NOW, limit);
        const names = found.map(({ businessId, task }) => `${businessId}/${task}`);
        expect(new Set(names).size).toBe(names.length);
        expect(names.length).toBeLessThanOrEqual(limit);
        const ranks = found.map(({ task }) => SWEEP_TASKS.indexOf(task));
        expect(ranks).toEqual([...ranks].sort((x, y) => x - y));
        // The order of the rows says nothing.
        expect(pickDue([...all].reverse(), USUAL, NOW, limit)).toEqual(found);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('provenAt', () => {
  it('lets a wider pass prove the narrower window', () => {
    const state = salon('a', { near: proven(30), ahead: proven(10), recent: proven(4), hours: proven(3) });
    expect(provenAt(state, 'near')).toBe(NOW - 10 * MINUTE);
    expect(provenAt(state, 'next')).toBe(NOW - 10 * MINUTE);
    expect(provenAt(state, 'month')).toBe(NOW - 4 * MINUTE);
    expect(provenAt(state, 'soon')).toBe(NOW - 3 * MINUTE);
    expect(provenAt(state, 'past')).toBeNull();
  });
});

describe('after an outage (R37)', () => {
  it('finds businesses whose today and tomorrow were not proven for a quarter of an hour', () => {
    const quiet = fresh('a', { near: proven(16), ahead: proven(16) });
    const late = fresh('b', { near: proven(14), ahead: proven(40) });
    expect(outages([quiet, late, fresh('c')], USUAL, NOW)).toEqual(['a']);
  });

  it('does not find them again once they were asked for', () => {
    const asked = fresh('a', { near: proven(80), ahead: proven(80), next: { dueAt: NOW, provenAt: null } });
    expect(outages([asked], USUAL, NOW)).toEqual([]);
  });

  it('is patient where salons are so many that the near window is swept less often', () => {
    const stretched = { ...USUAL, near: 20 * 60 };
    const state = fresh('a', { near: proven(30), ahead: proven(30) });
    expect(outages([state], stretched, NOW)).toEqual([]);
    expect(outages([fresh('a', { near: proven(41), ahead: proven(41) })], stretched, NOW)).toEqual(['a']);
  });

  it('goes today and tomorrow of every salon, then 7 days, then near and horizon, then 30 days back', () => {
    const asked = (businessId: string, minutesAgo: number) =>
      fresh(
        businessId,
        Object.fromEntries(
          [...CATCH_UP, 'recent' as const].map((task) => [
            task,
            { dueAt: task === 'recent' ? NOW + HOUR : NOW, provenAt: NOW - minutesAgo * MINUTE },
          ]),
        ),
      );
    const salons = [asked('a', 80), asked('b', 90), asked('c', 85)];
    expect(picked(salons)).toEqual(
      CATCH_UP.flatMap((task) => ['b', 'c', 'a'].map((businessId) => `${businessId} ${task}`)),
    );
    expect(isCatchingUp(salons, NOW)).toBe(true);
    expect(isCatchingUp([fresh('a')], NOW)).toBe(false);
  });
});
