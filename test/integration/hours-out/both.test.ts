import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { undoAnswer } from '../../../api/undo/schema.ts';
import { eventually } from '../../support/eventually.ts';
import { startConflictRig, type ConflictRig } from '../conflicts/support/rig.ts';
import { weekdayAhead } from '../outbound/support/days.ts';
import { UNDO } from '../undo/support/rig.ts';
import { hoursOn, type HoursRig } from './support/hours.ts';

/** Hours that both sides change, with everything running: relay, workflows, API. Nobody is called by hand but the sweep. */

let rig: ConflictRig;
let hours: HoursRig;

beforeAll(async () => {
  rig = await startConflictRig();
  hours = await hoursOn(rig);
  await hours.rule({ 'hours.*': 'both' });
  await rig.quiet();
}, 300_000);

afterAll(() => rig.stop());

let days = 0;
const nextDate = () => weekdayAhead(20, (days += 1));
const PATIENT = { timeoutMs: 30_000 };
/** Hours have no webhooks (R4): the next pass sees them. */
const sweep = async () => {
  await rig.engine.fullSync(rig.businessId);
  await rig.quiet();
};

describe('different days', { timeout: 240_000 }, () => {
  it('of one week survive, each where it was changed', async () => {
    const { staff } = hours;
    await hours.setWeekdayThere(staff, 1, [[600, 1000]]);
    await hours.setWeekday(staff, 2, [[610, 1010]]);
    await eventually(async () => (await hours.weekThere(staff))[2]?.[0]?.[0] === 610, PATIENT);
    await sweep();
    for (const week of [await hours.weekHere(staff), await hours.weekThere(staff)]) {
      expect(week).toMatchObject({ 1: [[600, 1000]], 2: [[610, 1010]] });
    }
    expect(await hours.conflicts(hours.weekOf(staff))).toEqual([]);
  });

  it('of custom days too; what came in writes nothing there, and what went out comes back as an echo (R26, I4)', async () => {
    const { salon } = hours;
    const [ours, theirs] = [nextDate(), nextDate()];
    await hours.setDateThere(salon, theirs, [[620, 630]]);
    await hours.setDate(salon, ours, []);
    await eventually(async () => (await hours.dateThere(salon, ours)) !== null, PATIENT);
    await sweep();
    expect(await hours.dateHere(salon, theirs)).toEqual([[620, 630]]);
    expect(await hours.dateThere(salon, ours)).toEqual([]);
    const before = await hours.writes();
    await sweep();
    await sweep();
    expect(await hours.writes()).toBe(before);
  });
});

describe('many days at once', { timeout: 240_000 }, () => {
  it('go out over several processes, without anybody asking again (R14, R26)', async () => {
    const { staff } = hours;
    const dates = Array.from({ length: 17 }, nextDate);
    await rig.sql(
      `INSERT INTO working_hours (id, business_id, owner_kind, owner_id, kind, date, intervals)
       SELECT gen_random_uuid(), $1, 'staff', $2, 'custom', d::date, '[[631, 731]]' FROM unnest($3::text[]) d
       ON CONFLICT (owner_kind, owner_id, kind, day_of_week, date, applies_from) DO UPDATE SET intervals = excluded.intervals`,
      [rig.businessId, staff.id, dates],
    );
    const there = async () => Promise.all(dates.map((date) => hours.dateThere(staff, date)));
    await eventually(async () => (await there()).every((pairs) => pairs?.[0]?.[0] === 631), PATIENT);
    await rig.quiet();
    const sent = await hours.intents(hours.daysOf(staff));
    expect(sent.filter(({ state }) => state === 'confirmed')).toHaveLength(dates.length);
  });
});

describe('an emptied table of holidays (R27)', { timeout: 240_000 }, () => {
  it('opens no salon: what was closed there is closed here again', async () => {
    const { salon } = hours;
    const date = nextDate();
    await hours.holiday(date, 'closed');
    await eventually(async () => (await hours.dateThere(salon, date))?.length === 0, PATIENT);
    await rig.quiet();
    await rig.sql('TRUNCATE holidays');
    await eventually(async () => (await hours.dateHere(salon, date)) !== null, PATIENT);
    // It looked at all of Booksy by itself.
    const underWay = () => rig.sql(`SELECT 1 FROM sync_runs WHERE kind = 'full_sync' AND status = 'running'`);
    await eventually(async () => (await underWay()).length === 0, PATIENT);
    await rig.quiet();
    expect(await hours.dateHere(salon, date)).toEqual([]);
    expect(await hours.dateThere(salon, date)).toEqual([]);
  });
});

