/** What a run did, by kind of record: the numbers that people and other programs read. */
export const COUNTED_ENTITIES = [
  'services',
  'staff',
  'rooms',
  'hours',
  'timeOff',
  'clients',
  'visits',
  'categories',
  'variants',
] as const;
export type CountedEntity = (typeof COUNTED_ENTITIES)[number];

export interface EntityCounts {
  readonly created: number;
  readonly linked: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly quarantined: number;
  readonly unsure: number;
}

export type RunCounts = { readonly [entity in CountedEntity]?: EntityCounts };

export const NO_COUNTS: EntityCounts = {
  created: 0,
  linked: 0,
  updated: 0,
  unchanged: 0,
  quarantined: 0,
  unsure: 0,
};

/** Counts with more of one entity added. */
export function addCounts(counts: RunCounts, entity: CountedEntity, more: Partial<EntityCounts>): RunCounts {
  const before = counts[entity] ?? NO_COUNTS;
  return {
    ...counts,
    [entity]: {
      created: before.created + (more.created ?? 0),
      linked: before.linked + (more.linked ?? 0),
      updated: before.updated + (more.updated ?? 0),
      unchanged: before.unchanged + (more.unchanged ?? 0),
      quarantined: before.quarantined + (more.quarantined ?? 0),
      unsure: before.unsure + (more.unsure ?? 0),
    },
  };
}
