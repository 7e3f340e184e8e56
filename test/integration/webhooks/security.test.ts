/**
 * Attacks on the intake. Each names the requirement of OWASP ASVS 5.0 that it touches (TRUST §2, first row: 4.1.5, 11.2.4, 13.3.4;
 * size and type 2.4.1; strict schemas 2.2.1, 15.3.3; logs 16.2.5; errors 16.5.1; tenants R43).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFUSED_BODY } from '../../../api/webhooks/receive.ts';
import {
  listWebhookSecrets,
  makeSecret,
  removeWebhookSecret,
  setWebhookSecret,
  type NewSecret,
} from '../../../infra/webhooks/secrets.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { auditOf } from '../api/support/rows.ts';
import { eventually } from '../../support/eventually.ts';
import { bodyOf, boxOf, OLDER_SECRET, post, salonOf, SECRET, send, signed, TOKEN } from './support/sender.ts';

const webhooks = { secrets: [SECRET, OLDER_SECRET], tokens: [TOKEN, 'another-token-of-the-rotation'] };
const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
let now: () => number = Date.now;
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ deps: { webhooks, now: () => now() } });
});
afterAll(() => api.stop());

/** Another process of the same installation: its own caches and lines, the same database. */
const anotherProcess = () => startTestApi({ deps: { webhooks, prisma: api.prisma, vault: api.vault } });

const setSecret = (more: Pick<NewSecret, 'businessId'> & Partial<NewSecret>) =>
  setWebhookSecret(api.prisma, api.vault, {
    kind: 'signature',
    secret: makeSecret(more.kind ?? 'signature'),
    overlapHours: 24,
    actor: 'test',
    ...more,
  });

describe('ASVS 2.3.4, 4.1.5: a delivery is taken once', () => {
  it('though it comes 50 times in parallel, to two processes, and again after a restart', async () => {
    const salon = await salonOf(api);
    const body = bodyOf(salon);
    const id = 'msg_fifty';
    const other = await anotherProcess();
    try {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => send(n % 2 === 0 ? api : other, body, { id })),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    } finally {
      await other.stop();
    }
    await api.prisma.webhookLog.updateMany({
      where: { businessId: salon.id },
      data: { drainedAt: new Date() },
    });
    const restarted = await anotherProcess();
    try {
      const again = await Promise.all(Array.from({ length: 10 }, () => send(restarted, body, { id })));
      expect(again.map(({ status }) => status)).toEqual(Array(10).fill(200));
    } finally {
      await restarted.stop();
    }
    expect(await boxOf(api, salon)).toHaveLength(1);
  });

  it('and the same news under many ids, stored by two processes at once, is one row that counts them (R4)', async () => {
    const salon = await salonOf(api);
    const other = await anotherProcess();
    try {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          send(n % 2 === 0 ? api : other, bodyOf(salon, { appointment: 40 + (n % 4) })),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
    } finally {
      await other.stop();
    }
    const rows = await boxOf(api, salon);
    expect(rows.map(({ externalId }) => externalId).sort()).toEqual(['40', '41', '42', '43']);
    expect(rows.map(({ copies }) => copies)).toEqual([10, 10, 10, 10]);
  });
});

