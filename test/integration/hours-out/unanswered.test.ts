import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { weekdayAhead } from '../outbound/support/days.ts';
import { startHoursRig, type HoursRig } from './support/hours.ts';

/** What goes wrong on the way of opening hours to Booksy: lost answers, refusals, shut gates. */

let hours: HoursRig;

beforeAll(async () => {
  hours = await startHoursRig();
  await hours.rule({ 'hours.*': 'both' });
}, 300_000);

afterAll(() => hours.stop());

beforeEach(() => hours.rig.engine.simulator.clearFaults());
afterEach(() => hours.rig.engine.simulator.clearFaults());

const WEEK = 'PUT /business/{business_id}/schedule/default/';
const STAFF_DAY = 'PUT /business/{business_id}/schedule/resource/{resource_id}/custom/{date}/';
let days = 0;
const nextDate = () => weekdayAhead(20, (days += 1));
const states = async (id: string) => (await hours.intents(id)).map(({ state }) => state);
/** So many PUTs of a route were acted on. */
async function puts(route: string): Promise<number> {
  return (await hours.rig.engine.simulator.counters()).calls.byRoute[route] ?? 0;
}

describe('a PUT whose answer is lost (R14)', () => {
  it('acted: it is seen, counts as ours, and is not sent again', async () => {
    const { salon } = hours;
    const id = hours.weekOf(salon);
    await hours.setWeekday(salon, 1, [[611, 1011]]);
    const before = await puts(WEEK);
    await hours.under({ kind: 'lose_answer', route: WEEK }, () => hours.process(id));
    expect(await states(id)).toEqual(['unknown']);
    expect((await hours.weekThere(salon))[1]).toEqual([[611, 1011]]);
    // While nobody knows, the base stays; then a read proves it.
    expect(await hours.process(id)).toMatchObject({ writes: 0, conflicts: 0 });
    expect(await states(id)).toEqual(['confirmed']);
    await hours.rig.engine.fullSync(hours.rig.businessId);
    expect(await hours.process(id)).toMatchObject({ writes: 0, conflicts: 0 });
    expect(await puts(WEEK)).toBe(before + 1);
    expect((await hours.weekHere(salon))[1]).toEqual([[611, 1011]]);
    expect(await hours.conflicts(id)).toEqual([]);
  });

  it('did not act: it is blocked until H has passed, then sent once more (R14a)', async () => {
    const { staff } = hours;
    const [id, date] = [hours.daysOf(staff), nextDate()];
    await hours.setDate(staff, date, [[612, 712]]);
    await hours.under({ kind: 'drop_request', route: STAFF_DAY }, () => hours.process(id));
    expect(await hours.dateThere(staff, date)).toBeNull();
    expect(await hours.process(id)).toMatchObject({ outcome: 'waiting', writes: 0 });
    // Another day of the same record waits with it.
    const other = nextDate();
    await hours.setDate(staff, other, [[613, 713]]);
    expect(await hours.process(id)).toMatchObject({ outcome: 'waiting', writes: 0 });
    await hours.age(id, 200);
    expect(await hours.process(id)).toMatchObject({ outcome: 'written', writes: 2 });
    expect(await hours.dateThere(staff, date)).toEqual([[612, 712]]);
    expect(await hours.dateThere(staff, other)).toEqual([[613, 713]]);
    expect(await states(id)).toEqual(['expired', 'confirmed', 'confirmed']);
  });

  it('acts late, over a newer edit of ours: the newer one is restored, and it is told (R14b)', async () => {
    const { salon } = hours;
    const id = hours.weekOf(salon);
    await hours.setWeekday(salon, 5, [[614, 714]]);
    await hours.under({ kind: 'act_late', route: WEEK, ms: 60_000 }, () => hours.process(id));
    await hours.age(id, 200);
    await hours.setWeekday(salon, 5, [[615, 715]]);
    expect(await hours.process(id)).toMatchObject({ outcome: 'written' });
    expect((await hours.weekThere(salon))[5]).toEqual([[615, 715]]);
    await hours.rig.engine.simulator.control('POST', '/clock', { advanceMs: 120_000 });
    expect((await hours.weekThere(salon))[5]).toEqual([[614, 714]]);
    // The next look leaves it to the process, which knows its own late write.
    await hours.rig.engine.fullSync(hours.rig.businessId);
    expect((await hours.weekHere(salon))[5]).toEqual([[615, 715]]);
    await hours.process(id);
    expect((await hours.weekThere(salon))[5]).toEqual([[615, 715]]);
    const noted = await hours.rig.sql(
      `SELECT 1 FROM booksy_audit_log WHERE record_id = $1 AND reason_code = 'late_write_restored'`,
      [id],
    );
    expect(noted).toHaveLength(1);
  });
});

