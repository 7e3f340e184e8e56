import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weekdayAhead } from '../outbound/support/days.ts';
import { startHoursRig, type HoursRig } from './support/hours.ts';

/** Opening hours of ours on their way to Booksy (R8 opened by the owner): real PostgreSQL, the simulator over HTTP. */

let hours: HoursRig;

beforeAll(async () => {
  hours = await startHoursRig();
  await hours.rule(BOTH);
}, 300_000);

afterAll(() => hours.stop());

const BOTH = { 'hours.*': 'both' } as const;
/** A weekday, each call another one, long after the present. */
let days = 0;
const nextDate = () => weekdayAhead(20, (days += 1));
const weekdayOf = (date: string) => new Date(`${date}T00:00:00Z`).getUTCDay();
const boxOf = (id: string) => hours.rig.sql('SELECT 1 FROM sync_outbox WHERE record_id = $1', [id]);

describe('the default rule (R8)', () => {
  it('hours come in only: what is changed here writes nothing at Booksy', async () => {
    const { salon, staff } = hours;
    await hours.rule(null);
    const before = await hours.writes();
    const date = nextDate();
    await hours.setWeekday(staff, 3, [[601, 700]]);
    await hours.setDate(salon, date, []);
    await hours.holiday(nextDate(), 'closed');
    for (const id of [hours.weekOf(staff), hours.daysOf(staff), hours.daysOf(salon)]) {
      expect(await hours.process(id)).toMatchObject({ outcome: 'in_step', writes: 0, conflicts: 0 });
    }
    await hours.rig.engine.fullSync(hours.rig.businessId);
    expect(await hours.writes()).toBe(before);
    expect(await hours.dateThere(salon, date)).toBeNull();
    // What Booksy did not change is left as it is here.
    expect((await hours.weekHere(staff))[3]).toEqual([[601, 700]]);
    await hours.setDate(salon, date, null);
  });

  it('what was changed meanwhile goes out once the rule is opened and both sides are compared (R27)', async () => {
    await hours.rule(BOTH);
    await hours.rig.engine.fullSync(hours.rig.businessId);
    const marked = await hours.rig.sql<{ record_id: string }>(
      `SELECT record_id FROM sync_outbox WHERE entity = 'hours'`,
    );
    expect(marked.map((row) => row.record_id)).toContain(hours.weekOf(hours.staff));
    await hours.process(hours.weekOf(hours.staff));
    await hours.process(hours.daysOf(hours.salon));
    expect((await hours.weekThere(hours.staff))[3]).toEqual([[601, 700]]);
  });
});

describe('a week', () => {
  it('goes out as it is here, whole, and nothing else of it changes (R13a)', async () => {
    const { salon } = hours;
    const there = await hours.weekThere(salon);
    const before = await hours.writes();
    await hours.setWeekday(salon, 2, [
      [480, 720],
      [780, 1260],
    ]);
    expect(await hours.process(hours.weekOf(salon))).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await hours.weekThere(salon)).toEqual({
      ...there,
      2: [
        [480, 720],
        [780, 1260],
      ],
    });
    expect(await hours.writes()).toBe(before + 1);
    expect(await hours.process(hours.weekOf(salon))).toMatchObject({ outcome: 'in_step', writes: 0 });
  });

  it('of a person and of a room go to their own schedules', async () => {
    for (const owner of [hours.staff, hours.room]) {
      const there = await hours.weekThere(owner);
      await hours.setWeekday(owner, 4, [[555, 999]]);
      expect(await hours.process(hours.weekOf(owner))).toMatchObject({ outcome: 'written', writes: 1 });
      expect(await hours.weekThere(owner)).toEqual({ ...there, 4: [[555, 999]] });
    }
  });

  it('a day that is no longer named is closed there', async () => {
    const { staff } = hours;
    await hours.setWeekday(staff, 4, null);
    expect(await hours.process(hours.weekOf(staff))).toMatchObject({ outcome: 'written', writes: 1 });
    expect((await hours.weekThere(staff))[4]).toEqual([]);
    await hours.rig.engine.fullSync(hours.rig.businessId);
    expect(await hours.process(hours.weekOf(staff))).toMatchObject({ outcome: 'in_step', writes: 0 });
    expect((await hours.weekHere(staff))[4]).toBeUndefined();
  });

  it('B23 a schedule that begins later is made there beside the present one, and goes when it goes here', async () => {
    const { staff } = hours;
    const present = await hours.weekThere(staff);
    const from = nextDate();
    await hours.setWeekday(staff, 1, [[660, 720]], from);
    expect(await hours.process(hours.weekOf(staff))).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await hours.weekThere(staff)).toEqual(present);
    expect(await hours.weekThere(staff, from)).toMatchObject({ 1: [[660, 720]] });
    // The next look finds nothing to do, although a set has seven days there and one here.
    await hours.rig.engine.fullSync(hours.rig.businessId);
    const before = await hours.writes();
    expect(await hours.process(hours.weekOf(staff))).toMatchObject({ outcome: 'in_step', writes: 0 });
    expect(await hours.writes()).toBe(before);
    await hours.rig.sql('DELETE FROM working_hours WHERE owner_id = $1 AND applies_from = $2', [
      staff.id,
      from,
    ]);
    expect(await hours.process(hours.weekOf(staff))).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await hours.weekThere(staff, from)).toEqual({});
    expect(await hours.weekThere(staff)).toEqual(present);
  });

  it('of which no day is stated any more closes nobody there: a person has to say it day by day (R3)', async () => {
    const { room } = hours;
    const there = await hours.weekThere(room);
    await hours.rig.sql(`DELETE FROM working_hours WHERE owner_id = $1 AND kind = 'weekly'`, [room.id]);
    expect(await hours.process(hours.weekOf(room))).toMatchObject({ outcome: 'held', writes: 0 });
    expect(await hours.weekThere(room)).toEqual(there);
    for (const [day, pairs] of Object.entries(there)) await hours.setWeekday(room, Number(day), pairs);
    expect(await hours.process(hours.weekOf(room))).toMatchObject({ writes: 0 });
  });
});

