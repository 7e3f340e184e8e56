import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { calendarRows } from '../api/support/rows.ts';
import { makeSalon, type TestSalon } from '../bookings/support/salon.ts';
import { ADMIN, dateIn, trail, tuples, visit } from './support/salon.ts';

/** Time off of people and rooms by API (SPEC 5.1, R19). */

let api: TestApi;
let salon: TestSalon;
let ada: string;
let bob: string;
let room: string;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  salon = await makeSalon(api.prisma, { rooms: 1 });
  [ada = '', bob = '', room = ''] = [...salon.staff, ...salon.rooms];
});

const answer = z.object({
  timeOff: z.looseObject({
    id: z.string(),
    version: z.number(),
    startsLocal: z.string(),
    endsLocal: z.string(),
  }),
  changed: z.boolean(),
  visits: z.object({ count: z.number(), ids: z.array(z.string()) }),
});
const page = z.object({
  timeOff: z.array(z.looseObject({ id: z.string() })),
  nextCursor: z.string().nullable(),
});

const list = `${ADMIN}/businesses`;
const add = (body: object, headers: Record<string, string> = {}) =>
  api.send(`${list}/${salon.id}/time-off`, { method: 'POST', body, headers });
const change = (id: string, body: object) => api.send(`${ADMIN}/time-off/${id}`, { method: 'PATCH', body });
const remove = (id: string, query = '') => api.send(`${ADMIN}/time-off/${id}${query}`, { method: 'DELETE' });
const all = async (query = '') => page.parse((await api.send(`${list}/${salon.id}/time-off${query}`)).json);
const ofAda = () => ({ kind: 'staff', id: ada });
async function added(body: object): Promise<z.output<typeof answer>['timeOff']> {
  const { status, json } = await add(body);
  expect(status).toBe(201);
  return answer.parse(json).timeOff;
}
async function starts(date: string, who = ada): Promise<readonly string[]> {
  const { text } = await api.send(
    `/api/availability?businessId=${salon.id}&items=${salon.variantId}@${who}&from=${date}`,
  );
  return [...new Set([...text.matchAll(/"startsLocal":"[\d-]+T(\d\d:\d\d)"/g)].map(([, time = '']) => time))];
}

