import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoesOf } from '../../../activities/outbound/index.ts';
import { neverLinked } from '../../../activities/outbound/never-linked.ts';
import { wednesday } from './support/days.ts';
import { startRig, type OutboundRig } from './support/rig.ts';

/** Revivals, doubles, ends of our own visits, echoes and the gate: real PostgreSQL, the simulator over HTTP. */

let rig: OutboundRig;

beforeAll(async () => {
  rig = await startRig();
}, 300_000);

afterAll(() => rig.stop());

const conflicts = (recordId: string) =>
  rig.sql<{ kind: string; groups: string[]; detail: Record<string, unknown>; escalate_at: Date | null }>(
    `SELECT kind, groups, detail, escalate_at FROM booksy_sync_conflicts WHERE record_id = $1 AND status = 'open'`,
    [recordId],
  );
const booking = async (id: string) =>
  (
    await rig.sql<{
      status: string;
      generation: number;
      external_status: string | null;
      client_note: string | null;
    }>('SELECT status, generation, external_status, client_note FROM bookings WHERE id = $1', [id])
  )[0];
const boxOf = (id: string) => rig.sql('SELECT operation FROM sync_outbox WHERE record_id = $1', [id]);
const setStatus = (id: string, status: string) =>
  rig.sql('UPDATE bookings SET status = $2, status_reason = NULL WHERE id = $1', [id, status]);
const patch = (link: string | number, body: unknown) =>
  rig.engine.simulator.control('PATCH', `/visits/${String(link)}`, body);

async function pushed(note: string | null = null): Promise<{ id: string; link: string; at: string }> {
  const at = rig.freeHour();
  const id = await rig.book(at, { note });
  await rig.process('booking', id);
  return { id, at, link: (await rig.linkOf(id)) ?? '' };
}

describe('a cancelled visit that lives again (R16)', () => {
  it('is a new appointment with the next generation; the old one stays cancelled and known', async () => {
    const { id, link } = await pushed();
    await setStatus(id, 'cancelled');
    await rig.process('booking', id);
    await setStatus(id, 'confirmed');
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'written' });
    const next = (await rig.linkOf(id)) ?? '';
    expect(next).not.toBe(link);
    expect(await rig.there(next)).toMatchObject({ import_uid: `${id}:2`, status: 'A' });
    expect(await rig.there(link)).toMatchObject({ import_uid: `${id}:1`, status: 'C' });
    const former = await rig.sql('SELECT external_id FROM external_bookings WHERE former_booking_id = $1', [
      id,
    ]);
    expect(former).toEqual([{ external_id: link }]);
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'in_step', writes: 0 });
    // Edits of it reach the new one: its item is linked by the new sub-booking.
    await rig.sql(`UPDATE bookings SET client_note = 'znowu' WHERE id = $1`, [id]);
    await rig.process('booking', id);
    expect(await rig.there(next)).toMatchObject({ customer_note: 'znowu' });
  });

  it('cancelled and revived before a push is no change', async () => {
    const { id, link } = await pushed();
    await setStatus(id, 'cancelled');
    await setStatus(id, 'confirmed');
    expect(await rig.process('booking', id)).toMatchObject({ writes: 0 });
    expect(await rig.linkOf(id)).toBe(link);
  });

  it('is not "deleted here" to a full sync, whatever becomes of the old appointment', async () => {
    const { id, link } = await pushed();
    await setStatus(id, 'cancelled');
    await rig.process('booking', id);
    await setStatus(id, 'confirmed');
    await rig.process('booking', id);
    await patch(link, { customer_note: 'po fakcie' });
    await rig.engine.fullSync(rig.businessId);
    await rig.engine.simulator.control('DELETE', `/visits/${link}`);
    await rig.engine.fullSync(rig.businessId);
    expect(await booking(id)).toMatchObject({ status: 'confirmed' });
    expect(await conflicts(id)).toEqual([]);
  }, 240_000);
});

