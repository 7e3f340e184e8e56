/** What a person needs to see of our own records to tell one from another: a name and a few lines, by kind of record. */
import type { Prisma, PrismaClient } from '../../infra/database/index.ts';
import type { Card } from './schema.ts';

type Db = Pick<
  PrismaClient,
  'profile' | 'service' | 'serviceVariant' | 'staff' | 'room' | 'serviceCategory' | 'booking'
>;

type Labels = ReadonlyMap<string, Card>;

const NONE: Labels = new Map();

/** Labels by record id. Records that are not there, or not of these businesses, are left out. */
export async function labelsOf(
  db: Db,
  businessIds: readonly string[],
  entity: string,
  recordIds: readonly string[],
): Promise<Labels> {
  if (recordIds.length === 0) return NONE;
  const where = { id: { in: [...new Set(recordIds)] }, businessId: { in: [...businessIds] } };
  switch (entity) {
    case 'profile':
      return profileLabels(db, where);
    case 'service':
      return serviceLabels(db, where);
    case 'variant':
      return variantLabels(db, where);
    case 'staff': {
      const rows = await db.staff.findMany({ where, select: { id: true, name: true, email: true } });
      return toMap(rows, ({ name, email }) => ({ label: name, lines: present([email]) }));
    }
    case 'room':
      return toMap(await db.room.findMany({ where, select: NAMED }), bare);
    case 'category':
      return toMap(await db.serviceCategory.findMany({ where, select: NAMED }), bare);
    default:
      return NONE;
  }
}

const NAMED = { id: true, name: true } as const;

async function profileLabels(db: Db, where: Prisma.ProfileWhereInput): Promise<Labels> {
  const rows = await db.profile.findMany({
    where,
    select: { id: true, givenName: true, familyName: true, email: true, phoneE164: true },
  });
  const visits = await db.booking.groupBy({
    by: ['profileId'],
    where: { profileId: { in: rows.map(({ id }) => id) } },
    _count: true,
    _max: { startsLocal: true },
  });
  const visitsOf = new Map(visits.map((each) => [each.profileId, each]));
  return toMap(rows, ({ id, givenName, familyName, email, phoneE164 }) => {
    const own = visitsOf.get(id);
    const last = own?._max.startsLocal?.toISOString().slice(0, 10);
    return {
      label: [givenName, familyName].filter((part) => part !== '').join(' ') || '(no name)',
      lines: present([
        email,
        phoneE164,
        last === undefined ? 'no visits' : `${own?._count ?? 0} visits, the last on ${last}`,
      ]),
    };
  });
}

const VARIANT = {
  id: true,
  label: true,
  durationMinutes: true,
  priceMinor: true,
  priceType: true,
  currency: true,
} as const;

interface VariantFacts {
  readonly label: string | null;
  readonly durationMinutes: number;
  readonly priceMinor: bigint | null;
  readonly priceType: string;
  readonly currency: string;
}

async function serviceLabels(db: Db, where: Prisma.ServiceWhereInput): Promise<Labels> {
  const rows = await db.service.findMany({
    where,
    select: { id: true, name: true, variants: { select: VARIANT, orderBy: { position: 'asc' }, take: 10 } },
  });
  return toMap(rows, ({ name, variants }) => ({
    label: name,
    lines: variants.map((variant) => present([variant.label, facts(variant)]).join(': ')),
  }));
}

async function variantLabels(db: Db, where: Prisma.ServiceVariantWhereInput): Promise<Labels> {
  const rows = await db.serviceVariant.findMany({
    where,
    select: { ...VARIANT, service: { select: { name: true } } },
  });
  return toMap(rows, (variant) => ({
    label: present([variant.service.name, variant.label]).join(': '),
    lines: [facts(variant)],
  }));
}

/** Duration and price, as in "45 min, 120.00 PLN". */
function facts({ durationMinutes, priceMinor, priceType, currency }: VariantFacts): string {
  const price = priceMinor === null ? priceType : `${amount(priceMinor, currency)} ${currency}`;
  return `${durationMinutes} min, ${priceType === 'from' && priceMinor !== null ? `from ${price}` : price}`;
}

function amount(minor: bigint, currency: string): string {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  const exponent = digits.maximumFractionDigits ?? 2;
  const text = String(minor).padStart(exponent + 1, '0');
  return exponent === 0 ? text : `${text.slice(0, -exponent)}.${text.slice(-exponent)}`;
}

function present(parts: readonly (string | null)[]): string[] {
  return parts.filter((part): part is string => part !== null && part !== '');
}

function bare({ name }: { readonly name: string }): Card {
  return { label: name, lines: [] };
}

function toMap<T extends { readonly id: string }>(rows: readonly T[], card: (row: T) => Card): Labels {
  return new Map(rows.map((row) => [row.id, card(row)]));
}
