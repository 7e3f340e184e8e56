import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { problemOf, startConflictRig, type ConflictRig } from './support/rig.ts';

/** Ends against changes, and what Booksy refuses (SPEC 4.1; R7b, R16, R17, R18). */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
}, 240_000);

afterAll(() => rig.stop());

const PATIENCE = { timeoutMs: 20_000 };

const here = async (id: string) =>
  (
    await rig.sql<{ status: string; client_note: string | null; generation: number; starts: string }>(
      `SELECT status, client_note, generation, to_char(starts_local, 'YYYY-MM-DD"T"HH24:MI') AS starts FROM bookings WHERE id = $1`,
      [id],
    )
  )[0];

const statusThere = async (link: string) => (await rig.there(link))['status'];

/** Cancelled at Booksy while it was changed here. */
async function cancelledThere() {
  const visit = await rig.bookedOnBoth({ note: 'przed' });
  await rig.editThere(visit.link, { status: 'C' });
  await rig.sql(`UPDATE bookings SET client_note = 'zmienione' WHERE id = $1`, [visit.id]);
  return { ...visit, conflict: await rig.open('changed_against_cancelled', visit.id) };
}

describe('cancelled on one side, changed on the other (R7b)', () => {
  it('keep-booksy: it is cancelled here too', async () => {
    const { conflict, id } = await cancelledThere();
    expect((await here(id))?.status).toBe('confirmed');
    expect((await rig.resolve(conflict, { choice: 'keep-booksy', shown: conflict.shown })).status).toBe(200);
    await eventually(async () => (await here(id))?.status === 'cancelled', {
      ...PATIENCE,
      what: 'the cancel here',
    });
    await rig.quiet();
    expect((await rig.list(`?status=open&recordId=${id}`)).conflicts).toEqual([]);
  });

  it('keep-platform: it lives on as a new appointment there (R16)', async () => {
    const { conflict, id, link } = await cancelledThere();
    expect((await rig.resolve(conflict, { choice: 'keep-platform' })).status).toBe(200);
    const second = await eventually(
      async () => {
        const now = await rig.linkOf(id);
        return now !== null && now !== link ? now : null;
      },
      { ...PATIENCE, what: 'the new appointment' },
    );
    await rig.quiet();
    expect(await here(id)).toMatchObject({ status: 'confirmed', client_note: 'zmienione', generation: 2 });
    expect(await rig.there(second)).toMatchObject({
      status: 'A',
      customer_note: 'zmienione',
      import_uid: `${id}:2`,
    });
    expect(await statusThere(link)).toBe('C');
    expect((await rig.list(`?status=open&recordId=${id}`)).conflicts).toEqual([]);
  });
});

/** Deleted at Booksy while it was changed here. */
async function goneThere() {
  const visit = await rig.bookedOnBoth({ note: 'przed' });
  await rig.engine.simulator.control('DELETE', `/visits/${visit.link}?silent=true`);
  await rig.sql(`UPDATE bookings SET client_note = 'zmienione' WHERE id = $1`, [visit.id]);
  return { ...visit, conflict: await rig.open('deleted_against_changed', visit.id) };
}

