import { SYNC_ENTITIES, type SyncEntity } from '../../domain/entities.ts';
import { closeQuarantined, openQuarantined, type SetAside } from '../../infra/conflicts/quarantined.ts';
import { noteAudit, quarantine, releaseReadable, type Quarantined } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';

/** What waits in quarantine waits for a person: each entry has its conflict (SPEC 4.1), which ends with it. */

/** Decided in the mapping list, which has a conflict of its own kind where a visit needs it. */
const MAPPED_ELSEWHERE = 'unmapped';

/** Puts records into quarantine, and opens the conflicts by which people see and decide it. */
export async function setAside(scope: ApplyScope, rows: readonly Quarantined[]): Promise<void> {
  if (rows.length === 0) return;
  await quarantine(scope, rows);
  const each = new Map(rows.map((row) => [`${row.entity}|${row.externalId}`, row]));
  await openQuarantined(scope.tx, scope, [...each.values()].flatMap(entryOf));
}

/** Trouble of a whole business is no record of two sides: the list of errors shows it. */
function entryOf(row: Quarantined): readonly SetAside[] {
  const entity = SYNC_ENTITIES.find((known) => known === row.entity);
  if (entity === undefined || row.reasonCode === MAPPED_ELSEWHERE) return [];
  const { externalId, reasonCode, affected = null, urgentAt = null } = row;
  return [{ entity, externalId, reasonCode, affected, urgentAt }];
}

/** Lets records out that were read well again. */
export async function letIn(
  scope: ApplyScope,
  entity: SyncEntity | 'business',
  externalIds: readonly string[],
): Promise<void> {
  await closeOf(scope, entity, await releaseReadable(scope, entity, externalIds));
}

/** Closes the conflicts about entries that were let out, and writes it down. */
export async function closeOf(
  scope: ApplyScope,
  entity: SyncEntity | 'business',
  externalIds: readonly string[],
): Promise<void> {
  const closed = await closeQuarantined(scope.tx, scope.businessId, entity, externalIds);
  if (entity === 'business' || closed.length === 0) return;
  noteAudit(
    scope,
    closed.map(({ recordId, externalId }) => ({
      entity,
      recordId,
      externalId,
      groups: [],
      action: 'conflict_closed',
      reasonCode: 'cause_gone',
    })),
  );
}
