/** How visits end (`complete`, `no-show`, `cancel`), and requests that are sent again (SPEC 5.3; R23, R24). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { dateIn, makeSalon, overlaps, type TestSalon } from './support/salon.ts';
import { bookVisit, heldBy, letItBegin, visitAnswer } from './support/visits.ts';

let api: TestApi;
let salon: TestSalon;
beforeAll(async () => {
  api = await startTestApi();
  salon = await makeSalon(api.prisma, { staff: 2, open: [0, 1440] });
});
afterAll(() => api.stop());

type Step = 'cancel' | 'complete' | 'no-show';
const end = (id: string, step: Step, headers: Record<string, string> = {}, body: unknown = {}) =>
  api.send(`/api/bookings/${id}/${step}`, { method: 'POST', body, headers });
const patch = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  api.send(`/api/bookings/${id}`, { method: 'PATCH', body, headers });
const auditOf = async (id: string) =>
  (await api.prisma.booksyAuditLog.findMany({ where: { recordId: id }, orderBy: { id: 'asc' } })).map(
    ({ action, reason }) => [action, reason],
  );
const withKey = () => ({ 'Idempotency-Key': randomUUID() });

describe('a visit that has begun', () => {
  it('is completed: its time stays held, and the outbox tells Booksy', async () => {
    const { id } = await bookVisit(api, salon, `${dateIn(3)}T10:00`);
    await letItBegin(api, id, 30);
    await api.prisma.syncOutbox.deleteMany({ where: { businessId: salon.id } });
    const held = await heldBy(api, id);
    expect(held).toHaveLength(1);
    expect(await end(id, 'complete')).toMatchObject({
      status: 200,
      json: { changed: true, booking: { status: 'completed' } },
    });
    expect(await heldBy(api, id)).toEqual(held);
    expect(await api.prisma.syncOutbox.count({ where: { recordId: id } })).toBe(1);
    expect((await end(id, 'complete')).json).toMatchObject({ changed: false });
    expect(await api.prisma.syncOutbox.count({ where: { recordId: id } })).toBe(1);
    expect(await end(id, 'cancel')).toMatchObject({ status: 409, json: { code: 'visit_over' } });
    expect(await auditOf(id)).toEqual([
      ['booked', null],
      ['completed', null],
    ]);
  });

  it('is missed: the rest of its time is free for somebody else from then on (R23)', async () => {
    const own = await makeSalon(api.prisma, { staff: 1, open: [0, 1440] });
    const { id } = await bookVisit(api, own, `${dateIn(4)}T10:00`);
    await letItBegin(api, id, 10);
    const [held] = await heldBy(api, id);
    expect(held).toBeDefined();
    // Somebody who waits takes over in a moment; while the visit holds its time, the person is busy.
    const soon = new Date(Math.ceil((Date.now() + 300_000) / 900_000) * 900_000);
    const startsLocal = soon
      .toLocaleString('sv-SE', { timeZone: 'Europe/Warsaw' })
      .slice(0, 16)
      .replace(' ', 'T');
    const wish = { businessId: own.id, items: [{ variantId: own.variantId }], startsLocal };
    const book = () => api.send('/api/bookings', { method: 'POST', body: wish });
    expect(await book()).toMatchObject({ status: 409, json: { code: 'slot_taken', reason: 'busy' } });
    expect(await end(id, 'no-show', {}, { reason: 'Nobody came' })).toMatchObject({
      status: 200,
      json: { changed: true, booking: { status: 'no_show' } },
    });
    expect(await heldBy(api, id)).toEqual([]);
    expect((await book()).status).toBe(201);
    expect(await overlaps(api.prisma, own.id)).toBe(0);
    expect((await end(id, 'no-show')).json).toMatchObject({ changed: false });
    expect((await auditOf(id)).at(-1)).toEqual(['no_show', 'Nobody came']);
    expect(await patch(id, { note: 'x' })).toMatchObject({ status: 409, json: { code: 'visit_over' } });
  });

  it('was completed by mistake: it may be said later that nobody came', async () => {
    const { id } = await bookVisit(api, salon, `${dateIn(5)}T10:00`, [
      { variantId: salon.variantId, staffId: salon.staff[1] },
    ]);
    await letItBegin(api, id, 400);
    expect((await end(id, 'complete')).status).toBe(200);
    expect((await end(id, 'no-show')).json).toMatchObject({ booking: { status: 'no_show' } });
    expect(await end(id, 'complete')).toMatchObject({ status: 409, json: { code: 'visit_over' } });
  });
});

describe('a visit to come', () => {
  it.each(['complete', 'no-show'] as const)('cannot be ended by %s', async (step) => {
    const { id } = await bookVisit(api, salon, `${dateIn(step === 'complete' ? 6 : 7)}T10:00`);
    expect(await end(id, step)).toMatchObject({ status: 422, json: { code: 'time_too_soon' } });
    expect(await auditOf(id)).toEqual([['booked', null]]);
  });

  it('that waits for the salon at Booksy with a proposed time is only cancelled here', async () => {
    const { id } = await bookVisit(api, salon, `${dateIn(8)}T10:00`);
    await api.prisma.booking.update({ where: { id }, data: { status: 'proposed' } });
    expect(await patch(id, { note: 'x' })).toMatchObject({ status: 409, json: { code: 'change_at_booksy' } });
    expect(await end(id, 'cancel')).toMatchObject({ json: { booking: { status: 'cancelled' } } });
  });

  it('of another tenant is not there', async () => {
    const { id } = await bookVisit(api, salon, `${dateIn(9)}T10:00`);
    const { token } = await api.token(['bookings:write', 'bookings:read'], [randomUUID()]);
    const statuses = [
      (await api.send(`/api/bookings/${id}`, { token })).status,
      (await api.send(`/api/bookings/${id}`, { method: 'PATCH', body: { note: 'x' }, token })).status,
      (await api.send(`/api/bookings/${id}/cancel`, { method: 'POST', body: {}, token })).status,
    ];
    expect(statuses).toEqual([404, 404, 404]);
    expect(await auditOf(id)).toEqual([['booked', null]]);
  });
});

describe('a request that is sent again with its key', () => {
  it('moves once; with another body, or for another visit, the key is refused', async () => {
    const visit = await bookVisit(api, salon, `${dateIn(10)}T10:00`);
    const other = await bookVisit(api, salon, `${dateIn(11)}T10:00`);
    const key = withKey();
    const move = { startsLocal: `${dateIn(10)}T12:00` };
    const first = await patch(visit.id, move, key);
    expect(first.status).toBe(200);
    // Moved on meanwhile: the repetition tells the first answer and does nothing.
    await patch(visit.id, { startsLocal: `${dateIn(10)}T14:00` });
    const again = await patch(visit.id, move, key);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
    expect(again.json).toEqual(first.json);
    const now = visitAnswer.parse((await api.send(`/api/bookings/${visit.id}`)).json).booking;
    expect(now.startsLocal).toBe(`${dateIn(10)}T14:00`);
    const reused = { status: 422, json: { code: 'idempotency_key_reused' } };
    expect(await patch(visit.id, { note: 'x' }, key)).toMatchObject(reused);
    expect(await patch(other.id, move, key)).toMatchObject(reused);
    expect(await end(visit.id, 'cancel', key)).toMatchObject(reused);
    expect(await auditOf(other.id)).toEqual([['booked', null]]);
  });

  it('holds once, and cancels once', async () => {
    const key = withKey();
    const wish = {
      businessId: salon.id,
      items: [{ variantId: salon.variantId, staffId: salon.staff[0] }],
      startsLocal: `${dateIn(12)}T10:00`,
    };
    const hold = (body: unknown) => api.send('/api/holds', { method: 'POST', body, headers: key });
    const first = await hold(wish);
    expect(first.status).toBe(201);
    expect((await hold(wish)).json).toEqual(first.json);
    expect(await hold({ ...wish, minutes: 5 })).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
    expect(await api.prisma.bookingHold.count({ where: { businessId: salon.id } })).toBe(1);

    const { id } = await bookVisit(api, salon, `${dateIn(13)}T10:00`);
    const cancelKey = withKey();
    const cancelled = await end(id, 'cancel', cancelKey);
    expect((await end(id, 'cancel', cancelKey)).json).toEqual(cancelled.json);
    expect(cancelled.json).toMatchObject({ changed: true });
  });

  it('while the first one still runs is told so, and makes no second visit', async () => {
    const wish = {
      businessId: salon.id,
      items: [{ variantId: salon.variantId, staffId: salon.staff[0] }],
      startsLocal: `${dateIn(14)}T10:00`,
    };
    const key = withKey();
    // The first one waits for the person's time, which somebody else works on.
    const other = await api.database.pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT occupancy_lock(ARRAY[$1::uuid])', [salon.staff[0]]);
    const send = () => api.send('/api/bookings', { method: 'POST', body: wish, headers: key });
    const first = send();
    for (;;) {
      const rows = await api.prisma.apiIdempotencyKey.count({ where: { key: key['Idempotency-Key'] } });
      if (rows > 0) break;
    }
    expect(await send()).toMatchObject({ status: 409, json: { code: 'idempotency_in_progress' } });
    await other.query('COMMIT');
    other.release();
    expect((await first).status).toBe(201);
    expect((await send()).headers.get('idempotency-replayed')).toBe('true');
  });
});

describe('seats of a session (R24)', () => {
  it('are counted for moves too, and sold over only by the flag, with an audit line', async () => {
    const yoga = await makeSalon(api.prisma, { staff: 1, service: { parallelClients: 2 } });
    const at = (hour: string) => `${dateIn(6)}T${hour}:00`;
    await bookVisit(api, yoga, at('10'));
    await bookVisit(api, yoga, at('10'));
    const late = await bookVisit(api, yoga, at('12'));
    const [one, two] = await Promise.all([
      patch(late.id, { startsLocal: at('10') }),
      api.send('/api/bookings', {
        method: 'POST',
        body: { businessId: yoga.id, items: [{ variantId: yoga.variantId }], startsLocal: at('10') },
      }),
    ]);
    for (const { status, json } of [one, two])
      expect([status, json]).toMatchObject([409, { code: 'slot_taken', reason: 'capacity' }]);
    const forced = await patch(late.id, { startsLocal: at('10'), overbook: true });
    expect([forced.status, forced.json]).toMatchObject([200, { booking: { overbooked: true } }]);
    expect((await auditOf(late.id)).at(-1)?.[0]).toBe('overbooked');
    // A seat that is left is sold again, once.
    const answers = await Promise.all(
      [1, 2, 3].map(() =>
        api.send('/api/bookings', {
          method: 'POST',
          body: { businessId: yoga.id, items: [{ variantId: yoga.variantId }], startsLocal: at('12') },
        }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 409]);
  });
});

describe('overbooking', () => {
  it('never makes a time that is over, or that the clocks skip, bookable; nor is a hold overbooked', async () => {
    const body = { businessId: salon.id, items: [{ variantId: salon.variantId }], overbook: true };
    const book = (more: object) => api.send('/api/bookings', { method: 'POST', body: { ...body, ...more } });
    expect(await book({ startsLocal: `${dateIn(-2)}T10:00` })).toMatchObject({
      status: 422,
      json: { code: 'time_past' },
    });
    const held = { businessId: salon.id, holdId: randomUUID(), overbook: true };
    expect((await api.send('/api/bookings', { method: 'POST', body: held })).status).toBe(400);
    const hold = { ...body, startsLocal: `${dateIn(20)}T10:00` };
    expect((await api.send('/api/holds', { method: 'POST', body: hold })).status).toBe(400);
  });
});

describe('a lease', () => {
  it.each([
    ['of no minutes', 0],
    ['longer than half an hour', 31],
    ['of half a minute', 0.5],
  ])('%s is refused', async (_what, minutes) => {
    const body = {
      businessId: salon.id,
      items: [{ variantId: salon.variantId }],
      startsLocal: `${dateIn(20)}T10:00`,
      minutes,
    };
    expect(await api.send('/api/holds', { method: 'POST', body })).toMatchObject({
      status: 400,
      json: { code: 'bad_request', errors: [{ path: 'body.minutes' }] },
    });
  });

  it('ends when it was said to end, by the clock of the database', async () => {
    const body = {
      businessId: salon.id,
      items: [{ variantId: salon.variantId }],
      startsLocal: `${dateIn(21)}T10:00`,
      minutes: 7,
    };
    const { text } = await api.send('/api/holds', { method: 'POST', body });
    const [hold] = await api.prisma.bookingHold.findMany({ orderBy: { createdAt: 'desc' }, take: 1 });
    expect(text).toContain(hold?.expiresAt.toISOString());
    const seconds = ((hold?.expiresAt.getTime() ?? 0) - (hold?.createdAt.getTime() ?? 0)) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(420);
    expect(seconds).toBeLessThan(430);
  });
});