describe('deleted on one side, changed on the other (R18)', () => {
  it('gone at Booksy, keep-platform: it is made again there', async () => {
    const { conflict, id, link } = await goneThere();
    expect(conflict).toMatchObject({ goneAtBooksy: true, deletedHere: false });
    expect((await rig.resolve(conflict, { choice: 'keep-platform' })).status).toBe(200);
    const second = await eventually(
      async () => {
        const now = await rig.linkOf(id);
        return now !== null && now !== link ? now : null;
      },
      { ...PATIENCE, what: 'the new appointment' },
    );
    expect(await rig.there(second)).toMatchObject({ status: 'A', customer_note: 'zmienione' });
    await rig.quiet();
    expect((await rig.list(`?status=open&recordId=${id}`)).conflicts).toEqual([]);
  });

  it('gone at Booksy, keep-booksy: it is cancelled here', async () => {
    const { conflict, id } = await goneThere();
    expect((await rig.resolve(conflict, { choice: 'keep-booksy' })).status).toBe(200);
    expect((await here(id))?.status).toBe('cancelled');
    await rig.quiet();
    expect((await rig.list(`?status=open&recordId=${id}`)).conflicts).toEqual([]);
  });

  /** Deleted here while it was changed at Booksy. */
  async function goneHere() {
    const visit = await rig.bookedOnBoth({ note: 'przed' });
    await rig.editThere(visit.link, { customer_note: 'z Booksy' });
    await rig.sql('DELETE FROM bookings WHERE id = $1', [visit.id]);
    return { ...visit, conflict: await rig.open('deleted_against_changed', visit.id) };
  }

  it('deleted here, keep-platform: it ends at Booksy', async () => {
    const { conflict, link } = await goneHere();
    expect(conflict).toMatchObject({ goneAtBooksy: false, deletedHere: true });
    expect((await rig.resolve(conflict, { choice: 'keep-platform' })).status).toBe(200);
    await eventually(async () => (await statusThere(link)) === 'C', {
      ...PATIENCE,
      what: 'the cancel there',
    });
  });

  it('deleted here, keep-booksy: it is made again here from what Booksy holds', async () => {
    const { conflict, link } = await goneHere();
    expect((await rig.resolve(conflict, { choice: 'keep-booksy' })).status).toBe(200);
    const back = await eventually(
      async () =>
        (
          await rig.sql<{ client_note: string }>(
            `SELECT b.client_note FROM bookings b JOIN external_bookings m ON m.booking_id = b.id WHERE m.external_id = $1`,
            [link],
          )
        )[0] ?? null,
      { ...PATIENCE, what: 'the visit here' },
    );
    expect(back.client_note).toBe('z Booksy');
    expect(await statusThere(link)).toBe('A');
  });
});

/** A repeating visit of the salon's, taken in; it cannot be changed from outside (R17). */
async function repeating() {
  const at = rig.freeHour();
  const made = (await rig.engine.simulator.control('POST', '/visits', {
    salon: Number(rig.salon),
    repeating: true,
    customer_name: 'Ewa Próbna',
    subbookings: [
      {
        booked_from: at,
        booked_till: `${at.slice(0, 14)}45`,
        staffer_id: Number(rig.staff.externalId),
        service_variant_id: Number(rig.variant.externalId),
      },
    ],
  })) as { id: number };
  const id = await eventually(
    async () =>
      (
        await rig.sql<{ booking_id: string }>(
          'SELECT booking_id FROM external_bookings WHERE external_id = $1',
          [String(made.id)],
        )
      )[0]?.booking_id ?? null,
    { ...PATIENCE, what: 'the repeating visit here' },
  );
  await rig.quiet();
  return { id, link: String(made.id), at };
}

