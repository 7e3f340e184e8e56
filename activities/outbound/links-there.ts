import type { Tx } from '../../infra/database/index.ts';
import type { Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { LinksThere } from '../../domain/states/there.ts';

interface LinkRow {
  kind: 'staff' | 'room' | 'category' | 'service' | 'variant' | 'client' | 'service_name';
  record_id: string;
  external: string;
}

/** What a record's groups name, in Booksy's ids. What is gone there cannot be named any more. */
export async function loadLinksThere(tx: Tx, businessId: string, ours: GroupStates): Promise<LinksThere> {
  const ids = [...new Set(Object.values(ours).flatMap(idsIn))];
  const rows =
    ids.length === 0
      ? []
      : await tx.$queryRaw<LinkRow[]>`
    SELECT 'staff' AS kind, staff_id AS record_id, external_id AS external FROM external_staff
     WHERE business_id = ${businessId}::uuid AND staff_id = ANY(${ids}::uuid[]) AND gone_at IS NULL
    UNION ALL
    SELECT 'room', room_id, external_id FROM external_rooms
     WHERE business_id = ${businessId}::uuid AND room_id = ANY(${ids}::uuid[]) AND gone_at IS NULL
    UNION ALL
    SELECT entity, record_id, external_id FROM external_services
     WHERE business_id = ${businessId}::uuid AND record_id = ANY(${ids}::uuid[]) AND gone_at IS NULL
    UNION ALL
    SELECT 'service_name', v.id, s.remote ->> 'name' FROM service_variants v
      JOIN external_services s ON s.business_id = v.business_id AND s.entity = 'service' AND s.record_id = v.service_id
     WHERE v.business_id = ${businessId}::uuid AND v.id = ANY(${ids}::uuid[]) AND s.remote ? 'name'
    UNION ALL
    SELECT 'client', profile_id, min(external_id) FROM external_clients
     WHERE business_id = ${businessId}::uuid AND profile_id = ANY(${ids}::uuid[]) AND is_primary AND gone_at IS NULL
     GROUP BY profile_id`;
  const of = (kind: LinkRow['kind']) =>
    new Map(rows.filter((row) => row.kind === kind).map((row) => [row.record_id, row.external]));
  return {
    staff: of('staff'),
    rooms: of('room'),
    categories: of('category'),
    services: of('service'),
    variants: of('variant'),
    clients: of('client'),
    serviceNames: of('service_name'),
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function idsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return UUID.test(value) ? [value] : [];
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value as { readonly [key: string]: Json }).flatMap(idsIn);
}
