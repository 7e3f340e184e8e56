import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { idsOf, show, Tester, visitBody } from './client.ts';
import type { Reply } from './client.ts';

let tester: Tester;
beforeAll(async () => {
  tester = await Tester.start();
});
afterAll(() => tester.stop());
beforeEach(async () => {
  await tester.control('POST', 'reset', {});
  await tester.signIn();
});

const CUSTOMERS = 'GET /business/{business_id}/customer/';
const loose = (path: string): Promise<Reply> =>
  tester.api('GET', `/business/1001/${path}`, { unchecked: true });
const created = async (): Promise<unknown> =>
  (await tester.control('GET', 'counters')).body['writes']?.['api']?.['created'];
const newCard = (): Promise<Reply> => tester.salon('POST', 'customer/', { first_name: 'Nowa' });

describe('answers that do not come', () => {
  it('drop_request: nothing was done', async () => {
    await tester.fault({ kind: 'drop_request', route: 'POST /business/{business_id}/customer/' });
    await expect(newCard()).rejects.toThrow('fetch failed');
    expect(await created()).toEqual({});
    expect(await tester.hits('drop_request')).toBe(1);
    expect((await newCard()).status).toBe(201);
  });

  it('lose_answer: it was done', async () => {
    await tester.fault({ kind: 'lose_answer', route: 'POST /business/{business_id}/customer/' });
    await expect(newCard()).rejects.toThrow('fetch failed');
    expect(await created()).toEqual({ customer: 1 });
    expect(await tester.hits('lose_answer')).toBe(1);
  });

  it('act_late: it is done later, by the clock of the sandbox', async () => {
    await tester.fault({ kind: 'act_late', ms: 40_000, route: 'POST /business/{business_id}/customer/' });
    await expect(newCard()).rejects.toThrow('fetch failed');
    await tester.control('POST', 'clock', { advanceMs: 39_000 });
    expect(await created()).toEqual({});
    await tester.control('POST', 'clock', { advanceMs: 1_000 });
    expect(await created()).toEqual({ customer: 1 });
    expect(await tester.hits('act_late')).toBe(1);
  });

  it('slow', async () => {
    await tester.fault({ kind: 'slow', ms: 150 });
    const before = performance.now();
    expect((await tester.salon('GET', 'customer/')).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThan(140);
    expect(await tester.hits('slow')).toBe(1);
  });

  it('latencyMs holds for every call', async () => {
    await tester.control('POST', 'settings', { latencyMs: 60 });
    const before = performance.now();
    await tester.salon('GET', 'customer/');
    await tester.salon('GET', 'customer/');
    expect(performance.now() - before).toBeGreaterThan(110);
  });
});

describe('answers that are something else', () => {
  it.each([500, 502, 503, 504, 403, 429])('status %i, before acting', async (status) => {
    await tester.fault({
      kind: 'status',
      status,
      retryAfterSeconds: 7,
      route: 'POST /business/{business_id}/customer/',
    });
    const reply = await newCard();
    expect(reply.status).toBe(status);
    expect(reply.headers.get('retry-after')).toBe('7');
    expect(await created()).toEqual({});
    expect(await tester.hits('status')).toBe(1);
  });

  it('status after acting', async () => {
    await tester.fault({
      kind: 'status',
      status: 502,
      acted: true,
      route: 'POST /business/{business_id}/customer/',
    });
    expect((await newCard()).status).toBe(502);
    expect(await created()).toEqual({ customer: 1 });
  });

  it('error_200', async () => {
    await tester.fault({ kind: 'error_200' });
    const reply = await loose('customer/');
    expect([reply.status, reply.body['code']]).toEqual([200, 'internal_error']);
    expect(await tester.hits('error_200')).toBe(1);
  });

  it('empty_body, truncate_body, content_type', async () => {
    await tester.fault({ kind: 'empty_body' });
    expect((await loose('customer/')).text).toBe('');
    await tester.fault({ kind: 'truncate_body' });
    const torn = (await loose('customer/')).text;
    expect(torn.startsWith('{"count":')).toBe(true);
    expect(() => JSON.parse(torn) as unknown).toThrow();
    await tester.fault({ kind: 'content_type' });
    const html = await loose('customer/');
    expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html']);
    expect((await tester.control('GET', 'counters')).body['faultHits']).toEqual({
      empty_body: 1,
      truncate_body: 1,
      content_type: 1,
    });
  });

  it('expire_token takes one token back, revoke_tokens all', async () => {
    for (const kind of ['expire_token', 'revoke_tokens']) {
      await tester.fault({ kind, skip: 1 });
      expect((await loose('customer/')).status).toBe(200);
      expect((await loose('customer/')).status).toBe(401);
      expect((await loose('customer/')).status).toBe(401);
      await tester.signIn();
      expect((await loose('customer/')).status).toBe(200);
      expect(await tester.hits(kind)).toBe(1);
    }
  });
});

describe('lists that lie', () => {
  it('empty_list, of both forms', async () => {
    await tester.fault({ kind: 'empty_list', count: 2 });
    expect((await tester.salon('GET', 'customer/')).body).toMatchObject({ count: 0, results: [] });
    expect((await tester.salon('GET', 'service/')).body).toEqual([]);
    expect((await tester.salon('GET', 'customer/')).body['count']).toBe(60);
    expect(await tester.hits('empty_list')).toBe(2);
  });

  it('truncate_list keeps the count', async () => {
    await tester.fault({ kind: 'truncate_list', rows: 4, query: { offset: '20' } });
    expect(idsOf(await tester.salon('GET', 'customer/?limit=20&offset=0'))).toHaveLength(20);
    const page = await tester.salon('GET', 'customer/?limit=20&offset=20');
    expect(idsOf(page)).toHaveLength(16);
    expect(page.body['count']).toBe(60);
    expect(await tester.hits('truncate_list')).toBe(1);
  });

  it('shift_list: a row seems gone before the page, or a new one there', async () => {
    const all = idsOf(await tester.salon('GET', 'customer/?limit=60'));
    await tester.fault({ kind: 'shift_list', direction: 'remove', rows: 2 });
    const first = await tester.salon('GET', 'customer/?limit=10&offset=0');
    expect([first.body['count'], idsOf(first)]).toEqual([60, all.slice(0, 10)]);
    const removed = await tester.salon('GET', 'customer/?limit=10&offset=10');
    expect([removed.body['count'], idsOf(removed)]).toEqual([58, all.slice(12, 22)]);
    await tester.fault({ kind: 'shift_list', direction: 'insert' });
    const inserted = await tester.salon('GET', 'customer/?limit=10&offset=10');
    expect([inserted.body['count'], idsOf(inserted)]).toEqual([61, all.slice(9, 19)]);
    expect(idsOf(await tester.salon('GET', 'customer/?limit=60'))).toEqual(all);
    expect(await tester.hits('shift_list')).toBe(2);
  });

  it('shift_list really: rows come and go', async () => {
    for (const list of ['customer/', 'appointment/']) {
      const all = idsOf(await tester.salon('GET', `${list}?limit=100`));
      const count = Number((await tester.salon('GET', list)).body['count']);
      await tester.fault({ kind: 'shift_list', direction: 'remove', real: true, query: { offset: '10' } });
      expect(idsOf(await tester.salon('GET', `${list}?limit=10&offset=10`))).toEqual(all.slice(11, 21));
      expect((await tester.salon('GET', `${list}${show(all[0])}/`)).status).toBe(404);
      await tester.fault({ kind: 'shift_list', direction: 'insert', real: true, query: { offset: '10' } });
      const page = await tester.salon('GET', `${list}?limit=10&offset=10`);
      expect([page.body['count'], idsOf(page)]).toEqual([count, all.slice(10, 20)]);
    }
    expect(await tester.hits('shift_list')).toBe(4);
  });

  it('mapping_blind', async () => {
    await tester.salon('POST', 'service/', { name: 'x', price_type: 'X', import_uid: 's:1' });
    await tester.fault({ kind: 'mapping_blind' });
    const look = async (): Promise<unknown> =>
      (await tester.salon('POST', 'service/mapping/', { import_uid: 's:1' })).body['id'];
    expect([await look(), typeof (await look())]).toEqual([null, 'number']);
    expect(await tester.hits('mapping_blind')).toBe(1);
  });
});

describe('schema drift', () => {
  it('renames, replaces, adds and removes fields, of chosen rows only', async () => {
    const [first = 0, second = 0, third = 0] = idsOf(await tester.salon('GET', 'customer/'));
    const drifts = [
      { change: 'rename', field: 'email', to: 'mail', ids: [first] },
      { change: 'set', field: 'first_name', value: 7, ids: [second] },
      { change: 'add', field: 'loyalty', value: { points: 1 }, ids: [third] },
      { change: 'remove', field: 'created', ids: [third] },
    ];
    for (const drift of drifts)
      await tester.fault({ kind: 'drift', route: CUSTOMERS, count: null, ...drift });
    const { body } = await loose('customer/');
    expect([body['results']?.[0]?.['email'], 'mail' in (body['results']?.[0] ?? {})]).toEqual([
      undefined,
      true,
    ]);
    expect(body['results']?.[1]?.['first_name']).toBe(7);
    expect(body['results']?.[2]?.['loyalty']).toEqual({ points: 1 });
    expect('created' in (body['results']?.[2] ?? {})).toBe(false);
    expect('created' in (body['results']?.[3] ?? {})).toBe(true);
    expect(await tester.hits('drift')).toBe(4);
  });

  it('reaches inside, of single records too', async () => {
    const made = await tester.salon(
      'POST',
      'appointment/',
      visitBody(-1, '2031-01-01T10:00', '2031-01-01T11:00'),
    );
    await tester.fault({ kind: 'drift', change: 'set', field: 'subbookings.0.booked_from', value: 'noon' });
    expect(
      (await loose(`appointment/${show(made.body['id'])}/`)).body['subbookings']?.[0]?.['booked_from'],
    ).toBe('noon');
    await tester.fault({ kind: 'drift', change: 'set', field: 'business_timezone', value: 'Mars/Olympus' });
    expect((await loose(`appointment/${show(made.body['id'])}/`)).body['business_timezone']).toBe(
      'Mars/Olympus',
    );
  });

  it('hits nothing where there is no such field', async () => {
    await tester.fault({ kind: 'drift', change: 'remove', field: 'no_such_field' });
    await tester.salon('GET', 'customer/');
    expect(await tester.hits('drift')).toBe(0);
  });
});
