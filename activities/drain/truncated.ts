import { v7 as uuidv7 } from 'uuid';
import { deleteBoxRows } from './boxes.ts';
import { DRAIN_ACTOR, type DrainDeps, type DrainRun } from './deps.ts';
import { NO_RECORD, type PutOffRecord } from './put-off.ts';

/**
 * A table of ours was emptied: no row says what is missing now (R27). Everything is looked at again. The rows go once a
 * full sync has begun after them; while an older one is open they stay.
 *
 * @returns what is to be looked at again in a moment
 */
export async function startWholeLook(
  deps: DrainDeps,
  run: DrainRun,
  rowIds: readonly string[],
): Promise<readonly PutOffRecord[]> {
  const { businessId } = run;
  const started = await deps.launcher.startFullSync({ businessId, runId: uuidv7(), actor: DRAIN_ACTOR });
  if (started.alreadyRunning) return [{ recordId: NO_RECORD, externalId: null }];
  await deleteBoxRows(deps.db, rowIds);
  return [];
}