describe('two live appointments with one import uid (R16a)', () => {
  it('keep the linked one and end the other, which nobody has touched', async () => {
    const { id, link, at } = await pushed();
    const twin = await double(id, at);
    await rig.engine.fullSync(rig.businessId);
    await rig.process('booking', id);
    expect(await rig.linkOf(id)).toBe(link);
    expect(await rig.there(twin)).toMatchObject({ status: 'C' });
    expect(await rig.there(link)).toMatchObject({ status: 'A' });
  }, 240_000);

  it('are for a person to judge once somebody has edited the other', async () => {
    const { id, at } = await pushed();
    const twin = await double(id, at);
    await patch(twin, { customer_note: 'ktoś to zmienił' });
    await rig.engine.fullSync(rig.businessId);
    await rig.process('booking', id);
    expect(await rig.there(twin)).toMatchObject({ status: 'A' });
    expect(await conflicts(id)).toMatchObject([
      { kind: 'double', detail: { otherExternalId: String(twin) } },
    ]);
  }, 240_000);

  /** As a create that acted twice leaves it. */
  async function double(id: string, at: string): Promise<number> {
    const made = (await rig.engine.simulator.control('POST', '/visits', {
      salon: Number(rig.salon),
      allowOverlap: true,
      import_uid: `${id}:1`,
      customer_name: 'Zofia Z.',
      subbookings: [
        {
          booked_from: at,
          booked_till: `${at.slice(0, 11)}${String(Number(at.slice(11, 13)) + 1).padStart(2, '0')}:00`,
          staffer_id: Number(rig.staff.externalId),
          service_variant_id: Number(rig.variant.externalId),
        },
      ],
    })) as { id: number };
    return made.id;
  }
});

describe('a visit of our own that ends there (R18a)', () => {
  it('is left by the pass to the process, and cancelled here where no sibling lives', async () => {
    const { id, link } = await pushed();
    await patch(link, { status: 'C' });
    await rig.engine.fullSync(rig.businessId);
    expect(await booking(id)).toMatchObject({ status: 'confirmed' });
    expect(await boxOf(id)).toEqual([{ operation: 'observe' }]);
    await rig.process('booking', id);
    expect(await booking(id)).toMatchObject({ status: 'cancelled' });
    expect(await boxOf(id)).toEqual([]);
  }, 240_000);

  it('deleted there, it is cancelled here after a 404 by id (R18)', async () => {
    const { id, link } = await pushed();
    await rig.engine.simulator.control('DELETE', `/visits/${link}`);
    await rig.process('booking', id);
    expect(await booking(id)).toMatchObject({ status: 'cancelled' });
    expect(await rig.process('booking', id)).toMatchObject({ writes: 0 });
  });
});

describe('both sides at once', () => {
  it('different groups: both survive (10)', async () => {
    const { id, link } = await pushed();
    await patch(link, { customer_note: 'od Booksy' });
    await rig.sql(
      `UPDATE booking_items SET starts_local = starts_local + interval '15 minutes', ends_local = ends_local + interval '15 minutes',
              starts_at = starts_at + interval '15 minutes', ends_at = ends_at + interval '15 minutes' WHERE booking_id = $1`,
      [id],
    );
    await rig.process('booking', id);
    expect(await booking(id)).toMatchObject({ client_note: 'od Booksy' });
    const there = await rig.there(link);
    expect(there['booked_from']).toMatch(/:15$/);
    expect(there).toMatchObject({ customer_note: 'od Booksy' });
  });

  it('the same group: a conflict that freezes it, while another group still goes (R10, R10a)', async () => {
    const { id, link } = await pushed();
    await patch(link, { customer_note: 'tam' });
    await rig.sql(`UPDATE bookings SET client_note = 'tu' WHERE id = $1`, [id]);
    await rig.process('booking', id);
    const [open] = await conflicts(id);
    expect(open).toMatchObject({ kind: 'field', groups: ['clientNote'] });
    // It is brought to mind in time (R10).
    expect(open?.escalate_at).not.toBeNull();
    await rig.sql(`UPDATE bookings SET client_name = 'Zofia Inna' WHERE id = $1`, [id]);
    await rig.process('booking', id);
    expect(await rig.there(link)).toMatchObject({ customer_name: 'Zofia I.', customer_note: 'tam' });
    expect(await booking(id)).toMatchObject({ client_note: 'tu' });
    // An equality that we did not write ends it (R10a).
    await patch(link, { customer_note: 'tu' });
    await rig.process('booking', id);
    expect(await conflicts(id)).toEqual([]);
  });
});

