import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { v7 as uuidv7 } from 'uuid';
import { resolveLocal } from '../../../domain/local-time.ts';
import { eventually } from '../../support/eventually.ts';
import { startConflictRig, type Card, type ConflictRig } from './support/rig.ts';
import { bookedThere, made, unseenVariant, type Booked } from './support/there.ts';

/**
 * Kinds of conflicts that no other test lets happen by itself (SPEC 4.1): an edit, a booking or a card at Booksy, told by a
 * webhook, is all that the tests do; everything after that is the product.
 */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
}, 240_000);

afterAll(() => rig.stop());

const PATIENCE = { timeoutMs: 30_000 };
const PUT = 'PUT /business/{business_id}/appointment/{appointment_id}/';

const salon = (method: string, path: string, body: unknown) =>
  rig.engine.simulator.control(method, path, body);

/** A visit's texts as they stand here. */
const here = async (id: string) =>
  (
    await rig.sql<{ client_name: string; client_note: string | null }>(
      'SELECT client_name, client_note FROM bookings WHERE id = $1',
      [id],
    )
  )[0];
const noted = (id: string, note: string) =>
  eventually(async () => (await here(id))?.client_note === note, { ...PATIENCE, what: `"${note}" here` });

const closed = (conflict: Pick<Card, 'id'>) =>
  eventually(async () => (await rig.row(conflict.id)).status === 'closed', {
    ...PATIENCE,
    what: 'the end of the conflict',
  });

describe('overwritten at Booksy (R4a)', () => {
  /** Our change of the name is on its way, the record has been read: the salon writes a note, and our PUT covers it. */
  async function overwritten() {
    const { simulator } = rig.engine;
    const visit = await rig.bookedOnBoth({ note: 'przed', name: 'Zofia Zmyślona' });
    const hits = async () => Number((await simulator.counters()).faultHits['slow'] ?? 0);
    const before = await hits();
    await simulator.fault({ kind: 'slow', route: PUT, ms: 5_000 });
    await rig.sql(`UPDATE bookings SET client_name = 'Zofia Inna' WHERE id = $1`, [visit.id]);
    await eventually(async () => (await hits()) > before, { ...PATIENCE, what: 'our PUT under way' });
    await salon('PATCH', `/visits/${visit.link}`, { customer_note: 'wpisane w Booksy' });
    expect(await rig.there(visit.link)).toMatchObject({ customer_note: 'wpisane w Booksy' });
    const { id } = await rig.open('overwritten_at_booksy', visit.id);
    // The news of our own write may still be on its way.
    await rig.quiet();
    expect(await rig.there(visit.link)).toMatchObject({ customer_name: 'Zofia I.', customer_note: 'przed' });
    return { ...visit, conflict: await rig.card(id) };
  }

  it('is told by the webhook of an edit between our read and our write; keep-booksy brings it back', async () => {
    const { conflict, id, link } = await overwritten();
    expect(conflict).toMatchObject({
      groups: ['clientNote'],
      lost: [{ group: 'clientNote', name: 'Note of the client', value: 'wpisane w Booksy' }],
    });
    expect((await rig.resolve(conflict, { choice: 'keep-booksy', shown: conflict.shown })).status).toBe(200);
    await eventually(async () => (await rig.there(link))['customer_note'] === 'wpisane w Booksy', {
      ...PATIENCE,
      what: 'the note at Booksy',
    });
    await rig.quiet();
    expect(await here(id)).toEqual({ client_name: 'Zofia Inna', client_note: 'wpisane w Booksy' });
    expect((await rig.list(`?status=open&recordId=${id}`)).conflicts).toEqual([]);
  }, 240_000);

  it('is not opened by the news of our own write, nor by an edit that we read', async () => {
    const visit = await rig.bookedOnBoth({ note: 'przed' });
    await rig.sql(`UPDATE bookings SET client_note = 'nasze' WHERE id = $1`, [visit.id]);
    await eventually(async () => (await rig.there(visit.link))['customer_note'] === 'nasze', {
      ...PATIENCE,
      what: 'our note at Booksy',
    });
    await salon('PATCH', `/visits/${visit.link}`, { customer_note: 'później' });
    await noted(visit.id, 'później');
    await rig.quiet();
    expect((await rig.list(`?recordId=${visit.id}`)).conflicts).toEqual([]);
  }, 240_000);
});

