import type { Json } from '../../domain/canonical.ts';
import { resolveLocal } from '../../domain/local-time.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { EntityBinding } from './binding.ts';
import { createFlatBinding, inboundOnly, mirrorTable, textOf } from './flat-binding.ts';

/** Time off of one source: the resource's own list, or reservations found among the visits (R19). */
export function timeOffBinding(source: 'time_off' | 'reservation'): EntityBinding {
  return createFlatBinding({
    entity: 'time_off',
    table: 'time_off',
    mirror: mirrorTable('external_time_off', 'time_off_id', {
      fixed: { source },
      extra: { resource_external_id: 'text' },
    }),
    directionOf: inboundOnly,
    required: ['owner'],
    constants: { source },
    columns: [
      { column: 'owner_kind', sqlType: 'text', group: 'owner', part: 'kind' },
      { column: 'owner_id', sqlType: 'uuid', group: 'owner', part: 'id' },
      { column: 'starts_local', sqlType: 'timestamp', group: 'time', part: 'startsLocal' },
      { column: 'ends_local', sqlType: 'timestamp', group: 'time', part: 'endsLocal' },
      { column: 'all_day', sqlType: 'boolean', group: 'time', part: 'allDay' },
      { column: 'zone', sqlType: 'text', group: 'time', part: 'zone' },
      { column: 'reason_code', sqlType: 'text', group: 'reason' },
      { column: 'approved', sqlType: 'boolean', group: 'approved' },
    ],
    derived: { columns: { starts_at: 'timestamptz', ends_at: 'timestamptz' }, of: instantsOfTimeOff },
    mirrorExtra: (seen) => ({ resource_external_id: seen.theirs.owner ?? null }),
  });
}

function instantsOfTimeOff(groups: GroupStates): Readonly<Record<string, Json>> {
  const zone = textOf(groups.time, 'zone');
  return {
    starts_at: resolveLocal(textOf(groups.time, 'startsLocal'), zone, 'earlier').instant,
    ends_at: resolveLocal(textOf(groups.time, 'endsLocal'), zone, 'later').instant,
  };
}
