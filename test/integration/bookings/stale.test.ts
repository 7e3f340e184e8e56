/** Selling while Booksy is out of sight (R20, R37): what the policy of the business makes of a booking. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Prisma } from '../../../infra/database/index.ts';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { dateIn, makeSalon, type TestSalon } from './support/salon.ts';
import { heldBy, visitAnswer } from './support/visits.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ deps: { booksyWait: { ms: 300 } } });
});
afterAll(() => api.stop());

let salons = 5000;
/** Connected, and allowed to write: stale only by what the test says. */
function connected(business: Partial<Prisma.BusinessUncheckedCreateInput>): Promise<TestSalon> {
  salons += 1;
  return makeSalon(api.prisma, {
    business: {
      booksyBusinessId: String(salons),
      pushAllowedAt: new Date(),
      booksyMode: 'booksy_first',
      ...business,
    },
  });
}

const MINUTE = 60_000;
/** Says as of how many minutes ago a window was proven; null: not yet. */
async function proven(
  salon: TestSalon,
  windowKey: string,
  minutesAgo: number | null,
  more: { readonly due?: boolean; readonly seconds?: number } = {},
): Promise<void> {
  const at = minutesAgo === null ? null : new Date(Date.now() - minutesAgo * MINUTE);
  const data = {
    provenSentAt: at,
    provenReceivedAt: at,
    complete: at !== null,
    dueAt: more.due === true ? new Date() : null,
    intervalSeconds: more.seconds ?? null,
  };
  const key = { businessId: salon.id, entity: 'booking', windowKey };
  await api.prisma.integrationSyncStatus.upsert({
    where: { businessId_entity_windowKey: key },
    create: { ...key, ...data },
    update: data,
  });
}

const wish = (salon: TestSalon, startsLocal: string) => ({
  businessId: salon.id,
  items: [{ variantId: salon.variantId }],
  startsLocal,
});
const book = (salon: TestSalon, startsLocal: string, headers: Record<string, string> = {}) =>
  api.send('/api/bookings', { method: 'POST', body: wish(salon, startsLocal), headers });
const hold = (salon: TestSalon, startsLocal: string, headers: Record<string, string> = {}) =>
  api.send('/api/holds', { method: 'POST', body: wish(salon, startsLocal), headers });
const rowsOf = async (salon: TestSalon) => ({
  visits: await api.prisma.booking.count({ where: { businessId: salon.id } }),
  held: await api.prisma.occupancy.count({ where: { businessId: salon.id } }),
  holds: await api.prisma.bookingHold.count({ where: { businessId: salon.id } }),
  audited: await api.prisma.booksyAuditLog.count({ where: { businessId: salon.id } }),
  outbox: await api.prisma.syncOutbox.count({ where: { businessId: salon.id, entity: 'booking' } }),
});

