import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestApi } from '../api/support/api.ts';
import { makeSalon, type TestSalon } from '../bookings/support/salon.ts';
import { badValue, expectRefused, NOT_FOUND, type Refusal } from './support/refused.ts';
import { ADMIN, dateIn, openTwoSalons, weekOf } from './support/salon.ts';

/** Hours that cannot be: a clear problem that names the value, and nothing half-written. */

let api: TestApi;
let salon: TestSalon;
let other: TestSalon;
beforeAll(async () => {
  ({ api, salon, other } = await openTwoSalons());
});
afterAll(() => api.stop());

const owner = { kind: 'business' };
const days = weekOf([540, 1020]);
const past = (path: string): Refusal => ({ status: 422, code: 'time_past', path, says: dateIn(0) });
const far = (path: string): Refusal => ({ status: 422, code: 'time_too_far', path, says: dateIn(366) });
const CHANGED: Refusal = { status: 409, code: 'hours_changed', path: null };
const withDay = (index: number, day: object) =>
  days.map((each, at) => (at === index ? { ...each, ...day } : each));
/** The salon's week with this on its Tuesday. */
const tuesday = (...intervals: unknown[]) => ({ owner, days: withDay(2, { intervals }) });
const TUESDAY = 'body.days.2.intervals';
const many = Array.from({ length: 11 }, (_, at) => [at * 60, at * 60 + 30]);

describe('PUT …/hours/week', () => {
  it.each<[string, () => object, Refusal]>([
    ['a field that nobody knows', () => ({ owner, days, colour: 1 }), badValue('body.colour')],
    ['no owner', () => ({ days }), badValue('body.owner')],
    ['an owner of another kind', () => ({ owner: { kind: 'client' }, days }), badValue('body.owner.kind')],
    ['a person without an id', () => ({ owner: { kind: 'staff' }, days }), badValue('body.owner.id')],
    [
      'the business with an id',
      () => ({ owner: { ...owner, id: salon.id }, days }),
      badValue('body.owner.id'),
    ],
    ['six days', () => ({ owner, days: days.slice(1) }), badValue('body.days', 'missing: Sunday')],
    ['eight days', () => ({ owner, days: [...days, days[0]] }), badValue('body.days')],
    [
      'a day twice',
      () => ({ owner, days: withDay(3, { dayOfWeek: 2 }) }),
      badValue('body.days.3.dayOfWeek', 'Tuesday'),
    ],
    [
      'no such weekday',
      () => ({ owner, days: withDay(3, { dayOfWeek: 7 }) }),
      badValue('body.days.3.dayOfWeek'),
    ],
    [
      'half a weekday',
      () => ({ owner, days: withDay(3, { dayOfWeek: 2.5 }) }),
      badValue('body.days.3.dayOfWeek'),
    ],
    [
      'an unknown field of a day',
      () => ({ owner, days: withDay(1, { open: true }) }),
      badValue('body.days.1.open'),
    ],
    ['an end before the start', () => tuesday([600, 540]), badValue(`${TUESDAY}.0`, '[1320, 1560]')],
    ['no length', () => tuesday([600, 600]), badValue(`${TUESDAY}.0`, 'no length')],
    ['shifts that overlap', () => tuesday([540, 720], [700, 900]), badValue(`${TUESDAY}.1`, '12:00')],
    ['shifts out of order', () => tuesday([800, 900], [540, 720]), badValue(`${TUESDAY}.1`, 'in order')],
    ['a shift into the next day’s', () => tuesday([1320, 2000]), badValue(`${TUESDAY}.0`, 'Wednesday')],
    ['more than a day', () => tuesday([600, 2040]), badValue(`${TUESDAY}.0`, '[0, 1440]')],
    ['a start on the next day', () => tuesday([1440, 1500]), badValue(`${TUESDAY}.0`, '23:59')],
    ['a minute before midnight', () => tuesday([-1, 60]), badValue(`${TUESDAY}.0`)],
    ['half a minute', () => tuesday([540.5, 600]), badValue(`${TUESDAY}.0.0`)],
    ['a clock in place of minutes', () => tuesday(['09:00', '17:00']), badValue(`${TUESDAY}.0.0`, 'minutes')],
    ['three edges', () => tuesday([540, 600, 660]), badValue(`${TUESDAY}.0`)],
    ['eleven shifts', () => tuesday(...many), badValue(TUESDAY, '10')],
    ['no such date', () => ({ owner, appliesFrom: '2027-02-30', days }), badValue('body.appliesFrom')],
    ['a first day that is over', () => ({ owner, appliesFrom: dateIn(-1), days }), past('body.appliesFrom')],
    ['a first day too far ahead', () => ({ owner, appliesFrom: dateIn(367), days }), far('body.appliesFrom')],
    ['an unknown person', () => ({ owner: { kind: 'staff', id: randomUUID() }, days }), NOT_FOUND],
    [
      'a person of another business',
      () => ({ owner: { kind: 'staff', id: other.staff[0] }, days }),
      NOT_FOUND,
    ],
    ['a room of another business', () => ({ owner: { kind: 'room', id: other.rooms[0] }, days }), NOT_FOUND],
    ['a room as a person', () => ({ owner: { kind: 'staff', id: salon.rooms[0] }, days }), NOT_FOUND],
    ['an older version', () => ({ owner, days: weekOf(), version: 'old' }), CHANGED],
    ['none expected where there is one', () => ({ owner, days: weekOf(), version: null }), CHANGED],
  ])('%s', async (_what, body, refusal) => {
    const path = `${ADMIN}/businesses/${salon.id}/hours/week`;
    await expectRefused(api, path, { method: 'PUT', body: body() }, refusal);
  });

  it('a sixth schedule to come', async () => {
    const own = await makeSalon(api.prisma);
    const put = (appliesFrom: string) =>
      api.send(`${ADMIN}/businesses/${own.id}/hours/week`, {
        method: 'PUT',
        body: { owner, appliesFrom, days },
      });
    for (const ahead of [10, 20, 30, 40, 50]) expect((await put(dateIn(ahead))).status).toBe(200);
    expect((await put(dateIn(60))).json).toMatchObject({ code: 'too_many_schedules' });
    expect((await put(dateIn(50))).json).toMatchObject({ changed: false });
  });

  it('tells an unknown person from one of another business in nothing', async () => {
    const ask = async (id: string | undefined) => {
      const body = { owner: { kind: 'staff', id }, days };
      const { text } = await api.send(`${ADMIN}/businesses/${salon.id}/hours/week`, { method: 'PUT', body });
      return text.replace(/"requestId":"[^"]+"/, '');
    };
    expect(await ask(other.staff[0])).toBe(await ask(randomUUID()));
  });
});

