import { Prisma, type Tx } from '../../infra/database/index.ts';
import type { Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { LinksThere } from '../../domain/states/there.ts';

interface LinkRow {
  business_id: string;
  kind: 'staff' | 'room' | 'category' | 'service' | 'variant' | 'client' | 'service_name';
  record_id: string;
  external: string;
}

/** A record of ours whose words are to be said there. */
export interface Named {
  readonly businessId: string;
  readonly groups: GroupStates;
}

/**
 * What records' groups name, in Booksy's ids, by business: one statement for all. What is gone there cannot be named any
 * more.
 */
export async function loadLinksThere(
  tx: Tx,
  records: readonly Named[],
): Promise<(businessId: string) => LinksThere> {
  const ids = [...new Set(records.flatMap(({ groups }) => Object.values(groups).flatMap(idsIn)))];
  const businesses = [...new Set(records.map(({ businessId }) => businessId))];
  const rows =
    ids.length === 0
      ? []
      : await tx.$queryRaw<LinkRow[]>`
    SELECT /* prepared */ 'staff' AS kind, m.business_id::text AS business_id, m.staff_id AS record_id, m.external_id AS external
      FROM external_staff m
     WHERE m.business_id = ANY(${some(businesses)}) AND m.staff_id = ANY(${some(ids)}) AND m.gone_at IS NULL
    UNION ALL
    SELECT 'room', m.business_id::text, m.room_id, m.external_id FROM external_rooms m
     WHERE m.business_id = ANY(${some(businesses)}) AND m.room_id = ANY(${some(ids)}) AND m.gone_at IS NULL
    UNION ALL
    SELECT m.entity, m.business_id::text, m.record_id, m.external_id FROM external_services m
     WHERE m.business_id = ANY(${some(businesses)}) AND m.record_id = ANY(${some(ids)}) AND m.gone_at IS NULL
    UNION ALL
    SELECT 'service_name', v.business_id::text, v.id, s.remote ->> 'name' FROM service_variants v
      JOIN external_services s ON s.business_id = v.business_id AND s.entity = 'service' AND s.record_id = v.service_id
     WHERE v.business_id = ANY(${some(businesses)}) AND v.id = ANY(${some(ids)}) AND s.remote ? 'name'
    UNION ALL
    SELECT 'client', m.business_id::text, m.profile_id, min(m.external_id) FROM external_clients m
     WHERE m.business_id = ANY(${some(businesses)}) AND m.profile_id = ANY(${some(ids)}) AND m.is_primary AND m.gone_at IS NULL
     GROUP BY m.business_id, m.profile_id`;
  return (businessId) => {
    const here = rows.filter((row) => row.business_id === businessId);
    const of = (kind: LinkRow['kind']) =>
      new Map(here.filter((row) => row.kind === kind).map((row) => [row.record_id, row.external]));
    return {
      staff: of('staff'),
      rooms: of('room'),
      categories: of('category'),
      services: of('service'),
      variants: of('variant'),
      clients: of('client'),
      serviceNames: of('service_name'),
    };
  };
}

/** An array whose length the planner does not know: one plan serves all. */
function some(ids: readonly string[]): Prisma.Sql {
  return Prisma.sql`ARRAY(SELECT unnest(${[...ids]}::uuid[]))`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function idsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return UUID.test(value) ? [value] : [];
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value as { readonly [key: string]: Json }).flatMap(idsIn);
}
