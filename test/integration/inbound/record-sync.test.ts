import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { SyncEntity } from '../../../domain/entities.ts';
import { recordOfSync, recordSyncId } from '../../../infra/temporal/launch.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';

/** One record by itself: what a decision or a retry starts, through the same pipeline as a whole pass. */

const CLIENT = 'GET /business/{business_id}/customer/{customer_id}/';
const CLIENTS = 'GET /business/{business_id}/customer/';

let engine: TestEngine;
let businessId: string;
let card: string;

beforeAll(async () => {
  engine = await startTestEngine({ simulator: { visits: 200, clients: 40, staff: 3 } });
  const [connected] = await engine.connect();
  businessId = connected?.businessId ?? '';
  const visits = z.object({
    results: z.array(
      z.looseObject({ booked_for_id: z.number().nullable(), booked_from: z.string(), status: z.string() }),
    ),
  });
  const { results } = visits.parse(await engine.simulator.control('GET', '/visits?limit=200'));
  const next = results.find(
    (visit) =>
      visit.booked_for_id !== null && visit.status === 'A' && visit.booked_from > new Date().toISOString(),
  );
  card = String(next?.booked_for_id);
  await engine.simulator.fault({
    kind: 'drift',
    route: CLIENTS,
    change: 'set',
    field: 'first_name',
    value: 42,
    ids: [Number(card)],
    count: null,
  });
  await engine.fullSync(businessId);
});

afterAll(() => engine.stop());

async function sync(entity: SyncEntity, externalId: string) {
  const runId = uuidv7();
  const { workflowId } = await engine.launcher.startRecordSync({
    businessId,
    runId,
    actor: 'test',
    entity,
    externalId,
    parentExternalId: null,
  });
  await eventually(async () => (await engine.launcher.recordSyncResult(workflowId, 2000)) !== 'running', {
    timeoutMs: 60_000,
  });
  return engine.deps.db.syncRun.findUniqueOrThrow({ where: { id: runId } });
}

const waiting = () => engine.deps.db.quarantine.findMany({ where: { businessId, releasedAt: null } });

describe('the sync of one record', { timeout: 240_000 }, () => {
  it('fails with a code of its own while the record cannot be read, and changes nothing', async () => {
    expect(await waiting()).toMatchObject([{ entity: 'profile', externalId: card }]);
    await engine.simulator.fault({
      kind: 'drift',
      route: CLIENT,
      change: 'set',
      field: 'first_name',
      value: 42,
      count: null,
    });
    expect(await sync('profile', card)).toMatchObject({
      kind: 'record_sync',
      status: 'failed',
      errorCode: 'record_unreadable',
    });
    expect(await waiting()).toHaveLength(1);
    await engine.simulator.clearFaults();
  });

  it('brings in what was quarantined, releases it, and gives its visits to come their client', async () => {
    const { db } = engine.deps;
    const visitsOf = () =>
      db.externalBooking.findMany({
        where: { businessId, clientExternalId: card },
        select: { bookingId: true },
      });
    const profiles = async () => {
      const ids = (await visitsOf()).flatMap(({ bookingId }) => bookingId ?? []);
      const rows = await db.booking.findMany({ where: { id: { in: ids }, startsAt: { gt: new Date() } } });
      return new Set(rows.map(({ profileId }) => profileId));
    };
    expect(await profiles()).toEqual(new Set([null]));
    const run = await sync('profile', card);
    expect(run).toMatchObject({ status: 'completed', counts: { clients: { created: 1 } } });
    expect(await waiting()).toEqual([]);
    const { profileId } = await db.externalClient.findFirstOrThrow({
      where: { businessId, externalId: card },
    });
    expect(await profiles()).toEqual(new Set([profileId]));
  });

  it('again changes nothing', async () => {
    expect(await sync('profile', card)).toMatchObject({
      status: 'completed',
      counts: { clients: { created: 0, updated: 0, unchanged: 1 } },
    });
  });

  it.each(['service', 'staff', 'category', 'booking'] as const)(
    'reads a %s that is in step',
    async (entity) => {
      const { db } = engine.deps;
      const find = {
        service: () => db.externalService.findFirstOrThrow({ where: { businessId, entity: 'service' } }),
        category: () => db.externalService.findFirstOrThrow({ where: { businessId, entity: 'category' } }),
        staff: () => db.externalStaff.findFirstOrThrow({ where: { businessId } }),
        booking: () => db.externalBooking.findFirstOrThrow({ where: { businessId, goneAt: null } }),
      };
      const run = await sync(entity, (await find[entity]()).externalId);
      expect(run).toMatchObject({ status: 'completed', errorCode: null });
      const counts = z
        .record(z.string(), z.object({ created: z.number(), updated: z.number(), unchanged: z.number() }))
        .parse(run.counts);
      const sum = Object.values(counts).reduce((all, { created, updated }) => all + created + updated, 0);
      expect(sum).toBe(0);
      // One record proves no list.
      const passes = await db.integrationSyncStatus.findMany({ where: { businessId, lastRunId: run.id } });
      expect(passes).toEqual([]);
    },
  );

  it('takes a 404 for what it is', async () => {
    const { db } = engine.deps;
    const gone = await db.externalBooking.findFirstOrThrow({
      where: { businessId, startsLocal: { gt: new Date() }, goneAt: null },
    });
    await engine.simulator.control('DELETE', `/visits/${gone.externalId}`);
    expect(await sync('booking', gone.externalId)).toMatchObject({ status: 'completed' });
    const after = await db.booking.findUniqueOrThrow({ where: { id: gone.bookingId ?? '' } });
    expect(after).toMatchObject({ status: 'cancelled', statusReason: 'gone_at_booksy' });
  });

  it('ends at once, and says why, where the business is held or the kind has no address', async () => {
    const { db } = engine.deps;
    expect(await sync('hours', 'staff:1')).toMatchObject({
      status: 'failed',
      errorCode: 'not_readable_by_id',
    });
    await db.business.update({ where: { id: businessId }, data: { pausedAt: new Date() } });
    expect(await sync('profile', card)).toMatchObject({ status: 'failed', errorCode: 'run_held' });
    await db.business.update({ where: { id: businessId }, data: { pausedAt: null } });
  });

  it('is found again by its id', () => {
    const record = { businessId, entity: 'time_off', externalId: '12:a/b' } as const;
    expect(recordOfSync(recordSyncId(record))).toEqual(record);
    expect(recordOfSync(`full-sync/${businessId}`)).toBeNull();
    expect(recordOfSync(`record-sync/${businessId}/nothing/1`)).toBeNull();
  });
});
