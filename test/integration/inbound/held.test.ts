import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syncCatalog } from '../../../activities/inbound/catalog.ts';
import { beginRun, readHold } from '../../../activities/inbound/ledger.ts';
import { walkClients } from '../../../activities/inbound/walks.ts';
import { fullSyncId } from '../../../infra/temporal/launch.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';

/** Pause and resume of a run and of a business: applies stop, nothing is lost, and it goes on where it stood (R30). */

let engine: TestEngine;
let businessId: string;

beforeAll(async () => {
  engine = await startTestEngine({ simulator: { visits: 300, clients: 60, staff: 3 } });
  const [connected] = await engine.connect();
  businessId = connected?.businessId ?? '';
});

afterAll(() => engine.stop());

async function begin() {
  const run = { businessId, runId: uuidv7() };
  await beginRun(engine.deps, {
    ...run,
    actor: 'test',
    workflowId: 'full-sync/test',
    temporalRunId: uuidv7(),
  });
  return run;
}

const nothing = () => undefined;

describe('a held run', { timeout: 240_000 }, () => {
  it('applies nothing more, and goes on from where it stood', async () => {
    const { db } = engine.deps;
    const run = await begin();
    await syncCatalog(engine.deps, run, nothing);
    await db.syncRun.update({ where: { id: run.runId }, data: { pausedAt: new Date(), pausedBy: 'test' } });
    await expect(walkClients(engine.deps, run, nothing)).rejects.toMatchObject({ code: 'run_held' });
    expect(await db.profile.count({ where: { businessId } })).toBe(0);
    expect(await readHold(engine.deps, { ...run, wish: null })).toEqual({ paused: true });
    expect(await readHold(engine.deps, { ...run, wish: 'resume' })).toEqual({ paused: false });
    expect((await walkClients(engine.deps, run, nothing)).done).toBe(true);
    expect(await db.profile.count({ where: { businessId } })).toBe(60);
  });

  it('stays held by its business when only the run is resumed', async () => {
    const run = await begin();
    await engine.deps.db.business.update({ where: { id: businessId }, data: { pausedAt: new Date() } });
    expect(await readHold(engine.deps, { ...run, wish: 'resume' })).toEqual({ paused: true });
    await engine.deps.db.business.update({ where: { id: businessId }, data: { pausedAt: null } });
    expect(await readHold(engine.deps, { ...run, wish: null })).toEqual({ paused: false });
  });

  it('is written down when it is asked for in the Temporal Web UI', async () => {
    const run = await begin();
    expect(await readHold(engine.deps, { ...run, wish: 'pause' })).toEqual({ paused: true });
    const row = await engine.deps.db.syncRun.findUniqueOrThrow({ where: { id: run.runId } });
    expect(row).toMatchObject({ pausedBy: 'temporal-ui' });
  });

  it('of the whole product: paused with its business, resumed, and whole in the end', async () => {
    const { db } = engine.deps;
    await db.business.update({ where: { id: businessId }, data: { pausedAt: new Date(), pausedBy: 'test' } });
    const runId = uuidv7();
    await engine.launcher.startFullSync({ businessId, runId, actor: 'test' });
    await eventually(async () => (await engine.launcher.fullSyncProgress(businessId))?.paused === true);
    expect(await db.booking.count({ where: { businessId } })).toBe(0);
    await db.business.update({ where: { id: businessId }, data: { pausedAt: null, pausedBy: null } });
    expect(await engine.launcher.wakeFullSync(businessId)).toBe(true);
    await engine.worker.client.workflow.getHandle(fullSyncId(businessId)).result();
    expect(await db.syncRun.findUniqueOrThrow({ where: { id: runId } })).toMatchObject({
      status: 'completed',
    });
    expect(await db.booking.count({ where: { businessId } })).toBeGreaterThan(0);
  });
});
