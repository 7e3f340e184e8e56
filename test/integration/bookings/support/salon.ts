import { randomUUID } from 'node:crypto';
import type { Prisma, PrismaClient } from '../../../../infra/database/index.ts';

/** An invented salon with hours, people, rooms and services, written as a platform would write it. */
export interface TestSalon {
  readonly id: string;
  readonly staff: readonly string[];
  readonly rooms: readonly string[];
  /** One service of one variant: an hour, by everybody. */
  readonly serviceId: string;
  readonly variantId: string;
}

export interface SalonOptions {
  readonly staff?: number;
  readonly rooms?: number;
  readonly business?: Partial<Prisma.BusinessUncheckedCreateInput>;
  readonly service?: Partial<Prisma.ServiceUncheckedCreateInput>;
  readonly durationMinutes?: number;
  /** Buffers of its sync rule; default none, so that visits may follow one another. */
  readonly buffers?: { readonly before: number; readonly after: number };
  /** Minutes from midnight, every day. */
  readonly open?: readonly [number, number];
}

/** Sells at once whatever Booksy shows: the salon is not connected. */
export async function makeSalon(prisma: PrismaClient, options: SalonOptions = {}): Promise<TestSalon> {
  const id = randomUUID();
  await prisma.business.create({
    data: {
      id,
      name: 'Salon Testowy',
      zone: 'Europe/Warsaw',
      country: 'PL',
      currency: 'PLN',
      booksyMode: 'instant',
      stalePolicy: 'sell',
      ...options.business,
    },
  });
  const { before, after } = options.buffers ?? { before: 0, after: 0 };
  await prisma.syncRule.create({
    data: {
      businessId: id,
      id: 'default',
      name: 'Default Sync Rule',
      sourceSystem: 'both',
      priority: 5,
      conditions: { bufferTimes: { before, after }, maxAdvanceBooking: 90 },
      actions: { syncAvailability: true, autoResolveConflicts: false, notifyAdmin: true },
    },
  });
  await openHours(prisma, id, 'business', id, options.open ?? [9 * 60, 17 * 60]);
  const staff = Array.from({ length: options.staff ?? 2 }, () => randomUUID());
  await prisma.staff.createMany({
    data: staff.map((each, position) => ({
      id: each,
      businessId: id,
      name: `Osoba ${position + 1}`,
      position,
    })),
  });
  const rooms = Array.from({ length: options.rooms ?? 0 }, () => randomUUID());
  await prisma.room.createMany({
    data: rooms.map((each, position) => ({
      id: each,
      businessId: id,
      name: `Gabinet ${position + 1}`,
      position,
    })),
  });
  const { serviceId, variantId } = await addService(prisma, id, staff, rooms, options);
  return { id, staff, rooms, serviceId, variantId };
}

export async function addService(
  prisma: PrismaClient,
  businessId: string,
  staff: readonly string[],
  rooms: readonly string[],
  { service, durationMinutes }: Pick<SalonOptions, 'service' | 'durationMinutes'> = {},
): Promise<{ readonly serviceId: string; readonly variantId: string }> {
  const [serviceId, variantId] = [randomUUID(), randomUUID()];
  await prisma.service.create({ data: { id: serviceId, businessId, name: 'Strzyżenie', ...service } });
  await prisma.serviceVariant.create({
    data: {
      id: variantId,
      businessId,
      serviceId,
      priceMinor: 12_000n,
      currency: 'PLN',
      durationMinutes: durationMinutes ?? 60,
    },
  });
  await prisma.serviceVariantStaff.createMany({ data: staff.map((staffId) => ({ variantId, staffId })) });
  await prisma.serviceRoom.createMany({ data: rooms.map((roomId) => ({ serviceId, roomId })) });
  return { serviceId, variantId };
}

export async function openHours(
  prisma: PrismaClient,
  businessId: string,
  ownerKind: string,
  ownerId: string,
  open: readonly [number, number],
): Promise<void> {
  await prisma.workingHours.createMany({
    data: Array.from({ length: 7 }, (_, dayOfWeek) => ({
      id: randomUUID(),
      businessId,
      ownerKind,
      ownerId,
      kind: 'weekly',
      dayOfWeek,
      intervals: [[...open]],
    })),
  });
}

/** A date some days from today, in the salon's zone near enough: `YYYY-MM-DD`. Days without a change of clocks. */
export function dateIn(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

/** Overlaps of one resource that exist, seats of one session aside: none may. */
export async function overlaps(prisma: PrismaClient, businessId: string): Promise<number> {
  const rows = await prisma.$queryRaw<{ n: number }[]>`
    SELECT count(*)::int AS n FROM occupancy a JOIN occupancy b
        ON b.resource_id = a.resource_id AND b.during && a.during AND b.session_key <> a.session_key AND b.id > a.id
     WHERE a.business_id = ${businessId}::uuid`;
  return rows[0]?.n ?? -1;
}
