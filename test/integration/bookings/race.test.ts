import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { v7 as uuidv7 } from 'uuid';
import { BookingError } from '../../../infra/bookings/errors.ts';
import { createSalesDesk } from '../../../infra/bookings/sales-desk.ts';
import { startTestApi, type Answer, type TestApi } from '../api/support/api.ts';
import { addService, dateIn, makeSalon, overlaps, type TestSalon } from './support/salon.ts';

/** Many want the same: each time is sold once, each seat once (R21, R24). Counted, not timed. */

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const problem = z.object({ code: z.string(), nextFree: z.array(z.object({ startsLocal: z.string() })) });

function book(body: unknown): Promise<Answer> {
  return api.send('/api/bookings', { method: 'POST', body });
}

it('sells 50 slots to 500 who ask at once: 50 have one, 450 are told other times', async () => {
  const salon = await makeSalon(api.prisma, { staff: 5, open: [8 * 60, 18 * 60] });
  const date = dateIn(6);
  const slots = salon.staff.flatMap((staffId) =>
    Array.from({ length: 10 }, (_, hour) => ({
      staffId,
      startsLocal: `${date}T${String(8 + hour).padStart(2, '0')}:00`,
    })),
  );
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, index) => {
      const { staffId, startsLocal } = slots[index % slots.length] ?? { staffId: '', startsLocal: '' };
      return book({
        businessId: salon.id,
        items: [{ variantId: salon.variantId, staffId }],
        startsLocal,
        client: { givenName: `Gość ${index}` },
      });
    }),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
  const lost = answers.filter(({ status }) => status === 409);
  expect(lost).toHaveLength(450);
  for (const { json } of lost) expect(problem.parse(json).code).toBe('slot_taken');
  expect(problem.parse(lost[0]?.json).nextFree.length).toBeGreaterThanOrEqual(3);
  expect(await overlaps(api.prisma, salon.id)).toBe(0);
  expect(await api.prisma.booking.count({ where: { businessId: salon.id } })).toBe(50);
  // Of those who lost nothing was written, not even who they are.
  expect(await api.prisma.profile.count({ where: { businessId: salon.id } })).toBe(50);
  expect(await api.prisma.booksyAuditLog.count({ where: { businessId: salon.id } })).toBe(50);
});

it('sells the seats of a session as often as there are seats (R24)', async () => {
  const salon = await makeSalon(api.prisma, { staff: 1, service: { parallelClients: 4 } });
  const startsLocal = `${dateIn(7)}T11:00`;
  const answers = await Promise.all(
    Array.from({ length: 40 }, () =>
      book({ businessId: salon.id, items: [{ variantId: salon.variantId }], startsLocal }),
    ),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(4);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(36);
  expect(await overlaps(api.prisma, salon.id)).toBe(0);
});

it('has several processes meet at the locks, and the constraint decide', async () => {
  const salon = await makeSalon(api.prisma, { staff: 2, rooms: 1 });
  const other = await addService(api.prisma, salon.id, salon.staff.slice(0, 1), []);
  // A second API on the same database, as a second process would be.
  const second = await startTestApi({ deps: { prisma: api.prisma } });
  const { token } = await api.token(['bookings:write'], 'all');
  try {
    const date = dateIn(8);
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, index) => {
        const variantId = index % 3 === 0 ? other.variantId : salon.variantId;
        const startsLocal = `${date}T${index % 2 === 0 ? '10:00' : '10:30'}`;
        const body = { businessId: salon.id, items: [{ variantId }], startsLocal };
        return (index % 4 < 2 ? api : second).send('/api/bookings', { method: 'POST', body, token });
      }),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    const sold = statuses.filter((status) => status === 201).length;
    expect(sold).toBeGreaterThanOrEqual(1);
    expect(sold).toBeLessThanOrEqual(2);
    expect(await overlaps(api.prisma, salon.id)).toBe(0);
  } finally {
    await second.stop();
  }
});

