import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { problemOf, startConflictRig, type ConflictRig } from './support/rig.ts';
import { bookedThere } from './support/there.ts';

/** Conflicts about time: both visits stay and hold it until a person decides (R10, R21, R24). */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
}, 240_000);

afterAll(() => rig.stop());

const statusHere = async (id: string) =>
  (await rig.sql<{ status: string }>('SELECT status FROM bookings WHERE id = $1', [id]))[0]?.status;

const statusThere = async (link: string) => (await rig.there(link))['status'];

/** A visit of ours, and one that the salon made at Booksy over it. */
async function overlap() {
  const ours = await rig.bookedOnBoth();
  const { id: theirs, link: theirLink } = await bookedThere(rig, ours.at);
  const conflict = await rig.open('time_overlap', ours.id);
  return { ours, theirs, theirLink, conflict };
}

const overlapping = async (a: string, b: string) =>
  (
    await rig.sql(
      `SELECT 1 FROM occupancy x JOIN occupancy y ON y.resource_id = x.resource_id AND y.during && x.during
        WHERE x.booking_id = $1 AND y.booking_id = $2`,
      [a, b],
    )
  ).length > 0;

describe('two visits that want one time', () => {
  it('are shown with free times, other staff and what may be chosen; both hold the time meanwhile', async () => {
    const { conflict, ours, theirs } = await overlap();
    expect(await overlapping(ours.id, theirs)).toBe(true);
    expect([conflict.recordId, conflict.otherRecordId].sort()).toEqual([ours.id, theirs].sort());
    expect(conflict.choices.map(({ choice }) => choice)).toEqual([
      'move',
      'keep-platform',
      'keep-booksy',
      'keep-both',
    ]);
    expect(conflict.other?.label).toContain(ours.at.replace('T', ' '));
    expect(conflict.groups).toEqual([]);
    // Open hours only, and nothing that holds them.
    expect(conflict.suggestions.times.length).toBeGreaterThan(0);
    for (const { startsLocal, staffId } of conflict.suggestions.times) {
      expect(startsLocal > ours.at).toBe(true);
      const held = await rig.sql(
        `SELECT 1 FROM occupancy WHERE resource_id = $1
            AND during && tstzrange($2::timestamp AT TIME ZONE $3, $2::timestamp AT TIME ZONE $3 + interval '45 minutes')`,
        [staffId, startsLocal, rig.zone],
      );
      expect(held).toEqual([]);
    }
  });

  it('keep-platform cancels the one from Booksy, on both sides', async () => {
    const { conflict, ours, theirs, theirLink } = await overlap();
    expect((await rig.resolve(conflict, { choice: 'keep-platform', shown: conflict.shown })).status).toBe(
      200,
    );
    await eventually(async () => (await statusThere(theirLink)) === 'C', {
      timeoutMs: 20_000,
      what: 'the cancel',
    });
    expect([await statusHere(theirs), await statusHere(ours.id)]).toEqual(['cancelled', 'confirmed']);
    expect(await statusThere(ours.link)).toBe('A');
    expect(await overlapping(ours.id, theirs)).toBe(false);
  });

  it('keep-booksy cancels the one that was booked here', async () => {
    const { conflict, ours, theirs } = await overlap();
    expect((await rig.resolve(conflict, { choice: 'keep-booksy' })).status).toBe(200);
    await eventually(async () => (await statusThere(ours.link)) === 'C', {
      timeoutMs: 20_000,
      what: 'the cancel',
    });
    expect([await statusHere(theirs), await statusHere(ours.id)]).toEqual(['confirmed', 'cancelled']);
  });

  it('move gives one of them another time, which goes to Booksy; a taken one is refused in words', async () => {
    const { conflict, ours, theirs } = await overlap();
    const blocked = await rig.bookedOnBoth();
    const taken = problemOf(
      await rig.resolve(conflict, { choice: 'move', move: { startsLocal: blocked.at } }),
    );
    expect(taken).toMatchObject({ status: 409, code: 'conflict_time_taken' });
    expect(await rig.row(conflict.id)).toMatchObject({ status: 'open', resolution_outcome: 'refused' });
    const free = rig.freeHour();
    const again = await rig.card(conflict.id);
    expect(again.decision).toMatchObject({ state: 'refused', choice: 'move' });
    expect((await rig.resolve(again, { choice: 'move', move: { startsLocal: free } })).status).toBe(200);
    await eventually(async () => (await rig.there(ours.link))['booked_from'] === free, {
      timeoutMs: 20_000,
      what: 'the new time at Booksy',
    });
    expect(await overlapping(ours.id, theirs)).toBe(false);
    expect(await statusHere(theirs)).toBe('confirmed');
  });

  it('move refuses what is past, what is nobody’s, and a time at which the clocks change (R11)', async () => {
    const { conflict } = await overlap();
    const refused = async (move: object) =>
      problemOf(await rig.resolve(conflict, { choice: 'move', move })).code;
    expect(await refused({ startsLocal: '2020-01-02T10:00' })).toBe('conflict_move_refused');
    expect(await refused({ startsLocal: '2027-03-28T02:15' })).toBe('conflict_move_refused');
    const stranger = '0199c0de-0000-7000-8000-0000000000dd';
    expect(await refused({ startsLocal: rig.freeHour(), recordId: stranger })).toBe('conflict_move_refused');
    expect(await refused({ startsLocal: rig.freeHour(), staffId: stranger })).toBe('conflict_move_refused');
    expect((await rig.row(conflict.id)).status).toBe('open');
  });

  it('move to other staff at the same time', async () => {
    const { conflict, ours } = await overlap();
    const move = { startsLocal: ours.at, staffId: rig.other.id };
    expect((await rig.resolve(conflict, { choice: 'move', move })).status).toBe(200);
    await eventually(
      async () => {
        const [part] = (await rig.there(ours.link))['subbookings'] as { staffer_id: number }[];
        return String(part?.staffer_id) === rig.other.externalId;
      },
      { timeoutMs: 20_000, what: 'the other staff at Booksy' },
    );
  });

  it('keep-both is an explicit, audited overbooking that is not reported again (R21)', async () => {
    const { conflict, ours, theirs } = await overlap();
    expect((await rig.resolve(conflict, { choice: 'keep-both', reason: 'Dwa fotele.' })).status).toBe(200);
    const [own] = await rig.sql<{ overbooking_allowed: boolean }>(
      'SELECT overbooking_allowed FROM bookings WHERE id = $1',
      [ours.id],
    );
    expect(own?.overbooking_allowed).toBe(true);
    const audited = await rig.sql(
      `SELECT actor FROM booksy_audit_log WHERE action = 'overbooked' AND record_id = $1 AND actor LIKE 'api:%'`,
      [ours.id],
    );
    expect(audited).toHaveLength(1);
    await rig.process('booking', theirs);
    await rig.engine.fullSync(rig.businessId);
    expect((await rig.list(`?status=open&recordId=${ours.id}`)).conflicts).toEqual([]);
    expect(await overlapping(ours.id, theirs)).toBe(true);
  });

  it('keep-both typed in the Temporal Web UI is refused (R33)', async () => {
    const { conflict, ours } = await overlap();
    await rig.engine.worker.client.workflow
      .getHandle(`conflict/${conflict.id}`)
      .signal('resolve', { choice: 'keep-both', actor: 'api:somebody', stored: true });
    await rig.engine.worker.client.workflow
      .getHandle(`conflict/${conflict.id}`)
      .signal('resolve', { choice: 'keep-both' });
    await eventually(async () => (await rig.row(conflict.id)).resolution_outcome === 'refused', {
      timeoutMs: 20_000,
      what: 'the refusal',
    });
    const { decision } = await rig.card(conflict.id);
    expect(decision).toMatchObject({ state: 'refused', by: 'temporal-ui' });
    expect(decision?.detail).toContain('overbooking_refused');
    const [own] = await rig.sql<{ overbooking_allowed: boolean }>(
      'SELECT overbooking_allowed FROM bookings WHERE id = $1',
      [ours.id],
    );
    expect(own?.overbooking_allowed).toBe(false);
  });

  it('close by themselves once one of them goes away (R10)', async () => {
    const { conflict, ours, theirLink } = await overlap();
    await rig.engine.simulator.control('PATCH', `/visits/${theirLink}`, { moveMinutes: 24 * 60 * 40 });
    await eventually(async () => (await rig.row(conflict.id)).status === 'closed', {
      timeoutMs: 20_000,
      what: 'the conflict closing',
    });
    expect((await rig.row(conflict.id)).resolution).toBe('cause_gone');
    expect(await statusHere(ours.id)).toBe('confirmed');
  });

  it('both from Booksy: a side names neither, so `keep` must', async () => {
    const { theirs, theirLink } = await overlap();
    const [time] = await rig.sql<{ at: string }>(
      `SELECT to_char(starts_local, 'YYYY-MM-DD"T"HH24:MI') AS at FROM bookings WHERE id = $1`,
      [theirs],
    );
    const at = time?.at ?? '';
    const second = (await rig.engine.simulator.control('POST', '/visits', {
      salon: Number(rig.salon),
      allowOverlap: true,
      customer_name: 'Ola Próbna',
      subbookings: [
        { booked_from: at, booked_till: `${at.slice(0, 14)}30`, staffer_id: Number(rig.staff.externalId) },
      ],
    })) as { id: number };
    const conflict = await eventually(
      async () => {
        const { conflicts } = await rig.list('?status=open&kind=time_overlap');
        for (const { id } of conflicts) {
          const card = await rig.card(id);
          const linked = await rig.sql(
            'SELECT 1 FROM external_bookings WHERE external_id = $1 AND booking_id = ANY($2)',
            [String(second.id), [card.recordId, card.otherRecordId]],
          );
          if (linked.length > 0 && [card.recordId, card.otherRecordId].includes(theirs)) return card;
        }
        return null;
      },
      { timeoutMs: 30_000, what: 'the overlap of two visits from Booksy' },
    );
    expect(problemOf(await rig.resolve(conflict, { choice: 'keep-booksy' }))).toMatchObject({
      status: 400,
      code: 'conflict_choice_incomplete',
    });
    expect((await rig.resolve(conflict, { choice: 'keep-booksy', keep: theirs })).status).toBe(200);
    await eventually(async () => (await statusThere(String(second.id))) === 'C', {
      timeoutMs: 20_000,
      what: 'the cancel',
    });
    expect(await statusThere(theirLink)).toBe('A');
  });
});
