/** Commits of several salons are one transaction; what holds one salon up holds up no other (R13, R29, I12). */
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadCatalogLinks } from '../../../activities/apply/links.ts';
import { processOne, type EngineDeps } from '../../../activities/outbound/index.ts';
import type { ProcessReport } from '../../../domain/protocol/port.ts';
import type { Links } from '../../../domain/states/links.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';
import { eventually } from '../../support/eventually.ts';

const SALONS = 3;
const EACH = 3;

interface Visit {
  readonly id: string;
  readonly externalId: string;
  readonly businessId: string;
}

let engine: TestEngine;
/** Visits of each salon, in step. */
let salons: readonly (readonly Visit[])[];

beforeAll(async () => {
  engine = await startTestEngine({ simulator: { salons: SALONS, visits: 240, clients: 20, staff: 3 } });
  const connected = await engine.connect();
  for (const { businessId } of connected) await engine.fullSync(businessId);
  await sql(`UPDATE businesses SET push_allowed_at = now(), push_allowed_by = 'test'`);
  await sql('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  const repeating = await repeatingOnes();
  salons = await Promise.all(
    connected.map(async ({ businessId }) => {
      const rows = await sql<{ id: string; external_id: string }>(
        `SELECT b.id, m.external_id FROM bookings b JOIN external_bookings m ON m.booking_id = b.id
          WHERE b.business_id = $1 AND b.status = 'confirmed'
            AND b.starts_at BETWEEN now() + interval '26 hours' AND now() + interval '60 days'
            AND (SELECT count(*) FROM booking_items i WHERE i.booking_id = b.id) = 1
          ORDER BY m.external_id`,
        [businessId],
      );
      const free = rows.filter((row) => !repeating.has(row.external_id));
      expect(free.length).toBeGreaterThanOrEqual(EACH);
      return free.slice(0, EACH).map((row) => ({ id: row.id, externalId: row.external_id, businessId }));
    }),
  );
  expect(salons).toHaveLength(SALONS);
});

afterAll(() => engine.stop());

async function sql<T extends object>(text: string, values: readonly unknown[] = []): Promise<T[]> {
  return (await engine.database.pool.query<T>(text, [...values])).rows;
}

const listed = z.object({ results: z.array(z.looseObject({ id: z.number(), repeating: z.boolean() })) });

async function repeatingOnes(): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const { id: salon } of (await engine.simulator.state()).salons) {
    const answer = await engine.simulator.control('GET', `/visits?limit=1000&salon=${String(salon)}`);
    for (const { id, repeating } of listed.parse(answer).results) if (repeating) ids.add(String(id));
  }
  return ids;
}

async function noteAll(visits: readonly Visit[], note: string): Promise<void> {
  for (const { id } of visits) await sql('UPDATE bookings SET client_note = $2 WHERE id = $1', [id, note]);
}

const catalogs = new Map<string, Links>();

async function catalogOf(businessId: string): Promise<Links> {
  const known = catalogs.get(businessId) ?? (await loadCatalogLinks(engine.deps.db, businessId));
  catalogs.set(businessId, known);
  return known;
}

/** Which of these visits lie in the box. */
async function boxed(visits: readonly Visit[]): Promise<readonly string[]> {
  const rows = await sql<{ record_id: string }>(
    'SELECT DISTINCT record_id FROM sync_outbox WHERE record_id = ANY($1)',
    [visits.map(({ id }) => id)],
  );
  return rows.map((row) => row.record_id);
}

/** Processes visits at once, as the drains of their salons do: one run each. */
function processAll(visits: readonly Visit[], deps: EngineDeps = engine.deps) {
  const runOf = new Map(visits.map(({ businessId }) => [businessId, uuidv7()]));
  return visits.map(({ id: recordId, businessId }) =>
    processOne(
      deps,
      { businessId, entity: 'booking', recordId },
      // No question lies between read and commit: who has read together asks for its commit together.
      { runId: runOf.get(businessId) ?? '', actor: 'sync', catalog: () => catalogOf(businessId) },
    ),
  );
}

/** Reads of so many visits come back once all have been sent: their commits want to be made at one time. */
function readTogether(visits: number): EngineDeps {
  const { booksy } = engine.deps;
  let missing = visits;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  const together: Pick<EngineDeps['booksy'], 'readAppointmentForWrite'> = {
    async readAppointmentForWrite(business, key, call) {
      const answer = await booksy.readAppointmentForWrite(business, key, call);
      missing -= 1;
      if (missing <= 0) open();
      await all;
      return answer;
    },
  };
  return { ...engine.deps, booksy: { ...booksy, ...together } };
}

const notesThere = (visits: readonly Visit[]) =>
  Promise.all(
    visits.map(async ({ externalId }) => {
      const answer = await engine.simulator.control('GET', `/visits/${externalId}`);
      return z.looseObject({ customer_note: z.string().nullish() }).parse(answer).customer_note;
    }),
  );

