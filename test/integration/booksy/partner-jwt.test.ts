import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, failure, startRig, type Rig } from './rig.ts';

const PARTNER_UUID = '3f6d3c0e-6c1b-4c39-9a0f-6f1f3a2b9d10';
const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const stranger = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    simulator: { partner: { name: 'tester', uuid: PARTNER_UUID, publicKeyPem: keys.publicKey } },
    env: {
      BOOKSY_AUTH_STRATEGY: 'partner_jwt',
      BOOKSY_PARTNER_NAME: 'tester',
      BOOKSY_PARTNER_UUID: PARTNER_UUID,
      BOOKSY_PARTNER_PRIVATE_KEY: keys.privateKey,
    },
  });
});
afterAll(() => rig.stop());

const routes = async () => (await rig.simulator.counters()).calls.byRoute;
const tokenCalls = async (which: string): Promise<number> =>
  Object.entries(await routes())
    .filter(([route]) => route.endsWith(`/${which}/`))
    .reduce((sum, [, count]) => sum + count, 0);

describe('strategy partner_jwt', () => {
  it('signs in, then refreshes with the refresh token once the access token is refused', async () => {
    await rig.client.listBusinesses(call);
    expect([await tokenCalls('token'), await tokenCalls('refresh')]).toEqual([1, 0]);
    await rig.simulator.fault({ kind: 'expire_token', route: 'GET /business/' });
    await rig.client.listBusinesses(call);
    expect([await tokenCalls('token'), await tokenCalls('refresh')]).toEqual([1, 1]);
  });

  it('signs in anew where the refresh token is refused too', async () => {
    await rig.simulator.clearCounters();
    await rig.simulator.fault({ kind: 'revoke_tokens', route: 'GET /business/' });
    await rig.client.listBusinesses(call);
    expect([await tokenCalls('token'), await tokenCalls('refresh')]).toEqual([1, 1]);
  });

  it('a key that Booksy does not know needs a person', async () => {
    const client = rig.another({
      BOOKSY_ACCOUNT_KEY: 'stranger',
      BOOKSY_PARTNER_PRIVATE_KEY: stranger.privateKey,
    });
    const error = await failure(client.listBusinesses(call));
    expect(error).toMatchObject({ code: 'auth_revoked', callerMay: 'ask_a_person' });
    expect(JSON.stringify(error) + String(error)).not.toContain('PRIVATE KEY');
  });

  it('token calls stay within their own, smaller allowance', async () => {
    await rig.simulator.configure({
      limits: { algorithm: 'sliding', limit: 100_000, windowMs: 2000, tokenLimit: 4, tokenWindowMs: 2000 },
    });
    await rig.simulator.clearCounters();
    const client = rig.another({
      BOOKSY_ACCOUNT_KEY: 'few-tokens',
      BOOKSY_RATE_WINDOW_MS: '2000',
      BOOKSY_TOKEN_RATE_LIMIT: '4',
    });
    for (let time = 0; time < 6; time += 1) {
      await rig.simulator.fault({ kind: 'revoke_tokens', route: 'GET /business/' });
      await client.listBusinesses(call);
    }
    const { calls } = await rig.simulator.counters();
    expect(calls.token).toBeGreaterThanOrEqual(7);
    expect(calls.byStatus['429'] ?? 0).toBe(0);
  });
});
