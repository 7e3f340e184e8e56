import { randomUUID } from 'node:crypto';
import { localOf } from '../../../../domain/local-time.ts';
import type { TestApi } from './api.ts';

/** What a salon needs to sell a visit, and visits and a hold of it, beside what else a test has put into the business. */
export interface SalesThings {
  readonly staff: string;
  readonly service: string;
  readonly variant: string;
  /** A visit to come … */
  readonly booking: string;
  /** … and one that has begun. */
  readonly begun: string;
  /** Of the token that the test sends with. */
  readonly hold: string;
}

/** A day on which such a salon sells, some days from now; the same all day long. */
export const SALE_DAY = new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10);

export async function salesThings(api: TestApi, businessId: string, token?: string): Promise<SalesThings> {
  const { prisma } = api;
  const [staff, service, variant] = [randomUUID(), randomUUID(), randomUUID()];
  await prisma.staff.create({ data: { id: staff, businessId, name: 'Ewa Zmyślona' } });
  await prisma.service.create({ data: { id: service, businessId, name: 'Strzyżenie' } });
  await prisma.serviceVariant.create({
    data: {
      id: variant,
      businessId,
      serviceId: service,
      priceMinor: 12_000n,
      currency: 'PLN',
      durationMinutes: 60,
    },
  });
  await prisma.serviceVariantStaff.create({ data: { variantId: variant, staffId: staff } });
  await prisma.workingHours.createMany({
    data: Array.from({ length: 7 }, (_, dayOfWeek) => ({
      id: randomUUID(),
      businessId,
      ownerKind: 'business',
      ownerId: businessId,
      kind: 'weekly',
      dayOfWeek,
      intervals: [[480, 1200]],
    })),
  });
  const things = { staff, service, variant };
  const booking = await visit(api, businessId, things, new Date(`${SALE_DAY}T14:00:00Z`));
  const begun = await visit(api, businessId, things, new Date(Date.now() - 30 * 60_000));
  const held = await api.send('/api/holds', {
    method: 'POST',
    body: { businessId, items: [{ variantId: variant }], startsLocal: `${SALE_DAY}T17:30` },
    ...(token === undefined ? {} : { token }),
  });
  const hold = /"id":"([\da-f-]{36})"/.exec(held.text)?.[1];
  if (hold === undefined) throw new Error(`No hold was made: ${held.text}`);
  return { ...things, booking, begun, hold };
}

async function visit(
  { prisma }: TestApi,
  businessId: string,
  { staff, service, variant }: Pick<SalesThings, 'staff' | 'service' | 'variant'>,
  startsAt: Date,
): Promise<string> {
  const id = randomUUID();
  const endsAt = new Date(startsAt.getTime() + 3_600_000);
  const local = (at: Date) => new Date(`${localOf(at.toISOString(), 'Europe/Warsaw')}:00Z`);
  const times = {
    zone: 'Europe/Warsaw',
    startsAt,
    endsAt,
    startsLocal: local(startsAt),
    endsLocal: local(endsAt),
  };
  await prisma.booking.create({ data: { id, businessId, clientName: 'Zofia Zmyślona', ...times } });
  await prisma.bookingItem.create({
    data: {
      id: randomUUID(),
      bookingId: id,
      businessId,
      serviceId: service,
      variantId: variant,
      staffId: staff,
      ...times,
    },
  });
  return id;
}
