import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hourMinuteOf, intervalsOf } from '../../../../booksy/translate/time.ts';
import { findSlots, type SalonDescription } from '../../../../domain/availability/index.ts';
import type { OpenInterval } from '../../../../domain/observed.ts';
import { clockOf, flawsOfIntervals, flawsOfWeek } from '../../../../infra/hours/check.ts';

/** Which hours can be set: what is accepted can be sold by and said to Booksy; what is refused is named where it stands. */

const WEEK = [0, 1, 2, 3, 4, 5, 6];
const week = (intervals: (dayOfWeek: number) => readonly OpenInterval[]) =>
  WEEK.map((dayOfWeek) => ({ dayOfWeek, intervals: intervals(dayOfWeek) }));

describe('shifts of a day', () => {
  it.each<[string, readonly OpenInterval[]]>([
    ['none: closed', []],
    ['one', [[540, 1020]]],
    [
      'a split shift',
      [
        [540, 780],
        [840, 1080],
      ],
    ],
    [
      'two that touch',
      [
        [540, 720],
        [720, 900],
      ],
    ],
    ['a whole day', [[0, 1440]]],
    ['over midnight', [[1320, 1560]]],
    ['a minute short of a day', [[600, 2039]]],
    ['the last minute', [[1439, 1440]]],
  ])('%s', (_what, intervals) => {
    expect(flawsOfIntervals(intervals)).toEqual([]);
  });

  it.each<[string, readonly OpenInterval[], readonly number[], RegExp]>([
    ['end before start', [[600, 540]], [0], /ends before it begins.*\[1320, 1560\]/],
    ['zero length', [[600, 600]], [0], /no length/],
    [
      'overlap',
      [
        [540, 720],
        [719, 900],
      ],
      [1],
      /overlaps.*12:00/,
    ],
    [
      'within another',
      [
        [540, 900],
        [600, 660],
      ],
      [1],
      /overlaps.*15:00/,
    ],
    [
      'out of order',
      [
        [840, 1080],
        [540, 780],
      ],
      [1],
      /in order/,
    ],
    [
      'the same twice',
      [
        [540, 720],
        [540, 720],
      ],
      [1],
      /overlaps/,
    ],
    ['begins on the next day', [[1440, 1500]], [0], /23:59/],
    ['begins on the day before', [[-60, 60]], [0], /00:00/],
    ['24 hours over midnight', [[600, 2040]], [0], /\[0, 1440\]/],
    ['more than 24 hours', [[0, 1441]], [0], /longer than a day/],
    [
      'each flaw by its place',
      [
        [600, 540],
        [700, 800],
        [750, 900],
      ],
      [0, 2],
      /./,
    ],
  ])('%s', (_what, intervals, places, says) => {
    const flaws = flawsOfIntervals(intervals);
    expect(flaws.map(({ path }) => path)).toEqual(places.map((place) => [place]));
    expect(flaws[0]?.message).toMatch(says);
  });
});

describe('a week', () => {
  it.each<[string, ReturnType<typeof week>, readonly (string | number)[], RegExp]>([
    ['a day is missing', week(() => []).slice(0, 6), [], /missing: Saturday/],
    ['nothing', [], [], /missing: Sunday, Monday/],
    [
      'into the next day’s',
      week(() => [[540, 1600]]).map((day) =>
        day.dayOfWeek === 3 ? { ...day, intervals: [[100, 200]] } : day,
      ),
      [2, 'intervals', 0],
      /Wednesday.*01:40/,
    ],
    [
      'Saturday into Sunday',
      week((day) => (day === 6 ? [[1320, 1560]] : day === 0 ? [[60, 600]] : [])),
      [6, 'intervals', 0],
      /Sunday.*01:00/,
    ],
  ])('%s', (_what, days, path, says) => {
    const flaw = flawsOfWeek(days).find((each) => says.test(each.message));
    expect(flaw?.path).toEqual(path);
  });

  it('a shift may end when the next day’s begins', () => {
    expect(flawsOfWeek(week((day) => (day === 2 ? [[60, 600]] : day === 1 ? [[1320, 1500]] : [])))).toEqual(
      [],
    );
  });
});

