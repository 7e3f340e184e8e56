import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../../../infra/database/migrate.ts';
import { deploy, initEnvironment, type DeployOptions, type Run } from '../../../scripts/deploy.ts';
import { environmentWith } from '../../../scripts/stack.ts';
import { emptyDatabase, migrationNames, quiet } from '../database/support/empty.ts';

let folder: string;
let envFile: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'booksy-sync-deploy-'));
  envFile = path.join(folder, '.env');
  initEnvironment(envFile, 'compose/stack.env.example');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A machine with an engine, or without; some command may fail. */
function machine(options: { engine?: string; compose?: string; fails?: string } = {}) {
  const ran: string[] = [];
  const run: Run = async (command) => {
    const text = command.join(' ');
    if (text.startsWith('docker version')) {
      return { code: options.engine === '' ? 127 : 0, stdout: options.engine ?? '28.2.2\n' };
    }
    if (text.startsWith('docker compose version')) return { code: 0, stdout: options.compose ?? '2.39.4\n' };
    ran.push(text.replace(`docker compose --env-file ${envFile} `, ''));
    return { code: options.fails !== undefined && text.includes(options.fails) ? 17 : 0, stdout: '' };
  };
  return { ran, run };
}

/** Deploys with a database of this test, or with none that answers. */
async function deployWith(run: Run, more: Partial<DeployOptions> = {}, url?: string): Promise<string[]> {
  const lines: string[] = [];
  const env = url === undefined ? { STACK_POSTGRES_PORT: '1' } : { DATABASE_URL: url };
  await deploy({ envFile, dryRun: false, run, say: (line) => lines.push(line), env, ...more });
  return lines;
}

describe('npm run deploy', () => {
  it('builds first, then servers, migrations, everything else', async () => {
    const { ran, run } = machine();
    await deployWith(run);
    expect(ran.map((command) => command.split(' --')[0])).toEqual([
      'build migrate api worker',
      'up',
      'run',
      'up',
      'ps',
    ]);
    expect(ran[1]).toMatch(/--wait .*postgres redis$/);
    expect(ran[2]).toMatch(/--rm --no-deps migrate$/);
    expect(ran[3]).toMatch(/--detach --build --remove-orphans --wait --wait-timeout \d+$/);
  });

  it('lists what the database lacks, and says when it lacks nothing', async () => {
    const { url } = await emptyDatabase();
    const names = await migrationNames();
    expect(await deployWith(machine().run, {}, url)).toContain(`! to be applied: ${names.join(', ')}`);
    await migrate(url, quiet);
    expect(await deployWith(machine().run, {}, url)).toContain('✓ the database is up to date');
  });

  it('refuses a database whose migrations were changed, before anything is touched', async () => {
    const { url, pool } = await emptyDatabase();
    await migrate(url, quiet);
    await pool.query(`UPDATE _prisma_migrations SET checksum = 'x'`);
    const { ran, run } = machine();
    await expect(deployWith(run, {}, url)).rejects.toMatchObject({ exitCode: 3 });
    expect(ran).toEqual([]);
  });

  it('changes nothing in a dry run, engine or not', async () => {
    for (const engine of ['28.2.2', '']) {
      const { ran, run } = machine({ engine });
      const lines = await deployWith(run, { dryRun: true });
      expect(ran).toEqual([]);
      expect(lines.filter((line) => line.startsWith('would '))).toHaveLength(5);
      expect(lines.at(-1)).toBe('Nothing was changed.');
    }
  });

  it.each([
    ['no engine', { engine: '' }],
    ['an old Compose', { compose: '2.23.3' }],
    ['Compose 1', { compose: '1.29.2' }],
  ])('refuses with %s, and says what to do', async (_name, given) => {
    const { ran, run } = machine(given);
    await expect(deployWith(run)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('no Docker engine') as string,
      next: expect.stringContaining('docs/OPERATIONS.md') as string,
    });
    expect(ran).toEqual([]);
  });

  it('stops at the step that fails', async () => {
    const { ran, run } = machine({ fails: ' run ' });
    await expect(deployWith(run)).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('17') as string,
    });
    expect(ran).toHaveLength(3);
  });

  it('names every setting that is missing, wrong or still the example’s, and quotes no secret', async () => {
    const { run } = machine();
    const text = readFileSync(envFile, 'utf8');
    writeFileSync(envFile, text.replace(/^STACK_REDIS_PASSWORD=.*$/m, ''));
    await expect(deployWith(run)).rejects.toThrow('lacks STACK_REDIS_PASSWORD');
    writeFileSync(envFile, text.replace(/^ENCRYPTION_KEY=.*$/m, 'ENCRYPTION_KEY=short-secret'));
    const wrong = await deployWith(run).catch((error: unknown) => error);
    expect(wrong).toMatchObject({ message: expect.stringContaining('ENCRYPTION_KEY') as string });
    expect(JSON.stringify(wrong)).not.toContain('short-secret');
    writeFileSync(envFile, readFileSync('compose/stack.env.example'));
    await expect(deployWith(run)).rejects.toThrow("still has the example's value");
    rmSync(envFile);
    await expect(deployWith(run)).rejects.toMatchObject({
      next: expect.stringContaining('--init') as string,
    });
  });
});

describe('npm run deploy -- --init', () => {
  it('writes fresh secrets that nobody else may read, once', () => {
    const values = environmentWith(envFile, {});
    const secrets = [
      'STACK_POSTGRES_PASSWORD',
      'STACK_DATABASE_PASSWORD',
      'STACK_TEMPORAL_PASSWORD',
      'STACK_REDIS_PASSWORD',
      'BOOKSY_API_SECRET',
      'ENCRYPTION_KEY',
    ];
    const given = secrets.map((name) => values[name] ?? '');
    expect(new Set(given).size).toBe(secrets.length);
    for (const secret of given) expect(secret.length).toBeGreaterThan(40);
    expect(readFileSync(envFile, 'utf8')).not.toContain('change-me');
    expect(statSync(envFile).mode & 0o077).toBe(0);
    expect(() => initEnvironment(envFile, 'compose/stack.env.example')).toThrow('there already');
    expect(secrets.map((name) => environmentWith(envFile, {})[name])).toEqual(given);
  });
});