describe('time off', () => {
  it('of some hours blocks the person and nobody else at once, is changed, taken away, and audited each time', async () => {
    const date = dateIn(7);
    const off = await added({
      owner: ofAda(),
      startsLocal: `${date}T09:00`,
      endsLocal: `${date}T15:00`,
      reasonCode: 'training',
    });
    expect(off).toMatchObject({
      allDay: false,
      source: 'time_off',
      atBooksy: false,
      zone: 'Europe/Warsaw',
      reasonCode: 'training',
    });
    expect((await starts(date))[0]).toBe('15:00');
    expect((await starts(date, bob))[0]).toBe('09:00');
    expect(await api.prisma.occupancy.count({ where: { timeOffId: off.id, source: 'block' } })).toBe(1);

    const shorter = await change(off.id, { endsLocal: `${date}T12:00`, version: off.version });
    expect(shorter.json).toMatchObject({
      changed: true,
      timeOff: { startsLocal: `${date}T09:00`, endsLocal: `${date}T12:00` },
    });
    expect((await starts(date))[0]).toBe('12:00');
    expect((await change(off.id, { endsLocal: `${date}T12:00` })).json).toMatchObject({ changed: false });

    expect((await remove(off.id)).json).toEqual({ removed: true });
    expect((await starts(date))[0]).toBe('09:00');
    expect((await remove(off.id)).status).toBe(404);

    const entries = await trail(api, salon.id);
    expect(entries.map(({ action, groups }) => [action, groups])).toEqual([
      ['time_off_added', ['owner', 'time', 'reason']],
      ['time_off_changed', ['time']],
      ['time_off_removed', ['owner', 'time', 'reason']],
    ]);
    expect(new Set(entries.map(({ recordId, entity }) => `${entity ?? ''} ${recordId ?? ''}`))).toEqual(
      new Set([`time_off ${off.id}`]),
    );
    const time = { startsLocal: `${date}T09:00`, allDay: false, zone: 'Europe/Warsaw' };
    expect(entries[1]?.values).toMatchObject({
      before: { time: { ...time, endsLocal: `${date}T15:00` } },
      after: { time: { ...time, endsLocal: `${date}T12:00` } },
    });
    expect(entries[2]?.values?.after).toBeUndefined();
  });

  it('of whole days has the last one in it; days become hours and back', async () => {
    const off = await added({
      owner: ofAda(),
      fromDate: dateIn(7),
      toDate: dateIn(8),
      reasonCode: 'vacation',
    });
    expect(off).toMatchObject({
      allDay: true,
      startsLocal: `${dateIn(7)}T00:00`,
      endsLocal: `${dateIn(9)}T00:00`,
    });
    expect([await starts(dateIn(7)), await starts(dateIn(8))]).toEqual([[], []]);
    expect((await starts(dateIn(9)))[0]).toBe('09:00');
    expect((await change(off.id, { toDate: dateIn(7) })).json).toMatchObject({
      timeOff: { allDay: true, endsLocal: `${dateIn(8)}T00:00` },
    });
    expect((await starts(dateIn(8)))[0]).toBe('09:00');
    expect((await change(off.id, { endsLocal: `${dateIn(7)}T10:00` })).json).toMatchObject({
      timeOff: { allDay: false, startsLocal: `${dateIn(7)}T00:00` },
    });
    expect((await starts(dateIn(7)))[0]).toBe('10:00');
    const mixed = await change(off.id, { toDate: dateIn(8) });
    expect([mixed.status, mixed.json]).toMatchObject([
      400,
      { errors: [{ path: 'body.fromDate', message: 'is missing' }] },
    ]);
    expect((await change(off.id, { fromDate: dateIn(8) })).json).toMatchObject({ timeOff: { allDay: true } });
  });

  it('of a room takes the room only; the reasons are those of a room', async () => {
    const date = dateIn(7);
    await added({ owner: { kind: 'room', id: room }, fromDate: date, reasonCode: 'maintenance' });
    expect(await starts(date)).toEqual([]);
    const refused = await add({ owner: { kind: 'room', id: room }, fromDate: date, reasonCode: 'sick_day' });
    expect([refused.status, refused.text.includes('day_off, holiday, maintenance, break, other')]).toEqual([
      400,
      true,
    ]);
  });

  it('names the visits in it, cancels none, and is there beside them (R19)', async () => {
    const date = dateIn(7);
    const one = await visit(api.prisma, salon.id, { staffId: ada, startsLocal: `${date}T10:00` });
    const two = await visit(api.prisma, salon.id, { staffId: ada, startsLocal: `${date}T13:30` });
    await visit(api.prisma, salon.id, { staffId: bob, startsLocal: `${date}T10:00` });
    const laid = await add({ owner: ofAda(), startsLocal: `${date}T10:30`, endsLocal: `${date}T13:00` });
    expect([laid.status, answer.parse(laid.json).visits]).toEqual([201, { count: 1, ids: [one] }]);
    const { id } = answer.parse(laid.json).timeOff;
    const longer = await change(id, { endsLocal: `${date}T18:00` });
    expect(answer.parse(longer.json).visits).toEqual({ count: 2, ids: [one, two] });
    expect(laid.text + longer.text).not.toContain('Zofia');
    expect(await api.prisma.booking.count({ where: { businessId: salon.id, status: 'confirmed' } })).toBe(3);
  });

  it('that runs now can be ended earlier; what is over stays as it was', async () => {
    const running = await added({ owner: ofAda(), fromDate: dateIn(-2), toDate: dateIn(3) });
    expect((await change(running.id, { toDate: dateIn(0) })).json).toMatchObject({ changed: true });
    const over = await api.prisma.timeOff.update({
      where: { id: running.id },
      data: { endsLocal: new Date(`${dateIn(-1)}T00:00Z`), endsAt: new Date(Date.now() - 60_000) },
    });
    const before = await tuples(api);
    expect((await change(over.id, { reasonCode: 'training' })).json).toMatchObject({ code: 'time_off_over' });
    expect((await remove(over.id)).json).toMatchObject({ code: 'time_off_over' });
    expect(await tuples(api)).toBe(before);
  });

  it('of a calendar or of Booksy’s visit list is changed where it comes from', async () => {
    const { calendar } = await calendarRows(api, salon.id);
    const date = new Date(`${dateIn(9)}T00:00Z`);
    const row = (source: string, externalCalendarId: string | null) =>
      api.prisma.timeOff.create({
        data: {
          id: uuidv7(),
          businessId: salon.id,
          ownerKind: 'staff',
          ownerId: ada,
          source,
          externalCalendarId,
          eventKey: externalCalendarId === null ? null : 'a',
          zone: 'Europe/Warsaw',
          startsLocal: date,
          endsLocal: new Date(date.getTime() + 3_600_000),
          startsAt: date,
          endsAt: new Date(date.getTime() + 3_600_000),
        },
      });
    const [event, reserved] = [await row('calendar', calendar), await row('reservation', null)];
    const before = await tuples(api);
    const ofCalendar = await change(event.id, { reasonCode: 'other' });
    expect([ofCalendar.status, ofCalendar.json]).toMatchObject([409, { code: 'time_off_of_calendar' }]);
    expect(ofCalendar.text).toContain(calendar);
    expect((await remove(event.id)).json).toMatchObject({ code: 'time_off_of_calendar' });
    const ofBooksy = await remove(reserved.id);
    expect(ofBooksy.json).toMatchObject({ code: 'time_off_of_booksy' });
    expect(ofBooksy.text).toContain('Change it in Booksy');
    expect((await change(reserved.id, { fromDate: dateIn(9) })).json).toMatchObject({
      code: 'time_off_of_booksy',
    });
    expect(await tuples(api)).toBe(before);
    expect((await all()).timeOff).toMatchObject([
      { source: 'calendar', calendarId: calendar },
      { source: 'reservation', calendarId: null },
    ]);
  });

  it('is listed by start, of one person, of some dates, page by page', async () => {
    const ids: string[] = [];
    for (const days of [5, 3, 4])
      ids.push((await added({ owner: ofAda(), fromDate: dateIn(days), toDate: dateIn(days) })).id);
    const [fifth = '', third = '', fourth = ''] = ids;
    const bobs = (await added({ owner: { kind: 'staff', id: bob }, fromDate: dateIn(30) })).id;
    const idsOf = async (query: string) => (await all(query)).timeOff.map(({ id }) => id);
    expect(await idsOf('')).toEqual([third, fourth, fifth, bobs]);
    expect(await idsOf(`?staff=${ada}`)).toEqual([third, fourth, fifth]);
    expect(await idsOf(`?room=${room}`)).toEqual([]);
    expect(await idsOf(`?from=${dateIn(4)}&to=${dateIn(4)}`)).toEqual([fourth]);
    const first = await all('?limit=3');
    expect(first.timeOff).toHaveLength(3);
    expect(await idsOf(`?limit=3&cursor=${first.nextCursor ?? ''}`)).toEqual([bobs]);
    expect((await api.send(`${list}/${salon.id}/time-off?staff=${randomUUID()}`)).status).toBe(404);
  });

  it('the second of two who saw the same is refused; the same request with the same key adds one', async () => {
    const off = await added({ owner: ofAda(), fromDate: dateIn(7) });
    const both = await Promise.all(
      ['vacation', 'training'].map((reasonCode) => change(off.id, { reasonCode, version: off.version })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(both.find(({ status }) => status === 409)?.json).toMatchObject({ code: 'time_off_changed' });
    expect((await remove(off.id, `?version=${String(off.version)}`)).json).toMatchObject({
      code: 'time_off_changed',
    });
    expect((await remove(off.id, `?version=${String(off.version + 1)}`)).status).toBe(200);

    const headers = { 'Idempotency-Key': randomUUID() };
    const body = { owner: ofAda(), fromDate: dateIn(8) };
    const first = await add(body, headers);
    expect((await add(body, headers)).json).toEqual(first.json);
    // As after an API that died between its commit and its answer.
    await api.prisma.$executeRaw`DELETE FROM api_idempotency_keys`;
    const again = await add(body, headers);
    expect([again.status, again.json]).toMatchObject([
      200,
      { changed: false, timeOff: { id: answer.parse(first.json).timeOff.id } },
    ]);
    expect((await all()).timeOff).toHaveLength(1);
  });
});