/** Anything at all, of which most is wrong somewhere. */
const anything = fc.array(
  fc.tuple(fc.integer({ min: -100, max: 3000 }), fc.integer({ min: -100, max: 3000 })),
  {
    maxLength: 5,
  },
);
/** Shifts in order, as an owner would write them. */
const sensible = fc
  .uniqueArray(fc.integer({ min: 0, max: 1439 }), { minLength: 0, maxLength: 8 })
  .map((minutes) => [...minutes].sort((a, b) => a - b))
  .map((minutes) =>
    minutes.flatMap((from, at): OpenInterval[] => {
      const till = minutes[at + 1];
      return at % 2 === 0 && till !== undefined ? [[from, till]] : [];
    }),
  );

describe('whatever is accepted', () => {
  it('goes to Booksy and comes back the same, with nothing joined', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(anything, sensible), (intervals) => {
        if (flawsOfIntervals(intervals).length > 0) return;
        accepted += 1;
        const wire = intervals.map(([open, close]) => ({
          hour_from: hourMinuteOf(open),
          hour_till: hourMinuteOf(close),
        }));
        expect(intervalsOf(wire)).toEqual(intervals);
      }),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(1000);
  });

  it('is what the slot engine takes, and what is not accepted is wrong by itself', () => {
    fc.assert(
      fc.property(anything, (intervals) => {
        const order = intervals.every(([open], at) => at === 0 || (intervals[at - 1]?.[1] ?? 0) <= open);
        const each = intervals.every(
          ([open, close]) =>
            open >= 0 &&
            open < 1440 &&
            close > open &&
            (close - open < 1440 || (open === 0 && close === 1440)),
        );
        expect(flawsOfIntervals(intervals).length === 0).toBe(order && each);
        if (order && each) expect(() => findSlots(salonOf(intervals), QUERY)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });

  it('holds for all days: no minute of a week belongs to two shifts', () => {
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.array(sensible, { minLength: 7, maxLength: 7 }),
        fc.array(fc.nat({ max: 900 }), { minLength: 7, maxLength: 7 }),
        (all, more) => {
          const days = week((day) => {
            const own = all[day] ?? [];
            // The last shift runs on, perhaps past midnight.
            return own.map(([open, close], at) => [
              open,
              at === own.length - 1 ? Math.min(close + (more[day] ?? 0), open + 1439) : close,
            ]);
          });
          if (days.some(({ intervals }) => flawsOfIntervals(intervals).length > 0)) return;
          const taken = new Map<number, number>();
          for (const { dayOfWeek, intervals } of days)
            for (const [open, close] of intervals)
              for (let minute = open; minute < close; minute += 1) {
                const at = (dayOfWeek * 1440 + minute) % (7 * 1440);
                taken.set(at, (taken.get(at) ?? 0) + 1);
              }
          const twice = [...taken.values()].some((count) => count > 1);
          expect(flawsOfWeek(days).length > 0).toBe(twice);
          if (!twice) accepted += 1;
        },
      ),
      { numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(20);
  });
});

const QUERY = { items: [{ variantId: 'cut', staffId: null }], fromDate: '2026-12-01', toDate: '2026-12-02' };

function salonOf(intervals: readonly OpenInterval[]): SalonDescription {
  return {
    zone: 'Europe/Warsaw',
    now: '2026-11-23T07:00:00Z',
    hours: { weekly: [{ appliesFrom: null, days: week(() => intervals) }], custom: [] },
    holidays: [],
    staff: [{ id: 'ada', position: 0, bookable: true, hours: null }],
    rooms: [],
    services: [
      {
        id: 'hair',
        padding: null,
        gap: null,
        seats: 1,
        roomIds: null,
        variants: [{ id: 'cut', durationMinutes: 60, slotStepMinutes: null, staffIds: ['ada'] }],
      },
    ],
    timeOff: [],
    visits: [],
    rules: {
      noticeMinutes: 0,
      horizonDays: 90,
      slotStepMinutes: 30,
      bufferBeforeMinutes: 0,
      bufferAfterMinutes: 0,
    },
  };
}

it('a clock past midnight goes on', () => {
  expect([0, 59, 540, 1440, 1560].map(clockOf)).toEqual(['00:00', '00:59', '09:00', '24:00', '26:00']);
});
