import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../api/support/api.ts';
import { dateIn, makeSalon, overlaps, type TestSalon } from './support/salon.ts';

let api: TestApi;
let salon: TestSalon;

beforeAll(async () => {
  api = await startTestApi();
  salon = await makeSalon(api.prisma);
});
afterAll(async () => {
  await api.stop();
});

const any = () => [{ variantId: salon.variantId }];
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  api.send(path, { method: 'POST', body, headers });

describe('booking by API, at once', () => {
  it('books a slot that is offered, with client, price and audit', async () => {
    const date = dateIn(3);
    const offered = await api.send(
      `/api/availability?businessId=${salon.id}&items=${salon.variantId}&from=${date}`,
    );
    expect(offered.status).toBe(200);
    expect(offered.json).toHaveProperty('slots.0.startsLocal', `${date}T09:00`);
    const made = await post('/api/bookings', {
      businessId: salon.id,
      items: any(),
      startsLocal: `${date}T09:00`,
      client: {
        givenName: 'Zofia',
        familyName: 'Zmyślona',
        email: 'Zofia@Poczta.example',
        phone: '500 100 200',
      },
      note: 'Proszę o ciszę',
    });
    expect(made.text).toContain('"status":"confirmed"');
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({
      booking: {
        status: 'confirmed',
        awaitsBooksy: false,
        source: 'platform',
        startsLocal: `${date}T09:00`,
        endsLocal: `${date}T10:00`,
        client: { name: 'Zofia Zmyślona', email: 'zofia@poczta.example', phone: '+48500100200' },
        note: 'Proszę o ciszę',
        items: [{ staffId: salon.staff[0], price: { type: 'fixed', minor: 12_000, currency: 'PLN' } }],
      },
    });
    const audited = await api.prisma.booksyAuditLog.findMany({
      where: { businessId: salon.id, action: 'booked' },
    });
    expect(audited).toHaveLength(1);
    expect(audited[0]?.actor).toMatch(/^api:/);
  });

  it('tells who loses the next free times (R21)', async () => {
    const date = dateIn(4);
    const body = {
      businessId: salon.id,
      items: [{ variantId: salon.variantId, staffId: salon.staff[0] }],
      startsLocal: `${date}T12:00`,
    };
    expect((await post('/api/bookings', body)).status).toBe(201);
    const lost = await post('/api/bookings', body);
    expect(lost.status).toBe(409);
    expect(lost.json).toMatchObject({ code: 'slot_taken', reason: 'busy' });
    expect(lost.json).toHaveProperty('nextFree.4.startsLocal', `${date}T14:00`);
    expect(lost.json).toHaveProperty('nextFree.0.startsLocal', `${date}T13:00`);
    expect(await overlaps(api.prisma, salon.id)).toBe(0);
  });

  it('finds nothing of another tenant', async () => {
    const { token } = await api.token(
      ['bookings:write', 'bookings:read', 'availability:read'],
      [randomUUID()],
    );
    const body = { businessId: salon.id, items: any(), startsLocal: `${dateIn(5)}T09:00` };
    expect((await api.send('/api/bookings', { method: 'POST', body, token })).status).toBe(404);
  });
});
