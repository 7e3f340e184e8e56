import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTimeListener, type TimeListener } from '../../../infra/availability/listen.ts';
import { createLogger } from '../../../infra/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { makeSalon, type TestSalon } from '../bookings/support/salon.ts';
import { ADMIN, dateIn, weekOf } from './support/salon.ts';

/** Free times follow a change of hours or time off at once, though they are kept for a minute: here, and in other processes. */

let api: TestApi;
/** Another process of the API: it hears of changes by PostgreSQL only. */
let other: TestApi;
/** An API that hears of nothing but what it changes itself. */
let deaf: TestApi;
let listener: TimeListener;
let salon: TestSalon;
const date = dateIn(7);

beforeAll(async () => {
  api = await startTestApi();
  const logger = createLogger(
    { level: 'silent', dir: null },
    { name: 'test', destination: { write: () => true } },
  );
  listener = startTimeListener(api.database.url, logger);
  const { prisma, vault } = api;
  other = await startTestApi({ deps: { prisma, vault, timeChanges: listener } });
  const timeChanges = { listens: () => true, onChange: () => undefined };
  deaf = await startTestApi({ deps: { prisma, vault, timeChanges } });
  salon = await makeSalon(prisma);
  await eventually(() => listener.listens(), { timeoutMs: 30_000, what: 'the listener' });
}, 240_000);
afterAll(async () => {
  await listener.stop();
  await Promise.all([other.stop(), deaf.stop()]);
  await api.stop();
});

const token = () => api.adminToken;
async function first(of: TestApi): Promise<string | undefined> {
  const [ada = ''] = salon.staff;
  const asked = `/api/availability?businessId=${salon.id}&items=${salon.variantId}@${ada}&from=${date}`;
  const { text } = await of.send(asked, { token: token() });
  return /"startsLocal":"[\d-]+T(\d\d:\d\d)"/.exec(text)?.[1];
}
const business = () => `${ADMIN}/businesses/${salon.id}`;
const CHANGES: readonly [string, () => readonly [method: string, path: string, body?: object], string][] = [
  [
    'a week',
    () => ['PUT', `${business()}/hours/week`, { owner: { kind: 'business' }, days: weekOf([600, 1020]) }],
    '10:00',
  ],
  [
    'a date',
    () => [
      'PUT',
      `${business()}/hours/days/${date}`,
      { owner: { kind: 'business' }, intervals: [[660, 900]] },
    ],
    '11:00',
  ],
  ['the week again', () => ['DELETE', `${business()}/hours/days/${date}`], '10:00'],
  [
    'time off',
    () => [
      'POST',
      `${business()}/time-off`,
      {
        owner: { kind: 'staff', id: salon.staff[0] },
        startsLocal: `${date}T09:00`,
        endsLocal: `${date}T12:00`,
      },
    ],
    '12:00',
  ],
  [
    'the hours of before',
    () => ['PUT', `${business()}/hours/week`, { owner: { kind: 'business' }, days: weekOf([780, 1020]) }],
    '13:00',
  ],
];

describe('free times that are kept', { timeout: 240_000 }, () => {
  it.each(CHANGES)('in another process: %s', async (_what, change, expected) => {
    const before = await first(other);
    expect(before).not.toBe(expected);
    const [method, path, body] = change();
    expect((await api.send(path, { method, body })).status).toBeLessThan(300);
    await eventually(async () => (await first(other)) === expected, { timeoutMs: 10_000, what: expected });
  });

  it.each(CHANGES)('in the one that made the change: %s', async (what, change, expected) => {
    if (what === 'a week') salon = await makeSalon(api.prisma);
    expect(await first(deaf)).not.toBe(expected);
    const [method, path, body] = change();
    expect((await deaf.send(path, { method, body, token: token() })).status).toBeLessThan(300);
    expect(await first(deaf)).toBe(expected);
  });
});
