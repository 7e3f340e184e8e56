import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createTemporalStatus } from '../../../api/temporal-status.ts';
import { mintToken, SCOPES } from '../../../infra/tokens.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestApi, type TestApi } from './support/api.ts';
import { auditOf, profileRow, quarantineRow } from './support/rows.ts';

/** A person reviews a first import through the API, beside a real worker and a real simulator. */
let engine: TestEngine;
let api: TestApi;
let token: string;
let business: string;

beforeAll(async () => {
  engine = await startTestEngine();
  const [connected] = await engine.connect();
  business = connected?.businessId ?? '';
  const { taskQueue, client } = engine.worker;
  const { namespace } = engine.config.temporal;
  api = await startTestApi({
    deps: {
      prisma: engine.deps.db,
      vault: engine.deps.vault,
      launcher: engine.launcher,
      temporal: { uiUrl: null, namespace, taskQueue },
      temporalStatus: createTemporalStatus(client.connection, { namespace, taskQueue }),
    },
  });
  ({ token } = await mintToken(engine.deps.db, {
    name: 't',
    scopes: SCOPES,
    businesses: 'all',
    expiresAt: null,
  }));
});
afterAll(async () => {
  await api.stop();
  await engine.stop();
});

const get = async (path: string) => (await api.send(path, { token })).json;
const post = (path: string, body?: unknown) =>
  api.send(path, { method: 'POST', token, ...(body === undefined ? {} : { body }) });

const started = z.object({ runs: z.array(z.object({ runId: z.string(), operation: z.string() })).length(1) });
const operation = z.object({ operation: z.looseObject({ status: z.string() }) });

async function start(body: object) {
  const answer = await post('/api/admin/booksy/full-sync', body);
  const [run] = started.parse(answer.json).runs;
  if (run === undefined) throw new Error('nothing was started');
  return run;
}

async function ended(path: string) {
  return eventually(
    async () => {
      const answer = await api.send(path, { token });
      const parsed = operation.safeParse(answer.json);
      return parsed.success && parsed.data.operation.status !== 'running' ? parsed.data.operation : null;
    },
    { timeoutMs: 100_000, what: 'the end of the run' },
  );
}

it('sees the plan of a dry run, approves it, and may then push', async () => {
  const dry = await start({ dryRun: true });
  expect(await ended(dry.operation)).toMatchObject({ status: 'completed', mode: 'dry_run' });
  const { plan } = z
    .object({
      plan: z.looseObject({
        version: z.int(),
        blocked: z.null(),
        counts: z.object({ inbound: z.object({ visits: z.looseObject({ create: z.int() }) }) }),
        samples: z.array(z.looseObject({ label: z.string() })),
      }),
    })
    .parse(await get(`${dry.operation}/plan`));
  expect(plan.counts.inbound.visits.create).toBeGreaterThan(10);
  expect(plan.samples.length).toBeGreaterThan(3);
  expect(await engine.deps.db.booking.count()).toBe(0);
  const stale = await post(`${dry.operation}/plan/approve`, { version: plan.version - 1 });
  expect(stale.json).toMatchObject({ code: 'plan_changed' });
  const approved = await post(`${dry.operation}/plan/approve`, { version: plan.version });
  expect(approved.status, approved.text).toBe(200);
  expect(await get('/api/admin/booksy/sync-status')).toMatchObject({
    businesses: [{ pushAllowed: { runId: dry.runId }, lastRun: null }],
  });
}, 240_000);

it('holds a run, which then waits, and lets it go on to its end', async () => {
  await engine.simulator.fault({ kind: 'slow', ms: 400, count: null });
  const run = await start({});
  await eventually(async () => (await post(`${run.operation}/pause`)).status === 200, { timeoutMs: 30_000 });
  await eventually(
    async () => {
      const { operation: now } = z
        .object({ operation: z.looseObject({ progress: z.looseObject({ paused: z.boolean() }).nullable() }) })
        .parse(await get(run.operation));
      return now.progress?.paused === true;
    },
    { timeoutMs: 60_000, what: 'the run waiting' },
  );
  await engine.simulator.clearFaults();
  expect((await post(`${run.operation}/resume`)).json).toMatchObject({ changed: true, notes: [] });
  expect(await ended(run.operation)).toMatchObject({ status: 'completed' });
  expect((await post(`${run.operation}/cancel`)).json).toMatchObject({ code: 'not_running' });
}, 300_000);

it('has a record in quarantine read again, which mends it', async () => {
  const card = await engine.deps.db.externalClient.findFirstOrThrow({ where: { businessId: business } });
  const entry = await quarantineRow(api, {
    businessId: business,
    entity: 'profile',
    externalId: card.externalId,
  });
  const path = `/api/admin/booksy/errors/quarantine:${entry}`;
  expect(await get(path)).toMatchObject({ error: { actions: ['retry'] } });
  const answer = await post(`${path}/retry`);
  expect([200, 202]).toContain(answer.status);
  await eventually(async () => (await api.send(path, { token })).status === 404, { timeoutMs: 30_000 });
}, 240_000);

it('links a card with another profile of ours by a decision, at once', async () => {
  const card = await engine.deps.db.externalClient.findFirstOrThrow({
    where: { businessId: business, profileId: { not: null } },
    orderBy: { externalId: 'desc' },
  });
  const anna = await profileRow(api, business, { givenName: 'Anna', familyName: 'Zmyślona' });
  const answer = await post('/api/admin/booksy/mappings', {
    businessId: business,
    entity: 'profile',
    externalId: card.externalId,
    decision: 'link',
    recordId: anna,
    version: 0,
  });
  expect([200, 202], answer.text).toContain(answer.status);
  const where = { businessId_externalId: { businessId: business, externalId: card.externalId } };
  await eventually(
    async () => (await engine.deps.db.externalClient.findUniqueOrThrow({ where })).profileId === anna,
    { timeoutMs: 30_000, what: 'the card pointing at the profile' },
  );
  expect(await get('/api/admin/booksy/mappings?entity=profile&state=linked')).toMatchObject({
    mappings: [
      {
        externalId: card.externalId,
        recordId: anna,
        decision: 'link',
        appliedAt: expect.any(String) as string,
      },
    ],
  });
  const trail = await auditOf(api, business);
  expect(trail.filter(({ action }) => action === 'decided')).toHaveLength(1);
}, 240_000);
