import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scheduleId } from '../../../domain/states/hours.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { makeSalon, type TestSalon } from '../bookings/support/salon.ts';
import {
  ADMIN,
  dateIn,
  hoursOf,
  today,
  trail,
  tuples,
  visit,
  weekAnswer,
  weekdayOf,
  weekOf,
} from './support/salon.ts';

/** Weeks, schedules that begin later, and single dates by API (SPEC 5.1). */

let api: TestApi;
let salon: TestSalon;
let ada: string;
let room: string;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  salon = await makeSalon(api.prisma, { rooms: 1 });
  [ada = '', room = ''] = [salon.staff[0], salon.rooms[0]];
});

const business = { kind: 'business' };
const staff = () => ({ kind: 'staff', id: ada });
const path = (more = '') => `${ADMIN}/businesses/${salon.id}/hours${more}`;
const put = (more: string, body: object, headers: Record<string, string> = {}) =>
  api.send(path(more), { method: 'PUT', body, headers });
const setWeek = (owner: object, body: object) => put('/week', { owner, ...body });
const setDay = (date: string, owner: object, intervals: unknown, more = {}) =>
  put(`/days/${date}`, { owner, intervals, ...more });
const remove = (more: string) => api.send(path(more), { method: 'DELETE' });
async function starts(date: string): Promise<readonly string[]> {
  const { text } = await api.send(
    `/api/availability?businessId=${salon.id}&items=${salon.variantId}@${ada}&from=${date}`,
  );
  return [...new Set([...text.matchAll(/"startsLocal":"[\d-]+T(\d\d:\d\d)"/g)].map(([, time = '']) => time))];
}
/** First and last start that is free. */
const edges = async (date: string) => {
  const all = await starts(date);
  return [all[0], all.at(-1)];
};