describe('ASVS 13.3.4: secrets overlap while they are changed over', () => {
  it('every configured one holds, and a sender may sign with several', async () => {
    const salon = await salonOf(api);
    for (const [at, secrets] of [[SECRET], [OLDER_SECRET], ['no-secret-of-ours-at-all', SECRET]].entries()) {
      const answer = await send(api, bodyOf(salon, { appointment: 60 + at }), { secrets });
      expect(answer.status).toBe(200);
    }
    const other = await post(`${api.url}/api/webhooks/booksy/another-token-of-the-rotation`, bodyOf(salon));
    expect(other.status).toBe(200);
    const body = bodyOf(salon, { appointment: 70 });
    const versions = signed(body);
    // A version that we do not know stands beside one that we do.
    const mixed = {
      ...versions,
      'webhook-signature': `v1a,AAAA ${versions['webhook-signature'] ?? ''} v2,xyz`,
    };
    expect((await post(`${api.url}/api/webhooks/booksy`, body, mixed)).status).toBe(200);
    const flood = Array(17).fill(versions['webhook-signature']).join(' ');
    const answer = await post(`${api.url}/api/webhooks/booksy`, body, {
      ...versions,
      'webhook-signature': flood,
    });
    expect(answer.status).toBe(401);
  });

  it('of one business: a new one counts at once, the older until its date, a removed one no more (R43)', async () => {
    const salon = await salonOf(api);
    const [older, newer] = [makeSecret('signature'), makeSecret('signature')];
    await setSecret({ businessId: salon.id, secret: older });
    await eventually(async () => (await send(api, bodyOf(salon), { secrets: [older] })).status === 200);
    const { secretId, olderUntil } = await setSecret({
      businessId: salon.id,
      secret: newer,
      overlapHours: 2,
    });
    expect(olderUntil?.getTime()).toBeGreaterThan(Date.now() + 7_100_000);
    await eventually(async () => (await send(api, bodyOf(salon), { secrets: [newer] })).status === 200);
    expect((await send(api, bodyOf(salon), { secrets: [older] })).status).toBe(200);
    expect((await send(api, bodyOf(salon))).status).toBe(200);

    // The date has come.
    await api.database.pool.query(
      `UPDATE integration_secrets SET expires_at = now() WHERE account_key = $1 AND expires_at IS NOT NULL`,
      [`business:${salon.id}`],
    );
    await eventually(async () => (await send(api, bodyOf(salon), { secrets: [older] })).status === 401);
    expect((await send(api, bodyOf(salon), { secrets: [newer] })).status).toBe(200);
    expect(await removeWebhookSecret(api.prisma, secretId, 'test')).toBe(true);
    expect(await removeWebhookSecret(api.prisma, secretId, 'test')).toBe(false);
    await eventually(async () => (await send(api, bodyOf(salon), { secrets: [newer] })).status === 401);
    expect((await auditOf(api, salon.id)).map(({ action }) => action)).toEqual([
      'webhook_secret_set',
      'webhook_secret_set',
      'webhook_secret_removed',
    ]);
  });

  it("of one business proves nothing of another one's (R43, 8.2)", async () => {
    const [mine, theirs] = [await salonOf(api), await salonOf(api)];
    const secret = makeSecret('signature');
    const token = makeSecret('path_token');
    await setSecret({ businessId: mine.id, secret });
    await setSecret({ businessId: mine.id, kind: 'path_token', secret: token });
    await eventually(async () => (await send(api, bodyOf(mine), { secrets: [secret] })).status === 200);
    expect((await post(`${api.url}/api/webhooks/booksy/${token}`, bodyOf(mine))).status).toBe(200);
    const forged = [
      await send(api, bodyOf(theirs), { secrets: [secret] }),
      await post(`${api.url}/api/webhooks/booksy/${token}`, bodyOf(theirs)),
      // Without a business in it nothing of a tenant proves anything.
      await send(api, '{"action":"MODIFIED"}', { secrets: [secret] }),
    ];
    for (const { status, text } of forged) expect([status, text]).toEqual([401, REFUSED_BODY]);
    expect(await boxOf(api, theirs)).toEqual([]);
  });

  it('are sealed in the database, bound to their place, and never listed (11.3.3, 14.2.6)', async () => {
    const salon = await salonOf(api);
    const secret = 'a-canary-of-a-secret-4711';
    await setSecret({ businessId: salon.id, secret });
    await eventually(async () => (await send(api, bodyOf(salon), { secrets: [secret] })).status === 200);
    const { rows } = await api.database.pool.query<{ text: string }>(
      `SELECT encode(sealed, 'escape') || row_to_json(s)::text AS text FROM integration_secrets s`,
    );
    expect(JSON.stringify(rows)).not.toContain(secret);
    const listed = await listWebhookSecrets(api.prisma, salon.id);
    expect(listed).toMatchObject([{ businessId: salon.id, kind: 'signature', until: null }]);
    expect(JSON.stringify(listed)).not.toContain('canary');
    for (const weak of ['short', 'whsec_%%%%%%%%%%%%%%%%%%%%%%%%', 'with a blank in the middle'])
      await expect(setSecret({ businessId: salon.id, secret: weak })).rejects.toMatchObject({
        code: 'webhook_secret_weak',
      });
    // Moved to another tenant's row it does not open, and so proves nothing there.
    const thief = await salonOf(api);
    await api.database.pool.query(`UPDATE integration_secrets SET account_key = $2 WHERE account_key = $1`, [
      `business:${salon.id}`,
      `business:${thief.id}`,
    ]);
    await eventually(async () => (await send(api, bodyOf(salon), { secrets: [secret] })).status === 401);
    expect((await send(api, bodyOf(thief), { secrets: [secret] })).status).toBe(401);
    await eventually(() => api.log.join('').includes('unreadable_in_database'));
  });
});

