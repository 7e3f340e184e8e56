import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { hoursOn, type HoursRig, type OwnerOf } from '../hours-out/support/hours.ts';
import { weekdayAhead } from '../outbound/support/days.ts';
import { startUndoRig, type UndoRig } from './support/rig.ts';

/** SPEC 3.8: the last change of hours and of time off is taken back, also where people made it by the API; there and here. */
let rig: UndoRig;
let hours: HoursRig;

beforeAll(async () => {
  rig = await startUndoRig();
  hours = await hoursOn(rig);
  await hours.rule({ 'hours.*': 'both' });
  await rig.quiet();
});
afterAll(() => rig.stop());

const PATIENCE = { timeoutMs: 30_000 };
const path = (rest: string) => `/api/admin/booksy/businesses/${rig.businessId}/${rest}`;

async function put(rest: string, body: object): Promise<unknown> {
  const { status, body: answer } = await rig.engine.api.send('PUT', path(rest), body);
  expect(status, JSON.stringify(answer)).toBe(200);
  return answer;
}

const ownerOf = ({ kind, id }: OwnerOf) => ({ owner: { kind, id } });

describe('hours that people set by the API', () => {
  it('go back to what they were, here and at Booksy: a day that had none of its own has none again', async () => {
    const { staff } = hours;
    let n = 0;
    while ((await hours.dateThere(staff, weekdayAhead(20, n))) !== null) n += 1;
    const date = weekdayAhead(20, n);
    const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
    const usual = (await hours.weekHere(staff))[weekday] ?? [];
    await put(`hours/days/${date}`, { ...ownerOf(staff), intervals: [[600, 700]] });
    await eventually(async () => (await hours.dateThere(staff, date))?.[0]?.[0] === 600, PATIENCE);
    await rig.quiet();

    const shown = await rig.ask({ entity: 'hours', recordId: hours.daysOf(staff) });
    expect(shown.records).toMatchObject([
      { entity: 'hours', changes: [{ group: `date:${date}`, from: [[600, 700]] }], atBooksy: true },
    ]);
    await rig.confirm(shown.id, true);
    expect(await hours.dateHere(staff, date)).toBeNull();
    await rig.quiet();
    expect(await hours.dateThere(staff, date)).toEqual(usual);
  });

  it('are left, all of them, where one of a week was changed since they were shown', async () => {
    const { staff } = hours;
    const days = [0, 1, 2, 3, 4, 5, 6].map((dayOfWeek) => ({ dayOfWeek, intervals: [[610, 910]] }));
    await put('hours/week', { ...ownerOf(staff), days });
    await eventually(async () => (await hours.weekThere(staff))[2]?.[0]?.[0] === 610, PATIENCE);
    await rig.quiet();
    const shown = await rig.ask({ entity: 'hours', recordId: hours.weekOf(staff) });
    expect(shown.records[0]?.changes.length).toBeGreaterThan(3);
    await hours.setWeekday(staff, 2, [[620, 920]]);
    await rig.quiet();
    // What was shown is not what is there any more: nothing of it is done.
    expect(await rig.confirm(shown.id, true)).toMatchObject({
      counts: { done: 0 },
      leftRecords: [{ reason: 'changed_later' }],
    });
    expect((await hours.weekHere(staff))[1]).toEqual([[610, 910]]);
  });
});

describe('time off that people added by the API', () => {
  const isHere = async (id: string) =>
    (await rig.sql('SELECT 1 FROM time_off WHERE id = $1', [id])).length === 1;
  const linked = async (id: string) =>
    (
      await rig.sql<{ link: string }>(
        'SELECT external_id AS link FROM external_time_off WHERE time_off_id = $1 AND gone_at IS NULL',
        [id],
      )
    )[0]?.link ?? null;

  async function added(): Promise<string> {
    const date = weekdayAhead(25, (days += 1));
    const { status, body } = await rig.engine.api.send('POST', path('time-off'), {
      ...ownerOf(hours.staff),
      startsLocal: `${date}T06:00`,
      endsLocal: `${date}T06:30`,
      reasonCode: 'training',
    });
    expect([200, 201], JSON.stringify(body)).toContain(status);
    return z.object({ timeOff: z.object({ id: z.guid() }) }).parse(body).timeOff.id;
  }
  let days = 0;

  it('is removed on both sides', async () => {
    const id = await added();
    await eventually(() => linked(id), { ...PATIENCE, what: 'the time off at Booksy' });
    await rig.quiet();
    const shown = await rig.ask({ entity: 'time_off', recordId: id });
    expect(shown.records).toMatchObject([{ end: 'remove', atBooksy: true }]);
    await rig.confirm(shown.id, true);
    expect(await isHere(id)).toBe(false);
    await eventually(async () => (await linked(id)) === null, { ...PATIENCE, what: 'the removal at Booksy' });
  });

  it('and changed goes back to its time', async () => {
    const id = await added();
    await eventually(() => linked(id), { ...PATIENCE, what: 'the time off at Booksy' });
    await rig.quiet();
    const endsHere = async () =>
      (
        await rig.sql<{ at: string }>(
          `SELECT to_char(ends_local, 'HH24:MI') AS at FROM time_off WHERE id = $1`,
          [id],
        )
      )[0]?.at;
    const [row] = await rig.sql<{ day: string }>(
      `SELECT to_char(starts_local, 'YYYY-MM-DD') AS day FROM time_off WHERE id = $1`,
      [id],
    );
    const changed = await rig.engine.api.send('PATCH', `/api/admin/booksy/time-off/${id}`, {
      endsLocal: `${row?.day ?? ''}T06:45`,
    });
    expect(changed.status, JSON.stringify(changed.body)).toBe(200);
    await rig.quiet();
    expect(await endsHere()).toBe('06:45');
    const shown = await rig.ask({ entity: 'time_off', recordId: id });
    expect(shown.records).toMatchObject([{ changes: [{ group: 'time' }], atBooksy: true }]);
    await rig.confirm(shown.id, true);
    expect(await endsHere()).toBe('06:30');
    await rig.quiet();
  });
});