describe('a week', () => {
  it('of the salon is replaced as a whole, shown, sold by at once, and audited with before and after', async () => {
    const date = dateIn(7);
    expect(await edges(date)).toEqual(['09:00', '16:00']);
    const days = weekOf([600, 720], [780, 960]).map((day) =>
      day.dayOfWeek === weekdayOf(date) ? day : { ...day, intervals: [] },
    );
    const set = await setWeek(business, { days });
    expect(set.status).toBe(200);
    expect(set.json).toMatchObject({
      owner: { kind: 'business', id: salon.id },
      week: { appliesFrom: null, days },
      changed: true,
      visits: { count: 0, ids: [] },
    });
    expect((await hoursOf(api, salon.id, salon.id)).week?.days).toEqual(days);
    expect(await edges(date)).toEqual(['10:00', '15:00']);
    expect(await starts(dateIn(8))).toEqual([]);

    const [entry, ...others] = await trail(api, salon.id);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      action: 'hours_week_set',
      entity: 'hours',
      recordId: scheduleId('business', salon.id, 'weekly'),
    });
    expect(entry?.actor).toMatch(/^api:/);
    const group = `weekday:now:${String(weekdayOf(date))}`;
    expect(entry?.groups).toContain(group);
    expect(entry?.values).toMatchObject({
      before: { [group]: [[540, 1020]] },
      after: {
        [group]: [
          [600, 720],
          [780, 960],
        ],
      },
    });
  });

  it('that is so already writes nothing, and says so', async () => {
    const before = await tuples(api);
    const same = await setWeek(business, { days: weekOf([540, 1020]).reverse() });
    expect(same.json).toMatchObject({ changed: false });
    expect(await tuples(api)).toBe(before);
  });

  it('of a person, who had none, bounds them from then on; also over midnight, and of a room', async () => {
    expect((await hoursOf(api, salon.id, ada)).week).toBeNull();
    await setWeek(business, { days: weekOf([540, 1560]) });
    const set = await setWeek(staff(), { days: weekOf([1320, 1560]) });
    expect(set.status).toBe(200);
    expect(await edges(dateIn(7))).toEqual(['00:00', '23:45']);
    expect(await starts(dateIn(7))).toEqual([
      '00:00',
      '00:15',
      '00:30',
      '00:45',
      '01:00',
      '22:00',
      '22:15',
      '22:30',
      '22:45',
      '23:00',
      '23:15',
      '23:30',
      '23:45',
    ]);
    const ofRoom = await setWeek({ kind: 'room', id: room }, { days: weekOf([1380, 1500]) });
    expect(ofRoom.status).toBe(200);
    expect(await edges(dateIn(7))).toEqual(['00:00', '23:45']);
    expect((await starts(dateIn(7))).length).toBe(5);
  });

  it('with a later first day counts only from it (23), and can be taken away until then', async () => {
    const from = dateIn(10);
    const set = await setWeek(business, { appliesFrom: from, days: weekOf([720, 840]) });
    expect(set.json).toMatchObject({ week: { appliesFrom: from }, changed: true });
    expect(await edges(dateIn(9))).toEqual(['09:00', '16:00']);
    expect(await edges(from)).toEqual(['12:00', '13:00']);
    const shown = await hoursOf(api, salon.id, salon.id);
    expect([shown.week?.appliesFrom, shown.schedules.map(({ appliesFrom }) => appliesFrom)]).toEqual([
      null,
      [from],
    ]);

    expect((await remove(`/week?appliesFrom=${from}`)).json).toMatchObject({ changed: true });
    expect(await edges(from)).toEqual(['09:00', '16:00']);
    expect((await hoursOf(api, salon.id, salon.id)).schedules).toEqual([]);
    expect((await remove(`/week?appliesFrom=${from}`)).status).toBe(404);
    expect((await trail(api, salon.id)).map(({ action }) => action)).toEqual([
      'hours_week_set',
      'hours_schedule_removed',
    ]);
  });

  it('without a first day is the one that counts today, whenever it began', async () => {
    const begun = dateIn(-3);
    await api.prisma.workingHours.createMany({
      data: weekOf([600, 1200]).map((day) => ({
        id: randomUUID(),
        businessId: salon.id,
        ownerKind: 'business',
        ownerId: salon.id,
        kind: 'weekly',
        dayOfWeek: day.dayOfWeek,
        appliesFrom: new Date(begun),
        intervals: [[600, 1200]],
      })),
    });
    expect((await hoursOf(api, salon.id, salon.id)).week?.appliesFrom).toBe(begun);
    expect(await edges(dateIn(7))).toEqual(['10:00', '19:00']);
    const set = await setWeek(business, { days: weekOf([660, 900]) });
    expect(set.json).toMatchObject({ week: { appliesFrom: begun }, changed: true });
    expect(await edges(dateIn(7))).toEqual(['11:00', '14:00']);
    const refused = await remove(`/week?appliesFrom=${begun}`);
    expect([refused.status, refused.json]).toMatchObject([409, { code: 'schedule_begun' }]);
  });

  it('names the visits that it leaves outside, each once, and cancels none', async () => {
    const at = (days: number, time: string) => `${dateIn(days)}T${time}`;
    const bob = salon.staff[1] ?? '';
    const late = await visit(api.prisma, salon.id, { staffId: ada, startsLocal: at(6, '16:00') });
    const half = await visit(api.prisma, salon.id, { staffId: bob, startsLocal: at(5, '14:30') });
    await visit(api.prisma, salon.id, { staffId: ada, startsLocal: at(6, '10:00') });
    const gone = await visit(api.prisma, salon.id, { staffId: ada, startsLocal: at(8, '16:00') });
    await api.prisma.booking.update({ where: { id: gone }, data: { status: 'cancelled' } });
    // Outside of the hours already: nothing was closed there now.
    await visit(api.prisma, salon.id, { staffId: bob, startsLocal: at(6, '19:00') });
    await visit(api.prisma, salon.id, { staffId: bob, startsLocal: at(-6, '16:00') });

    const ofBob = await setWeek({ kind: 'staff', id: bob }, { days: weekOf([540, 1020]) });
    expect(weekAnswer.parse(ofBob.json).visits).toEqual({ count: 0, ids: [] });
    const set = await setWeek(business, { days: weekOf([540, 900]) });
    expect(weekAnswer.parse(set.json).visits).toEqual({ count: 2, ids: [half, late] });
    expect(await api.prisma.booking.count({ where: { businessId: salon.id, status: 'cancelled' } })).toBe(1);
    expect(set.text).not.toContain('Zofia');
    // Opened wider, nothing is closed.
    const wide = await setWeek(business, { days: weekOf([480, 1080]) });
    expect(weekAnswer.parse(wide.json).visits.count).toBe(0);
  });
});

