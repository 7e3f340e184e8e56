import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { show, Tester } from './client.ts';
import type { Reply } from './client.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PARTNER = {
  name: 'partner',
  uuid: '0197a001-0000-7000-8000-000000000001',
  publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
};

let tester: Tester;
beforeAll(async () => {
  tester = await Tester.start({ visits: 0, clients: 5, partner: PARTNER });
});
afterAll(() => tester.stop());
beforeEach(async () => {
  await tester.control('POST', 'reset', {});
});

interface JwtParts {
  readonly issuer?: string;
  readonly audience?: string;
  readonly lifeSeconds?: number;
  readonly issuedAt?: number;
  readonly typ?: string;
  readonly key?: typeof privateKey;
}

async function partnerToken(parts: JwtParts = {}): Promise<Reply> {
  const now = parts.issuedAt ?? Math.floor(Date.now() / 1000);
  const jwt = await new SignJWT()
    .setProtectedHeader({ alg: 'RS256', typ: parts.typ ?? 'JWT' })
    .setIssuer(parts.issuer ?? 'https://public-api.booksy.com')
    .setAudience(parts.audience ?? PARTNER.uuid)
    .setIssuedAt(now)
    .setExpirationTime(now + (parts.lifeSeconds ?? 120))
    .sign(parts.key ?? privateKey);
  return form('token/', { partner_name: PARTNER.name, token: jwt });
}

function form(path: string, fields: Record<string, string>): Promise<Reply> {
  return tester.api('POST', `/${path}`, {
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: '' },
  });
}

const status = async (): Promise<number> => (await tester.api('GET', '/business/')).status;

describe('client_credentials', () => {
  it('gives a token that works until its time is over, by the clock of the sandbox', async () => {
    await tester.control('POST', 'settings', { tokens: { clientCredentialsSeconds: 100 } });
    expect((await tester.signIn()).body).toMatchObject({ token_type: 'Bearer', expires_in: 100 });
    await tester.control('POST', 'clock', { advanceMs: 99_000 });
    expect(await status()).toBe(200);
    await tester.control('POST', 'clock', { advanceMs: 2_000 });
    expect(await status()).toBe(401);
    await tester.signIn();
    expect(await status()).toBe(200);
  });

  it('refuses wrong credentials, another grant, and everybody when told so', async () => {
    const ask = (body: object): Promise<Reply> => tester.raw('POST', '/oauth/token', { body });
    const good = {
      grant_type: 'client_credentials',
      client_id: 'simulator-key',
      client_secret: 'simulator-secret',
    };
    expect((await ask({ ...good, client_secret: 'x' })).status).toBe(401);
    expect((await ask({ ...good, grant_type: 'password' })).status).toBe(400);
    await tester.control('POST', 'credentials', { refused: true, revokeTokens: true });
    expect(await status()).toBe(401);
    expect((await ask(good)).status).toBe(401);
  });

  it('429 above ten tokens a minute, counted apart from calls', async () => {
    await tester.control('POST', 'reset', { limits: { algorithm: 'sliding', limit: 200 } });
    const codes: number[] = [];
    for (let n = 0; n < 12; n += 1) codes.push((await tester.signIn()).status);
    expect(codes).toEqual([...Array<number>(10).fill(200), 429, 429]);
    const { body } = await tester.control('GET', 'counters');
    expect(body['calls']).toMatchObject({ total: 0, discovery: 0, token: 12 });
    expect(body).toMatchObject({ rejected429: 0, tokenRejected429: 2 });
    await tester.control('POST', 'clock', { advanceMs: 60_000 });
    expect((await tester.signIn()).status).toBe(200);
  });
});

describe('partner_jwt', () => {
  it('gives an access token of five minutes and one to refresh it of three days', async () => {
    const { body } = await partnerToken();
    tester.useToken(show(body['access']));
    expect(await status()).toBe(200);
    await tester.control('POST', 'clock', { advanceMs: 301_000 });
    expect(await status()).toBe(401);
    const again = await form('refresh/', { refresh: show(body['refresh']) });
    tester.useToken(show(again.body['access']));
    expect(await status()).toBe(200);
    await tester.control('POST', 'clock', { advanceMs: 3 * 86_400_000 });
    expect((await form('refresh/', { refresh: show(body['refresh']) })).status).toBe(401);
  });

  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  it.each([
    ['issuer', { issuer: 'https://elsewhere.example' }],
    ['audience', { audience: 'somebody' }],
    ['life of more than three minutes', { lifeSeconds: 181 }],
    ['time that is over', { issuedAt: Math.floor(Date.now() / 1000) - 1000 }],
    ['type', { typ: 'at+jwt' }],
    ['key', { key: stranger }],
  ])('refuses a wrong %s', async (_what, parts) => {
    expect((await partnerToken(parts)).status).toBe(401);
    expect((await partnerToken()).status).toBe(200);
  });

  it('judges times by the clock it is told to have', async () => {
    await tester.control('POST', 'clock', { skewMs: 600_000 });
    expect((await partnerToken()).status).toBe(401);
    const date = Date.parse((await tester.api('GET', '/business/')).headers.get('date') ?? '');
    expect(date - Date.now()).toBeGreaterThan(590_000);
  });
});
