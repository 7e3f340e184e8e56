/** Alone or systemic (R29), pauses (R30), leases (R13): what does not go through waits where a person can see it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { processOne } from '../../../activities/outbound/index.ts';
import { recordSyncId } from '../../../infra/temporal/launch.ts';
import { RETRY_SIGNAL, SKIP_SIGNAL } from '../../../infra/temporal/names.ts';
import { eventually } from '../../support/eventually.ts';
import { startLiveEngine, type LiveEngine } from './support/engine.ts';
import { simVisitOf, visitsOf, type SimVisit } from './support/visits.ts';

const READ = 'GET /business/{business_id}/appointment/{appointment_id}/';

let engine: LiveEngine;
let visits: readonly SimVisit[];

beforeAll(async () => {
  engine = await startLiveEngine({ salons: 2, visits: 700 });
  visits = await visitsOf(engine, 'upcoming');
}, 240_000);
afterAll(() => engine.stop());
afterEach(async () => {
  // What one test leaves behind must not fail the next.
  await engine.simulator.clearFaults();
  await accept();
});

const noteHere = async ({ id }: SimVisit) => (await engine.bookingOf(id))?.clientNote ?? null;
const edit = (visit: SimVisit, note: string) =>
  engine.simulator.control('PATCH', `/visits/${String(visit.id)}`, { customer_note: note });
const failures = () =>
  engine.deps.db.syncFailure.findMany({
    where: { businessId: engine.businessId },
    orderBy: { recordKey: 'asc' },
  });
const business = () => engine.deps.db.business.findUniqueOrThrow({ where: { id: engine.businessId } });
const sql = (text: string, values: unknown[] = []) => engine.database.pool.query(text, values);
const signal = async (key: string, name: string) =>
  engine.worker.client.workflow
    .getHandle(recordSyncId({ businessId: engine.businessId, entity: 'booking', externalId: key }))
    .signal(name);

/** Makes the database refuse visits with this note: a record that nobody can apply. */
async function refuse(note: string): Promise<void> {
  await sql(`CREATE OR REPLACE FUNCTION test_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.client_note = '${note}' THEN RAISE EXCEPTION 'refused' USING ERRCODE = '22000'; END IF; RETURN NEW; END $$`);
  await sql(
    `CREATE OR REPLACE TRIGGER test_refuse BEFORE UPDATE ON bookings FOR EACH ROW EXECUTE FUNCTION test_refuse()`,
  );
}
const accept = () => sql('DROP TRIGGER IF EXISTS test_refuse ON bookings');

