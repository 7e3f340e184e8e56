import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';

const MAIN = new URL('../../../simulator/main.ts', import.meta.url).pathname;
interface Counted {
  readonly counters: { readonly calls: number };
}

const children: ChildProcess[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(
  folder: string,
  more: Record<string, string> = {},
): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(MAIN, [], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      SIMULATOR_PORT: '0',
      SIMULATOR_DATA_DIR: folder,
      SIMULATOR_VISITS: '120',
      SIMULATOR_CLIENTS: '20',
      SIMULATOR_SALONS: '2',
      SIMULATOR_SEED: 'restart',
      ...more,
    },
  });
  children.push(child);
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => [{ type: 'died' }]),
  ])) as [{ type: string; url: string; port: number }];
  expect(message.type).toBe('ready');
  expect(message.url).toBe(`http://127.0.0.1:${String(message.port)}`);
  return { child, url: message.url };
}

async function read(url: string, path: string): Promise<Record<string, unknown>> {
  return (await (await fetch(`${url}/_control/${path}`)).json()) as Record<string, unknown>;
}

async function post(url: string, path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${url}/_control/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return (await reply.json()) as Record<string, unknown>;
}

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  folders.push(folder);
  return folder;
}

describe('the process', () => {
  it('goes on where it was killed, torn last line and all', async () => {
    const folder = tempFolder();
    const first = await start(folder);
    const made = await post(first.url, 'visits', {
      salon: 1002,
      customer_name: 'Zapisana Osoba',
      subbookings: [{ booked_from: '2031-01-01T10:00', booked_till: '2031-01-01T11:00' }],
    });
    await post(first.url, 'settings', { flags: { listOrder: 'id_desc' }, limits: { limit: 77 } });
    await post(first.url, 'clock', { advanceMs: 5_000 });
    const before = await read(first.url, 'visits?limit=1000');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const journal = readdirSync(folder).find((name) => name.endsWith('.ndjson')) ?? '';
    appendFileSync(join(folder, journal), '{"t":"put","salon":1002,"kind":"visit","key":"1","rec');

    // Another seed in the environment does not matter: what is there wins.
    const second = await start(folder, { SIMULATOR_SEED: 'other', SIMULATOR_VISITS: '5' });
    expect(await read(second.url, 'visits?limit=1000')).toEqual(before);
    expect(await read(second.url, `visits/${String(made['id'])}`)).toEqual(made);
    expect(await read(second.url, 'settings')).toMatchObject({
      flags: { listOrder: 'id_desc' },
      limits: { limit: 77 },
    });
    expect(await read(second.url, 'clock')).toMatchObject({ offsetMs: 5_000 });
  });

  it('goes on counting, and no fault hits more often than it may', async () => {
    const folder = tempFolder();
    const first = await start(folder);
    const api = async (url: string): Promise<number> => {
      const token = await fetch(`${url}/oauth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          grant_type: 'client_credentials',
          client_id: 'simulator-key',
          client_secret: 'simulator-secret',
        }),
      });
      const { access_token } = (await token.json()) as { access_token: string };
      const headers = { accept: 'application/json; version=0.3', authorization: `Bearer ${access_token}` };
      return (await fetch(`${url}/public-api/pl/business/1001/customer/`, { headers })).status;
    };
    await post(first.url, 'faults', {
      faults: [
        { kind: 'status', status: 502 },
        { kind: 'status', status: 504, skip: 3, count: 2 },
      ],
    });
    await post(first.url, 'clock', { skewMs: 60_000 });
    expect([await api(first.url), await api(first.url), await api(first.url)]).toEqual([502, 200, 200]);
    // Killed as soon as the calls are on disk: nothing of it is written at an orderly end.
    await eventually(() => {
      const kept = JSON.parse(readFileSync(join(folder, 'counted.json'), 'utf8')) as Counted;
      return kept.counters.calls === 3;
    });
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    const second = await start(folder);
    const calls = async (): Promise<unknown> =>
      ((await read(second.url, 'counters'))['calls'] as Record<string, unknown>)['total'];
    expect(await calls()).toBe(3);
    expect((await read(second.url, 'faults'))['hits']).toMatchObject({ status: 1 });
    expect(await read(second.url, 'clock')).toMatchObject({ skewMs: 60_000 });
    expect([await api(second.url), await api(second.url), await api(second.url)]).toEqual([504, 504, 200]);
    expect(await calls()).toBe(6);
    await post(second.url, 'reset', {});
    second.child.kill('SIGTERM');
    await once(second.child, 'exit');

    const third = await start(folder);
    expect(await read(third.url, 'faults')).toEqual({ hits: {}, faults: [] });
    expect((await read(third.url, 'counters'))['calls']).toMatchObject({ total: 0, byRoute: {} });
  });

  it('stops on SIGTERM, and when its parent lets go of it', async () => {
    const first = await start(tempFolder());
    first.child.kill('SIGTERM');
    expect(await once(first.child, 'exit')).toEqual([0, null]);
    const second = await start(tempFolder());
    second.child.disconnect();
    expect(await once(second.child, 'exit')).toEqual([0, null]);
  });

  it('says what is wrong with its environment and exits with a failure', async () => {
    const child = fork(MAIN, [], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, SIMULATOR_VISITS: 'many' },
    });
    children.push(child);
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(errors).toContain('SIMULATOR_VISITS must be a whole number');
  });
});
