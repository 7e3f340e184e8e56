import {
  addPlanned,
  addSamples,
  NO_PLAN,
  type ImportPlanCounts,
  type PlannedCounts,
  type PlanSample,
} from '../../domain/import-plan.ts';
import type { CountedEntity } from '../../domain/counts.ts';
import type { SyncEntity } from '../../domain/entities.ts';

/** What a dry run collects instead of writing (SPEC 3.3). One for each transaction; its content is added to the plan. */
export interface PlanCollector {
  planned(counted: CountedEntity, more: Partial<PlannedCounts>, samples?: readonly PlanSample[]): void;
  /** Says that a record would be linked here from now on, or made under this id. */
  wouldLink(entity: SyncEntity, externalId: string, recordId: string): void;
  /** Records that would be linked, by kind and the other side's id. */
  readonly links: ReadonlyMap<SyncEntity, ReadonlyMap<string, string>>;
  collected(): { readonly counts: ImportPlanCounts; readonly samples: readonly PlanSample[] };
}

/** An empty collector. */
export function createPlanCollector(): PlanCollector {
  let counts = NO_PLAN;
  let samples: readonly PlanSample[] = [];
  const links = new Map<SyncEntity, Map<string, string>>();
  return {
    planned(counted, more, shown = []) {
      counts = addPlanned(counts, counted, more);
      samples = addSamples(samples, shown);
    },
    wouldLink(entity, externalId, recordId) {
      const known = links.get(entity) ?? new Map<string, string>();
      links.set(entity, known.set(externalId, recordId));
    },
    links,
    collected: () => ({ counts, samples }),
  };
}
