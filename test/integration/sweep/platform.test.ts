import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { dayFromToday, visitsThere, type Salon } from '../faults/support/salons.ts';
import { visitsHere } from '../faults/support/here.ts';
import { startSweeping, type Sweeping } from './support/sweeping.ts';

/** What changed here while nobody looked: found by comparison (R27), and pushed only after Booksy was looked at (R30). */

let sweeping: Sweeping;
let salon: Salon;

beforeAll(async () => {
  sweeping = await startSweeping({
    api: true,
    relay: true,
    simulator: { salons: 1, visits: 400, clients: 40 },
  });
  salon = await sweeping.imported();
  await db().business.update({
    where: { id: salon.businessId },
    data: { pushAllowedAt: new Date(), pushAllowedBy: 'owner' },
  });
});

afterAll(() => sweeping.engine.stop());

const db = () => sweeping.engine.deps.db;

const wireVisit = z.looseObject({ customer_note: z.string().nullable(), booked_from: z.string() });
async function visitThere(id: string): Promise<z.output<typeof wireVisit>> {
  const path = `/business/${String(salon.id)}/appointment/${id}/`;
  return wireVisit.parse(await sweeping.simulator.asSalon('GET', path));
}

const listed = z.object({ results: z.array(z.looseObject({ id: z.number(), repeating: z.boolean() })) });
/** Visits whose fields Booksy refuses to change; how many and which depends on the day. */
async function repeating(): Promise<ReadonlySet<number>> {
  const { results } = listed.parse(
    await sweeping.simulator.control('GET', `/visits?salon=${String(salon.id)}&limit=1000`),
  );
  return new Set(results.flatMap((visit) => (visit.repeating ? [visit.id] : [])));
}

/** Single visits to come, far enough apart that no test meets another's. */
async function visitsToCome(count: number): Promise<readonly { id: string; bookingId: string }[]> {
  const here = await visitsHere(db(), salon);
  const there = await visitsThere(sweeping.simulator, salon, 'status=A');
  const refused = await repeating();
  const single = there.filter(
    // Within what the default rule pushes (R25), and nothing that is refused (R17).
    ({ id, subbookings, booked_from: from }) =>
      subbookings.length === 1 &&
      !refused.has(id) &&
      from > `${dayFromToday(3)}T00:00` &&
      from < `${dayFromToday(85)}T00:00`,
  );
  return single
    .slice(-count)
    .map(({ id }) => ({ id: String(id), bookingId: here.get(String(id))!.bookingId }));
}

const outbox = () => db().syncOutbox.count({ where: { businessId: salon.businessId } });

