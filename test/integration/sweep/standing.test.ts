import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { dayFromToday, type Salon } from '../faults/support/salons.ts';
import { startSweeping, type Sweeping } from './support/sweeping.ts';

/** What differs and stays so (refused, frozen, held) is told once: a sweep that finds it again writes nothing (I4, R26). */

let sweeping: Sweeping;
let salon: Salon;

beforeAll(async () => {
  sweeping = await startSweeping({ relay: true, simulator: { salons: 1, visits: 200, clients: 10 } });
  salon = await sweeping.imported();
  await db().business.update({
    where: { id: salon.businessId },
    data: { pushAllowedAt: new Date(), pushAllowedBy: 'owner' },
  });
  // Nothing is told: each side does its own before it knows of the other.
  await sweeping.simulator.configure({ flags: { webhooks: false } });
});

afterAll(() => sweeping.engine.stop());

const db = () => sweeping.engine.deps.db;
const sql = async <Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> =>
  (await sweeping.engine.database.pool.query<Row>(text, [...values])).rows;
const made = z.looseObject({ id: z.number() });

const outboxIsEmpty = () =>
  eventually(async () => (await db().syncOutbox.count({ where: { businessId: salon.businessId } })) === 0, {
    timeoutMs: 60_000,
    what: 'the outbox empty',
  });

/** Entries of the trail, versions of records and writes at Booksy. */
async function written(): Promise<object> {
  const rows = await sql(
    `SELECT (SELECT json_agg(json_build_array(l.action, l.reason_code, l.record_id) ORDER BY l.id) FROM booksy_audit_log l
              WHERE l.business_id = $1) AS trail,
            (SELECT sum(row_version) FROM bookings WHERE business_id = $1) AS versions,
            (SELECT json_agg(json_build_array(c.id, c.status, c.version) ORDER BY c.id) FROM booksy_sync_conflicts c
              WHERE c.business_id = $1) AS conflicts`,
    [salon.businessId],
  );
  const { calls } = await sweeping.simulator.counters();
  const writes = Object.entries(calls.byRoute).filter(
    ([route]) => /^(POST|PUT|PATCH|DELETE) \/business/.test(route) && !route.includes('/mapping/'),
  );
  return { ...rows[0], writes };
}

/** A visit of both sides at one time, and a note that both changed. */
async function disagree(): Promise<void> {
  const [staff] = await sql<{ id: string; external: string }>(
    `SELECT s.id, x.external_id AS external FROM external_staff x JOIN staff s ON s.id = x.staff_id
      WHERE x.business_id = $1 AND s.bookable AND s.active ORDER BY x.external_id LIMIT 1`,
    [salon.businessId],
  );
  const [variant] = await sql<{ id: string; service: string; external: string }>(
    `SELECT v.id, v.service_id AS service, x.external_id AS external
       FROM external_services x JOIN service_variants v ON v.id = x.record_id
      WHERE x.business_id = $1 AND x.entity = 'variant' ORDER BY x.external_id LIMIT 1`,
    [salon.businessId],
  );
  const [from, till] = [`${dayFromToday(5)}T02:00`, `${dayFromToday(5)}T02:30`];
  await sweeping.simulator.control('POST', '/visits', {
    salon: salon.id,
    status: 'A',
    type: 'C',
    customer_name: 'Iga Zmyślona',
    subbookings: [
      {
        booked_from: from,
        booked_till: till,
        staffer_id: Number(staff!.external),
        service_variant_id: Number(variant!.external),
      },
    ],
  });
  const id = randomUUID();
  await sql(
    `INSERT INTO bookings (id, business_id, status, client_name, zone, starts_local, ends_local, starts_at, ends_at)
     VALUES ($1, $2, 'confirmed', 'Ola Próbna', 'Europe/Warsaw', $3::timestamp, $4::timestamp,
             $3::timestamp AT TIME ZONE 'Europe/Warsaw', $4::timestamp AT TIME ZONE 'Europe/Warsaw')`,
    [id, salon.businessId, from, till],
  );
  await sql(
    `INSERT INTO booking_items (id, booking_id, business_id, service_id, variant_id, staff_id, zone, starts_local,
                                ends_local, starts_at, ends_at)
     VALUES ($1, $2, $3, $4, $5, $6, 'Europe/Warsaw', $7::timestamp, $8::timestamp,
             $7::timestamp AT TIME ZONE 'Europe/Warsaw', $8::timestamp AT TIME ZONE 'Europe/Warsaw')`,
    [randomUUID(), id, salon.businessId, variant!.service, variant!.id, staff!.id, from, till],
  );
  const [both] = await sql<{ booking_id: string; external_id: string }>(
    `SELECT x.booking_id, x.external_id FROM external_bookings x JOIN bookings b ON b.id = x.booking_id
      WHERE x.business_id = $1 AND x.gone_at IS NULL AND b.status = 'confirmed' AND b.starts_at > now() + interval '2 days'
        AND (SELECT count(*) FROM booking_items i WHERE i.booking_id = b.id) = 1 ORDER BY b.starts_at LIMIT 1`,
    [salon.businessId],
  );
  const there = await sweeping.simulator.control('PATCH', `/visits/${both!.external_id}`, {
    customer_note: 'z okna',
  });
  expect(made.parse(there).id).toBe(Number(both!.external_id));
  await sql(`UPDATE bookings SET client_note = 'przy drzwiach' WHERE id = $1`, [both!.booking_id]);
}

it('I4: what stays different is told once, however often it is compared', { timeout: 240_000 }, async () => {
  await disagree();
  await eventually(
    async () =>
      (await db().booksySyncConflict.count({ where: { businessId: salon.businessId, status: 'open' } })) >= 2,
    { timeoutMs: 60_000, what: 'a conflict of each' },
  );
  await sweeping.sweep('nightly');
  await outboxIsEmpty();
  const before = await written();
  for (let n = 0; n < 3; n += 1) {
    await sweeping.sweep('nightly');
    await outboxIsEmpty();
  }
  expect(await written()).toEqual(before);
});
