/** Reading back a burst: by id, or as lists of days where that is cheaper (SPEC 14). */
import { describe, expect, it } from 'vitest';
import { planReads } from '../../../../activities/drain/read-plan.ts';

const ids = (n: number, from = 0) => Array.from({ length: n }, (_, index) => String(from + index));
const on = (day: string, these: readonly string[]) => these.map((id): [string, string] => [id, day]);

describe('the plan of reads', () => {
  it('reads by id what is alone on its day, and what nobody knows', () => {
    const days = new Map([...on('2026-12-01', ['1']), ...on('2026-12-04', ['2'])]);
    const rows = new Map(['01', '02', '03', '04'].map((day) => [`2026-12-${day}`, 70]));
    const plan = planReads(['1', '2', '3'], days, rows);
    expect(plan.ranges).toEqual([]);
    expect([...plan.ids].sort()).toEqual(['1', '2', '3']);
  });

  it('reads a full day as one list', () => {
    const day = ids(40);
    expect(planReads(day, new Map(on('2026-12-01', day)), new Map([['2026-12-01', 60]]))).toEqual({
      ranges: [{ firstDay: '2026-12-01', lastDay: '2026-12-01' }],
      ids: [],
    });
  });

  it('joins days into one list where that costs no more, over days without news too', () => {
    const [one, two] = [ids(10), ids(10, 10)];
    const rows = new Map([
      ['2026-12-01', 20],
      ['2026-12-02', 30],
      ['2026-12-03', 20],
    ]);
    const days = new Map([...on('2026-12-01', one), ...on('2026-12-03', two)]);
    expect(planReads([...one, ...two], days, rows)).toEqual({
      ranges: [{ firstDay: '2026-12-01', lastDay: '2026-12-03' }],
      ids: [],
    });
  });

  it('reads two of a day with ten thousand rows by id', () => {
    const plan = planReads(
      ['1', '2'],
      new Map(on('2026-12-01', ['1', '2'])),
      new Map([['2026-12-01', 10_000]]),
    );
    expect(plan).toEqual({ ranges: [], ids: ['1', '2'] });
  });

  it('never plans more calls than one each, and leaves out nobody', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 500; round += 1) {
      const all = ids(1 + random(300));
      const dayOf = new Map<string, string>();
      const rowsOn = new Map<string, number>();
      for (const id of all) {
        if (random(10) === 0) continue;
        const day = `2026-12-${String(1 + random(28)).padStart(2, '0')}`;
        dayOf.set(id, day);
        rowsOn.set(day, (rowsOn.get(day) ?? 0) + 1 + random(20));
      }
      const plan = planReads(all, dayOf, rowsOn);
      const listed = all.filter((id) => {
        const day = dayOf.get(id);
        return (
          day !== undefined && plan.ranges.some(({ firstDay, lastDay }) => firstDay <= day && day <= lastDay)
        );
      });
      expect(new Set([...listed, ...plan.ids])).toEqual(new Set(all));
      const pages = plan.ranges.map(({ firstDay, lastDay }) => {
        const rows = [...rowsOn].filter(([day]) => firstDay <= day && day <= lastDay);
        return Math.ceil((rows.reduce((sum, [, n]) => sum + n, 0) + 1) / 99);
      });
      expect(pages.reduce((sum, n) => sum + n, 0) + plan.ids.length).toBeLessThanOrEqual(all.length);
    }
  });
});
