import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { createDataFolders, partNamed, ready, recordedParts, SMALL, stillRunning } from './support/booksy.ts';

const folders = createDataFolders();
afterAll(() => folders.removeAll());

describe('booksy up', () => {
  it('brings everything up, syncs, answers the other commands, stops in order, and goes on later', async () => {
    const data = folders.fresh();
    const up = folders.start(['up', '--json', '--data', data, ...SMALL]);
    const object = await ready(up);
    expect(Object.keys(object)).toEqual([
      ...[
        'ready',
        'api',
        'dashboard',
        'temporalUi',
        'temporalAddress',
        'simulator',
        'databaseUrl',
        'adminToken',
      ],
    ]);
    await isReady(object['api']);
    expect((await fetch(String(object['temporalUi']))).status).toBe(200);
    await eventually(() => /\n {2}1\d\d visits +1\d\d new/.test(up.stderr()), {
      timeoutMs: 120_000,
      what: 'the first full sync',
    });

    for (const name of ['secrets.json', 'run.json', 'postgres.password']) {
      expect(statSync(path.join(data, name)).mode & 0o077, name).toBe(0);
    }
    const logs = ['booksy-sync.log', 'postgres.log', 'temporal.log'].map((name) =>
      path.join(data, 'logs', name),
    );
    expect(logs.filter((file) => !existsSync(file))).toEqual([]);
    expect(readFileSync(path.join(data, 'logs', 'booksy-sync.log'), 'utf8')).not.toContain(
      String(object['adminToken']),
    );

    const second = await folders.start(['up', '--json', '--data', data]).done;
    expect(second.code).toBe(5);
    expect(second.json).toMatchObject({ ok: false, error: { code: 'already_running' } });
    expect(JSON.stringify(second.json)).toContain(`process ${up.pid}, started`);

    const beside = await Promise.all(
      [['doctor'], ['sync', 'status'], ['seed'], ['migrate'], ['sync', 'watch']].map(async (command) => ({
        command,
        ...(await folders.start([...command, '--json', '--data', data]).done),
      })),
    );
    expect(beside.filter(({ code, json }) => code !== 0 || json['ok'] !== true)).toEqual([]);
    expect(beside.every(({ stdout }) => stdout.trim().split('\n').length === 1)).toBe(true);
    // A part that does not answer within two seconds counts as away: on a busy machine that may be so once.
    await eventually(
      async () => {
        const health = await folders.start(['health', 'check', '--json', '--data', data]).done;
        return health.code === 0 && health.json['ok'] === true;
      },
      { timeoutMs: 40_000, what: 'every part being well' },
    );

    const again = await folders.start(['sync', 'full', '--json', '--data', data]).done;
    expect(again).toMatchObject({
      code: 0,
      json: { ok: true, entities: { visits: { created: 0, updated: 0 } } },
    });

    // What a person does in the calendar page is here at once, by a webhook signed with a secret of this start.
    await arrivesByWebhook(String(object['simulator']), String(object['databaseUrl']));

    const parts = recordedParts(data);
    expect(parts.map(({ name }) => name)).toEqual(['PostgreSQL', 'Temporal', 'simulator', 'worker', 'API']);
    up.process.kill('SIGINT');
    const stopped = await up.done;
    expect(stopped.code).toBe(0);
    expect([...stopped.stderr.matchAll(/(\S+) stopped/g)].map(([, name]) => name)).toEqual([
      ...['API', 'worker', 'simulator', 'Temporal', 'PostgreSQL'],
    ]);
    expect(stillRunning(parts)).toEqual([]);
    expect(stopped.stdout.trim().split('\n')).toHaveLength(1);

    const later = await folders.start(['up', '--once', '--json', '--data', data, '--rate-limit', '5000/1s'])
      .done;
    expect(later.code).toBe(0);
    expect(later.stdout.trim().split('\n')).toHaveLength(1);
    expect(later.stderr).toContain('up to date');
    // Other programs lean on just these names (SPEC §15).
    expect(Object.keys(later.json)).toEqual([
      ...['ok', 'seconds', 'entities', 'calls', 'leastCalls', 'statements', 'temporalEvents'],
      ...['historyBytes', 'actions', 'waiting'],
    ]);
    const entities = Object.entries(z.record(z.string(), z.unknown()).parse(later.json['entities']));
    expect(entities.map(([name]) => name)).toEqual([
      ...['services', 'staff', 'rooms', 'hours', 'timeOff', 'clients', 'visits'],
    ]);
    for (const [name, counts] of entities) {
      expect(Object.keys(z.record(z.string(), z.number()).parse(counts)), name).toEqual([
        ...['created', 'linked', 'updated', 'unchanged', 'quarantined', 'unsure'],
      ]);
    }
    const none = { created: 0, linked: 0, updated: 0 };
    expect(later.json).toMatchObject({
      ok: true,
      entities: {
        services: none,
        staff: none,
        rooms: none,
        hours: none,
        timeOff: none,
        clients: none,
        visits: none,
      },
    });
    const { calls, leastCalls, statements, temporalEvents, historyBytes, actions, waiting } = later.json;
    for (const count of [calls, leastCalls, statements, temporalEvents, historyBytes, actions]) {
      expect(count).toBeGreaterThan(0);
    }
    expect(waiting).toBeGreaterThanOrEqual(0);
    expect(Number(calls)).toBeGreaterThanOrEqual(Number(leastCalls));
  }, 400_000);

  it('runs two copies side by side, and one Ctrl-C concerns one', async () => {
    const [first, second] = [folders.fresh(), folders.fresh()];
    const ups = [first, second].map((data) => folders.start(['up', '--json', '--data', data, ...SMALL]));
    const objects = await Promise.all(ups.map(ready));
    expect(objects[0]?.['api']).not.toBe(objects[1]?.['api']);
    expect(objects[0]?.['databaseUrl']).not.toBe(objects[1]?.['databaseUrl']);
    ups[0]?.process.kill('SIGTERM');
    expect((await ups[0]?.done)?.code).toBe(0);
    expect(stillRunning(recordedParts(second))).toHaveLength(5);
    await isReady(objects[1]?.['api']);

    // A part that dies is named with how and its last words; the rest stops in order.
    const parts = recordedParts(second);
    process.kill(partNamed(second, 'worker').pid, 'SIGKILL');
    const died = await (ups[1] ?? ups[0])?.done;
    expect(died?.code).toBe(4);
    expect(died?.json).toMatchObject({
      ok: false,
      error: { code: 'part_died', part: 'worker', signal: 'SIGKILL' },
    });
    expect(stillRunning(parts)).toEqual([]);
  }, 400_000);
});

