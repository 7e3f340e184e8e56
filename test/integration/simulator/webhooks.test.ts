import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { idsOf, show, Tester, visitBody } from './client.ts';
import type { Reply } from './client.ts';
import { Receiver } from './receiver.ts';

let tester: Tester;
let receiver: Receiver;
let staff = 0;
let hour = 0;
beforeAll(async () => {
  tester = await Tester.start({ visits: 0 });
  receiver = await Receiver.start();
  staff = idsOf(await tester.salon('GET', 'resource/'))[0] ?? 0;
});
afterAll(async () => {
  await tester.stop();
  await receiver.stop();
});
beforeEach(async () => {
  await tester.control('POST', 'reset', { webhooks: { targets: [{ url: receiver.url }] } });
  receiver.clear();
  hour = 0;
});

async function book(): Promise<number> {
  hour += 1;
  const at = `2031-04-05T${show(hour).padStart(2, '0')}`;
  const made = await tester.control('POST', 'visits', visitBody(staff, `${at}:00`, `${at}:30`));
  return Number(made.body['id']);
}

const pass = (minutes: number): Promise<Reply> =>
  tester.control('POST', 'clock', { advanceMs: minutes * 60_000 });
const seen = (): [string, number][] =>
  receiver.received.map(({ action, appointment }) => [action, appointment]);

describe('webhooks', () => {
  it('tell of what the salon does and of what we do, as the contract says', async () => {
    const id = await book();
    await tester.control('PATCH', `visits/${show(id)}`, { moveMinutes: 600 });
    const mine = await tester.salon(
      'POST',
      'appointment/',
      visitBody(staff, '2031-04-06T10:00', '2031-04-06T11:00'),
    );
    await tester.salon('PATCH', `appointment/${show(mine.body['id'])}/status/cancel/`);
    await tester.control('DELETE', `visits/${show(id)}`);
    await pass(0);
    const own = Number(mine.body['id']);
    expect(seen().sort()).toEqual(
      [
        ['CANCELLED', own],
        ['CREATED', id],
        ['CREATED', own],
        ['MODIFIED', id],
      ].sort(),
    );
    for (const { text } of receiver.received) {
      expect(tester.contract.check('WebhookBody', JSON.parse(text))).toEqual([]);
    }
  });

  it('are tried again after 5, 10, 20 and 40 minutes and then never', async () => {
    receiver.status = 503;
    await book();
    const tries: number[] = [];
    await pass(0);
    for (const minutes of [5, 10, 20, 40, 600]) {
      tries.push(receiver.received.length);
      await pass(minutes);
    }
    expect(tries).toEqual([1, 2, 3, 4, 5]);
    expect(receiver.received).toHaveLength(5);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect((await tester.control('GET', 'counters')).body['webhooks']).toEqual({ failed: 5, given_up: 1 });
  });

  it('come through an outage of 70 minutes, not through one of 80', async () => {
    receiver.status = 503;
    await book();
    await pass(70);
    receiver.status = 200;
    await pass(5);
    expect((await tester.control('GET', 'counters')).body['webhooks']).toEqual({ failed: 4, delivered: 1 });
    receiver.clear();
    receiver.status = 503;
    await book();
    await pass(80);
    receiver.status = 200;
    await pass(6000);
    expect((await tester.control('GET', 'counters')).body['webhooks']).toEqual({
      failed: 9,
      delivered: 1,
      given_up: 1,
    });
  });

  it('are signed the Standard Webhooks way, with every secret during a rotation', async () => {
    const raw = Buffer.from('a-secret-of-some-length');
    const secrets = [`whsec_${raw.toString('base64')}`, 'plain-secret'];
    await tester.control('POST', 'settings', { webhooks: { secrets } });
    await book();
    await pass(0);
    const [one] = receiver.received;
    const signed = `${show(one?.headers['webhook-id'])}.${show(one?.headers['webhook-timestamp'])}.${one?.text ?? ''}`;
    const by = (key: Buffer | string): string =>
      `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
    expect(one?.headers['webhook-signature']).toBe(`${by(raw)} ${by('plain-secret')}`);
    expect(Math.abs(Number(one?.headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(30);
  });

  it('or carry a token in their path', async () => {
    await tester.control('POST', 'settings', { webhooks: { signing: 'token', token: 'unguessable' } });
    await book();
    await pass(0);
    expect(receiver.received[0]?.path).toBe('/hook/unguessable');
    expect(receiver.received[0]?.headers['webhook-signature']).toBeUndefined();
  });

  it('go only to the targets of their salon', async () => {
    const targets = [
      { url: `${receiver.url}/a`, salon: 1001 },
      { url: `${receiver.url}/b`, salon: 1002 },
    ];
    await tester.control('POST', 'settings', { webhooks: { targets } });
    await book();
    await pass(0);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook/a']);
  });
});

describe('faults of webhooks', () => {
  it('drop', async () => {
    await tester.fault({ kind: 'webhook_drop' });
    await book();
    const second = await book();
    await pass(100);
    expect(seen()).toEqual([['CREATED', second]]);
    expect(await tester.hits('webhook_drop')).toBe(1);
  });

  it('delay', async () => {
    await tester.fault({ kind: 'webhook_delay', ms: 3_600_000 });
    const first = await book();
    const second = await book();
    await pass(59);
    expect(seen()).toEqual([['CREATED', second]]);
    await pass(1);
    expect(seen()).toEqual([
      ['CREATED', second],
      ['CREATED', first],
    ]);
    expect(await tester.hits('webhook_delay')).toBe(1);
  });

  it('double', async () => {
    await tester.fault({ kind: 'webhook_double', rows: 2, route: 'WEBHOOK CREATED' });
    const first = await book();
    await pass(0);
    expect(seen()).toEqual([
      ['CREATED', first],
      ['CREATED', first],
      ['CREATED', first],
    ]);
    expect(await tester.hits('webhook_double')).toBe(1);
  });

  it('reorder', async () => {
    await tester.fault({ kind: 'webhook_reorder', ms: 86_400_000 });
    const first = await book();
    await pass(0);
    expect(receiver.received).toHaveLength(0);
    const second = await book();
    await pass(0);
    expect(seen()).toEqual([
      ['CREATED', second],
      ['CREATED', first],
    ]);
    expect(await tester.hits('webhook_reorder')).toBe(1);
  });

  it('wrong signature', async () => {
    await tester.fault({ kind: 'webhook_bad_signature' });
    await book();
    await pass(0);
    const [one] = receiver.received;
    const signed = `${show(one?.headers['webhook-id'])}.${show(one?.headers['webhook-timestamp'])}.${one?.text ?? ''}`;
    const right = createHmac('sha256', 'simulator-webhook-secret').update(signed).digest('base64');
    expect(one?.headers['webhook-signature']).toMatch(/^v1,/);
    expect(one?.headers['webhook-signature']).not.toBe(`v1,${right}`);
    expect(await tester.hits('webhook_bad_signature')).toBe(1);
  });
});
