/** Time that is kept for a while: for one token, until it is booked, let go or over. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { dateIn, makeSalon, overlaps, type TestSalon } from './support/salon.ts';

let api: TestApi;
let salon: TestSalon;
beforeAll(async () => {
  api = await startTestApi();
  salon = await makeSalon(api.prisma, { staff: 1 });
});
afterAll(() => api.stop());

const held = z.object({ hold: z.object({ id: z.string(), expiresAt: z.string() }) });
const post = (path: string, body: unknown, token?: string) =>
  api.send(path, { method: 'POST', body, ...(token === undefined ? {} : { token }) });
const at = (startsLocal: string) => ({
  businessId: salon.id,
  items: [{ variantId: salon.variantId }],
  startsLocal,
});
const startsOf = async (date: string) => {
  const { text } = await api.send(
    `/api/availability?businessId=${salon.id}&items=${salon.variantId}&from=${date}`,
  );
  return [
    ...text.matchAll(
      /"slots":|\{"startsLocal":"([^"]+)","endsLocal":"[^"]+","startsAt":"[^"]+","endsAt":"[^"]+","items"/g,
    ),
  ].flatMap(([, start]) => start ?? []);
};
const occupied = () => api.prisma.occupancy.count({ where: { businessId: salon.id, source: 'hold' } });
/** As if its time were over: the database's clock decides. */
const makeLate = (id: string) =>
  api.prisma.bookingHold.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1_000) } });

it('keeps the time from others and books it for its token', async () => {
  const start = `${dateIn(3)}T10:00`;
  const hold = held.parse((await post('/api/holds', at(start))).json).hold;
  expect(await startsOf(dateIn(3))).not.toContain(start);
  expect(await post('/api/bookings', at(start))).toMatchObject({ status: 409, json: { code: 'slot_taken' } });
  const booked = await post('/api/bookings', { businessId: salon.id, holdId: hold.id });
  expect(booked).toMatchObject({ status: 201, json: { booking: { startsLocal: start } } });
  expect(await api.prisma.bookingHold.findUnique({ where: { id: hold.id } })).toMatchObject({
    outcome: 'booked',
  });
  expect(await occupied()).toBe(0);
  expect(await post('/api/bookings', { businessId: salon.id, holdId: hold.id })).toMatchObject({
    status: 409,
    json: { code: 'hold_over' },
  });
});

it('is nothing to another token: it can neither book nor release it', async () => {
  const { hold } = held.parse((await post('/api/holds', at(`${dateIn(4)}T10:00`))).json);
  const { token } = await api.token(['bookings:write'], 'all');
  const absent = await post('/api/bookings', { businessId: salon.id, holdId: randomUUID() }, token);
  const foreign = await post('/api/bookings', { businessId: salon.id, holdId: hold.id }, token);
  expect([absent.status, foreign.status]).toEqual([404, 404]);
  const release = await api.send(`/api/holds/${hold.id}`, { method: 'DELETE', token });
  expect(release.status).toBe(404);
  expect(await occupied()).toBe(1);
  const own = await api.send(`/api/holds/${hold.id}`, { method: 'DELETE' });
  expect(own.json).toMatchObject({ released: true });
  expect(await occupied()).toBe(0);
  expect((await post(`/api/holds/${hold.id}/release`, undefined)).json).toMatchObject({ released: false });
  expect(await startsOf(dateIn(4))).toContain(`${dateIn(4)}T10:00`);
});

it('that is late is offered and sold to others, and can be booked no more', async () => {
  const start = `${dateIn(5)}T10:00`;
  const { hold } = held.parse((await post('/api/holds', { ...at(start), minutes: 1 })).json);
  await makeLate(hold.id);
  expect(await startsOf(dateIn(5))).toContain(start);
  expect(await post('/api/bookings', { businessId: salon.id, holdId: hold.id })).toMatchObject({
    status: 409,
    json: { code: 'hold_over' },
  });
  expect((await post('/api/bookings', at(start))).status).toBe(201);
  expect(await occupied()).toBe(0);
  expect(await overlaps(api.prisma, salon.id)).toBe(0);
});

it('gives way to a visit that comes from Booksy, and then fails; the mark goes with it (R21)', async () => {
  const date = dateIn(6);
  const { hold } = held.parse((await post('/api/holds', at(`${date}T10:00`))).json);
  const id = randomUUID();
  const times = {
    zone: 'Europe/Warsaw',
    startsLocal: new Date(`${date}T10:30:00Z`),
    endsLocal: new Date(`${date}T11:30:00Z`),
    startsAt: new Date(new Date(`${date}T10:30:00Z`).getTime() - offsetMs(date)),
    endsAt: new Date(new Date(`${date}T11:30:00Z`).getTime() - offsetMs(date)),
  };
  await api.prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT set_config('booksy_sync.import', 'on', true)`;
    await tx.booking.create({ data: { id, businessId: salon.id, source: 'booksy', ...times } });
    await tx.bookingItem.create({
      data: {
        id: randomUUID(),
        bookingId: id,
        businessId: salon.id,
        staffId: salon.staff[0] ?? null,
        ...times,
      },
    });
  });
  expect(await post('/api/bookings', { businessId: salon.id, holdId: hold.id })).toMatchObject({
    status: 409,
    json: { code: 'slot_taken' },
  });
  expect(await api.prisma.occupancy.count({ where: { businessId: salon.id, exempt: true } })).toBe(2);
  await api.send(`/api/holds/${hold.id}`, { method: 'DELETE' });
  expect(await api.prisma.occupancy.count({ where: { businessId: salon.id, exempt: true } })).toBe(0);
});

it('counts as a seat of a session (R24)', async () => {
  const session = await makeSalon(api.prisma, { staff: 1, service: { parallelClients: 2 } });
  const wish = {
    businessId: session.id,
    items: [{ variantId: session.variantId }],
    startsLocal: `${dateIn(3)}T10:00`,
  };
  expect((await post('/api/holds', wish)).status).toBe(201);
  expect((await post('/api/bookings', wish)).status).toBe(201);
  expect(await post('/api/bookings', wish)).toMatchObject({ status: 409, json: { code: 'slot_taken' } });
  // Also for who does not ask the engine: the constraint counts the held seat.
  const [sold] = await api.prisma.bookingItem.findMany({ where: { businessId: session.id } });
  const id = randomUUID();
  const { id: _id, bookingId: _booking, ...item } = sold ?? ({} as never);
  await expect(
    api.prisma.$transaction(async (tx) => {
      const { zone, startsLocal, endsLocal, startsAt, endsAt } = item;
      await tx.booking.create({
        data: { id, businessId: session.id, zone, startsLocal, endsLocal, startsAt, endsAt },
      });
      await tx.bookingItem.create({ data: { ...item, id: randomUUID(), bookingId: id } });
    }),
  ).rejects.toThrow();
});

function offsetMs(date: string): number {
  const there = new Date(`${date}T12:00:00Z`).toLocaleString('sv-SE', { timeZone: 'Europe/Warsaw' });
  return new Date(`${there.replace(' ', 'T')}Z`).getTime() - new Date(`${date}T12:00:00Z`).getTime();
}