describe('a killed supervisor', () => {
  it('leaves nothing that the next start does not heal', async () => {
    const data = folders.fresh();
    const up = folders.start(['up', '--json', '--data', data, ...SMALL]);
    const object = await ready(up);
    const parts = recordedParts(data);
    process.kill(up.pid, 'SIGKILL');
    await up.done;
    // Ours notice that the supervisor is gone; the servers do not, and are ended by the next start.
    await eventually(() => stillRunning(parts).join() === 'PostgreSQL,Temporal', {
      timeoutMs: 40_000,
      what: 'the end of simulator, worker and API',
    });

    const next = folders.start(['up', '--json', '--data', data, ...SMALL]);
    const healed = await ready(next);
    expect(next.stderr()).toContain('left PostgreSQL running');
    expect(next.stderr()).toContain('left Temporal running');
    expect(stillRunning(parts)).toEqual([]);
    expect(await liveTokens(String(healed['databaseUrl']))).toBe(1);
    expect(healed['adminToken']).not.toBe(object['adminToken']);

    // Temporal itself is killed: the same words as for a part of ours.
    process.kill(partNamed(data, 'Temporal').pid, 'SIGKILL');
    const died = await next.done;
    expect(died.code).toBe(4);
    expect(died.json).toMatchObject({ error: { code: 'part_died', part: 'Temporal' } });
    expect(stillRunning(recordedParts(data))).toEqual([]);
  }, 400_000);
});

/** Waits until the API says that it is ready. */
async function isReady(api: unknown): Promise<void> {
  await eventually(async () => (await fetch(`${String(api)}/readyz`)).status === 200, {
    what: 'the API being ready',
  });
}

async function liveTokens(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM api_tokens WHERE revoked_at IS NULL`,
    );
    return rows[0]?.n ?? 0;
  } finally {
    await client.end();
  }
}

/** Changes a visit to come in the simulator and waits until it is here. */
async function arrivesByWebhook(simulator: string, databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string; booking: string }>(
      `SELECT m.external_id AS id, b.id AS booking FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
        WHERE b.starts_at > now() + interval '1 day' AND b.status = 'confirmed' LIMIT 1`,
    );
    const visit = rows[0];
    if (visit === undefined) throw new Error('The salon has no visit to come.');
    await fetch(`${simulator}/_control/visits/${visit.id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customer_note: 'Proszę o herbatę' }),
    });
    await eventually(
      async () => {
        const found = await client.query<{ note: string; verified: string }>(
          `SELECT b.client_note AS note, w.verified_by AS verified FROM bookings b, webhook_logs w
            WHERE b.id = $1 AND w.external_id = $2 AND w.drained_at IS NOT NULL`,
          [visit.booking, visit.id],
        );
        return found.rows[0]?.note === 'Proszę o herbatę' && found.rows[0].verified === 'signature';
      },
      { timeoutMs: 30_000, what: 'a change of the calendar page' },
    );
  } finally {
    await client.end();
  }
}
