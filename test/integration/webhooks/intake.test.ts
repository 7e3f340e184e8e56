/** The intake of webhooks: what is taken, how it is merged, what is stored before the answer (R4, R26, R43; TRUST §2). */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase } from '../../../infra/database/index.ts';
import { bodyContext } from '../../../infra/webhooks/body.ts';
import { REFUSED_BODY } from '../../../api/webhooks/receive.ts';
import { silentLauncher, startTestApi, type TestApi } from '../api/support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { bodyOf, boxOf, post, salonOf, SECRET, send, signed, TOKEN } from './support/sender.ts';

let api: TestApi;
beforeAll(async () => {
  // Temporal away: the intake must not notice (R28).
  api = await startTestApi({
    deps: { webhooks: { secrets: [SECRET], tokens: [TOKEN] }, launcher: silentLauncher() },
  });
});
afterAll(() => api.stop());

describe('a webhook that is proven', () => {
  it('is stored, sealed and committed before it is answered, without Temporal (R4, R28)', async () => {
    const salon = await salonOf(api);
    const body = bodyOf(salon, {
      action: 'CREATED',
      appointment: 9,
      more: { customer_name: 'Anna Zmyślona' },
    });
    const answer = await send(api, body, { id: 'msg_first' });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"received":true}');
    const [row, ...rest] = await boxOf(api, salon);
    expect(rest).toEqual([]);
    expect(row).toMatchObject({
      deliveryId: 'msg_first',
      action: 'CREATED',
      externalId: '9',
      verifiedBy: 'signature',
      copies: 1,
      drainedAt: null,
    });
    expect(Buffer.from(row!.sealedBody!).includes('Zmy')).toBe(false);
    const opened = api.vault.open(row!.sealedBody!, bodyContext(salon.id, row!.bodyHash));
    expect(opened.toString('utf8')).toBe(body);
  });

  it('wakes the relay by a notification that names the business (R28)', async () => {
    const salon = await salonOf(api);
    const listener = new pg.Client({ connectionString: api.database.url });
    await listener.connect();
    try {
      const heard = new Promise<string>((resolve) =>
        listener.on('notification', ({ payload }) => payload === salon.id && resolve(payload)),
      );
      await listener.query('LISTEN booksy_sync_box');
      expect((await send(api, bodyOf(salon))).status).toBe(200);
      expect(await heard).toBe(salon.id);
    } finally {
      await listener.end();
    }
  });

  it('may come with a token in the address instead of a signature', async () => {
    const salon = await salonOf(api);
    const answer = await post(`${api.url}/api/webhooks/booksy/${TOKEN}`, bodyOf(salon));
    expect(answer.status).toBe(200);
    expect(await boxOf(api, salon)).toMatchObject([
      { deliveryId: null, verifiedBy: 'path_token', copies: 1 },
    ]);
  });

  it('is merged with the same news that waits, and is news again once that was used (R4)', async () => {
    const salon = await salonOf(api);
    for (let n = 0; n < 3; n += 1) expect((await send(api, bodyOf(salon))).status).toBe(200);
    const other = await send(api, bodyOf(salon, { action: 'CANCELLED' }));
    expect(other.status).toBe(200);
    expect((await boxOf(api, salon)).map(({ action, copies }) => [action, copies])).toEqual([
      ['MODIFIED', 3],
      ['CANCELLED', 1],
    ]);
    await api.prisma.webhookLog.updateMany({
      where: { businessId: salon.id },
      data: { drainedAt: new Date() },
    });
    expect((await send(api, bodyOf(salon))).status).toBe(200);
    expect((await boxOf(api, salon)).map(({ drainedAt }) => drainedAt === null)).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('is once for ever by its webhook-id, also after it was used (R4)', async () => {
    const salon = await salonOf(api);
    const body = bodyOf(salon);
    expect((await send(api, body, { id: 'msg_once' })).status).toBe(200);
    await api.prisma.webhookLog.updateMany({
      where: { businessId: salon.id },
      data: { drainedAt: new Date() },
    });
    expect((await send(api, body, { id: 'msg_once' })).status).toBe(200);
    expect((await send(api, bodyOf(salon, { appointment: 32 }), { id: 'msg_once' })).status).toBe(200);
    expect(await boxOf(api, salon)).toHaveLength(1);
  });

  it('that came with many others at once is answered when its own row is committed', async () => {
    const [one, two] = [await salonOf(api), await salonOf(api)];
    const sent = Array.from({ length: 60 }, (_, n) =>
      send(api, bodyOf(n % 2 === 0 ? one : two, { appointment: 100 + (n >> 2) })),
    );
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(Array(60).fill(200));
    for (const salon of [one, two]) {
      const rows = await boxOf(api, salon);
      expect(rows.map(({ externalId }) => Number(externalId)).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 15 }, (_, n) => 100 + n),
      );
      expect(rows.reduce((sum, { copies }) => sum + copies, 0)).toBe(30);
    }
  });

  it('but is not understood is answered 400, and stored nowhere', async () => {
    const salon = await salonOf(api);
    const bad = [
      bodyOf(salon, { action: 'DELETED' }),
      `{"action":"MODIFIED","appointment":{"business_id":${salon.externalId}}}`,
      `{"action":"MODIFIED","appointment":{"id":"31","business_id":${salon.externalId}}}`,
      `{"action":"MODIFIED","appointment":{"id":-1,"business_id":${salon.externalId}}}`,
      `{"appointment":{"id":31,"business_id":${salon.externalId}}}`,
      '{"action":"MODIFIED"}',
      '[]',
      'no json',
      '',
    ];
    for (const body of bad) {
      const answer = await send(api, body);
      expect(answer.status, body).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'webhook_malformed' });
    }
    expect(await boxOf(api, salon)).toEqual([]);
  });
});

