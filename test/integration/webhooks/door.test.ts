import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import {
  bodyOf,
  boxOf,
  post,
  salonOf,
  SECRET,
  signed,
  TOKEN,
  type Answered,
  type Salon,
} from './support/sender.ts';

/** Webhooks of the ordinary form go past Express; nobody may be able to tell by the answer. */

let api: TestApi;
let salon: Salon;
let throughExpress = 0;
beforeAll(async () => {
  api = await startTestApi({
    deps: { webhooks: { secrets: [SECRET], tokens: [TOKEN] } },
    api: { corsOrigins: ['https://desk.example'] },
  });
  salon = await salonOf(api);
  const handle: unknown = Reflect.get(api.app, 'handle');
  if (typeof handle !== 'function') throw new Error('Express takes requests in another way.');
  Reflect.set(api.app, 'handle', (...given: unknown[]): unknown => {
    throughExpress += 1;
    const answered: unknown = Reflect.apply(handle, api.app, given);
    return answered;
  });
});
beforeEach(() => {
  throughExpress = 0;
});
afterAll(() => api.stop());

/** The same, but for what belongs to one answer alone. */
function shapeOf({ status, text, headers }: Answered) {
  const told = new Map(headers);
  for (const own of ['x-request-id', 'date']) told.delete(own);
  return { status, text: text.replace(/"requestId":"[^"]+"/, ''), headers: Object.fromEntries(told) };
}

function valuesOf(told: unknown): readonly unknown[] {
  return typeof told === 'object' && told !== null ? Object.values(told) : [];
}

/** Express takes what is written in a way that the short one does not know. */
const LONG = { 'content-type': 'application/json; charset="utf-8"' };

describe('the short way of webhooks', () => {
  it.each([
    ['one that is taken', () => bodyOf(salon), '', true],
    ['one that is not proven', () => bodyOf(salon), '', false],
    ['one that cannot be understood', () => bodyOf(salon, { action: 'DELETED' }), '', true],
    ['one with a token', () => bodyOf(salon, { appointment: 32 }), `/${TOKEN}`, false],
    ['one with a wrong token', () => bodyOf(salon), '/wrong', false],
  ])('answers %s as the long one does, header by header (R4, 4.1.5)', async (_, make, path, isSigned) => {
    const url = `${api.url}/api/webhooks/booksy${path}`;
    const body = make();
    const proof = () => (isSigned ? signed(body) : {});
    const short = await post(url, body, proof());
    expect(throughExpress).toBe(0);
    const long = await post(url, body, { ...proof(), ...LONG });
    expect(throughExpress).toBe(1);
    expect(shapeOf(short)).toEqual(shapeOf(long));
    expect(short.headers.get('x-request-id')).not.toBe(long.headers.get('x-request-id'));
  });

  it('keeps an id of the sender, and is logged and counted under the same route', async () => {
    const body = bodyOf(salon, { appointment: 40 });
    const before = api.log.length;
    const answer = await post(`${api.url}/api/webhooks/booksy`, body, {
      ...signed(body),
      'x-request-id': 'sent-along-1',
    });
    expect(answer.headers.get('x-request-id')).toBe('sent-along-1');
    await eventually(() =>
      api.log.slice(before).some((line) => {
        const told: unknown = JSON.parse(line);
        return ['sent-along-1', '/api/webhooks/booksy', 200].every((value) => valuesOf(told).includes(value));
      }),
    );
    const { text } = await api.send('/metrics');
    expect(text).toMatch(
      /http_request_duration_seconds_count\{method="POST",route="\/api\/webhooks\/booksy",status="200"\} [1-9]/,
    );
  });

  it('stores the very bytes that were signed, also where they come in pieces', async () => {
    const body = bodyOf(salon, { appointment: 41, more: { customer_note: 'ż'.repeat(60_000) } });
    expect((await post(`${api.url}/api/webhooks/booksy`, body, signed(body))).status).toBe(200);
    const rows = await boxOf(api, salon);
    expect(rows.filter(({ externalId }) => externalId === '41')).toHaveLength(1);
  });
});
