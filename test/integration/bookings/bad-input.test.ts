/** What cannot be booked is refused with a stable code, and nothing is half-written: tuples are counted. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { dateIn, makeSalon, type TestSalon } from './support/salon.ts';

let api: TestApi;
let salon: TestSalon;
let other: TestSalon;
beforeAll(async () => {
  api = await startTestApi();
  salon = await makeSalon(api.prisma, { rooms: 1, business: { noticeMinutes: 60 } });
  other = await makeSalon(api.prisma);
});
afterAll(() => api.stop());

/** Rows of everything that a booking writes. */
async function tuples(): Promise<number> {
  const { rows } = await api.database.pool.query<{ n: number }>(
    `SELECT (SELECT count(*) FROM bookings) + (SELECT count(*) FROM booking_items) + (SELECT count(*) FROM profiles)
          + (SELECT count(*) FROM booking_holds) + (SELECT count(*) FROM occupancy) + (SELECT count(*) FROM sync_outbox)
          + (SELECT count(*) FROM booksy_audit_log) + (SELECT count(*) FROM api_idempotency_keys) AS n`,
  );
  return Number(rows[0]?.n);
}

/** The next night on which the clocks go forward in Warsaw, and the one on which they go back. */
function changes(): { readonly gap: string; readonly twice: string } {
  const sunday = (month: number) => {
    const now = new Date();
    for (let year = now.getUTCFullYear(); ; year += 1) {
      const last = new Date(Date.UTC(year, month + 1, 0));
      last.setUTCDate(last.getUTCDate() - last.getUTCDay());
      if (last.getTime() > now.getTime() + 86_400_000) return last.toISOString().slice(0, 10);
    }
  };
  return { gap: `${sunday(2)}T02:30`, twice: `${sunday(9)}T02:30` };
}

const date = dateIn(5);
const wish = (more: Record<string, unknown> = {}) => ({
  businessId: salon.id,
  items: [{ variantId: salon.variantId }],
  startsLocal: `${date}T10:00`,
  ...more,
});

