import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createDatabase } from '../../../infra/database/index.ts';
import { mintToken, SCOPES } from '../../../infra/tokens.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';

const MAIN = fileURLToPath(new URL('../../../api/main.ts', import.meta.url));
const readySchema = z.object({ type: z.literal('ready'), port: z.int(), url: z.url() }).strict();

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

function settings(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'] ?? '',
    DATABASE_URL: database.url,
    BOOKSY_BASE_URL: 'http://127.0.0.1:1/public-api/pl/',
    BOOKSY_API_KEY: 'key-of-the-test',
    BOOKSY_API_SECRET: 'secret-of-the-test',
    ENCRYPTION_KEY: Buffer.alloc(32, 3).toString('base64'),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: inject('temporalNamespace'),
  };
}

/** The real process, as `booksy up` starts it. */
function launch(env: NodeJS.ProcessEnv) {
  const child: ChildProcess = fork(MAIN, [], {
    execArgv: ['--import', 'tsx'],
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'exit').then(([code]) => z.int().nullable().parse(code));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const ready = Promise.race([
    once(child, 'message').then(([message]) => readySchema.parse(message)),
    ended.then((code) => Promise.reject(new Error(`ended with ${String(code)}: ${output}`))),
  ]);
  ready.catch(() => undefined);
  return { child, ready, ended, output: () => output };
}

describe('the API process', () => {
  it('says when it is ready, serves, and stops cleanly on SIGTERM', async () => {
    const api = launch(settings());
    const { url, port } = await api.ready;
    expect(url).toBe(`http://127.0.0.1:${port}`);
    const db = createDatabase({ url: database.url, poolMax: 1, applicationName: 'test' });
    const { token } = await mintToken(db.prisma, {
      name: 't',
      scopes: SCOPES,
      businesses: 'all',
      expiresAt: null,
    });
    await db.close();
    // A part that does not answer within two seconds counts as away: on a busy machine that may be so once.
    await eventually(async () => {
      const health = await fetch(`${url}/api/admin/booksy/health`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      expect(await health.json()).toMatchObject({
        version: '0.1.0',
        components: { database: { status: 'ok' }, temporal: { status: 'ok' } },
      });
      return true;
    });
    await eventually(async () => (await fetch(`${url}/readyz`)).status === 200);
    api.child.kill('SIGTERM');
    expect(await api.ended).toBe(0);
    expect(api.output()).not.toMatch(/secret-of-the-test|key-of-the-test|bks_/);
  });

  it('stops when its parent goes', async () => {
    const api = launch(settings());
    await api.ready;
    api.child.disconnect();
    expect(await api.ended).toBe(0);
  });

  it('starts without Temporal and says so', async () => {
    const api = launch({ ...settings(), TEMPORAL_ADDRESS: '127.0.0.1:1' });
    const { url } = await api.ready;
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'not_ready', database: 'ok', temporal: 'down' },
    ]);
    api.child.kill('SIGTERM');
    expect(await api.ended).toBe(0);
  });

  it('names bad settings and a taken port, and ends with an error', async () => {
    const bad = launch({ ...settings(), LOG_LEVEL: 'loud', DATABASE_URL: '' });
    expect(await bad.ended).toBe(1);
    expect(bad.output()).toMatch(/DATABASE_URL is missing[\s\S]*LOG_LEVEL must be one of/);

    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise((resolve) => blocker.close(() => resolve())));
    const taken = launch({ ...settings(), API_PORT: String((blocker.address() as AddressInfo).port) });
    expect(await taken.ended).toBe(1);
    expect(taken.output()).toContain('its port is taken');
  });
});
