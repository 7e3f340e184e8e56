/** Kinds of conflict (SPEC 4.1), by the name that rows, API and dashboard use. */
export const CONFLICT_KINDS = [
  'field',
  'time_overlap',
  'capacity',
  'changed_against_cancelled',
  'deleted_against_changed',
  'unmapped',
  'unsure_client',
  'ambiguous_local_time',
  'refused_by_booksy',
  'normalised_differently',
  'overwritten_at_booksy',
  'double',
  'outcome_unknown',
  'quarantine',
] as const;
export type ConflictKind = (typeof CONFLICT_KINDS)[number];
