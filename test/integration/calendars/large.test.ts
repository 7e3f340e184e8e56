import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { CALENDAR_LIMITS } from '../../../domain/calendars/index.ts';
import { openCalendarDesk, type CalendarDesk } from './support/desk.ts';

/** A calendar with as many busy stretches as one may have is laid out in rounds, and comes to the same as one of three. */

let desk: CalendarDesk;

beforeAll(async () => {
  desk = await openCalendarDesk();
});
afterAll(() => desk.stop());
beforeEach(() => desk.anotherSalon());

const MOST = CALENDAR_LIMITS.stretches;
/** Twenty minutes each, at every half hour: `at` moves the start of some by five minutes. */
function calendarOf(count: number, moved: (at: number) => boolean = () => false): string {
  const from = Math.ceil(Date.now() / 86_400_000) * 86_400_000;
  const stamp = (at: number) => new Date(at).toISOString().replace(/[-:]|\.000/g, '');
  const events = Array.from({ length: count }, (_, at) =>
    [
      'BEGIN:VEVENT',
      `UID:${String(at)}@elsewhere.example`,
      `DTSTART:${stamp(from + at * 1_200_000 + (moved(at) ? 300_000 : 0))}`,
      'DURATION:PT10M',
      'END:VEVENT',
    ].join('\r\n'),
  );
  return `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${events.join('\r\n')}\r\nEND:VCALENDAR\r\n`;
}

it(
  'is added, changed and thinned out, each event once; an unchanged one writes nothing',
  { timeout: 300_000 },
  async () => {
    await desk.calendar();
    const laid = async () => {
      const { rows } = await desk.database.pool.query<{ blocks: string; minutes: string }>(
        `SELECT count(*) AS blocks, coalesce(sum(extract(minute FROM starts_at)), 0)::int AS minutes FROM time_off
        WHERE business_id = $1 AND source = 'calendar'`,
        [desk.businessId],
      );
      return [Number(rows[0]?.blocks), Number(rows[0]?.minutes)];
    };
    /** Blocks, and the sum of the minutes at which they begin. */
    const sum = (count: number, every = 0) => [
      count,
      Array.from(
        { length: count },
        (_, at) => ((at * 20) % 60) + (every > 0 && at % every === 0 ? 5 : 0),
      ).reduce((all, minutes) => all + minutes, 0),
    ];
    desk.server.feed(calendarOf(MOST), '"1"');
    expect(await desk.poll()).toMatchObject({ polled: 1, changed: 1, failed: 0 });
    expect(await laid()).toEqual(sum(MOST));
    const before = await desk.writes();
    desk.server.feed(calendarOf(MOST), '"2"');
    await desk.poll();
    expect(await desk.writes()).toBe(before);

    desk.server.feed(
      calendarOf(MOST, (at) => at % 7 === 0),
      '"3"',
    );
    await desk.poll();
    expect(await laid()).toEqual(sum(MOST, 7));
    desk.server.feed(calendarOf(10), '"4"');
    await desk.poll();
    expect(await laid()).toEqual(sum(10));
    const trail = await desk.deps.db.booksyAuditLog.findMany({
      where: { businessId: desk.businessId },
      orderBy: { id: 'asc' },
    });
    expect(trail.map(({ reasonCode }) => reasonCode)).toEqual([
      `blocks +${String(MOST)} ~0 -0`,
      `blocks +0 ~${String(Math.ceil(MOST / 7))} -0`,
      `blocks +0 ~10 -${String(MOST - 10)}`.replace('~10', '~2'),
    ]);
  },
);

it('others of the process have their turns between its rounds', { timeout: 300_000 }, async () => {
  await desk.calendar();
  desk.server.feed(calendarOf(MOST));
  const sizes: number[] = [];
  const stringify = JSON.stringify.bind(JSON);
  const spy = vi.spyOn(JSON, 'stringify').mockImplementation((...args: Parameters<typeof stringify>) => {
    const [value] = args as readonly unknown[];
    if (Array.isArray(value) && isBlock(value[0])) sizes.push(value.length);
    return stringify(...args);
  });
  let beats = 0;
  try {
    await desk.due();
    const { pollDue } = await import('../../../activities/calendars/index.ts');
    await pollDue(desk.deps, () => (beats += 1));
  } finally {
    spy.mockRestore();
  }
  expect(sizes.reduce((all, size) => all + size, 0)).toBe(MOST);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
  expect(beats).toBeGreaterThan(5);
});

function isBlock(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'event_key' in value;
}
