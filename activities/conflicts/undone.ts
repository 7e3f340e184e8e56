import { fingerprint, type Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { loadPicture, type ConflictPicture } from '../../infra/conflicts/picture.ts';
import type { ConflictRow } from '../../infra/conflicts/row.ts';
import type { ConflictScope } from './scope.ts';

/** Decisions that a person took back. */

/** Stands for what both sides hold of the groups in dispute, whatever the bases are. */
export function statesOf({ row, mirror, ours }: ConflictPicture): string {
  const of = (states: GroupStates | undefined): Json =>
    row.groups.map((group) => [group, states?.[group] ?? null]);
  return fingerprint([of(mirror?.remote), of(ours?.groups), mirror?.goneAt ?? null]);
}

/** What a rule decides, unless somebody took the same decision of that rule back for the same states: then a person decides. */
export async function unlessUndone<D extends { readonly ruleId: string }>(
  scope: ConflictScope,
  row: ConflictRow,
  decided: D | null,
): Promise<D | null> {
  if (decided === null || row.recordId === null) return decided;
  const undone = await scope.tx.$queryRaw<{ states: string | null }[]>`
    SELECT resolution_choice #>> '{undone,states}' AS states FROM booksy_sync_conflicts
     WHERE business_id = ${scope.businessId}::uuid AND record_id = ${row.recordId}::uuid AND kind = ${row.kind}
       AND status = 'resolved' AND resolution = 'undone' AND rule_id = ${decided.ruleId}`;
  if (undone.length === 0) return decided;
  const states = statesOf(await loadPicture(scope.tx, row));
  return undone.some((each) => each.states === states) ? null : decided;
}
