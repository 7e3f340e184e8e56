import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestApi } from '../api/support/api.ts';
import { makeSalon, type TestSalon } from '../bookings/support/salon.ts';
import { badValue, expectRefused, NOT_FOUND, type Refusal } from './support/refused.ts';
import { ADMIN, dateIn, openTwoSalons } from './support/salon.ts';

/** Time off that cannot be: a clear problem that names the value, and nothing half-written. */

let api: TestApi;
let salon: TestSalon;
let other: TestSalon;
beforeAll(async () => {
  ({ api, salon, other } = await openTwoSalons());
});
afterAll(() => api.stop());

/** The next night on which the clocks of Warsaw go forward, or back. */
function changeIn(month: number): string {
  const now = new Date();
  for (let year = now.getUTCFullYear(); ; year += 1) {
    const last = new Date(Date.UTC(year, month + 1, 0));
    last.setUTCDate(last.getUTCDate() - last.getUTCDay());
    if (last.getTime() > now.getTime() + 2 * 86_400_000) return last.toISOString().slice(0, 10);
  }
}
const [FORWARD, BACK] = [changeIn(2), changeIn(9)];

const owner = () => ({ kind: 'staff', id: salon.staff[0] });
const hours = (startsLocal: string, endsLocal: string) => ({ owner: owner(), startsLocal, endsLocal });
const dates = (fromDate: string, more: object = {}) => ({ owner: owner(), fromDate, ...more });
const at = (time: string) => `${dateIn(3)}T${time}`;
const ambiguous = (path: string, says: string): Refusal => ({
  status: 422,
  code: 'time_ambiguous',
  path,
  says,
});

describe('POST …/time-off', () => {
  it.each<[string, () => object, Refusal]>([
    [
      'of the salon',
      () => ({ owner: { kind: 'business' }, fromDate: dateIn(3) }),
      badValue('body.owner.kind', 'custom day'),
    ],
    ['no time', () => ({ owner: owner() }), badValue('body.startsLocal')],
    ['no end', () => ({ owner: owner(), startsLocal: at('10:00') }), badValue('body.endsLocal')],
    [
      'an end before the start',
      () => hours(at('10:00'), at('09:00')),
      badValue('body.endsLocal', 'before the start'),
    ],
    ['no length', () => hours(at('10:00'), at('10:00')), badValue('body.endsLocal', 'at least a minute')],
    ['days out of order', () => dates(dateIn(4), { toDate: dateIn(3) }), badValue('body.toDate')],
    [
      'days and times',
      () => ({ ...hours(at('10:00'), at('11:00')), fromDate: dateIn(3) }),
      badValue('body.fromDate'),
    ],
    ['a last day alone', () => ({ owner: owner(), toDate: dateIn(3) }), badValue('body.fromDate')],
    ['no such date', () => dates('2027-02-30'), badValue('body.fromDate')],
    [
      'a time that no clock shows',
      () => hours('2027-03-01T25:00', '2027-03-02T10:00'),
      badValue('body.startsLocal'),
    ],
    ['an instant', () => hours(`${at('10:00')}:00Z`, at('11:00')), badValue('body.startsLocal')],
    [
      'a start that does not exist',
      () => hours(`${FORWARD}T02:30`, `${FORWARD}T05:00`),
      ambiguous('body.startsLocal', 'does not exist'),
    ],
    [
      'an end that does not exist',
      () => hours(`${FORWARD}T00:30`, `${FORWARD}T02:30`),
      ambiguous('body.endsLocal', 'does not exist'),
    ],
    [
      'a start that comes twice',
      () => hours(`${BACK}T02:30`, `${BACK}T05:00`),
      ambiguous('body.startsLocal', 'comes twice'),
    ],
    [
      'an end that comes twice',
      () => hours(`${BACK}T00:30`, `${BACK}T02:30`),
      ambiguous('body.endsLocal', 'comes twice'),
    ],
    [
      'what is over',
      () => dates(dateIn(-3), { toDate: dateIn(-1) }),
      { status: 422, code: 'time_past', path: 'body.toDate' },
    ],
    [
      'a start too far ahead',
      () => dates(dateIn(732)),
      { status: 422, code: 'time_too_far', path: 'body.fromDate' },
    ],
    ['more than a year', () => dates(dateIn(1), { toDate: dateIn(368) }), badValue('body.toDate', '366')],
    [
      'an unknown reason',
      () => dates(dateIn(3), { reasonCode: 'flu' }),
      badValue('body.reasonCode', 'vacation'),
    ],
    [
      'a reason of rooms',
      () => dates(dateIn(3), { reasonCode: 'break' }),
      badValue('body.reasonCode', 'personal_day'),
    ],
    ['a note', () => dates(dateIn(3), { note: 'the knee' }), badValue('body.note')],
    [
      'an unknown person',
      () => ({ owner: { kind: 'staff', id: randomUUID() }, fromDate: dateIn(3) }),
      NOT_FOUND,
    ],
    [
      'one of another business',
      () => ({ owner: { kind: 'staff', id: other.staff[0] }, fromDate: dateIn(3) }),
      NOT_FOUND,
    ],
  ])('%s', async (_what, body, refusal) => {
    const path = `${ADMIN}/businesses/${salon.id}/time-off`;
    await expectRefused(api, path, { method: 'POST', body: body() }, refusal);
  });

  it('whole days need no midnight that exists once: they begin with their first moment', async () => {
    // Clocks in Beirut go forward at midnight, on the same days as those of Warsaw.
    const own = await makeSalon(api.prisma, { business: { zone: 'Asia/Beirut' } });
    const added = await api.send(`${ADMIN}/businesses/${own.id}/time-off`, {
      method: 'POST',
      body: { owner: { kind: 'staff', id: own.staff[0] }, fromDate: FORWARD },
    });
    expect(added.status).toBe(201);
    expect(added.json).toMatchObject({ timeOff: { startsLocal: `${FORWARD}T00:00`, allDay: true } });
    expect(added.text).toMatch(/"startsAt":"[\d-]+T22:00:00/);
  });
});

describe('PATCH and DELETE …/time-off/:id', () => {
  const patch = (body: object) => ({ method: 'PATCH', body });
  it.each<[string, { method: string; body?: object }, string, Refusal]>([
    ['nothing to change', patch({}), '', badValue('body')],
    ['a version alone', patch({ version: 1 }), '', badValue('body')],
    ['another owner', patch({ owner: { kind: 'business' } }), '', badValue('body.owner')],
    ['a reason of rooms', patch({ reasonCode: 'break' }), '', badValue('body.reasonCode')],
    ['an end before the start', patch({ endsLocal: `${dateIn(2)}T09:00` }), '', badValue('body.endsLocal')],
    [
      'an older version',
      patch({ reasonCode: 'training', version: 99 }),
      '',
      { status: 409, code: 'time_off_changed', path: null },
    ],
    [
      'an older version',
      { method: 'DELETE' },
      '?version=99',
      { status: 409, code: 'time_off_changed', path: null },
    ],
    ['a version that is none', { method: 'DELETE' }, '?version=x', badValue('query.version')],
  ])('%s', async (_what, request, query, refusal) => {
    const body = hours(at('10:00'), at('11:00'));
    const made = await api.send(`${ADMIN}/businesses/${salon.id}/time-off`, { method: 'POST', body });
    const id = /"id":"([\da-f-]{36})"/.exec(made.text)?.[1] ?? '';
    await expectRefused(api, `${ADMIN}/time-off/${id}${query}`, request, refusal);
    expect((await api.send(`${ADMIN}/time-off/${id}`, { method: 'DELETE' })).status).toBe(200);
  });
});
