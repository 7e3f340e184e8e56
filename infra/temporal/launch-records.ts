import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError } from '@temporalio/client';
import { v7 as uuidv7 } from 'uuid';
import { reached, RUN_MEMO, runIdOf } from './launch-facts.ts';
import { businessSyncId, recordSyncId } from './launch-ids.ts';
import type { BusinessSyncInput, Launcher, LaunchOptions, RecordSyncInput } from './launch-types.ts';
import { RETRY_SIGNAL, SKIP_SIGNAL, WAKE_SIGNAL, WORKFLOW_TYPES } from './names.ts';
import { businessAttribute, kindAttribute } from './search-attributes.ts';

type RecordsLauncher = Pick<
  Launcher,
  'startRecordSync' | 'signalRecordSync' | 'recordSyncResult' | 'wakeBusinessSync'
>;

/** Wakes the syncs of businesses and starts those of single records. */
export function recordsLauncher({ client, taskQueue }: LaunchOptions): RecordsLauncher {
  return {
    async wakeBusinessSync(businessId) {
      const runId = uuidv7();
      const input: BusinessSyncInput = { version: 1, businessId, runId };
      await client.workflow.signalWithStart(WORKFLOW_TYPES.businessSync, {
        workflowId: businessSyncId(businessId),
        taskQueue,
        args: [input],
        signal: WAKE_SIGNAL,
        signalArgs: [],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        memo: { [RUN_MEMO]: runId },
        staticSummary: 'Changes of both sides, as they come',
        typedSearchAttributes: [
          { key: businessAttribute, value: businessId },
          { key: kindAttribute, value: 'business_sync' },
        ],
      });
    },

    async startRecordSync(request) {
      const workflowId = recordSyncId(request);
      const input: RecordSyncInput = { version: 1, ...request };
      try {
        await client.workflow.start(WORKFLOW_TYPES.recordSync, {
          workflowId,
          taskQueue,
          args: [input],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          memo: { [RUN_MEMO]: request.runId },
          staticSummary: `One record: ${request.entity}`,
          typedSearchAttributes: [
            { key: businessAttribute, value: request.businessId },
            { key: kindAttribute, value: 'record_sync' },
          ],
        });
        return { workflowId, runId: request.runId, alreadyRunning: false };
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        const running = await client.workflow.getHandle(workflowId).describe();
        return { workflowId, runId: runIdOf(running) ?? request.runId, alreadyRunning: true };
      }
    },

    signalRecordSync: (workflowId, wish) =>
      reached(client.workflow.getHandle(workflowId).signal(wish === 'retry' ? RETRY_SIGNAL : SKIP_SIGNAL)),

    async recordSyncResult(workflowId, timeoutMs) {
      const abort = new AbortController();
      const timer = setTimeout(() => {
        abort.abort();
      }, timeoutMs);
      try {
        return await client.withAbortSignal(abort.signal, async () => {
          await client.workflow.getHandle(workflowId).result();
          return 'done' as const;
        });
      } catch (error) {
        if (abort.signal.aborted) return 'running';
        if (error instanceof WorkflowFailedError) return 'failed';
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