describe('ASVS 11.2.4: the time of a signature is at most 300 s away', () => {
  it.each([
    [-301, 401],
    [-300, 200],
    [0, 200],
    [300, 200],
    [301, 401],
  ])('%i s → %i', async (seconds, status) => {
    const salon = await salonOf(api);
    now = () => NOW;
    try {
      const timestamp = NOW / 1000 + seconds;
      expect((await send(api, bodyOf(salon), { timestamp })).status).toBe(status);
    } finally {
      now = Date.now;
    }
  });

  it.each(['', '-1', '1e9', ' 1', '1763812800.5', '0x10', '9'.repeat(30), 'NaN'])(
    'and is a number of seconds: %j is refused',
    async (timestamp) => {
      const salon = await salonOf(api);
      expect((await send(api, bodyOf(salon), { timestamp })).status).toBe(401);
    },
  );

  it('cannot be put on again: a message without its own time and id is another one', async () => {
    const salon = await salonOf(api);
    const body = bodyOf(salon, { more: { customer_note: `x.${Math.floor(Date.now() / 1000)}.{}` } });
    const old = signed(body, { id: 'msg_old', timestamp: Math.floor(Date.now() / 1000) - 4000 });
    const fresh = { ...old, 'webhook-timestamp': String(Math.floor(Date.now() / 1000)) };
    expect((await post(`${api.url}/api/webhooks/booksy`, body, fresh)).status).toBe(401);
    // Splitting what was signed at another dot gives another id, and no id has a dot.
    const [head = '', time = '', ...rest] = `msg_old.${old['webhook-timestamp'] ?? ''}.${body}`.split('.');
    const split = { ...old, 'webhook-id': `${head}.${time}`, 'webhook-timestamp': rest[0] ?? '' };
    expect((await post(`${api.url}/api/webhooks/booksy`, rest.slice(1).join('.'), split)).status).toBe(401);
    expect(await boxOf(api, salon)).toEqual([]);
  });
});

describe('ASVS 4.1.5: what is signed are the bytes', () => {
  it('a body that was parsed and written again is refused, and so is one with other blanks or order', async () => {
    const salon = await salonOf(api);
    const body = `{ "appointment": {"id": 31.0, "business_id": ${salon.externalId}, "note": "\\u017c"},  "action":"MODIFIED" }`;
    const rewritten = JSON.stringify(JSON.parse(body));
    expect(rewritten).not.toBe(body);
    const url = `${api.url}/api/webhooks/booksy`;
    expect((await post(url, rewritten, signed(body))).status).toBe(401);
    expect((await post(url, body, signed(rewritten))).status).toBe(401);
    expect((await post(url, `${body}\n`, signed(body))).status).toBe(401);
    expect((await post(url, body, signed(body))).status).toBe(200);
    expect(await boxOf(api, salon)).toHaveLength(1);
  });

  it('bytes that are no UTF-8 are no JSON', async () => {
    const salon = await salonOf(api);
    const bytes = Buffer.concat([Buffer.from(bodyOf(salon)), Buffer.from([0xff, 0xfe, 0x7d])]);
    expect((await post(`${api.url}/api/webhooks/booksy`, bytes, signed(bytes))).status).toBe(400);
  });
});

