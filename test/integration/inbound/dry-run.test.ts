import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { vaultContext } from '../../../infra/crypto.ts';
import { inTransaction } from '../../../infra/database/index.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';
import { tupleChanges } from '../../support/tuples.ts';

/** A dry run says what a real run would do, and writes nothing (SPEC 3.3, R18). */

let engine: TestEngine;
let businessId: string;

const planned = z.object({
  create: z.number(),
  link: z.number(),
  update: z.number(),
  unchanged: z.number(),
  unsure: z.number(),
  quarantined: z.number(),
  remove: z.number(),
});
const planCounts = z.object({
  inbound: z.record(z.string(), planned),
  outbound: z.record(
    z.string(),
    z.object({ create: z.number(), change: z.number(), blocked: z.record(z.string(), z.number()) }),
  ),
});
const entityCounts = z.record(
  z.string(),
  z.object({ created: z.number(), linked: z.number(), updated: z.number(), unchanged: z.number() }),
);
const samples = z.array(
  z.object({ entity: z.string(), action: z.string(), label: z.string(), externalId: z.string().nullable() }),
);

beforeAll(async () => {
  engine = await startTestEngine({ simulator: { visits: 260, clients: 60, staff: 3 } });
  const [connected] = await engine.connect();
  businessId = connected?.businessId ?? '';
});

afterAll(() => engine.stop());

async function planOf(runId: string) {
  const row = await engine.deps.db.syncPlan.findUniqueOrThrow({ where: { runId } });
  const place = vaultContext({
    tenant: businessId,
    table: 'sync_plans',
    column: 'sealed_samples',
    row: runId,
  });
  const opened = engine.deps.vault.open(Buffer.from(row.sealedSamples ?? []), place).toString();
  return { counts: planCounts.parse(row.counts), samples: samples.parse(JSON.parse(opened)), row };
}

describe('a dry run of a salon that was never imported', { timeout: 240_000 }, () => {
  it('writes nothing, plans what the real run then does, and leaves a plan with names only in the seal', async () => {
    let dry: Awaited<ReturnType<TestEngine['fullSync']>> | undefined;
    const changes = await tupleChanges(engine.deps.db, async () => {
      dry = await engine.fullSync(businessId, 'dry_run');
    });
    expect(dry).toMatchObject({ status: 'completed', mode: 'dry_run', errorCode: null });
    expect(changes.inEntities).toEqual({});
    expect(await engine.deps.db.integrationSyncStatus.count({ where: { businessId } })).toBe(0);
    expect(await engine.deps.db.quarantine.count({ where: { businessId } })).toBe(0);
    expect(await engine.deps.db.mapping.count({ where: { businessId } })).toBe(0);
    expect(await engine.deps.db.syncPassRow.count()).toBe(0);

    const { counts, samples: shown, row } = await planOf(dry?.id ?? '');
    const clientNames = shown.filter(({ entity }) => entity === 'clients').map(({ label }) => label);
    expect(clientNames).toHaveLength(5);
    const stored = JSON.stringify({ ...row, sealedSamples: null }, (_, value: unknown) =>
      typeof value === 'bigint' ? Number(value) : value,
    );
    for (const name of clientNames) expect(stored).not.toContain(name);

    const real = await engine.fullSync(businessId);
    const done = entityCounts.parse(real.counts);
    for (const entity of [
      'services',
      'variants',
      'categories',
      'staff',
      'rooms',
      'clients',
      'visits',
      'timeOff',
    ]) {
      expect([entity, counts.inbound[entity]?.create], entity).toEqual([entity, done[entity]?.created]);
    }
    expect(counts.inbound.hours?.create).toBe(done.hours?.created);
    expect(counts.outbound).toMatchObject({
      visits: { create: 0 },
      clients: { create: 0 },
      timeOff: { create: 0 },
    });
  });

  it('after the import plans nothing, and what changed meanwhile is planned as an update or a removal', async () => {
    const quiet = await planOf((await engine.fullSync(businessId, 'dry_run')).id);
    const of = quiet.counts.inbound;
    expect(
      Object.values(of).map(({ create, link, update, remove }) => create + link + update + remove),
    ).toEqual(Object.values(of).map(() => 0));

    const page = z.object({
      results: z.array(z.looseObject({ id: z.number(), status: z.string(), type: z.string() })),
    });
    const { results } = page.parse(await engine.simulator.control('GET', '/visits?limit=260'));
    const [moved, removed] = results.filter(({ status, type }) => status === 'A' && type !== 'R');
    await engine.simulator.control('PATCH', `/visits/${String(moved?.id)}`, {
      moveMinutes: 60 * 24 * 3,
      allowOverlap: true,
      silent: true,
    });
    await engine.simulator.control('DELETE', `/visits/${String(removed?.id)}`);
    const { counts } = await planOf((await engine.fullSync(businessId, 'dry_run')).id);
    expect(counts.inbound.visits).toMatchObject({ create: 0, update: 1, remove: 1 });
    const still = await engine.deps.db.externalBooking.findFirstOrThrow({
      where: { businessId, externalId: String(removed?.id) },
    });
    expect(still.goneAt).toBeNull();
  });

  it('counts what Booksy lacks, and what stands in the way of the rest', async () => {
    const { db } = engine.deps;
    const variant = await db.externalService.findFirstOrThrow({ where: { businessId, entity: 'variant' } });
    const staff = await db.staff.findFirstOrThrow({ where: { businessId, bookable: true } });
    const make = async (startsAt: string, variantId: string | null) => {
      const endsAt = new Date(Date.parse(startsAt) + 30 * 60_000).toISOString();
      const id = crypto.randomUUID();
      const local = (at: string) => at.slice(0, 19);
      await inTransaction(db, async (tx) => {
        await tx.$executeRaw`
          INSERT INTO bookings (id, business_id, client_name, zone, starts_local, ends_local, starts_at, ends_at)
          VALUES (${id}::uuid, ${businessId}::uuid, 'Nela Sroka', 'UTC', ${local(startsAt)}::timestamp,
                  ${local(endsAt)}::timestamp, ${startsAt}::timestamptz, ${endsAt}::timestamptz)`;
        await tx.$executeRaw`
          INSERT INTO booking_items (id, booking_id, business_id, variant_id, staff_id, zone, starts_local, ends_local,
                                     starts_at, ends_at)
          VALUES (${crypto.randomUUID()}::uuid, ${id}::uuid, ${businessId}::uuid, ${variantId}::uuid, ${staff.id}::uuid,
                  'UTC', ${local(startsAt)}::timestamp, ${local(endsAt)}::timestamp, ${startsAt}::timestamptz,
                  ${endsAt}::timestamptz)`;
      });
    };
    const year = new Date().getUTCFullYear() + 3;
    await make(`${String(year)}-03-01T10:00:00Z`, variant.recordId);
    await make(`${String(year)}-03-02T10:00:00Z`, null);
    await make('2015-03-02T10:00:00Z', variant.recordId);
    const { counts, samples: shown } = await planOf((await engine.fullSync(businessId, 'dry_run')).id);
    expect(counts.outbound.visits).toEqual({
      create: 1,
      change: 0,
      blocked: { past: 1, unmapped_service: 1 },
    });
    expect(shown.filter(({ action }) => action === 'push')).toMatchObject([
      { entity: 'visits', label: `${String(year)}-03-01 10:00 Nela Sroka` },
    ]);
  });
});
