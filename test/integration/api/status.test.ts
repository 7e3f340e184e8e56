import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createBooksyProbe } from '../../../api/booksy-probe.ts';
import { createDatabase } from '../../../infra/database/index.ts';
import { SCOPES } from '../../../infra/tokens.ts';
import { startTestApi, type TestApi, type TestApiOptions } from './support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

/** One salon with a little of everything that the status counts. */
async function salon(of: TestApi = api) {
  const id = await of.business('Salon Pod Lipą');
  const { token } = await of.token(SCOPES, [id]);
  const { pool } = of.database;
  const staff = async (externalId: string | null, gone: boolean) => {
    const staffId = randomUUID();
    await pool.query(
      `INSERT INTO staff (id, business_id, name, bookable, active, position) VALUES ($1, $2, 'Osoba', true, true, 0)`,
      [staffId, id],
    );
    if (externalId === null) return;
    await pool.query(
      `INSERT INTO external_staff (business_id, external_id, staff_id, remote, remote_hash, base_theirs, base_ours, base_counters,
                                   observed_sent_at, observed_received_at, gone_at)
       VALUES ($1, $2, $3, '{}', 'h', '{}', '{}', '{}', now(), now(), $4)`,
      [id, externalId, staffId, gone ? new Date() : null],
    );
  };
  await staff('1', false);
  await staff('2', true);
  await staff(null, false);
  const proven = (entity: string, window: string, secondsAgo: number | null) =>
    pool.query(
      `INSERT INTO integration_sync_status (business_id, entity, window_key, proven_sent_at, proven_received_at, complete, remote_count)
       VALUES ($1, $2, $3, now() - $4 * interval '1 second', now() - $4 * interval '1 second', $4::int IS NOT NULL, 7)`,
      [id, entity, window, secondsAgo],
    );
  await proven('staff', 'all', 100);
  await proven('booking', '2026-01', 50);
  await proven('booking', '2026-02', 500);
  await proven('profile', 'all', null);
  await of.prisma.booksySyncConflict.createMany({
    data: ['field', 'field', 'double'].map((kind, n) => ({
      id: randomUUID(),
      businessId: id,
      kind,
      entity: 'booking',
      recordId: randomUUID(),
      status: 'open',
      detail: { n },
    })),
  });
  await of.prisma.booksySyncConflict.create({
    data: {
      id: randomUUID(),
      businessId: id,
      kind: 'field',
      entity: 'booking',
      recordId: randomUUID(),
      status: 'closed',
    },
  });
  await of.prisma.mapping.create({
    data: {
      id: randomUUID(),
      businessId: id,
      entity: 'profile',
      externalId: '1',
      state: 'unsure',
      reason: 'shared_phone',
    },
  });
  await of.prisma.quarantine.create({
    data: {
      id: randomUUID(),
      businessId: id,
      entity: 'booking',
      externalId: '9',
      reasonCode: 'unparseable',
      detail: 'x',
      nextStep: 'y',
    },
  });
  return { id, token };
}

async function using<T>(options: TestApiOptions, use: (other: TestApi) => Promise<T>): Promise<T> {
  const other = await startTestApi(options);
  try {
    return await use(other);
  } finally {
    await other.stop();
  }
}

describe('GET /api/admin/booksy/sync-status', () => {
  it('tells counts, freshness by window, and what waits for a person', async () => {
    const { id, token } = await salon();
    const answer = await api.send('/api/admin/booksy/sync-status', { token });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      nextAfter: null,
      notes: [],
      businesses: [
        {
          businessId: id,
          name: 'Salon Pod Lipą',
          pausedAt: null,
          lastRun: null,
          running: null,
          waiting: {
            total: 5,
            conflicts: { field: 2, double: 1 },
            unsureMappings: { profile: 1 },
            quarantined: { booking: 1 },
          },
        },
      ],
    });
    interface Entity {
      entity: string;
      here: number;
      windows: { windowKey: string; ageSeconds: number | null }[];
    }
    const { businesses } = answer.json as { businesses: [{ entities: Entity[] }] };
    const entity = (name: string) => businesses[0].entities.find((each) => each.entity === name);
    expect(entity('staff')).toMatchObject({ here: 3, linked: 1, goneAtBooksy: 1 });
    const windows = entity('booking')?.windows ?? [];
    expect(windows.map(({ windowKey }) => windowKey)).toEqual(['2026-01', '2026-02']);
    expect(windows[1]?.ageSeconds).toBeGreaterThanOrEqual(500);
    expect(windows[1]?.ageSeconds).toBeLessThan(560);
    // The oldest window decides; an unproven one leaves the entity unproven.
    const provenAt = (name: string) => (entity(name) as unknown as { provenAt: string | null }).provenAt;
    expect(Date.now() - Date.parse(provenAt('booking') ?? '')).toBeGreaterThanOrEqual(499_000);
    expect(provenAt('profile')).toBeNull();
    expect(entity('room')).toMatchObject({ here: 0, linked: 0, windows: [] });
  });

  it('shows the last ended run beside the one that runs', async () => {
    const { id, token } = await salon();
    const run = (status: string, minutesAgo: number) =>
      api.prisma.syncRun.create({
        data: {
          id: randomUUID(),
          businessId: id,
          kind: 'full_sync',
          workflowId: `w${minutesAgo}`,
          actor: 'cli',
          status,
          startedAt: new Date(Date.now() - minutesAgo * 60_000),
          finishedAt: status === 'running' ? null : new Date(),
          counts: { staff: { created: minutesAgo } },
        },
      });
    await run('completed', 30);
    const failed = await run('failed', 20);
    const running = await run('running', 10);
    const answer = await api.send('/api/admin/booksy/sync-status', { token });
    expect(answer.json).toMatchObject({
      businesses: [
        {
          lastRun: { operationId: failed.id, status: 'failed', counts: { staff: { created: 20 } } },
          // Nothing of it is open in Temporal, so nobody can tell its progress.
          running: { operationId: running.id, workflowId: 'w10', progress: null },
        },
      ],
    });
  });

  it('goes through many businesses page by page', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => api.business()));
    const { token } = await api.token(SCOPES, ids);
    const seen: string[] = [];
    let after: string | null = '';
    while (after !== null) {
      const path: string = `/api/admin/booksy/sync-status?limit=2${after === '' ? '' : `&after=${after}`}`;
      const page = (await api.send(path, { token })).json as {
        businesses: { businessId: string }[];
        nextAfter: string | null;
      };
      seen.push(...page.businesses.map(({ businessId }) => businessId));
      after = page.nextAfter;
    }
    expect(seen).toEqual([...ids].sort());
  });

  it('notes where the progress cannot be asked', async () => {
    const { id, token } = await salon();
    await api.prisma.syncRun.create({
      data: {
        id: randomUUID(),
        businessId: id,
        kind: 'full_sync',
        workflowId: 'w',
        actor: 'cli',
        status: 'running',
      },
    });
    const launcher = {
      startFullSync: () => Promise.reject(new Error()),
      fullSyncProgress: () => Promise.reject(new Error('14 UNAVAILABLE')),
      listOpen: () => Promise.resolve([]),
    };
    await using({ deps: { prisma: api.prisma, launcher } }, async (lame) => {
      const answer = await lame.send('/api/admin/booksy/sync-status', { token });
      expect(answer.json).toMatchObject({ notes: [{ code: 'progress_unavailable' }] });
    });
  });
});

