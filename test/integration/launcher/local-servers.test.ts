import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from '../../../infra/local/child.ts';
import pg from 'pg';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startStatementCounter } from '../../../infra/local/measure.ts';
import { startPostgres, type LocalPostgres } from '../../../infra/local/postgres.ts';
import { isAlive } from '../../../infra/local/processes.ts';
import { probeTemporal, resolveTemporal, startTemporal } from '../../../infra/local/temporal.ts';
import { eventually } from '../../support/eventually.ts';

const root = mkdtempSync(path.join(tmpdir(), 'booksy-sync-servers-'));
const pids: number[] = [];
afterAll(() => {
  for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  rmSync(root, { recursive: true, force: true, maxRetries: 10 });
});

/** Starts a server in a process of its own and kills that process: the server stays behind, as after `kill -9`. */
async function leaveBehind(script: string, ...args: string[]): Promise<number> {
  const lines: string[] = [];
  const file = fileURLToPath(new URL(`./support/${script}`, import.meta.url));
  const child = await startChild(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), file, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
    (line) => lines.push(line),
  );
  const pid = await eventually(() => Number(/^pid (\d+)$/m.exec(lines.join('\n'))?.[1]) || null, {
    timeoutMs: 120_000,
    what: `the server of ${script}`,
  });
  pids.push(pid);
  child.process.kill('SIGKILL');
  await child.exited;
  expect(isAlive(pid)).toBe(true);
  return pid;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  const dataDir = path.join(root, 'pg');
  const lockFile = path.join(dataDir, 'postgres', 'postmaster.pid');
  const log: string[] = [];
  const started: LocalPostgres[] = [];
  const start = async () => {
    const server = await startPostgres({
      dataDir,
      settings: { fsync: 'off' },
      log: (line) => log.push(line),
    });
    started.push(server);
    return server;
  };
  // Also after a test that failed: the next one is about another state of the same folder.
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
  });

  it('keeps data and password, listens on loopback only, counts statements', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept (n int)');
    expect(
      await query(
        first.url,
        `SELECT current_setting('listen_addresses') AS a, current_setting('TimeZone') AS z`,
      ),
    ).toEqual([{ a: '127.0.0.1', z: 'UTC' }]);
    expect(statSync(path.join(dataDir, 'postgres.password')).mode & 0o777).toBe(0o600);

    const counter = await startStatementCounter(first.url);
    await query(first.url, 'BEGIN; SELECT 1; SELECT 2; COMMIT');
    // Another shape than the others: pg_stat_statements keeps the first text of each shape, comments and all.
    await query(first.url, 'SELECT now() /* pacer */');
    await query(first.url, 'SELECT /* token */ current_user');
    await query(first.url, 'INSERT INTO kept VALUES (1)');
    expect(await counter?.count()).toBe(3);
    await counter?.close();

    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    const second = await start();
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    await second.stop();
  }, 240_000);

  it('starts over a lock file whose pid now belongs to somebody else, and leaves that process alone', async () => {
    writeFileSync(lockFile, `${process.ppid}\n${path.join(dataDir, 'postgres')}\n1\n5432\n\n127.0.0.1\n`);
    const server = await start();
    expect(isAlive(process.ppid)).toBe(true);
    await server.stop();
  }, 240_000);

  it('ends the orphan of a killed run and goes on with its data', async () => {
    const orphan = await leaveBehind('postgres-server.ts', dataDir);
    const server = await start();
    expect(isAlive(orphan)).toBe(false);
    expect(log.join('\n')).toContain(`left PostgreSQL running (pid ${orphan})`);
    expect(await query(server.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    await server.stop();
  }, 240_000);

  it('does not invent a new password for data it would not open', async () => {
    const file = path.join(dataDir, 'postgres.password');
    const password = readFileSync(file, 'utf8');
    rmSync(file);
    await expect(start()).rejects.toMatchObject({ code: 'postgres_password_missing' });
    writeFileSync(file, 'another\n');
    await expect(start()).rejects.toMatchObject({ code: 'postgres_password_wrong' });
    writeFileSync(file, password);
    expect(existsSync(lockFile)).toBe(false);
  }, 240_000);
});

describe('the Temporal dev server', () => {
  const dbFile = path.join(root, 'temporal', 'temporal.db');

  it('ends the orphan on its file, keeps namespace and attributes, adds new ones, keeps histories 30 days', async () => {
    const orphan = await leaveBehind('temporal-server.ts', dbFile);
    const server = await startTemporal({
      dbFile,
      searchAttributes: { BooksySyncTestOld: 'Keyword', BooksySyncTestNew: 'Int' },
      log: () => undefined,
    });
    try {
      expect(isAlive(orphan)).toBe(false);
      expect(server.uiUrl).toBeNull();
      const probe = await probeTemporal(server.address, 'default', 5_000);
      // R31: the ledger remembers for longer.
      expect(probe).toMatchObject({ ok: true, retentionDays: 30 });
      expect(probe.ok && probe.searchAttributes).toEqual(
        expect.arrayContaining(['BooksySyncTestOld', 'BooksySyncTestNew']),
      );
    } finally {
      await server.stop();
    }
    expect(isAlive(server.pid)).toBe(false);
  }, 240_000);

  it('is found on PATH before the cache, and in the cache before it would be got', async () => {
    const [onPath, cache] = [path.join(root, 'path'), path.join(root, 'cache')];
    for (const folder of [onPath, cache]) {
      mkdirSync(folder);
      writeFileSync(path.join(folder, 'temporal'), '#!/bin/sh\n');
      chmodSync(path.join(folder, 'temporal'), 0o755);
    }
    const env = { PATH: `${root}/nowhere:${onPath}`, BOOKSY_SYNC_CACHE_DIR: cache };
    const log = (): void => undefined;
    expect(await resolveTemporal({ log, env })).toEqual({
      path: path.join(onPath, 'temporal'),
      source: 'path',
    });
    chmodSync(path.join(onPath, 'temporal'), 0o644);
    expect(await resolveTemporal({ log, env })).toEqual({
      path: path.join(cache, 'temporal'),
      source: 'cache',
    });
  });

  it('says what to install when it can neither be downloaded nor built', async () => {
    const cache = path.join(root, 'empty-cache');
    const lines: string[] = [];
    // A proxy that nobody serves keeps the download from succeeding on any machine; without PATH there is no Go.
    const dead = 'http://127.0.0.1:9';
    const env = { PATH: root, BOOKSY_SYNC_CACHE_DIR: cache, HTTPS_PROXY: dead, https_proxy: dead };
    const failure = await resolveTemporal({ log: (line) => lines.push(line), env }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'temporal_missing' });
    expect(String(failure)).toContain('build: Go is not installed');
    expect(failure).toHaveProperty('next', expect.stringMatching(/TEMPORAL_ADDRESS/));
    expect(lines.some((line) => line.startsWith('Temporal by download: '))).toBe(true);
    // Nothing half-made stays.
    expect(existsSync(path.join(cache, 'temporal'))).toBe(false);
  }, 240_000);
});
