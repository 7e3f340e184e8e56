import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { askFor } from '../../../infra/sweep/ask.ts';
import { WORKFLOW_TYPES } from '../../../infra/temporal/names.ts';
import { eventually } from '../../support/eventually.ts';
import { startConflictRig, type Card, type ConflictRig } from './support/rig.ts';
import { bookedThere } from './support/there.ts';

/**
 * Visits for which any member of staff will do (R24), and blocks over visits (R19): edits at Booksy, told by webhooks or found by
 * sweeps, are all that the tests do.
 */

let rig: ConflictRig;

beforeAll(async () => {
  rig = await startConflictRig();
});

afterAll(() => rig.stop());

const PATIENCE = { timeoutMs: 30_000 };

/** Booksy's ids of everybody who serves the variant. */
const pool = async () =>
  (
    await rig.sql<{ id: string }>(
      `SELECT es.external_id AS id FROM service_variant_staff v
         JOIN staff s ON s.id = v.staff_id AND s.active AND s.bookable
         JOIN external_staff es ON es.staff_id = s.id
        WHERE v.variant_id = $1 ORDER BY 1`,
      [rig.variant.id],
    )
  ).map(({ id }) => id);

/** A visit that the salon makes at Booksy, for a person of its staff or for anybody, once it is here. */
const booked = (at: string, staff: string | null) => bookedThere(rig, at, { staff: staff ?? '-1' });

/** An hour of which nobody of the pool has anything yet. */
async function hourOfAll(staff: readonly string[]): Promise<string> {
  for (let tries = 0; tries < 60; tries += 1) {
    const at = rig.freeHour();
    const held = await rig.sql(
      `SELECT 1 FROM occupancy o JOIN external_staff es ON es.staff_id = o.resource_id
        WHERE es.external_id = ANY($1)
          AND o.during && tstzrange($2::timestamp AT TIME ZONE $3, $2::timestamp AT TIME ZONE $3 + interval '1 hour')`,
      [staff, at, rig.zone],
    );
    if (held.length === 0) return at;
  }
  throw new Error('No hour is free for all.');
}

/** Somebody is off all day at Booksy, of which no webhook tells. */
async function off(staff: string, at: string): Promise<void> {
  await rig.engine.simulator.asSalon('POST', `/business/${rig.salon}/schedule/resource/${staff}/time_off/`, {
    date_from: at.slice(0, 10),
    date_till: at.slice(0, 10),
    hour_from: at.slice(11),
    hour_till: `${at.slice(11, 13)}:45`,
    reason_code: 'vacation',
    reason: 'urlop',
    approved: true,
  });
}

/** Somebody is away for an hour, as the platform notes it by plain SQL; returns the id. */
async function offHere(staffId: string, at: string, calendarId: string | null = null): Promise<string> {
  const id = uuidv7();
  await rig.sql(
    `INSERT INTO time_off (id, business_id, owner_kind, owner_id, starts_local, ends_local, zone, starts_at, ends_at, reason_code,
                           external_calendar_id)
     VALUES ($1, $2, 'staff', $3, $4::timestamp, $4::timestamp + interval '1 hour', $5, $4::timestamp AT TIME ZONE $5,
             ($4::timestamp + interval '1 hour') AT TIME ZONE $5, 'other', $6)`,
    [id, rig.businessId, staffId, at, rig.zone, calendarId],
  );
  return id;
}

async function sweep(task: 'hours' | 'catalog'): Promise<void> {
  const { engine, businessId } = rig;
  await askFor(engine.deps.db, [businessId], [task]);
  const { accountKey } = engine.config.booksy;
  await engine.worker.run(WORKFLOW_TYPES.sweep, { version: 1, accountKey, tier: 'near' });
}

const openOf = async (id: string) => (await rig.list(`?status=open&recordId=${id}`)).conflicts;
const closed = (conflict: Pick<Card, 'id'>) =>
  eventually(async () => (await rig.row(conflict.id)).status === 'closed', {
    ...PATIENCE,
    what: 'the end of the conflict',
  });

