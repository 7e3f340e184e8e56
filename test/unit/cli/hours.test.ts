import { InvalidArgumentError } from 'commander';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { setWeek, type SetWeekOptions } from '../../../cli/hours/run.ts';
import { addTimeOff, changeTimeOff } from '../../../cli/hours/time-off.ts';
import { hoursText, ownerOf, ownerQuery, parseHours } from '../../../cli/hours/words.ts';
import { outputOf } from './support/captured.ts';
import { problem, startStubApi, type StubApi, type StubRoutes } from './support/stub-api.ts';

const ID = '0199c0de-0000-7000-8000-000000000001';
const ADA = '0199c0de-0000-7000-8000-0000000000a1';
const BASE = `/api/admin/booksy/businesses/${ID}`;
const WEEK = [0, 1, 2, 3, 4, 5, 6];
const weekOf = (version: string, open: number, appliesFrom: string | null = null) => ({
  appliesFrom,
  days: WEEK.map((dayOfWeek) => ({ dayOfWeek, intervals: [[open, 1020]] })),
  version,
});

let stub: StubApi;
const serve = async (owner: object, routes: StubRoutes = {}) => {
  const step = { direction: 'in', provenAt: null };
  const own = { id: ID, name: 'Salon', week: null, schedules: [], days: [] };
  stub = await startStubApi({
    [`GET ${BASE}/hours`]: {
      zone: 'Europe/Warsaw',
      today: '2026-11-23',
      connected: false,
      weeks: step,
      days: step,
      owners: [
        { ...own, kind: 'business', ...owner },
        { ...own, kind: 'staff', id: ADA, name: 'Ada' },
      ],
    },
    [`PUT ${BASE}/hours/week`]: { week: weekOf('v2', 600), changed: true, visits: { count: 0, ids: [] } },
    ...routes,
  });
};

describe('hours as text', () => {
  it.each([
    ['closed', []],
    ['09:00-17:00', [[540, 1020]]],
    [
      '9:00-13:00, 14:00-18:00',
      [
        [540, 780],
        [840, 1080],
      ],
    ],
    ['00:00-24:00', [[0, 1440]]],
    ['22:00-02:00+1', [[1320, 1560]]],
  ])('%s', (text, intervals) => {
    expect(parseHours(text)).toEqual(intervals);
  });

  it.each([
    '',
    '9-17',
    '17:00-09:00',
    '09:00-09:00',
    '09:60-10:00',
    '24:00-02:00+1',
    '25:00-26:00',
    '09:00-17:00;',
    'open',
  ])('“%s” is not understood', (text) => {
    expect(() => parseHours(text)).toThrow(InvalidArgumentError);
  });

  it('is written as it is read', () => {
    const interval = fc
      .tuple(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 1, max: 1439 }))
      .map(([open, length]) => [open, open + length] as [number, number]);
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 4 }), (intervals) => {
        expect(parseHours(hoursText(intervals))).toEqual(intervals);
      }),
    );
  });
});