describe('more in a session than it has seats (R24)', () => {
  it('is told once, with all of them, and ends when one cancels at Booksy', async () => {
    const [session] = await rig.sql<{ variant: string; staff: string; seats: number }>(
      `SELECT ev.external_id AS variant, es.external_id AS staff, s.parallel_clients AS seats
         FROM services s
         JOIN service_variants v ON v.service_id = s.id
         JOIN external_services ev ON ev.record_id = v.id AND ev.entity = 'variant'
         JOIN service_variant_staff vs ON vs.variant_id = v.id
         JOIN external_staff es ON es.staff_id = vs.staff_id
        WHERE s.business_id = $1 AND s.parallel_clients > 1 AND es.external_id = ANY($2)
        ORDER BY s.parallel_clients, v.id LIMIT 1`,
      [rig.businessId, [rig.staff.externalId, rig.other.externalId]],
    );
    if (session === undefined) throw new Error('The salon has no sessions with these staff.');
    const at = rig.freeHour();
    const seats: Booked[] = [];
    const capacity = async () =>
      (await rig.list('?status=open&kind=capacity')).conflicts.filter(({ recordId }) =>
        seats.some(({ id }) => id === recordId),
      );
    for (let n = 0; n < session.seats; n += 1) seats.push(await bookedThere(rig, at, session));
    await rig.quiet();
    expect(await capacity()).toEqual([]);
    seats.push(await bookedThere(rig, at, session));
    await rig.quiet();
    const [found, ...more] = await capacity();
    expect(more).toEqual([]);
    const [row] = await rig.sql<{ detail: { bookingIds: string[]; seats: number } }>(
      'SELECT detail FROM booksy_sync_conflicts WHERE id = $1',
      [found?.id],
    );
    expect(row?.detail.seats).toBe(session.seats);
    expect([...(row?.detail.bookingIds ?? [])].sort()).toEqual(seats.map(({ id }) => id).sort());
    const conflict = await rig.card(found?.id ?? '');
    await salon('PATCH', `/visits/${seats[0]?.link ?? ''}`, { status: 'C' });
    await closed(conflict);
    expect((await rig.row(conflict.id)).resolution).toBe('cause_gone');
  }, 240_000);
});

describe('a local time that is not one moment (R11)', () => {
  /** The next night on which a time exists never, or twice. */
  function nextNight(mark: 'gap' | 'overlap_earlier'): string {
    for (let days = 1; days < 400; days += 1) {
      const at = `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)}T02:00`;
      if (resolveLocal(at, rig.zone).mark === mark) return at;
    }
    throw new Error(`No night of ${mark} within a year.`);
  }

  it.each(['gap', 'overlap_earlier'] as const)(
    'that the salon booked (%s) waits for a person; a move settles it',
    async (mark) => {
      const { id, link } = await bookedThere(rig, nextNight(mark));
      const conflict = await rig.open('ambiguous_local_time', id);
      expect(conflict.choices.map(({ choice }) => choice)).toEqual(['move', 'ignore']);
      const to = rig.freeHour();
      expect((await rig.resolve(conflict, { choice: 'move', move: { startsLocal: to } })).status).toBe(200);
      await eventually(async () => (await rig.there(link))['booked_from'] === to, {
        ...PATIENCE,
        what: 'the new time at Booksy',
      });
      await rig.quiet();
      expect((await rig.list(`?status=open&recordId=${id}`)).conflicts).toEqual([]);
    },
    240_000,
  );
});

describe('a visit that names what is not linked here (R7, SPEC 3.7)', () => {
  it('is taken in and put before a person; the next full sync brings what it lacked, and it closes', async () => {
    const variant = await unseenVariant(rig, 'Nowy wariant');
    const { id } = await bookedThere(rig, rig.freeHour(), { variant });
    const conflict = await rig.open('unmapped', id);
    expect(conflict.choices.map(({ choice }) => choice)).toEqual(['ignore']);
    expect((await rig.engine.fullSync(rig.businessId)).status).toBe('completed');
    await closed(conflict);
    const [item] = await rig.sql<{ linked: boolean }>(
      'SELECT variant_id IS NOT NULL AS linked FROM booking_items WHERE booking_id = $1',
      [id],
    );
    expect(item).toEqual({ linked: true });
  }, 240_000);
});

