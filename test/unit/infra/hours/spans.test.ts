import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merged } from '../../../../domain/availability/spans.ts';
import { versionOf, weekOn, weeksOf } from '../../../../infra/hours/rows.ts';
import { without } from '../../../../infra/hours/visits.ts';

const span = fc
  .tuple(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 1, max: 40 }))
  .map(([from, length]) => ({ from, till: from + length }));
const spans = fc.array(span, { maxLength: 8 }).map((all) => merged(all));
const minutesOf = (all: readonly { from: number; till: number }[]) =>
  new Set(all.flatMap(({ from, till }) => Array.from({ length: till - from }, (_, at) => from + at)));

describe('what was closed', () => {
  it('is every minute that was open and is not, and no other', () => {
    fc.assert(
      fc.property(spans, spans, (before, after) => {
        const now = minutesOf(after);
        const closed = without(before, after);
        expect(minutesOf(closed)).toEqual(
          new Set([...minutesOf(before)].filter((minute) => !now.has(minute))),
        );
        expect(closed).toEqual(merged(closed));
      }),
      { numRuns: 2000 },
    );
  });

  it('of a room that was always there is everything but its hours', () => {
    const [always] = [{ from: Number.NEGATIVE_INFINITY, till: Number.POSITIVE_INFINITY }];
    expect(without([always], [{ from: 10, till: 20 }])).toEqual([
      { from: Number.NEGATIVE_INFINITY, till: 10 },
      { from: 20, till: Number.POSITIVE_INFINITY },
    ]);
    expect(without([{ from: 10, till: 20 }], [always])).toEqual([]);
  });
});

describe('weeks of one owner', () => {
  const row = (appliesFrom: string | null, dayOfWeek: number, open: number) => ({
    kind: 'weekly',
    date: null,
    appliesFrom,
    dayOfWeek,
    intervals: [[open, 1000]] as const,
  });
  const rows = [row('2026-12-01', 1, 600), row(null, 1, 500), row('2026-10-01', 2, 550)];

  it('are whole, in the order in which they begin; on a date the one that began last counts', () => {
    const weeks = weeksOf(rows);
    expect(weeks.map(({ appliesFrom }) => appliesFrom)).toEqual([null, '2026-10-01', '2026-12-01']);
    expect(weeks.every(({ days }) => days.length === 7)).toBe(true);
    expect(weeks[0]?.days[2]?.intervals).toEqual([]);
    const on = (date: string) => weekOn(weeks, date)?.appliesFrom;
    expect([
      on('2026-09-30'),
      on('2026-10-01'),
      on('2026-11-30'),
      on('2026-12-01'),
      on('2030-01-01'),
    ]).toEqual([null, '2026-10-01', '2026-10-01', '2026-12-01', '2026-12-01']);
    expect(weekOn(weeksOf(rows.slice(0, 1)), '2026-11-30')).toBeNull();
  });

  it('have a version that says their hours and nothing else', () => {
    const [first, second] = weeksOf([row(null, 1, 500), row('2026-12-01', 1, 500)]);
    expect(first?.version).toBe(second?.version);
    expect(versionOf([[[500, 1000]]])).not.toBe(versionOf([[[501, 1000]]]));
    expect(versionOf([[], [[500, 1000]]])).not.toBe(versionOf([[[500, 1000]], []]));
    expect(
      versionOf([
        [
          [1, 2],
          [3, 4],
        ],
      ]),
    ).not.toBe(versionOf([[[1, 2]], [[3, 4]]]));
  });
});
