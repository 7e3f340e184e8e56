import { sameValue } from '../../domain/canonical.ts';
import type { EffectName } from '../../domain/conflicts/choices.ts';
import { isEnded } from '../../domain/states/visit.ts';
import type { DecisionFacts } from '../../domain/undo/index.ts';
import type { ConflictPicture } from '../../infra/conflicts/picture.ts';
import type { ConflictRow } from '../../infra/conflicts/row.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { settle } from '../conflicts/close-settled.ts';
import { historyOf } from './trail.ts';

/** Whether what a decision was about is so still: only then is there something to look at again. */
export async function causeOf(
  scope: ApplyScope,
  effect: EffectName,
  picture: ConflictPicture,
): Promise<DecisionFacts['cause']> {
  const { row } = picture;
  // Its entry went, or was released by this decision.
  if (effect === 'release') return 'stands';
  if (await isSettled(scope, row)) return row.groups.length > 0 ? 'equal' : 'gone';
  switch (row.kind) {
    case 'double':
      return (await bothLive(scope, picture)) ? 'stands' : 'gone';
    case 'outcome_unknown':
      return (await isUnknownStill(scope, row)) ? 'stands' : 'gone';
    case 'overwritten_at_booksy':
      return (await changedSince(scope, picture)) ? 'changed' : 'stands';
    default:
      return effect === 'accept' && differsFromBase(picture) ? 'changed' : 'stands';
  }
}

/** As the conflict itself would be looked at. Whatever that writes is taken back. */
async function isSettled(scope: ApplyScope, row: ConflictRow): Promise<boolean> {
  await scope.tx.$executeRaw`SAVEPOINT look_at_cause`;
  const settled = await settle({ ...scope, audit: [] }, row);
  await scope.tx.$executeRaw`ROLLBACK TO SAVEPOINT look_at_cause`;
  return settled;
}

/** A difference that was accepted is the base of both sides since: who differs from it has changed. */
function differsFromBase({ row, mirror, ours }: ConflictPicture): boolean {
  if (mirror === null || ours === null) return false;
  return row.groups.some(
    (group) =>
      !sameValue(mirror.remote[group], mirror.baseTheirs[group]) ||
      !sameValue(ours.groups[group], mirror.baseOurs[group]) ||
      (ours.counters[group] ?? 0) !== (mirror.baseCounters[group] ?? 0),
  );
}

/** What we wrote stayed: where it stands here no more, the trail says so. */
async function changedSince(scope: ApplyScope, { row, ours }: ConflictPicture): Promise<boolean> {
  if (row.recordId === null || row.resolutionId === null) return false;
  const [entry] = await scope.tx.$queryRaw<{ number: string }[]>`
    SELECT id::text AS number FROM booksy_audit_log
     WHERE business_id = ${scope.businessId}::uuid AND run_id = ${row.resolutionId}::uuid AND record_id = ${row.recordId}::uuid
       AND action = 'resolved' ORDER BY id DESC LIMIT 1`;
  if (entry === undefined) return false;
  const target = { entity: row.entity, recordId: row.recordId, targets: [entry.number] };
  const history = await historyOf(scope.tx, scope.vault, scope.businessId, [target]);
  const [decided] = history.get(row.recordId) ?? [];
  const then = decided?.before;
  return then == null || row.groups.some((group) => !sameValue(ours?.groups[group], then[group]));
}

async function bothLive(scope: ApplyScope, { row, mirror }: ConflictPicture): Promise<boolean> {
  const other = row.detail.otherExternalId;
  if (mirror === null || mirror.goneAt !== null || isEnded(mirror.remote) || typeof other !== 'string')
    return false;
  const ended = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM external_bookings m
     WHERE m.business_id = ${scope.businessId}::uuid AND m.external_id = ${other}
       AND (m.gone_at IS NOT NULL OR m.remote #>> '{status,status}' = 'cancelled')`;
  return ended.length === 0;
}

async function isUnknownStill(scope: ApplyScope, { intentId }: ConflictRow): Promise<boolean> {
  if (intentId === null) return false;
  const found = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM sync_intents
     WHERE business_id = ${scope.businessId}::uuid AND id = ${intentId}::uuid AND state IN ('unknown', 'expired')`;
  return found.length > 0;
}