describe('a record that fails alone (R29)', { timeout: 240_000 }, () => {
  it('holds up nobody, has a workflow of its own, and comes in when a person asks for it once it can', async () => {
    await refuse('Trucizna');
    const [poison, ...others] = visits.slice(0, 6);
    await Promise.all([edit(poison!, 'Trucizna'), ...others.map((visit) => edit(visit, 'Zdrowa'))]);
    await eventually(
      async () => (await Promise.all(others.map(noteHere))).every((note) => note === 'Zdrowa'),
      {
        timeoutMs: 30_000,
      },
    );
    const [row] = await eventually(async () => {
      const rows = await failures();
      return rows.length === 1 && rows[0]?.workflowId != null ? rows : null;
    });
    const booking = await engine.bookingOf(poison!.id);
    expect(row).toMatchObject({
      entity: 'booking',
      recordKey: booking!.id,
      externalId: String(poison!.id),
      state: 'open',
      errorCode: 'database_refused',
    });
    expect(row!.detail).not.toContain('Trucizna');
    expect((await business()).circuitOpenedAt).toBeNull();
    // Its news wait: nothing is thrown away.
    expect(await engine.deps.db.webhookLog.count({ where: { drainedAt: null } })).toBe(1);
    const list = z.object({
      errors: z.array(z.object({ id: z.string(), kind: z.string(), actions: z.array(z.string()) })),
    });
    const shown = list.parse((await engine.api.send('GET', '/api/admin/booksy/errors?kind=record')).body);
    expect(shown.errors).toEqual([
      { id: `record:${row!.runId!}`, kind: 'record', actions: ['retry', 'skip'] },
    ]);
    await accept();
    const retried = await engine.api.send('POST', `/api/admin/booksy/errors/${shown.errors[0]!.id}/retry`);
    expect(retried.status).toBe(202);
    await eventually(async () => (await noteHere(poison!)) === 'Trucizna', { timeoutMs: 30_000 });
    await eventually(async () => (await failures()).length === 0);
    await engine.quiet();
  });

  it('is tried again without a person where it was our access that was refused', async () => {
    await engine.simulator.fault({ kind: 'status', status: 401, route: READ, count: null });
    await edit(visits[3]!, 'Bez dostępu');
    const [row] = await eventually(
      async () => {
        const rows = await failures();
        return rows.length === 1 && rows[0]?.workflowId != null ? rows : null;
      },
      { timeoutMs: 30_000 },
    );
    expect(row).toMatchObject({ state: 'open', errorCode: 'auth_revoked' });
    const handle = engine.worker.client.workflow.getHandle(row!.workflowId!);
    await eventually(async () => ((await handle.describe()).raw.pendingActivities?.[0]?.attempt ?? 0) > 1, {
      timeoutMs: 30_000,
      what: 'a second attempt',
    });
    await engine.simulator.clearFaults();
    await handle.signal(SKIP_SIGNAL);
    await handle.result();
    await sql('DELETE FROM sync_failures');
  });

  it('can be skipped: it is left alone until it changes again', async () => {
    await refuse('Znowu');
    const visit = visits[1]!;
    await Promise.all([edit(visit, 'Znowu'), edit(visits[2]!, 'Dobra')]);
    await eventually(async () => (await failures())[0]?.workflowId != null, { timeoutMs: 30_000 });
    const [row] = await failures();
    const skip = (id: string) => engine.api.send('POST', `/api/admin/booksy/errors/${id}/skip`);
    expect(await skip(`record:${row!.runId!}`)).toMatchObject({ status: 200, body: { state: 'skipped' } });
    expect((await failures())[0]?.state).toBe('skipped');
    expect(await skip(`record:${row!.runId!}`)).toMatchObject({
      status: 200,
      body: { state: 'already_skipped' },
    });
    expect(await skip(`record:${engine.businessId}`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    expect(await engine.deps.db.webhookLog.count({ where: { drainedAt: null } })).toBe(0);
    await accept();
    expect(await noteHere(visit)).not.toBe('Znowu');
    await edit(visit, 'Inna');
    await eventually(async () => (await noteHere(visit)) === 'Inna', { timeoutMs: 30_000 });
    await eventually(async () => (await failures()).length === 0);
    expect(await skip(`record:${row!.runId!}`)).toMatchObject({
      status: 409,
      body: { code: 'error_closed' },
    });
  });

  it('is skipped by a signal, and also where its workflow was lost', async () => {
    await refuse('Zgubiona');
    const visit = visits[3]!;
    await Promise.all([edit(visit, 'Zgubiona'), edit(visits[4]!, 'Cała')]);
    await eventually(async () => (await failures())[0]?.workflowId != null, { timeoutMs: 30_000 });
    const [row] = await failures();
    await engine.worker.client.workflow.getHandle(row!.workflowId!).terminate('lost');
    const lost = await engine.api.send('POST', `/api/admin/booksy/errors/record:${row!.runId!}/skip`);
    expect([200, 202]).toContain(lost.status);
    await eventually(async () => (await failures())[0]?.state === 'skipped');
    await accept();
    await edit(visit, 'Odnaleziona');
    await eventually(async () => (await noteHere(visit)) === 'Odnaleziona', { timeoutMs: 30_000 });
    await eventually(async () => (await failures()).length === 0);

    await refuse('Sygnał');
    await Promise.all([edit(visit, 'Sygnał'), edit(visits[4]!, 'Zdrowa')]);
    await eventually(async () => (await failures())[0]?.workflowId != null, { timeoutMs: 30_000 });
    await signal((await failures())[0]!.recordKey, SKIP_SIGNAL);
    await eventually(async () => (await failures())[0]?.state === 'skipped');
    await accept();
    await edit(visit, 'Po sygnale');
    await eventually(async () => (await failures()).length === 0, { timeoutMs: 30_000 });
  });

  it('on its way out leaves the others their way', async () => {
    const [poison, ...others] = visits.slice(6, 10);
    await engine.simulator.fault({
      kind: 'drift',
      route: READ,
      change: 'set',
      field: 'booked_from',
      value: 'soon',
      ids: [poison!.id],
      count: null,
    });
    const ids = await Promise.all(
      [poison!, ...others].map(async ({ id }) => (await engine.bookingOf(id))!.id),
    );
    await sql(`UPDATE bookings SET client_note = 'Stąd' WHERE id = ANY($1)`, [ids]);
    await eventually(
      async () =>
        (await Promise.all(others.map(({ id }) => simVisitOf(engine, id)))).every(
          ({ customer_note: note }) => note === 'Stąd',
        ),
      { timeoutMs: 30_000 },
    );
    await eventually(async () => (await failures()).length === 1, { timeoutMs: 30_000 });
    expect(await failures()).toMatchObject([{ recordKey: ids[0], errorCode: 'schema_drift', state: 'open' }]);
    await engine.simulator.clearFaults();
    await signal(ids[0]!, RETRY_SIGNAL);
    await eventually(async () => (await simVisitOf(engine, poison!.id)).customer_note === 'Stąd', {
      timeoutMs: 30_000,
    });
    await eventually(async () => (await failures()).length === 0);
    await engine.quiet();
  });
});

describe('trouble that is everybody’s (R29)', { timeout: 240_000 }, () => {
  it('opens the circuit as one incident, keeps everything in the box, slows no other salon, and closes by a probe', async () => {
    const salon = Number((await business()).booksyBusinessId);
    await engine.simulator.fault({ kind: 'status', status: 503, route: `* *`, salon, count: null });
    const changed = visits.slice(14, 38);
    await Promise.all(changed.map((visit) => edit(visit, 'Awaria')));
    await eventually(async () => (await business()).circuitOpenedAt !== null, { timeoutMs: 60_000 });
    expect(await business()).toMatchObject({ circuitCode: 'unavailable' });
    const metrics = String((await engine.api.send('GET', '/metrics')).body);
    expect(metrics).toContain('booksy_sync_circuits_open 1');
    expect(metrics).toMatch(/booksy_sync_webhook_seconds\{quantile="0.99"\} \d/);
    const incident = await engine.api.send('GET', '/api/admin/booksy/errors?kind=circuit');
    expect(incident.body).toMatchObject({
      errors: [{ reasonCode: 'unavailable', businessId: engine.businessId }],
    });
    expect(await failures()).toEqual([]);
    const waiting = () =>
      engine.deps.db.webhookLog.count({ where: { businessId: engine.businessId, drainedAt: null } });
    await eventually(async () => (await waiting()) === 24);

    // I12: the other salon of the account does not notice.
    const { rows: others } = await sql(
      `SELECT m.external_id AS "externalId", b.id FROM external_bookings m JOIN bookings b ON b.id = m.booking_id
        WHERE m.business_id <> $1 AND b.status = 'confirmed' AND b.starts_at > now() LIMIT 1`,
      [engine.businessId],
    );
    const other = z.object({ externalId: z.string(), id: z.string() }).parse(others[0]);
    await engine.simulator.control('PATCH', `/visits/${other.externalId}`, { customer_note: 'Obok' });
    const { db } = engine.deps;
    await eventually(
      async () => (await db.booking.findUnique({ where: { id: other.id } }))?.clientNote === 'Obok',
    );

    await engine.simulator.clearFaults();
    await engine.simulator.clearCounters();
    // Nobody asks before the probe is due.
    expect(await waiting()).toBe(24);
    await sql('UPDATE businesses SET circuit_probe_at = now() WHERE id = $1', [engine.businessId]);
    await eventually(
      async () => (await Promise.all(changed.map(noteHere))).every((note) => note === 'Awaria'),
      {
        timeoutMs: 30_000,
      },
    );
    expect(await business()).toMatchObject({
      circuitOpenedAt: null,
      circuitCode: null,
      circuitProbeAt: null,
    });
    await engine.quiet();
  });

  it('sends what was to go out meanwhile once it is closed, and not only at night', async () => {
    const [visit, other] = [visits[40]!, visits[41]!];
    const booking = await engine.bookingOf(visit.id);
    const probe = (when: string) =>
      sql(
        `UPDATE businesses SET circuit_opened_at = now(), circuit_code = 'unavailable', circuit_probe_at = now() + $2::interval
          WHERE id = $1`,
        [engine.businessId, when],
      );
    await probe('1 hour');
    await sql(`UPDATE bookings SET client_note = 'W awarii' WHERE id = $1`, [booking!.id]);
    // What was under way when it opened finds the gate shut, and its rows go.
    const { outcome } = await processOne(
      engine.deps,
      { businessId: engine.businessId, entity: 'booking', recordId: booking!.id },
      { runId: uuidv7(), actor: 'test' },
    );
    expect(outcome).toBe('held');
    expect((await simVisitOf(engine, visit.id)).customer_note).not.toBe('W awarii');
    await probe('0 seconds');
    await edit(other, 'Probe');
    await eventually(async () => (await simVisitOf(engine, visit.id)).customer_note === 'W awarii', {
      timeoutMs: 30_000,
    });
    expect(await business()).toMatchObject({ circuitOpenedAt: null });
    await engine.quiet();
  });
});

describe('a paused business (R30)', { timeout: 240_000 }, () => {
  it('takes webhooks in, applies and pushes nothing but cancels, and goes on with the newest state', async () => {
    const [visit, mine, cancelled] = visits.slice(10, 13);
    await sql('UPDATE businesses SET paused_at = now() WHERE id = $1', [engine.businessId]);
    await edit(visit!, 'W przerwie');
    const [mineId, cancelledId] = await Promise.all(
      [mine!, cancelled!].map(async ({ id }) => (await engine.bookingOf(id))!.id),
    );
    await sql(`UPDATE bookings SET client_note = 'Nasza' WHERE id = $1`, [mineId]);
    await sql(`UPDATE bookings SET status = 'cancelled' WHERE id = $1`, [cancelledId]);
    await eventually(async () => (await simVisitOf(engine, cancelled!.id)).status === 'C', {
      timeoutMs: 30_000,
    });
    expect(await noteHere(visit!)).not.toBe('W przerwie');
    expect((await simVisitOf(engine, mine!.id)).customer_note).not.toBe('Nasza');
    expect(await engine.deps.db.webhookLog.count({ where: { drainedAt: null } })).toBeGreaterThan(0);
    await sql('UPDATE businesses SET paused_at = NULL WHERE id = $1', [engine.businessId]);
    await eventually(async () => (await noteHere(visit!)) === 'W przerwie', { timeoutMs: 30_000 });
    await eventually(async () => (await simVisitOf(engine, mine!.id)).customer_note === 'Nasza', {
      timeoutMs: 30_000,
    });
    await engine.quiet();
  });
});

describe('a record that somebody else holds (R13)', { timeout: 240_000 }, () => {
  it('stays dirty and is looked at again', async () => {
    const visit = visits[13]!;
    const booking = await engine.bookingOf(visit.id);
    const { rows: held } = await sql(
      `INSERT INTO sync_leases (entity, record_id, business_id, owner, expires_at)
       VALUES ('booking', $1, $2, 'another worker', now() + interval '4 seconds') RETURNING expires_at::text AS till`,
      [booking!.id, engine.businessId],
    );
    const { till } = z.object({ till: z.string() }).parse(held[0]);
    await sql(`UPDATE bookings SET client_note = 'Po dzierżawie' WHERE id = $1`, [booking!.id]);
    await eventually(async () => (await simVisitOf(engine, visit.id)).customer_note === 'Po dzierżawie', {
      timeoutMs: 30_000,
    });
    const { rows } = await sql(
      'SELECT min(opened_at) >= $2::timestamptz AS late FROM sync_intents WHERE record_id = $1',
      [booking!.id, till],
    );
    expect(rows).toEqual([{ late: true }]);
    await engine.quiet();
  });
});
