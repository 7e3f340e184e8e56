import { createServer, type Server } from 'node:net';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { createDataFolders } from './support/booksy.ts';

const folders = createDataFolders();
let taken: { server: Server; port: number };

beforeAll(async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  taken = { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
});
afterAll(async () => {
  taken.server.close();
  await folders.removeAll();
});

/** A start that must be refused before anything runs. */
async function refused(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { code, json, stdout } = await folders.start([...args, '--json'], env).done;
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return { exit: code, ...json };
}

describe('booksy up refuses', () => {
  it.each([
    ['--api-port', 'API', 'API_PORT'],
    ['--postgres-port', 'PostgreSQL', 'POSTGRES_PORT'],
    ['--temporal-port', 'Temporal', 'TEMPORAL_PORT'],
  ])('a taken port of %s, naming it and how to choose another', async (flag, what, variable) => {
    const port = String(taken.port);
    const answer = await refused(['up', '--data', folders.fresh(), flag, port]);
    expect(answer).toMatchObject({ exit: 3, error: { code: 'port_taken' } });
    expect(JSON.stringify(answer)).toContain(`Port ${port} for `);
    expect(JSON.stringify(answer)).toContain(what);
    expect(JSON.stringify(answer)).toContain(`${flag} or ${variable}`);
  });

  it('a data folder that cannot be written', async () => {
    const data = folders.fresh();
    writeFileSync(data, 'a file');
    expect(await refused(['up', '--data', path.join(data, 'below')])).toMatchObject({
      exit: 3,
      error: { code: 'data_folder_unusable' },
    });
    expect(await refused(['up', '--data', '/proc/booksy-sync'])).toMatchObject({
      exit: 3,
      error: { code: 'data_folder_unusable' },
    });
  });

  it('a configuration that cannot be used, naming each bad value and no secret', async () => {
    const answer = await refused(['up', '--data', folders.fresh()], {
      ENCRYPTION_KEY: 'not-a-good-key',
      BOOKSY_RATE_LIMIT: 'many',
    });
    expect(answer).toMatchObject({ exit: 3, error: { code: 'config_invalid' } });
    const text = JSON.stringify(answer);
    expect(text).toContain('ENCRYPTION_KEY');
    expect(text).toContain('BOOKSY_RATE_LIMIT');
    expect(text).not.toContain('not-a-good-key');
  });

  it('a port variable that is no port', async () => {
    const answer = await refused(['up', '--data', folders.fresh()], { TEMPORAL_PORT: 'http' });
    expect(answer).toMatchObject({ exit: 3, error: { code: 'config_invalid' } });
  });

  it('a database or a Temporal of ours that does not answer', async () => {
    const dead = `127.0.0.1:${taken.port}`;
    const answer = await refused(['up', '--data', folders.fresh()], {
      DATABASE_URL: `postgresql://u:top-secret@127.0.0.1:1/none`,
    });
    expect(answer).toMatchObject({ exit: 3, error: { code: 'database_unreachable' } });
    expect(JSON.stringify(answer)).not.toContain('top-secret');
    expect(
      await refused(['up', '--data', folders.fresh()], {
        DATABASE_URL: inject('databaseAdminUrl'),
        TEMPORAL_ADDRESS: dead,
      }),
    ).toMatchObject({ exit: 3, error: { code: 'temporal_unreachable' } });
  });
});

describe('the command line', () => {
  it.each([
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['up', '--bogus'], /unknown option '--bogus'/],
    [['up', '--api-port', 'x'], /port from 0 to 65535/],
    [['sync'], /./],
  ])('%j is a usage error', async (args, message) => {
    const answer = await refused(args);
    expect(answer).toMatchObject({ exit: 2, ok: false, error: { code: 'usage' } });
    expect(JSON.stringify(answer)).toMatch(message);
  });

  it('says where the API is missing, and where it does not answer', async () => {
    expect(await refused(['sync', 'status', '--data', folders.fresh()])).toMatchObject({
      exit: 6,
      error: { code: 'api_unknown' },
    });
    expect(await refused(['health', 'check', '--api', 'http://127.0.0.1:1', '--token', 't'])).toMatchObject({
      exit: 6,
      error: { code: 'api_unreachable' },
    });
  });
});

const findings = z.object({
  checks: z.array(z.object({ name: z.string(), status: z.string(), next: z.string().optional() })),
});

describe('booksy doctor', () => {
  it('finds nothing on a machine that is ready, and makes nothing', async () => {
    const data = folders.fresh();
    const answer = await refused(['doctor', '--data', data]);
    expect(answer).toMatchObject({ exit: 0, ok: true });
    expect(() => mkdirSync(data)).not.toThrow();
  });

  it('finds what is wrong and says how to mend it', async () => {
    const answer = await refused(['doctor', '--data', folders.fresh(), '--api-port', String(taken.port)], {
      DATABASE_URL: inject('databaseAdminUrl'),
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      BOOKSY_BASE_URL: 'https://booksy.example/public-api/pl/',
    });
    expect(answer).toMatchObject({ exit: 1, ok: false });
    const { checks } = findings.parse(answer);
    const failing = checks.filter(({ status }) => status === 'fail');
    // The database of the test run has no tables of ours; key and secret for the address are missing.
    expect(failing.map(({ name }) => name).sort()).toEqual([
      'Temporal',
      'configuration',
      'configuration',
      'ports',
      'schema',
    ]);
    expect(failing.filter(({ next }) => !next)).toEqual([]);
  });

  it('warns of what is set, away and not needed, and is not held up by a server that says nothing', async () => {
    const answer = await refused(['doctor', '--data', folders.fresh()], {
      REDIS_URL: `redis://127.0.0.1:${String(taken.port)}`,
      DATABASE_REPLICA_URL: 'postgresql://nobody:top-secret@127.0.0.1:1/away',
    });
    expect(answer).toMatchObject({ exit: 0, ok: true });
    const { checks } = findings.parse(answer);
    expect(checks.filter(({ status }) => status === 'warn').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['replica', 'Redis']),
    );
    expect(JSON.stringify(answer)).not.toContain('top-secret');
  });
});
