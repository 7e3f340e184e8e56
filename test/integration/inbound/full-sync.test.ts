import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';
import { tupleChanges } from '../../support/tuples.ts';

/** A lifelike salon arrives: by the real workflow, over HTTP, into the real database. */

const VISITS = 900;
const CLIENTS = 150;

let engine: TestEngine;
let businessId: string;
let run: Awaited<ReturnType<TestEngine['fullSync']>>;

const wireVisits = z.array(
  z.looseObject({
    id: z.number(),
    status: z.string(),
    type: z.string(),
    booked_from: z.string(),
    booked_for_id: z.number().nullable(),
    traveling: z.unknown(),
    subbookings: z.array(
      z.looseObject({ booked_from: z.string(), booked_till: z.string(), staffer_id: z.number().nullable() }),
    ),
  }),
);
type WireVisit = z.output<typeof wireVisits>[number];
let wire: readonly WireVisit[];

beforeAll(async () => {
  engine = await startTestEngine({ simulator: { visits: VISITS, clients: CLIENTS } });
  const [connected] = await engine.connect();
  businessId = connected?.businessId ?? '';
  run = await engine.fullSync(businessId);
  const answer = z.object({ results: wireVisits });
  const limit = String(VISITS);
  wire = answer.parse(await engine.simulator.control('GET', `/visits?limit=${limit}`)).results;
});

afterAll(() => engine.stop());

const STATUS_OF: Readonly<Record<string, string>> = {
  W: 'pending',
  A: 'confirmed',
  M: 'confirmed',
  P: 'proposed',
  D: 'cancelled',
  C: 'cancelled',
  F: 'completed',
  N: 'no_show',
};

