/** The real-time path, end to end: simulator → webhook → box → relay → Temporal → platform, and back (R26–R28). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { businessSyncId } from '../../../infra/temporal/launch.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';
import { eventually } from '../../support/eventually.ts';
import { simVisitOf, visitsOf, type SimVisit } from './support/visits.ts';

let engine: TestEngine;
let businessId: string;

beforeAll(async () => {
  engine = await startTestEngine({
    // Its visits to come are to come whenever the test runs.
    simulator: { visits: 120, clients: 30, staff: 3, today: new Date().toISOString().slice(0, 10) },
    relay: true,
    api: true,
  });
  const [connected] = await engine.connect();
  businessId = connected?.businessId ?? '';
  await engine.fullSync(businessId);
  // A person has seen the dry run (R18).
  await engine.deps.db.business.update({ where: { id: businessId }, data: { pushAllowedAt: new Date() } });
}, 240_000);

afterAll(() => engine.stop());

const rowOf = async (visit: Pick<SimVisit, 'id'>) => {
  const mirror = await engine.deps.db.externalBooking.findFirst({
    where: { businessId, externalId: String(visit.id) },
  });
  if (mirror?.bookingId == null) return null;
  return engine.deps.db.booking.findUnique({ where: { id: mirror.bookingId }, include: { items: true } });
};

const undrained = () => engine.deps.db.webhookLog.count({ where: { businessId, drainedAt: null } });

describe('a change at Booksy', { timeout: 240_000 }, () => {
  it('is here by its webhook, with one read, and the ledger says so (R26, R31)', async () => {
    const [visit] = await visitsOf(engine, 'upcoming');
    await engine.simulator.clearCounters();
    await engine.simulator.control('PATCH', `/visits/${String(visit!.id)}`, {
      customer_note: 'Proszę cicho',
    });
    await eventually(async () => (await rowOf(visit!))?.clientNote === 'Proszę cicho');
    await eventually(async () => (await undrained()) === 0);
    const { calls } = await engine.simulator.counters();
    expect(calls.byRoute).toEqual({ 'GET /business/{business_id}/appointment/{appointment_id}/': 1 });
    const runs = await engine.deps.db.syncRun.findMany({ where: { businessId, kind: 'business_sync' } });
    expect(runs).toMatchObject([
      { workflowId: businessSyncId(businessId), actor: 'sync', counts: { visits: { updated: 1 } } },
    ]);
    expect(await engine.deps.db.syncOutbox.count({ where: { businessId } })).toBe(0);
  });
});

describe('a change here', { timeout: 240_000 }, () => {
  it('by plain SQL is at Booksy, built on a fresh read, and its own webhook changes nothing (B7, R13a, R26)', async () => {
    const [, visit] = await visitsOf(engine, 'upcoming');
    const before = await rowOf(visit!);
    await engine.simulator.clearCounters();
    await engine.database.pool.query('UPDATE bookings SET client_note = $2 WHERE id = $1', [
      before!.id,
      'Dzwonić przed wizytą',
    ]);
    await eventually(
      async () => (await simVisitOf(engine, visit!.id)).customer_note === 'Dzwonić przed wizytą',
    );
    await eventually(async () => {
      const told = await engine.deps.db.webhookLog.findFirst({
        where: { businessId, externalId: String(visit!.id) },
      });
      return told?.drainedAt != null;
    });
    const { calls } = await engine.simulator.counters();
    expect(calls.byRoute).toEqual({
      // Before the write: its own webhook only says what the answer said.
      'GET /business/{business_id}/appointment/{appointment_id}/': 1,
      'PUT /business/{business_id}/appointment/{appointment_id}/': 1,
    });
    expect(await rowOf(visit!)).toEqual({
      ...before,
      clientNote: 'Dzwonić przed wizytą',
      noteEdits: 1,
      rowVersion: before!.rowVersion + 1n,
      updatedAt: expect.any(Date) as Date,
    });
    expect(await engine.deps.db.syncOutbox.count({ where: { businessId } })).toBe(0);
    // SPEC 14: how long both directions take is seen live.
    const metrics = String((await engine.api.send('GET', '/metrics')).body);
    for (const name of ['webhook', 'push']) {
      for (const quantile of ['0.5', '0.99']) {
        const said = new RegExp(
          `^booksy_sync_${name}_seconds\\{quantile="${quantile}"\\} ([\\d.]+)$`,
          'm',
        ).exec(metrics);
        expect(Number(said?.[1]), `${name} ${quantile}`).toBeGreaterThan(0);
        expect(Number(said?.[1])).toBeLessThan(60);
      }
    }
    expect(metrics).toContain('booksy_sync_recent_changes{direction="to_booksy"} 1\n');
    expect(metrics).toMatch(/^booksy_sync_recent_changes\{direction="to_platform"\} [12]$/m);
    expect(metrics).toMatch(/^booksy_sync_recent_runs\{kind="business_sync"\} \d+$/m);
    expect(metrics).toMatch(
      /^http_request_duration_seconds_count\{.*route="\/api\/webhooks\/booksy",status="200"\} [12]$/m,
    );
    expect(
      await engine.deps.db.booksySyncConflict.count({ where: { businessId, recordId: before!.id } }),
    ).toBe(0);
  });
});