describe('what Booksy refuses', () => {
  it('422 makes a card, not a retry storm (BOOKSY.md 20; R17)', async () => {
    const { id, link } = await repeating();
    await rig.engine.simulator.clearCounters();
    await rig.sql(`UPDATE bookings SET client_note = 'nie da się' WHERE id = $1`, [id]);
    const conflict = await rig.open('refused_by_booksy', id);
    expect(conflict).toMatchObject({ groups: ['clientNote'] });
    expect(conflict.reasonText).toContain('change it in Booksy');
    // More news of the record and whole passes do not send it again while it is open.
    for (let round = 0; round < 3; round += 1) await rig.process('booking', id);
    await rig.engine.fullSync(rig.businessId);
    const { calls } = await rig.engine.simulator.counters();
    expect(calls.byStatus['422'] ?? 0).toBeLessThanOrEqual(1);
    expect(
      Object.entries(calls.byRoute)
        .filter(([route]) => route.startsWith('PUT'))
        .map(([, n]) => n),
    ).toEqual(calls.byStatus['422'] === undefined ? [] : [1]);
    expect((await rig.resolve(conflict, { choice: 'keep-booksy' })).status).toBe(200);
    await eventually(async () => (await here(id))?.client_note !== 'nie da się', {
      ...PATIENCE,
      what: 'Booksy’s note',
    });
    await rig.quiet();
    expect(await statusThere(link)).toBe('A');
    expect((await rig.list(`?status=open&recordId=${id}`)).conflicts).toEqual([]);
  });

  it('409: the time is taken there; another one goes out (R20)', async () => {
    const visit = await rig.bookedOnBoth();
    const taken = rig.freeHour();
    await rig.engine.simulator.control('POST', '/visits', {
      salon: Number(rig.salon),
      silent: true,
      customer_name: 'Ida Próbna',
      subbookings: [
        {
          booked_from: taken,
          booked_till: `${taken.slice(0, 14)}45`,
          staffer_id: Number(rig.staff.externalId),
        },
      ],
    });
    const move = (at: string) =>
      rig.sql(
        `UPDATE booking_items SET starts_local = $2::timestamp, ends_local = $2::timestamp + interval '1 hour',
                starts_at = $2::timestamp AT TIME ZONE zone, ends_at = ($2::timestamp + interval '1 hour') AT TIME ZONE zone
          WHERE booking_id = $1`,
        [visit.id, at],
      );
    await move(taken);
    const conflict = await rig.open('refused_by_booksy', visit.id);
    expect(conflict.reasonText).toContain('taken');
    expect(conflict.choices.map(({ choice }) => choice)).toEqual([
      'move',
      'keep-platform',
      'keep-booksy',
      'ignore',
    ]);
    const free = rig.freeHour();
    expect((await rig.resolve(conflict, { choice: 'move', move: { startsLocal: free } })).status).toBe(200);
    await eventually(async () => (await rig.there(visit.link))['booked_from'] === free, {
      ...PATIENCE,
      what: 'the new time there',
    });
    expect((await here(visit.id))?.starts).toBe(free);
  });

  it('a create that is refused: keep-booksy cancels it here, keep-platform tries again', async () => {
    const taken = rig.freeHour();
    const blocker = (await rig.engine.simulator.control('POST', '/visits', {
      salon: Number(rig.salon),
      silent: true,
      customer_name: 'Iga Próbna',
      subbookings: [
        {
          booked_from: taken,
          booked_till: `${taken.slice(0, 14)}45`,
          staffer_id: Number(rig.staff.externalId),
        },
      ],
    })) as { id: number };
    const id = await rig.book(taken);
    const conflict = await rig.open('refused_by_booksy', id);
    await rig.editThere(String(blocker.id), { status: 'C' });
    expect((await rig.resolve(conflict, { choice: 'keep-platform' })).status).toBe(200);
    const link = await eventually(() => rig.linkOf(id), { ...PATIENCE, what: 'the appointment there' });
    expect(await statusThere(link)).toBe('A');

    const again = rig.freeHour();
    await rig.engine.simulator.control('POST', '/visits', {
      salon: Number(rig.salon),
      silent: true,
      customer_name: 'Ita Próbna',
      subbookings: [
        {
          booked_from: again,
          booked_till: `${again.slice(0, 14)}45`,
          staffer_id: Number(rig.staff.externalId),
        },
      ],
    });
    const second = await rig.book(again);
    const refused = await rig.open('refused_by_booksy', second);
    expect(problemOf(await rig.resolve(refused, { choice: 'keep-both' })).code).toBe(
      'conflict_choice_not_offered',
    );
    expect((await rig.resolve(refused, { choice: 'keep-booksy' })).status).toBe(200);
    expect((await here(second))?.status).toBe('cancelled');
    await rig.quiet();
    expect(await rig.linkOf(second)).toBeNull();
  });
});