describe('booksy hours set-week', () => {
  afterEach(() => stub.stop());
  const set = (options: Omit<SetWeekOptions, 'business'>) => {
    const { output } = outputOf(true);
    return setWeek(stub.api, { business: ID, ...options }, output);
  };
  const sent = () => stub.of(`PUT ${BASE}/hours/week`)[0]?.body;

  it('sends the whole week with the version that it stands on; what is not named stays', async () => {
    await serve({ week: weekOf('v1', 540) });
    await set({ mon: [], sat: [[600, 720]] });
    expect(sent()).toMatchObject({ owner: { kind: 'business' }, version: 'v1' });
    expect(sent()).toMatchObject({
      days: WEEK.map((dayOfWeek) => ({
        dayOfWeek,
        intervals: dayOfWeek === 1 ? [] : dayOfWeek === 6 ? [[600, 720]] : [[540, 1020]],
      })),
    });
  });

  it('a new schedule begins as the week that counts on its first day, and expects that there is none', async () => {
    await serve({
      week: weekOf('v1', 540),
      schedules: [weekOf('v5', 600, '2026-12-01'), weekOf('v6', 660, '2027-01-01')],
    });
    await set({ from: '2026-12-15', mon: [] });
    expect(sent()).toMatchObject({
      appliesFrom: '2026-12-15',
      version: null,
      days: [{ intervals: [[600, 1020]] }, { intervals: [] }, {}, {}, {}, {}, {}],
    });
  });

  it('one that is there is changed by its own version', async () => {
    await serve({ week: weekOf('v1', 540), schedules: [weekOf('v5', 600, '2026-12-01')] });
    await set({ from: '2026-12-01', sun: [] });
    expect(sent()).toMatchObject({
      appliesFrom: '2026-12-01',
      version: 'v5',
      days: [{ intervals: [] }, { intervals: [[600, 1020]] }, {}, {}, {}, {}, {}],
    });
  });

  it('says what is missing, and sends nothing', async () => {
    await serve({ week: weekOf('v1', 540) });
    await expect(set({})).rejects.toMatchObject({ code: 'nothing_named', exitCode: 2 });
    await expect(set({ staff: ADA, mon: [] })).rejects.toMatchObject({ code: 'week_missing', exitCode: 2 });
    await expect(set({ staff: ID, every: [] })).rejects.toMatchObject({ code: 'not_found', exitCode: 1 });
    await expect(set({ staff: ADA, room: ID, every: [] })).rejects.toMatchObject({
      code: 'two_owners',
      exitCode: 2,
    });
    expect(sent()).toBeUndefined();
    await set({ staff: ADA, every: [[540, 600]] });
    expect(sent()).toMatchObject({ owner: { kind: 'staff', id: ADA }, version: null });
  });

  it('somebody else was faster: exit code 1 and the code of the API', async () => {
    await serve(
      { week: weekOf('v1', 540) },
      { [`PUT ${BASE}/hours/week`]: () => problem(409, 'hours_changed') },
    );
    await expect(set({ mon: [] })).rejects.toMatchObject({ code: 'hours_changed', exitCode: 1 });
  });
});

describe('booksy time-off', () => {
  afterEach(() => stub.stop());
  it('takes dates or times, not both, and needs somebody', async () => {
    await serve({});
    const { output } = outputOf(true);
    const add = (options: object) => addTimeOff(stub.api, { business: ID, ...options }, output);
    await expect(add({ from: '2026-12-01' })).rejects.toMatchObject({ code: 'owner_missing', exitCode: 2 });
    await expect(add({ staff: ADA, from: '2026-12-01', to: '2026-12-01T10:00' })).rejects.toMatchObject({
      code: 'days_and_times',
      exitCode: 2,
    });
    await expect(changeTimeOff(stub.api, ID, {}, output)).rejects.toMatchObject({
      code: 'nothing_named',
      exitCode: 2,
    });
    expect(stub.requests).toEqual([]);
    await expect(add({ staff: ADA, from: '2026-12-01', reason: 'vacation' })).rejects.toMatchObject({
      exitCode: 1,
    });
    await expect(changeTimeOff(stub.api, ID, { to: '2026-12-01T10:00' }, output)).rejects.toMatchObject({
      exitCode: 1,
    });
    expect(stub.requests.map(({ body }) => body)).toEqual([
      { owner: { kind: 'staff', id: ADA }, fromDate: '2026-12-01', reasonCode: 'vacation' },
      { endsLocal: '2026-12-01T10:00' },
    ]);
  });

  it('names the owner to the API', async () => {
    await serve({});
    expect(ownerQuery({ business: ID })).toBe('');
    expect(ownerQuery({ business: ID, room: ADA }, { appliesFrom: '2026-12-01' })).toBe(
      `?room=${ADA}&appliesFrom=2026-12-01`,
    );
    expect(ownerOf({ business: ID, staff: ADA })).toEqual({ kind: 'staff', id: ADA });
  });
});
