import { activityInfo } from '@temporalio/activity';
import type { SweepTier } from '../../infra/temporal/schedules-types.ts';
import { beating } from '../beating.ts';
import { compareAll, type ComparedAll } from './compare-all.ts';
import type { SweepDeps, SweepingWorkflow } from './deps.ts';
import { createShare } from './share.ts';
import { sweepDue, type SweepReport } from './sweep-due.ts';
import { tidy, type Tidied } from './tidy.ts';

export type { SweepDeps } from './deps.ts';

/** Activities of sweeps: thin wrappers around plain functions, with heartbeat and cancellation. */
export function createSweepActivities(deps: SweepDeps) {
  const share = createShare();
  return {
    sweepDue: ({ tier }: { readonly tier: SweepTier | null }): Promise<SweepReport> =>
      beating((beat) => sweepDue(deps, { ...thisWorkflow(), tier }, share, beat)),
    compareAll: (): Promise<ComparedAll> => beating((beat) => compareAll(deps, thisWorkflow(), beat)),
    tidyBoxes: (): Promise<Tidied> => tidy(deps),
  };
}

export type SweepActivities = ReturnType<typeof createSweepActivities>;

function thisWorkflow(): SweepingWorkflow {
  const { workflowExecution } = activityInfo();
  return {
    workflowId: workflowExecution?.workflowId ?? 'unknown',
    temporalRunId: workflowExecution?.runId ?? 'unknown',
  };
}
