import { describe, expect, it } from 'vitest';
import { isShown, isStale, provenAtOf, type FreshRow } from '../../../../domain/sweep/freshness.ts';
import { SWEEP_TASKS, taskOf, TASKS } from '../../../../domain/sweep/tasks.ts';

const row = (windowKey: string, provenAt: number | null, over: Partial<FreshRow> = {}): FreshRow => ({
  entity: 'booking',
  windowKey,
  provenAt,
  dueAt: null,
  ...over,
});

describe('taskOf', () => {
  it('finds each task by each of its rows, and no row belongs to two', () => {
    const seen = new Set<string>();
    for (const task of SWEEP_TASKS) {
      for (const each of TASKS[task].rows) {
        expect(taskOf(each)).toBe(task);
        const name = `${each.entity} ${each.windowKey}`;
        expect(seen.has(name), name).toBe(false);
        seen.add(name);
      }
    }
    expect(taskOf({ entity: 'booking', windowKey: '2026-01' })).toBeNull();
  });
});

describe('provenAtOf', () => {
  const rows = [row('visits:near', 10), row('visits:ahead', 30), row('visits:past', 5)];
  it('is the proof of the row or of a wider one, of the same kind of record', () => {
    expect(provenAtOf(row('visits:near', 10), rows)).toBe(30);
    expect(provenAtOf(row('visits:ahead', 30), rows)).toBe(30);
    expect(provenAtOf(row('visits:past', 5), rows)).toBe(5);
    const hours = [row('list', 40, { entity: 'hours' }), row('list', null, { entity: 'time_off' })];
    expect(provenAtOf(row('soon', null, { entity: 'time_off' }), hours)).toBeNull();
    expect(provenAtOf(row('soon', null, { entity: 'hours' }), hours)).toBe(40);
  });

  it('takes windows of nobody as they are', () => {
    expect(provenAtOf(row('2026-01', 7), rows)).toBe(7);
  });
});

describe('isShown', () => {
  it('shows windows of an outage only while they are asked for', () => {
    expect(isShown(row('visits:next', 5))).toBe(false);
    expect(isShown(row('visits:next', 5, { dueAt: 9 }))).toBe(true);
    expect(isShown(row('visits:near', null))).toBe(true);
  });
});

describe('isStale (R20)', () => {
  it('is so after 15 minutes without a proof of today and tomorrow', () => {
    const minute = 60_000;
    expect(isStale([row('visits:near', 100 * minute)], 115 * minute)).toBe(false);
    expect(isStale([row('visits:near', 100 * minute)], 115 * minute + 1)).toBe(true);
    expect(isStale([], 0)).toBe(true);
  });

  it('is judged by the window of the day: the widest that proves it counts (R37)', () => {
    const minute = 60_000;
    const now = 1000 * minute;
    const rows = [
      row('visits:next', now - minute),
      row('visits:week', now - 20 * minute),
      row('visits:near', now - 30 * minute),
      row('visits:ahead', now - 119 * minute),
    ];
    const staleOn = (days: number, own = rows) => isStale(own, now, days);
    expect([-1, 0, 1, 2, 7, 8, 14].map((days) => staleOn(days))).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
    // Looked at once an hour: twice as long is an outage, and stretched it is stretched.
    expect(staleOn(15)).toBe(false);
    expect(staleOn(15, [row('visits:ahead', now - 121 * minute)])).toBe(true);
    expect(staleOn(15, [row('visits:ahead', now - 121 * minute, { everySeconds: 7200 })])).toBe(false);
    expect(staleOn(3, [row('visits:ahead', now - 14 * minute)])).toBe(false);
    expect(staleOn(15, [row('visits:near', now)])).toBe(true);
  });
});