describe('what has no way out', () => {
  it('staff that nobody has linked: a conflict `unmapped`, no call; it goes once that is mended', async () => {
    const staff = await unlinkedStaff();
    const id = await rig.book(rig.freeHour(), { staffId: staff });
    expect(await rig.process('booking', id)).toMatchObject({ writes: 0, conflicts: 1 });
    expect(await conflicts(id)).toMatchObject([{ kind: 'unmapped' }]);
    await rig.sql('UPDATE booking_items SET staff_id = $2 WHERE booking_id = $1', [id, rig.staff.id]);
    expect(await rig.process('booking', id)).toMatchObject({ writes: 1 });
    expect(await conflicts(id)).toEqual([]);
  });

  it('a past visit is never pushed (R18)', async () => {
    const id = await rig.book(`${wednesday(-3)}T02:00`);
    expect(await rig.process('booking', id)).toMatchObject({ writes: 0 });
    expect(await rig.linkOf(id)).toBeNull();
  });

  it('beyond the rule’s advance nothing is pushed, and nothing is wrong (R25)', async () => {
    const id = await rig.book(`${wednesday(50)}T02:00`);
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'held', writes: 0, conflicts: 0 });
  });

  it('an item for which anybody will do goes as that (R24)', async () => {
    const id = await rig.book(rig.freeHour(), { anyStaff: true });
    await rig.process('booking', id);
    const there = await rig.there((await rig.linkOf(id)) ?? '');
    expect(there['subbookings']).toMatchObject([{ staffer_id: -1 }]);
  });

  async function unlinkedStaff(): Promise<string> {
    const [row] = await rig.sql<{ id: string }>(
      `INSERT INTO staff (id, business_id, name) VALUES (gen_random_uuid(), $1, 'Nikt Znany') RETURNING id`,
      [rig.businessId],
    );
    return row?.id ?? '';
  }
});

describe('the gate', () => {
  it('is shut until a person has allowed it; what Booksy lacks is still found afterwards (R18)', async () => {
    await rig.sql('UPDATE businesses SET push_allowed_at = NULL WHERE id = $1', [rig.businessId]);
    const id = await rig.book(rig.freeHour());
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'held', writes: 0 });
    expect(await boxOf(id)).toEqual([]);
    const lacking = await neverLinked(rig.engine.deps.db, rig.businessId, 100);
    expect(lacking.map(({ recordId }) => recordId)).toContain(id);
    await rig.sql('UPDATE businesses SET push_allowed_at = now() WHERE id = $1', [rig.businessId]);
    expect(await rig.process('booking', id)).toMatchObject({ outcome: 'written' });
    const after = await neverLinked(rig.engine.deps.db, rig.businessId, 100);
    expect(after.map(({ recordId }) => recordId)).not.toContain(id);
  });

  it('lets only cancels through while a business is paused (R30)', async () => {
    const { id, link } = await pushed();
    const other = await pushed();
    await rig.sql('UPDATE businesses SET paused_at = now() WHERE id = $1', [rig.businessId]);
    await rig.sql(`UPDATE bookings SET client_note = 'nie teraz' WHERE id = $1`, [other.id]);
    expect(await rig.process('booking', other.id)).toMatchObject({ outcome: 'held', writes: 0 });
    await setStatus(id, 'cancelled');
    expect(await rig.process('booking', id)).toMatchObject({ writes: 1 });
    expect(await rig.there(link)).toMatchObject({ status: 'C' });
    await rig.sql('UPDATE businesses SET paused_at = NULL WHERE id = $1', [rig.businessId]);
    // The difference is found again by its base.
    expect(await rig.process('booking', other.id)).toMatchObject({ outcome: 'written' });
    expect(await rig.there(other.link)).toMatchObject({ customer_note: 'nie teraz' });
  });
});

describe('echoes (R26: content alone)', () => {
  it('are records that equal their base; an edit, a conflict or a living write is none', async () => {
    const { id, link } = await pushed();
    const quiet = () =>
      rig.engine.deps.db.$transaction((tx) =>
        echoesOf(tx, rig.businessId, [{ entity: 'booking', recordId: id }]),
      );
    expect([...(await quiet())]).toEqual([id]);
    await rig.sql(`UPDATE bookings SET client_note = 'A' WHERE id = $1`, [id]);
    expect([...(await quiet())]).toEqual([]);
    // A → B → A is an edit (R7a).
    await rig.sql('UPDATE bookings SET client_note = NULL WHERE id = $1', [id]);
    expect([...(await quiet())]).toEqual([]);
    await rig.process('booking', id);
    expect([...(await quiet())]).toEqual([id]);
    await patch(link, { customer_note: 'tam' });
    await rig.sql(`UPDATE bookings SET client_note = 'tu' WHERE id = $1`, [id]);
    await rig.process('booking', id);
    expect([...(await quiet())]).toEqual([]);
  });

  it('our own write leaves no row in the box and one entry in the audit trail (I7)', async () => {
    const { id } = await pushed();
    expect(await boxOf(id)).toEqual([]);
    const audit = await rig.sql<{ action: string; groups: string[] }>(
      'SELECT action, groups FROM booksy_audit_log WHERE record_id = $1 ORDER BY id',
      [id],
    );
    expect(audit.filter(({ action }) => action === 'sent_new')).toHaveLength(1);
    // Beside it only what Booksy alone can know came in.
    const others = audit.filter(({ action }) => action !== 'sent_new').flatMap(({ groups }) => groups);
    expect(others).toEqual(['statusCode']);
  });
});