describe('GET /api/admin/booksy/health', () => {
  const health = async (of: TestApi, token: string, query = '') =>
    (await of.send(`/api/admin/booksy/health${query}`, { token })).json;

  it('tells each part with its reason; without a worker it is down', async () => {
    const { token } = await salon();
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
      `INSERT INTO booksy_pacer (account_key, blocked_until) VALUES ('default', now() + interval '40 seconds')
       ON CONFLICT (account_key) DO UPDATE SET blocked_until = excluded.blocked_until`,
    );
    onTestFinished(async () => {
      await api.database.pool.query('DELETE FROM booksy_pacer');
    });
    expect(await booksy()).toMatchObject({
      status: 'degraded',
      reason: expect.stringMatching(/in (39|40) s/) as string,
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
    const probeBooksy = createBooksyProbe(`http://127.0.0.1:${(there.address() as AddressInfo).port}/`, 2000);
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
      const away = await lame.send('/readyz', { token: null });
      expect([away.status, away.json]).toMatchObject([503, { database: 'down', temporal: 'ok' }]);
      await listen(at);
      onTestFinished(cut);
      expect((await lame.send('/readyz', { token: null })).status).toBe(200);
      expect((await lame.send('/api/admin/booksy/health', { token })).status).toBe(200);
    });
  });
});

describe('GET /metrics', () => {
  /** name{labels} → value, and every line understood. */
  function parse(text: string): Map<string, number> {
    const samples = new Map<string, number>();
    for (const line of text.trimEnd().split('\n')) {
      if (line === '' || /^# (HELP|TYPE) [a-z_]\w* .+$/.test(line)) continue;
      const sample = /^([a-zA-Z_]\w*(?:\{(?:\w+="(?:[^"\\]|\\.)*",?)*\})?) (\S+)$/.exec(line);
      expect(sample, line).not.toBeNull();
      const value = Number(sample?.[2]);
      expect(Number.isNaN(value) && sample?.[2] !== 'Nan', line).toBe(false);
      samples.set(sample?.[1] ?? '', value);
    }
    return samples;
  }

  it('sums over the businesses of the token, names none, and leaves the process to those who see all', async () => {
    const { id, token } = await salon();
    await salon();
    await api.prisma.syncRun.create({
      data: {
        id: randomUUID(),
        businessId: id,
        kind: 'full_sync',
        workflowId: 'w',
        actor: 'cli',
        status: 'completed',
      },
    });
    const answer = await api.send('/metrics', { token });
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const samples = parse(answer.text);
    expect(samples.get('booksy_sync_businesses')).toBe(1);
    expect(samples.get('booksy_sync_waiting{what="conflict",kind="field"}')).toBe(2);
    expect(samples.get('booksy_sync_runs{kind="full_sync",status="completed"}')).toBe(1);
    expect(samples.get('booksy_sync_freshness_seconds{entity="booking"}')).toBeGreaterThanOrEqual(500);
    expect(samples.get('booksy_sync_unproven_windows{entity="profile"}')).toBe(1);
    // Two staff and a business were written by others than us: the triggers put them into the box.
    expect(samples.get('booksy_sync_box_rows{box="outbox"}')).toBeGreaterThan(0);
    expect(answer.text).not.toContain(id);
    expect(answer.text).not.toContain('Salon');
    expect(answer.text).not.toContain('process_cpu');
  });

  it('has Node and HTTP for a token of all businesses, by route template', async () => {
    await api.send(`/api/admin/booksy/operations/${randomUUID()}`);
    await api.send('/no/such/address/canary');
    const answer = await api.send('/metrics');
    const samples = parse(answer.text);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    const key =
      'http_request_duration_seconds_count{method="GET",route="/api/admin/booksy/operations/:id",status="404"}';
    expect(samples.get(key)).toBeGreaterThanOrEqual(1);
    expect(answer.text).not.toContain('canary');
    expect(samples.get('booksy_sync_businesses')).toBe(await api.prisma.business.count());
  });
});
