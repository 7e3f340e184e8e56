import type { ConflictRow } from '../../infra/conflicts/row.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { auditConflict } from './scope.ts';

/** Why a conflict closed without a decision. */
export type ClosedAs = 'equal' | 'cause_gone' | 'overtaken' | 'record_gone';

/** Closes conflicts whose cause is gone, or whose visit has begun (R10), and writes it down. */
export async function closeConflicts(
  scope: ApplyScope,
  rows: readonly Pick<ConflictRow, 'id' | 'entity' | 'recordId' | 'externalId' | 'groups'>[],
  as: ClosedAs,
): Promise<void> {
  if (rows.length === 0) return;
  await scope.tx.$executeRaw`
    UPDATE booksy_sync_conflicts
       SET status = 'closed', resolution = ${as}, resolved_at = now(), updated_at = now(), version = version + 1
     WHERE id = ANY(${rows.map(({ id }) => id)}::uuid[]) AND status = 'open'`;
  for (const row of rows) auditConflict(scope, row, { action: 'conflict_closed', reasonCode: as });
}
