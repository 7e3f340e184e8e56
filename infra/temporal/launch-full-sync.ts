import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { FullSyncProgress } from '../../domain/progress.ts';
import { failingStep, MODE_MEMO, modeOf, openOperation, reached, RUN_MEMO, runIdOf } from './launch-facts.ts';
import { fullSyncId } from './launch-ids.ts';
import type { FullSyncInput, Launcher, LaunchOptions } from './launch-types.ts';
import { PROGRESS_QUERY, WAKE_SIGNAL, WORKFLOW_TYPES } from './names.ts';
import { businessAttribute, kindAttribute } from './search-attributes.ts';

const QUERY_TIMEOUT_MS = 3000;

type FullSyncLauncher = Pick<
  Launcher,
  'startFullSync' | 'fullSyncProgress' | 'openFullSync' | 'fullSyncResult' | 'cancelFullSync' | 'wakeFullSync'
>;

/** Starts and asks full syncs: one at a time per business. */
export function fullSyncLauncher({ client, taskQueue }: LaunchOptions): FullSyncLauncher {
  return {
    async startFullSync({ businessId, runId, actor, mode = 'apply' }) {
      const workflowId = fullSyncId(businessId);
      const input: FullSyncInput = { version: 1, businessId, runId, actor, mode };
      try {
        await client.workflow.start(WORKFLOW_TYPES.fullSync, {
          workflowId,
          taskQueue,
          args: [input],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          memo: { [RUN_MEMO]: runId, [MODE_MEMO]: mode },
          staticSummary: mode === 'dry_run' ? 'Dry run: nothing is written' : 'Full sync from Booksy',
          typedSearchAttributes: [
            { key: businessAttribute, value: businessId },
            { key: kindAttribute, value: 'full_sync' },
          ],
        });
        return { workflowId, runId, alreadyRunning: false, mode };
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        const running = await client.workflow.getHandle(workflowId).describe();
        return { workflowId, runId: runIdOf(running) ?? runId, alreadyRunning: true, mode: modeOf(running) };
      }
    },

    async fullSyncProgress(businessId) {
      const handle = client.workflow.getHandle(fullSyncId(businessId));
      try {
        const { status } = await handle.describe();
        if (status.name !== 'RUNNING') return null;
        // Without a worker the server lets a query wait for long: nobody looks at the answer then.
        return await client.withAbortSignal(AbortSignal.timeout(QUERY_TIMEOUT_MS), () =>
          handle.query<FullSyncProgress>(PROGRESS_QUERY),
        );
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
    },

    async openFullSync(businessId) {
      try {
        const info = await client.workflow.getHandle(fullSyncId(businessId)).describe();
        if (info.status.name !== 'RUNNING') return null;
        return { ...openOperation(info), failing: failingStep(info) };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
    },

    async fullSyncResult(businessId) {
      await client.workflow.getHandle(fullSyncId(businessId)).result();
    },

    cancelFullSync: (businessId) => reached(client.workflow.getHandle(fullSyncId(businessId)).cancel()),
    wakeFullSync: (businessId) =>
      reached(client.workflow.getHandle(fullSyncId(businessId)).signal(WAKE_SIGNAL)),
  };
}
