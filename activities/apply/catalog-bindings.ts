import type { Json } from '../../domain/canonical.ts';
import type { OursState } from '../../domain/plan.ts';
import type { EntityBinding } from './binding.ts';
import { createFlatBinding, inboundOnly, mergedGroups, mirrorTable } from './flat-binding.ts';
import type { ApplyScope } from './scope.ts';

/** Catalog and resources come in only, until the owner opens the way out (R8). */

export const categoryBinding = createFlatBinding({
  entity: 'category',
  table: 'service_categories',
  mirror: mirrorTable('external_services', 'record_id', { fixed: { entity: 'category' } }),
  directionOf: inboundOnly,
  columns: [
    { column: 'name', sqlType: 'text', group: 'name' },
    { column: 'position', sqlType: 'int', group: 'position' },
  ],
});

export const serviceBinding = createFlatBinding({
  entity: 'service',
  table: 'services',
  mirror: mirrorTable('external_services', 'record_id', { fixed: { entity: 'service' } }),
  directionOf: inboundOnly,
  columns: [
    { column: 'name', sqlType: 'text', group: 'name' },
    { column: 'description', sqlType: 'text', group: 'description' },
    { column: 'category_id', sqlType: 'uuid', group: 'category' },
    { column: 'price_type', sqlType: 'text', group: 'priceType' },
    { column: 'padding_kind', sqlType: 'text', group: 'padding', part: 'kind' },
    { column: 'padding_minutes', sqlType: 'int', group: 'padding', part: 'minutes' },
    { column: 'gap_after_minutes', sqlType: 'int', group: 'gap', part: 'afterMinutes' },
    { column: 'gap_minutes', sqlType: 'int', group: 'gap', part: 'minutes' },
    { column: 'parallel_clients', sqlType: 'int', group: 'parallelClients' },
    { column: 'active', sqlType: 'boolean', group: 'active' },
    { column: 'position', sqlType: 'int', group: 'position' },
  ],
});

const variantRows = createFlatBinding({
  entity: 'variant',
  table: 'service_variants',
  mirror: mirrorTable('external_services', 'record_id', { fixed: { entity: 'variant' } }),
  directionOf: inboundOnly,
  required: ['service'],
  columns: [
    { column: 'service_id', sqlType: 'uuid', group: 'service' },
    { column: 'label', sqlType: 'text', group: 'label' },
    { column: 'price_type', sqlType: 'text', group: 'price', part: 'type' },
    { column: 'price_minor', sqlType: 'bigint', group: 'price', part: 'minor' },
    { column: 'currency', sqlType: 'text', group: 'price', part: 'currency' },
    { column: 'duration_minutes', sqlType: 'int', group: 'durationMinutes' },
    { column: 'slot_step_minutes', sqlType: 'int', group: 'slotStepMinutes' },
  ],
});

/** A variant is its row and the staff who serve it. */
export const variantBinding: EntityBinding = {
  ...variantRows,

  async loadOurs(scope, recordIds) {
    const rows = await variantRows.loadOurs(scope, recordIds);
    const staff = await staffOfVariants(scope, recordIds);
    return new Map(
      [...rows].map(([id, ours]): [string, OursState] => [
        id,
        { ...ours, groups: { ...ours.groups, staff: staff.get(id) ?? [] } },
      ]),
    );
  },

  async insert(scope, records) {
    await variantRows.insert(scope, records);
    await writeVariantStaff(
      scope,
      records.map(({ recordId, seen }) => ({ variantId: recordId, staff: seen.here.staff ?? [] })),
    );
  },

  async update(scope, records) {
    const counters = await variantRows.update(scope, records);
    const withStaff = records.filter((record) => record.apply.includes('staff'));
    await writeVariantStaff(
      scope,
      withStaff.map((record) => ({ variantId: record.recordId, staff: mergedGroups(record).staff ?? [] })),
    );
    return counters;
  },
};

export const staffBinding = createFlatBinding({
  entity: 'staff',
  table: 'staff',
  mirror: mirrorTable('external_staff', 'staff_id'),
  directionOf: inboundOnly,
  columns: [
    { column: 'name', sqlType: 'text', group: 'name' },
    { column: 'email', sqlType: 'text', group: 'email' },
    { column: 'access_level', sqlType: 'text', group: 'role', part: 'accessLevel' },
    { column: 'bookable', sqlType: 'boolean', group: 'role', part: 'bookable' },
    { column: 'active', sqlType: 'boolean', group: 'active' },
    { column: 'position', sqlType: 'int', group: 'position' },
  ],
});

export const roomBinding = createFlatBinding({
  entity: 'room',
  table: 'rooms',
  mirror: mirrorTable('external_rooms', 'room_id'),
  directionOf: inboundOnly,
  columns: [
    { column: 'name', sqlType: 'text', group: 'name' },
    { column: 'active', sqlType: 'boolean', group: 'active' },
    { column: 'position', sqlType: 'int', group: 'position' },
  ],
});

async function staffOfVariants(scope: ApplyScope, variantIds: readonly string[]): Promise<Map<string, Json>> {
  const rows = await scope.tx.$queryRaw<{ variant_id: string; staff: string[] }[]>`
    SELECT variant_id, array_agg(staff_id::text ORDER BY staff_id::text) AS staff
      FROM service_variant_staff WHERE variant_id = ANY(${variantIds}::uuid[]) GROUP BY variant_id`;
  return new Map(rows.map((row) => [row.variant_id, row.staff]));
}

async function writeVariantStaff(
  scope: ApplyScope,
  wanted: readonly { readonly variantId: string; readonly staff: Json }[],
): Promise<void> {
  if (wanted.length === 0) return;
  const payload = JSON.stringify(wanted.map(({ variantId, staff }) => ({ variant_id: variantId, staff })));
  await scope.tx.$executeRaw`
    WITH wanted AS (
      SELECT w.variant_id, s.staff_id::uuid AS staff_id
        FROM jsonb_to_recordset(${payload}::jsonb) AS w(variant_id uuid, staff jsonb),
             jsonb_array_elements_text(w.staff) AS s(staff_id)
    ), gone AS (
      DELETE FROM service_variant_staff v
       WHERE v.variant_id = ANY(${wanted.map(({ variantId }) => variantId)}::uuid[])
         AND NOT EXISTS (SELECT FROM wanted w WHERE (w.variant_id, w.staff_id) = (v.variant_id, v.staff_id))
    )
    INSERT INTO service_variant_staff (variant_id, staff_id)
    SELECT variant_id, staff_id FROM wanted ON CONFLICT DO NOTHING`;
}
