import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { show, Tester, visitBody } from './client.ts';
import type { Body } from './client.ts';

let tester: Tester;
let staff: number[] = [];
beforeAll(async () => {
  tester = await Tester.start({ visits: 0, clients: 5 });
});
afterAll(() => tester.stop());
beforeEach(async () => {
  await tester.control('POST', 'reset', { visits: 0 });
  const all = (await tester.salon('GET', 'resource/')).body as unknown as Body[];
  staff = all
    .filter((r) => show(r['type']) === 'S' && show(r['access_level']) !== 'reception')
    .map((r) => Number(r['id']));
});

const NINE = '2031-02-05T09:00';
const TEN = '2031-02-05T10:00';
const HALF_PAST = '2031-02-05T10:30';
const ELEVEN = '2031-02-05T11:00';

describe('requests that are refused', () => {
  it('406 without the version, 401 without or with a wrong token, 404 without the slash', async () => {
    expect((await tester.api('GET', '/business/', { headers: { accept: 'application/json' } })).status).toBe(
      406,
    );
    expect((await tester.api('GET', '/business/', { headers: { authorization: '' } })).status).toBe(401);
    expect(
      (await tester.api('GET', '/business/', { headers: { authorization: 'Bearer nonsense' } })).status,
    ).toBe(401);
    expect((await tester.api('GET', '/business')).status).toBe(404);
    expect((await tester.api('GET', '/business/1001/customer')).status).toBe(404);
    expect((await tester.api('GET', '/nothing/')).status).toBe(404);
    expect((await tester.api('GET', '/business/9999/')).status).toBe(404);
    expect((await tester.salon('GET', 'customer/1/')).status).toBe(404);
  });

  it.each([
    ['booked_from', 'GET', 'appointment/?booked_from=2031-02-05', undefined],
    ['limit', 'GET', 'appointment/?limit=101', undefined],
    ['offset', 'GET', 'customer/?offset=-1', undefined],
    ['first_name', 'POST', 'customer/', { last_name: 'x' }],
    ['subbookings', 'POST', 'appointment/', { customer_name: 'x' }],
    ['subbookings.0.booked_from', 'POST', 'appointment/', visitBody(-1, '2031-02-30T10:00', ELEVEN)],
    ['subbookings.0.booked_from', 'POST', 'appointment/', visitBody(-1, '2031-02-05T10:00:00Z', ELEVEN)],
    ['subbookings.0.booked_till', 'POST', 'appointment/', visitBody(-1, ELEVEN, TEN)],
    ['subbookings.0.staffer_id', 'POST', 'appointment/', visitBody(4, TEN, ELEVEN)],
    ['booked_for_id', 'POST', 'appointment/', visitBody(-1, TEN, ELEVEN, { booked_for_id: 4 })],
    ['price_type', 'POST', 'service/', { name: 'x', price_type: 'Q' }],
  ])('400 names the field %s', async (field, method, path, body) => {
    const reply = await tester.salon(method, path, body);
    expect(reply.status).toBe(400);
    expect(reply.body['field']).toBe(field);
  });

  it('400 for a body that is no JSON', async () => {
    expect((await tester.api('POST', '/business/1001/customer/', { body: '{"first' })).status).toBe(400);
  });
});