describe('a webhook that is not proven', () => {
  it('gets one answer, to the byte, whatever was wrong with it (4.1.5)', async () => {
    const salon = await salonOf(api);
    const body = bodyOf(salon);
    const url = `${api.url}/api/webhooks/booksy`;
    const headers = signed(body);
    const without = (name: string) =>
      Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
    const unknown = JSON.stringify({ action: 'MODIFIED', appointment: { id: 1, business_id: 999_999_999 } });
    const answers = [
      await post(url, body),
      await post(url, body, without('webhook-id')),
      await post(url, body, without('webhook-timestamp')),
      await post(url, body, without('webhook-signature')),
      await post(url, body, { ...headers, 'webhook-id': 'msg_other' }),
      await post(url, body, { ...headers, 'webhook-timestamp': 'soon' }),
      await post(url, body, { ...headers, 'webhook-signature': 'v1,AAAA' }),
      await post(url, body, { ...headers, 'webhook-signature': headers['webhook-signature']!.slice(3) }),
      await send(api, body, { secrets: ['not-the-secret-at-all'] }),
      await send(api, unknown),
      await send(api, unknown, { secrets: ['not-the-secret-at-all'] }),
      await post(url, 'no json'),
      await post(`${url}/${TOKEN}x`, body),
      await post(`${url}/${TOKEN.slice(0, -1)}`, body),
      await post(`${url}/${TOKEN}`, unknown),
      await post(`${url}/wrong`, 'no json'),
    ];
    for (const [at, { status, text, headers: got }] of answers.entries()) {
      expect([at, status, text]).toEqual([at, 401, REFUSED_BODY]);
      expect(got.get('www-authenticate')).toBe('Webhook realm="booksy-sync"');
      expect(got.get('content-type')).toBe(answers[0]?.headers.get('content-type'));
    }
    expect(await boxOf(api, salon)).toEqual([]);
  });

  it('is refused where neither secret nor token is configured: never neither (13.3.4)', async () => {
    const bare = await startTestApi();
    try {
      const salon = await salonOf(bare);
      const body = bodyOf(salon);
      for (const answer of [
        await send(bare, body),
        await send(bare, body, { secrets: [''] }),
        await post(`${bare.url}/api/webhooks/booksy`, body),
        await post(`${bare.url}/api/webhooks/booksy/${TOKEN}`, body),
        await post(`${bare.url}/api/webhooks/booksy/undefined`, body),
      ])
        expect([answer.status, answer.text]).toEqual([401, REFUSED_BODY]);
      expect(await boxOf(bare, salon)).toEqual([]);
    } finally {
      await bare.stop();
    }
  });

  it('acts on the business that it was verified for, though the body names two (R43)', async () => {
    const stranger = await salonOf(api);
    const body = bodyOf(stranger);
    // Two ids in one object: what is verified and what is acted on is the same one.
    const twice = body.replace('"business_id":', '"business_id":1,"business_id":');
    expect((await send(api, twice)).status).toBe(200);
    expect(await boxOf(api, stranger)).toHaveLength(1);
  });
});

