import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weekdayAhead } from '../outbound/support/days.ts';
import { startHoursRig, type HoursRig, type OwnerOf } from './support/hours.ts';

/** Fields of hours that nobody here knows survive a PUT of ours, and are applied nowhere (R13a, R40). */

let hours: HoursRig;

beforeAll(async () => {
  hours = await startHoursRig();
  await hours.rule({ 'hours.*': 'both' });
}, 300_000);

afterAll(() => hours.stop());

interface Day {
  readonly day_of_week: number;
  readonly hours_apply_from: string | null;
  readonly hours: readonly object[];
}

function asSalon(method: string, owner: OwnerOf, rest: string, body?: unknown): Promise<unknown> {
  const of = owner.kind === 'business' ? '' : `resource/${owner.externalId}/`;
  const path = `/business/${hours.rig.salon}/schedule/${of}${rest}`;
  return hours.rig.engine.simulator.asSalon(method, path, body);
}

const lunch = { hour_from: '09:00', hour_till: '17:00', label: 'with lunch' };

describe('a week there', () => {
  it('keeps what it holds beside its hours, of the day that we change and of those that we do not', async () => {
    for (const owner of [hours.salon, hours.staff]) {
      const before = (await asSalon('GET', owner, 'default/')) as readonly Day[];
      const marked = [
        ...before.filter((day) => day.hours_apply_from !== null || ![1, 2].includes(day.day_of_week)),
        { day_of_week: 1, hours: [lunch], hours_apply_from: null, remark: { text: 'ring twice', tags: [1] } },
        { day_of_week: 2, hours: [lunch], hours_apply_from: null, remark: null },
      ];
      await asSalon('PUT', owner, 'default/', marked);
      await hours.rig.engine.fullSync(hours.rig.businessId);
      expect((await hours.weekHere(owner))[2]).toEqual([[540, 1020]]);
      await hours.setWeekday(owner, 1, [[601, 1001]]);
      expect(await hours.process(hours.weekOf(owner))).toMatchObject({ outcome: 'written', writes: 1 });

      const after = (await asSalon('GET', owner, 'default/')) as readonly Day[];
      const dayOf = (days: readonly object[], day: number) =>
        days.find((each) => 'day_of_week' in each && each.day_of_week === day && nowOf(each));
      expect(dayOf(after, 1)).toEqual({
        ...dayOf(marked, 1),
        hours: [{ hour_from: '10:01', hour_till: '16:41' }],
      });
      expect(dayOf(after, 2)).toEqual(dayOf(marked, 2));
      expect(after.filter((day) => !nowOf(day))).toEqual(before.filter((day) => !nowOf(day)));
    }
  });
});

describe('a date there', () => {
  it('keeps what it holds beside its hours', async () => {
    const { staff } = hours;
    const [ours, other] = [weekdayAhead(20, 1), weekdayAhead(20, 2)];
    for (const date of [ours, other])
      await asSalon('PUT', staff, `custom/${date}/`, { hours: [lunch], remark: `of ${date}` });
    await hours.rig.engine.fullSync(hours.rig.businessId);
    expect(await hours.dateHere(staff, ours)).toEqual([[540, 1020]]);
    await hours.setDate(staff, ours, [[602, 1002]]);
    expect(await hours.process(hours.daysOf(staff))).toMatchObject({ outcome: 'written', writes: 1 });

    expect(await asSalon('GET', staff, `custom/${ours}/`)).toEqual({
      date: ours,
      hours: [{ hour_from: '10:02', hour_till: '16:42' }],
      remark: `of ${ours}`,
    });
    expect(await asSalon('GET', staff, `custom/${other}/`)).toEqual({
      date: other,
      hours: [lunch],
      remark: `of ${other}`,
    });
  });
});

function nowOf(day: object): boolean {
  return !('hours_apply_from' in day) || day.hours_apply_from === null;
}
