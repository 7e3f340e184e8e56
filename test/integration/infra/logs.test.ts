import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, it, onTestFinished } from 'vitest';
import { databaseOfThisTest } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';

const ROOT = new URL('../../../', import.meta.url);

it.each([
  ['api', 'api/main.ts'],
  ['worker', 'workers/main.ts'],
])('the %s process writes its three files', { timeout: 240_000 }, async (name, entry) => {
  const database = await databaseOfThisTest();
  const dir = mkdtempSync(join(tmpdir(), 'booksy-log-'));
  const child = fork(fileURLToPath(new URL(entry, ROOT)), [], {
    execArgv: ['--import', 'tsx'],
    cwd: fileURLToPath(ROOT),
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: database.url,
      BOOKSY_BASE_URL: 'http://127.0.0.1:1/public-api/pl/',
      BOOKSY_API_KEY: 'key-of-the-test',
      BOOKSY_API_SECRET: 'secret-of-the-test',
      ENCRYPTION_KEY: Buffer.alloc(32, 3).toString('base64'),
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TEMPORAL_NAMESPACE: inject('temporalNamespace'),
      TEMPORAL_TASK_QUEUE: `logs-${name}`,
      LOG_DIR: dir,
      LOG_LEVEL: 'info',
    },
  });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  });
  const lines = (file: string) =>
    readFileSync(join(dir, file), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line): unknown => JSON.parse(line));
  await eventually(() => lines('booksy-metrics.log').length > 0, { timeoutMs: 90_000 });
  expect(lines('booksy-metrics.log')[0]).toMatchObject({
    name,
    channel: 'metrics',
    rssBytes: expect.any(Number) as number,
    loopDelayP99Ms: expect.any(Number) as number,
  });
  await eventually(() => lines('booksy-sync.log').length > 0, { timeoutMs: 60_000 });
  expect(readdirSync(dir).sort()).toEqual(['booksy-errors.log', 'booksy-metrics.log', 'booksy-sync.log']);
  expect(JSON.stringify(lines('booksy-sync.log'))).not.toMatch(/secret-of-the-test|"channel":"metrics"/);
});
