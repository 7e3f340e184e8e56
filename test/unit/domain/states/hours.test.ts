import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asIntervals,
  customDayWindow,
  dayOfGroup,
  groupOfDay,
  hoursExternalId,
  hoursKeyOf,
  hoursThere,
  isTellable,
  scheduleId,
  weekOn,
} from '../../../../domain/states/hours.ts';
import { groupText, valueText } from '../../../../domain/conflicts/words.ts';
import { labelOf } from '../../../../domain/states/label.ts';

const NINE = [[540, 1020]];
const TEN = [[600, 720]];

describe('the names of schedules and days', () => {
  it.each(['weekday:now:0', 'weekday:2027-01-01:6', 'date:2026-12-24'])(
    '%s comes back as it was',
    (group) => {
      expect(groupOfDay(dayOfGroup(group))).toBe(group);
    },
  );

  it('a schedule is named by its owner there and its part', () => {
    const key = { ownerKind: 'staff', ownerExternalId: '12', part: 'custom' } as const;
    expect(hoursExternalId(key)).toBe('staff:12:custom');
    expect(hoursKeyOf('staff:12:custom')).toEqual(key);
    for (const other of ['staff:12', 'chair:12:weekly', 'staff:12:monthly', '12'])
      expect(() => hoursKeyOf(other)).toThrow(RangeError);
  });

  it('ids are uuids, the same for the same and another for another', () => {
    const owner = '0199c0de-0000-7000-8000-000000000001';
    const ids = (['business', 'staff', 'room'] as const).flatMap((kind) =>
      (['weekly', 'custom'] as const).map((part) => scheduleId(kind, owner, part)),
    );
    expect(new Set(ids).size).toBe(6);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(scheduleId('staff', owner, 'weekly')).toBe(ids[2]);
  });
});

describe('what may be told to Booksy', () => {
  const today = '2026-11-23';
  it.each([
    ['weekday:now:1', true],
    ['weekday:2020-01-01:1', true],
    ['date:2026-11-22', false],
    ['date:2026-11-23', true],
    ['date:2027-11-24', true],
    ['date:2027-11-25', false],
  ])('%s: %s (R13a, R18)', (group, told) => {
    expect(isTellable(group, today)).toBe(told);
  });

  it('is what is read there', () => {
    expect(customDayWindow(today)).toEqual({ fromDate: '2026-10-23', tillDate: '2027-11-24' });
  });
});

describe('the week on a date', () => {
  const week = { 'weekday:now:4': NINE, 'weekday:2026-12-01:4': TEN, 'weekday:2027-06-01:5': NINE };
  it.each([
    ['2026-11-26', NINE],
    ['2026-12-03', TEN],
    ['2026-12-02', []],
    ['2027-06-03', []],
    ['2027-06-04', NINE],
  ])('%s is of the set that began last; a day that it does not name is closed', (date, expected) => {
    expect(weekOn(week, date)).toEqual(expected);
  });

  it('says nothing where no week is stated, or none has begun', () => {
    expect(weekOn({}, '2026-11-26')).toBeUndefined();
    expect(weekOn({ 'weekday:2027-06-01:5': NINE }, '2026-11-26')).toBeUndefined();
  });
});

describe('hours as they are said there', () => {
  it('a set of weekdays has all seven; what it does not name is closed', () => {
    const { groups, unmapped } = hoursThere({ 'weekday:now:1': NINE, 'weekday:2027-01-01:2': TEN }, null);
    expect(unmapped).toEqual([]);
    expect(Object.keys(groups)).toHaveLength(14);
    expect(groups).toMatchObject({ 'weekday:now:1': NINE, 'weekday:now:0': [], 'weekday:2027-01-01:2': TEN });
  });

  it('no set is made up, and dates stay dates', () => {
    expect(hoursThere({}, null).groups).toEqual({});
    expect(hoursThere({ 'date:2026-12-24': [] }, null).groups).toEqual({ 'date:2026-12-24': [] });
  });

  it('what both sides agreed on is said in Booksy’s words of then (R6)', () => {
    const group = 'weekday:now:1';
    const base = { ours: { [group]: [[540, 1020]] }, theirs: { [group]: [[540, 1030]] } };
    expect(hoursThere({ [group]: [[540, 1020]] }, base).groups[group]).toEqual([[540, 1030]]);
    expect(hoursThere({ [group]: TEN }, base).groups[group]).toEqual(TEN);
  });

  it.each([
    ['nine to five', [[540, 1020]], true],
    ['to midnight', [[0, 1440]], true],
    ['past midnight', [[1320, 1560]], true],
    ['around the clock and more', [[540, 1980]], false],
    ['from tomorrow', [[1440, 1500]], false],
    ['backwards', [[600, 540]], false],
    ['no pairs', [540, 1020], false],
    ['text', 'closed', false],
    ['nothing', null, false],
  ])('%s can be said: %s', (_what, value, sayable) => {
    expect(asIntervals(value) !== null).toBe(sayable);
    expect(hoursThere({ 'weekday:now:1': value }, null).unmapped).toEqual(sayable ? [] : ['weekday:now:1']);
  });

  it('never fails, whatever a platform keeps in its column', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { groups, unmapped } = hoursThere({ 'date:2026-12-24': value as never }, null);
        expect('date:2026-12-24' in groups).toBe(unmapped.length === 0);
      }),
    );
  });
});

describe('hours in the words of a salon', () => {
  it.each([
    ['weekday:now:1', NINE, 'Hours on Monday', '09:00–17:00'],
    ['weekday:2027-01-01:0', [], 'Hours on Sunday from 2027-01-01', 'closed'],
    ['date:2026-12-24', [[1320, 1560]], 'Hours on 2026-12-24', '22:00–02:00'],
    ['date:2026-12-25', 'x', 'Hours on 2026-12-25', 'hours that cannot be read'],
  ])('%s', (group, value, name, text) => {
    expect(groupText(group)).toBe(name);
    expect(valueText(group, value, new Map())).toBe(text);
    expect(valueText(group, undefined, new Map())).toBeNull();
    expect(labelOf('hours', { [group]: value })).toBe('opening hours');
  });
});
