import type { GroupLinks } from '../../domain/conflicts/translate.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { Reader } from './picture.ts';

interface LinkRow {
  kind: 'staff' | 'room' | 'category' | 'service' | 'variant' | 'client';
  external_id: string;
  record_id: string;
}

/** What the ids in some groups of Booksy are linked with here. Only those are asked for that the groups name. */
export async function loadGroupLinks(
  db: Reader,
  businessId: string,
  theirs: GroupStates,
): Promise<GroupLinks> {
  const ids = [...new Set(idsIn(theirs))];
  const rows =
    ids.length === 0
      ? []
      : await db.$queryRaw<LinkRow[]>`
          SELECT 'staff' AS kind, external_id, staff_id::text AS record_id FROM external_staff
           WHERE business_id = ${businessId}::uuid AND external_id = ANY(${ids}::text[]) AND staff_id IS NOT NULL
          UNION ALL
          SELECT 'room', external_id, room_id::text FROM external_rooms
           WHERE business_id = ${businessId}::uuid AND external_id = ANY(${ids}::text[]) AND room_id IS NOT NULL
          UNION ALL
          SELECT entity, external_id, record_id::text FROM external_services
           WHERE business_id = ${businessId}::uuid AND external_id = ANY(${ids}::text[]) AND record_id IS NOT NULL
          UNION ALL
          SELECT 'client', external_id, profile_id::text FROM external_clients
           WHERE business_id = ${businessId}::uuid AND external_id = ANY(${ids}::text[]) AND profile_id IS NOT NULL`;
  const of = (kind: LinkRow['kind']) =>
    new Map(rows.filter((row) => row.kind === kind).map((row) => [row.external_id, row.record_id]));
  return {
    staff: of('staff'),
    rooms: of('room'),
    clients: of('client'),
    categories: of('category'),
    services: of('service'),
    variants: of('variant'),
  };
}

/** Every text in the groups that could be an id: short, and without blanks. */
function idsIn(value: unknown): readonly string[] {
  if (typeof value === 'string')
    return value.length > 0 && value.length <= 64 && !/\s/.test(value) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(idsIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(idsIn) : [];
}