describe('POST /api/bookings', () => {
  it.each<[string, () => Record<string, unknown>, number, string]>([
    ['a time that is over', () => wish({ startsLocal: `${dateIn(-3)}T10:00` }), 422, 'time_past'],
    ['a time too far ahead', () => wish({ startsLocal: `${dateIn(200)}T10:00` }), 422, 'time_too_far'],
    ['a local time that does not exist', () => wish({ startsLocal: changes().gap }), 422, 'time_ambiguous'],
    ['a local time that comes twice', () => wish({ startsLocal: changes().twice }), 422, 'time_ambiguous'],
    ['a date that does not exist', () => wish({ startsLocal: '2027-02-30T10:00' }), 400, 'bad_request'],
    ['no local time at all', () => wish({ startsLocal: '10 o’clock' }), 400, 'bad_request'],
    [
      'an instant in place of a local time',
      () => wish({ startsLocal: `${date}T10:00:00Z` }),
      400,
      'bad_request',
    ],
    ['a time off the step', () => wish({ startsLocal: `${date}T10:07` }), 422, 'time_off_step'],
    ['a time outside the hours', () => wish({ startsLocal: `${date}T22:00` }), 409, 'slot_not_offered'],
    ['nothing wanted', () => wish({ items: [] }), 400, 'bad_request'],
    [
      'a length of one’s own',
      () => wish({ items: [{ variantId: salon.variantId, durationMinutes: 0 }] }),
      400,
      'bad_request',
    ],
    ['an unknown variant', () => wish({ items: [{ variantId: randomUUID() }] }), 404, 'not_found'],
    ['another tenant’s variant', () => wish({ items: [{ variantId: other.variantId }] }), 404, 'not_found'],
    ['another tenant’s service', () => wish({ items: [{ serviceId: other.serviceId }] }), 404, 'not_found'],
    [
      'an unknown member of staff',
      () => wish({ items: [{ variantId: salon.variantId, staffId: other.staff[0] }] }),
      404,
      'not_found',
    ],
    ['an unknown business', () => wish({ businessId: randomUUID() }), 404, 'not_found'],
    ['an unknown hold', () => ({ businessId: salon.id, holdId: randomUUID() }), 404, 'not_found'],
    ['an unknown client', () => wish({ client: { profileId: randomUUID() } }), 404, 'not_found'],
    [
      'a phone that is none',
      () => wish({ client: { givenName: 'Jan', phone: 'brak' } }),
      422,
      'client_unusable',
    ],
    [
      'an address that is none',
      () => wish({ client: { givenName: 'Jan', email: 'jan' } }),
      400,
      'bad_request',
    ],
    ['a client without a name', () => wish({ client: { email: 'jan@poczta.example' } }), 400, 'bad_request'],
    ['a hold and a time', () => wish({ holdId: randomUUID() }), 400, 'bad_request'],
    ['what nobody knows here', () => wish({ zone: 'Mars/Olympus' }), 400, 'bad_request'],
  ])('refuses %s', async (_name, body, status, code) => {
    const before = await tuples();
    const answer = await api.send('/api/bookings', {
      method: 'POST',
      body: body(),
      headers: { 'Idempotency-Key': randomUUID() },
    });
    expect([answer.status, answer.json]).toMatchObject([status, { code }]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await tuples()).toBe(before);
  });

  it('refuses a time within the notice', async () => {
    const always = await makeSalon(api.prisma, { business: { noticeMinutes: 600 }, open: [0, 1440] });
    const soon = new Date(Date.now() + 2 * 3_600_000).toLocaleString('sv-SE', { timeZone: 'Europe/Warsaw' });
    const startsLocal = `${soon.slice(0, 10)}T${soon.slice(11, 13)}:00`;
    const answer = await api.send('/api/bookings', {
      method: 'POST',
      body: { businessId: always.id, items: [{ variantId: always.variantId }], startsLocal },
    });
    expect([answer.status, answer.json]).toMatchObject([422, { code: 'time_too_soon', reason: 'notice' }]);
  });

  it('refuses a salon whose zone nobody knows, and says which value is wrong', async () => {
    const lost = await makeSalon(api.prisma, { business: { zone: 'Mars/Olympus' } });
    const before = await tuples();
    const answer = await api.send('/api/bookings', {
      method: 'POST',
      body: { businessId: lost.id, items: [{ variantId: lost.variantId }], startsLocal: `${date}T10:00` },
    });
    expect([answer.status, answer.json]).toMatchObject([409, { code: 'salon_unusable' }]);
    expect(answer.text).toContain('zone');
    expect(await tuples()).toBe(before);
  });

  it('gives the first answer to a key that comes again, and refuses it with another body', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const send = (body: unknown) => api.send('/api/bookings', { method: 'POST', body, headers });
    const first = await send(wish());
    expect(first.status).toBe(201);
    const again = await send(wish());
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(again.json).toEqual(first.json);
    const before = await tuples();
    expect(await send(wish({ note: 'inna' }))).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
    expect(await tuples()).toBe(before);
    // As if the process had died between its commit and its answer: the same visit, not a second one.
    await api.prisma.apiIdempotencyKey.deleteMany({});
    const repeated = await send(wish());
    expect(repeated.json).toEqual(first.json);
  });

  it('overbooks only by flag and scope, and says so in the audit trail', async () => {
    const start = `${dateIn(6)}T10:00`;
    const body = {
      businessId: other.id,
      items: [{ variantId: other.variantId, staffId: other.staff[0] }],
      startsLocal: start,
    };
    expect((await api.send('/api/bookings', { method: 'POST', body })).status).toBe(201);
    const { token } = await api.token(['bookings:write'], 'all');
    const forced = { ...body, overbook: true };
    expect((await api.send('/api/bookings', { method: 'POST', body: forced, token })).status).toBe(403);
    const made = await api.send('/api/bookings', { method: 'POST', body: forced });
    expect([made.status, made.json]).toMatchObject([201, { booking: { overbooked: true } }]);
    expect(
      await api.prisma.booksyAuditLog.count({ where: { businessId: other.id, action: 'overbooked' } }),
    ).toBe(1);
  });
});

