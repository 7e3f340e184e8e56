/** Two worker processes on one database (R13, R28): each record by one of them, one of them wakes, and either goes on alone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { startPlatform, type Platform, type WorkerProcess } from '../faults/support/platform.ts';
import { weekdayAhead } from '../outbound/support/days.ts';
import { eventually } from '../../support/eventually.ts';

const PATIENT = { timeoutMs: 90_000 };

let platform: Platform;
let workers: readonly [WorkerProcess, WorkerProcess];
let businessIds: readonly string[];

beforeAll(async () => {
  platform = await startPlatform({ visits: 150, clients: 20, salons: 2 });
  businessIds = platform.salons.map(({ businessId }) => businessId);
  workers = [await platform.startWorker(), await platform.startWorker()];
  for (const [n, businessId] of businessIds.entries()) {
    const runId = `0199c0de-0000-7000-8000-00000000000${String(n)}`;
    await platform.launcher.startFullSync({ businessId, runId, actor: 'test' });
    await platform.launcher.fullSyncResult(businessId);
  }
  await platform.deps.db.business.updateMany({ data: { pushAllowedAt: new Date() } });
}, 240_000);
afterAll(() => platform.stop());

const db = () => platform.deps.db;

/** Server processes of the relays, by whether they hold the leader's lock. */
async function relays(): Promise<{ readonly leading: readonly number[]; readonly all: readonly number[] }> {
  const rows = await db().$queryRaw<{ pid: number; leads: boolean }[]>`
    SELECT a.pid, EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted) AS leads
      FROM pg_stat_activity a WHERE a.application_name = 'booksy-sync-relay'`;
  return { leading: rows.flatMap(({ pid, leads }) => (leads ? [pid] : [])), all: rows.map(({ pid }) => pid) };
}

/** Who serves what in a business, and the days on which they are away. */
async function offerOf(businessId: string) {
  const [offer] = await db().$queryRaw<
    { staff: string; service: string; variant: string; away: Date[] | null }[]
  >`
    SELECT s.id::text AS staff, v.service_id::text AS service, v.id::text AS variant,
           (SELECT array_agg(t.starts_at) || array_agg(t.ends_at) FROM time_off t WHERE t.owner_id = s.id AND t.ends_at > now()) AS away
      FROM service_variants v
      JOIN services sv ON sv.id = v.service_id AND sv.parallel_clients = 1 AND sv.gap_minutes IS NULL AND sv.active
      JOIN external_services ev ON ev.record_id = v.id
      JOIN service_variant_staff vs ON vs.variant_id = v.id
      JOIN staff s ON s.id = vs.staff_id AND s.bookable AND s.active
     WHERE v.business_id = ${businessId}::uuid
     ORDER BY (SELECT count(*) FROM time_off t WHERE t.owner_id = s.id AND t.ends_at > now()), v.id, s.id LIMIT 1`;
  if (offer === undefined) throw new Error('Nobody serves anything.');
  return offer;
}

/** Makes visits of the platform's own, each on a day of its own at that hour of the night. */
async function bookMany(businessId: string, count: number, hour: '01' | '04'): Promise<readonly string[]> {
  const { staff, service, variant, away } = await offerOf(businessId);
  const isAway = (day: string) => {
    const stretches = (away ?? []).slice(0, (away ?? []).length / 2);
    return stretches.some((starts, n) => {
      const ends = (away ?? [])[stretches.length + n];
      return starts.toISOString().slice(0, 10) <= day && (ends?.toISOString() ?? '').slice(0, 10) >= day;
    });
  };
  const ids: string[] = [];
  for (let n = 0; ids.length < count; n += 1) {
    const day = weekdayAhead(40, n);
    if (isAway(day)) continue;
    const id = uuidv7();
    await db().$executeRaw`
      WITH place AS (SELECT zone, ${`${day} ${hour}:00`}::timestamp AS local FROM businesses WHERE id = ${businessId}::uuid),
      booked AS (
        INSERT INTO bookings (id, business_id, status, client_name, zone, starts_local, ends_local, starts_at, ends_at)
        SELECT ${id}::uuid, ${businessId}::uuid, 'confirmed', 'Zofia Zmyślona', zone, local, local + interval '1 hour',
               local AT TIME ZONE zone, (local + interval '1 hour') AT TIME ZONE zone FROM place
        RETURNING id, zone, starts_local, ends_local, starts_at, ends_at)
      INSERT INTO booking_items (id, booking_id, business_id, service_id, variant_id, staff_id, starts_local, ends_local, zone,
                                 starts_at, ends_at)
      SELECT ${uuidv7()}::uuid, id, ${businessId}::uuid, ${service}::uuid, ${variant}::uuid, ${staff}::uuid, starts_local,
             ends_local, zone, starts_at, ends_at FROM booked`;
    ids.push(id);
  }
  return ids;
}