describe('ASVS 2.2.1, 15.3.3: what is in the body cannot reach further', () => {
  it('__proto__, constructor and prototype are harmless', async () => {
    const salon = await salonOf(api);
    const inside = `"business_id":${salon.externalId}`;
    const hostile = [
      `{"__proto__":{"action":"MODIFIED","appointment":{"id":1,${inside}}}}`,
      `{"action":"MODIFIED","__proto__":{"appointment":{"id":1,${inside}}}}`,
      `{"action":"MODIFIED","appointment":{"id":1,"__proto__":{${inside}}}}`,
      `{"action":"MODIFIED","appointment":{"__proto__":{"id":1},${inside}}}`,
      `{"action":"MODIFIED","constructor":{"prototype":{"appointment":{"id":1,${inside}}}}}`,
    ];
    for (const body of hostile) expect([400, 401]).toContain((await send(api, body)).status);
    expect(await boxOf(api, salon)).toEqual([]);
    const beside = `{"action":"MODIFIED","__proto__":{"polluted":true},"appointment":{"id":1,${inside},"__proto__":{"polluted":true}}}`;
    expect((await send(api, beside)).status).toBe(200);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('depth, huge numbers and lone surrogates neither crash nor pass', async () => {
    const salon = await salonOf(api);
    const inside = `"business_id":${salon.externalId}`;
    const bodies = [
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      `{"action":"MODIFIED","appointment":{"id":1e400,${inside}}}`,
      `{"action":"MODIFIED","appointment":{"id":9007199254740993,${inside}}}`,
      `{"action":"MODIFIED","appointment":{"id":1.5,${inside}}}`,
      `{"action":["MODIFIED"],"appointment":{"id":1,${inside}}}`,
      `{"action":"MODIFIED","appointment":[{"id":1,${inside}}]}`,
      'null',
      '"MODIFIED"',
    ];
    for (const body of bodies) expect((await send(api, body)).status, body.slice(0, 60)).toBe(400);
    const deep = `{"action":"MODIFIED","appointment":{"id":5,${inside},"x":${'['.repeat(50_000)}${']'.repeat(50_000)},"y":"\\ud800"}}`;
    expect((await send(api, deep)).status).toBe(200);
    expect((await boxOf(api, salon)).map(({ externalId }) => externalId)).toEqual(['5']);
  });
});

describe('ASVS 16.2.5, 14.2.1: what is secret stays out of logs, metrics and answers', () => {
  it('body, secret and the token of the address are nowhere, however a request ends', async () => {
    const salon = await salonOf(api);
    const person = 'Kanarek-Canary';
    const body = bodyOf(salon, { more: { customer_name: person } });
    const url = `${api.url}/api/webhooks/booksy`;
    const answers = [
      await post(`${url}/${TOKEN}`, body),
      await post(`${url}/${TOKEN}`, `${body}x`),
      await post(`${url}/${TOKEN}/more`, body),
      await post(`${url}/${TOKEN}?x=${TOKEN}`, body),
      await post(`${url}/${TOKEN}%zz`, body),
      await post(`${url}/${TOKEN}`, 'x'.repeat(300_000)),
      await post(`${url}/${TOKEN}`, body, { 'content-type': 'text/plain' }),
      await fetch(`${url}/${TOKEN}`),
      await fetch(`${url}/${TOKEN}`, { method: 'OPTIONS' }),
      await send(api, body),
      await send(api, bodyOf(salon, { action: person })),
    ];
    expect(answers.map(({ status }) => status)).toEqual([
      200, 400, 404, 400, 400, 413, 415, 405, 204, 200, 400,
    ]);
    await api.database.pool.query('ALTER TABLE webhook_logs RENAME TO webhook_logs_away');
    try {
      expect((await post(`${url}/${TOKEN}`, bodyOf(salon, { appointment: 2 }))).status).toBe(500);
    } finally {
      await api.database.pool.query('ALTER TABLE webhook_logs_away RENAME TO webhook_logs');
    }
    const metrics = await api.send('/metrics');
    const texts = answers.map((answer) =>
      'text' in answer && typeof answer.text === 'string' ? answer.text : '',
    );
    const all = [...api.log, metrics.text, ...texts].join('\n');
    expect(all).toContain('/api/webhooks/booksy/:token');
    expect(all).toMatch(/booksy_webhooks_total\{outcome="stored"\} [1-9]/);
    expect(all).toMatch(/booksy_webhooks_total\{outcome="wrong_signature"\} [1-9]/);
    for (const secret of [TOKEN, SECRET, SECRET.slice(6), OLDER_SECRET, person])
      expect(all).not.toContain(secret);
    expect((await boxOf(api, salon)).length).toBe(1);
  });

  it('one line a minute tells an operator why, however often strangers try (16.5.1)', async () => {
    const salon = await salonOf(api);
    const other = await anotherProcess();
    try {
      for (let n = 0; n < 20; n += 1) await post(`${other.url}/api/webhooks/booksy`, bodyOf(salon));
      const told = other.log.filter((line) => line.includes('not_signed'));
      expect(told).toHaveLength(1);
      expect(told[0]).toContain('webhooks were refused');
    } finally {
      await other.stop();
    }
  });
});
