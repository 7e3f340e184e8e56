import { compareBusiness, mayPush } from '../sweep/compare.ts';
import { openRun, type InboundDeps, type RunRef } from './run.ts';

/**
 * The last phase of a full sync, once a person has allowed pushing (R18): what differs here from what both sides last agreed
 * on, and what Booksy lacks, goes into the outbox, and the drain brings it there. The ledger says how much that is, under
 * `platform`: `compared`, and `marked` to go out. Before it is allowed it does nothing: a first connect imports only.
 */
export async function pushLacking(deps: InboundDeps, run: RunRef, beat: () => void): Promise<void> {
  const { business } = await openRun(deps.db, run);
  if (!(await mayPush(deps.db, business.id))) return;
  const { compared, marked } = await compareBusiness(deps, business.id, beat);
  // A step that is repeated finds in the outbox what it has marked before: both count.
  await deps.db.$executeRaw`
    UPDATE sync_runs
       SET counts = counts || jsonb_build_object('platform', jsonb_build_object(
             'compared', ${compared}::int,
             'marked', ${marked}::int + coalesce((counts #>> '{platform,marked}')::int, 0)))
     WHERE id = ${run.runId}::uuid`;
}
