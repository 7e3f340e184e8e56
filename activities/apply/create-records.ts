import { firstBase } from '../../domain/plan.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { EntityBinding, NewRecord } from './binding.ts';
import { mirrorWrite } from './mirror-write.ts';
import { writeMirror } from './mirror.ts';
import { samplesOf, type ApplyOutcome } from './outcome.ts';
import { noteAudit } from './record.ts';
import type { ApplyScope } from './scope.ts';

/** Makes records here from what was seen: the row, its mirror with the first base, its audit entry. */
export async function createRecords(
  scope: ApplyScope,
  binding: EntityBinding,
  records: readonly SeenRecord[],
): Promise<{ readonly recordIds: readonly string[]; readonly samples: ApplyOutcome['samples'] }> {
  if (records.length === 0) return { recordIds: [], samples: [] };
  const fresh: readonly NewRecord[] = records.map((seen) => ({ recordId: binding.newRecordId(seen), seen }));
  const recordIds = fresh.map(({ recordId }) => recordId);
  if (scope.plan !== null) {
    for (const { recordId, seen } of fresh) scope.plan.wouldLink(binding.entity, seen.externalId, recordId);
    const samples = samplesOf(
      scope,
      binding.entity,
      'create',
      fresh.map(({ seen }) => ({ seen })),
    );
    return { recordIds, samples };
  }
  await binding.insert(scope, fresh);
  await writeMirror(
    scope,
    binding.mirror,
    fresh.map(({ recordId, seen }) =>
      mirrorWrite(scope, binding, recordId, seen, { ...firstBase(seen), baseCounters: {} }),
    ),
  );
  noteAudit(
    scope,
    fresh.map(({ recordId, seen }) => ({
      action: 'created',
      entity: binding.entity,
      recordId,
      externalId: seen.externalId,
      reasonCode: 'first_seen_at_booksy',
      groups: [],
    })),
  );
  return { recordIds, samples: [] };
}
