import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { beating } from '../beating.ts';
import { retryAlone, skipAlone, type AloneRecord } from './alone.ts';
import type { DrainDeps } from './deps.ts';
import { holdBusiness, type HoldBusiness } from './hold-business.ts';
import { drainBoxes, type DrainReport } from './drain.ts';

export type { DrainDeps, OutboundDoor } from './deps.ts';
export { restartAlone } from './restart-alone.ts';
export { createWakes, type Wakes } from './wakes.ts';

export interface DrainBoxesInput {
  readonly businessId: string;
  /** Id of the ledger's row, written with the first batch. */
  readonly runId: string;
}

/** Activities of the real-time path: thin wrappers with heartbeat and cancellation. */
export function createDrainActivities(deps: DrainDeps) {
  return {
    drainBoxes: ({ businessId, runId }: DrainBoxesInput): Promise<DrainReport> =>
      beating((beat) => {
        const { workflowExecution } = activityInfo();
        const run = {
          businessId,
          runId,
          workflowId: workflowExecution?.workflowId ?? '',
          temporalRunId: workflowExecution?.runId ?? '',
        };
        return drainBoxes(deps, run, cancellationSignal(), beat);
      }),
    holdBusiness: (input: HoldBusiness) => holdBusiness(deps, input),
    retryAlone: (record: AloneRecord) => beating((beat) => retryAlone(deps, record, beat)),
    skipAlone: (record: AloneRecord) => skipAlone(deps, record),
  };
}

export type DrainActivities = ReturnType<typeof createDrainActivities>;
