import { v7 as uuidv7 } from 'uuid';
import { compareBusiness } from '../sweep/compare.ts';
import { deleteBoxRows, type WholeLook } from './boxes.ts';
import { DRAIN_ACTOR, type DrainDeps, type DrainRun } from './deps.ts';
import { forgetEmptied } from './emptied.ts';
import { NO_RECORD, type PutOffRecord } from './put-off.ts';

/**
 * Rows that name no record. Of an emptied table nobody can say what is missing: Booksy is looked at whole (R27). To compare
 * marks what differs from its base, and the loop goes on with that.
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
        if (!(await startFullSync(deps, run, rowIds))) later.push({ recordId: NO_RECORD, externalId: null });
        break;
      case 'compare':
        await compareBusiness(deps, run.businessId, beat);
        await deleteBoxRows(deps.db, rowIds);
        break;
    }
  }
  return later;
}

/** The rows go once a full sync has begun after them; while an older one is open they stay. */
async function startFullSync(deps: DrainDeps, run: DrainRun, rowIds: readonly string[]): Promise<boolean> {
  const { businessId } = run;
  // Before it begins: what it reads is then new here again. A person's wish to look at all says of no table that it was emptied.
  const emptied = await deps.db.syncOutbox.count({
    where: { id: { in: rowIds.map(BigInt) }, OR: [{ origin: null }, { origin: { not: 'conflict' } }] },
  });
  if (emptied > 0) await forgetEmptied(deps.db, businessId);
  const started = await deps.launcher.startFullSync({ businessId, runId: uuidv7(), actor: DRAIN_ACTOR });
  if (started.alreadyRunning) return false;
  await deleteBoxRows(deps.db, rowIds);
  return true;
}
