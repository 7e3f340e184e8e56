import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createBooksyProbe } from '../../../api/booksy-probe.ts';
import { createDatabase } from '../../../infra/database/index.ts';
import { SCOPES } from '../../../infra/tokens.ts';
import { startTestApi, type TestApi } from './support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { salon, using } from './support/salon.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

describe('GET /api/admin/booksy/health', () => {
  const health = async (of: TestApi, token: string, query = '') =>
    (await of.send(`/api/admin/booksy/health${query}`, { token })).json;

  it('tells each part with its reason; without a worker it is down', async () => {
    const { token } = await salon(api);
    // A part that does not answer within two seconds counts as away: on a busy machine that may be so once.
    await eventually(async () => {
      expect(await health(api, token)).toMatchObject({
        status: 'down',
        version: '0.0.0-test',
        components: {
          api: { status: 'ok' },
          database: { status: 'ok', reason: 'Answers.' },
          temporal: { status: 'ok', reason: expect.stringMatching(/server \d+\.\d+/) as string },
          workers: { status: 'down', reason: expect.stringContaining('Start the worker') as string },
          booksy: { status: 'ok', reason: expect.stringContaining('Last read') as string },
        },
      });
      return true;
    });
  });

  it('tells of Booksy what is known without a call', async () => {
    const id = await api.business();
    const { token } = await api.token(SCOPES, [id]);
    const booksy = async () =>
      ((await health(api, token)) as { components: { booksy: unknown } }).components.booksy;
    expect(await booksy()).toMatchObject({ status: 'unknown' });
    await api.prisma.syncRun.create({
      data: {
        id: randomUUID(),
        businessId: id,
        kind: 'full_sync',
        workflowId: 'w',
        actor: 'cli',
        status: 'failed',
        finishedAt: new Date(),
        errorCode: 'auth_revoked',
      },
    });
    expect(await booksy()).toMatchObject({
      status: 'degraded',
      reason: expect.stringContaining('auth_revoked') as string,
    });
    await api.database.pool.query(
      `INSERT INTO booksy_pacer (account_key, blocked_until) VALUES ('default', now() + interval '40 minutes')
       ON CONFLICT (account_key) DO UPDATE SET blocked_until = excluded.blocked_until`,
    );
    onTestFinished(async () => {
      await api.database.pool.query('DELETE FROM booksy_pacer');
    });
    expect(await booksy()).toMatchObject({
      status: 'degraded',
      reason: expect.stringMatching(/in (23\d\d|2400) s/) as string,
    });
  });

  it('spends one call when asked to, and only one for many who ask', async () => {
    let calls = 0;
    const probeBooksy = () => {
      calls += 1;
      return Promise.resolve();
    };
    await using({ deps: { probeBooksy } }, async (other) => {
      await health(other, other.adminToken);
      expect(calls).toBe(0);
      const asked = await Promise.all(
        Array.from({ length: 5 }, () => health(other, other.adminToken, '?probe=true')),
      );
      expect(calls).toBe(1);
      for (const each of asked) expect(each).toMatchObject({ components: { booksy: { status: 'ok' } } });
    });
  });

  it.each([
    [503, 'down', 'booksy_unavailable'],
    [429, 'down', 'booksy_rate_limited'],
    [401, 'ok', 'just now'],
  ])('takes the answer %i of Booksy as %s', async (status, expected, reason) => {
    const there = createServer((_request, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => there.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise((resolve) => there.close(() => resolve())));
    const probeBooksy = createBooksyProbe(
      `http://127.0.0.1:${(there.address() as AddressInfo).port}/`,
      30_000,
    );
    await using({ deps: { probeBooksy } }, async (other) => {
      expect(await health(other, other.adminToken, '?probe=true')).toMatchObject({
        components: { booksy: { status: expected, reason: expect.stringContaining(reason) as string } },
      });
    });
  });

  it('takes silence at Booksy, in Temporal and of the workers as what it is', async () => {
    const probeBooksy = createBooksyProbe('http://127.0.0.1:1/', 1000);
    const gone = () => Promise.reject(new Error('14 UNAVAILABLE'));
    const deps = { probeBooksy, temporalStatus: { serverVersion: gone, pollers: gone } };
    await using({ deps }, async (lame) => {
      expect(await health(lame, lame.adminToken, '?probe=true')).toMatchObject({
        status: 'down',
        components: {
          temporal: { status: 'down' },
          workers: { status: 'unknown' },
          booksy: { status: 'down' },
        },
      });
      const ready = await lame.send('/readyz', { token: null });
      expect([ready.status, ready.json]).toEqual([
        503,
        { status: 'not_ready', database: 'ok', temporal: 'down' },
      ]);
      expect((await lame.send('/healthz', { token: null })).status).toBe(200);
    });
  });

  it('answers 503 with a problem, not a riddle, while the database is away, and goes on when it is back', async () => {
    const { hostname, port } = new URL(api.database.url);
    const open = new Set<Socket>();
    const proxy = createTcpServer((socket) => {
      const onward = connect(Number(port), hostname);
      for (const each of [socket, onward]) {
        open.add(each);
        each.on('error', () => undefined);
      }
      socket.pipe(onward).pipe(socket);
    });
    const listen = (at: number) => new Promise<void>((resolve) => proxy.listen(at, '127.0.0.1', resolve));
    await listen(0);
    const at = (proxy.address() as AddressInfo).port;
    const cut = async () => {
      const closed = new Promise((resolve) => proxy.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    };
    const url = new URL(api.database.url);
    url.port = String(at);
    url.hostname = '127.0.0.1';
    const { prisma } = api.database.closing(
      createDatabase({ url: url.href, poolMax: 2, applicationName: 'test-api-proxy' }),
    );
    await using({ deps: { prisma } }, async (lame) => {
      const { token } = await api.token(SCOPES, 'all');
      expect((await lame.send('/api/admin/booksy/health', { token })).status).toBe(200);
      await cut();
      for (const path of ['/api/admin/booksy/health', '/api/admin/booksy/operations', '/metrics']) {
        const answer = await lame.send(path, { token });
        expect([answer.status, answer.json], path).toMatchObject([503, { code: 'database_unavailable' }]);
        expect(answer.text).not.toContain('127.0.0.1');
      }
      await eventually(async () => {
        const away = await lame.send('/readyz', { token: null });
        expect([away.status, away.json]).toMatchObject([503, { database: 'down', temporal: 'ok' }]);
        return true;
      });
      await listen(at);
      onTestFinished(cut);
      await eventually(async () => (await lame.send('/readyz', { token: null })).status === 200);
      expect((await lame.send('/api/admin/booksy/health', { token })).status).toBe(200);
    });
  });
});
