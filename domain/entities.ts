/** Kinds of record that are kept in step, by the name under which they appear everywhere: audit, conflicts, outbox, status. */
export const SYNC_ENTITIES = [
  'category',
  'service',
  'variant',
  'staff',
  'room',
  'hours',
  'time_off',
  'profile',
  'booking',
] as const;
export type SyncEntity = (typeof SYNC_ENTITIES)[number];