describe('the policy `stop`', () => {
  it('answers 503 with what is wrong and when to ask again; nothing is written', async () => {
    const salon = await connected({ stalePolicy: 'stop' });
    const before = await rowsOf(salon);
    const key = { 'Idempotency-Key': randomUUID() };
    const answer = await book(salon, `${dateIn(3)}T10:00`, key);
    expect([answer.status, answer.json]).toMatchObject([
      503,
      {
        type: 'urn:booksy-sync:problem:selling_stopped',
        code: 'selling_stopped',
        title: 'Nothing is sold while Booksy is out of sight',
        detail: 'What Booksy holds is not known well enough now, and the business sells nothing meanwhile.',
        nextStep: 'Try again later; GET /api/admin/booksy/sync-status says what is wrong.',
      },
    ]);
    expect(answer.headers.get('retry-after')).toBe('60');
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await rowsOf(salon)).toEqual(before);
    // The key was not used up: the same request is good once Booksy is in sight again.
    await proven(salon, 'visits:near', 1);
    await api.prisma.business.update({ where: { id: salon.id }, data: { booksyMode: 'instant' } });
    expect((await book(salon, `${dateIn(3)}T10:00`, key)).status).toBe(201);
  });

  it.each<[string, Partial<Prisma.BusinessUncheckedCreateInput>]>([
    ['is not connected', { booksyBusinessId: null }],
    ['may not be written to yet', { pushAllowedAt: null }],
    ['is held', { pausedAt: new Date() }],
    ['has its circuit open, as a revoked token makes it', { circuitOpenedAt: new Date() }],
  ])('stops where the business %s, however fresh its windows are', async (_what, business) => {
    const salon = await connected({ stalePolicy: 'stop', ...business });
    await proven(salon, 'visits:ahead', 0);
    expect((await book(salon, `${dateIn(3)}T10:00`)).status).toBe(503);
  });

  it('refuses a hold as it refuses a booking; nothing is written, and the key is not used up', async () => {
    const salon = await connected({ stalePolicy: 'stop' });
    const before = await rowsOf(salon);
    const key = { 'Idempotency-Key': randomUUID() };
    const refused = await hold(salon, `${dateIn(3)}T10:00`, key);
    expect([refused.status, refused.json]).toMatchObject([
      503,
      {
        code: 'selling_stopped',
        nextStep: 'Try again later; GET /api/admin/booksy/sync-status says what is wrong.',
      },
    ]);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(await rowsOf(salon)).toEqual(before);
    await proven(salon, 'visits:near', 1);
    expect((await hold(salon, `${dateIn(3)}T10:00`, key)).status).toBe(201);
    // Day by day, as bookings: the window of this one is not proven (R37).
    expect(await hold(salon, `${dateIn(60)}T10:00`)).toMatchObject({
      status: 503,
      json: { code: 'selling_stopped' },
    });
  });

  it.each(['pending_only', 'sell'])('the policy `%s` keeps time all the same', async (stalePolicy) => {
    const salon = await connected({ stalePolicy });
    expect((await hold(salon, `${dateIn(3)}T10:00`)).status).toBe(201);
  });

  it('keeps a hold that was made before, and sells it afterwards', async () => {
    const salon = await connected({ stalePolicy: 'stop', booksyMode: 'instant' });
    await proven(salon, 'visits:near', 1);
    const kept = await hold(salon, `${dateIn(3)}T10:00`);
    expect(kept.status).toBe(201);
    await proven(salon, 'visits:near', 60);
    const holdId = /"id":"([\da-f-]{36})"/.exec(kept.text)?.[1] ?? '';
    const take = () => api.send('/api/bookings', { method: 'POST', body: { businessId: salon.id, holdId } });
    expect(await take()).toMatchObject({ status: 503, json: { code: 'selling_stopped' } });
    await proven(salon, 'visits:near', 1);
    expect((await take()).status).toBe(201);
  });

  it('moves no visit to another time or to others; its note, and its end, are not sold', async () => {
    const salon = await connected({ stalePolicy: 'stop', booksyMode: 'instant' });
    await proven(salon, 'visits:near', 1);
    const made = await book(salon, `${dateIn(3)}T10:00`);
    const { id, items } = visitAnswer.parse(made.json).booking;
    const other = salon.staff.find((staffId) => staffId !== items[0]?.staffId);
    const patch = (body: unknown) => api.send(`/api/bookings/${id}`, { method: 'PATCH', body });
    await proven(salon, 'visits:near', 60);
    const held = await heldBy(api, id);
    for (const body of [{ startsLocal: `${dateIn(3)}T12:00` }, { staffId: other }])
      expect(await patch(body)).toMatchObject({ status: 503, json: { code: 'selling_stopped' } });
    expect(await heldBy(api, id)).toEqual(held);
    expect(await patch({ note: 'Proszę o ciszę' })).toMatchObject({ status: 200, json: { changed: true } });
    await proven(salon, 'visits:near', 1);
    expect((await patch({ startsLocal: `${dateIn(3)}T12:00` })).status).toBe(200);
    await proven(salon, 'visits:near', 60);
    const cancel = await api.send(`/api/bookings/${id}/cancel`, { method: 'POST', body: {} });
    expect(cancel.status).toBe(200);
  });

  it('is no overbooking’s business: a flag does not open the desk', async () => {
    const salon = await connected({ stalePolicy: 'stop' });
    const body = { ...wish(salon, `${dateIn(3)}T10:00`), overbook: true };
    expect(await api.send('/api/bookings', { method: 'POST', body })).toMatchObject({ status: 503 });
  });
});

