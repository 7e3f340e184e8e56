import { COUNTED_ENTITIES, type CountedEntity } from './counts.ts';

/** What a dry run says a real one would do (SPEC 3.3): the counts and samples that a person sees before the first push (R18). */
export const PLAN_ACTIONS = [
  'create',
  'link',
  'update',
  'unchanged',
  'unsure',
  'quarantined',
  'remove',
] as const;
export type PlanAction = (typeof PLAN_ACTIONS)[number];

export type PlannedCounts = { readonly [action in PlanAction]: number };

/** What would be made at Booksy once a person allows it, and what stands in the way of the rest. */
export interface OutboundCounts {
  readonly create: number;
  /** Records that are linked and differ: changed or ended there. */
  readonly change: number;
  /** Records that would not be made there, by reason. */
  readonly blocked: { readonly [reason: string]: number };
}

/** Kinds of record that a first push can make at Booksy. */
export const OUTBOUND_ENTITIES = ['visits', 'clients', 'timeOff', 'services', 'variants', 'hours'] as const;
export type OutboundEntity = (typeof OUTBOUND_ENTITIES)[number];

export interface ImportPlanCounts {
  readonly inbound: { readonly [entity in CountedEntity]?: PlannedCounts };
  readonly outbound: { readonly [entity in OutboundEntity]?: OutboundCounts };
}

/** One record of a plan, to be shown to a person. Holds names: sealed wherever it is stored. */
export interface PlanSample {
  readonly entity: CountedEntity;
  readonly action: PlanAction | 'push';
  readonly externalId: string | null;
  readonly recordId: string | null;
  readonly label: string;
  /** Groups that would be written here. */
  readonly groups: readonly string[];
}

/** Samples that are kept of each entity and action. */
export const SAMPLES_EACH = 5;

export const NO_PLAN: ImportPlanCounts = { inbound: {}, outbound: {} };

const NONE_PLANNED: PlannedCounts = {
  create: 0,
  link: 0,
  update: 0,
  unchanged: 0,
  unsure: 0,
  quarantined: 0,
  remove: 0,
};

/** Counts with more of one entity added. */
export function addPlanned(
  counts: ImportPlanCounts,
  entity: CountedEntity,
  more: Partial<PlannedCounts>,
): ImportPlanCounts {
  const before = counts.inbound[entity] ?? NONE_PLANNED;
  const added = Object.fromEntries(
    PLAN_ACTIONS.map((action) => [action, before[action] + (more[action] ?? 0)]),
  ) as PlannedCounts;
  return { ...counts, inbound: { ...counts.inbound, [entity]: added } };
}

/** Samples with more added, a few of each kind. The first ones seen stay. */
export function addSamples(
  samples: readonly PlanSample[],
  more: readonly PlanSample[],
): readonly PlanSample[] {
  const kept = [...samples];
  for (const sample of more) {
    const alike = kept.filter(
      ({ entity, action }) => entity === sample.entity && action === sample.action,
    ).length;
    if (alike < SAMPLES_EACH) kept.push(sample);
  }
  return kept;
}

/** Whether the plan would write nothing at all, on either side. */
export function plansNothing(counts: ImportPlanCounts): boolean {
  const quiet: readonly PlanAction[] = ['unchanged', 'unsure', 'quarantined'];
  const inbound = COUNTED_ENTITIES.every((entity) =>
    PLAN_ACTIONS.every((action) => quiet.includes(action) || (counts.inbound[entity]?.[action] ?? 0) === 0),
  );
  return inbound && Object.values(counts.outbound).every(({ create, change }) => create + change === 0);
}
