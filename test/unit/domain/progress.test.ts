import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { etaSeconds, FULL_SYNC_PHASES, summariseWalks } from '../../../domain/progress.ts';

describe('etaSeconds', () => {
  it.each([
    ['nothing read yet', 0, 100, 5_000, null],
    ['no time passed', 10, 100, 0, null],
    ['a clock that ran back', 10, 100, -1, null],
    ['a count below nought', -1, 100, 1_000, null],
    ['half done', 50, 100, 60_000, 60],
    ['a part of a second is a second', 99, 100, 1_000, 1],
    ['done', 100, 100, 60_000, 0],
    ['more rows than were announced', 120, 100, 60_000, 0],
    ['the long run', 1_000, 100_000, 20_000, 1_980],
  ])('%s', (_, done, total, elapsedMs, expected) => {
    expect(etaSeconds(done, total, elapsedMs)).toBe(expected);
  });

  it('is null or a whole number of seconds, never less for more rows to go', () => {
    const rows = fc.nat({ max: 200_000 });
    fc.assert(
      fc.property(rows, rows, rows, fc.nat({ max: 10_000_000 }), (done, total, more, elapsedMs) => {
        const eta = etaSeconds(done, total, elapsedMs);
        if (eta === null) {
          expect(done === 0 || elapsedMs === 0).toBe(true);
          return;
        }
        expect(Number.isSafeInteger(eta) && eta >= 0).toBe(true);
        expect(etaSeconds(done, total + more, elapsedMs)).toBeGreaterThanOrEqual(eta);
      }),
    );
  });
});

describe('the phases of a full sync', () => {
  it('bring in what visits refer to before the visits', () => {
    expect(FULL_SYNC_PHASES[FULL_SYNC_PHASES.length - 1]).toBe('push');
    expect(FULL_SYNC_PHASES.indexOf('clients')).toBeLessThan(FULL_SYNC_PHASES.indexOf('visits'));
    expect(FULL_SYNC_PHASES.indexOf('catalog')).toBeLessThan(FULL_SYNC_PHASES.indexOf('staff_and_hours'));
  });
});

describe('summariseWalks', () => {
  const opened = (rowsDone: number, rowsTotal: number) => ({ rowsDone, rowsTotal, rowsExpected: null });
  const expected = (rows: number | null) => ({ rowsDone: 0, rowsTotal: null, rowsExpected: rows });

  it.each([
    [
      'no list of known length',
      [expected(null)],
      { rowsDone: 0, rowsTotal: 0, totalIsKnown: false, etaSeconds: null },
    ],
    [
      'a list that is still to be opened',
      [opened(50, 50), expected(null)],
      { rowsDone: 50, rowsTotal: 50, totalIsKnown: false, etaSeconds: null },
    ],
    [
      'a list of which the last pass knew the length',
      [opened(50, 50), expected(150)],
      { rowsDone: 50, rowsTotal: 200, totalIsKnown: true, etaSeconds: 30 },
    ],
    [
      'a list that turned out longer than expected',
      [opened(50, 50), { rowsDone: 50, rowsTotal: 300, rowsExpected: 150 }],
      { rowsDone: 100, rowsTotal: 350, totalIsKnown: true, etaSeconds: 25 },
    ],
    [
      'all lists at their end',
      [opened(50, 50)],
      { rowsDone: 50, rowsTotal: 50, totalIsKnown: true, etaSeconds: 0 },
    ],
  ])('%s', (_, walks, summary) => {
    expect(summariseWalks(walks, 10_000)).toEqual(summary);
  });
});
