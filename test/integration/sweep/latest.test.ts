/** `latest` where lists tell the order (R9): an edit here waits for its way out, sweeps look on, no webhook tells anything. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import type { Salon } from '../faults/support/salons.ts';
import { startSweeping, type Sweeping } from './support/sweeping.ts';

let sweeping: Sweeping;
let salon: Salon;
let visits: { id: string; link: string }[];

beforeAll(async () => {
  sweeping = await startSweeping({ relay: true, simulator: { salons: 1, visits: 200, clients: 10 } });
  // Nobody has allowed anything to go out yet (R18): what is edited here waits.
  salon = await sweeping.imported();
  await sweeping.simulator.configure({ flags: { webhooks: false } });
  await sql(
    `INSERT INTO sync_rules (business_id, id, name, source_system, priority, conditions, actions, policies)
     VALUES ($1, 'latest', 'The later one wins', 'both', 50, $2, $3, $4)`,
    [
      salon.businessId,
      { bufferTimes: { before: 0, after: 0 }, maxAdvanceBooking: 365 },
      { syncAvailability: true, autoResolveConflicts: true, notifyAdmin: true },
      { 'booking.*': 'latest' },
    ],
  );
  visits = await sql<{ id: string; link: string }>(
    `SELECT b.id, m.external_id AS link FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
      WHERE m.business_id = $1 AND b.status = 'confirmed' AND b.starts_at > now() + interval '2 days'
        AND (SELECT count(*) FROM booking_items i WHERE i.booking_id = b.id) = 1 ORDER BY b.starts_at LIMIT 6`,
    [salon.businessId],
  );
}, 300_000);

afterAll(() => sweeping.engine.stop());

const sql = async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> =>
  (await sweeping.engine.database.pool.query<Row>(text, [...values])).rows;
const taken = () => {
  const visit = visits.shift();
  if (visit === undefined) throw new Error('There is no other visit to come.');
  return visit;
};
const drained = () =>
  eventually(
    async () =>
      (await sql('SELECT 1 FROM sync_outbox WHERE business_id = $1', [salon.businessId])).length === 0,
    {
      timeoutMs: 30_000,
      what: 'an empty outbox',
    },
  );
const sweep = async () => {
  await sweeping.sweepOf(salon, 'ahead');
  await drained();
};
const editThere = (link: string) =>
  sweeping.simulator.control('PATCH', `/visits/${link}`, { customer_note: 'z Booksy', silent: true });

/** An edit here that a process has found waiting. */
async function editHere(id: string): Promise<void> {
  await sql(`UPDATE bookings SET client_note = 'nasza' WHERE id = $1`, [id]);
  await eventually(async () => (await mirrorOf(id)).by !== null, {
    timeoutMs: 30_000,
    what: 'the edit found waiting',
  });
  await drained();
}
/** As if it had been found waiting so many milliseconds earlier: the instant lies in the mirror. */
const foundEarlier = (id: string, ms: number) =>
  sql(
    `UPDATE external_bookings SET flips = jsonb_set(flips, '{waits,clientNote,by}', to_jsonb(to_char(
       ((flips #>> '{waits,clientNote,by}')::timestamptz - make_interval(secs => $2)) AT TIME ZONE 'UTC',
       'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) WHERE booking_id = $1`,
    [id, ms / 1000],
  );
async function mirrorOf(id: string) {
  const [row] = await sql<{ by: string | null; sent: Date; xmin: string }>(
    `SELECT flips #>> '{waits,clientNote,by}' AS by, observed_sent_at AS sent, xmin::text AS xmin FROM external_bookings
      WHERE booking_id = $1`,
    [id],
  );
  if (row === undefined) throw new Error('The visit has no mirror.');
  return row;
}
const outcome = async ({ id, link }: { readonly id: string; readonly link: string }) => {
  const rows = await sql<{ note: string; kinds: string[] }>(
    `SELECT b.client_note AS note, array(SELECT c.kind FROM booksy_sync_conflicts c
       WHERE c.record_id = b.id AND c.status = 'open') AS kinds FROM bookings b WHERE b.id = $1`,
    [id],
  );
  const { counters } = { counters: await sweeping.simulator.counters() };
  const writes = Object.keys(counters.calls.byRoute).filter((route) =>
    /^(POST|PUT|PATCH|DELETE) \/business/.test(route),
  );
  return { ...rows[0], writes, link };
};

describe('an edit at Booksy', { timeout: 240_000 }, () => {
  it('after a list that still showed the old value wins, and the list is noted once', async () => {
    const visit = taken();
    await editHere(visit.id);
    await foundEarlier(visit.id, 60_000);
    await sweep();
    const noted = await mirrorOf(visit.id);
    expect(noted.sent.getTime()).toBeGreaterThan(Date.parse(noted.by ?? '') + 2_000);
    // Nothing new is told by another one: it writes nothing.
    await sweep();
    expect(await mirrorOf(visit.id)).toEqual(noted);

    await editThere(visit.link);
    await sweep();
    expect(await outcome(visit)).toMatchObject({ note: 'z Booksy', kinds: [], writes: [] });
  });

  it('that every list since ours has shown proves nothing: a person decides', async () => {
    const visit = taken();
    await editThere(visit.link);
    await sql(`UPDATE bookings SET client_note = 'nasza' WHERE id = $1`, [visit.id]);
    await drained();
    await sweep();
    await eventually(async () => (await outcome(visit)).kinds?.includes('field') === true, {
      timeoutMs: 30_000,
    });
    expect(await outcome(visit)).toMatchObject({ note: 'nasza', kinds: ['field'], writes: [] });
  });

  it('after a list that came within the margin of ours: a person decides', async () => {
    const visit = taken();
    await editHere(visit.id);
    const before = await mirrorOf(visit.id);
    // As if it was found waiting only when the list was on its way.
    await foundEarlier(visit.id, -60_000);
    await sweep();
    expect((await mirrorOf(visit.id)).sent).toEqual(before.sent);
    await editThere(visit.link);
    await sweep();
    await eventually(async () => (await outcome(visit)).kinds?.includes('field') === true, {
      timeoutMs: 30_000,
    });
    expect(await outcome(visit)).toMatchObject({ note: 'nasza', kinds: ['field'], writes: [] });
  });

  it('of ours only leaves no trace in what was never edited', async () => {
    const visit = taken();
    const before = await mirrorOf(visit.id);
    await sweep();
    expect(await mirrorOf(visit.id)).toEqual(before);
  });
});
