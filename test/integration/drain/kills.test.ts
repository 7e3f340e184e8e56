/** A worker that is killed at any moment of a drain loses nothing and does nothing twice (R14, R26). Real processes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlatform, type Platform, type WorkerProcess } from '../faults/support/platform.ts';
import { eventually } from '../../support/eventually.ts';
import { z } from 'zod';

const READ = 'GET /business/{business_id}/appointment/{appointment_id}/';
const WRITE = 'PUT /business/{business_id}/appointment/{appointment_id}/';

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
  ids = await changeableVisits();
}, 300_000);
afterAll(() => platform.stop());

const visit = z.looseObject({
  id: z.number(),
  type: z.string(),
  status: z.string(),
  booked_from: z.string(),
  repeating: z.boolean(),
  subbookings: z.array(z.unknown()),
});
/** Visits that may be written at Booksy, whatever the day has generated: no repeating ones, which are refused (R17). */
async function changeableVisits(): Promise<typeof ids> {
  const { results } = z
    .object({ results: z.array(visit) })
    .parse(await platform.simulator.control('GET', '/visits?limit=1000&status=A'));
  const [from, till] = [2, 60].map((days) => new Date(Date.now() + days * 86_400_000).toISOString());
  const chosen = results.filter(
    ({ type, repeating, subbookings, booked_from: at }) =>
      type !== 'R' && !repeating && subbookings.length === 1 && at > from! && at < till!,
  );
  const mirrors = await platform.deps.db.externalBooking.findMany({
    where: { businessId, externalId: { in: chosen.map(({ id }) => String(id)) }, bookingId: { not: null } },
    orderBy: { externalId: 'asc' },
  });
  return mirrors.map(({ externalId, bookingId }) => ({ externalId, id: bookingId! }));
}

const noteThere = async (externalId: string) =>
  z
    .looseObject({ customer_note: z.string().nullish() })
    .parse(await platform.simulator.control('GET', `/visits/${externalId}`)).customer_note ?? null;
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
/** Less than a token lasts: a late act is checked as any call. */
const LATE_MS = 1_800_000;

describe('a worker killed', { timeout: 300_000 }, () => {
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

  it('between answer and commit: the answer is read back, and the write is not repeated', async () => {
    const visit = ids[next++]!;
    await platform.simulator.clearCounters();
    await platform.simulator.fault({ kind: 'slow', ms: 6_000, route: WRITE, count: 1 });
    await platform.deps.db
      .$executeRaw`UPDATE bookings SET client_note = 'Odpowiedź' WHERE id = ${visit.id}::uuid`;
    await inFlight(WRITE);
    const hold = await platform.hold(
      `SELECT pg_advisory_xact_lock(hashtextextended('apply:${businessId}', 0))`,
    );
    await eventually(async () => (await noteThere(visit.externalId)) === 'Odpowiedź', PATIENT);
    await eventually(async () => {
      const rows = await platform.deps.db.$queryRaw<{ n: bigint }[]>`
        SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
      return Number(rows[0]?.n) > 0;
    }, PATIENT);
    worker.kill('SIGKILL');
    await worker.exited;
    await hold.release();
    worker = await platform.startWorker();
    await eventually(async () => {
      const intents = await platform.deps.db.syncIntent.findMany({ where: { recordId: visit.id } });
      return intents.length === 1 && intents[0]?.state === 'confirmed';
    }, PATIENT);
    expect((await platform.simulator.counters()).calls.byRoute[WRITE]).toBe(1);
  });

  it('while its write is on its way: nothing is sent again, and a newer note waits until it has acted (R14, R14a)', async () => {
    const visit = ids[next++]!;
    await platform.simulator.clearCounters();
    await platform.simulator.fault({ kind: 'act_late', ms: LATE_MS, holdMs: 60_000, route: WRITE, count: 1 });
    await platform.deps.db
      .$executeRaw`UPDATE bookings SET client_note = 'Spóźniona' WHERE id = ${visit.id}::uuid`;
    await inFlight(WRITE);
    await killAndReplace();
    const states = async () =>
      (
        await platform.deps.db.syncIntent.findMany({
          where: { recordId: visit.id },
          select: { operation: true, state: true },
        })
      ).map(({ operation, state }) => `${operation} ${state}`);
    // The next worker cannot know whether it acted: it is read, and a newer note has to wait.
    await eventually(async () => (await states()).join() === 'change unknown', PATIENT);
    await platform.deps.db
      .$executeRaw`UPDATE bookings SET client_note = 'Nowsza' WHERE id = ${visit.id}::uuid`;
    await platform.simulator.control('POST', '/clock', { advanceMs: LATE_MS });
    expect(await noteThere(visit.externalId)).toBe('Spóźniona');
    await eventually(async () => (await noteThere(visit.externalId)) === 'Nowsza', PATIENT);
    await eventually(async () => (await states()).join() === 'change confirmed,change confirmed', PATIENT);
    expect((await platform.simulator.counters()).calls.byRoute[WRITE]).toBe(2);
    expect(await noteHere(visit.id)).toBe('Nowsza');
    expect((await platform.simulator.counters()).faultHits).toHaveProperty('act_late');
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