describe('a client of whom it is not sure who it is (SPEC 3.7)', () => {
  const mappings = '/api/admin/booksy/mappings';
  const page = z.looseObject({
    mappings: z.array(z.looseObject({ externalId: z.string(), version: z.int() })),
  });

  /** A visit of a card at Booksy that bears the name of a client of ours, and nothing else. */
  async function unsure(family: string) {
    const profile = uuidv7();
    // A client of before: it is not on its way to Booksy.
    await rig.sql(
      `WITH quiet AS (SELECT set_config('booksy_sync.import', 'on', true), set_config('booksy_sync.origin', 'booksy', true))
       INSERT INTO profiles (id, business_id, given_name, family_name) SELECT $1, $2, 'Halina', $3 FROM quiet`,
      [profile, rig.businessId, family],
    );
    const card = made.parse(
      await rig.engine.simulator.asSalon('POST', `/business/${rig.salon}/customer/`, {
        first_name: 'Halina',
        last_name: family,
      }),
    );
    const fields = { booked_for_id: card.id, customer_name: `Halina ${family}` };
    const visit = await bookedThere(rig, rig.freeHour(), { fields });
    const conflict = await rig.open('unsure_client', visit.id);
    return { ...visit, profile, card: String(card.id), conflict };
  }

  const profileOf = async (id: string) =>
    (await rig.sql<{ profile_id: string | null }>('SELECT profile_id FROM bookings WHERE id = $1', [id]))[0]
      ?.profile_id;

  it('is put before a person, who decides in the mapping list; the visit gets its client, the card closes', async () => {
    const { conflict, id, link, card, profile } = await unsure('Jaworska');
    expect(await profileOf(id)).toBeNull();
    expect(conflict.mappings).toEqual([expect.objectContaining({ entity: 'profile', externalId: card })]);
    expect(await rig.resolve(conflict, { choice: 'keep-platform' })).toMatchObject({
      status: 409,
      problem: { code: 'conflict_needs_mapping' },
    });
    const { body } = await rig.engine.api.send('GET', `${mappings}?state=unsure&entity=profile`);
    const asked = page.parse(body).mappings.find(({ externalId }) => externalId === card);
    const decided = await rig.engine.api.send('POST', mappings, {
      businessId: rig.businessId,
      entity: 'profile',
      externalId: card,
      decision: 'link',
      recordId: profile,
      version: asked?.version,
    });
    expect([200, 202]).toContain(decided.status);
    // The visit is read again by the next news of it, as by any sweep.
    await salon('PATCH', `/visits/${link}`, { customer_note: 'przyjdzie z córką' });
    await eventually(async () => (await profileOf(id)) === profile, { ...PATIENCE, what: 'the client here' });
    await closed(conflict);
    expect((await rig.row(conflict.id)).resolution).toBe('cause_gone');
  }, 240_000);

  it('closes by itself when the visit is cancelled; `ignore` leaves the visit without a client', async () => {
    const cancelled = await unsure('Brzozowska');
    await salon('PATCH', `/visits/${cancelled.link}`, { status: 'C' });
    await closed(cancelled.conflict);
    const left = await unsure('Zawilska');
    // The first look has noted the rule's wish that an admin be told: it is no part of what was found.
    await eventually(async () => (await rig.card(left.conflict.id)).notifyAdmin !== null, PATIENCE);
    expect((await rig.resolve(left.conflict, { choice: 'ignore' })).status).toBe(200);
    await salon('PATCH', `/visits/${left.link}`, { customer_note: 'bez zmian' });
    await noted(left.id, 'bez zmian');
    await rig.quiet();
    expect(await profileOf(left.id)).toBeNull();
    expect((await rig.list(`?status=open&recordId=${left.id}`)).conflicts).toEqual([]);
  }, 240_000);
});
