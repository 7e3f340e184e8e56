/** What real owners report (BOOKSY.md), by webhook: through HTTP, box, relay and Temporal; asserted on both sides. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resolveLocal } from '../../../domain/local-time.ts';
import { eventually } from '../../support/eventually.ts';
import { startLiveEngine, type LiveEngine } from './support/engine.ts';
import { freeHoursOf, type FreeHours } from './support/free-hours.ts';
import { simVisitOf, visitsOf, type SimVisit } from './support/visits.ts';

let engine: LiveEngine;
let visits: readonly SimVisit[];
let free: FreeHours;
let next = 0;

beforeAll(async () => {
  engine = await startLiveEngine({ visits: 500, clients: 60 });
  visits = await visitsOf(engine, 'upcoming');
  free = await freeHoursOf(engine, engine.businessId);
}, 240_000);
afterAll(() => engine.stop());
afterEach(() => engine.simulator.clearFaults());

/** A visit that no other test touches. */
const take = () => visits[next++]!;
const salon = (path: string, body: unknown, method = 'PATCH') => engine.simulator.control(method, path, body);
const edit = (visit: Pick<SimVisit, 'id'>, change: object) => salon(`/visits/${String(visit.id)}`, change);
const sql = (text: string, values: unknown[] = []) => engine.database.pool.query(text, values);
const held = async (bookingId: string) => {
  const { rows } = await sql(
    `SELECT o.resource_id, lower(o.during) AS starts FROM occupancy o JOIN booking_items i ON i.id = o.item_id
      WHERE i.booking_id = $1 ORDER BY 2, 1`,
    [bookingId],
  );
  return rows as { resource_id: string; starts: Date }[];
};
const dayAfter = (local: string, days: number) => {
  const day = new Date(`${local.slice(0, 10)}T00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return `${day.toISOString().slice(0, 10)}${local.slice(10)}`;
};
/** An hour later, the same day. */
const hourAfter = (local: string) =>
  `${local.slice(0, 11)}${String(Number(local.slice(11, 13)) + 1).padStart(2, '0')}${local.slice(13)}`;
/** The same visit at another time, as the salon would drag it. */
const moved = (visit: SimVisit, move: (local: string) => string) => ({
  allowOverlap: true,
  subbookings: visit.subbookings.map((part) => ({
    ...part,
    booked_from: move(part.booked_from),
    booked_till: move(part.booked_till),
  })),
});
const made = z.looseObject({ id: z.number() });
const newVisit = async (body: object): Promise<SimVisit> => {
  const { id } = made.parse(await salon('/visits', { allowOverlap: true, ...body }, 'POST'));
  await eventually(async () => (await engine.bookingOf(id)) !== null);
  return simVisitOf(engine, id);
};
/** A visit with one of them at a free hour. */
const visitAt = (from: string, who: 0 | 1 = 0, more: object = {}) =>
  newVisit({
    customer_name: 'Ala Próbna',
    subbookings: [
      { booked_from: from, booked_till: hourAfter(from), staffer_id: free.people[who].externalId },
    ],
    ...more,
  });

describe('by webhook', { timeout: 240_000 }, () => {
  it('B3 one visit’s news merges with what is known and replaces nothing', async () => {
    const visit = take();
    const all = await engine.deps.db.booking.count({ where: { businessId: engine.businessId } });
    const before = await engine.bookingOf(visit.id);
    await edit(visit, { customer_note: 'Nowa uwaga' });
    await eventually(async () => (await engine.bookingOf(visit.id))?.clientNote === 'Nowa uwaga');
    const after = await engine.bookingOf(visit.id);
    expect(after).toMatchObject({
      status: before!.status,
      clientName: before!.clientName,
      profileId: before!.profileId,
      items: before!.items.map(({ id, startsAt }) => ({ id, startsAt })),
    });
    expect(await engine.deps.db.booking.count({ where: { businessId: engine.businessId } })).toBe(all);
  });

  it('B4 a cancel there is a cancel here and frees the time; a cancel here is one there', async () => {
    const [theirs, ours] = [take(), take()];
    const here = await engine.bookingOf(theirs.id);
    expect(await held(here!.id)).not.toEqual([]);
    await edit(theirs, { status: 'C' });
    await eventually(async () => (await engine.bookingOf(theirs.id))?.status === 'cancelled');
    expect(await held(here!.id)).toEqual([]);
    const mine = await engine.bookingOf(ours.id);
    await sql(`UPDATE bookings SET status = 'cancelled' WHERE id = $1`, [mine!.id]);
    await eventually(async () => (await simVisitOf(engine, ours.id)).status === 'C');
    await engine.quiet();
    expect((await engine.bookingOf(ours.id))?.status).toBe('cancelled');
  });

  it('B5 a move frees the old time on both sides, whoever moves', async () => {
    const [theirs, ours] = [await visitAt(free.next()), await visitAt(free.next())];
    const before = await engine.bookingOf(theirs.id);
    const [old] = await held(before!.id);
    await edit(
      theirs,
      moved(theirs, (local) => dayAfter(local, 7)),
    );
    await eventually(async () => {
      const now = await held(before!.id);
      return now.length > 0 && now.every(({ starts }) => starts.getTime() !== old!.starts.getTime());
    });
    const mine = await engine.bookingOf(ours.id);
    await sql(
      `UPDATE booking_items SET starts_local = starts_local + interval '7 days', ends_local = ends_local + interval '7 days',
              starts_at = (starts_local + interval '7 days') AT TIME ZONE zone,
              ends_at = (ends_local + interval '7 days') AT TIME ZONE zone WHERE booking_id = $1`,
      [mine!.id],
    );
    await eventually(
      async () => (await simVisitOf(engine, ours.id)).booked_from === dayAfter(ours.booked_from, 7),
      { timeoutMs: 20_000 },
    );
    await engine.quiet();
  });

  it('B6 a late webhook with older data resurrects nothing', async () => {
    const visit = take();
    await engine.simulator.fault({ kind: 'webhook_reorder', ms: 3_000, route: 'WEBHOOK MODIFIED' });
    await edit(visit, { customer_note: 'Stara' });
    await edit(visit, { status: 'C' });
    await eventually(async () => (await engine.bookingOf(visit.id))?.status === 'cancelled');
    const told = () =>
      engine.deps.db.webhookLog.findMany({
        where: { externalId: String(visit.id), drainedAt: { not: null } },
      });
    await eventually(async () => (await told()).some(({ action }) => action === 'MODIFIED'), {
      timeoutMs: 20_000,
    });
    expect((await engine.bookingOf(visit.id))?.status).toBe('cancelled');
    expect((await simVisitOf(engine, visit.id)).status).toBe('C');
    expect((await engine.simulator.counters()).faultHits).toHaveProperty('webhook_reorder');
  });

  it('B7 our own write coming back, twice, changes nothing and raises no conflict', async () => {
    const visit = take();
    const booking = await engine.bookingOf(visit.id);
    await engine.simulator.fault({ kind: 'webhook_double', rows: 2, route: 'WEBHOOK MODIFIED' });
    await sql(`UPDATE bookings SET client_note = 'Od nas' WHERE id = $1`, [booking!.id]);
    await eventually(async () => (await simVisitOf(engine, visit.id)).customer_note === 'Od nas');
    await eventually(
      async () => (await engine.deps.db.webhookLog.count({ where: { externalId: String(visit.id) } })) > 0,
    );
    await engine.quiet();
    const { rowVersion } = (await engine.bookingOf(visit.id))!;
    expect(rowVersion).toBe(booking!.rowVersion + 1n);
    const intents = await engine.deps.db.syncIntent.findMany({ where: { recordId: booking!.id } });
    expect(intents.map(({ state }) => state)).toEqual(['confirmed']);
    expect((await engine.openConflicts()).filter(({ recordId }) => recordId === booking!.id)).toEqual([]);
  });

  it('B8 the same time of two people is two visits, both held', async () => {
    const at = free.next();
    const both = [await visitAt(at, 0), await visitAt(at, 1)];
    const ids = await Promise.all(both.map(async ({ id }) => (await engine.bookingOf(id))!.id));
    expect(ids[0]).not.toBe(ids[1]);
    for (const id of ids) expect(await held(id)).toHaveLength(1);
    const conflicts = await engine.openConflicts();
    expect(conflicts.filter(({ recordId }) => ids.includes(recordId ?? ''))).toEqual([]);
  });

  it('B9 a visit with two parts blocks both calendars; editing one leaves the other', async () => {
    const at = free.next();
    const both = await newVisit({
      customer_name: 'Ala Próbna',
      // No variants: nothing of either item is a gap (R21).
      subbookings: free.people.map(({ externalId }) => ({
        booked_from: at,
        booked_till: hourAfter(at),
        staffer_id: externalId,
      })),
    });
    const booking = await engine.bookingOf(both.id);
    const [one, other] = free.people.map(({ id }) => id);
    expect((await held(booking!.id)).map(({ resource_id: id }) => id).sort()).toEqual([one, other].sort());
    const [first, second] = both.subbookings;
    await edit(both, {
      allowOverlap: true,
      subbookings: [
        first,
        {
          ...second,
          booked_from: dayAfter(second!.booked_from, 1),
          booked_till: dayAfter(second!.booked_till, 1),
        },
      ],
    });
    await eventually(async () => {
      const now = await engine.bookingOf(both.id);
      return now?.items[1]?.startsAt.getTime() !== booking!.items[1]!.startsAt.getTime();
    });
    const after = await engine.bookingOf(both.id);
    expect(after!.items.map(({ id }) => id).sort()).toEqual(booking!.items.map(({ id }) => id).sort());
    expect(after!.items[0]).toMatchObject({
      id: booking!.items[0]!.id,
      startsAt: booking!.items[0]!.startsAt,
    });
    const day = (local: string) => new Date(resolveLocal(local, free.zone).instant).getTime();
    expect((await held(booking!.id)).map(({ starts }) => starts.getTime())).toEqual([
      day(at),
      day(dayAfter(at, 1)),
    ]);
  });

  it('B13 a visit that somebody made through an import of their own is synced too', async () => {
    const salonId = (await engine.simulator.state()).salons[0]!.id;
    const at = free.next();
    const { id } = made.parse(
      await engine.simulator.asSalon('POST', `/business/${String(salonId)}/appointment/`, {
        customer_name: 'Ewa Importowana',
        import_uid: 'other-tool-77',
        subbookings: [{ booked_from: at, booked_till: hourAfter(at) }],
      }),
    );
    await eventually(async () => (await engine.bookingOf(id)) !== null);
    expect((await engine.bookingOf(id))?.clientName).toContain('Ewa');
  });

  it('B19 a token that expires among many reads at once is refreshed once', async () => {
    const changed = [take(), take(), take(), take(), take(), take()];
    await engine.simulator.clearCounters();
    await engine.simulator.fault({ kind: 'revoke_tokens', route: 'GET *' });
    await Promise.all(changed.map((visit) => edit(visit, { customer_note: 'Po tokenie' })));
    await eventually(async () =>
      (await Promise.all(changed.map(({ id }) => engine.bookingOf(id)))).every(
        (booking) => booking?.clientNote === 'Po tokenie',
      ),
    );
    const counters = await engine.simulator.counters();
    expect(counters.faultHits).toHaveProperty('revoke_tokens');
    expect(counters.calls.token).toBe(1);
  });

  it('B20 a 422 makes a conflict card and no storm of tries', async () => {
    const repeating = await visitAt(free.next(), 0, { repeating: true });
    const booking = await engine.bookingOf(repeating.id);
    await engine.simulator.clearCounters();
    await sql(`UPDATE bookings SET client_note = 'Nie da się' WHERE id = $1`, [booking!.id]);
    await eventually(
      async () =>
        (await engine.openConflicts()).some(
          ({ kind, recordId }) => kind === 'refused_by_booksy' && recordId === booking!.id,
        ),
      { timeoutMs: 20_000 },
    );
    await engine.quiet();
    const { byStatus } = (await engine.simulator.counters()).calls;
    expect(byStatus['422']).toBe(1);
  });
});
