/** What waits in quarantine is a conflict (SPEC 4.1): opened with its entry, decided like any other, closed with it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startConflictRig, type Card, type ConflictRig } from './support/rig.ts';

const READ = 'GET /business/{business_id}/appointment/{appointment_id}/';
const PATIENCE = { timeoutMs: 30_000 };

let rig: ConflictRig;
beforeAll(async () => {
  rig = await startConflictRig();
}, 240_000);
afterAll(() => rig.stop());
afterEach(() => rig.engine.simulator.clearFaults());

const noteHere = async (id: string) =>
  (await rig.sql<{ client_note: string | null }>('SELECT client_note FROM bookings WHERE id = $1', [id]))[0]
    ?.client_note;
const waiting = async (externalId: string) =>
  (
    await rig.sql<{ n: number }>(
      'SELECT count(*)::int AS n FROM quarantine WHERE external_id = $1 AND released_at IS NULL',
      [externalId],
    )
  )[0]?.n;
const edit = (link: string, note: string) =>
  rig.engine.simulator.control('PATCH', `/visits/${link}`, { customer_note: note });

/** A visit that was changed at Booksy and cannot be read there by its id. */
async function unreadable(): Promise<{
  readonly id: string;
  readonly link: string;
  readonly conflict: Card;
}> {
  const { id, link } = await rig.bookedOnBoth({ note: 'przed' });
  await rig.engine.simulator.fault({
    kind: 'drift',
    route: READ,
    change: 'set',
    field: 'booked_from',
    value: 'soon',
    ids: [Number(link)],
    count: null,
  });
  await edit(link, 'po');
  return { id, link, conflict: await rig.open('quarantine', id) };
}

describe('a record that cannot be read', { timeout: 240_000 }, () => {
  it('is a conflict; keep-booksy tries again: in vain it waits anew, else it comes in', async () => {
    const { id, link, conflict } = await unreadable();
    expect(conflict).toMatchObject({ entity: 'booking', recordId: id });
    expect(conflict.reasonText).toContain('cannot be read');
    expect(conflict.choices.map(({ choice }) => choice)).toEqual(['keep-booksy', 'ignore']);
    expect((await rig.resolve(conflict, { choice: 'keep-booksy' })).status).toBe(200);
    const again = await eventually(
      async () => {
        const { conflicts } = await rig.list(`?status=open&kind=quarantine&recordId=${id}`);
        return conflicts.find((each) => each.id !== conflict.id) ?? null;
      },
      { ...PATIENCE, what: 'the next conflict' },
    );
    expect([await waiting(link), await noteHere(id)]).toEqual([1, 'przed']);

    await rig.engine.simulator.clearFaults();
    expect((await rig.resolve(again, { choice: 'keep-booksy' })).status).toBe(200);
    await eventually(async () => (await noteHere(id)) === 'po', { ...PATIENCE, what: 'the note here' });
    expect(await waiting(link)).toBe(0);
  });

  it('closes by itself once it can be read', async () => {
    const { id, link, conflict } = await unreadable();
    await rig.engine.simulator.clearFaults();
    await edit(link, 'czytelne');
    await eventually(async () => (await noteHere(id)) === 'czytelne', { ...PATIENCE, what: 'the note here' });
    expect(await rig.row(conflict.id)).toMatchObject({ status: 'closed', resolution: 'cause_gone' });
    expect(await waiting(link)).toBe(0);
  });

  it('that was left is not opened again while it says the same', async () => {
    const { id, link, conflict } = await unreadable();
    expect((await rig.resolve(conflict, { choice: 'ignore' })).status).toBe(200);
    const seen = async () =>
      (
        await rig.sql<{ at: Date }>('SELECT last_seen_at AS at FROM quarantine WHERE external_id = $1', [
          link,
        ])
      )[0]?.at;
    const before = await seen();
    await edit(link, 'jeszcze raz');
    await eventually(async () => Number(await seen()) > Number(before), {
      ...PATIENCE,
      what: 'another look',
    });
    expect((await rig.list(`?status=open&kind=quarantine&recordId=${id}`)).conflicts).toEqual([]);
    expect(await waiting(link)).toBe(1);
  });
});

