/** `booksy hours` and `booksy time-off` over real HTTP, as an owner runs them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { runBooksy } from '../api/support/cli.ts';
import { makeSalon, type TestSalon } from '../bookings/support/salon.ts';
import { dateIn, visit, weekAnswer } from './support/salon.ts';

let api: TestApi;
let salon: TestSalon;
let ada: string;

beforeAll(async () => {
  api = await startTestApi();
  salon = await makeSalon(api.prisma, { rooms: 1 });
  ada = salon.staff[0] ?? '';
});
afterAll(() => api.stop());

const booksy = (...args: readonly string[]) => runBooksy(api, ...args);
async function json(...args: readonly string[]) {
  const { code, stdout } = await booksy(...args, '--json');
  const lines = stdout.trim().split('\n');
  const answer: unknown = JSON.parse(lines.at(-1) ?? '');
  return { code, lines: lines.length, answer };
}
const ofSalon = () => ['--business', salon.id];
const ofAda = () => [...ofSalon(), '--staff', ada];
const hours = (week: unknown, day: number) =>
  weekAnswer.parse(week).week.days.find(({ dayOfWeek }) => dayOfWeek === day)?.intervals;

it('booksy hours: a week day by day, over midnight, a schedule, single dates, and all of it shown', async () => {
  const every = await json(
    'hours',
    'set-week',
    ...ofSalon(),
    '--every',
    '09:00-13:00,14:00-18:00',
    '--sun',
    'closed',
  );
  expect(every).toMatchObject({ code: 0, lines: 1, answer: { ok: true, changed: true } });
  expect([hours(every.answer, 0), hours(every.answer, 3)]).toEqual([
    [],
    [
      [540, 780],
      [840, 1080],
    ],
  ]);
  const friday = await json(
    'hours',
    'set-week',
    ...ofSalon(),
    '--fri',
    '12:00-24:00',
    '--sat',
    '22:00-02:00+1',
  );
  expect([0, 3, 5, 6].map((day) => hours(friday.answer, day))).toEqual([
    [],
    [
      [540, 780],
      [840, 1080],
    ],
    [[720, 1440]],
    [[1320, 1560]],
  ]);
  const schedule = await json('hours', 'set-week', ...ofSalon(), '--from', dateIn(30), '--mon', 'closed');
  expect(schedule).toMatchObject({ code: 0, answer: { week: { appliesFrom: dateIn(30) } } });
  expect([1, 5].map((day) => hours(schedule.answer, day))).toEqual([[], [[720, 1440]]]);

  const day = await json('hours', 'set-day', dateIn(5), ...ofSalon(), '--hours', '10:00-12:00');
  expect(day).toMatchObject({ code: 0, answer: { day: { date: dateIn(5), intervals: [[600, 720]] } } });
  const shown = await booksy('hours', 'show', ...ofSalon());
  expect(shown.stdout).toMatch(/now +closed +09:00-13:00, 14:00-18:00 .* 12:00-24:00 +22:00-02:00\+1/);
  expect(shown.stdout).toMatch(new RegExp(`${dateIn(30)} +closed +closed +09:00`));
  expect(shown.stdout).toMatch(new RegExp(`${dateIn(5)} +Salon Testowy +10:00-12:00`));
  expect(shown.stdout).toContain('whenever the salon is open');

  expect(await json('hours', 'clear-day', dateIn(5), ...ofSalon())).toMatchObject({
    code: 0,
    answer: { changed: true },
  });
  const gone = await json('hours', 'remove-week', ...ofSalon(), '--from', dateIn(30));
  expect(gone).toMatchObject({ code: 0, answer: { ok: true, changed: true } });
  const again = await json('hours', 'remove-week', ...ofSalon(), '--from', dateIn(30));
  expect(again).toMatchObject({ code: 1, answer: { ok: false, error: { code: 'not_found' } } });
}, 240_000);

it('booksy hours: names the visits in the way, and says what was wrong', async () => {
  const own = await makeSalon(api.prisma);
  const id = await visit(api.prisma, own.id, {
    staffId: own.staff[0] ?? '',
    startsLocal: `${dateIn(8)}T10:00`,
  });
  const closed = await booksy('hours', 'set-day', dateIn(8), '--business', own.id, '--hours', 'closed');
  expect(closed.code).toBe(0);
  expect(closed.stdout).toContain('1 visit lies in time that is not there any more');
  expect(closed.stdout).toContain(`booksy bookings show ${id}`);
  expect(await json('hours', 'set-day', dateIn(9), ...ofSalon(), '--hours', '17:00-09:00')).toMatchObject({
    code: 2,
  });
  const past = await booksy('hours', 'set-day', dateIn(-1), ...ofSalon(), '--hours', 'closed');
  expect(past.code).toBe(1);
  expect(past.stderr).toContain('path.date: is over');
  expect(past.stderr).toContain('Give today or a later date');
}, 240_000);

it('booksy time-off: added by days and by times, listed, changed, taken away', async () => {
  const added = await json(
    'time-off',
    'add',
    ...ofAda(),
    '--from',
    dateIn(12),
    '--to',
    dateIn(13),
    '--reason',
    'vacation',
  );
  expect(added).toMatchObject({
    code: 0,
    lines: 1,
    answer: {
      ok: true,
      timeOff: { allDay: true, endsLocal: `${dateIn(14)}T00:00`, reasonCode: 'vacation' },
      visits: { count: 0 },
    },
  });
  const { id } = z.looseObject({ timeOff: z.looseObject({ id: z.string() }) }).parse(added.answer).timeOff;
  const shorter = await json('time-off', 'change', id, '--to', dateIn(12), '--reason', 'training');
  expect(shorter).toMatchObject({
    code: 0,
    answer: { timeOff: { endsLocal: `${dateIn(13)}T00:00`, reasonCode: 'training' } },
  });
  const times = await json(
    'time-off',
    'add',
    ...ofAda(),
    '--from',
    `${dateIn(11)}T09:00`,
    '--to',
    `${dateIn(11)}T10:30`,
  );
  expect(times).toMatchObject({ code: 0, answer: { timeOff: { allDay: false, reasonCode: 'other' } } });

  const listed = await booksy('time-off', 'list', ...ofAda());
  expect(listed.stdout).toMatch(
    new RegExp(`${id} +staff ${ada} +${dateIn(12)}T00:00 +${dateIn(13)}T00:00 +training +no`),
  );
  const one = await json('time-off', 'list', ...ofSalon(), '--limit', '1');
  expect(one).toMatchObject({
    code: 0,
    answer: { ok: true, more: true, timeOff: [{ startsLocal: `${dateIn(11)}T09:00` }] },
  });

  expect(await json('time-off', 'remove', id)).toMatchObject({
    code: 0,
    answer: { ok: true, removed: true },
  });
  expect(await json('time-off', 'remove', id)).toMatchObject({
    code: 1,
    answer: { error: { code: 'not_found' } },
  });
  const reason = await booksy('time-off', 'add', ...ofAda(), '--from', dateIn(3), '--reason', 'break');
  expect([reason.code, reason.stderr.includes('body.reasonCode: must be one of personal_day')]).toEqual([
    1,
    true,
  ]);
}, 240_000);
