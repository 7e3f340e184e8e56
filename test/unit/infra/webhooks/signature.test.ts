import { createHmac } from 'node:crypto';
import type * as Crypto from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';

const compared = vi.hoisted(() => ({ count: 0, hmacs: 0 }));
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof Crypto>();
  return {
    ...real,
    createHmac: (...given: Parameters<typeof real.createHmac>) => {
      compared.hmacs += 1;
      return real.createHmac(...given);
    },
    timingSafeEqual: (...given: Parameters<typeof real.timingSafeEqual>) => {
      compared.count += 1;
      return real.timingSafeEqual(...given);
    },
  };
});
const { signingKey, tokenDigest, verifySignature, verifyToken } =
  await import('../../../../infra/webhooks/signature.ts');

const NOW = Date.UTC(2026, 10, 22);
const RAW = Buffer.from('{"a":1}');
const KEYS = ['one-of-the-secrets', 'two-of-the-secrets', 'three-of-the-secrets'].map(signingKey);

function headers(keys: readonly Buffer[], timestamp = NOW / 1000) {
  const signatures = keys.map(
    (key) => `v1,${createHmac('sha256', key).update(`msg_1.${timestamp}.`).update(RAW).digest('base64')}`,
  );
  return { id: 'msg_1', timestamp: String(timestamp), signature: signatures.join(' ') };
}

beforeEach(() => {
  compared.count = 0;
  compared.hmacs = 0;
});

describe('the signature of Standard Webhooks', () => {
  it('agrees with the example of its specification', () => {
    const verdict = verifySignature(
      {
        id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        timestamp: '1614265330',
        signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      },
      Buffer.from('{"test": 2432232314}'),
      [signingKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')],
      1_614_265_330_000,
    );
    expect(verdict).toEqual({ ok: true, deliveryId: 'msg_p5jXN8AQM9LWM0D4loKWxJek' });
  });

  // ASVS 11.2.4: which of the secrets was right, or none, makes no difference in the work that is done.
  it.each([
    ['the first', 0],
    ['the last', 2],
    ['none', null],
  ] as const)('takes no short cut where %s of the secrets is right', (_which, right) => {
    const key = right === null ? signingKey('no-secret-of-ours') : KEYS[right]!;
    const given = headers([key, key]);
    compared.hmacs = 0;
    const verdict = verifySignature(given, RAW, KEYS, NOW);
    expect(verdict.ok).toBe(right !== null);
    expect(compared).toEqual({ count: 6, hmacs: 3 });
  });

  it('does the same work for a time that is too far away', () => {
    const given = headers([KEYS[0]!], NOW / 1000 - 301);
    compared.hmacs = 0;
    expect(verifySignature(given, RAW, KEYS, NOW)).toEqual({ ok: false, why: 'too_old_or_early' });
    expect(compared).toEqual({ count: 3, hmacs: 3 });
  });

  it('is proven by no secret where there is none', () => {
    expect(verifySignature(headers([KEYS[0]!]), RAW, [], NOW)).toEqual({ ok: false, why: 'wrong_signature' });
  });
});

describe('the token of the address', () => {
  const digests = ['token-one-0123456789abcdef', 'token-two-0123456789abcdef'].map(tokenDigest);

  it.each([
    ['token-one-0123456789abcdef', true],
    ['token-two-0123456789abcdef', true],
    ['token-one-0123456789abcde', false],
    ['', false],
  ])('%s: every token is compared, of whatever length was given', (token, ok) => {
    expect(verifyToken(token, digests).ok).toBe(ok);
    expect(compared.count).toBe(2);
  });
});
