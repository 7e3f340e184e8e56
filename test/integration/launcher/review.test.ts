import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { createDataFolders, ready, SMALL, type Running } from './support/booksy.ts';

/**
 * What a person reviews around an import, on the whole product: `booksy up` and the commands beside it. Redis and the
 * replica are named in the environment and away: the parts must have got both, and do without.
 */
const folders = createDataFolders();
const data = folders.fresh();
let up: Running;
let simulator: string;
let db: pg.Client;
let businessId: string;
let salonId: number;

type Answer = {
  readonly code: number | null;
  readonly json: Record<string, unknown>;
  readonly stderr: string;
};

/** Runs a command beside `up`; stdout must hold the one object and nothing else. */
async function booksy(...args: string[]): Promise<Answer> {
  const { code, json, stdout, stderr } = await folders.start([...args, '--json', '--data', data]).done;
  expect(stdout.trim().split('\n'), `${args.join(' ')}: ${stdout}${stderr}`).toHaveLength(1);
  return { code, json, stderr };
}

/** Like {@link booksy}, for what must succeed. */
async function done(...args: string[]): Promise<Record<string, unknown>> {
  const { code, json } = await booksy(...args);
  expect([code, json['ok']], `${args.join(' ')}: ${JSON.stringify(json)}`).toEqual([0, true]);
  return json;
}

async function control(method: string, route: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${simulator}/_control${route}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect(response.ok, text).toBe(true);
  return text === '' ? null : JSON.parse(text);
}

/** A client whom the platform's own app keeps. */
async function ownClient(given: string, email: string | null, phone: string | null): Promise<string> {
  const id = randomUUID();
  await db.query(
    `INSERT INTO profiles (id, business_id, given_name, family_name, email, phone_e164) VALUES ($1, $2, $3, 'Zmyślona', $4, $5)`,
    [id, businessId, given, email, phone],
  );
  return id;
}

/** A card that the salon makes at Booksy. */
async function card(first_name: string, email: string | null, cell_phone: string | null): Promise<string> {
  const made = await control('POST', `/as-salon/business/${salonId}/customer/`, {
    ...{ first_name, last_name: 'Zmyślona', email, cell_phone },
  });
  return String(z.object({ id: z.number() }).parse(made).id);
}

