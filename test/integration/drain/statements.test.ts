/** What a look costs: its statements are shared by all that it brings, so that a change costs few of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { createWakes } from '../../../activities/drain/index.ts';
import { drainBoxes } from '../../../activities/drain/drain.ts';
import { echoesOf, processOne } from '../../../activities/outbound/index.ts';
import type { InboundDeps } from '../../../activities/inbound/run.ts';
import { startTestEngine, type TestEngine } from '../../support/engine.ts';
import { eventually } from '../../support/eventually.ts';
import { simVisitOf, visitsOf, type SimVisit } from './support/visits.ts';

const MANY = 12;

let engine: TestEngine;
let businessId: string;
let visits: readonly SimVisit[];

beforeAll(async () => {
  // Webhooks are stored here by hand: all of them are seen by one look.
  engine = await startTestEngine({ simulator: { visits: 400, clients: 30, staff: 4 } });
  businessId = (await engine.connect())[0]?.businessId ?? '';
  await engine.fullSync(businessId);
  await sql(`UPDATE businesses SET push_allowed_at = now(), push_allowed_by = 'test'`);
  await sql('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  // A visit on a conflict is asked about besides.
  const disputed = await sql<{ external_id: string }>(
    `SELECT m.external_id FROM external_bookings m JOIN booksy_sync_conflicts c
         ON c.status = 'open' AND m.booking_id IN (c.record_id, c.other_record_id)`,
  );
  const asked = new Set(disputed.map((row) => row.external_id));
  visits = (await visitsOf(engine, 'upcoming')).filter(({ id }) => !asked.has(String(id))).slice(0, MANY);
  expect(visits).toHaveLength(MANY);
  await drain();
});
afterAll(() => engine.stop());

async function sql<T extends object>(text: string, values: readonly unknown[] = []): Promise<T[]> {
  return (await engine.database.pool.query<T>(text, [...values])).rows;
}

/** Drains both boxes until they are empty, and lingers for nobody. */
async function drain(booksy: InboundDeps['booksy'] = engine.deps.booksy) {
  const run = { businessId, runId: uuidv7(), workflowId: 'test', temporalRunId: 'test' };
  const deps = {
    ...engine.deps,
    booksy,
    wakes: createWakes(),
    launcher: engine.launcher,
    outbound: { processOne, echoesOf },
    startConflicts: () => Promise.resolve(),
    dropCached: () => Promise.resolve(),
    lingerMs: 0,
  };
  return drainBoxes(deps, run, new AbortController().signal, () => undefined);
}

/** Reads of so many visits come back once all have been sent: their commits want to be made at one time. */
function readTogether(visits: number): InboundDeps['booksy'] {
  const { booksy } = engine.deps;
  let missing = visits;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  return {
    ...booksy,
    async readAppointmentForWrite(business, key, call) {
      const answer = await booksy.readAppointmentForWrite(business, key, call);
      missing -= 1;
      if (missing <= 0) open();
      await all;
      return answer;
    },
  };
}

interface Counted {
  readonly calls: number;
  /** Loads of the catalog's links. */
  readonly catalogs: number;
  /** Statements that open intents: one a transaction. */
  readonly intents: number;
  /** Questions about sessions and about what is not linked. */
  readonly troubles: number;
}

/** Statements of this database that work took, transaction control with them; the pacer's own are not its. */
async function counted(work: () => Promise<unknown>): Promise<Counted> {
  await sql(
    'SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)',
  );
  await work();
  const [row] = await sql<Counted>(
    `SELECT sum(calls)::int AS calls,
            coalesce(sum(calls) FILTER (WHERE query ~ 'FROM external_rooms' AND query ~ 'service_variants'
                                          AND query ~ 'gap_after_minutes'), 0)::int AS catalogs,
            coalesce(sum(calls) FILTER (WHERE query ~ 'INSERT .* INTO sync_intents'), 0)::int AS intents,
            coalesce(sum(calls) FILTER (WHERE query ~ 'WITH touched AS MATERIALIZED|wants_variant'), 0)::int AS troubles
       FROM pg_stat_statements s
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND toplevel
        AND query !~ '/\\*\\s*(measure|pacer|token|relay)\\s*\\*/|pg_stat_statements'`,
  );
  return row ?? { calls: 0, catalogs: 0, intents: 0, troubles: 0 };
}

async function changeThere(changed: readonly SimVisit[], change: Readonly<Record<string, unknown>>) {
  for (const { id } of changed) {
    await engine.simulator.control('PATCH', `/visits/${String(id)}`, change);
    await sql(
      `INSERT INTO webhook_logs (business_id, action, external_id, body_hash) VALUES ($1, 'MODIFIED', $2, $3)`,
      [businessId, String(id), uuidv7()],
    );
  }
}

const ids = (changed: readonly SimVisit[]) => changed.map(({ id }) => String(id));

/** By one statement: one look sees them all. */
async function changeHere(changed: readonly SimVisit[], note: string) {
  await sql(
    `UPDATE bookings b SET client_note = $2 FROM external_bookings m
      WHERE m.booking_id = b.id AND m.external_id = ANY($1)`,
    [ids(changed), note],
  );
}

const notesHere = async (changed: readonly SimVisit[]) =>
  (
    await sql<{ note: string }>(
      `SELECT b.client_note AS note FROM bookings b JOIN external_bookings m ON m.booking_id = b.id
        WHERE m.external_id = ANY($1)`,
      [ids(changed)],
    )
  ).map(({ note }) => note);

describe('a look', () => {
  it('takes in many changes of there by hardly more statements than one, and asks for trouble only where there can be any', async () => {
    await changeThere(visits.slice(0, 1), { customer_note: 'jedna' });
    const one = await counted(() => drain());
    await changeThere(visits, { customer_note: 'wiele' });
    const many = await counted(() => drain());
    expect(await notesHere(visits)).toEqual(visits.map(() => 'wiele'));
    // 37 before what a look asks for was put together.
    expect(one.calls).toBeLessThanOrEqual(30);
    expect(many.calls).toBeLessThanOrEqual(one.calls + 3);
    expect(many).toMatchObject({ catalogs: 1, troubles: 0 });
    // What holds time is another thing.
    await changeThere(visits.slice(0, 1), { status: 'C' });
    const ended = await counted(() => drain());
    expect(ended.troubles).toBeGreaterThan(0);
  });

  it('opens the intents of many changes of here by one transaction', async () => {
    const changed = visits.slice(1);
    await changeHere(changed, 'stąd');
    const counts = await counted(() => drain(readTogether(changed.length)));
    // Committed by one transaction, however busy this machine is.
    expect(counts).toMatchObject({ catalogs: 1, intents: 1 });
    // A write that could not leave in time is planned anew (R13b).
    await eventually(async () => {
      await drain();
      const there = await Promise.all(changed.map(({ id }) => simVisitOf(engine, id)));
      return there.every(({ customer_note: note }) => note === 'stąd');
    });
    expect(await sql(`SELECT 1 FROM sync_outbox WHERE entity = 'booking'`)).toEqual([]);
  });
});
