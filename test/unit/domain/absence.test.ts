import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterGone, exceedsBlastRadius } from '../../../domain/absence.ts';

describe('exceedsBlastRadius (R3)', () => {
  it.each([
    [0, 0, false],
    [10, 0, false],
    [11, 0, true],
    [10, 10, false],
    [11, 200, true],
    [11, 219, true],
    [11, 220, false],
    [12, 220, true],
    [300, 6_000, false],
    [301, 6_000, true],
    [5_000, 100_000, false],
    [5_001, 100_000, true],
  ])('%i missing of %i: %j', (suspects, known, expected) => {
    expect(exceedsBlastRadius(suspects, known)).toBe(expected);
  });

  it('is exactly more than ten and more than one in twenty', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2_000 }), fc.nat({ max: 40_000 }), (suspects, known) => {
        expect(exceedsBlastRadius(suspects, known)).toBe(suspects > 10 && suspects * 20 > known);
      }),
      { numRuns: 2_000 },
    );
    for (let twentieths = 11; twentieths < 5_000; twentieths += 1) {
      expect(exceedsBlastRadius(twentieths, twentieths * 20)).toBe(false);
      expect(exceedsBlastRadius(twentieths + 1, twentieths * 20)).toBe(true);
    }
  });
});

describe('afterGone (R18)', () => {
  it.each([
    ['2025-05-01T10:00:00.001Z', 'cancel'],
    ['2025-05-01T10:00:00.000Z', 'keep_marked'],
    ['2025-05-01T09:59:59.999Z', 'keep_marked'],
    ['2026-01-01T00:00:00.000Z', 'cancel'],
    ['2024-12-31T23:59:59.999Z', 'keep_marked'],
  ])('a visit that starts at %s: %s', (startsAt, expected) => {
    expect(afterGone(startsAt, '2025-05-01T10:00:00.000Z')).toBe(expected);
  });
});