describe('platform against base', { timeout: 240_000 }, () => {
  it('R27 finds what no trigger saw, and brings it to Booksy', async () => {
    const [visit] = await visitsToCome(1);
    await eventually(async () => (await outbox()) === 0);
    await sweeping.engine.database.pool.query(`
      ALTER TABLE bookings DISABLE TRIGGER USER;
      UPDATE bookings SET client_note = 'Proszę o herbatę' WHERE id = '${visit!.bookingId}';
      ALTER TABLE bookings ENABLE TRIGGER USER;
      ALTER TABLE bookings ENABLE ALWAYS TRIGGER booksy_sync_outbox_update`);
    expect(await outbox()).toBe(0);
    await sweeping.sweep('nightly');
    await eventually(async () => (await visitThere(visit!.id)).customer_note === 'Proszę o herbatę', {
      timeoutMs: 30_000,
      what: 'the note at Booksy',
    });
    await eventually(async () => (await outbox()) === 0);
    const run = await db().syncRun.findFirstOrThrow({
      where: { kind: 'sweep', phase: 'compare' },
      orderBy: { startedAt: 'desc' },
    });
    expect(run).toMatchObject({ status: 'completed' });
    expect(run.counts).toMatchObject({ platform: { marked: 1 } });
  });

  it('R27 finds nothing where both agree', async () => {
    await eventually(async () => (await outbox()) === 0);
    await sweeping.sweep('nightly');
    const run = await db().syncRun.findFirstOrThrow({
      where: { kind: 'sweep', phase: 'compare' },
      orderBy: { startedAt: 'desc' },
    });
    expect(run.counts).toMatchObject({ platform: { marked: 0 } });
  });

  it('R3 many records that vanished here at once are not taken for cancels', async () => {
    await eventually(async () => (await outbox()) === 0);
    const writes = async () => (await visitsThere(sweeping.simulator, salon, 'status=C')).length;
    const before = await writes();
    const doomed = (await visitsToCome(20)).map(({ bookingId }) => bookingId);
    const quoted = doomed.map((id) => `'${id}'`).join(', ');
    await sweeping.engine.database.pool.query(`
      CREATE TABLE kept_items AS SELECT * FROM booking_items WHERE booking_id IN (${quoted});
      CREATE TABLE kept_bookings AS SELECT * FROM bookings WHERE id IN (${quoted});
      ALTER TABLE bookings DISABLE TRIGGER USER; ALTER TABLE booking_items DISABLE TRIGGER USER;
      DELETE FROM bookings WHERE id IN (${quoted});
      ALTER TABLE bookings ENABLE TRIGGER USER; ALTER TABLE booking_items ENABLE TRIGGER USER`);
    await sweeping.sweep('nightly');
    expect(await outbox()).toBe(0);
    expect(await writes()).toBe(before);
    const waiting = await db().quarantine.findMany({
      where: { businessId: salon.businessId, releasedAt: null, externalId: 'window:platform' },
    });
    expect(waiting).toMatchObject([{ entity: 'booking', affected: 20 }]);
    await sweeping.engine.database.pool.query(`
      ALTER TABLE bookings DISABLE TRIGGER USER; ALTER TABLE booking_items DISABLE TRIGGER USER;
      INSERT INTO bookings SELECT * FROM kept_bookings; INSERT INTO booking_items SELECT * FROM kept_items;
      ALTER TABLE bookings ENABLE TRIGGER USER; ALTER TABLE booking_items ENABLE TRIGGER USER`);
    await sweeping.sweep('nightly');
    expect(
      await db().quarantine.count({
        where: { businessId: salon.businessId, releasedAt: null, externalId: 'window:platform' },
      }),
    ).toBe(0);
  });
});

describe('a pause', { timeout: 240_000 }, () => {
  it('R30 is kept by sweeps, and its end looks at Booksy before anything is pushed', async () => {
    const [ours, theirs] = await visitsToCome(2);
    const { api } = sweeping.engine;
    const act = (deed: 'pause' | 'resume') =>
      api.send('POST', `/api/admin/booksy/businesses/${salon.businessId}/${deed}`, {});
    expect((await act('pause')).status).toBe(200);
    await db().booking.update({ where: { id: ours!.bookingId }, data: { clientNote: 'Okno, proszę' } });
    await sweeping.simulator.control('PATCH', `/visits/${theirs!.id}`, {
      moveMinutes: 24 * 60,
      allowOverlap: true,
      silent: true,
    });
    const since = new Date();
    await sweeping.sweepOf(salon, 'near', 'ahead');
    expect(await db().syncRun.count({ where: { kind: 'sweep', startedAt: { gte: since } } })).toBe(0);
    expect((await visitThere(ours!.id)).customer_note).not.toBe('Okno, proszę');

    expect((await act('resume')).status).toBe(200);
    // Resumed, and not looked at yet: what is judged now is not pushed.
    await eventually(async () => (await outbox()) === 0, { what: 'the boxes being judged' });
    expect((await visitThere(ours!.id)).customer_note).not.toBe('Okno, proszę');

    await sweeping.sweep();
    const moved = await visitThere(theirs!.id);
    expect((await visitsHere(db(), salon)).get(theirs!.id)).toMatchObject({
      startsLocal: moved.booked_from.slice(0, 16),
    });
    await eventually(async () => (await visitThere(ours!.id)).customer_note === 'Okno, proszę', {
      timeoutMs: 30_000,
      what: 'the newest state at Booksy',
    });
    const first = await db().syncRun.findFirstOrThrow({
      where: { kind: 'sweep', startedAt: { gte: since } },
      orderBy: { startedAt: 'asc' },
    });
    expect(first.phase).toBe('next');
    const sent = await db().syncIntent.findFirstOrThrow({
      where: { recordId: ours!.bookingId, openedAt: { gte: since } },
    });
    expect(sent.openedAt.getTime()).toBeGreaterThan(first.finishedAt!.getTime());
  });
});
