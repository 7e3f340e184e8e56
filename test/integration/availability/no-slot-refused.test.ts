/** No slot that is offered is refused by the database: every one of generated salons is booked, each in a savepoint (R21). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findSlots } from '../../../domain/availability/index.ts';
import { addDays } from '../../../domain/local-time.ts';
import { loadSalon } from '../../../infra/availability/index.ts';
import { createSalesDesk } from '../../../infra/bookings/sales-desk.ts';
import { writeBookings } from '../../../infra/bookings/write.ts';
import { createDatabase, type PrismaClient, type Tx } from '../../../infra/database/index.ts';
import { addService, dateIn, makeSalon, openHours, overlaps } from '../bookings/support/salon.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
let prisma: PrismaClient;
beforeAll(async () => {
  database = await createTestDatabase();
  ({ prisma } = database.closing(createDatabase({ url: database.url, poolMax: 3, applicationName: 'test' })));
});
afterAll(() => database.drop());

/** Numbers below `limit`, the same for the same seed. */
function dice(seed: number): (limit: number) => number {
  let state = seed * 2_654_435_761;
  return (limit) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) >>> 0;
    return (state >>> 8) % limit;
  };
}

const pick = <T>(all: readonly T[], roll: (limit: number) => number): T => {
  const chosen = all[roll(all.length)];
  if (chosen === undefined) throw new Error('Nothing to pick from.');
  return chosen;
};

/** A salon with services of every kind, people off, and what was sold to whoever came. */
async function generate(seed: number) {
  const roll = dice(seed);
  const salon = await makeSalon(prisma, {
    staff: 2 + roll(3),
    rooms: roll(3),
    durationMinutes: 15 * (1 + roll(6)),
    business: { slotStepMinutes: pick([5, 10, 15, 30], roll) },
    buffers: { before: pick([0, 5, 15], roll), after: pick([0, 10], roll) },
  });
  const gap = { gapAfterMinutes: 20, gapMinutes: 30 };
  const kinds = [
    { service: { parallelClients: 3 }, durationMinutes: 60 },
    { service: gap, durationMinutes: 90 },
    { service: { paddingKind: 'both', paddingMinutes: 10 }, durationMinutes: 45 },
  ];
  const variants = [salon.variantId];
  for (const kind of kinds)
    variants.push(
      (await addService(prisma, salon.id, salon.staff.slice(roll(2)), salon.rooms.slice(0, roll(2)), kind))
        .variantId,
    );
  const [first = ''] = salon.staff;
  await openHours(prisma, salon.id, 'staff', first, [10 * 60, 15 * 60]);
  const date = dateIn(3 + roll(5));
  const off = new Date(`${date}T${String(10 + roll(4))}:00:00Z`);
  await prisma.timeOff.create({
    data: {
      id: randomUUID(),
      businessId: salon.id,
      ownerKind: 'staff',
      ownerId: salon.staff.at(-1) ?? '',
      zone: 'Europe/Warsaw',
      startsLocal: off,
      endsLocal: off,
      startsAt: off,
      endsAt: new Date(off.getTime() + 5_400_000),
      source: pick(['time_off', 'calendar'], roll),
    },
  });
  const desk = createSalesDesk({ prisma });
  const asker = { actor: 'test', tokenId: randomUUID() };
  for (let index = 0; index < 25; index += 1) {
    const time = {
      items: [{ variantId: pick(variants, roll), staffId: null }],
      startsLocal: `${date}T${String(9 + roll(8)).padStart(2, '0')}:${pick(['00', '30'], roll)}`,
    };
    const wish =
      index % 8 === 7
        ? { kind: 'hold' as const, id: randomUUID(), time, seconds: 600, asker }
        : {
            kind: 'booking' as const,
            id: randomUUID(),
            time,
            client: null,
            note: null,
            overbook: false,
            asker,
          };
    await desk.make(salon.id, wish).catch(() => undefined);
  }
  return { salon, variants, date };
}

it.each([1, 2, 3, 4, 5, 6])('salon %i', { timeout: 240_000 }, async (seed) => {
  const { salon, variants, date } = await generate(seed);
  const loaded = await loadSalon(prisma, salon.id, date, addDays(date, 1));
  if (loaded === null) throw new Error('There is no salon.');
  const sold = await prisma.booking.count({ where: { businessId: salon.id } });
  expect(sold).toBeGreaterThan(3);
  const wishes = [...variants.map((variantId) => [variantId]), variants.slice(0, 2)];
  let tried = 0;
  const refused: string[] = [];
  await prisma
    .$transaction(
      async (tx) => {
        for (const wish of wishes) {
          const items = wish.map((variantId) => ({ variantId, staffId: null }));
          for (const slot of findSlots(loaded.description, {
            items,
            fromDate: date,
            toDate: addDays(date, 1),
          })) {
            tried += 1;
            if (!(await takes(tx, loaded, slot))) refused.push(`${wish.length} ${slot.startsLocal}`);
          }
        }
        throw new Error('taken back');
      },
      { timeout: 110_000 },
    )
    .catch((error: unknown) => {
      if (!(error instanceof Error) || error.message !== 'taken back') throw error;
    });
  expect(tried).toBeGreaterThan(20);
  expect(refused).toEqual([]);
  expect(await overlaps(prisma, salon.id)).toBe(0);
});

/** Whether the database takes a visit there as it commits. Nothing of it stays. */
async function takes(
  tx: Tx,
  salon: Parameters<typeof writeBookings>[1],
  slot: Parameters<typeof writeBookings>[2][number]['slot'],
): Promise<boolean> {
  await tx.$executeRaw`SAVEPOINT offered`;
  const sale = { status: 'confirmed', awaitsBooksy: false, waits: false } as const;
  try {
    await writeBookings(tx, salon, [
      { id: randomUUID(), slot, sale, overbooked: false, client: null, note: null },
    ]);
    await tx.$executeRaw`SET CONSTRAINTS ALL IMMEDIATE`;
    return true;
  } catch {
    return false;
  } finally {
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT offered`;
  }
}
