import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conflictWorkflowId } from '../../../infra/temporal/launch-conflicts.ts';
import { businessSyncId, createLauncher, fullSyncId, recordSyncId } from '../../../infra/temporal/launch.ts';
import { WORKFLOW_TYPES } from '../../../infra/temporal/names.ts';
import { readSchedules } from '../../../infra/temporal/schedules.ts';
import type { ReconcileInput } from '../../../infra/temporal/schedules-types.ts';
import { eventually } from '../../support/eventually.ts';
import {
  startTestTemporal,
  startWatchdog,
  type RunningServer,
  type Watchdog,
} from '../../support/servers.ts';
import { startEngineWorker } from '../../support/engine-worker.ts';
import type { TestWorker } from '../../support/temporal.ts';
import type { Salon } from '../faults/support/salons.ts';
import { startSweeping, type Sweeping } from './support/sweeping.ts';

/** R32: Temporal's database is lost. What it carried out is rebuilt from the rows, on a server that knows nothing. */

let sweeping: Sweeping;
let watchdog: Watchdog;
let temporal: RunningServer;
/** The worker on the new server. */
let reborn: TestWorker;
let salon: Salon;

beforeAll(async () => {
  watchdog = startWatchdog();
  sweeping = await startSweeping({ simulator: { salons: 2, visits: 200, clients: 40 } });
  salon = await sweeping.imported();
  temporal = await startTestTemporal(watchdog);
  reborn = await startEngineWorker(sweeping.engine, temporal.address);
});

afterAll(async () => {
  await reborn.stop();
  await sweeping.engine.stop();
  await temporal.stop();
  await watchdog.release();
});

const db = () => sweeping.engine.deps.db;
const scope = () => ({ client: reborn.client, taskQueue: reborn.taskQueue, accountKey: 'default' });

async function reconcile(): Promise<void> {
  const input: ReconcileInput = { version: 1, accountKey: 'default' };
  await reborn.run(WORKFLOW_TYPES.reconcileWorkflows, input);
}

async function isOpen(workflowId: string): Promise<boolean> {
  return reborn.client.workflow
    .getHandle(workflowId)
    .describe()
    .then(
      ({ status }) => status.name === 'RUNNING',
      () => false,
    );
}

