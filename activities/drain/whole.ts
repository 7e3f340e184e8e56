import { v7 as uuidv7 } from 'uuid';
import { compareBusiness } from '../sweep/compare.ts';
import { deleteBoxRows, type WholeLook } from './boxes.ts';
import { DRAIN_ACTOR, type DrainDeps, type DrainRun } from './deps.ts';
import { forgetEmptied } from './emptied.ts';
import { NO_RECORD, type PutOffRecord } from './put-off.ts';

/**
 * Rows that name no record. Of an emptied table nobody can say what is missing: Booksy is looked at whole (R27), and so it is
 * where a person wants it. To compare marks what differs from its base, and the loop goes on with that.
 *
 * @returns what is to be looked at again in a moment
 */
export async function lookAtWhole(
  deps: DrainDeps,
  run: DrainRun,
  looks: readonly WholeLook[],
  beat: () => void,
): Promise<readonly PutOffRecord[]> {
  const later: PutOffRecord[] = [];
  for (const { what, rowIds } of looks) {
    switch (what) {
      case 'truncate':
        // Before the sync begins: what it reads is then new here again.
        await forgetEmptied(deps.db, run.businessId);
        later.push(...(await startFullSync(deps, run, rowIds)));
        break;
      case 'resync':
        later.push(...(await startFullSync(deps, run, rowIds)));
        break;
      case 'compare':
        await compareBusiness(deps, run.businessId, beat);
        await deleteBoxRows(deps.db, rowIds);
        break;
    }
  }
  return later;
}

/**
 * The rows go once a full sync has begun after them; while an older one is open they stay.
 *
 * @returns what is to be looked at again in a moment
 */
async function startFullSync(
  { db, launcher }: DrainDeps,
  { businessId }: DrainRun,
  rowIds: readonly string[],
): Promise<readonly PutOffRecord[]> {
  const started = await launcher.startFullSync({ businessId, runId: uuidv7(), actor: DRAIN_ACTOR });
  if (started.alreadyRunning) return [{ recordId: NO_RECORD, externalId: null }];
  await deleteBoxRows(db, rowIds);
  return [];
}
