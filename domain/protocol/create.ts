import { conflict, frozenGroups } from './commit.ts';
import type { RecordView } from './types.ts';
import { held, NO_WISH, type Wish } from './wishes.ts';
import { importUidOf, statusOf } from './words.ts';

/** Statuses of a visit that can still be made there. */
const MAKEABLE = ['pending', 'confirmed', 'proposed'];

/**
 * The create of what Booksy lacks, because it was never linked or because its last generation ended there (R16, R18). Only
 * what is to come, what can be said there, and only while the gate is open.
 */
export function createOf(view: RecordView, generation: number): Wish {
  const { ours, ref } = view;
  if (ours === null || ours.ended) return NO_WISH;
  const groups = Object.keys(view.oursThere).sort();
  const goesOut = Object.keys(ours.groups).some((group) => {
    const direction = view.directionOf(group);
    return direction === 'both' || direction === 'out';
  });
  if (!goesOut) return NO_WISH;
  if (ref.entity === 'booking' && !MAKEABLE.includes(statusOf(ours.groups) ?? '')) return NO_WISH;
  // R18: past visits are never pushed; R30: nor one that has begun.
  const begun = ref.entity === 'booking' && view.startsAt !== null && view.startsAt <= view.now;
  const over = view.endsAt !== null && view.endsAt <= view.now;
  if (begun || over) return NO_WISH;
  const frozen = frozenGroups(view);
  if (frozen.size > 0 && generation === view.generation) return held('conflict_open', [...frozen].sort());
  if (view.gate !== 'open') return held(view.gateReason ?? 'gate_shut', groups);
  if (view.pushUntil !== null && view.startsAt !== null && view.startsAt > view.pushUntil)
    return held('beyond_max_advance', groups);
  const conflicts = [
    ...(view.unmapped.length === 0
      ? []
      : [conflict('unmapped', [...view.unmapped].sort(), 'no_counterpart')]),
    ...(view.ambiguousTime
      ? [
          conflict(
            'ambiguous_local_time',
            groups.filter((group) => group.endsWith(':time')),
            'local_time_ambiguous',
          ),
        ]
      : []),
  ];
  if (conflicts.length > 0) return { ...NO_WISH, conflicts };
  return {
    ...NO_WISH,
    wish: {
      operation: 'create',
      externalId: null,
      importUid: importUidOf(view, generation),
      generation,
      step: null,
      groups,
      body: view.oursThere,
      preImage: {},
      held: ours.groups,
      counters: ours.counters,
    },
  };
}
