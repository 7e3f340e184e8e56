import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syncCatalog } from '../../../activities/inbound/catalog.ts';
import { syncHours } from '../../../activities/inbound/hours.ts';
import { beginRun, finishRun } from '../../../activities/inbound/ledger.ts';
import { walkClients, walkVisits } from '../../../activities/inbound/walks.ts';
import { fullSyncId } from '../../../infra/temporal/launch.ts';
import { eventually } from '../../support/eventually.ts';
import { factsOf, VISITS, CLIENTS, type Salon } from './support/salons.ts';
import { countsOf } from './support/here.ts';
import { startPlatform, type Platform, type WorkerProcess } from './support/platform.ts';
import { snapshotOf } from './support/snapshot.ts';

/**
 * Real processes are killed and servers stopped under a run. In the end the salon is what an undisturbed import makes of
 * it, and the ledger has counted nothing twice.
 */

let platform: Platform;
/** The one worker that is left after each test. */
let worker: WorkerProcess;

beforeAll(async () => {
  platform = await startPlatform({ salons: 5, visits: 260, clients: 120, staff: 2 });
});

afterAll(() => platform.stop());

async function start(salon: Salon): Promise<string> {
  const runId = uuidv7();
  await platform.launcher.startFullSync({ businessId: salon.businessId, runId, actor: 'test' });
  return runId;
}

/** Arms a call that is answered late and waits until it is on its way: the run then stands in the middle of a list. */
async function stall(salon: Salon, route: string, ms: number): Promise<{ reached(): Promise<void> }> {
  const [id] = await platform.simulator.fault({
    kind: 'slow',
    route,
    salon: salon.id,
    ms,
    skip: 1,
    count: 1,
  });
  return {
    async reached() {
      await eventually(
        async () => {
          const { faults } = (await platform.simulator.control('GET', '/faults')) as {
            faults: { id: number; hits: number }[];
          };
          return faults.find((fault) => fault.id === id)?.hits === 1;
        },
        { timeoutMs: 60_000, what: 'a call in the middle of the list' },
      );
    },
  };
}

/** Waits for the run's end and compares it with an import of the same salon that nothing disturbed. */
async function expectAsUndisturbed(salon: Salon, runId: string): Promise<void> {
  await platform.launcher.fullSyncResult(salon.businessId);
  const run = await platform.deps.db.syncRun.findUniqueOrThrow({ where: { id: runId } });
  expect(run).toMatchObject({ status: 'completed', errorCode: null });

  const index = platform.salons.indexOf(salon);
  const twin = platform.referenceSalons[index];
  if (twin === undefined) throw new Error('The reference does not know this salon.');
  const undisturbed = await importUndisturbed(twin);
  expect(countsOf(run)).toEqual(undisturbed);
  const facts = await factsOf(platform.simulator, salon);
  expect(countsOf(run)).toMatchObject({
    visits: { created: facts.visits, updated: 0, unchanged: 0 },
    clients: { created: facts.clients, updated: 0, unchanged: 0 },
  });
  expect(await snapshotOf(platform.deps.db, salon.businessId)).toEqual(
    await snapshotOf(platform.reference.db, twin.businessId),
  );
}

/** The import as plain function calls, one after the other: no workflow, no worker. */
async function importUndisturbed(salon: Salon): Promise<ReturnType<typeof countsOf>> {
  const deps = platform.reference;
  const run = { businessId: salon.businessId, runId: uuidv7() };
  const beat = () => undefined;
  const { windowKeys } = await beginRun(deps, {
    ...run,
    actor: 'test',
    workflowId: `reference/${run.runId}`,
    temporalRunId: run.runId,
  });
  await syncCatalog(deps, run, beat);
  await syncHours(deps, run, beat);
  while (!(await walkClients(deps, run, beat)).done);
  for (const windowKey of windowKeys) while (!(await walkVisits(deps, { ...run, windowKey }, beat)).done);
  await finishRun(deps, { ...run, status: 'completed', error: null });
  return countsOf(await deps.db.syncRun.findUniqueOrThrow({ where: { id: run.runId } }));
}

