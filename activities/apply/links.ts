import type { Db, Tx } from '../../infra/database/index.ts';
import type { PriceType } from '../../domain/observed.ts';
import type { Links, VariantLink } from '../../domain/states/links.ts';

/** Which of the platform's records stand for the other side's, read from the mirror. */

interface LinkRow {
  kind: 'staff' | 'room' | 'category' | 'service';
  external_id: string;
  record_id: string;
}

interface VariantRow {
  kind: 'variant';
  external_id: string;
  record_id: string;
  service_id: string;
  price_type: PriceType;
  price_minor: bigint | null;
  currency: string;
  gap_after_minutes: number | null;
  gap_minutes: number | null;
  parallel_clients: number;
}

/** Links of a business's catalog and resources; clients are looked up per batch, because there are many. */
export async function loadCatalogLinks(db: Db | Tx, businessId: string): Promise<Links> {
  const rows = await db.$queryRaw<(LinkRow | VariantRow)[]>`
    SELECT /* prepared */ 'variant' AS kind, m.external_id, v.id AS record_id, v.service_id, v.price_type, v.price_minor,
           v.currency, s.gap_after_minutes, s.gap_minutes, s.parallel_clients
      FROM external_services m
      JOIN service_variants v ON v.id = m.record_id
      JOIN services s ON s.id = v.service_id
     WHERE m.business_id = ${businessId}::uuid AND m.entity = 'variant'
    UNION ALL
    SELECT 'staff', external_id, staff_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM external_staff
     WHERE business_id = ${businessId}::uuid AND staff_id IS NOT NULL
    UNION ALL
    SELECT 'room', external_id, room_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM external_rooms
     WHERE business_id = ${businessId}::uuid AND room_id IS NOT NULL
    UNION ALL
    SELECT entity, external_id, record_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM external_services
     WHERE business_id = ${businessId}::uuid AND entity IN ('category', 'service') AND record_id IS NOT NULL`;
  const of = (kind: LinkRow['kind']) =>
    new Map(rows.filter((row) => row.kind === kind).map((row) => [row.external_id, row.record_id]));
  const variants = rows.flatMap((row) => (row.kind === 'variant' ? [row] : []));
  return {
    staff: of('staff'),
    rooms: of('room'),
    categories: of('category'),
    services: of('service'),
    variants: new Map(variants.map((row) => [row.external_id, variantLink(row)])),
    clients: new Map(),
  };
}

/** The profiles that some client cards are linked to, by card id. */
export async function loadClientLinks(
  db: Db | Tx,
  businessId: string,
  cardIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (cardIds.length === 0) return new Map();
  const rows = await db.$queryRaw<{ external_id: string; profile_id: string }[]>`
    SELECT /* prepared */ external_id, profile_id FROM external_clients
     WHERE business_id = ${businessId}::uuid AND external_id = ANY(${cardIds}::text[]) AND profile_id IS NOT NULL`;
  return new Map(rows.map((row) => [row.external_id, row.profile_id]));
}

function variantLink(row: VariantRow): VariantLink {
  return {
    variantId: row.record_id,
    serviceId: row.service_id,
    priceType: row.price_type,
    priceMinor: row.price_minor === null ? null : Number(row.price_minor),
    currency: row.currency,
    gapAfterMinutes: row.gap_after_minutes,
    gapMinutes: row.gap_minutes,
    parallelClients: row.parallel_clients,
  };
}

/** For applies that translate nothing. */
export const NO_LINKS: Links = {
  staff: new Map(),
  rooms: new Map(),
  categories: new Map(),
  services: new Map(),
  variants: new Map(),
  clients: new Map(),
};