describe('custom days', () => {
  it('go out one by one, each with its own intent (R14), and come back as echoes', async () => {
    const { staff } = hours;
    const dates = [nextDate(), nextDate(), nextDate()];
    const before = await hours.writes();
    for (const [place, date] of dates.entries()) await hours.setDate(staff, date, [[600 + place, 660]]);
    expect(await hours.process(hours.daysOf(staff))).toMatchObject({ outcome: 'written', writes: 3 });
    for (const [place, date] of dates.entries())
      expect(await hours.dateThere(staff, date)).toEqual([[600 + place, 660]]);
    const sent = await hours.intents(hours.daysOf(staff));
    expect(sent.slice(-3).map(({ groups, state }) => [groups, state])).toEqual(
      dates.map((date) => [[`date:${date}`], 'confirmed']),
    );
    await hours.rig.engine.fullSync(hours.rig.businessId);
    expect(await hours.process(hours.daysOf(staff))).toMatchObject({ outcome: 'in_step', writes: 0 });
    expect(await hours.writes()).toBe(before + 3);
    expect(await hours.conflicts(hours.daysOf(staff))).toEqual([]);
  });

  it('more of them than one process may write are all written in the end', async () => {
    const { room } = hours;
    const dates = Array.from({ length: 9 }, nextDate);
    for (const date of dates) await hours.setDate(room, date, [[601, 603]]);
    expect(await hours.process(hours.daysOf(room))).toMatchObject({
      outcome: 'unsettled',
      rounds: 7,
      writes: 7,
    });
    // What is left is still in the box: the drain comes back to it in a moment.
    expect(await boxOf(hours.daysOf(room))).not.toEqual([]);
    expect(await hours.process(hours.daysOf(room))).toMatchObject({ outcome: 'written', writes: 2 });
    expect(await boxOf(hours.daysOf(room))).toEqual([]);
    for (const date of dates) expect(await hours.dateThere(room, date)).toEqual([[601, 603]]);
  });

  it('one that is removed here is made like the week there, and follows the week from then on', async () => {
    const { staff } = hours;
    const date = nextDate();
    await hours.setDate(staff, date, [[600, 630]]);
    await hours.process(hours.daysOf(staff));
    await hours.setDate(staff, date, null);
    expect(await hours.process(hours.daysOf(staff))).toMatchObject({ outcome: 'written', writes: 1 });
    const week = await hours.weekHere(staff);
    expect(await hours.dateThere(staff, date)).toEqual(week[weekdayOf(date)] ?? []);
    await hours.rig.engine.fullSync(hours.rig.businessId);
    expect(await hours.process(hours.daysOf(staff))).toMatchObject({ writes: 0 });
    // It did not come back here.
    expect(await hours.dateHere(staff, date)).toBeNull();
    await hours.setWeekday(staff, weekdayOf(date), [[507, 1003]]);
    await hours.process(hours.weekOf(staff));
    expect(await hours.process(hours.daysOf(staff))).toMatchObject({ outcome: 'written' });
    expect(await hours.dateThere(staff, date)).toEqual([[507, 1003]]);
  });

  it('a date that is over, or beyond what is read there, is not written (R13a, R18)', async () => {
    const { salon } = hours;
    const past = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10);
    const far = new Date(Date.now() + 500 * 86_400_000).toISOString().slice(0, 10);
    await hours.setDate(salon, past, [[1, 2]]);
    await hours.setDate(salon, far, [[1, 2]]);
    expect(await hours.process(hours.daysOf(salon))).toMatchObject({ outcome: 'in_step', writes: 0 });
    expect(await hours.dateThere(salon, past)).toBeNull();
    expect(await hours.dateThere(salon, far)).toBeNull();
    await hours.setDate(salon, past, null);
    await hours.setDate(salon, far, null);
  });
});