/** The most attempts that any activity of the run needed: 1 would mean that nothing was disturbed. */
async function mostAttempts(salon: Salon): Promise<number> {
  const { events } = await platform.client.workflow.getHandle(fullSyncId(salon.businessId)).fetchHistory();
  return Math.max(...(events ?? []).map((event) => event.activityTaskStartedEventAttributes?.attempt ?? 0));
}

describe('a worker that is killed', { timeout: 300_000 }, () => {
  it('in the middle of a list, and in the middle of a write: another goes on, nothing is counted twice', async () => {
    const [reading, writing] = [platform.salons[0]!, platform.salons[1]!];
    const victim = await platform.startWorker();
    const page = await stall(reading, VISITS, 20_000);
    const readingRun = await start(reading);
    await page.reached();
    // Whoever writes a record of the business needs to share this row: the first apply hangs in its transaction.
    const lock = await platform.hold(`SELECT FROM businesses WHERE id = '${writing.businessId}' FOR UPDATE`);
    const writingRun = await start(writing);
    await eventually(
      async () => {
        const rows = await platform.deps.db.$queryRaw<{ waiting: number }[]>`
          SELECT count(*)::int AS waiting FROM pg_stat_activity
           WHERE application_name = 'booksy-sync-worker' AND wait_event_type = 'Lock'`;
        return (rows[0]?.waiting ?? 0) > 0;
      },
      { timeoutMs: 60_000, what: 'a write that waits for the lock' },
    );
    victim.kill('SIGKILL');
    expect(await victim.exited).toMatchObject({ signal: 'SIGKILL' });
    await lock.release();

    worker = await platform.startWorker();
    await expectAsUndisturbed(reading, readingRun);
    await expectAsUndisturbed(writing, writingRun);
    expect(await mostAttempts(reading)).toBeGreaterThan(1);
    expect(await mostAttempts(writing)).toBeGreaterThan(1);
  });
});

describe('a server that is stopped and started under a run', { timeout: 300_000 }, () => {
  it('PostgreSQL: the run waits for it and goes on', async () => {
    const salon = platform.salons[2]!;
    const page = await stall(salon, CLIENTS, 3_000);
    const runId = await start(salon);
    await page.reached();
    await platform.restartPostgres(async () => {
      // Down until the worker has felt it.
      await eventually(async () => (await pendingFailure(salon)) === 'database_unavailable', {
        timeoutMs: 60_000,
        what: 'an attempt that failed for want of a database',
      });
    });
    await expectAsUndisturbed(salon, runId);
    expect(await mostAttempts(salon)).toBeGreaterThan(1);
  });

  it('Temporal: what a step did meanwhile is kept, and the run goes on', async () => {
    const salon = platform.salons[3]!;
    const page = await stall(salon, CLIENTS, 3_000);
    const runId = await start(salon);
    await page.reached();
    await platform.restartTemporal(async () => {
      // The step ends while nobody can be told.
      await eventually(
        async () => {
          const cards = await platform.deps.db.externalClient.count({
            where: { businessId: salon.businessId },
          });
          return cards === (await factsOf(platform.simulator, salon)).clients;
        },
        { timeoutMs: 60_000, what: 'the clients applied without a Temporal server' },
      );
    });
    await eventually(() => platform.launcher.fullSyncProgress(salon.businessId).then(() => true), {
      timeoutMs: 60_000,
      what: 'Temporal answering again',
    });
    await expectAsUndisturbed(salon, runId);
  });
});

describe('a worker that is told to stop', { timeout: 240_000 }, () => {
  it('ends its step, exits 0, and the next one goes on at once', async () => {
    const salon = platform.salons[4]!;
    const page = await stall(salon, VISITS, 4_000);
    const runId = await start(salon);
    await page.reached();
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    // What the step had in hand is applied before the worker goes.
    expect(
      await platform.deps.db.externalBooking.count({ where: { businessId: salon.businessId } }),
    ).toBeGreaterThan(0);
    await platform.startWorker();
    await expectAsUndisturbed(salon, runId);
    expect(await mostAttempts(salon)).toBe(1);
  });
});

/** Type of the last failure of the step that is pending, as Temporal tells it. */
async function pendingFailure(salon: Salon): Promise<string | null> {
  const { raw } = await platform.client.workflow.getHandle(fullSyncId(salon.businessId)).describe();
  return raw.pendingActivities?.[0]?.lastFailure?.applicationFailureInfo?.type ?? null;
}