describe('the first full sync', () => {
  it('ends well and counts what it did', () => {
    expect(run).toMatchObject({ status: 'completed', errorCode: null, kind: 'full_sync' });
    const visits = wire.filter((visit) => visit.type !== 'R');
    expect(wire).toHaveLength(VISITS);
    expect(run.counts).toMatchObject({
      clients: { created: CLIENTS, quarantined: 0 },
      services: { created: 60 },
      staff: { created: 10 },
      rooms: { created: 3 },
      visits: { created: visits.length, unchanged: 0, quarantined: 0 },
    });
  });

  it('asks Booksy hardly more often than it must', async () => {
    const { calls, leastCalls } = await engine.simulator.counters();
    expect(calls.total - calls.discovery).toBeLessThanOrEqual(Math.ceil(leastCalls.total * 1.03));
  });

  it('holds every visit with its own status, code, times and staff', async () => {
    const rows = await engine.database.pool.query<{
      external_id: string;
      status: string;
      external_status: string;
      has_client: boolean;
      travels: boolean;
      items: { start: string; end: string; staff: string | null }[];
    }>(
      `SELECT m.external_id, b.status, b.external_status, b.profile_id IS NOT NULL AS has_client,
              b.traveling IS NOT NULL AND jsonb_typeof(b.traveling) <> 'null' AS travels,
              (SELECT jsonb_agg(jsonb_build_object('start', to_char(i.starts_local, 'YYYY-MM-DD"T"HH24:MI'),
                                                   'end', to_char(i.ends_local, 'YYYY-MM-DD"T"HH24:MI'),
                                                   'staff', s.external_id)
                                ORDER BY i.starts_local, i.ends_local, s.external_id)
                 FROM booking_items i LEFT JOIN external_staff s ON s.staff_id = i.staff_id
                WHERE i.booking_id = b.id) AS items
         FROM external_bookings m JOIN bookings b ON b.id = m.booking_id WHERE m.business_id = $1`,
      [businessId],
    );
    const held = new Map(rows.rows.map((row) => [row.external_id, row]));
    const visits = wire.filter((visit) => visit.type !== 'R');
    expect(held.size).toBe(visits.length);
    for (const visit of visits) {
      const row = held.get(String(visit.id));
      expect(row, `visit ${String(visit.id)}`).toMatchObject({
        status: STATUS_OF[visit.status],
        external_status: visit.status,
        has_client: visit.booked_for_id !== null,
      });
      const items = visit.subbookings
        .map((part) => ({
          start: part.booked_from,
          end: part.booked_till,
          staff: part.staffer_id === null || part.staffer_id === -1 ? null : String(part.staffer_id),
        }))
        .sort((a, b) =>
          JSON.stringify([a.start, a.end, a.staff]).localeCompare(JSON.stringify([b.start, b.end, b.staff])),
        );
      const ours = [...(row?.items ?? [])].sort((a, b) =>
        JSON.stringify([a.start, a.end, a.staff]).localeCompare(JSON.stringify([b.start, b.end, b.staff])),
      );
      expect(ours, `items of visit ${String(visit.id)}`).toEqual(items);
    }
  });

  it('takes receptionists in, but nobody can book them (17)', async () => {
    const staff = await engine.deps.db.staff.findMany({ where: { businessId } });
    expect(staff.filter((member) => !member.bookable)).toHaveLength(2);
    expect(
      staff.filter((member) => member.accessLevel === 'reception').every((member) => !member.bookable),
    ).toBe(true);
  });

  it('keeps a schedule that begins later apart from the present one (23)', async () => {
    const later = await engine.deps.db.workingHours.findMany({
      where: { businessId, NOT: { appliesFrom: null } },
    });
    expect(later.length).toBeGreaterThanOrEqual(7);
    expect(new Set(later.map((row) => row.dayOfWeek)).size).toBe(7);
  });

  it('reads every notation of a price as the same minor units (24)', async () => {
    const rows = await engine.deps.db.serviceVariant.findMany({ where: { businessId } });
    expect(rows.every((row) => row.currency === 'PLN')).toBe(true);
    expect(rows.filter((row) => row.priceType === 'free').every((row) => row.priceMinor === 0n)).toBe(true);
    expect(rows.filter((row) => row.priceType === 'varies').every((row) => row.priceMinor === null)).toBe(
      true,
    );
  });

  it('reads reservations of a resource as blocks, not as visits', async () => {
    const blocks = await engine.deps.db.timeOff.count({ where: { businessId, source: 'reservation' } });
    const expected = wire.filter((visit) => visit.type === 'R' && !['C', 'D'].includes(visit.status));
    expect(blocks).toBeGreaterThanOrEqual(expected.length);
    expect(expected.length).toBeGreaterThan(0);
  });

  it('puts what Booksy itself overbooked on a conflict and lets nothing else overlap', async () => {
    const overlaps = await engine.database.pool.query<{ left: string; right: string; on_conflict: boolean }>(
      `SELECT a.ref AS left, b.ref AS right, EXISTS (
                SELECT FROM booksy_sync_conflicts c WHERE c.kind = 'time_overlap'
                   AND c.record_id = LEAST(a.ref, b.ref) AND c.other_record_id = GREATEST(a.ref, b.ref)) AS on_conflict
         FROM (SELECT *, COALESCE(booking_id, time_off_id) AS ref FROM occupancy WHERE business_id = $1) a
         JOIN (SELECT *, COALESCE(booking_id, time_off_id) AS ref FROM occupancy WHERE business_id = $1) b
           ON a.resource_id = b.resource_id AND a.during && b.during AND a.session_key <> b.session_key AND a.ref < b.ref`,
      [businessId],
    );
    expect(overlaps.rows.length).toBeGreaterThan(0);
    expect(overlaps.rows.filter((row) => !row.on_conflict)).toEqual([]);
  });

  it('lets no birthday, allergy or private note past the edge', async () => {
    const tables = await engine.database.pool.query<{ text: string }>(
      `SELECT string_agg(t.text, '') AS text FROM (
         SELECT remote::text || base_theirs::text || base_ours::text AS text FROM external_clients
         UNION ALL SELECT remote::text || base_theirs::text || base_ours::text FROM external_bookings
         UNION ALL SELECT to_jsonb(p)::text FROM profiles p UNION ALL SELECT to_jsonb(b)::text FROM bookings b) t`,
    );
    const text = tables.rows[0]?.text ?? '';
    expect(text.length).toBeGreaterThan(100_000);
    for (const name of ['birthday', 'allergens', 'business_secret_note', 'business_note'])
      expect(text).not.toContain(name);
    const cards = z
      .object({ results: z.array(z.looseObject({ business_secret_note: z.string().nullable() })) })
      .parse(
        await engine.simulator.asSalon('GET', `/business/${await salonId()}/customer/?offset=0&limit=100`),
      );
    const notes = cards.results.flatMap((card) => card.business_secret_note ?? []);
    expect(notes.length).toBeGreaterThan(0);
    for (const note of notes) expect(text).not.toContain(note);
  });

  it('leaves no personal value in the histories of its workflows', async () => {
    const { history } = { history: await historyText() };
    const people = await engine.deps.db.profile.findMany({ where: { businessId }, take: 100 });
    for (const person of people) {
      if (person.familyName.length > 4) expect(history).not.toContain(person.familyName);
      if (person.phoneE164 !== null) expect(history).not.toContain(person.phoneE164);
    }
  });

  it('says for every list and window that it is proven', async () => {
    const rows = await engine.deps.db.integrationSyncStatus.findMany({ where: { businessId } });
    expect(rows.every((row) => row.complete && row.provenSentAt !== null)).toBe(true);
    expect(rows.map((row) => row.windowKey)).toEqual(
      expect.arrayContaining(['list', 'clients', 'visits:ahead', 'visits:recent', 'visits:past']),
    );
  });
});

describe('the second full sync', () => {
  it('changes not one tuple, and says so (1, 2)', async () => {
    let again: typeof run | undefined;
    const changes = await tupleChanges(engine.deps.db, async () => {
      again = await engine.fullSync(businessId);
    });
    expect(changes.inEntities).toEqual({});
    expect(again?.counts).toMatchObject({
      visits: { created: 0, updated: 0 },
      clients: { created: 0, unchanged: CLIENTS },
    });
  });
});

async function salonId(): Promise<string> {
  const business = await engine.deps.db.business.findUniqueOrThrow({ where: { id: businessId } });
  return business.booksyBusinessId ?? '';
}

async function historyText(): Promise<string> {
  const handle = engine.worker.client.workflow.getHandle(`full-sync/${businessId}`);
  return JSON.stringify(await handle.fetchHistory(), (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
  );
}
