/** Bookings and holds go past Express where they are ordinary, and are answered there just as by the long way. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type Send, type TestApi } from '../api/support/api.ts';
import { dateIn, makeSalon, type TestSalon } from './support/salon.ts';

let api: TestApi;
let reader: string;
/** One is asked the short way, the other the long one. */
let salons: readonly [TestSalon, TestSalon];
beforeAll(async () => {
  api = await startTestApi();
  salons = [await makeSalon(api.prisma, { staff: 1 }), await makeSalon(api.prisma, { staff: 1 })];
  ({ token: reader } = await api.token(['availability:read'], 'all'));
});
afterAll(() => api.stop());

const at = (hour: number) => `${dateIn(5)}T${hour}:00`;
const wish = (salon: TestSalon, startsLocal: string, more: Record<string, unknown> = {}) => ({
  businessId: salon.id,
  items: [{ variantId: salon.variantId }],
  startsLocal,
  ...more,
});

/** Status, headers and body, without what is of one request only; and how many went through Express. */
async function answered(path: string, request: Send) {
  let express = 0;
  const handle: unknown = Reflect.get(api.app, 'handle');
  if (typeof handle !== 'function') throw new Error('Express has no `handle`.');
  Reflect.set(api.app, 'handle', (...given: unknown[]): unknown => {
    express += 1;
    const done: unknown = Reflect.apply(handle, api.app, given);
    return done;
  });
  try {
    const { status, headers, text } = await api.send(path, { method: 'POST', ...request });
    const own = (value: string) =>
      value
        .replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'id')
        .replace(/"(createdAt|updatedAt|expiresAt)":"[^"]+"/g, '"$1":"then"');
    const sent = [...headers].filter(([name]) => name !== 'date' && name !== 'x-request-id').sort();
    expect(headers.get('x-request-id')).toMatch(/^[\w-]{8,64}$/);
    return { answer: { status, headers: sent, text: own(text) }, express };
  } finally {
    Reflect.set(api.app, 'handle', handle);
  }
}

type Case = readonly [what: string, status: number, path: string, ask: (salon: TestSalon) => Send];
const key = randomUUID();
const bookings = '/api/bookings';
const cases: readonly Case[] = [
  [
    'a booking',
    201,
    bookings,
    (salon) => ({ body: wish(salon, at(10), { client: { givenName: 'Łucja' } }) }),
  ],
  ['a time that is taken', 409, bookings, (salon) => ({ body: wish(salon, at(10)) })],
  ['a hold', 201, '/api/holds', (salon) => ({ body: wish(salon, at(11)) })],
  [
    'a key',
    201,
    bookings,
    (salon) => ({ body: wish(salon, at(12)), headers: { 'Idempotency-Key': `${key}${salon.id}` } }),
  ],
  [
    'a key again',
    201,
    bookings,
    (salon) => ({ body: wish(salon, at(12)), headers: { 'Idempotency-Key': `${key}${salon.id}` } }),
  ],
  [
    'a key that is none',
    400,
    bookings,
    (salon) => ({ body: wish(salon, at(12)), headers: { 'Idempotency-Key': 'k'.repeat(300) } }),
  ],
  [
    'an id of one’s own',
    409,
    bookings,
    (salon) => ({ body: wish(salon, at(12)), headers: { 'X-Request-Id': 'my-own-request' } }),
  ],
  ['nobody', 401, bookings, (salon) => ({ token: null, body: wish(salon, at(13)) })],
  ['a stranger', 401, bookings, (salon) => ({ token: 'bks_none', body: wish(salon, at(13)) })],
  ['who may not', 403, bookings, (salon) => ({ token: reader, body: wish(salon, at(13)) })],
  [
    'another business',
    404,
    bookings,
    (salon) => ({ body: { ...wish(salon, at(13)), businessId: randomUUID() } }),
  ],
  ['no JSON', 400, bookings, () => ({ body: '{"businessId":' })],
  ['no object', 400, bookings, () => ({ body: '"text"' })],
  ['a list', 400, bookings, () => ({ body: '[1]' })],
  ['wrong fields', 400, bookings, () => ({ body: { startsLocal: 'soon', nonsense: 1 } })],
];

describe('asked the short way and the long way', () => {
  it.each(cases)('%s is answered alike: %i', async (_what, status, path, ask) => {
    const given = ask(salons[1]);
    const unusual = {
      ...given,
      headers: { ...given.headers, 'Content-Type': 'application/json; charset="utf-8"' },
    };
    const [short, long] = [await answered(path, ask(salons[0])), await answered(path, unusual)];
    expect(short.answer.status, short.answer.text).toBe(status);
    expect(short.answer).toEqual(long.answer);
    expect([short.express, long.express]).toEqual([0, 1]);
  });

  it.each<[string, Send]>([
    ['no body', {}],
    ['another type', { body: 'a=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }],
    ['another charset', { body: '{}', headers: { 'Content-Type': 'application/json; charset=latin1' } }],
    ['a page of another origin', { body: '{}', headers: { Origin: 'https://salon.example' } }],
    ['too much', { body: JSON.stringify({ note: 'x'.repeat(300_000) }) }],
    ['another method', { method: 'PUT', body: '{}' }],
  ])('what is not ordinary goes the long way: %s', async (_what, request) => {
    const { answer, express } = await answered(bookings, request);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(express).toBe(1);
  });

  it('is written to the log and measured under its route', async () => {
    const before = api.log.length;
    await answered(bookings, { body: wish(salons[0], at(10)) });
    const lines = api.log.slice(before).filter((line) => line.includes('"msg":"request"'));
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { method: 'POST', route: bookings, status: 409 },
    ]);
    const metrics = await api.send('/metrics');
    expect(metrics.text).toContain(
      `http_request_duration_seconds_count{method="POST",route="${bookings}",status="409"}`,
    );
  });
});