/** Transactions that opened intents: each does so by one statement. */
async function intentRoundsOf(work: () => Promise<unknown>): Promise<number> {
  await sql(
    'SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)',
  );
  await work();
  const [row] = await sql<{ n: number }>(
    `SELECT coalesce(sum(calls), 0)::int AS n FROM pg_stat_statements
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND toplevel
        AND query ~ 'INSERT .* INTO sync_intents'`,
  );
  return row?.n ?? 0;
}

/** A write that could not leave in time is planned anew (R13b). */
async function untilThere(visits: readonly Visit[], note: string): Promise<void> {
  await eventually(async () => {
    const there = await notesThere(visits);
    const missing = visits.filter((_, index) => there[index] !== note);
    await Promise.all(processAll(missing));
    return missing.length === 0;
  });
}

/** A connection that holds something until it is released. */
async function holding(text: string, values: readonly unknown[]): Promise<() => Promise<void>> {
  const client = await engine.database.pool.connect();
  await client.query('BEGIN');
  await client.query(text, [...values]);
  return async () => {
    await client.query('ROLLBACK');
    client.release();
  };
}

describe('several salons at once', () => {
  it('open their intents by one transaction, each in its own trail and run (I7, R14)', async () => {
    const all = salons.flat();
    await noteAll(all, 'razem');
    // Of all salons by one transaction, however busy this machine is.
    expect(await intentRoundsOf(() => Promise.all(processAll(all, readTogether(all.length))))).toBe(1);
    await untilThere(all, 'razem');
    expect(await sql(`SELECT 1 FROM sync_intents WHERE state NOT IN ('confirmed', 'unsent')`)).toEqual([]);
    expect(await boxed(all)).toEqual([]);
    expect(await sql('SELECT 1 FROM sync_leases')).toEqual([]);
    // What was sent stands in the trail of the salon whose visit it was, under its own run (I7).
    const trails = await sql<{ business_id: string; n: string }>(
      `SELECT business_id, count(*) AS n FROM booksy_audit_log WHERE action = 'sent' GROUP BY business_id`,
    );
    expect(new Map(trails.map((row) => [row.business_id, row.n]))).toEqual(
      new Map(salons.map(([visit]) => [visit?.businessId, String(EACH)])),
    );
    const mixed = `SELECT run_id FROM booksy_audit_log GROUP BY run_id HAVING count(DISTINCT business_id) > 1`;
    expect(await sql(mixed)).toEqual([]);
  });

  it.each([
    {
      what: 'lock another process holds',
      hold: ({ businessId }: Visit) =>
        holding(`SELECT pg_advisory_xact_lock(hashtextextended('apply:' || $1, 0))`, [businessId]),
    },
    {
      what: 'visit a transaction of the platform holds',
      hold: ({ id }: Visit) => holding('SELECT FROM bookings WHERE id = $1 FOR UPDATE', [id]),
    },
  ])('do not wait for the salon whose $what; it goes on once that has ended', async ({ what, hold }) => {
    const [held = [], ...others] = salons;
    const free = others.flat();
    const [visit] = held;
    if (visit === undefined) throw new Error('The first salon has no visit.');
    await noteAll([visit, ...free], what);
    const release = await hold(visit);
    let over = false;
    let waiting: Promise<ProcessReport>;
    try {
      const [first, ...rest] = processAll([visit, ...free], readTogether(1 + free.length));
      waiting = (first ?? Promise.reject(new Error('Nothing was begun.'))).finally(() => (over = true));
      await Promise.all(rest);
      await untilThere(free, what);
      expect(over).toBe(false);
      // It waits by itself, with nothing of any other salon in its hands.
      await eventually(async () => {
        const rows = await sql<{ n: string }>(
          `SELECT count(*) AS n FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND state = 'active'`,
        );
        return Number(rows[0]?.n) === 1;
      });
    } finally {
      await release();
    }
    await waiting;
    await untilThere([visit], what);
  });

  it('lose nothing where the database refuses one of them: only that one fails', async () => {
    const all = salons.flat();
    await noteAll(all, 'odmowa');
    const [bad] = all;
    await sql(
      `CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'refused by the test' USING ERRCODE = '22000'; END $$`,
    );
    await sql(
      `CREATE TRIGGER refuse_one BEFORE INSERT ON sync_intents FOR EACH ROW
         WHEN (NEW.record_id = '${bad?.id ?? ''}') EXECUTE FUNCTION refuse_one()`,
    );
    const settled = await Promise.allSettled(processAll(all, readTogether(all.length)));
    await sql('DROP TRIGGER refuse_one ON sync_intents');
    expect(settled.map(({ status }) => status)).toEqual(
      all.map((visit) => (visit === bad ? 'rejected' : 'fulfilled')),
    );
    expect(await boxed(all)).toEqual([bad?.id]);
    expect(await sql('SELECT 1 FROM sync_leases')).toEqual([]);
    await untilThere(all, 'odmowa');
  });
});
