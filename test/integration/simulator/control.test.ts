import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { idsOf, show, Tester, visitBody } from './client.ts';
import type { Body } from './client.ts';

let tester: Tester;
beforeAll(async () => {
  tester = await Tester.start();
});
afterAll(() => tester.stop());
beforeEach(async () => {
  await tester.control('POST', 'reset', {});
});

const counters = async (): Promise<Body> => (await tester.control('GET', 'counters')).body;

describe('the limit', () => {
  it('429 above it, scaled as told, with Retry-After only where told', async () => {
    for (const retryAfter of [false, true]) {
      await tester.control('POST', 'reset', {
        limits: { algorithm: 'fixed', limit: 5, windowMs: 600_000, retryAfter },
      });
      const replies = await Promise.all(Array.from({ length: 8 }, () => tester.salon('GET', 'customer/')));
      const refused = replies.filter(({ status }) => status === 429);
      expect(refused).toHaveLength(3);
      expect(refused.every(({ headers }) => headers.has('retry-after') === retryAfter)).toBe(true);
      expect(await counters()).toMatchObject({ rejected429: 3, calls: { total: 8, maxInRollingWindow: 8 } });
      await tester.control('POST', 'clock', { advanceMs: 600_000 });
      expect((await tester.salon('GET', 'customer/')).status).toBe(200);
    }
  });

  it.each(['sliding', 'bucket'])('%s, over HTTP', async (algorithm) => {
    await tester.control('POST', 'reset', { limits: { algorithm, limit: 4, windowMs: 3_600_000 } });
    const codes: number[] = [];
    for (let n = 0; n < 5; n += 1) codes.push((await tester.salon('GET', 'customer/')).status);
    expect(codes).toEqual([200, 200, 200, 200, 429]);
  });

  it('can be lifted', async () => {
    const replies = await Promise.all(
      Array.from({ length: 250 }, () => tester.salon('GET', 'service_category/')),
    );
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    expect((await counters())['calls']).toMatchObject({ total: 250, maxInRollingWindow: 250 });
  });
});

