/** `booksy calendars`, `booksy feeds` and `booksy holidays` over real HTTP, as an operator runs them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { typedTo } from '../api/support/cli.ts';

const SECRET = 'https://calendar.example/private/very-secret-address.ics';
const NOBODY = '0199c0de-0000-7000-8000-00000000ffff';
let api: TestApi;
let business: string;

beforeAll(async () => {
  api = await startTestApi();
  business = await api.business();
});
afterAll(() => api.stop());

const booksy = (args: readonly string[], stdin = '') => typedTo(api, stdin, ...args);
/** Runs a command with `--json`. */
async function json(args: readonly string[], stdin = '') {
  const { code, stdout } = await booksy([...args, '--json'], stdin);
  const answer: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  return { code, answer };
}
const ofBusiness = () => ['--business', business];

it('booksy calendars: added by an address from standard input, listed, changed, polled, taken away', async () => {
  const add = [
    'calendars',
    'add',
    ...ofBusiness(),
    '--name',
    'Private',
    '--at-booksy',
    'no',
    '--every',
    '20',
  ];
  const added = await json(add, `${SECRET}\n`);
  expect(added).toMatchObject({
    code: 0,
    answer: {
      ok: true,
      calendar: { host: 'calendar.example', blocksBooksy: false, intervalSeconds: 1200, staffId: null },
    },
  });
  const { id } = z.object({ calendar: z.looseObject({ id: z.string() }) }).parse(added.answer).calendar;

  const change = ['--name', 'Nights', '--active', 'no', '--at-booksy', 'yes', '--new-address'];
  const moved = await json(['calendars', 'change', id, ...change], 'webcal://elsewhere.example/a.ics');
  expect(moved).toMatchObject({
    code: 0,
    answer: { calendar: { name: 'Nights', active: false, blocksBooksy: true, host: 'elsewhere.example' } },
  });
  const listed = await booksy(['calendars', 'list', ...ofBusiness()]);
  expect(listed.stdout).toMatch(new RegExp(`${id} +Nights +everybody +elsewhere.example +at rest +0 +never`));
  expect(await json(['calendars', 'poll', id])).toMatchObject({
    code: 0,
    answer: { ok: true, asked: false },
  });
  expect(await json(['calendars', 'remove', id])).toMatchObject({ code: 0, answer: { removed: true } });
  expect(await json(['calendars', 'remove', id])).toMatchObject({
    code: 1,
    answer: { ok: false, error: { code: 'not_found' } },
  });
  expect([JSON.stringify([added, moved]), listed.stdout, listed.stderr].join()).not.toContain('very-secret');
});

it('booksy calendars: says what was wrong, and nothing is written', async () => {
  const add = ['calendars', 'add', ...ofBusiness(), '--name', 'Private'];
  expect(await json(add)).toMatchObject({ code: 2, answer: { error: { code: 'input_missing' } } });
  const refused = await booksy(add, 'https://127.0.0.1/inside.ics');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('body.url: calendar_address_refused');
  expect(refused.stderr).toContain('Use a public https address');
  expect(await json([...add, '--every', '1'], SECRET)).toMatchObject({ code: 2 });
  expect(await json([...add, '--at-booksy', 'perhaps'], SECRET)).toMatchObject({ code: 2 });
  expect(await json(['calendars', 'change', NOBODY])).toMatchObject({
    code: 2,
    answer: { error: { code: 'nothing_named' } },
  });
  expect(await api.prisma.externalCalendar.count({ where: { businessId: business } })).toBe(0);
});

it('booksy feeds: made, read by its address, listed without it, revoked', async () => {
  const made = await json(['feeds', 'create', ...ofBusiness(), '--name', 'Front desk', '--details']);
  const { id, url } = z
    .object({ ok: z.literal(true), id: z.string(), url: z.url(), path: z.string() })
    .parse(made.answer);
  expect((await fetch(url)).status).toBe(200);
  const listed = await json(['feeds', 'list', ...ofBusiness()]);
  expect(listed.answer).toMatchObject({ ok: true, feeds: [{ id, name: 'Front desk', withDetails: true }] });
  expect(JSON.stringify(listed)).not.toContain('bkc_');
  expect((await booksy(['feeds', 'list', ...ofBusiness()])).stdout).toMatch(/Front desk +everybody +names/);
  expect(await json(['feeds', 'revoke', id])).toMatchObject({
    code: 0,
    answer: { removed: true, changed: true },
  });
  expect((await fetch(url)).status).toBe(404);
  const again = await booksy(['feeds', 'revoke', id]);
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('revoked already')]);
});

it('booksy holidays: suggested, decided, a day of one’s own, taken back', async () => {
  const year = new Date().getUTCFullYear() + 1;
  const [may, own] = [`${String(year)}-05-03`, `${String(year)}-07-17`];
  const suggested = await json(['holidays', 'suggest', ...ofBusiness(), '--country', 'PL']);
  const { suggested: count } = z.object({ suggested: z.number() }).parse(suggested.answer);
  expect(count).toBeGreaterThan(20);
  expect(await json(['holidays', 'suggest', ...ofBusiness(), '--country', 'XX'])).toMatchObject({
    code: 1,
    answer: { error: { code: 'holiday_place_unknown' } },
  });
  const decide = (date: string, ...more: string[]) =>
    json(['holidays', 'decide', date, ...ofBusiness(), ...more]);
  const hours = ['--state', 'open', '--hours', '09:00-13:00,14:30-24:00'];
  expect(await decide(may, ...hours)).toMatchObject({
    code: 0,
    answer: {
      holidays: [
        {
          date: may,
          state: 'open',
          intervals: [
            [540, 780],
            [870, 1440],
          ],
        },
      ],
    },
  });
  await decide(own, '--state', 'closed', '--name', 'Works outing');
  const listed = await booksy(['holidays', 'list', ...ofBusiness(), '--from', may, '--to', own]);
  expect(listed.stdout).toMatch(new RegExp(`${may} +open +09:00-13:00, 14:30-24:00`));
  expect(listed.stdout).toMatch(new RegExp(`${own} +closed +Works outing`));
  expect(await decide(own, '--state', 'suggested')).toMatchObject({ code: 0, answer: { holidays: [] } });
  expect(await decide(own, '--state', 'open', '--hours', '13:00-09:00')).toMatchObject({ code: 2 });
  expect(await decide(own, '--state', 'away')).toMatchObject({ code: 2 });
  expect(await decide(own, '--state', 'closed')).toMatchObject({
    code: 1,
    answer: { error: { code: 'bad_request' } },
  });
});