describe('a date', () => {
  it('gets hours of its own, is closed, and goes back to its week; at once each time', async () => {
    const date = dateIn(12);
    expect((await setDay(date, business, [[600, 720]])).json).toMatchObject({
      day: { date, intervals: [[600, 720]] },
      changed: true,
    });
    expect(await edges(date)).toEqual(['10:00', '11:00']);
    expect(await edges(dateIn(13))).toEqual(['09:00', '16:00']);
    expect((await setDay(date, business, [])).json).toMatchObject({ day: { intervals: [] }, changed: true });
    expect(await starts(date)).toEqual([]);
    expect((await hoursOf(api, salon.id, salon.id)).days).toMatchObject([{ date, intervals: [] }]);
    expect((await remove(`/days/${date}`)).json).toMatchObject({ changed: true });
    expect(await edges(date)).toEqual(['09:00', '16:00']);
    expect((await remove(`/days/${date}`)).json).toMatchObject({ changed: false });
    expect((await trail(api, salon.id)).map(({ action, groups }) => [action, groups])).toEqual([
      ['hours_day_set', [`date:${date}`]],
      ['hours_day_set', [`date:${date}`]],
      ['hours_day_cleared', [`date:${date}`]],
    ]);
  });

  it('may be today', async () => {
    expect((await setDay(today(), business, [])).status).toBe(200);
    expect((await remove(`/days/${today()}`)).json).toMatchObject({ changed: true });
  });

  it('of a person without a week is refused, because it would close all their other days', async () => {
    const before = await tuples(api);
    const refused = await setDay(dateIn(3), staff(), [[600, 720]]);
    expect([refused.status, refused.json]).toMatchObject([409, { code: 'hours_week_missing' }]);
    const later = await setWeek(staff(), { appliesFrom: dateIn(3), days: weekOf([600, 720]) });
    expect([later.status, later.json]).toMatchObject([409, { code: 'hours_week_missing' }]);
    expect(await tuples(api)).toBe(before);
    await setWeek(staff(), { days: weekOf([540, 1020]) });
    expect((await setDay(dateIn(3), staff(), [[600, 720]])).status).toBe(200);
    expect(await edges(dateIn(3))).toEqual(['10:00', '11:00']);
    expect(await edges(dateIn(4))).toEqual(['09:00', '16:00']);
    expect((await remove(`/days/${dateIn(3)}?staff=${ada}`)).json).toMatchObject({ changed: true });
  });

  it('names the visits of its day only', async () => {
    const there = await visit(api.prisma, salon.id, { staffId: ada, startsLocal: `${dateIn(5)}T10:00` });
    await visit(api.prisma, salon.id, { staffId: ada, startsLocal: `${dateIn(6)}T10:00` });
    expect((await setDay(dateIn(5), business, [])).json).toMatchObject({
      visits: { count: 1, ids: [there] },
    });
    // Closed by a holiday already, the date closes nothing more.
    await api.send(`${ADMIN}/businesses/${salon.id}/holidays`, {
      method: 'POST',
      body: { date: dateIn(6), state: 'closed', name: 'Stocktaking' },
    });
    expect((await setDay(dateIn(6), business, [])).json).toMatchObject({ visits: { count: 0 } });
  });
});

