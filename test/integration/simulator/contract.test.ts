import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idsOf, show, Tester, visitBody } from './client.ts';
import { Contract } from './contract.ts';

const GOLDEN = new URL('../../support/golden/', import.meta.url);

describe('golden samples', () => {
  const contract = new Contract();
  it.each(readdirSync(GOLDEN).filter((name) => name.endsWith('.json')))(
    '%s is as the contract says',
    (name) => {
      const sample = JSON.parse(readFileSync(new URL(name, GOLDEN), 'utf8')) as {
        schema: string;
        body: unknown;
      };
      expect(contract.check(sample.schema, sample.body)).toEqual([]);
    },
  );

  it('the judge finds a missing field, a wrong type and a field it does not know', () => {
    expect(contract.check('Mapping', { import_uid: 'a', id: null })).toEqual([]);
    expect(contract.check('Mapping', { import_uid: 'a' })).not.toEqual([]);
    expect(contract.check('Mapping', { import_uid: 'a', id: '1' })).not.toEqual([]);
    expect(contract.check('Mapping', { import_uid: 'a', id: null, more: 1 })).not.toEqual([]);
  });
});

describe('the partner API', () => {
  let tester: Tester;
  let staff = 0;
  beforeAll(async () => {
    tester = await Tester.start();
    staff = idsOf(await tester.salon('GET', 'resource/'))[0] ?? 0;
  });
  afterAll(() => tester.stop());

  it('answers every list and every row of it as the contract says', async () => {
    expect((await tester.api('GET', '/business/')).status).toBe(200);
    expect((await tester.api('GET', '/business/1001/')).body['timezone']).toBe('Europe/Warsaw');
    const resources = idsOf(await tester.salon('GET', 'resource/'));
    expect(resources).toHaveLength(13);
    for (const id of resources) {
      await tester.salon('GET', `resource/${show(id)}/`);
      for (const part of ['default/', 'custom/?date_from=2026-01-01&date_to=2026-12-31', 'time_off/']) {
        expect((await tester.salon('GET', `schedule/resource/${show(id)}/${part}`)).status).toBe(200);
      }
    }
    const services = idsOf(await tester.salon('GET', 'service/'));
    expect(services).toHaveLength(60);
    for (const id of services) {
      await tester.salon('GET', `service/${show(id)}/`);
      expect(idsOf(await tester.salon('GET', `service/${show(id)}/variant/`)).length).toBeGreaterThan(0);
    }
    expect(idsOf(await tester.salon('GET', 'service_category/'))).toHaveLength(9);
    const statement = await tester.salon('GET', 'settlement/?date_from=2026-09-01&date_to=2026-11-22');
    expect(idsOf(statement).length).toBeGreaterThan(5);
    for (let offset = 0; offset < 300; offset += 100) {
      const page = await tester.salon('GET', `appointment/?limit=100&offset=${show(offset)}`);
      expect(page.body['count']).toBe(300);
      expect(idsOf(page)).toHaveLength(100);
      for (const id of idsOf(page).slice(0, 5)) await tester.salon('GET', `appointment/${show(id)}/`);
    }
  });

  it('walks a paged list by next and previous', async () => {
    const seen: number[] = [];
    let path = '/business/1001/customer/?limit=25';
    for (let step = 0; step < 10; step += 1) {
      const page = await tester.api('GET', path);
      seen.push(...idsOf(page));
      const next: unknown = page.body['next'];
      if (next === null) break;
      path = show(next).split('/public-api/pl')[1] ?? '';
    }
    expect(seen).toHaveLength(60);
    expect(new Set(seen).size).toBe(60);
  });

  it.each([
    ['resource/', { name: 'Nowa', type: 'S', services: [] }, { name: 'Nowsza' }],
    ['service_category/', { name: 'Nowa', import_uid: 'cat-1' }, { order: 3 }],
    [
      'service/',
      { name: 'Nowa', price_type: 'X', import_uid: 'svc-1' },
      { padding_time_type: 'C', padding_time: 5 },
    ],
    ['customer/', { first_name: 'Nowa', email: 'nowa@mail.example' }, { last_name: 'Osoba' }],
  ])('creates, reads, replaces, changes and deletes in %s', async (list, body, patch) => {
    const made = await tester.salon('POST', list, body);
    expect(made.status).toBe(201);
    const one = `${list}${show(made.body['id'])}/`;
    expect((await tester.salon('GET', one)).body).toEqual(made.body);
    const changed = await tester.salon('PATCH', one, patch);
    expect(changed.body).toEqual({ ...made.body, ...patch });
    const replaced = await tester.salon('PUT', one, body);
    expect(replaced.body).toEqual(made.body);
    expect((await tester.salon('DELETE', one)).status).toBe(204);
    expect((await tester.salon('GET', one)).status).toBe(404);
  });

  it('does the same with variants and time off', async () => {
    const service = idsOf(await tester.salon('GET', 'service/'))[0] ?? 0;
    const lists = [
      [
        `service/${show(service)}/variant/`,
        { type: 'X', price: '99.00', duration: 40, staffers: [staff] },
        { price: 100 },
      ],
      [
        `schedule/resource/${show(staff)}/time_off/`,
        { date_from: '2027-01-04', date_till: '2027-01-04', reason_code: 'training' },
        { hour_from: '10:00', hour_till: '11:00' },
      ],
    ] as const;
    for (const [list, body, patch] of lists) {
      const made = await tester.salon('POST', list, body);
      const one = `${list}${show(made.body['id'])}/`;
      expect((await tester.salon('PATCH', one, patch)).body).toEqual({ ...made.body, ...patch });
      expect((await tester.salon('PUT', one, body)).body).toEqual(made.body);
      expect((await tester.salon('GET', one)).body).toEqual(made.body);
      expect((await tester.salon('DELETE', one)).status).toBe(204);
    }
  });

  it('replaces weekly hours and custom days, of the salon and of a resource', async () => {
    const days = [
      { day_of_week: 1, hours: [{ hour_from: '09:00', hour_till: '24:00' }], hours_apply_from: null },
    ];
    const day = { hours: [{ hour_from: '10:00', hour_till: '12:00' }] };
    for (const base of ['schedule/', `schedule/resource/${show(staff)}/`]) {
      expect((await tester.salon('PUT', `${base}default/`, days)).body).toEqual(days);
      expect((await tester.salon('GET', `${base}default/`)).body).toEqual(days);
      expect((await tester.salon('GET', `${base}custom/2027-05-05/`)).status).toBe(404);
      expect((await tester.salon('PUT', `${base}custom/2027-05-05/`, day)).body).toEqual({
        date: '2027-05-05',
        ...day,
      });
      expect((await tester.salon('GET', `${base}custom/2027-05-05/`)).body).toEqual({
        date: '2027-05-05',
        ...day,
      });
      const range = await tester.salon('GET', `${base}custom/?date_from=2027-05-05&date_to=2027-05-05`);
      expect(range.body).toEqual([{ date: '2027-05-05', ...day }]);
      expect((await tester.salon('GET', `${base}custom/?date_from=2027-05-05`)).status).toBe(400);
    }
  });

  it('keeps fields it does not know, and a PUT without them takes them away', async () => {
    const made = await tester.raw('POST', '/public-api/pl/business/1001/customer/', {
      body: { first_name: 'Nowa', loyalty: { points: 3 } },
      headers: (await authHeaders()) as Record<string, string>,
      unchecked: true,
    });
    const one = `/_control/as-salon/business/1001/customer/${show(made.body['id'])}/`;
    expect((await tester.raw('GET', one, { unchecked: true })).body['loyalty']).toEqual({ points: 3 });
    await tester.salon('PUT', `customer/${show(made.body['id'])}/`, { first_name: 'Nowa' });
    expect((await tester.raw('GET', one, { unchecked: true })).body['loyalty']).toBeUndefined();
  });

  async function authHeaders(): Promise<object> {
    const token = show((await tester.signIn()).body['access_token']);
    return { accept: 'application/json; version=0.3', authorization: `Bearer ${token}` };
  }

  it('makes, changes and cancels visits', async () => {
    const body = visitBody(staff, '2027-02-05T10:00', '2027-02-05T11:00', {
      import_uid: 'visit-1',
      customer_note: 'a',
    });
    const made = await tester.salon('POST', 'appointment/', body);
    expect(made.body).toMatchObject({
      status: 'A',
      type: 'B',
      import_uid: 'visit-1',
      booked_from: '2027-02-05T10:00',
    });
    const one = `appointment/${show(made.body['id'])}/`;
    const moved = await tester.salon('PUT', one, {
      ...body,
      subbookings: [
        {
          ...(made.body['subbookings']?.[0] as object),
          booked_from: '2027-02-05T12:00',
          booked_till: '2027-02-05T13:00',
        },
      ],
    });
    expect(moved.body['booked_from']).toBe('2027-02-05T12:00');
    expect(moved.body['subbookings']?.[0]?.['id']).toBe(made.body['subbookings']?.[0]?.['id']);
    expect(moved.body['import_uid']).toBe('visit-1');
    expect((await tester.salon('PATCH', `${one}status/cancel/`)).body['status']).toBe('C');
    expect((await tester.salon('PATCH', `${one}status/cancel/`)).status).toBe(200);
    expect((await tester.salon('PATCH', `${one}status/confirm/`)).status).toBe(400);
    expect((await tester.salon('DELETE', one)).status).toBe(405);
  });

  it.each([
    ['confirm', 'W', 'A'],
    ['decline', 'P', 'D'],
    ['cancel', 'M', 'C'],
    ['finish', 'A', 'F'],
    ['no_show', 'F', 'N'],
  ])('%s takes a visit from %s to %s', async (step, from, to) => {
    const made = await tester.control('POST', 'visits', {
      ...visitBody(staff, '2027-03-01T10:00', '2027-03-01T10:10'),
      status: from,
      allowOverlap: true,
    });
    const path = `appointment/${show(made.body['id'])}/status/${step}/`;
    expect((await tester.salon('PATCH', path)).body['status']).toBe(to);
  });

  it('has no idempotency: the same body for any staff makes two', async () => {
    const body = visitBody(-1, '2027-02-06T10:00', '2027-02-06T11:00', { import_uid: 'twice' });
    const [a, b] = [
      await tester.salon('POST', 'appointment/', body),
      await tester.salon('POST', 'appointment/', body),
    ];
    expect([a.status, b.status]).toEqual([201, 201]);
    expect(a.body['id']).not.toBe(b.body['id']);
    const counters = await tester.control('GET', 'counters');
    expect(counters.body['doubledImportUids']).toEqual([
      { kind: 'visit', importUid: 'twice', ids: [a.body['id'], b.body['id']] },
    ]);
  });

  it('has seen a good answer of every operation', () => {
    const all = tester.contract.operations.map(({ id }) => id);
    const missing = all.filter((id) => !tester.contract.seen.has(id));
    // The partner's own sign-in is tried in auth.test.ts, look-ups in flags.test.ts.
    expect(missing.sort()).toEqual([
      'createTokenByPartnerJwt',
      'mapAppointment',
      'mapService',
      'mapServiceCategory',
      'refreshPartnerToken',
    ]);
  });
});
