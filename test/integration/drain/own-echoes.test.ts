/** The webhook of our own write says what its answer said: it is used up without a read. Whatever says more is read (R4, R4a, R26). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dropOwnEchoes } from '../../../activities/drain/own-echoes.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';
import { eventually } from '../../support/eventually.ts';
import { simVisitOf, visitsOf } from './support/visits.ts';

let engine: TestEngine;
let businessId: string;
/** The visit that we write, and the row of the webhook that came of it. */
let visit: { readonly externalId: string; readonly bookingId: string };
let echo: { readonly id: string; readonly copies: number };

const sql = async <T extends object>(text: string, values: readonly unknown[] = []): Promise<T[]> =>
  (await engine.database.pool.query<T>(text, [...values])).rows;

beforeAll(async () => {
  engine = await startTestEngine({
    simulator: { visits: 60, clients: 20, staff: 3, today: new Date().toISOString().slice(0, 10) },
    relay: true,
    api: true,
  });
  const [connected] = await engine.connect();
  businessId = connected?.businessId ?? '';
  await engine.fullSync(businessId);
  await engine.deps.db.business.update({ where: { id: businessId }, data: { pushAllowedAt: new Date() } });
  const [first] = await visitsOf(engine, 'upcoming');
  const [row] = await sql<{ booking_id: string }>(
    'SELECT booking_id FROM external_bookings WHERE external_id = $1',
    [String(first?.id)],
  );
  visit = { externalId: String(first?.id), bookingId: row?.booking_id ?? '' };
});

afterAll(() => engine.stop());

const READ = 'GET /business/{business_id}/appointment/{appointment_id}/';
const WRITE = 'PUT /business/{business_id}/appointment/{appointment_id}/';
const callsSoFar = async () => (await engine.simulator.counters()).calls.byRoute;
const noteThere = async () => (await simVisitOf(engine, Number(visit.externalId))).customer_note;
const webhooks = () =>
  sql<{ id: string; copies: number; drained: boolean }>(
    'SELECT id::text, copies, drained_at IS NOT NULL AS drained FROM webhook_logs WHERE external_id = $1 ORDER BY id',
    [visit.externalId],
  );

let notes = 0;
/** Writes a note that Booksy has never had, and waits for the webhook that comes of it to be used up. */
async function writeNote(): Promise<void> {
  const seen = (await webhooks()).length;
  await engine.simulator.clearCounters();
  notes += 1;
  const note = `Notatka ${String(notes)}`;
  await sql('UPDATE bookings SET client_note = $2 WHERE id = $1', [visit.bookingId, note]);
  await eventually(async () => (await noteThere()) === note);
  await eventually(async () => {
    const all = await webhooks();
    return all.length === seen + 1 && all.every(({ drained }) => drained);
  });
  const last = (await webhooks()).at(-1);
  echo = { id: last?.id ?? '', copies: last?.copies ?? 0 };
}

/** What is left to be read where the news of the visit are looked at once more. */
async function leftOf(copies: number): Promise<number> {
  const salon = await engine.deps.db.business.findUniqueOrThrow({ where: { id: businessId } });
  const business = {
    id: businessId,
    externalId: salon.booksyBusinessId ?? '',
    zone: salon.zone,
    currency: salon.currency,
    country: salon.country,
  };
  const news = [{ externalId: visit.externalId, rows: [{ id: echo.id, copies }] }];
  return (await dropOwnEchoes(engine.deps, business, news)).length;
}

const drained = async () => (await webhooks()).find(({ id }) => id === echo.id)?.drained;

describe('the webhook of our own write', () => {
  it('costs no read: one read before the write, the write, and nothing after it', async () => {
    await writeNote();
    expect(await callsSoFar()).toEqual({ [READ]: 1, [WRITE]: 1 });
    // Its body is still evidence, to be judged by whoever looks at the visit next (R4a).
    expect(await sql('SELECT judged_at FROM webhook_logs WHERE id = $1', [echo.id])).toEqual([
      { judged_at: null },
    ]);
  });

  it('leaves nothing unseen: what the salon changes next is read', async () => {
    await writeNote();
    await engine.simulator.control('PATCH', `/visits/${visit.externalId}`, { customer_note: 'Od salonu' });
    await eventually(async () => {
      const [row] = await sql<{ client_note: string }>('SELECT client_note FROM bookings WHERE id = $1', [
        visit.bookingId,
      ]);
      return row?.client_note === 'Od salonu';
    });
    expect(await callsSoFar()).toEqual({ [READ]: 2, [WRITE]: 1 });
  });
});

describe('it is read all the same', () => {
  beforeEach(async () => {
    await writeNote();
    // In one statement: a drain that looks in between would be quicker than the test.
    await sql(
      `WITH shut AS (UPDATE businesses SET circuit_opened_at = now(), circuit_probe_at = now() + interval '1 hour'
                      WHERE id = $2)
       UPDATE webhook_logs SET drained_at = NULL WHERE id = $1`,
      [echo.id, businessId],
    );
    return async () => {
      await sql('UPDATE businesses SET circuit_opened_at = NULL, circuit_probe_at = NULL WHERE id = $1', [
        businessId,
      ]);
      await eventually(async () => (await webhooks()).every((row) => row.drained));
    };
  });

  it('not where nothing else is so: the control of this table', async () => {
    expect(await leftOf(1)).toBe(0);
    expect(await drained()).toBe(true);
  });

  it.each([
    ['where a copy came as well (R4)', 'UPDATE webhook_logs SET copies = 2 WHERE id = $1', 2],
    ['where a person asked for it again', 'UPDATE webhook_logs SET replayed_at = now() WHERE id = $1', 1],
    [
      'where it came long after the answer (R4)',
      "UPDATE webhook_logs SET received_at = received_at + interval '11 seconds' WHERE id = $1",
      1,
    ],
    [
      'where it came before the write was sent',
      "UPDATE webhook_logs SET received_at = received_at - interval '1 minute' WHERE id = $1",
      1,
    ],
    ['where its body was emptied', 'UPDATE webhook_logs SET sealed_body = NULL WHERE id = $1', 1],
    [
      'where it says something else than the answer did',
      `UPDATE external_bookings m SET remote = jsonb_set(m.remote, '{clientNote}', '"Inna"')
        FROM webhook_logs w WHERE w.id = $1 AND m.external_id = w.external_id`,
      1,
    ],
    [
      'where a write of ours may still act (R14)',
      `UPDATE sync_intents i SET remembered_until = now() + interval '1 hour'
         FROM webhook_logs w JOIN external_bookings m ON m.external_id = w.external_id
        WHERE w.id = $1 AND i.record_id = m.booking_id`,
      1,
    ],
    [
      'where the last observation was no write of ours',
      `UPDATE sync_intents i SET state = 'closed'
         FROM webhook_logs w JOIN external_bookings m ON m.external_id = w.external_id
        WHERE w.id = $1 AND i.record_id = m.booking_id`,
      1,
    ],
  ])('%s', async (_, change, copies) => {
    await sql(change, [echo.id]);
    expect(await leftOf(copies)).toBe(1);
    expect(await drained()).toBe(false);
  });
});