describe('nobody is left for a visit that anybody may do (R24)', () => {
  it('is told when somebody else takes the last of them, by a webhook; ends when that one cancels', async () => {
    const staff = await pool();
    const at = await hourOfAll(staff);
    const waiting = await booked(at, null);
    const taken = [];
    for (const each of staff.slice(1)) taken.push(await booked(at, each));
    await rig.quiet();
    expect(await openOf(waiting.id)).toEqual([]);
    const last = await booked(at, staff[0] ?? '');
    const conflict = await rig.open('capacity', waiting.id);
    expect(conflict.reasonText).toBe('Nobody who does this service is free at that time.');
    expect(conflict.choices.map(({ choice }) => choice)).toContain('move');
    await rig.engine.simulator.control('PATCH', `/visits/${last.link}`, { status: 'C' });
    await closed(conflict);
    expect((await rig.row(conflict.id)).resolution).toBe('cause_gone');
  });

  it('is told of the second of two for whom one person is left; a move settles it', async () => {
    const staff = await pool();
    const at = await hourOfAll(staff);
    for (const each of staff.slice(1)) await booked(at, each);
    const first = await booked(at, null);
    await rig.quiet();
    expect(await openOf(first.id)).toEqual([]);
    const second = await booked(at, null);
    const found = await eventually(
      async () => [...(await openOf(first.id)), ...(await openOf(second.id))][0] ?? null,
      { ...PATIENCE, what: 'the conflict' },
    );
    const conflict = await rig.open('capacity', found.recordId ?? '');
    const free = await hourOfAll(staff);
    const move = { startsLocal: free, staffId: rig.staff.id };
    expect((await rig.resolve(conflict, { choice: 'move', move })).status).toBe(200);
    const moved = found.recordId === first.id ? first : second;
    await eventually(async () => (await rig.there(moved.link))['booked_from'] === free, {
      ...PATIENCE,
      what: 'the new time at Booksy',
    });
    await rig.quiet();
    expect([...(await openOf(first.id)), ...(await openOf(second.id))]).toEqual([]);
  });

  it('is told when the last of them is off, by a sweep', async () => {
    const staff = await pool();
    const at = await hourOfAll(staff);
    const waiting = await booked(at, null);
    for (const each of staff.slice(1)) await booked(at, each);
    await rig.quiet();
    expect(await openOf(waiting.id)).toEqual([]);
    await off(staff[0] ?? '', at);
    await sweep('hours');
    expect(await openOf(waiting.id)).toMatchObject([{ kind: 'capacity' }]);
  });
});

/** A visit for anybody at an hour for which one person of the pool is left. */
async function oneLeft() {
  const staff = await pool();
  const at = await hourOfAll(staff);
  const waiting = await booked(at, null);
  for (const each of staff.slice(1)) await booked(at, each);
  await rig.quiet();
  expect(await openOf(waiting.id)).toEqual([]);
  const [last] = await rig.sql<{ id: string }>(
    'SELECT staff_id AS id FROM external_staff WHERE external_id = $1',
    [staff[0]],
  );
  return { waiting, at, last: { id: last?.id ?? '', externalId: staff[0] ?? '' } };
}

describe('nobody is left because of what was done here (R24, R26)', () => {
  it('is told when the platform notes, by plain SQL, that the last of them is away; ends when the note is taken back', async () => {
    const { waiting, at, last } = await oneLeft();
    const id = await offHere(last.id, at);
    const conflict = await rig.open('capacity', waiting.id);
    expect(conflict.reasonText).toBe('Nobody who does this service is free at that time.');
    await rig.quiet();
    await rig.sql('DELETE FROM time_off WHERE id = $1', [id]);
    await closed(conflict);
  });

  it('is told when the last of them no longer works here; ends when they are back', async () => {
    const { waiting, last } = await oneLeft();
    await rig.sql('UPDATE staff SET active = false WHERE id = $1', [last.id]);
    const conflict = await rig.open('capacity', waiting.id);
    await rig.sql('UPDATE staff SET active = true WHERE id = $1', [last.id]);
    await closed(conflict);
  });
});

describe('a block over a visit (R19, R21)', () => {
  it('that a sweep finds is shown, and cancels nothing', async () => {
    const { id, at, link } = await rig.bookedOnBoth();
    await off(rig.staff.externalId, at);
    await sweep('hours');
    expect(await openOf(id)).toMatchObject([{ kind: 'time_overlap' }]);
    expect((await rig.there(link))['status']).toBe('A');
    // Another look finds nothing new.
    await sweep('hours');
    expect(await openOf(id)).toHaveLength(1);
  });

  it('that is laid here by plain SQL is shown as well, cancels nothing, and is over when it is taken back', async () => {
    const { id, at, link } = await rig.bookedOnBoth();
    const block = await offHere(rig.staff.id, at);
    const conflict = await rig.open('time_overlap', id);
    expect(conflict.choices.map(({ choice }) => choice)).toEqual(['move', 'keep-both']);
    await rig.quiet();
    expect((await rig.there(link))['status']).toBe('A');
    await rig.sql('DELETE FROM time_off WHERE id = $1', [block]);
    await closed(conflict);
  });

  it('that a calendar of theirs lays is shown to nobody: it may be that very visit, come back', async () => {
    const { id, at } = await rig.bookedOnBoth();
    const calendar = uuidv7();
    await rig.sql(
      `INSERT INTO external_calendars (id, business_id, owner_kind, owner_id, name, sealed_url, host, blocks_booksy, due_at)
       VALUES ($1, $2, 'staff', $3, 'Prywatny', 'x', 'kalendarz.example', false, now() + interval '1 day')`,
      [calendar, rig.businessId, rig.staff.id],
    );
    await offHere(rig.staff.id, at, calendar);
    await rig.quiet();
    expect(await openOf(id)).toEqual([]);
  });
});

// Last: whom the salon no longer has, no test can book.
describe('nobody is left because somebody left (R24)', () => {
  it('is told when Booksy no longer has the last of them, by a sweep', async () => {
    const { waiting, last } = await oneLeft();
    await rig.engine.simulator.asSalon('DELETE', `/business/${rig.salon}/resource/${last.externalId}/`);
    await sweep('catalog');
    expect(await openOf(waiting.id)).toMatchObject([{ kind: 'capacity' }]);
  });
});