describe('holidays', () => {
  it('closed here is closed there; switched off again it is a day like the others', async () => {
    const { salon } = hours;
    const date = nextDate();
    await hours.holiday(date, 'suggested');
    expect(await hours.process(hours.daysOf(salon))).toMatchObject({ writes: 0 });
    await hours.holiday(date, 'closed');
    expect(await hours.process(hours.daysOf(salon))).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await hours.dateThere(salon, date)).toEqual([]);
    await hours.holiday(date, 'suggested');
    expect(await hours.process(hours.daysOf(salon))).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await hours.dateThere(salon, date)).toEqual((await hours.weekHere(salon))[weekdayOf(date)] ?? []);
    expect(await hours.process(hours.daysOf(salon))).toMatchObject({ outcome: 'in_step', writes: 0 });
  });

  it('an exceptional opening goes out with its hours; a custom day goes before a closed one', async () => {
    const { salon } = hours;
    const [open, closed] = [nextDate(), nextDate()];
    await hours.holiday(open, 'open', [[600, 840]]);
    await hours.holiday(closed, 'closed');
    await hours.setDate(salon, closed, [[700, 800]]);
    expect(await hours.process(hours.daysOf(salon))).toMatchObject({ outcome: 'written', writes: 2 });
    expect(await hours.dateThere(salon, open)).toEqual([[600, 840]]);
    expect(await hours.dateThere(salon, closed)).toEqual([[700, 800]]);
  });

  it('hours that the salon enters at Booksy for a holiday come in and stay: no ping-pong', async () => {
    const { salon } = hours;
    const [closed, open] = [nextDate(), nextDate()];
    await hours.holiday(closed, 'closed');
    await hours.holiday(open, 'open', [[600, 840]]);
    await hours.process(hours.daysOf(salon));
    await hours.setDateThere(salon, closed, [[540, 600]]);
    await hours.setDateThere(salon, open, [[660, 720]]);
    await hours.rig.engine.fullSync(hours.rig.businessId);
    expect(await hours.dateHere(salon, closed)).toEqual([[540, 600]]);
    const [holiday] = await hours.rig.sql<{ intervals: unknown }>(
      'SELECT intervals FROM holidays WHERE business_id = $1 AND date = $2',
      [salon.id, open],
    );
    expect(holiday?.intervals).toEqual([[660, 720]]);
    expect(await hours.process(hours.daysOf(salon))).toMatchObject({ outcome: 'in_step', writes: 0 });
    await hours.removeDateThere(salon, closed);
    await hours.rig.engine.fullSync(hours.rig.businessId);
    await hours.process(hours.daysOf(salon));
    expect(await hours.process(hours.daysOf(salon))).toMatchObject({ outcome: 'in_step', writes: 0 });
    expect(await hours.conflicts(hours.daysOf(salon))).toEqual([]);
    expect((await hours.dateThere(salon, closed)) ?? 'as the week').not.toEqual([]);
  });
});

describe('two more sweeps', () => {
  it('I4 write nothing at Booksy and nothing here', async () => {
    const { businessId } = hours.rig;
    await hours.rig.engine.fullSync(businessId);
    for (const { record_id: id } of await hours.rig.sql<{ record_id: string }>(
      `SELECT DISTINCT record_id FROM sync_outbox WHERE entity = 'hours'`,
    ))
      await hours.process(id);
    const before = await hours.writes();
    const rows = () =>
      hours.rig.sql(
        `SELECT (SELECT jsonb_agg(w ORDER BY w.id) FROM working_hours w) AS days,
                (SELECT jsonb_agg(h ORDER BY h.id) FROM hours_schedules h) AS schedules`,
      );
    const held = await rows();
    for (const _ of [1, 2]) await hours.rig.engine.fullSync(businessId);
    const marked = await hours.rig.sql(`SELECT 1 FROM sync_outbox WHERE entity = 'hours'`);
    expect(marked).toEqual([]);
    expect(await hours.writes()).toBe(before);
    expect(await rows()).toEqual(held);
  });
});
