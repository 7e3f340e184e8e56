/** `booksy bookings …` over real HTTP: who loses a time is told the next free ones, as a person and as a script reads them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { runBooksy } from '../api/support/cli.ts';
import { dateIn, makeSalon, type TestSalon } from './support/salon.ts';
import { bookVisit } from './support/visits.ts';

let api: TestApi;
let salon: TestSalon;
beforeAll(async () => {
  api = await startTestApi();
  salon = await makeSalon(api.prisma, { staff: 1 });
});
afterAll(() => api.stop());

const booksy = (...args: readonly string[]) => runBooksy(api, ...args);

const create = (...more: string[]) => [
  'bookings',
  'create',
  '--business',
  salon.id,
  '--items',
  salon.variantId,
  ...more,
];

it('a time that is taken: exit code 1, why, and the next free times', async () => {
  const date = dateIn(3);
  await bookVisit(api, salon, `${date}T12:00`);
  const args = create('--at', `${date}T12:00`);

  const told = await booksy(...args);
  expect([told.code, told.stdout]).toEqual([1, '']);
  const staffId = salon.staff[0] ?? '';
  expect(told.stderr).toContain('  nextFree:\n');
  expect(told.stderr).toContain(`    ${date}T13:00 to ${date}T14:00 with ${staffId}\n`);
  expect(told.stderr.match(/ to .* with /g)).toHaveLength(5);
  expect(told.stderr).toContain('Take one of `nextFree`, or another time.');

  const read = await booksy(...args, '--json');
  expect(read.code).toBe(1);
  const lines = read.stdout.trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    ok: false,
    error: {
      code: 'slot_taken',
      reason: 'busy',
      nextFree: [{ startsLocal: `${date}T13:00`, items: [{ staffId }] }, {}, {}, {}, {}],
    },
  });
});

it('a time that has no other: says so', async () => {
  const closed = await makeSalon(api.prisma, { staff: 1, open: [540, 570] });
  const args = ['bookings', 'create', '--business', closed.id, '--items', closed.variantId];
  const told = await booksy(...args, '--at', `${dateIn(3)}T09:00`);
  expect([told.code, told.stderr]).toEqual([1, expect.stringContaining('nextFree: none within two weeks')]);
});

it('what is refused for another reason names no times', async () => {
  const told = await booksy('bookings', 'show', '0199c0de-0000-7000-8000-00000000ffff', '--json');
  expect(told.code).toBe(1);
  const { error } = JSON.parse(told.stdout) as { error: object };
  expect(Object.keys(error)).toEqual(['code', 'message', 'next']);
});