const listed = z.object({
  results: z.array(
    z.looseObject({ id: z.number(), import_uid: z.string().nullish(), customer_note: z.string().nullish() }),
  ),
});
/** Appointments there that carry an import uid of ours, by record. */
async function madeThere(): Promise<ReadonlyMap<string, readonly { readonly note: string | null }[]>> {
  const { results } = listed.parse(await platform.simulator.control('GET', '/visits?limit=1000&type=B'));
  const made = new Map<string, { note: string | null }[]>();
  for (const { import_uid: uid, customer_note: note } of results) {
    if (uid == null) continue;
    const [record = ''] = uid.split(':');
    made.set(record, [...(made.get(record) ?? []), { note: note ?? null }]);
  }
  return made;
}
const settled = () =>
  eventually(async () => {
    const rows = await db().$queryRaw<{ n: bigint }[]>`
      SELECT (SELECT count(*) FROM sync_outbox) + (SELECT count(*) FROM webhook_logs WHERE drained_at IS NULL)
           + (SELECT count(*) FROM sync_intents WHERE state IN ('open', 'unknown')) AS n`;
    return Number(rows[0]?.n) === 0;
  }, PATIENT);
/** States of all writes of these records, counted. */
async function writesOf(ids: readonly string[]): Promise<Record<string, number>> {
  const intents = await db().syncIntent.findMany({ where: { recordId: { in: [...ids] } } });
  const counted: Record<string, number> = {};
  for (const { operation, state } of intents) {
    const key = `${operation} ${state}`;
    counted[key] = (counted[key] ?? 0) + 1;
  }
  return counted;
}
const note = (ids: readonly string[], text: string) =>
  db().$executeRaw`UPDATE bookings SET client_note = ${text} WHERE id = ANY(${[...ids]}::uuid[])`;

describe('two workers', { timeout: 240_000 }, () => {
  let ids: readonly string[] = [];

  it('have one leader, and make each visit once, whoever of them works (R13, R15)', async () => {
    await eventually(async () => (await relays()).all.length === 2, PATIENT);
    expect((await relays()).leading).toHaveLength(1);
    const made = await Promise.all(businessIds.map((businessId) => bookMany(businessId, 20, '04')));
    ids = made.flat();
    // Edited while they go out: the newest state counts, and no record is worked on twice at once.
    await note(ids, 'Podczas tworzenia');
    await eventually(async () => {
      const there = await madeThere();
      return ids.every((id) => there.get(id)?.[0]?.note === 'Podczas tworzenia');
    }, PATIENT);
    await settled();
    const there = await madeThere();
    for (const id of ids) expect(there.get(id), id).toHaveLength(1);
    expect((await writesOf(ids))['create confirmed']).toBe(ids.length);
    expect(Object.keys(await writesOf(ids)).sort()).not.toContain('create unknown');
    const conflicts = await db().booksySyncConflict.count({ where: { recordId: { in: [...ids] } } });
    expect(conflicts).toBe(0);
    expect(await db().syncLease.count()).toBe(0);
  });

  it('write each change once', async () => {
    const before = (await writesOf(ids))['change confirmed'] ?? 0;
    await note(ids, 'Raz');
    await eventually(async () => {
      const there = await madeThere();
      return ids.every((id) => there.get(id)?.[0]?.note === 'Raz');
    }, PATIENT);
    await settled();
    expect((await writesOf(ids))['change confirmed']).toBe(before + ids.length);
  });

  it('one killed in the middle of its work: the other leads and goes on, nothing is made twice (R14, R28)', async () => {
    const [businessId] = businessIds as [string, ...string[]];
    const { leading } = await relays();
    const fresh = await bookMany(businessId, 20, '01');
    await eventually(
      async () => (await db().syncIntent.count({ where: { recordId: { in: [...fresh] } } })) > 0,
      {
        ...PATIENT,
        intervalMs: 5,
      },
    );
    workers[0].kill('SIGKILL');
    await workers[0].exited;
    await eventually(async () => {
      const now = await relays();
      return now.all.length === 1 && now.leading.length === 1;
    }, PATIENT);
    // Whoever led before: the one that is left does now.
    expect(leading).toHaveLength(1);
    await note([...ids.slice(0, 5)], 'Po śmierci');
    await eventually(
      async () => {
        const there = await madeThere();
        return (
          fresh.every((id) => there.has(id)) &&
          ids.slice(0, 5).every((id) => there.get(id)?.[0]?.note === 'Po śmierci')
        );
      },
      { timeoutMs: 180_000 },
    );
    await settled();
    const there = await madeThere();
    for (const id of [...ids, ...fresh]) expect(there.get(id), id).toHaveLength(1);
    const linked = await db().externalBooking.count({
      where: { bookingId: { in: [...fresh] }, goneAt: null },
    });
    expect(linked).toBe(fresh.length);
  });
});