describe('a refusal', () => {
  it.each([
    [400, 'invalid_request'],
    [409, 'time_taken'],
    [403, 'forbidden'],
  ])('%i is a conflict of that day; the others go on (R10)', async (status, code) => {
    const { room } = hours;
    const id = hours.daysOf(room);
    const [date, other] = [nextDate(), nextDate()];
    await hours.setDate(room, date, [[616, 716]]);
    await hours.under({ kind: 'status', status, route: STAFF_DAY }, () => hours.process(id));
    expect(await hours.conflicts(id)).toMatchObject([
      { kind: 'refused_by_booksy', groups: [`date:${date}`], detail: { reason: code } },
    ]);
    expect(await hours.dateThere(room, date)).toBeNull();
    await hours.setDate(room, other, [[617, 717]]);
    expect(await hours.process(id)).toMatchObject({ outcome: 'written', writes: 1 });
    expect(await hours.dateThere(room, other)).toEqual([[617, 717]]);
    expect(await hours.dateThere(room, date)).toBeNull();
    await hours.rig.sql('DELETE FROM booksy_sync_conflicts WHERE record_id = $1', [id]);
    await hours.process(id);
    expect(await hours.dateThere(room, date)).toEqual([[616, 716]]);
  });
});

describe('a gate that is shut', () => {
  it('R18 nothing goes out before a person has allowed it; R30 nor while the salon is paused', async () => {
    const { staff, rig } = hours;
    const id = hours.weekOf(staff);
    const there = await hours.weekThere(staff);
    for (const [shut, open] of [
      ['push_allowed_at = NULL', 'push_allowed_at = now()'],
      ['paused_at = now()', 'paused_at = NULL'],
    ] as const) {
      await rig.sql(`UPDATE businesses SET ${shut} WHERE id = $1`, [rig.businessId]);
      await hours.setWeekday(staff, 2, [[618, 718 + days]]);
      days += 1;
      expect(await hours.process(id)).toMatchObject({ outcome: 'held', writes: 0 });
      expect(await hours.weekThere(staff)).toEqual(there);
      await rig.sql(`UPDATE businesses SET ${open} WHERE id = $1`, [rig.businessId]);
    }
    expect(await hours.process(id)).toMatchObject({ outcome: 'written', writes: 1 });
    expect((await hours.weekThere(staff))[2]).toEqual((await hours.weekHere(staff))[2]);
  });

  it('a person whose hours Booksy was never read for is not written to: that comes with the first look', async () => {
    const [{ id: stranger } = { id: '' }] = await hours.rig.sql<{ id: string }>(
      `INSERT INTO staff (id, business_id, name) VALUES (gen_random_uuid(), $1, 'Nowa Osoba') RETURNING id`,
      [hours.rig.businessId],
    );
    const owner = { kind: 'staff', id: stranger, externalId: '0' } as const;
    await hours.setWeekday(owner, 1, [[540, 600]]);
    expect(await hours.process(hours.weekOf(owner))).toMatchObject({ outcome: 'held', writes: 0 });
    // A row of the box that names no schedule harms nobody.
    expect(await hours.process(stranger)).toMatchObject({ outcome: 'in_step', writes: 0 });
  });
});