describe('time that is taken', () => {
  const make = async (body: object): Promise<number> =>
    (await tester.salon('POST', 'appointment/', body)).status;

  it('409 on the same staff, not on another, not right after, not once it is cancelled', async () => {
    const [one = 0, other = 0] = staff;
    const first = await tester.salon('POST', 'appointment/', visitBody(one, TEN, ELEVEN));
    expect(await make(visitBody(one, HALF_PAST, ELEVEN))).toBe(409);
    expect(await make(visitBody(one, NINE, HALF_PAST))).toBe(409);
    expect(await make(visitBody(other, HALF_PAST, ELEVEN))).toBe(201);
    expect(await make(visitBody(one, ELEVEN, '2031-02-05T11:30'))).toBe(201);
    await tester.salon('PATCH', `appointment/${show(first.body['id'])}/status/cancel/`);
    expect(await make(visitBody(one, TEN, ELEVEN))).toBe(201);
  });

  it('409 for a move onto it, none for a change of the note where it lies', async () => {
    const [one = 0] = staff;
    await make(visitBody(one, TEN, ELEVEN));
    const second = await tester.salon('POST', 'appointment/', visitBody(one, NINE, TEN));
    const path = `appointment/${show(second.body['id'])}/`;
    expect((await tester.salon('PUT', path, visitBody(one, TEN, ELEVEN))).status).toBe(409);
    expect((await tester.salon('PUT', path, visitBody(one, NINE, TEN, { customer_note: 'x' }))).status).toBe(
      200,
    );
  });

  it('409 in a time off and on a block', async () => {
    const [one = 0] = staff;
    await tester.salon('POST', `schedule/resource/${show(one)}/time_off/`, {
      date_from: '2031-02-05',
      date_till: '2031-02-05',
      hour_from: '10:00',
      hour_till: '10:30',
      reason_code: 'late',
    });
    expect(await make(visitBody(one, TEN, ELEVEN))).toBe(409);
    expect(await make(visitBody(one, HALF_PAST, ELEVEN, { type: 'R' }))).toBe(201);
    expect(await make(visitBody(one, HALF_PAST, ELEVEN))).toBe(409);
  });

  it('any staff: as many as there are people, then 409', async () => {
    for (const id of staff.slice(1)) expect(await make(visitBody(id, TEN, ELEVEN))).toBe(201);
    expect(await make(visitBody(-1, TEN, ELEVEN))).toBe(201);
    expect(await make(visitBody(-1, TEN, ELEVEN))).toBe(409);
  });

  it('parallel clients: as many as the session has seats, at the same start only', async () => {
    const [one = 0] = staff;
    const service = await tester.salon('POST', 'service/', {
      name: 'Zajęcia',
      price_type: 'X',
      parallel_clients: 2,
    });
    const variant = await tester.salon('POST', `service/${show(service.body['id'])}/variant/`, {
      type: 'X',
      price: 10,
      duration: 60,
      staffers: [one],
    });
    const seat = (from: string): object => ({
      subbookings: [{ booked_from: from, staffer_id: one, service_variant_id: variant.body['id'] }],
    });
    expect([await make(seat(TEN)), await make(seat(TEN)), await make(seat(TEN))]).toEqual([201, 201, 409]);
    expect(await make(seat(HALF_PAST))).toBe(409);
  });

  it('the processing gap is free for another', async () => {
    const [one = 0] = staff;
    const service = await tester.salon('POST', 'service/', {
      name: 'Kolor',
      price_type: 'X',
      gap_time: { start_after: 20, duration: 20 },
    });
    const variant = await tester.salon('POST', `service/${show(service.body['id'])}/variant/`, {
      type: 'X',
      duration: 60,
    });
    await make({
      subbookings: [{ booked_from: TEN, staffer_id: one, service_variant_id: variant.body['id'] }],
    });
    expect(await make(visitBody(one, '2031-02-05T10:20', '2031-02-05T10:40'))).toBe(201);
    expect(await make(visitBody(one, '2031-02-05T10:40', '2031-02-05T10:50'))).toBe(409);
  });

  it('of 20 at once for one slot one wins', async () => {
    const [one = 0] = staff;
    const all = await Promise.all(Array.from({ length: 20 }, () => make(visitBody(one, TEN, ELEVEN))));
    expect(all.filter((status) => status === 201)).toHaveLength(1);
    expect(all.filter((status) => status === 409)).toHaveLength(19);
  });
});

describe('visits that cannot be modified', () => {
  it('422 for several parts and for a series; their status can be changed', async () => {
    const [one = 0, other = 0] = staff;
    const several = {
      subbookings: [
        { booked_from: TEN, booked_till: HALF_PAST, staffer_id: one },
        { booked_from: HALF_PAST, booked_till: ELEVEN, staffer_id: other },
      ],
    };
    const multi = await tester.salon('POST', 'appointment/', several);
    const series = await tester.control('POST', 'visits', { ...visitBody(one, NINE, TEN), repeating: true });
    for (const made of [multi, series]) {
      const path = `appointment/${show(made.body['id'])}/`;
      expect((await tester.salon('PUT', path, several)).status).toBe(422);
      expect((await tester.salon('PATCH', `${path}status/cancel/`)).status).toBe(200);
    }
  });
});