describe('a Temporal that has lost everything', { timeout: 240_000 }, () => {
  it('R32 gets its schedules again', async () => {
    expect((await readSchedules(scope())).every(({ exists }) => !exists)).toBe(true);
    await reconcile();
    expect((await readSchedules(scope())).every(({ exists }) => exists)).toBe(true);
    // The test's own server: nothing may fire meanwhile.
    for (const { id } of await readSchedules(scope()))
      await reborn.client.schedule.getHandle(id).pause('paused by the test');
    // What fired before that has ended.
    for (const { lastWorkflowId } of await readSchedules(scope()))
      if (lastWorkflowId !== null) await reborn.client.workflow.getHandle(lastWorkflowId).result();
  });

  it('R32 gets the full sync again, which goes on from its cursor under the same run', async () => {
    const { launcher, worker } = sweeping.engine;
    const other = sweeping.fresh();
    const runId = uuidv7();
    const walking = 'GET /business/{business_id}/appointment/';
    await sweeping.simulator.fault({ kind: 'slow', ms: 6_000, route: walking, salon: other.id, count: null });
    await launcher.startFullSync({ businessId: other.businessId, runId, actor: 'test' });
    await eventually(async () => (await launcher.fullSyncProgress(other.businessId))?.phase === 'visits', {
      timeoutMs: 60_000,
      what: 'the full sync reaching the visits',
    });
    // Its workflow is gone without a word: as where the server's database was lost.
    await worker.client.workflow.getHandle(fullSyncId(other.businessId)).terminate('the database is lost');
    await sweeping.simulator.clearFaults();
    await db()
      .$executeRaw`UPDATE sync_runs SET started_at = started_at - interval '5 minutes' WHERE id = ${runId}::uuid`;
    const before = await sweeping.simulator.counters();

    await reconcile();
    const again = createLauncher(reborn);
    await again.fullSyncResult(other.businessId).catch(() => undefined);
    const run = await eventually(async () => {
      const row = await db().syncRun.findUniqueOrThrow({ where: { id: runId } });
      return row.status === 'running' ? null : row;
    });
    expect(run).toMatchObject({ status: 'completed', errorCode: null });
    // The catalog was done before: it is not read again.
    const after = await sweeping.simulator.counters();
    const catalog = 'GET /business/{business_id}/service/';
    expect(after.calls.byRoute[catalog]).toBe(before.calls.byRoute[catalog]);
  });

  it('R32 gets a conflict, a record that failed alone and a forgotten box again', async () => {
    // To come: a conflict about a visit that has begun closes itself.
    const later = new Date(Date.now() + 7 * 86_400_000);
    const booking = await db().booking.findFirstOrThrow({
      where: { businessId: salon.businessId, startsAt: { gt: later }, status: 'confirmed' },
    });
    const mirror = await db().externalBooking.findFirstOrThrow({ where: { bookingId: booking.id } });
    const conflictId = uuidv7();
    await db().$executeRaw`
      INSERT INTO booksy_sync_conflicts (id, business_id, kind, entity, record_id, external_id, groups, status)
      VALUES (${conflictId}::uuid, ${salon.businessId}::uuid, 'overwritten_at_booksy', 'booking', ${booking.id}::uuid,
              ${mirror.externalId}, '{clientNote}', 'open')`;
    const failed = await db().profile.findFirstOrThrow({ where: { businessId: salon.businessId } });
    await db().$executeRaw`
      INSERT INTO sync_failures (business_id, entity, record_key, record_id, error_code, detail, next_step)
      VALUES (${salon.businessId}::uuid, 'profile', ${failed.id}, ${failed.id}::uuid, 'unavailable', 'test', 'test')`;
    await db().$executeRaw`
      INSERT INTO webhook_logs (business_id, action, external_id, body_hash, received_at)
      VALUES (${salon.businessId}::uuid, 'MODIFIED', ${mirror.externalId}, ${randomUUID()}, now() - interval '10 minutes')`;

    await reconcile();

    await eventually(() => isOpen(conflictWorkflowId(conflictId)), { what: 'the conflict waiting again' });
    const record = recordSyncId({ businessId: salon.businessId, entity: 'profile', externalId: failed.id });
    await eventually(() => reborn.client.workflow.getHandle(record).describe(), {
      what: 'the record’s own sync',
    });
    await eventually(() => reborn.client.workflow.getHandle(businessSyncId(salon.businessId)).describe(), {
      what: 'the drain of the business',
    });
    await eventually(async () => {
      const left = await db().webhookLog.count({ where: { businessId: salon.businessId, drainedAt: null } });
      return left === 0;
    });
  });

  it('R32 a second look finds nothing to do', async () => {
    const open = async () => {
      const ids: string[] = [];
      for await (const { runId } of reborn.client.workflow.list({
        query: `ExecutionStatus = 'Running' AND BooksySyncKind = 'conflict'`,
      }))
        ids.push(runId);
      return ids.sort();
    };
    const before = await eventually(async () => {
      const ids = await open();
      return ids.length > 0 ? ids : null;
    });
    await reconcile();
    expect(await open()).toEqual(before);
  });

  it('R31 a run whose workflow was ended by hand is closed as failed, with a code', async () => {
    const runId = uuidv7();
    await db().$executeRaw`
      INSERT INTO sync_runs (id, business_id, kind, workflow_id, actor, started_at)
      VALUES (${runId}::uuid, ${salon.businessId}::uuid, 'business_sync', 'business-sync/gone', 'sync',
              now() - interval '2 minutes')`;
    await reconcile();
    expect(await db().syncRun.findUniqueOrThrow({ where: { id: runId } })).toMatchObject({
      status: 'failed',
      errorCode: 'workflow_gone',
    });
  });
});
