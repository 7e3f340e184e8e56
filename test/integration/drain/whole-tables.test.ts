/** Rows of the box that name no record (R27): a table that was emptied, and the wishes to look at all and to compare. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startLiveEngine, type LiveEngine } from './support/engine.ts';
import { simVisitOf, visitsOf } from './support/visits.ts';

let engine: LiveEngine;

beforeAll(async () => {
  engine = await startLiveEngine({ salons: 2, visits: 250, clients: 20 });
}, 240_000);
afterAll(() => engine.stop());

const sql = (text: string, values: unknown[] = []) => engine.database.pool.query(text, values);
const PATIENT = { timeoutMs: 60_000 };
const fullSyncs = () =>
  engine.deps.db.syncRun.findMany({
    where: { kind: 'full_sync', actor: 'sync' },
    select: { businessId: true, status: true },
  });
const box = () => engine.deps.db.syncOutbox.count();
/** Rows of a table as texts, in an order of their own. */
const rowsOf = async (from: string, columns: string): Promise<readonly string[]> =>
  (await sql(`SELECT ${columns} FROM ${from}`)).rows.map((row) => JSON.stringify(row)).toSorted();
const writes = async () =>
  Object.entries((await engine.simulator.counters()).calls.byRoute)
    .filter(([route]) => !route.startsWith('GET '))
    .reduce((sum, [, calls]) => sum + calls, 0);

describe('a table of the platform that somebody empties', { timeout: 240_000 }, () => {
  it('makes each connected salon look at Booksy whole, once: what was emptied is here again, and nothing is removed there', async () => {
    await engine.quiet();
    const written = await writes();
    const hours = () => rowsOf('working_hours', 'owner_kind, owner_id, kind, day_of_week, date, intervals');
    const before = await hours();
    expect(before.length).toBeGreaterThan(20);
    await sql('TRUNCATE working_hours');
    await eventually(async () => {
      const runs = await fullSyncs();
      return runs.length === 2 && runs.every(({ status }) => status === 'completed');
    }, PATIENT);
    expect(new Set((await fullSyncs()).map(({ businessId }) => businessId)).size).toBe(2);
    await eventually(async () => (await box()) === 0, PATIENT);
    // Booksy was only read.
    expect(await writes()).toBe(written);
    expect(await hours()).toEqual(before);
  });

  it('of visits frees nothing at Booksy: they are not taken for cancels (R3), and come back with the time that they hold', async () => {
    const there = async () => (await visitsOf(engine, 'all')).filter(({ status }) => status === 'C').length;
    const cancelled = await there();
    const linked = () =>
      rowsOf(
        'external_bookings m LEFT JOIN bookings b ON b.id = m.booking_id',
        'm.external_id, b.status, b.starts_at, b.client_name, m.gone_at',
      );
    const held = () => rowsOf('occupancy', 'resource_id, during::text AS during, exempt');
    const [linksBefore, heldBefore] = [await linked(), await held()];
    expect(linksBefore.length).toBeGreaterThan(400);
    const written = await writes();
    const runs = (await fullSyncs()).length;
    await sql('TRUNCATE bookings, booking_items CASCADE');
    await eventually(async () => {
      const now = await fullSyncs();
      return now.length >= runs + 2 && now.every(({ status }) => status === 'completed');
    }, PATIENT);
    await eventually(async () => (await box()) === 0, PATIENT);
    expect(await there()).toBe(cancelled);
    expect(await writes()).toBe(written);
    expect(await linked()).toEqual(linksBefore);
    expect(await held()).toEqual(heldBefore);
  });
});

describe('a row that wishes for all of Booksy to be read (R3)', { timeout: 240_000 }, () => {
  it('starts one full sync, and takes no table for emptied: what was deleted here on purpose stays deleted', async () => {
    await engine.quiet();
    const { businessId } = engine;
    const categories = () => rowsOf('service_categories', 'id');
    await sql(
      `DELETE FROM service_categories WHERE id = (SELECT record_id FROM external_services
                WHERE business_id = $1 AND entity = 'category' AND gone_at IS NULL LIMIT 1)`,
      [businessId],
    );
    await engine.quiet();
    const left = await categories();
    const runs = (await fullSyncs()).length;
    await sql(
      `INSERT INTO sync_outbox (business_id, entity, operation, origin) VALUES ($1, 'booking', 'resync', 'conflict')`,
      [businessId],
    );
    await eventually(async () => {
      const now = await fullSyncs();
      return now.length === runs + 1 && now.every(({ status }) => status === 'completed');
    }, PATIENT);
    await eventually(async () => (await box()) === 0, PATIENT);
    expect(await categories()).toEqual(left);
  });
});

describe('a row that wishes for a comparison (R18)', { timeout: 240_000 }, () => {
  it('brings out what lay still while nothing could go out', async () => {
    const engineOf = await startLiveEngine({ visits: 250, clients: 20 });
    try {
      const [visit] = await visitsOf(engineOf, 'upcoming');
      const booking = await engineOf.bookingOf(visit!.id);
      const { pool } = engineOf.database;
      await engineOf.quiet();
      await pool.query('UPDATE businesses SET push_allowed_at = NULL');
      await pool.query(`UPDATE bookings SET client_note = 'Czekała' WHERE id = $1`, [booking!.id]);
      await engineOf.quiet();
      expect((await simVisitOf(engineOf, visit!.id)).customer_note).not.toBe('Czekała');
      await pool.query('UPDATE businesses SET push_allowed_at = now()');
      await pool.query(
        `INSERT INTO sync_outbox (business_id, entity, operation, origin) VALUES ($1, 'business', 'compare', 'api')`,
        [engineOf.businessId],
      );
      await eventually(
        async () => (await simVisitOf(engineOf, visit!.id)).customer_note === 'Czekała',
        PATIENT,
      );
      await engineOf.quiet();
      const intents = await engineOf.deps.db.syncIntent.findMany({
        where: { businessId: engineOf.businessId },
      });
      // That, and nothing else.
      expect(intents.map(({ recordId, state }) => [recordId, state])).toEqual([[booking!.id, 'confirmed']]);
    } finally {
      await engineOf.stop();
    }
  });
});