it('goes on where other times cannot be looked up: who lost is refused, and the next one is served', async () => {
  const salon = await makeSalon(api.prisma, { staff: 1 });
  const [staffId = ''] = salon.staff;
  const desk = createSalesDesk({
    prisma: {
      $transaction: api.prisma.$transaction.bind(api.prisma),
      $queryRaw: () => {
        throw new Error('the database is away');
      },
    },
  });
  const ask = (startsLocal: string) =>
    desk
      .make(salon.id, {
        kind: 'booking',
        id: uuidv7(),
        time: { items: [{ variantId: salon.variantId, staffId }], startsLocal },
        client: null,
        note: null,
        overbook: false,
        asker: { actor: 'test', tokenId: uuidv7() },
      })
      .then(
        () => 'sold',
        (error: unknown) => (error instanceof BookingError ? error.code : 'broken'),
      );
  const date = dateIn(9);
  const told = await Promise.all([ask(`${date}T10:00`), ask(`${date}T10:00`), ask(`${date}T10:00`)]);
  expect(told.toSorted()).toEqual(['slot_taken', 'slot_taken', 'sold']);
  expect(await ask(`${date}T13:00`)).toBe('sold');
});

describe('a time that somebody has had already', () => {
  /** A desk of its own that counts its transactions and the statements beside them, with what it is asked. */
  function countingDesk(salon: TestSalon) {
    const counts = { transactions: 0, statements: 0 };
    const counting = new Proxy(api.prisma, {
      get(target, name) {
        if (name === '$transaction') counts.transactions += 1;
        if (name === '$queryRaw') counts.statements += 1;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' && name === '$transaction'
          ? (...given: unknown[]): unknown => Reflect.apply(value, target, given)
          : value;
      },
    });
    const desk = createSalesDesk({ prisma: counting });
    const [staffId = ''] = salon.staff;
    const ask = (startsLocal: string, id = uuidv7()) =>
      desk.make(salon.id, {
        kind: 'booking',
        id,
        time: { items: [{ variantId: salon.variantId, staffId }], startsLocal },
        client: null,
        note: null,
        overbook: false,
        asker: { actor: 'test', tokenId: uuidv7() },
      });
    return { counts, ask };
  }
  const at = `${dateIn(9)}T10:00`;

  it('is refused to all who want it by one reading, without a transaction, with other times', async () => {
    const salon = await makeSalon(api.prisma, { staff: 1 });
    const { counts, ask } = countingDesk(salon);
    await ask(at);
    const before = { ...counts };
    expect(before.transactions).toBe(1);
    const answers = await Promise.allSettled(Array.from({ length: 40 }, () => ask(at)));
    const refused = answers.flatMap((each): unknown[] => (each.status === 'rejected' ? [each.reason] : []));
    expect(refused).toHaveLength(40);
    for (const error of refused) {
      expect(error).toMatchObject({ code: 'slot_taken', details: { reason: 'busy' } });
      expect(error instanceof BookingError && error.details.nextFree?.length).toBe(5);
    }
    expect(counts).toEqual({ transactions: 1, statements: before.statements + 2 });
  });

  it('is sold again once it was cancelled, whoever cancelled it and whatever is remembered', async () => {
    const salon = await makeSalon(api.prisma, { staff: 1 });
    const { counts, ask } = countingDesk(salon);
    const first = await ask(at);
    await expect(ask(at)).rejects.toMatchObject({ code: 'slot_taken' });
    expect(counts.transactions).toBe(1);
    await api.database.pool.query(`UPDATE bookings SET status = 'cancelled' WHERE id = $1`, [first.id]);
    expect(await ask(at)).toMatchObject({ kind: 'booking', isNew: true });
    expect(await overlaps(api.prisma, salon.id)).toBe(0);
  });

  it('is told to the request that got it, where that is sent again', async () => {
    const salon = await makeSalon(api.prisma, { staff: 1 });
    const { ask } = countingDesk(salon);
    const { id } = await ask(at);
    const [again, other] = await Promise.allSettled([ask(at, id), ask(at)]);
    expect(again).toMatchObject({ status: 'fulfilled', value: { id, isNew: false } });
    expect(other).toMatchObject({ status: 'rejected', reason: { code: 'slot_taken' } });
  });

  it('is refused for the reason that counts: a client that cannot be read before a time that is taken', async () => {
    const salon = await makeSalon(api.prisma, { staff: 1 });
    const wish = (phone: string) => ({
      method: 'POST' as const,
      body: {
        businessId: salon.id,
        items: [{ variantId: salon.variantId, staffId: salon.staff[0] }],
        startsLocal: at,
        client: { givenName: 'Zofia', phone },
      },
    });
    expect((await api.send('/api/bookings', wish('+48500100200'))).status).toBe(201);
    expect(await api.send('/api/bookings', wish('12'))).toMatchObject({ json: { code: 'client_unusable' } });
    expect(await api.send('/api/bookings', wish('+48500100201'))).toMatchObject({
      json: { code: 'slot_taken' },
    });
  });
});
