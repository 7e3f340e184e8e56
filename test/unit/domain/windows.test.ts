import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FULL_SYNC_WINDOWS,
  startsInWindow,
  SWEEP_WINDOWS,
  visitWindow,
  visitWindows,
  widestAround,
} from '../../../domain/windows.ts';

const DAY_MS = 86_400_000;
const localMinute = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 16);
const day = fc.integer({ min: Date.UTC(2000, 0) / DAY_MS, max: Date.UTC(2040, 0) / DAY_MS });

describe('visitWindows', () => {
  it('walks what is to come first, then the last three months, then the long past', () => {
    expect(visitWindows('2025-05-01')).toEqual([
      { key: 'ahead', fromLocal: '2025-04-30T00:00', tillLocal: null },
      { key: 'recent', fromLocal: '2025-01-29T00:00', tillLocal: '2025-04-30T00:00' },
      { key: 'past', fromLocal: null, tillLocal: '2025-01-29T00:00' },
    ]);
  });

  it.each([
    ['over a new year', '2025-01-01', '2024-12-31T00:00', '2024-10-01T00:00'],
    ['over a leap day', '2024-03-01', '2024-02-29T00:00', '2023-11-30T00:00'],
  ])('cuts whole days %s', (_, today, aheadFrom, recentFrom) => {
    const [ahead, recent, past] = visitWindows(today);
    expect([ahead?.fromLocal, recent?.fromLocal, past?.tillLocal]).toEqual([
      aheadFrom,
      recentFrom,
      recentFrom,
    ]);
  });
});

describe('startsInWindow', () => {
  it('counts the first minute in and the last out', () => {
    const [ahead, recent, past] = visitWindows('2025-05-01');
    const windowsOf = (local: string) =>
      [ahead!, recent!, past!].filter((window) => startsInWindow(local, window)).map(({ key }) => key);
    expect(windowsOf('2025-04-30T00:00')).toEqual(['ahead']);
    expect(windowsOf('2025-04-29T23:59')).toEqual(['recent']);
    expect(windowsOf('2025-01-29T00:00')).toEqual(['recent']);
    expect(windowsOf('2025-01-28T23:59')).toEqual(['past']);
    expect(windowsOf('1999-12-31T23:59')).toEqual(['past']);
    expect(windowsOf('2999-12-31T23:59')).toEqual(['ahead']);
  });

  it('puts every local minute into exactly one window', () => {
    const near = fc.integer({ min: -100 * 1_440, max: 10 * 1_440 });
    const edge = fc.constantFrom(-1_440, -1_441, -1_439, -92 * 1_440, -92 * 1_440 - 1, -92 * 1_440 + 1);
    const far = fc.integer({ min: -9_000 * 1_440, max: 9_000 * 1_440 });
    fc.assert(
      fc.property(day, fc.oneof(near, edge, far), (today, minutes) => {
        const windows = visitWindows(localMinute(today * DAY_MS).slice(0, 10));
        const start = localMinute(today * DAY_MS + minutes * 60_000);
        expect(windows.filter((window) => startsInWindow(start, window))).toHaveLength(1);
      }),
      { numRuns: 2_000 },
    );
  });

  it('has today and last night among what is to come', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -1_440, max: 1_439 }), (today, minutes) => {
        const ahead = visitWindows(localMinute(today * DAY_MS).slice(0, 10))[0]!;
        expect(startsInWindow(localMinute(today * DAY_MS + minutes * 60_000), ahead)).toBe(true);
      }),
    );
  });
});

describe('visitWindow', () => {
  const today = '2026-03-28';
  it('cuts the windows of sweeps around today', () => {
    const cut = (key: Parameters<typeof visitWindow>[0]) => {
      const { fromLocal, tillLocal } = visitWindow(key, today);
      return [fromLocal, tillLocal];
    };
    expect(cut('near')).toEqual(['2026-03-27T00:00', '2026-04-12T00:00']);
    expect(cut('next')).toEqual(['2026-03-28T00:00', '2026-03-30T00:00']);
    expect(cut('week')).toEqual(['2026-03-28T00:00', '2026-04-05T00:00']);
    expect(cut('month')).toEqual(['2026-02-26T00:00', '2026-03-27T00:00']);
  });

  it('R3 names the window of a full sync that each one lies in', () => {
    for (const key of [...FULL_SYNC_WINDOWS, ...SWEEP_WINDOWS]) {
      const [inner, outer] = [visitWindow(key, today), visitWindow(widestAround(key), today)];
      expect((outer.fromLocal ?? '') <= (inner.fromLocal ?? ''), key).toBe(true);
      expect((outer.tillLocal ?? '9') >= (inner.tillLocal ?? '9'), key).toBe(true);
    }
  });
});
