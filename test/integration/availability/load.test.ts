/** What the slot engine is told of a salon's visits: each that holds time within the window, wherever it begins (R21, R23, R24). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadSalon } from '../../../infra/availability/index.ts';
import { createDatabase, type PrismaClient } from '../../../infra/database/index.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { addService, dateIn, makeSalon, type TestSalon } from '../bookings/support/salon.ts';

let database: TestDatabase;
let prisma: PrismaClient;
let salon: TestSalon;
beforeAll(async () => {
  database = await createTestDatabase();
  ({ prisma } = database.closing(createDatabase({ url: database.url, poolMax: 3, applicationName: 'test' })));
  salon = await makeSalon(prisma, { staff: 2, rooms: 1 });
});
afterAll(() => database.drop());

interface Stored {
  readonly status?: string;
  /** Days from today. */
  readonly day: number;
  readonly hours?: number;
  readonly staffId?: string | null;
  readonly roomId?: string;
  readonly gap?: readonly [number, number];
  readonly priorDay?: number;
}

/** Writes a visit at 10:00 UTC as an import would: nothing of it is refused. */
async function store(...items: readonly Stored[]): Promise<string> {
  const id = randomUUID();
  const at = (day: number, hours = 0) => new Date(Date.parse(`${dateIn(day)}T10:00Z`) + hours * 3_600_000);
  const days = items.map(({ day }) => day);
  const times = (from: Date, till: Date) => ({
    startsAt: from,
    endsAt: till,
    startsLocal: from,
    endsLocal: till,
  });
  await prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT set_config('booksy_sync.import', 'on', true)`;
    await tx.booking.create({
      data: {
        id,
        businessId: salon.id,
        zone: 'UTC',
        status: items[0]?.status ?? 'confirmed',
        ...times(at(Math.min(...days)), at(Math.max(...days), items.at(-1)?.hours ?? 1)),
      },
    });
    for (const [position, item] of items.entries())
      await tx.bookingItem.create({
        data: {
          id: randomUUID(),
          bookingId: id,
          businessId: salon.id,
          position,
          serviceId: salon.serviceId,
          variantId: salon.variantId,
          staffId: item.staffId === undefined ? (salon.staff[0] ?? null) : item.staffId,
          anyStaff: item.staffId === null,
          roomId: item.roomId ?? null,
          zone: 'UTC',
          ...times(at(item.day), at(item.day, item.hours ?? 1)),
          gapAfterMinutes: item.gap?.[0] ?? null,
          gapMinutes: item.gap?.[1] ?? null,
          ...(item.priorDay === undefined
            ? {}
            : {
                priorStartsAt: at(item.priorDay),
                priorEndsAt: at(item.priorDay, 1),
              }),
        },
      });
  });
  return id;
}

const instant = (day: number, time = '10:00') => `${dateIn(day)}T${time}:00.000Z`;

it('is every visit that holds time there, with all that the engine goes by', async () => {
  const serviceId = salon.serviceId;
  const [staffId = '', other = ''] = salon.staff;
  const [roomId = ''] = salon.rooms;
  const two = await store({ day: 20, roomId, gap: [20, 10] }, { day: 20, hours: 2, staffId: other });
  const anybody = await store({ day: 20, staffId: null });
  const moved = await store({ day: 60, status: 'proposed', priorDay: 20 });
  const long = await store({ day: 12, hours: 10 * 24 });
  const free = [
    await store({ day: 20, status: 'cancelled' }),
    await store({ day: 20, status: 'no_show' }),
    await store({ day: 40 }),
    await store({ day: 2 }),
  ];
  // Somebody who does not serve it is not among those who may.
  await addService(prisma, salon.id, [], []);
  const loaded = await loadSalon(prisma, salon.id, dateIn(20), dateIn(20));
  const visits = loaded?.description.visits ?? [];
  expect(visits.map(({ id }) => id).toSorted()).toEqual([two, anybody, moved, long].toSorted());
  expect(visits.filter(({ id }) => free.includes(id))).toEqual([]);
  const plain = {
    staffId,
    eligibleStaffIds: null,
    roomId: null,
    serviceId,
    prior: null,
    gap: null,
    seats: 1,
  };
  const one = { startsAt: instant(20), endsAt: instant(20, '11:00') };
  const itemsOf = (id: string) =>
    visits.find((visit) => visit.id === id)?.items.toSorted((a, b) => a.endsAt.localeCompare(b.endsAt));
  expect(itemsOf(two)).toEqual([
    { ...plain, ...one, roomId, gap: { afterMinutes: 20, minutes: 10 } },
    { ...plain, ...one, endsAt: instant(20, '12:00'), staffId: other },
  ]);
  expect(itemsOf(anybody)).toEqual([{ ...plain, ...one, staffId: null, eligibleStaffIds: [staffId, other] }]);
  expect(itemsOf(moved)).toEqual([
    { ...plain, startsAt: instant(60), endsAt: instant(60, '11:00'), prior: one },
  ]);
  expect(itemsOf(long)).toEqual([{ ...plain, startsAt: instant(12), endsAt: instant(22) }]);
  expect(visits.find(({ id }) => id === moved)?.status).toBe('proposed');
});

it('is none where there are none, and nobody’s of another salon', async () => {
  const empty = await makeSalon(prisma);
  const loaded = await loadSalon(prisma, empty.id, dateIn(20), dateIn(20));
  expect(loaded?.description.visits).toEqual([]);
  expect(await loadSalon(prisma, randomUUID(), dateIn(20), dateIn(20))).toBeNull();
});