describe('GET /api/availability', () => {
  it.each<[string, () => string, number, string]>([
    ['an end before the start', () => `&from=${dateIn(5)}&to=${dateIn(4)}`, 400, 'bad_request'],
    ['too many days', () => `&from=${dateIn(5)}&to=${dateIn(105)}`, 400, 'bad_request'],
    ['a date that does not exist', () => '&from=2027-02-30', 400, 'bad_request'],
    ['no items', () => `&from=${date}&items=`, 400, 'bad_request'],
    ['a time to explain that is none', () => `&from=${date}&explain=noon`, 400, 'bad_request'],
  ])('refuses %s', async (_name, query, status, code) => {
    const items = query().includes('items=') ? '' : `&items=${salon.variantId}`;
    const answer = await api.send(`/api/availability?businessId=${salon.id}${items}${query()}`);
    expect([answer.status, answer.json]).toMatchObject([status, { code }]);
  });

  it('says why a time is not free', async () => {
    const answer = await api.send(
      `/api/availability?businessId=${salon.id}&items=${salon.variantId}&from=${date}&explain=${date}T22:00`,
    );
    expect(answer.json).toMatchObject({ explanation: { free: false, code: 'closed' } });
  });
});

describe('changes of a visit', () => {
  it('moves, keeps its version, ends, and then changes no more', async () => {
    const made = await api.send('/api/bookings', {
      method: 'POST',
      body: wish({ startsLocal: `${dateIn(7)}T10:00` }),
    });
    const id = /"id":"([\da-f-]{36})"/.exec(made.text)?.[1] ?? '';
    const patch = (body: unknown) => api.send(`/api/bookings/${id}`, { method: 'PATCH', body });
    const moved = await patch({ startsLocal: `${dateIn(7)}T12:00`, note: 'Później' });
    expect(moved.json).toMatchObject({
      changed: true,
      booking: { startsLocal: `${dateIn(7)}T12:00`, endsLocal: `${dateIn(7)}T13:00`, note: 'Później' },
    });
    expect(await patch({ startsLocal: `${dateIn(7)}T23:00` })).toMatchObject({ status: 409 });
    expect(await patch({ note: 'x', version: 1 })).toMatchObject({
      status: 409,
      json: { code: 'visit_changed' },
    });
    const end = (step: string) => api.send(`/api/bookings/${id}/${step}`, { method: 'POST', body: {} });
    expect(await end('complete')).toMatchObject({ status: 422, json: { code: 'time_too_soon' } });
    expect((await end('cancel')).json).toMatchObject({ changed: true, booking: { status: 'cancelled' } });
    expect((await end('cancel')).json).toMatchObject({ changed: false });
    expect(await patch({ note: 'x' })).toMatchObject({ status: 409, json: { code: 'visit_over' } });
    expect(await api.prisma.occupancy.count({ where: { bookingId: id } })).toBe(0);
    const audited = await api.prisma.booksyAuditLog.findMany({
      where: { recordId: id },
      orderBy: { id: 'asc' },
    });
    expect(audited.map(({ action }) => action)).toEqual(['booked', 'moved', 'cancelled']);
  });

  it('of several parts that Booksy has are refused up front, but cancelled (R17)', async () => {
    const made = await api.send('/api/bookings', {
      method: 'POST',
      body: wish({
        startsLocal: `${dateIn(8)}T10:00`,
        items: [{ variantId: salon.variantId }, { variantId: salon.variantId }],
      }),
    });
    expect(made.json).toMatchObject({ booking: { endsLocal: `${dateIn(8)}T12:00` } });
    const id = /"id":"([\da-f-]{36})"/.exec(made.text)?.[1] ?? '';
    const now = new Date();
    await api.prisma.externalBooking.create({
      data: {
        businessId: salon.id,
        externalId: '77',
        startsLocal: now,
        endsLocal: now,
        bookingId: id,
        remote: {},
        remoteHash: 'x',
        baseTheirs: {},
        baseOurs: {},
        observedSentAt: now,
        observedReceivedAt: now,
      },
    });
    const patch = await api.send(`/api/bookings/${id}`, { method: 'PATCH', body: { note: 'x' } });
    expect(patch).toMatchObject({ status: 409, json: { code: 'change_at_booksy' } });
    const cancel = await api.send(`/api/bookings/${id}/cancel`, { method: 'POST', body: {} });
    expect(cancel.status).toBe(200);
  });
});
