import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createTemporalStatus } from '../../../api/temporal-status.ts';
import { mintToken, SCOPES } from '../../../infra/tokens.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestApi, type TestApi } from './support/api.ts';

/** The API beside a real worker, a real simulator and a real full sync. */
let engine: TestEngine;
let api: TestApi;
let token: string;

beforeAll(async () => {
  engine = await startTestEngine();
  await engine.connect();
  const { taskQueue, client } = engine.worker;
  const { namespace } = engine.config.temporal;
  api = await startTestApi({
    deps: {
      prisma: engine.deps.db,
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

const operation = z.object({
  operation: z.looseObject({
    status: z.string(),
    kind: z.string(),
    actor: z.string(),
    counts: z.record(z.string(), z.unknown()),
  }),
});

it('starts a full sync, follows it to its end, and shows what came of it', async () => {
  const ask = async (path: string) => (await api.send(path, { token })).json;
  await eventually(async () => {
    const { components } = z
      .object({ components: z.object({ workers: z.object({ status: z.string() }) }) })
      .parse(await ask('/api/admin/booksy/health'));
    return components.workers.status === 'ok';
  });
  const started = await api.send('/api/admin/booksy/full-sync', { method: 'POST', token });
  const { runs } = z
    .object({
      runs: z.array(z.object({ runId: z.string(), state: z.literal('started'), operation: z.string() })),
    })
    .parse(started.json);
  expect(runs).toHaveLength(1);
  const path = runs[0]?.operation ?? '';

  const done = await eventually(
    async () => {
      const answer = await api.send(path, { token });
      if (answer.status === 404) return null;
      const { operation: now } = operation.parse(answer.json);
      return now.status === 'running' ? null : now;
    },
    { timeoutMs: 100_000, what: 'the end of the full sync' },
  );
  expect(done).toMatchObject({ status: 'completed', kind: 'full_sync', error: null });
  expect(done.actor).toMatch(/^api:/);
  expect(Object.keys(done.counts).length).toBeGreaterThan(3);

  const status = z
    .object({
      businesses: z.array(
        z.object({
          running: z.null(),
          lastRun: z.object({ operationId: z.string(), status: z.string() }),
          entities: z.array(
            z.object({
              entity: z.string(),
              here: z.number(),
              linked: z.number(),
              provenAt: z.string().nullable(),
            }),
          ),
        }),
      ),
    })
    .parse(await ask('/api/admin/booksy/sync-status'));
  const [salon] = status.businesses;
  expect(salon?.lastRun).toEqual({ operationId: runs[0]?.runId, status: 'completed' });
  const entity = (name: string) => salon?.entities.find((each) => each.entity === name);
  for (const name of ['service', 'staff', 'room', 'profile', 'booking']) {
    expect(entity(name)?.here, name).toBeGreaterThan(0);
    expect(entity(name)?.linked, name).toBeGreaterThan(0);
  }
  expect(entity('booking')?.provenAt).not.toBeNull();
  expect(await ask('/api/admin/booksy/health')).toMatchObject({
    status: 'ok',
    components: { booksy: { status: 'ok' } },
  });
  expect((await api.send('/metrics', { token })).text).toContain(
    'booksy_sync_runs{kind="full_sync",status="completed"} 1',
  );
}, 240_000);
