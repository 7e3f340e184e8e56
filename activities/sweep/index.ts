import { activityInfo, getClient } from '@temporalio/activity';
import { noteAnchors } from '../../infra/audit/anchors.ts';
import { startMissingConflicts } from '../../infra/temporal/launch-conflicts.ts';
import type { LaunchOptions } from '../../infra/temporal/launch.ts';
import type { SweepTier } from '../../infra/temporal/schedules-types.ts';
import { beating } from '../beating.ts';
import { compareAll, type ComparedAll } from './compare-all.ts';
import type { SweepDeps, SweepingWorkflow } from './deps.ts';
import { createShare } from './share.ts';
import { sweepDue, type SweepReport } from './sweep-due.ts';
import { reconcile, type Reconciled } from './reconcile.ts';
import { tidy, type Tidied } from './tidy.ts';

export type { SweepDeps } from './deps.ts';

interface Anchored {
  /** Chains of the audit trail whose heads were noted outside of the database (R42). */
  readonly anchors: number;
}

/** Activities of sweeps: thin wrappers around plain functions, with heartbeat and cancellation. */
export function createSweepActivities(deps: SweepDeps) {
  const share = createShare();
  return {
    sweepDue: ({ tier }: { readonly tier: SweepTier | null }): Promise<SweepReport> =>
      beating(async (beat) => {
        const { report, touched } = await sweepDue(deps, { ...thisWorkflow(), tier }, share, beat);
        // What the passes put on conflicts gets its workflow now (R32: and if not, in five minutes).
        if (touched.length > 0) await startMissingConflicts({ ...temporal(), db: deps.db }, touched);
        return report;
      }),
    reconcile: (): Promise<Reconciled> => beating(() => reconcile(deps, temporal())),
    compareAll: (): Promise<ComparedAll> => beating((beat) => compareAll(deps, thisWorkflow(), beat)),
    tidyBoxes: async (): Promise<Tidied & Anchored> => ({
      ...(await tidy(deps)),
      anchors: await anchored(deps),
    }),
  };
}

export type SweepActivities = ReturnType<typeof createSweepActivities>;

/** A disk that is full keeps nobody from tidying up: the next night notes what this one could not. */
async function anchored({ db, logger, anchorFile = null }: SweepDeps): Promise<number> {
  try {
    return (await noteAnchors(db, { file: anchorFile, logger })).noted;
  } catch (error) {
    logger.error(
      { err: error, code: 'audit_anchor_unwritten' },
      'anchors of the audit trail could not be noted',
    );
    return 0;
  }
}

/** The Temporal that runs this activity, and the task queue that it runs on. */
function temporal(): LaunchOptions {
  return { client: getClient(), taskQueue: activityInfo().taskQueue };
}

function thisWorkflow(): SweepingWorkflow {
  const { workflowExecution } = activityInfo();
  return {
    workflowId: workflowExecution?.workflowId ?? 'unknown',
    temporalRunId: workflowExecution?.runId ?? 'unknown',
  };
}