describe('two who change the same', () => {
  it('the second, who saw older hours, is refused: of a week, a schedule, a date, and where there was none', async () => {
    const { version = '' } = (await hoursOf(api, salon.id, salon.id)).week ?? {};
    const [one, other] = await Promise.all([
      setWeek(business, { days: weekOf([600, 960]), version }),
      setWeek(business, { days: weekOf([660, 900]), version }),
    ]);
    expect([one.status, other.status].sort()).toEqual([200, 409]);
    const loser = one.status === 409 ? one : other;
    expect(loser.json).toMatchObject({ code: 'hours_changed' });
    const won = one.status === 200 ? one : other;
    expect((await hoursOf(api, salon.id, salon.id)).week).toEqual(weekAnswer.parse(won.json).week);

    const date = dateIn(4);
    const both = await Promise.all([
      setDay(date, business, [[600, 660]], { version: null }),
      setDay(date, business, [[720, 780]], { version: null }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await remove(`/days/${date}?version=${version}`)).json).toMatchObject({ code: 'hours_changed' });
    const now = (await hoursOf(api, salon.id, salon.id)).days[0]?.version ?? '';
    expect((await remove(`/days/${date}?version=${now}`)).json).toMatchObject({ changed: true });

    await setWeek(business, { appliesFrom: dateIn(20), days: weekOf([600, 900]) });
    expect((await remove(`/week?appliesFrom=${dateIn(20)}&version=x`)).json).toMatchObject({
      code: 'hours_changed',
    });
  });

  it('without a version the last one counts, whole: never half of each', async () => {
    const weeks = [600, 610, 620, 630, 640, 650].map((open) => weekOf([open, open + 300]));
    const answers = await Promise.all(weeks.map((days) => setWeek(staff(), { days })));
    expect(answers.map(({ status }) => status)).toEqual(weeks.map(() => 200));
    const { week } = await hoursOf(api, salon.id, ada);
    expect(new Set(week?.days.map(({ intervals }) => JSON.stringify(intervals))).size).toBe(1);
    expect(await api.prisma.workingHours.count({ where: { ownerId: ada } })).toBe(7);
  });

  it('a booking that was being decided by the old hours is waited for, and named', async () => {
    const date = dateIn(6);
    const booking = await api.database.pool.connect();
    try {
      await booking.query('BEGIN');
      // What a booking takes before it reads the hours (R21).
      await booking.query('SELECT occupancy_lock(ARRAY[$1::uuid])', [ada]);
      const closed = setDay(date, business, []);
      await eventually(
        async () => {
          const { rows } = await api.database.pool.query(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`,
          );
          return rows.length > 0;
        },
        { what: 'the hours waiting for the booking' },
      );
      const { rows } = await booking.query<{ id: string }>(
        `WITH b AS (
           INSERT INTO bookings (id, business_id, zone, starts_local, ends_local, starts_at, ends_at)
           VALUES (gen_random_uuid(), $1, 'Europe/Warsaw', $2::date + time '12:00', $2::date + time '13:00',
                   $2::date + time '11:00', $2::date + time '12:00') RETURNING *)
         INSERT INTO booking_items (id, booking_id, business_id, staff_id, zone, starts_local, ends_local, starts_at, ends_at)
         SELECT gen_random_uuid(), id, business_id, $3, zone, starts_local, ends_local, starts_at, ends_at FROM b
         RETURNING booking_id AS id`,
        [salon.id, date, ada],
      );
      await booking.query('COMMIT');
      expect((await closed).json).toMatchObject({ visits: { count: 1, ids: [rows[0]?.id] } });
    } finally {
      booking.release(true);
    }
  });

  it('a booking at the same moment is either refused or named, never neither', async () => {
    const date = dateIn(6);
    for (let hour = 9; hour < 17; hour += 1) {
      const book = api.send('/api/bookings', {
        method: 'POST',
        body: {
          businessId: salon.id,
          items: [{ variantId: salon.variantId, staffId: ada }],
          startsLocal: `${date}T${String(hour).padStart(2, '0')}:00`,
          client: { givenName: 'Zofia', familyName: 'Zmyślona' },
        },
      });
      const [booked, closed] = await Promise.all([book, setDay(date, business, [])]);
      const id = /"id":"([\da-f-]{36})"/.exec(booked.text)?.[1];
      expect([booked.status, closed.json]).toMatchObject(
        booked.status === 201 ? [201, { visits: { ids: [id] } }] : [409, { visits: { count: 0 } }],
      );
      await api.prisma.booking.updateMany({ where: { businessId: salon.id }, data: { status: 'cancelled' } });
      await remove(`/days/${date}`);
    }
  });

  it('the same request with the same key acts once', async () => {
    const body = { owner: business, days: weekOf([600, 960]) };
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await put('/week', body, headers);
    await setWeek(business, { days: weekOf([660, 900]) });
    const again = await put('/week', body, headers);
    expect([again.status, again.json, again.headers.get('idempotency-replayed')]).toEqual([
      200,
      first.json,
      'true',
    ]);
    expect((await hoursOf(api, salon.id, salon.id)).week?.days[1]?.intervals).toEqual([[660, 900]]);
    expect((await put('/week', { ...body, days: weekOf() }, headers)).json).toMatchObject({
      code: 'idempotency_key_reused',
    });
  });
});

it('shows the salon, its people and rooms in their order, with where they are kept in step', async () => {
  const { json } = await api.send(path());
  expect(json).toMatchObject({
    zone: 'Europe/Warsaw',
    today: today(),
    connected: false,
    weeks: { direction: 'in', provenAt: null },
    timeOff: { direction: 'both', provenAt: null },
    owners: [
      { kind: 'business', id: salon.id, atBooksy: false },
      { kind: 'staff', id: salon.staff[0], week: null },
      { kind: 'staff', id: salon.staff[1] },
      { kind: 'room', id: room },
    ],
  });
  await setDay(dateIn(2), business, []);
  await setDay(dateIn(9), business, []);
  const within = await api.send(path(`?from=${dateIn(3)}&to=${dateIn(9)}`));
  expect(within.text).toContain(dateIn(9));
  expect(within.text).not.toContain(dateIn(2));
});
