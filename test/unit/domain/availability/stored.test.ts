import { describe, expect, it } from 'vitest';
import { gapOf, hoursOfRows, offerRulesOf, paddingOf } from '../../../../domain/availability/index.ts';
import { DEFAULT_RULE } from '../../../../domain/rules/rules.ts';

describe('from stored rows', () => {
  it('hours: one set of weeks for each first day, and the custom days', () => {
    const row = {
      kind: 'weekly',
      dayOfWeek: 1,
      date: null,
      appliesFrom: null,
      intervals: [[540, 1020] as const],
    };
    expect(
      hoursOfRows([
        row,
        { ...row, dayOfWeek: 2, intervals: [] },
        { ...row, appliesFrom: '2027-01-01' },
        { ...row, kind: 'custom', dayOfWeek: null, date: '2026-12-24', intervals: [[540, 720]] },
      ]),
    ).toEqual({
      weekly: [
        {
          appliesFrom: null,
          days: [
            { dayOfWeek: 1, intervals: [[540, 1020]] },
            { dayOfWeek: 2, intervals: [] },
          ],
        },
        { appliesFrom: '2027-01-01', days: [{ dayOfWeek: 1, intervals: [[540, 1020]] }] },
      ],
      custom: [{ date: '2026-12-24', intervals: [[540, 720]] }],
    });
    expect(hoursOfRows([])).toEqual({ weekly: [], custom: [] });
  });

  it.each([
    ['before', 10, { beforeMinutes: 10, afterMinutes: 0 }],
    ['after', 10, { beforeMinutes: 0, afterMinutes: 10 }],
    ['both', 10, { beforeMinutes: 10, afterMinutes: 10 }],
    // Not set: the rule's buffers count (R22).
    [null, 10, null],
    ['both', 0, null],
    ['around', 10, null],
  ])('padding %s of %d minutes', (kind, minutes, padding) => {
    expect(paddingOf(kind, minutes)).toEqual(padding);
  });

  it.each([
    [20, 30, { afterMinutes: 20, minutes: 30 }],
    [0, 30, { afterMinutes: 0, minutes: 30 }],
    [null, 30, null],
    [20, null, null],
    [20, 0, null],
    [-1, 30, null],
  ])('a gap after %s for %s minutes (R21)', (after, minutes, gap) => {
    expect(gapOf(after, minutes)).toEqual(gap);
  });

  it('a sync rule bounds the offer (R22, R25)', () => {
    expect(offerRulesOf(DEFAULT_RULE, { noticeMinutes: 60, slotStepMinutes: 15 })).toEqual({
      noticeMinutes: 60,
      horizonDays: 90,
      slotStepMinutes: 15,
      bufferBeforeMinutes: 15,
      bufferAfterMinutes: 15,
    });
  });
});
