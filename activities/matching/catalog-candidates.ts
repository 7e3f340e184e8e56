import type {
  NamedFacts,
  OfferFacts,
  ServiceFacts,
  StaffFacts,
  VariantFacts,
} from '../../domain/matching/index.ts';
import type { Json } from '../../domain/canonical.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { Prisma } from '../../infra/database/index.ts';
import { MAPPED_TABLES } from '../../infra/mappings.ts';
import { partOf } from '../apply/flat-binding.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { unlinked } from './remembered.ts';
import { offersOf } from './sold-as.ts';

/**
 * Services, staff and the like are few: all that are not linked are compared, whatever their names. Each is one to one, so
 * what is `taken` in this batch or a dry run is out of the question as if it were linked.
 */

export interface Sides<T> {
  readonly theirs: readonly T[];
  readonly ours: readonly T[];
}

/** Services with the ways in which they are sold: duration and price tell services of one name apart. */
export async function serviceSides(
  scope: ApplyScope,
  fresh: readonly SeenRecord[],
  taken: ReadonlySet<string>,
): Promise<Sides<ServiceFacts>> {
  const rows = await scope.tx.$queryRaw<{ id: string; name: string; offers: OfferFacts[] }[]>`
    SELECT t.id, t.name, coalesce(jsonb_agg(jsonb_build_object(
             'durationMinutes', v.duration_minutes, 'priceMinor', v.price_minor, 'priceType', v.price_type,
             'label', v.label) ORDER BY v.position, v.id) FILTER (WHERE v.id IS NOT NULL), '[]') AS offers
      FROM services t LEFT JOIN service_variants v ON v.service_id = t.id
     WHERE t.business_id = ${scope.businessId}::uuid AND ${unlinked('service')}
     GROUP BY t.id, t.name ORDER BY t.id`;
  return {
    theirs: fresh.map((seen) => ({
      id: seen.externalId,
      name: text(seen.here.name),
      variants: offersOf(scope, seen.externalId),
      linked: false,
    })),
    ours: free(rows, taken).map(({ id, name, offers }) => ({ id, name, variants: offers, linked: false })),
  };
}

/** Variants, each within the service that theirs is linked with. */
export async function variantSides(
  scope: ApplyScope,
  fresh: readonly SeenRecord[],
  taken: ReadonlySet<string>,
): Promise<Sides<VariantFacts>> {
  const serviceIds = [...new Set(fresh.map((seen) => text(seen.here.service)).filter((id) => id !== ''))];
  const rows = await scope.tx.$queryRaw<
    (Omit<VariantFacts, 'linked' | 'priceMinor'> & { priceMinor: bigint | null })[]
  >`
    SELECT t.id, t.service_id AS "serviceId", t.label, t.duration_minutes AS "durationMinutes",
           t.price_minor AS "priceMinor", t.price_type AS "priceType"
      FROM service_variants t
     WHERE t.business_id = ${scope.businessId}::uuid AND t.service_id = ANY(${serviceIds}::uuid[])
       AND ${unlinked('variant')}
     ORDER BY t.id`;
  return {
    theirs: fresh.map((seen) => ({
      id: seen.externalId,
      serviceId: text(seen.here.service),
      label: textOrNull(seen.here.label),
      durationMinutes: Number(seen.here.durationMinutes ?? 0),
      priceMinor: numberOrNull(partOf(seen.here.price, 'minor')),
      priceType: text(partOf(seen.here.price, 'type')),
      linked: false,
    })),
    ours: free(rows, taken).map((row) => ({
      ...row,
      priceMinor: row.priceMinor === null ? null : Number(row.priceMinor),
      linked: false,
    })),
  };
}

export async function staffSides(
  scope: ApplyScope,
  fresh: readonly SeenRecord[],
  taken: ReadonlySet<string>,
): Promise<Sides<StaffFacts>> {
  const rows = await scope.tx.$queryRaw<{ id: string; name: string; email: string | null }[]>`
    SELECT t.id, t.name, nullif(lower(btrim(t.email)), '') AS email FROM staff t
     WHERE t.business_id = ${scope.businessId}::uuid AND ${unlinked('staff')} ORDER BY t.id`;
  return {
    theirs: fresh.map((seen) => ({
      id: seen.externalId,
      name: text(seen.here.name),
      email: textOrNull(seen.here.email)?.trim().toLowerCase() ?? null,
      linked: false,
    })),
    ours: free(rows, taken).map((row) => ({ ...row, linked: false })),
  };
}

export async function namedSides(
  scope: ApplyScope,
  entity: 'room' | 'category',
  fresh: readonly SeenRecord[],
  taken: ReadonlySet<string>,
): Promise<Sides<NamedFacts>> {
  const rows = await scope.tx.$queryRaw<{ id: string; name: string }[]>`
    SELECT t.id, t.name FROM ${Prisma.raw(MAPPED_TABLES[entity].ours)} t
     WHERE t.business_id = ${scope.businessId}::uuid AND ${unlinked(entity)} ORDER BY t.id`;
  return {
    theirs: fresh.map((seen) => ({ id: seen.externalId, name: text(seen.here.name), linked: false })),
    ours: free(rows, taken).map((row) => ({ ...row, linked: false })),
  };
}

function free<T extends { readonly id: string }>(
  rows: readonly T[],
  taken: ReadonlySet<string>,
): readonly T[] {
  return rows.filter(({ id }) => !taken.has(id));
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function textOrNull(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function numberOrNull(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