async function count(sql: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`);
  return rows[0]?.n ?? -1;
}

const statusAnswer = z.object({
  businesses: z.array(
    z.looseObject({
      businessId: z.string(),
      paused: z.object({ by: z.string() }).nullable(),
      pushAllowed: z.unknown(),
      running: z.looseObject({ operationId: z.string(), paused: z.unknown(), mode: z.string() }).nullable(),
    }),
  ),
});
async function status() {
  const [business] = statusAnswer.parse(await done('sync', 'status')).businesses;
  if (business === undefined) throw new Error('no business');
  return business;
}

beforeAll(async () => {
  up = folders.start(['up', '--json', '--data', data, ...SMALL], {
    REDIS_URL: 'redis://127.0.0.1:1',
    DATABASE_REPLICA_URL: 'postgresql://nobody@127.0.0.1:1/away',
  });
  const object = await ready(up);
  simulator = String(object['simulator']);
  db = new pg.Client({ connectionString: String(object['databaseUrl']) });
  db.on('error', () => undefined);
  await db.connect();
  await eventually(() => up.stderr().includes('Arrived in'), {
    timeoutMs: 180_000,
    what: 'the first full sync',
  });
  businessId = (await status()).businessId;
  const state = z.object({ salons: z.array(z.looseObject({ id: z.number() })) });
  salonId = state.parse(await control('GET', '/state')).salons[0]?.id ?? 0;
}, 400_000);
afterAll(async () => {
  await folders.removeAll();
}, 240_000);

describe('an import that a person reviews', () => {
  const planned = z.looseObject({
    plans: z
      .array(
        z.looseObject({
          operationId: z.string(),
          approvedAt: z.string().nullable(),
          counts: z.object({
            inbound: z.record(z.string(), z.record(z.string(), z.number())),
            outbound: z.record(z.string(), z.object({ create: z.number() })),
          }),
          samples: z.array(z.looseObject({ entity: z.string(), action: z.string(), label: z.string() })),
        }),
      )
      .length(1),
  });

  it('is planned without being done, allowed, and done as it was planned', async () => {
    const own = await ownClient('Zofia', 'zofia@mail.example', '+48500100200');
    await ownClient('Weronika', null, null);
    await card('Zofia', 'zofia@mail.example', '+48500100200');
    await card('Weronika', null, null);
    const before = [await count('profiles'), await count('mappings'), await count('external_clients')];

    const dry = planned.parse(await done('sync', 'full', '--dry-run'));
    expect(dry.plans[0]?.counts.inbound['clients']).toMatchObject({ create: 0, link: 1, unsure: 1 });
    expect(dry.plans[0]?.samples.map(({ action, label }) => [action, label])).toEqual(
      expect.arrayContaining([
        ['link', 'Zofia Zmyślona'],
        ['unsure', 'Weronika Zmyślona'],
      ]),
    );
    expect([await count('profiles'), await count('mappings'), await count('external_clients')]).toEqual(
      before,
    );
    expect(dry).not.toHaveProperty('entities');

    const plan = planned.parse(await done('sync', 'plan'));
    const operationId = plan.plans[0]?.operationId ?? '';
    expect(plan.plans[0]).toEqual(dry.plans[0]);
    expect((await status()).pushAllowed).toBeNull();
    const allowed = await booksy('sync', 'allow-push', operationId);
    expect(allowed).toMatchObject({ code: 0, json: { ok: true, operationId, businessId } });
    expect(allowed.stderr).toContain('Booksy may notify clients');
    expect((await status()).pushAllowed).toMatchObject({ runId: operationId });
    const again = planned.parse(await done('sync', 'plan', operationId));
    expect(again.plans[0]?.approvedAt).toEqual(expect.any(String));

    expect(await done('sync', 'full')).toMatchObject({
      entities: { clients: { created: 0, linked: 1, unsure: 1 } },
    });
    expect(await count(`external_clients WHERE profile_id = '${own}'`)).toBe(1);
  }, 300_000);

  it('leaves the unsure card to a person, who links it and takes it apart again', async () => {
    const listed = z.looseObject({
      mappings: z.array(
        z.looseObject({
          id: z.string(),
          state: z.string(),
          card: z.object({ label: z.string() }),
          candidates: z.array(z.looseObject({ recordId: z.string() })),
        }),
      ),
    });
    const { mappings } = listed.parse(await done('mappings', 'list', '--entity', 'client'));
    expect(mappings.map(({ card }) => card.label)).toEqual(['Weronika Zmyślona']);
    const [{ id, candidates } = { id: '', candidates: [] }] = mappings;
    const recordId = candidates[0]?.recordId ?? '';
    const show = async () =>
      z
        .looseObject({
          mapping: z.looseObject({
            state: z.string(),
            recordId: z.string().nullable(),
            appliedAt: z.unknown(),
          }),
        })
        .parse(await done('mappings', 'show', id)).mapping;
    expect(await show()).toMatchObject({ id, state: 'unsure' });

    expect(await booksy('mappings', 'link', id, randomUUID())).toMatchObject({
      code: 1,
      json: { ok: false, error: { code: 'mapping_target_missing' } },
    });
    expect(await done('mappings', 'link', id, recordId)).toMatchObject({ decision: 'link', recordId });
    const applied = (state: string) =>
      eventually(
        async () => {
          const mapping = await show();
          return mapping.state === state && mapping.appliedAt !== null && mapping;
        },
        { timeoutMs: 90_000, what: `the mapping to be ${state}` },
      );
    expect(await applied('linked')).toMatchObject({ recordId });
    expect(listed.parse(await done('mappings', 'list')).mappings).toEqual([]);

    await done('mappings', 'unmerge', id);
    const apart = await applied('rejected');
    expect(apart.recordId).not.toBe(recordId);
    expect(
      listed.parse(await done('mappings', 'list', '--all')).mappings.map((mapping) => mapping.id),
    ).toContain(id);
  }, 300_000);
});

describe('what is held back', () => {
  const listed = z.looseObject({
    errors: z.array(
      z.looseObject({
        id: z.string(),
        reasonCode: z.string(),
        affected: z.number().nullable(),
        actions: z.array(z.string()),
      }),
    ),
  });
  const errors = async () => listed.parse(await done('errors', 'list')).errors;

  it('is released by a yes for exactly the number that was shown', async () => {
    const visits = z
      .object({ results: z.array(z.looseObject({ id: z.number() })) })
      .parse(await control('GET', `/visits?salon=${salonId}&limit=1000`)).results;
    for (const { id } of visits.slice(0, 60)) await control('DELETE', `/visits/${id}`);
    await done('sync', 'full');
    const held = (await errors()).filter(({ actions }) => actions.includes('release'));
    expect(held.length).toBeGreaterThan(0);
    const [{ id, affected } = { id: '', affected: 0 }] = held;
    expect(await booksy('errors', 'release', id)).toMatchObject({
      code: 2,
      json: { error: { code: 'confirmation_needed' } },
    });
    expect(await booksy('errors', 'release', id, '--yes', '--affected', '1')).toMatchObject({
      code: 1,
      json: { error: { code: 'release_changed', affected } },
    });
    expect(await done('errors', 'release', id, '--yes')).toMatchObject({ id, affected });
    await done('sync', 'watch');
    expect((await errors()).map((error) => error.id)).not.toContain(id);
  }, 300_000);

  it('is tried again by its id', async () => {
    const { results } = z
      .object({ results: z.array(z.looseObject({ id: z.number() })) })
      .parse(await control('GET', `/visits?salon=${salonId}&limit=1`));
    const ids = results.map(({ id }) => id);
    // Whoever reads this visit gets a status that is none.
    const drift = { change: 'set', field: 'status', value: 7, ids, count: null };
    await done('simulator', 'faults', '--add', 'drift', '--set', JSON.stringify(drift));
    await done('sync', 'full');
    const [error] = (await errors()).filter(({ actions }) => actions.includes('retry'));
    expect(error).toBeDefined();
    await done('simulator', 'faults', '--clear');
    await done('errors', 'retry', error?.id ?? '');
    await eventually(async () => (await errors()).every(({ id }) => id !== error?.id), {
      timeoutMs: 90_000,
      what: 'the record to be taken in',
    });
  }, 300_000);
});

describe('a run under way', () => {
  it('is paused, resumed and cancelled', async () => {
    await done('simulator', 'faults', '--add', 'slow', '--ms', '700', '--count', '100000');
    const started = z.looseObject({ runs: z.array(z.looseObject({ runId: z.string() })).length(1) });
    const { runs } = started.parse(await done('sync', 'full', '--no-wait'));
    const runId = runs[0]?.runId ?? '';

    const refused = await booksy('sync', 'full', '--dry-run');
    expect(refused).toMatchObject({ code: 1, json: { error: { code: 'full_sync_under_way', runId } } });

    await eventually(async () => (await status()).running?.operationId === runId, {
      timeoutMs: 60_000,
      what: 'the row of the run',
    });
    expect(await done('sync', 'pause', '--run', runId)).toMatchObject({ runId, changed: true });
    expect((await status()).running).toMatchObject({
      operationId: runId,
      paused: { by: expect.any(String) as string },
    });
    expect(await done('sync', 'resume', '--run', runId)).toMatchObject({ runId, paused: null });
    expect(await done('sync', 'cancel', runId)).toMatchObject({ runId, status: 'cancelled' });
    expect(await done('sync', 'watch')).toMatchObject({ runs: [] });
    await done('simulator', 'faults', '--clear');
  }, 300_000);

  it('is not started for a business that is paused', async () => {
    expect(await done('sync', 'pause', '--business', businessId)).toMatchObject({
      businesses: [{ businessId, changed: true }],
    });
    expect((await status()).paused).toMatchObject({ by: expect.any(String) as string });
    expect(await booksy('sync', 'full', '--business', businessId)).toMatchObject({
      code: 1,
      json: { ok: false, runs: [{ businessId, state: 'paused', runId: null }] },
    });
    expect(await done('sync', 'resume')).toMatchObject({ businesses: [{ businessId, paused: null }] });
    await done('sync', 'full');
  }, 300_000);
});

describe('what is away', () => {
  it('was named to the parts, and cost nothing but a line in the log', () => {
    const log = readFileSync(path.join(data, 'logs', 'booksy-sync.log'), 'utf8');
    expect(log).toContain('lists are read elsewhere from now on');
    expect(up.process.exitCode).toBeNull();
  });
});

describe('booksy up --once on a paused business', () => {
  it('says so instead of waiting for ever', async () => {
    await done('sync', 'pause');
    await db.end();
    up.process.kill('SIGINT');
    expect((await up.done).code).toBe(0);
    expect(await booksy('up', '--once', ...SMALL)).toMatchObject({
      code: 3,
      json: { ok: false, error: { code: 'business_paused' } },
    });
  }, 300_000);
});
