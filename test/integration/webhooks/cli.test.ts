/** `booksy webhooks secret` on a real database: an installation gives a salon its own secret by it (R43). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createVault } from '../../../infra/crypto.ts';
import { keyIdOf } from '../../../infra/config.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { bodyOf, post, salonOf, send, type Salon } from './support/sender.ts';

const CLI = fileURLToPath(new URL('../../../cli/booksy.mjs', import.meta.url));
const KEY = Buffer.alloc(32, 9);
let api: TestApi;
let salon: Salon;

beforeAll(async () => {
  api = await startTestApi({ deps: { vault: createVault({ key: KEY, keyId: keyIdOf(KEY) }) } });
  salon = await salonOf(api);
});
afterAll(() => api.stop());

async function secret(args: readonly string[], stdin = ''): Promise<{ code: unknown; json: unknown }> {
  const child = spawn(process.execPath, [CLI, 'webhooks', 'secret', ...args, '--json'], {
    cwd: path.dirname(CLI),
    env: { ...process.env, DATABASE_URL: api.database.url, ENCRYPTION_KEY: KEY.toString('base64') },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.end(stdin);
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<unknown[]>]);
  return { code, json: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') };
}

const made = z.object({
  ok: z.literal(true),
  secretId: z.guid(),
  secret: z.string(),
  olderUntil: z.string().nullable(),
});

describe('booksy webhooks secret', { timeout: 240_000 }, () => {
  it('makes one that counts, lets the older hold for a while, lists both without themselves, and ends one', async () => {
    const first = made.parse((await secret(['set', '--business', salon.id])).json);
    expect(first.secret).toMatch(/^whsec_/);
    expect(first.olderUntil).toBeNull();
    const works = async (text: string, status: number) =>
      eventually(async () => (await send(api, bodyOf(salon), { secrets: [text] })).status === status);
    await works(first.secret, 200);

    const brought = 'brought-along-on-stdin';
    const second = await secret(['set', '--business', salon.id, '--overlap', '1', '--stdin'], `${brought}\n`);
    expect(second).toMatchObject({ code: 0, json: { ok: true, kind: 'signature' } });
    expect(JSON.stringify(second.json)).not.toContain(brought);
    await works(brought, 200);
    await works(first.secret, 200);

    const token = made.parse((await secret(['set', '--business', salon.id, '--kind', 'path_token'])).json);
    const address = `${api.url}/api/webhooks/booksy/${token.secret}`;
    await eventually(async () => (await post(address, bodyOf(salon))).status === 200);

    const listed = await secret(['list', '--business', salon.id]);
    const { secrets } = z
      .object({ secrets: z.array(z.looseObject({ kind: z.string(), until: z.string().nullable() })) })
      .parse(listed.json);
    expect(secrets.map(({ kind, until }) => [kind, until === null]).sort()).toEqual([
      ['path_token', true],
      ['signature', false],
      ['signature', true],
    ]);
    for (const one of [first.secret, brought, token.secret])
      expect(JSON.stringify(listed)).not.toContain(one);

    expect(await secret(['remove', first.secretId])).toMatchObject({ code: 0, json: { ok: true } });
    await works(first.secret, 401);
  });

  it('says what was wrong with what it was asked', async () => {
    const nobody = '0199c0de-0000-7000-8000-00000000ffff';
    expect(await secret(['set', '--business', nobody])).toMatchObject({
      code: 1,
      json: { ok: false, error: { code: 'business_unknown' } },
    });
    expect(await secret(['set', '--business', salon.id, '--stdin'], 'short')).toMatchObject({
      code: 1,
      json: { error: { code: 'webhook_secret_weak' } },
    });
    expect(await secret(['set', '--business', 'the salon'])).toMatchObject({ code: 2 });
    expect(await secret(['remove', nobody])).toMatchObject({
      code: 1,
      json: { error: { code: 'not_found' } },
    });
  });
});
