/** Processes that run at once share their statements and their transactions; what is wrong with one is its own. */
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processOne, type EngineDeps } from '../../../activities/outbound/index.ts';
import type { ProcessReport } from '../../../domain/protocol/port.ts';
import { startRig, type OutboundRig } from './support/rig.ts';

const AT_ONCE = 6;

let rig: OutboundRig;
/** Visits of ours that Booksy has, in step. */
let visits: readonly { readonly id: string; readonly externalId: string }[];

beforeAll(async () => {
  rig = await startRig();
  await rig.sql('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  const booked = await Promise.all(Array.from({ length: AT_ONCE }, () => rig.book(rig.freeHour())));
  await processAll(booked);
  visits = await Promise.all(booked.map(async (id) => ({ id, externalId: (await rig.linkOf(id)) ?? '' })));
}, 240_000);

afterAll(() => rig.stop());

/** Processes visits as one drain does: at once, in one run. */
function processAll(
  ids: readonly string[],
  deps: EngineDeps = rig.engine.deps,
): Promise<PromiseSettledResult<ProcessReport>[]> {
  const run = { runId: uuidv7(), actor: 'sync' };
  const { businessId } = rig;
  return Promise.allSettled(
    ids.map((recordId) => processOne(deps, { businessId, entity: 'booking', recordId }, run)),
  );
}

/** Edits visits here, each by a transaction of its own. */
async function noteAll(note: string): Promise<void> {
  for (const { id } of visits)
    await rig.sql('UPDATE bookings SET client_note = $2 WHERE id = $1', [id, note]);
}

const notesThere = () =>
  Promise.all(visits.map(async ({ externalId }) => (await rig.there(externalId))['customer_note']));

const NOT_COUNTED = `'/\\*\\s*(measure|pacer|token|relay)\\s*\\*/|pg_stat_statements'`;

/** Statements of this database that work took, transaction control with them; the pacer's own are not its. */
async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  await rig.sql(
    'SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()), 0)',
  );
  await work();
  const [row] = await rig.sql<{ calls: number }>(
    `SELECT sum(calls)::int AS calls FROM pg_stat_statements s
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND toplevel
        AND query !~ ${NOT_COUNTED}`,
  );
  return row?.calls ?? 0;
}

/** Reads of visits come back once all of them have been sent: their commits want to be made at one time. */
function readTogether(more: (externalId: string) => Promise<void> = () => Promise.resolve()): EngineDeps {
  const { booksy } = rig.engine.deps;
  let missing = visits.length;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  const together: Pick<EngineDeps['booksy'], 'readAppointmentForWrite'> = {
    async readAppointmentForWrite(business, key, call) {
      const answer = await booksy.readAppointmentForWrite(business, key, call);
      missing -= 1;
      if (missing >= 0) await more(key.externalId);
      if (missing <= 0) open();
      await all;
      return answer;
    },
  };
  return { ...rig.engine.deps, booksy: { ...booksy, ...together } };
}

describe('records that are processed at once', { timeout: 240_000 }, () => {
  it('share their statements: six cost far less than six times one', async () => {
    const [first] = visits;
    await rig.sql(`UPDATE bookings SET client_note = 'raz' WHERE id = $1`, [first?.id]);
    const alone = await statementsOf(() => processAll([first?.id ?? '']));
    await noteAll('razem');
    const together = await statementsOf(() =>
      processAll(
        visits.map(({ id }) => id),
        readTogether(),
      ),
    );
    expect(await notesThere()).toEqual(visits.map(() => 'razem'));
    // A change that is alone: 41 statements before they were shared.
    expect(alone).toBeLessThanOrEqual(36);
    expect(together).toBeLessThan(AT_ONCE * alone * 0.7);
  });

  it('commit for all but the one whose record moved meanwhile; that one is planned again (R13)', async () => {
    await noteAll('pierwsza');
    const [moved] = visits;
    const deps = readTogether(async (externalId) => {
      if (externalId !== moved?.externalId) return;
      await rig.sql(`UPDATE bookings SET client_note = 'nowsza' WHERE id = $1`, [moved.id]);
    });
    const reports = (
      await processAll(
        visits.map(({ id }) => id),
        deps,
      )
    ).map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)));
    expect(reports).toMatchObject(
      visits.map((visit) => ({ outcome: 'written', writes: 1, rounds: visit === moved ? 2 : 1 })),
    );
    expect(await notesThere()).toEqual(visits.map((visit) => (visit === moved ? 'nowsza' : 'pierwsza')));
    expect(await rig.sql(`SELECT 1 FROM sync_intents WHERE state <> 'confirmed'`)).toEqual([]);
  });

  it('commit each by itself where the database refuses one: only that one fails, and loses nothing (R29)', async () => {
    await noteAll('druga');
    const [bad] = visits;
    await rig.sql(
      `CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'refused by the test' USING ERRCODE = '22000'; END $$`,
    );
    await rig.sql(
      `CREATE TRIGGER refuse_one BEFORE INSERT ON sync_intents FOR EACH ROW
         WHEN (NEW.record_id = '${bad?.id ?? ''}') EXECUTE FUNCTION refuse_one()`,
    );
    const outcomes = await processAll(
      visits.map(({ id }) => id),
      readTogether(),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(
      visits.map((visit) => (visit === bad ? 'rejected' : 'fulfilled')),
    );
    expect(await notesThere()).toEqual(visits.map((visit) => (visit === bad ? 'nowsza' : 'druga')));
    // Its box row is still there, nobody holds it, and nothing of it was half written.
    expect(await rig.sql('SELECT 1 FROM sync_outbox WHERE record_id = $1', [bad?.id])).toHaveLength(1);
    expect(await rig.sql('SELECT 1 FROM sync_leases')).toEqual([]);
    await rig.sql('DROP TRIGGER refuse_one ON sync_intents');
    expect(await rig.process('booking', bad?.id ?? '')).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await notesThere()).toEqual(visits.map(() => 'druga'));
  });

  it('leave alone a record that somebody else holds', async () => {
    await noteAll('trzecia');
    const [taken] = visits;
    await rig.sql(
      `INSERT INTO sync_leases (entity, record_id, business_id, owner, taken_at, expires_at)
       VALUES ('booking', $1, $2, 'somebody', now(), now() + interval '1 minute')`,
      [taken?.id, rig.businessId],
    );
    const reports = (await processAll(visits.map(({ id }) => id))).map((each) =>
      each.status === 'fulfilled' ? each.value.outcome : String(each.reason),
    );
    expect(reports).toEqual(visits.map((visit) => (visit === taken ? 'leased' : 'written')));
    await rig.sql(`DELETE FROM sync_leases WHERE owner = 'somebody'`);
    expect(await rig.process('booking', taken?.id ?? '')).toMatchObject({ outcome: 'written' });
  });
});