describe('the same day', { timeout: 240_000 }, () => {
  /** Changed on both sides before anybody looked. */
  async function disputed(date: string): Promise<void> {
    await rig.sql('UPDATE businesses SET paused_at = now() WHERE id = $1', [rig.businessId]);
    await hours.setDateThere(hours.salon, date, [[540, 600]]);
    await hours.setDate(hours.salon, date, [[660, 720]]);
    await rig.sql('UPDATE businesses SET paused_at = NULL WHERE id = $1', [rig.businessId]);
    await sweep();
  }

  it('is one card in words of a salon; keep-platform brings ours there', async () => {
    const date = nextDate();
    await disputed(date);
    const card = await rig.open('field', hours.daysOf(hours.salon));
    expect(card).toMatchObject({ kind: 'field', groups: [`date:${date}`] });
    expect(JSON.stringify(card)).toContain('11:00–12:00');
    expect(JSON.stringify(card)).toContain('09:00–10:00');
    // It is frozen: a change of another day goes on (R10, R10a).
    const other = nextDate();
    await hours.setDate(hours.salon, other, [[661, 721]]);
    await eventually(async () => (await hours.dateThere(hours.salon, other)) !== null, PATIENT);
    expect(await hours.dateThere(hours.salon, date)).toEqual([[540, 600]]);
    expect(await rig.resolve(card, { choice: 'keep-platform' })).toMatchObject({ status: 200 });
    await eventually(async () => (await hours.dateThere(hours.salon, date))?.[0]?.[0] === 660, PATIENT);
    expect(await hours.dateHere(hours.salon, date)).toEqual([[660, 720]]);
  });

  it('keep-booksy takes theirs over here, and writes nothing there', async () => {
    const date = nextDate();
    await disputed(date);
    const card = await rig.open('field', hours.daysOf(hours.salon));
    const before = await hours.writes();
    expect(await rig.resolve(card, { choice: 'keep-booksy' })).toMatchObject({ status: 200 });
    await eventually(async () => (await hours.dateHere(hours.salon, date))?.[0]?.[0] === 540, PATIENT);
    await sweep();
    expect(await hours.dateThere(hours.salon, date)).toEqual([[540, 600]]);
    expect(await hours.writes()).toBe(before);
  });

  it('is decided by the rule where it says who wins (R9)', async () => {
    const [booksy, platform] = [nextDate(), nextDate()];
    await hours.rule({ 'hours.*': 'both' }, 'booksy');
    await disputed(booksy);
    await eventually(async () => (await hours.dateHere(hours.salon, booksy))?.[0]?.[0] === 540, PATIENT);
    await hours.rule({ 'hours.*': 'both' }, 'platform');
    await disputed(platform);
    await eventually(async () => (await hours.dateThere(hours.salon, platform))?.[0]?.[0] === 660, PATIENT);
    await hours.rule({ 'hours.*': 'both' });
  });

  it('closes by itself when both come to the same', async () => {
    const date = nextDate();
    await disputed(date);
    const card = await rig.open('field', hours.daysOf(hours.salon));
    await hours.setDateThere(hours.salon, date, [[660, 720]]);
    await sweep();
    await eventually(async () => (await rig.row(card.id)).status !== 'open', PATIENT);
  });
});

describe('directions (R8)', { timeout: 240_000 }, () => {
  it('out: what the salon enters at Booksy does not come in, and ours goes there', async () => {
    const { room } = hours;
    await hours.rule({ 'hours.weekday': 'out', 'hours.date': 'in' });
    await hours.setWeekdayThere(room, 6, [[1, 2]]);
    const here = await hours.weekHere(room);
    await sweep();
    expect(await hours.weekHere(room)).toEqual(here);
    await hours.setWeekday(room, 5, [[622, 722]]);
    await eventually(async () => (await hours.weekThere(room))[5]?.[0]?.[0] === 622, PATIENT);
    // Dates only come in.
    const date = nextDate();
    const there = await hours.dateThere(room, date);
    await hours.setDate(room, date, [[624, 724]]);
    await rig.quiet();
    expect(await hours.dateThere(room, date)).toEqual(there);
    await hours.setDate(room, date, there);
    await hours.rule({ 'hours.*': 'both' });
  });
});

describe('a dry run and an undo', { timeout: 240_000 }, () => {
  it('R18 the plan counts the sets of hours that a push would change', async () => {
    await rig.sql('UPDATE businesses SET push_allowed_at = NULL WHERE id = $1', [rig.businessId]);
    await hours.setWeekday(hours.staff, 4, [[623, 723]]);
    await rig.quiet();
    const ledger = await rig.engine.fullSync(rig.businessId, 'dry_run');
    const { body } = await rig.engine.api.send('GET', `/api/admin/booksy/operations/${ledger.id}/plan`);
    expect(body).toMatchObject({ plan: { counts: { outbound: { hours: { create: 0, change: 1 } } } } });
    await rig.sql('UPDATE businesses SET push_allowed_at = now() WHERE id = $1', [rig.businessId]);
    await sweep();
    await eventually(async () => (await hours.weekThere(hours.staff))[4]?.[0]?.[0] === 623, PATIENT);
  });

  it('days that came in are taken back, here and at Booksy: a weekday, and a date that nobody stated before', async () => {
    const { staff } = hours;
    let date = nextDate();
    // The generated salon has custom days of its own.
    while ((await hours.dateThere(staff, date)) !== null) date = nextDate();
    const before = (await hours.weekHere(staff))[3] ?? [];
    await hours.setWeekdayThere(staff, 3, [[625, 725]]);
    await hours.setDateThere(staff, date, [[626, 726]]);
    await sweep();
    expect((await hours.weekHere(staff))[3]).toEqual([[625, 725]]);
    expect(await hours.dateHere(staff, date)).toEqual([[626, 726]]);
    for (const recordId of [hours.weekOf(staff), hours.daysOf(staff)]) {
      const asked = await rig.engine.api.send('POST', UNDO, { entity: 'hours', recordId });
      const { undo } = undoAnswer.parse(asked.body);
      expect(undo.records).toMatchObject([{ entity: 'hours', atBooksy: true }]);
      const confirmed = await rig.engine.api.send('POST', `${UNDO}/${undo.id}/confirm`, { atBooksy: true });
      expect([200, 202]).toContain(confirmed.status);
    }
    await eventually(async () => (await hours.dateHere(staff, date)) === null, PATIENT);
    await rig.quiet();
    await sweep();
    expect((await hours.weekHere(staff))[3]).toEqual(before);
    expect((await hours.weekThere(staff))[3]).toEqual(before);
    const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
    expect(await hours.dateThere(staff, date)).toEqual((await hours.weekHere(staff))[weekday] ?? []);
  });
});
