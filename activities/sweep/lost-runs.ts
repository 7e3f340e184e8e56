import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Db } from '../../infra/database/index.ts';
import { runIdOf } from '../../infra/temporal/launch-facts.ts';
import type { Launcher } from '../../infra/temporal/launch.ts';
import { finishRun } from '../inbound/ledger.ts';
import type { InboundDeps } from '../inbound/run.ts';
import { SWEEP_KIND } from './run-row.ts';

/** Runs that the ledger calls running and Temporal does not know, or knows to have ended (R31, R32). */

/** A run that young may not be in Temporal yet, or its row is about to be closed. */
const OLD_ENOUGH_SECONDS = 60;
/** A sweep may leave a long pass to the next one; after so long nobody goes on with it. */
const SWEEP_GIVEN_UP_HOURS = 6;
/** An import that was lost longer ago is a person's to start again: too much has changed. */
const RESTART_WITHIN_DAYS = 7;
const AT_ONCE = 500;

export const WORKFLOW_GONE = 'workflow_gone';

interface LostRun {
  id: string;
  business_id: string;
  kind: string;
  mode: 'apply' | 'dry_run';
  actor: string;
  workflow_id: string;
  young: boolean;
}

export interface SettledRuns {
  readonly restarted: number;
  readonly closed: number;
}

/**
 * Restarts full syncs whose workflow Temporal has lost: they go on from the cursor in their row. What ended without closing
 * its row (terminated by hand, a wiped Temporal) is closed as failed, with a code that says so.
 */
export async function settleLostRuns(
  deps: InboundDeps,
  client: Client,
  launcher: Pick<Launcher, 'startFullSync'>,
): Promise<SettledRuns> {
  const settled = { restarted: 0, closed: 0 };
  for (const run of await runningRows(deps.db)) {
    const state = await stateOf(client, run);
    if (state === 'running') continue;
    if (state === 'unknown' && run.kind === 'full_sync' && run.young) {
      await launcher.startFullSync({
        businessId: run.business_id,
        runId: run.id,
        actor: run.actor,
        mode: run.mode,
      });
      settled.restarted += 1;
      continue;
    }
    await finishRun(deps, {
      businessId: run.business_id,
      runId: run.id,
      status: 'failed',
      error: {
        code: WORKFLOW_GONE,
        detail: 'Its workflow has ended or is not in Temporal any more. What it did until then stays.',
      },
    });
    settled.closed += 1;
  }
  return settled;
}

async function runningRows(db: Db): Promise<readonly LostRun[]> {
  return db.$queryRaw<LostRun[]>`
    SELECT id::text AS id, business_id::text AS business_id, kind, mode, actor, workflow_id,
           started_at > now() - make_interval(days => ${RESTART_WITHIN_DAYS}) AS young
      FROM sync_runs
     WHERE status = 'running' AND started_at < now() - make_interval(secs => ${OLD_ENOUGH_SECONDS})
       AND (kind <> ${SWEEP_KIND} OR started_at < now() - make_interval(hours => ${SWEEP_GIVEN_UP_HOURS}))
     ORDER BY started_at LIMIT ${AT_ONCE}`;
}

/** `unknown`: Temporal has no such workflow. `ended`: it has, but it runs no more, or runs for another row. */
async function stateOf(client: Client, run: LostRun): Promise<'running' | 'ended' | 'unknown'> {
  // A pass that was left half-way belongs to whoever goes on with it; this one was given up.
  if (run.kind === SWEEP_KIND) return 'ended';
  try {
    const info = await client.workflow.getHandle(run.workflow_id).describe();
    if (info.status.name !== 'RUNNING') return 'ended';
    const runId = runIdOf(info);
    return runId === null || runId === run.id ? 'running' : 'ended';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'unknown';
    throw error;
  }
}
