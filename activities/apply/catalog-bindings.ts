import { createFlatBinding, inboundOnly, mirrorTable } from './flat-binding.ts';
import { withPairs, type PairTable } from './pairs.ts';

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
export const variantBinding = withPairs(variantRows, {
  table: 'service_variant_staff',
  owner: 'variant_id',
  member: 'staff_id',
  group: 'staff',
});

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

const roomRows = createFlatBinding({
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

/**
 * Which services are given in a room. Booksy's list decides about services that it knows; which of its own services the
 * platform gives there is none of Booksy's business.
 */
export const ROOM_SERVICES: PairTable = {
  table: 'service_rooms',
  owner: 'room_id',
  member: 'service_id',
  group: 'services',
  decided: `EXISTS (SELECT FROM external_services m WHERE m.entity = 'service' AND m.record_id = p.service_id)`,
};

/** A room is its row and the services that are given in it. */
export const roomBinding = withPairs(roomRows, ROOM_SERVICES);
