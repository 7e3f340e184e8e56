import type { OursState } from '../plan.ts';
import type { SeenRecord } from '../states/seen.ts';
import type { RecordView } from './types.ts';
import { carried, equivalentFor, sameThere } from './words.ts';

/** Conflicts that end when both sides come to hold the same; the others are told of values that nobody holds any more. */
const ENDED_BY_EQUALITY = [
  'field',
  'changed_against_cancelled',
  'deleted_against_changed',
  'normalised_differently',
  'refused_by_booksy',
];

/** R10a: groups on open conflicts that both sides hold alike now, unless a write of ours may have made them so. */
export function equalisedGroups(
  view: RecordView,
  ours: OursState,
  seen: SeenRecord,
  frozen: ReadonlySet<string>,
): readonly string[] {
  const kept = new Set(
    view.openConflicts
      .filter(({ kind }) => !ENDED_BY_EQUALITY.includes(kind))
      .flatMap(({ groups }) => groups),
  );
  const equivalent = equivalentFor(view.ref.entity);
  const madeByUs = (group: string) =>
    view.intents.some((intent) => {
      const body = carried(intent);
      return (
        intent.operation !== 'create' && group in body && sameThere(group, seen.theirs[group], body[group])
      );
    });
  return [...frozen]
    .filter(
      (group) =>
        !kept.has(group) &&
        !seen.unread.includes(group) &&
        !seen.unresolved.includes(group) &&
        equivalent(group, seen.here[group], ours.groups[group]) &&
        !madeByUs(group),
    )
    .sort();
}