describe('the start page', () => {
  it('leads a person to what there is, and every link answers', async () => {
    const page = await fetch(tester.simulator.url);
    expect(page.headers.get('content-type')).toContain('text/html');
    const links = [...(await page.text()).matchAll(/href="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      expect((await fetch(tester.simulator.url + link)).status, link).toBe(200);
    }
  });
});

describe('counters', () => {
  it('count calls by route and salon, and writes by who made them', async () => {
    await tester.api('GET', '/business/');
    await tester.salon('GET', 'customer/?limit=10');
    const made = await tester.salon('POST', 'customer/', { first_name: 'Nowa' });
    await tester.salon('PATCH', `customer/${show(made.body['id'])}/`, { last_name: 'x' });
    await tester.asSalon('DELETE', `customer/${show(made.body['id'])}/`);
    await tester.salon('GET', 'customer/7/');
    const { calls, writes } = await counters();
    const byRoute = {
      'GET /business/{business_id}/customer/': 1,
      'POST /business/{business_id}/customer/': 1,
      'PATCH /business/{business_id}/customer/{customer_id}/': 1,
      'GET /business/{business_id}/customer/{customer_id}/': 1,
    };
    expect(calls).toMatchObject({
      total: 4,
      discovery: 1,
      token: 0,
      bySalon: { 1001: { total: 4, byRoute } },
    });
    expect(calls?.['byStatus']).toEqual({ 200: 3, 201: 1, 404: 1 });
    expect(writes).toEqual({
      api: { created: { customer: 1 }, changed: { customer: 1 }, deleted: {} },
      salon: { created: {}, changed: {}, deleted: { customer: 1 } },
    });
    await tester.control('POST', 'counters/reset');
    expect((await counters())['calls']).toMatchObject({ total: 0, byRoute: {} });
  });

  it('say the least calls of an import, which a plain import then makes', async () => {
    const least = Number((await counters())['leastCalls']?.['total']);
    await tester.salon('GET', '');
    await tester.salon('GET', 'resource/');
    const rows = (await tester.salon('GET', 'resource/')).body as unknown as Body[];
    await tester.control('POST', 'counters/reset');
    await tester.salon('GET', '');
    await tester.salon('GET', 'resource/');
    const range = 'custom/?date_from=2020-01-01&date_to=2030-01-01';
    await tester.salon('GET', 'schedule/default/');
    await tester.salon('GET', `schedule/${range}`);
    for (const row of rows.filter((one) => show(one['access_level']) !== 'reception')) {
      for (const part of ['default/', range, 'time_off/']) {
        await tester.salon('GET', `schedule/resource/${show(row['id'])}/${part}`);
      }
    }
    await tester.salon('GET', 'service_category/');
    for (const id of idsOf(await tester.salon('GET', 'service/')))
      await tester.salon('GET', `service/${show(id)}/variant/`);
    for (const list of ['customer', 'appointment']) {
      for (let offset = 0, count = 1; offset < count; offset += 100) {
        count = Number(
          (await tester.salon('GET', `${list}/?limit=100&offset=${show(offset)}`)).body['count'],
        );
      }
    }
    expect((await counters())['calls']).toMatchObject({ total: least });
  });

  it('show what was seeded, overbooked pairs too', async () => {
    const { body } = await tester.control('POST', 'reset', { visits: 1000, overbooked: 6, seed: 42 });
    expect(body['salons']?.[0]).toMatchObject({
      staff: 8,
      reception: 2,
      rooms: 3,
      services: 60,
      overbookedPairs: 6,
    });
    await tester.control('POST', 'visits', {
      ...visitBody(
        idsOf(await tester.salon('GET', 'resource/'))[0] ?? 0,
        '2031-01-01T10:00',
        '2031-01-01T11:00',
      ),
    });
    expect((await counters())['seeded']).toMatchObject({ overbookedPairs: 6 });
    await tester.control('POST', 'reset', { visits: 300, overbooked: null, seed: 'booksy' });
  });
});

describe('the salon at work', () => {
  const at = (hour: number): [string, string] => [
    `2031-02-01T${show(hour)}:00`,
    `2031-02-01T${show(hour)}:30`,
  ];
  const staffIds = async (): Promise<number[]> => idsOf(await tester.salon('GET', 'resource/'));

  it('makes, moves, hands over, changes and deletes visits', async () => {
    const [one = 0, other = 0] = await staffIds();
    const made = await tester.control('POST', 'visits', {
      salon: 1001,
      customer_name: 'A',
      subbookings: [
        { booked_from: at(10)[0], booked_till: at(10)[1], staffer_id: one },
        { booked_from: at(11)[0], booked_till: at(11)[1], staffer_id: other },
      ],
    });
    expect(made.status).toBe(201);
    const path = `visits/${show(made.body['id'])}`;
    const [first, second] = made.body['subbookings'] as unknown as [Body, Body];
    const edited = await tester.control('PATCH', path, {
      subbookings: [{ id: first['id'], staffer_id: other }],
      customer_note: 'n',
    });
    expect(edited.body['subbookings']).toEqual([{ ...first, staffer_id: other }, second]);
    const moved = await tester.control('PATCH', path, { moveMinutes: 60, removeSubbookings: [second['id']] });
    expect(moved.body).toMatchObject({ booked_from: at(11)[0], booked_till: at(11)[1], customer_note: 'n' });
    expect((await tester.control('PATCH', path, { status: 'C' })).body['status']).toBe('C');
    expect((await tester.control('PATCH', path, { status: 'A' })).body['status']).toBe('A');
    const found = await tester.control('GET', 'visits?from=2031-02-01T00:00&till=2031-02-02T00:00&status=A');
    expect([found.body['count'], idsOf(found)]).toEqual([1, [made.body['id']]]);
    expect((await tester.control('DELETE', path)).status).toBe(204);
    expect((await tester.control('GET', path)).status).toBe(404);
  });

  it('overbooks only where it says so', async () => {
    const [one = 0] = await staffIds();
    const body = visitBody(one, ...at(10));
    expect((await tester.control('POST', 'visits', body)).status).toBe(201);
    expect((await tester.control('POST', 'visits', body)).status).toBe(409);
    expect((await tester.control('POST', 'visits', { ...body, allowOverlap: true })).status).toBe(201);
    expect((await tester.control('GET', 'state')).body['salons']?.[0]?.['overbookedPairs']).toBe(5);
  });

  it('does what the API cannot: its name and zone, a custom day gone, a visit deleted', async () => {
    expect((await tester.asSalon('PATCH', '', { timezone: 'Europe/Berlin' })).body['timezone']).toBe(
      'Europe/Berlin',
    );
    expect((await tester.salon('GET', '')).body['timezone']).toBe('Europe/Berlin');
    await tester.asSalon('PUT', 'schedule/custom/2031-05-05/', { hours: [] });
    expect((await tester.asSalon('DELETE', 'schedule/custom/2031-05-05/')).status).toBe(204);
    expect((await tester.salon('GET', 'schedule/custom/2031-05-05/')).status).toBe(404);
    const [id = 0] = idsOf(await tester.salon('GET', 'appointment/'));
    expect((await tester.asSalon('DELETE', `appointment/${show(id)}/`)).status).toBe(204);
    expect((await tester.salon('GET', `appointment/${show(id)}/`)).status).toBe(404);
  });
});

describe('bad control input', () => {
  it.each([
    ['visits', 'reset', { visits: -1 }],
    ['visits', 'reset', { visits: 'many' }],
    ['today', 'reset', { today: 'tomorrow' }],
    ['flags.listFilter', 'reset', { flags: { listFilter: 'middle' } }],
    ['limits.algorithm', 'settings', { limits: { algorithm: 'magic' } }],
    ['webhooks.targets.0.url', 'settings', { webhooks: { targets: [{ url: 'ftp://x.example' }] } }],
    ['kind', 'faults', { kind: 'meteor' }],
    ['faults.1.kind', 'faults', { faults: [{ kind: 'slow' }, { kind: 'meteor' }] }],
    ['probability', 'faults', { kind: 'slow', probability: 2 }],
    ['field', 'faults', { kind: 'drift' }],
    ['advanceMs', 'clock', { advanceMs: -5 }],
    ['subbookings', 'visits', {}],
    [
      'salon',
      'visits',
      { salon: 4, subbookings: [{ booked_from: '2031-01-01T10:00', booked_till: '2031-01-01T11:00' }] },
    ],
  ])('400 names %s', async (field, path, body) => {
    const reply = await tester.control('POST', path, body);
    expect([reply.status, reply.body['field']]).toEqual([400, field]);
  });

  it('400 for a field that nobody knows, naming it', async () => {
    const reply = await tester.control('POST', 'reset', { visitz: 5 });
    expect(reply.status).toBe(400);
    expect(show(reply.body['description'])).toContain('visitz');
    expect((await tester.control('GET', 'nothing')).status).toBe(404);
  });

  it('describes itself', async () => {
    const { body } = await tester.control('GET', 'openapi.json');
    const paths = Object.keys(body['paths'] ?? {});
    for (const path of ['reset', 'faults', 'clock', 'counters', 'visits', 'visits/{id}']) {
      expect(paths).toContain(`/_control/${path}`);
    }
  });
});