describe('when PostgreSQL is away', () => {
  it('answers 503 with Retry-After and acknowledges nothing (16.5.1)', async () => {
    const direct = new URL(api.database.url);
    const proxy = await startTcpProxy(Number(direct.port));
    direct.port = String(proxy.port);
    const database = createDatabase({
      url: direct.href,
      poolMax: 4,
      applicationName: 'test',
      acquireTimeoutMs: 500,
    });
    const other = await startTestApi({
      deps: { webhooks: { secrets: [SECRET], tokens: [TOKEN] }, prisma: database.prisma },
    });
    try {
      const salon = await salonOf(api);
      const body = bodyOf(salon);
      const id = 'msg_while_away';
      // The secrets are known, and only the box is away.
      expect((await send(other, bodyOf(salon, { appointment: 1 }))).status).toBe(200);
      proxy.cut();
      const proven = await send(other, body, { id });
      expect(proven.status).toBe(503);
      expect(Number(proven.headers.get('retry-after'))).toBeGreaterThan(0);
      // Soon nobody is known any more: what cannot be judged is not refused either.
      const wrong = `${other.url}/api/webhooks/booksy/wrong`;
      await eventually(async () => (await post(wrong, body)).status === 503);
      expect((await boxOf(api, salon)).map(({ externalId }) => externalId)).toEqual(['1']);
      proxy.thaw();
      // Booksy sends it again, and then it is there.
      await eventually(async () => (await send(other, body, { id })).status === 200);
      expect((await boxOf(api, salon)).map(({ externalId }) => externalId)).toEqual(['1', '31']);
    } finally {
      await other.stop();
      await database.close();
      await proxy.close();
    }
  });
});

it('takes bodies of 256 kB and no more, JSON only, uncompressed (2.4.1)', async () => {
  const salon = await salonOf(api);
  const filled = (bytes: number) => {
    const bare = bodyOf(salon, { more: { customer_note: '' } });
    return bodyOf(salon, { more: { customer_note: 'x'.repeat(bytes - bare.length) } });
  };
  const largest = filled(256 * 1024);
  expect(largest).toHaveLength(256 * 1024);
  expect((await send(api, largest)).status).toBe(200);
  expect((await send(api, filled(256 * 1024 + 1))).status).toBe(413);
  const body = bodyOf(salon, { appointment: 77 });
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json+x',
    'multipart/form-data',
  ]) {
    const answer = await post(`${api.url}/api/webhooks/booksy`, body, {
      ...signed(body),
      'content-type': type,
    });
    expect([type, answer.status]).toEqual([type, 415]);
  }
  const packed = await post(`${api.url}/api/webhooks/booksy`, randomBytes(40), {
    'content-encoding': 'gzip',
  });
  expect(packed.status).toBe(415);
  expect((await boxOf(api, salon)).map(({ externalId }) => externalId)).toEqual(['31']);
});