describe('the policy `sell`', () => {
  it('sells at once, also in the mode booksy_first, and Booksy hears of it later', async () => {
    const salon = await connected({ stalePolicy: 'sell' });
    const answer = await book(salon, `${dateIn(3)}T10:00`);
    expect([answer.status, answer.json]).toMatchObject([
      201,
      { booking: { status: 'confirmed', awaitsBooksy: false, atBooksy: false } },
    ]);
    expect(await rowsOf(salon)).toEqual({ visits: 1, held: 1, holds: 0, audited: 1, outbox: 1 });
    expect(await book(salon, `${dateIn(3)}T10:00`)).toMatchObject({ status: 201 });
    expect(await book(salon, `${dateIn(3)}T10:00`)).toMatchObject({
      status: 409,
      json: { code: 'slot_taken' },
    });
  });
});

describe('the policy `pending_only`', () => {
  it('answers 202 at once: the time is held, and nobody waits for a Booksy that cannot answer', async () => {
    const salon = await connected({ stalePolicy: 'pending_only', booksyMode: 'instant' });
    const answer = await book(salon, `${dateIn(3)}T10:00`);
    expect([answer.status, answer.json]).toMatchObject([
      202,
      { booking: { status: 'pending', awaitsBooksy: true } },
    ]);
    const { id } = visitAnswer.parse(answer.json).booking;
    expect(await heldBy(api, id)).toHaveLength(1);
    const [line] = await api.prisma.booksyAuditLog.findMany({ where: { recordId: id } });
    expect(line).toMatchObject({ action: 'booked', reasonCode: 'awaits_booksy' });
  });
});

describe('the window of the day that is sold (R37)', () => {
  it('is what counts: a day that was looked at is sold, one that was not is pending', async () => {
    const salon = await connected({ booksyMode: 'instant', stalePolicy: 'pending_only' });
    // After an outage: today and tomorrow were looked at, the week waits for its turn, nothing else for hours.
    await proven(salon, 'visits:next', 1);
    await proven(salon, 'visits:week', null, { due: true });
    await proven(salon, 'visits:near', 80);
    await proven(salon, 'visits:ahead', 200, { seconds: 3600 });
    const statusOn = async (days: number) => (await book(salon, `${dateIn(days)}T10:00`)).status;
    expect(await statusOn(1)).toBe(201);
    expect([await statusOn(3), await statusOn(10), await statusOn(30)]).toEqual([202, 202, 202]);
    await proven(salon, 'visits:week', 1);
    expect([await statusOn(3), await statusOn(10), await statusOn(30)]).toEqual([201, 202, 202]);
    await proven(salon, 'visits:near', 1);
    expect([await statusOn(11), await statusOn(31)]).toEqual([201, 202]);
    // The far window is looked at once an hour: that old it is as fresh as it ever is.
    await proven(salon, 'visits:ahead', 100, { seconds: 3600 });
    expect(await statusOn(31)).toBe(201);
  });

  it('is decided visit by visit where several are booked at once', async () => {
    const salon = await connected({ booksyMode: 'instant', stalePolicy: 'pending_only' });
    await proven(salon, 'visits:near', 1);
    const days = [2, 40, 5, 41];
    const answers = await Promise.all(days.map((day) => book(salon, `${dateIn(day)}T10:00`)));
    expect(answers.map(({ status }) => status)).toEqual([201, 202, 201, 202]);
  });

  it('is unproven for 15 minutes, not less', async () => {
    const salon = await connected({ booksyMode: 'instant', stalePolicy: 'stop' });
    await proven(salon, 'visits:near', 14);
    expect((await book(salon, `${dateIn(2)}T10:00`)).status).toBe(201);
    await proven(salon, 'visits:near', 16);
    expect((await book(salon, `${dateIn(2)}T11:00`)).status).toBe(503);
  });
});
