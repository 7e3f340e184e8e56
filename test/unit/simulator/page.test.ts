import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateSalon } from '../../../simulator/generate/index.ts';
import { boardOf, mondayOf, teamOf } from '../../../simulator/page/board-model.ts';
import type { Board, BoardQuery } from '../../../simulator/page/board-model.ts';
import { dayName, renderBoard } from '../../../simulator/page/board.ts';
import { gridCss } from '../../../simulator/page/grid-css.ts';
import { html } from '../../../simulator/page/html.ts';
import { placeInLanes } from '../../../simulator/page/lanes.ts';
import { Salon } from '../../../simulator/state/salon.ts';
import { parseDate, DAY_MINUTES } from '../../../simulator/time.ts';

const today = parseDate('2026-11-22') ?? 0;
const salon = new Salon(
  generateSalon(
    {
      seed: 'page',
      salons: 1,
      visits: 9000,
      clients: 300,
      today: '2026-11-22',
      staff: null,
      overbooked: null,
    },
    0,
  ),
);
const ask = (more: Partial<BoardQuery> = {}): Board =>
  boardOf({
    salon,
    day: today + 2,
    view: 'day',
    only: null,
    rooms: false,
    cancelled: false,
    nowMs: (today + 2) * DAY_MINUTES * 60_000,
    ...more,
  });

describe('html', () => {
  it('escapes what is put in, joins lists, and leaves out nothing', () => {
    expect(
      html`<p title="${'"<&>\''}">${[html`<b>x</b>`, '<i>', 3]}${null}${false}${undefined}</p>`.text,
    ).toBe('<p title="&quot;&lt;&amp;&gt;&#39;"><b>x</b>&lt;i&gt;3</p>');
  });
});

describe('lanes', () => {
  it('put what overlaps side by side and nothing over another, in as few as it takes', () => {
    const stretch = fc
      .record({ from: fc.integer({ min: 0, max: 100 }), length: fc.integer({ min: 1, max: 30 }) })
      .map(({ from, length }) => ({ from, till: from + length }));
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 25 }), (items) => {
        const placed = placeInLanes(items);
        expect(placed.map(({ item }) => item)).toEqual(expect.arrayContaining(items));
        expect(placed).toHaveLength(items.length);
        for (const a of placed) {
          expect(a.lane).toBeLessThan(a.lanes);
          const meets = (b: (typeof placed)[number]): boolean =>
            b !== a && b.item.from < a.item.till && b.item.till > a.item.from;
          for (const b of placed.filter(meets)) {
            expect(b.lane).not.toBe(a.lane);
            expect(b.lanes).toBe(a.lanes);
          }
          if (!placed.some(meets)) expect(a.lanes).toBe(1);
        }
        // Never more lanes than overlap at one moment.
        const most = Math.max(
          0,
          ...items.map(({ from }) => items.filter((one) => one.from <= from && one.till > from).length),
        );
        expect(Math.max(0, ...placed.map(({ lanes }) => lanes))).toBe(most);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('the board', () => {
  it('shows every part of every visit of the day once, and nothing of another day', () => {
    for (let day = today - 30; day < today + 30; day += 7) {
      const board = ask({ day, rooms: false });
      const seen = board.columns.flatMap(({ blocks }) =>
        blocks.flatMap(({ item }) =>
          item.seats.map((seat) => `${String(seat.id)}/${String(item.part.variant)}`),
        ),
      );
      const expected = [...salon.visits.values()].flatMap((visit) =>
        visit.status === 'C' || visit.status === 'D'
          ? []
          : visit.parts
              .filter((part) => part.from < (day + 1) * DAY_MINUTES && part.till > day * DAY_MINUTES)
              .filter((part) => part.staffer !== null || part.appliance === null)
              .map((part) => `${String(visit.id)}/${String(part.variant)}`),
      );
      expect(seen.sort()).toEqual(expected.sort());
    }
  });

  it('shows the cancelled only when asked, but counts them', () => {
    const week = Array.from({ length: 20 }, (_, n) => ask({ day: today + n }));
    const cancelled = week.reduce((sum, board) => sum + board.cancelledCount, 0);
    expect(cancelled).toBeGreaterThan(3);
    const all = Array.from({ length: 20 }, (_, n) => ask({ day: today + n, cancelled: true }));
    const blocks = (boards: readonly Board[]): number =>
      boards.flatMap(({ columns }) => columns.flatMap((column) => column.blocks)).length;
    expect(blocks(all)).toBeGreaterThan(blocks(week));
  });

  it('a week is Monday to Sunday of one person', () => {
    const [, second] = teamOf(salon);
    const board = ask({ view: 'week', only: second ?? null });
    expect(board.columns.map(({ day }) => day - mondayOf(today + 2))).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(new Set(board.columns.map(({ of }) => of))).toEqual(new Set([second]));
    expect(dayName(mondayOf(today))).toBe('Monday 16 November');
    expect(ask({ view: 'week' }).columns[0]?.of).toBe(teamOf(salon)[0]);
  });

  it('closed hours are what the opening hours leave, past midnight too', () => {
    const late = teamOf(salon).find(({ id }) =>
      (salon.schedules.get(String(id)) ?? []).some(({ hours }) => hours.some((h) => h.hour_till === '01:00')),
    );
    const saturday = mondayOf(today) + 5;
    const [column] = ask({ day: saturday, only: late ?? null }).columns;
    const closed = column?.closed ?? [];
    expect(closed.every(({ from, till }) => from < till && from >= 0 && till <= DAY_MINUTES)).toBe(true);
    if (salon.openOn(String(late?.id), saturday).length > 0) expect(closed[0]?.from).toBe(60);
  });

  it('uses only places that the style sheet has', () => {
    const css = gridCss();
    for (let day = today; day < today + 14; day += 1) {
      const text = renderBoard(ask({ day, rooms: true, cancelled: true }), 'day').text;
      const places = [...text.matchAll(/class="[^"]*"/g)].flatMap(
        ([all]) => all.match(/\b[ftab]\d+\b/g) ?? [],
      );
      expect(places.length).toBeGreaterThan(20);
      for (const place of new Set(places)) expect(css, place).toContain(`.${place}{`);
    }
  });

  it('shows a usual day where nobody works', () => {
    const empty = new Salon({
      business: salon.business,
      resources: [],
      categories: [],
      services: [],
      variants: [],
      customers: [],
      timeOff: [],
      schedules: new Map(),
      customDays: new Map(),
      visits: [],
    });
    const board = ask({ salon: empty });
    expect([board.fromHour, board.tillHour, board.columns.length]).toEqual([9, 18, 0]);
    expect(renderBoard(board, 'day').text).toContain('no bookable staff');
  });
});
