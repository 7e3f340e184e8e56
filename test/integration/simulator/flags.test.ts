import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idsOf, show, Tester, visitBody } from './client.ts';
import type { Body } from './client.ts';
import { Receiver } from './receiver.ts';

let tester: Tester;
let receiver: Receiver;
let staff = 0;
beforeAll(async () => {
  tester = await Tester.start();
  receiver = await Receiver.start();
  staff = idsOf(await tester.salon('GET', 'resource/'))[0] ?? 0;
});
afterAll(async () => {
  await tester.stop();
  await receiver.stop();
});

async function reset(more: object): Promise<void> {
  await tester.control('POST', 'reset', more);
  receiver.clear();
}

const DAY = 'booked_from=2031-03-05T00:00&booked_till=2031-03-06T00:00';
const list = async (query = DAY): Promise<Body[]> =>
  (await tester.salon('GET', `appointment/?limit=100&${query}`)).body['results'] as unknown as Body[];
const make = (from: string, till: string, more: object = {}): Promise<{ status: number; body: Body }> =>
  tester.salon('POST', 'appointment/', visitBody(staff, `2031-03-${from}`, `2031-03-${till}`, more));

describe('capability flags, either way', () => {
  it('cancelledListed', async () => {
    for (const cancelledListed of [true, false]) {
      await reset({ visits: 0, flags: { cancelledListed } });
      const { body } = await make('05T10:00', '05T11:00');
      await make('05T11:00', '05T12:00');
      await tester.salon('PATCH', `appointment/${show(body['id'])}/status/cancel/`);
      expect(await list()).toHaveLength(cancelledListed ? 2 : 1);
      expect((await tester.salon('GET', `appointment/${show(body['id'])}/`)).body['status']).toBe('C');
    }
  });

  it('listFilter', async () => {
    for (const [listFilter, rows] of [
      ['start', 1],
      ['overlap', 2],
    ] as const) {
      await reset({ visits: 0, flags: { listFilter } });
      await make('04T23:30', '05T00:30');
      await make('05T23:30', '06T00:30');
      await make('06T00:30', '06T01:00');
      await make('04T23:00', '04T23:30');
      expect(await list()).toHaveLength(rows);
    }
  });

  it('listOrder', async () => {
    const times = ['05T12:00', '05T10:00', '05T11:00'] as const;
    for (const [listOrder, order] of [
      ['id', [0, 1, 2]],
      ['id_desc', [2, 1, 0]],
      ['start', [1, 2, 0]],
      ['start_desc', [0, 2, 1]],
    ] as const) {
      await reset({ visits: 0, flags: { listOrder } });
      for (const time of times) await make(time, time.replace(':00', ':30'));
      const found = (await list()).map((row) => show(row['booked_from']).slice(8));
      expect(found).toEqual(order.map((n) => times[n]));
    }
  });

  it('listRowsFull', async () => {
    for (const listRowsFull of [true, false]) {
      await reset({ visits: 0, flags: { listRowsFull } });
      const { body } = await make('05T10:00', '05T11:00', { business_note: 'x' });
      const [row = {}] = await list();
      expect('traveling' in row).toBe(listRowsFull);
      expect('business_note' in row).toBe(listRowsFull);
      expect((await tester.salon('GET', `appointment/${show(body['id'])}/`)).body['business_note']).toBe('x');
    }
  });

  it('createNotifiesClient', async () => {
    for (const createNotifiesClient of [true, false]) {
      await reset({ visits: 0, flags: { createNotifiesClient } });
      await make('05T10:00', '05T11:00', { customer_phone: '+48 500 000 001' });
      await make('05T11:00', '05T12:00', { type: 'R' });
      const { body } = await tester.control('GET', 'counters');
      expect(body['clientNotifications']?.['total']).toBe(createNotifiesClient ? 1 : 0);
    }
  });

  it('appointmentWrites', async () => {
    await reset({ visits: 0, flags: { appointmentWrites: false } });
    expect((await make('05T10:00', '05T11:00')).status).toBe(403);
    const made = await tester.control(
      'POST',
      'visits',
      visitBody(staff, '2031-03-05T10:00', '2031-03-05T11:00'),
    );
    const one = `appointment/${show(made.body['id'])}/`;
    expect(
      (await tester.salon('PUT', one, visitBody(staff, '2031-03-05T10:00', '2031-03-05T11:00'))).status,
    ).toBe(403);
    expect((await tester.salon('PATCH', `${one}status/cancel/`)).status).toBe(403);
    expect((await tester.salon('GET', one)).status).toBe(200);
    await tester.control('POST', 'settings', { flags: { appointmentWrites: true } });
    expect((await tester.salon('PATCH', `${one}status/cancel/`)).status).toBe(200);
  });

  it('mapping looks up', async () => {
    await reset({ visits: 0, flags: { mapping: 'lookup' } });
    const { body } = await make('05T10:00', '05T11:00', { import_uid: 'a:1' });
    const service = await tester.salon('POST', 'service/', { name: 'x', price_type: 'X', import_uid: 's:1' });
    const category = await tester.salon('POST', 'service_category/', { name: 'x', import_uid: 'c:1' });
    const look = async (of: string, import_uid: string): Promise<unknown> =>
      (await tester.salon('POST', `${of}/mapping/`, { import_uid })).body['id'];
    expect(await look('appointment', 'a:1')).toBe(body['id']);
    expect(await look('appointment', 'a:2')).toBeNull();
    expect(await look('service', 's:1')).toBe(service.body['id']);
    expect(await look('service_category', 'c:1')).toBe(category.body['id']);
    await tester.salon('DELETE', `service/${show(service.body['id'])}/`);
    expect(await look('service', 's:1')).toBeNull();
  });

  it('mapping sets', async () => {
    await reset({ visits: 0, flags: { mapping: 'set' } });
    const { body } = await make('05T10:00', '05T11:00');
    const path = 'appointment/mapping/';
    expect((await tester.salon('POST', path, { import_uid: 'a:1' })).status).toBe(400);
    expect((await tester.salon('POST', path, { import_uid: 'a:1', id: 5 })).status).toBe(404);
    expect((await tester.salon('POST', path, { import_uid: 'a:1', id: body['id'] })).status).toBe(200);
    expect((await tester.salon('GET', `appointment/${show(body['id'])}/`)).body['import_uid']).toBe('a:1');
  });

  it('limitScope', async () => {
    for (const limitScope of ['partner', 'business'] as const) {
      const limits = { algorithm: 'sliding', limit: 3, windowMs: 60_000 };
      await reset({ visits: 0, salons: 2, flags: { limitScope }, limits });
      const codes: number[] = [];
      for (const id of [1001, 1001, 1001, 1001, 1002]) {
        codes.push((await tester.api('GET', `/business/${show(id)}/`)).status);
      }
      expect(codes).toEqual([200, 200, 200, 429, limitScope === 'business' ? 200 : 429]);
    }
    await reset({ salons: 1 });
  });

  it('maxLimit', async () => {
    await reset({ flags: { maxLimit: 30 } });
    expect((await tester.salon('GET', 'customer/?limit=31')).status).toBe(400);
    expect(idsOf(await tester.salon('GET', 'customer/?limit=30'))).toHaveLength(30);
    await reset({});
    expect(idsOf(await tester.salon('GET', 'customer/?limit=31'))).toHaveLength(31);
  });

  it('statusOptionalInPut', async () => {
    for (const statusOptionalInPut of [true, false]) {
      await reset({ visits: 0, flags: { statusOptionalInPut } });
      const { body } = await make('05T10:00', '05T11:00');
      const put = visitBody(staff, '2031-03-05T10:00', '2031-03-05T11:00');
      const path = `appointment/${show(body['id'])}/`;
      expect((await tester.salon('PUT', path, put)).status).toBe(statusOptionalInPut ? 200 : 400);
      expect((await tester.salon('PUT', path, { ...put, status: 'A' })).status).toBe(200);
    }
  });

  it('inlineContactMakesCard', async () => {
    for (const inlineContactMakesCard of [true, false]) {
      await reset({ visits: 0, clients: 0, flags: { inlineContactMakesCard } });
      const contact = { customer_name: 'Ala Makota', customer_phone: '500 000 009' };
      const one = await make('05T10:00', '05T11:00', contact);
      const two = await make('05T11:00', '05T12:00', contact);
      expect(one.body['booked_for_id'] === null).toBe(!inlineContactMakesCard);
      expect(two.body['booked_for_id']).toBe(one.body['booked_for_id']);
      expect((await tester.salon('GET', 'customer/')).body['count']).toBe(inlineContactMakesCard ? 1 : 0);
    }
  });

  it('webhooks, webhooksForBlocks, webhookPer', async () => {
    const parts = {
      subbookings: [
        { booked_from: '2031-03-05T10:00', booked_till: '2031-03-05T10:30', staffer_id: staff },
        { booked_from: '2031-03-05T10:30', booked_till: '2031-03-05T11:00', staffer_id: staff },
      ],
    };
    for (const [flags, expected] of [
      [{ webhooks: true }, 3],
      [{ webhooks: false }, 0],
      [{ webhooksForBlocks: false }, 2],
      [{ webhookPer: 'subbooking' }, 4],
    ] as const) {
      await reset({ visits: 0, flags, webhooks: { targets: [{ url: receiver.url }] } });
      await tester.salon('POST', 'appointment/', parts);
      await make('05T12:00', '05T13:00', { type: 'R' });
      await make('05T13:00', '05T14:00');
      // The clock answers once all that was due has been sent.
      await tester.control('POST', 'clock', { advanceMs: 0 });
      expect(receiver.received).toHaveLength(expected);
    }
  });
});