describe('PUT …/hours/days/:date', () => {
  it.each<[string, string, object, Refusal]>([
    ['a date that does not exist', '2027-02-30', { intervals: [] }, badValue('path.date')],
    ['no date at all', 'tomorrow', { intervals: [] }, badValue('path.date')],
    ['a date that is over', dateIn(-1), { intervals: [] }, past('path.date')],
    ['a date too far ahead', dateIn(367), { intervals: [] }, far('path.date')],
    ['no hours', dateIn(3), {}, badValue('body.intervals')],
    [
      'hours that overlap',
      dateIn(3),
      {
        intervals: [
          [540, 720],
          [600, 800],
        ],
      },
      badValue('body.intervals.1'),
    ],
    ['an older version', dateIn(3), { intervals: [], version: 'old' }, CHANGED],
  ])('%s', async (_what, date, body, refusal) => {
    const path = `${ADMIN}/businesses/${salon.id}/hours/days/${date}`;
    await expectRefused(api, path, { method: 'PUT', body: { owner, ...body } }, refusal);
  });
});

describe('DELETE', () => {
  const nobody = randomUUID();
  it.each<[string, string, Refusal]>([
    ['a date that is over', `days/${dateIn(-1)}`, past('path.date')],
    [
      'of a person and a room at once',
      `days/${dateIn(1)}?staff=${nobody}&room=${nobody}`,
      badValue('query.room'),
    ],
    ['with a parameter that nobody knows', `days/${dateIn(1)}?colour=red`, badValue('query.colour')],
    ['a schedule without its first day', 'week', badValue('query.appliesFrom')],
    ['a schedule that is not there', `week?appliesFrom=${dateIn(5)}`, NOT_FOUND],
    ['of a person of nobody', `days/${dateIn(1)}?staff=${nobody}`, NOT_FOUND],
  ])('%s', async (_what, more, refusal) => {
    await expectRefused(api, `${ADMIN}/businesses/${salon.id}/hours/${more}`, { method: 'DELETE' }, refusal);
  });
});
