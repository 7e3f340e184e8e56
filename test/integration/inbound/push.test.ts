/** The last phase of a full sync (SPEC 3.3, R18): what differs here and what Booksy lacks is on its way when the run ends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startRig, type OutboundRig } from '../outbound/support/rig.ts';
import { DEFAULT_RULE } from '../../../domain/rules/rules.ts';

let rig: OutboundRig;
beforeAll(async () => {
  // Without a relay: what the run leaves in the outbox stays there to be looked at.
  rig = await startRig({ simulator: { visits: 40, clients: 15 } });
}, 240_000);
afterAll(() => rig.stop());

const countsSchema = z.object({ platform: z.object({ compared: z.int(), marked: z.int() }).optional() });
const platformOf = async () => {
  const run = await rig.engine.fullSync(rig.businessId);
  expect(run.status).toBe('completed');
  return countsSchema.parse(run.counts).platform;
};
const box = () =>
  rig.sql<{ entity: string; record_id: string | null }>(
    'SELECT entity, record_id::text FROM sync_outbox WHERE business_id = $1 ORDER BY record_id',
    [rig.businessId],
  );
const forget = () => rig.sql('DELETE FROM sync_outbox');

/** A linked visit to come whose note differs here, and a visit that Booksy lacks; of neither does a box know. */
async function unseen(): Promise<{ readonly changed: string; readonly lacking: string }> {
  const lacking = await rig.book(rig.freeHour());
  const [row] = await rig.sql<{ id: string }>(
    `UPDATE bookings SET client_note = 'nikt nie widział ' || gen_random_uuid()
      WHERE id = (SELECT b.id FROM bookings b JOIN external_bookings m ON m.booking_id = b.id
                   WHERE b.business_id = $1 AND b.starts_at > now() AND b.status = 'confirmed' ORDER BY b.id LIMIT 1)
     RETURNING id::text`,
    [rig.businessId],
  );
  await forget();
  return { changed: row?.id ?? '', lacking };
}

describe('the end of a full sync', { timeout: 240_000 }, () => {
  it('puts what differs here and what Booksy lacks on its way, once, and says how much that is', async () => {
    const { changed, lacking } = await unseen();
    expect(await platformOf()).toMatchObject({ marked: 2 });
    expect(await box()).toEqual(
      [changed, lacking].sort().map((id) => ({ entity: 'booking', record_id: id })),
    );
    for (const id of [changed, lacking]) await rig.process('booking', id);
    expect(await rig.linkOf(lacking)).not.toBeNull();
    await forget();
    expect(await platformOf()).toMatchObject({ marked: 0 });
    expect(await box()).toEqual([]);
  });

  it('only once a person has allowed pushing (R18)', async () => {
    await rig.sql('UPDATE businesses SET push_allowed_at = NULL WHERE id = $1', [rig.businessId]);
    const { lacking } = await unseen();
    expect(await platformOf()).toBeUndefined();
    expect(await box()).toEqual([]);
    await rig.sql('UPDATE businesses SET push_allowed_at = now() WHERE id = $1', [rig.businessId]);
    expect(await platformOf()).toMatchObject({ marked: 2 });
    expect((await box()).map((row) => row.record_id)).toContain(lacking);
    await forget();
    await rig.sql(`UPDATE bookings SET status = 'cancelled' WHERE id = $1`, [lacking]);
    await forget();
  });

  it('services and variants too, where a rule lets them out (R8), and a dry run counts them', async () => {
    const service = crypto.randomUUID();
    await rig.sql(`INSERT INTO services (id, business_id, name) VALUES ($1, $2, 'Masaż próbny')`, [
      service,
      rig.businessId,
    ]);
    const outbound = z.object({
      outbound: z.record(z.string(), z.object({ create: z.int(), change: z.int() })),
    });
    const planned = async () => {
      const run = await rig.engine.fullSync(rig.businessId, 'dry_run');
      const plan = await rig.engine.deps.db.syncPlan.findUniqueOrThrow({ where: { runId: run.id } });
      return outbound.parse(plan.counts).outbound['services'];
    };
    await forget();
    expect(await planned()).toEqual({ create: 0, change: 0 });
    await rig.sql(
      `INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions, directions)
       VALUES ($1, 'open', 'Services go out', 'both', 99, $2::jsonb, $3::jsonb, '{"service.*": "both"}')`,
      [rig.businessId, JSON.stringify(DEFAULT_RULE.conditions), JSON.stringify(DEFAULT_RULE.actions)],
    );
    expect(await planned()).toMatchObject({ create: 1 });
    await forget();
    await platformOf();
    expect((await box()).filter(({ entity }) => entity === 'service')).toEqual([
      { entity: 'service', record_id: service },
    ]);
    await rig.process('service', service);
    await forget();
    await platformOf();
    expect((await box()).filter(({ entity }) => entity === 'service')).toEqual([]);
  });
});