describe('a variant, which has an address only under its service', () => {
  const LIST = 'GET /business/{business_id}/service/{service_id}/variant/';
  const broken = (id: string, route: string) =>
    rig.engine.simulator.fault({
      kind: 'drift',
      route,
      change: 'set',
      field: 'duration',
      value: 'soon',
      ids: [Number(id)],
      count: null,
    });
  const serviceThere = async () =>
    (
      await rig.sql<{ id: string }>('SELECT external_id AS id FROM external_services WHERE record_id = $1', [
        rig.variant.serviceId,
      ])
    )[0]?.id ?? '';
  const durationHere = async (id: string) =>
    (
      await rig.sql<{ minutes: number }>(
        `SELECT v.duration_minutes AS minutes FROM service_variants v
           JOIN external_services m ON m.record_id = v.id AND m.entity = 'variant' WHERE m.external_id = $1`,
        [id],
      )
    )[0]?.minutes ?? null;
  const conflictOf = async (id: string) => {
    const { conflicts } = await rig.list('?status=open&kind=quarantine&entity=variant');
    const found = conflicts.find(({ externalId }) => externalId === id);
    if (found === undefined) throw new Error('No conflict tells of the variant.');
    return rig.card(found.id);
  };
  const letIn = async (id: string, minutes: number) => {
    await rig.engine.simulator.clearFaults();
    const conflict = await conflictOf(id);
    expect((await rig.resolve(conflict, { choice: 'keep-booksy' })).status).toBe(200);
    await eventually(async () => (await durationHere(id)) === minutes, {
      ...PATIENCE,
      what: 'its duration here',
    });
    expect(await waiting(id)).toBe(0);
  };

  it('that was known is read there again, by itself', async () => {
    const id = rig.variant.externalId;
    const at = `/business/${rig.salon}/service/${await serviceThere()}/variant/${id}/`;
    await rig.engine.simulator.asSalon('PATCH', at, { duration: 75 });
    await broken(id, LIST);
    expect((await rig.engine.fullSync(rig.businessId)).status).toBe('completed');
    expect(await durationHere(id)).not.toBe(75);
    await rig.engine.simulator.clearCounters();
    await letIn(id, 75);
    const { calls } = await rig.engine.simulator.counters();
    expect(Object.keys(calls.byRoute)).toContain(`${LIST}{variant_id}/`);
  });

  it('that was never read is looked for with all of its salon', async () => {
    const made = (await rig.engine.simulator.asSalon(
      'POST',
      `/business/${rig.salon}/service/${await serviceThere()}/variant/`,
      { label: 'Nieczytelny', price: '55.00', type: 'X', duration: 55 },
    )) as { id: number };
    const id = String(made.id);
    await broken(id, LIST);
    expect((await rig.engine.fullSync(rig.businessId)).status).toBe('completed');
    expect(await durationHere(id)).toBeNull();
    await letIn(id, 55);
    await eventually(
      async () =>
        (await rig.sql(`SELECT 1 FROM sync_runs WHERE status = 'running' AND kind = 'full_sync'`)).length ===
        0,
      { ...PATIENCE, what: 'the end of the full sync' },
    );
  });
});

describe('removals that wait (R3)', { timeout: 240_000 }, () => {
  async function tooMany(): Promise<{ readonly ids: readonly string[]; readonly conflict: Card }> {
    const visits = [];
    for (let n = 0; n < 12; n += 1) visits.push(await rig.bookedOnBoth());
    // No webhook tells of it: the list does.
    for (const { link } of visits)
      await rig.engine.simulator.control('DELETE', `/visits/${link}`, { silent: true });
    expect((await rig.engine.fullSync(rig.businessId)).status).toBe('completed');
    const { conflicts } = await rig.list('?status=open&kind=quarantine');
    const found = conflicts.find(({ externalId }) => externalId?.startsWith('window:'));
    if (found === undefined) throw new Error('No conflict tells of the window.');
    return { ids: visits.map(({ id }) => id), conflict: await rig.card(found.id) };
  }
  const lost = async (ids: readonly string[]) =>
    (
      await rig.sql<{ n: number }>(
        `SELECT count(*)::int AS n FROM bookings WHERE id = ANY($1) AND status = 'cancelled'`,
        [ids],
      )
    )[0]?.n;

  it('are a conflict that says how many; keep-booksy does what releasing does', async () => {
    const { ids, conflict } = await tooMany();
    expect(conflict.reasonText).toContain('missing at once');
    expect(await lost(ids)).toBe(0);
    expect((await rig.resolve(conflict, { choice: 'keep-booksy', shown: conflict.shown })).status).toBe(200);
    await eventually(async () => (await lost(ids)) === ids.length, {
      timeoutMs: 60_000,
      what: 'the cancels here',
    });
    await eventually(
      async () =>
        (await rig.sql(`SELECT 1 FROM sync_runs WHERE status = 'running' AND kind = 'full_sync'`)).length ===
        0,
      { timeoutMs: 60_000, what: 'the end of the full sync' },
    );
    expect(await rig.row(conflict.id)).toMatchObject({ status: 'resolved', resolution: 'keep-booksy' });
  });

  it('are closed by a release in the list of errors', async () => {
    const { conflict } = await tooMany();
    const { body } = await rig.engine.api.send('GET', '/api/admin/booksy/errors?kind=quarantine');
    const entry = (
      body as { errors: { id: string; affected: number | null; externalId: string | null }[] }
    ).errors.find(({ externalId }) => externalId === conflict.externalId);
    const released = await rig.engine.api.send(
      'POST',
      `/api/admin/booksy/errors/${entry?.id ?? ''}/release`,
      { affected: entry?.affected },
    );
    expect(released.status).toBe(202);
    expect(await rig.row(conflict.id)).toMatchObject({ status: 'closed', resolution: 'cause_gone' });
    await eventually(
      async () =>
        (await rig.sql(`SELECT 1 FROM sync_runs WHERE status = 'running' AND kind = 'full_sync'`)).length ===
        0,
      { timeoutMs: 60_000, what: 'the end of the full sync' },
    );
  });
});
