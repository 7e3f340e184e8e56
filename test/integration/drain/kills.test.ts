/** A worker that is killed at any moment of a drain loses nothing and does nothing twice (R14, R26). Real processes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlatform, type Platform, type WorkerProcess } from '../faults/support/platform.ts';
import { eventually } from '../../support/eventually.ts';
import { z } from 'zod';

const READ = 'GET /business/{business_id}/appointment/{appointment_id}/';

let platform: Platform;
let worker: WorkerProcess;
let businessId: string;
let ids: readonly { readonly externalId: string; readonly id: string }[];
let next = 0;

beforeAll(async () => {
  platform = await startPlatform({ visits: 400, clients: 40, salons: 1 });
  businessId = platform.salons[0]!.businessId;
  worker = await platform.startWorker();
  await platform.launcher.startFullSync({
    businessId,
    runId: '0199c0de-0000-7000-8000-000000000001',
    actor: 'test',
  });
  await platform.launcher.fullSyncResult(businessId);
  await platform.deps.db.business.updateMany({ data: { pushAllowedAt: new Date() } });
  ids = z.array(z.object({ externalId: z.string(), id: z.string() })).parse(
    await platform.deps.db.$queryRaw`
      SELECT m.external_id AS "externalId", b.id::text FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
       WHERE b.status = 'confirmed' AND b.starts_at BETWEEN now() + interval '1 day' AND now() + interval '60 days'
         AND (SELECT count(*) FROM booking_items i WHERE i.booking_id = b.id) = 1 ORDER BY m.external_id`,
  );
}, 180_000);
afterAll(() => platform.stop());

const noteHere = async (id: string) =>
  (await platform.deps.db.booking.findUniqueOrThrow({ where: { id } })).clientNote;
/** News of a visit, as the intake stores it. */
const tell = (externalId: string) => platform.deps.db.$executeRaw`
  INSERT INTO webhook_logs (business_id, action, external_id, body_hash)
  VALUES (${businessId}::uuid, 'MODIFIED', ${externalId}, md5(random()::text))`;
const killAndReplace = async () => {
  worker.kill('SIGKILL');
  await worker.exited;
  await platform.simulator.clearFaults();
  worker = await platform.startWorker();
};
const inFlight = (route: string) =>
  eventually(async () => ((await platform.simulator.counters()).calls.byRoute[route] ?? 0) > 0, {
    timeoutMs: 30_000,
    what: `a call of ${route}`,
  });
const PATIENT = { timeoutMs: 90_000 };

describe('a worker killed', { timeout: 180_000 }, () => {
  it('while it reads: the news is still there, and is read again', async () => {
    const visit = ids[next++]!;
    await platform.simulator.clearCounters();
    await platform.simulator.fault({ kind: 'slow', ms: 60_000, route: READ });
    await platform.simulator.control('PATCH', `/visits/${visit.externalId}`, { customer_note: 'Czytanie' });
    await tell(visit.externalId);
    await inFlight(READ);
    await killAndReplace();
    await eventually(async () => (await noteHere(visit.id)) === 'Czytanie', PATIENT);
  });

  it('between read and commit: nothing is half applied, the row is not used up', async () => {
    const visit = ids[next++]!;
    const hold = await platform.hold(
      `SELECT pg_advisory_xact_lock(hashtextextended('apply:${businessId}', 0))`,
    );
    await platform.simulator.clearCounters();
    await platform.simulator.control('PATCH', `/visits/${visit.externalId}`, { customer_note: 'Zapis' });
    await tell(visit.externalId);
    await inFlight(READ);
    await eventually(async () => {
      const rows = await platform.deps.db.$queryRaw<{ n: bigint }[]>`
        SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
      return Number(rows[0]?.n) > 0;
    }, PATIENT);
    worker.kill('SIGKILL');
    await worker.exited;
    await hold.release();
    expect(
      await platform.deps.db.webhookLog.count({ where: { externalId: visit.externalId, drainedAt: null } }),
    ).toBe(1);
    worker = await platform.startWorker();
    await eventually(async () => (await noteHere(visit.id)) === 'Zapis', PATIENT);
  });

  it('and PostgreSQL restarted under the relay: news of then come in', async () => {
    const visit = ids[next++]!;
    await platform.restartPostgres(() => Promise.resolve());
    await platform.simulator.control('PATCH', `/visits/${visit.externalId}`, {
      customer_note: 'Po restarcie',
    });
    await eventually(async () => {
      await tell(visit.externalId);
      return true;
    }, PATIENT);
    await eventually(async () => (await noteHere(visit.id)) === 'Po restarcie', PATIENT);
  });

  it('and Temporal away for a while: what came meanwhile is in once it is back', async () => {
    const visit = ids[next++]!;
    await platform.restartTemporal(async () => {
      await platform.simulator.control('PATCH', `/visits/${visit.externalId}`, {
        customer_note: 'Bez Temporala',
      });
      await tell(visit.externalId);
    });
    await eventually(async () => (await noteHere(visit.id)) === 'Bez Temporala', PATIENT);
  });
});
