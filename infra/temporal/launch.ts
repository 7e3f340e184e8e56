import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionInfo,
} from '@temporalio/client';
import type { FullSyncProgress } from '../../domain/progress.ts';
import { PROGRESS_QUERY, WORKFLOW_TYPES } from './names.ts';
import { businessAttribute, kindAttribute } from './search-attributes.ts';

/** The only place with workflow ids: what is started here is found again here. */

/** Input of the full sync workflow. Only ids pass through Temporal. */
export interface FullSyncInput {
  readonly version: 1;
  readonly businessId: string;
  /** Id of the run's row in the ledger (`sync_runs`). */
  readonly runId: string;
  /** Who asked: a token's id, `schedule`, `cli`. */
  readonly actor: string;
}

export interface OpenOperation {
  readonly workflowId: string;
  readonly temporalRunId: string;
  readonly kind: string;
  readonly businessId: string | null;
  readonly startedAt: string;
}

export interface StartedFullSync {
  readonly workflowId: string;
  readonly runId: string;
  readonly alreadyRunning: boolean;
}

export interface Launcher {
  startFullSync(request: { businessId: string; runId: string; actor: string }): Promise<StartedFullSync>;
  /** Null where no full sync of the business is open. */
  fullSyncProgress(businessId: string): Promise<FullSyncProgress | null>;
  /** The open full sync of the business with its ledger id, asked directly: no list lags behind. Null where none is open. */
  openFullSync(businessId: string): Promise<(OpenOperation & { readonly runId: string | null }) | null>;
  /** Ends once the open full sync of the business has ended, as it ended. */
  fullSyncResult(businessId: string): Promise<void>;
  cancelFullSync(businessId: string): Promise<void>;
  listOpen(request: { businessIds: readonly string[] }): Promise<readonly OpenOperation[]>;
}

/** Id of a business's full sync: one at a time. */
export function fullSyncId(businessId: string): string {
  return `full-sync/${businessId}`;
}

/** Memo key under which a full sync carries its ledger id. */
const RUN_MEMO = 'runId';

/** Starts, asks and lists workflows. */
export function createLauncher({ client, taskQueue }: { client: Client; taskQueue: string }): Launcher {
  return {
    async startFullSync({ businessId, runId, actor }) {
      const workflowId = fullSyncId(businessId);
      const input: FullSyncInput = { version: 1, businessId, runId, actor };
      try {
        await client.workflow.start(WORKFLOW_TYPES.fullSync, {
          workflowId,
          taskQueue,
          args: [input],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          memo: { [RUN_MEMO]: runId },
          staticSummary: 'Full sync from Booksy',
          typedSearchAttributes: [
            { key: businessAttribute, value: businessId },
            { key: kindAttribute, value: 'full_sync' },
          ],
        });
        return { workflowId, runId, alreadyRunning: false };
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        const running = await client.workflow.getHandle(workflowId).describe();
        return { workflowId, runId: runIdOf(running) ?? runId, alreadyRunning: true };
      }
    },

    async fullSyncProgress(businessId) {
      const handle = client.workflow.getHandle(fullSyncId(businessId));
      try {
        const { status } = await handle.describe();
        if (status.name !== 'RUNNING') return null;
        return await handle.query<FullSyncProgress>(PROGRESS_QUERY);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
    },

    async openFullSync(businessId) {
      try {
        const info = await client.workflow.getHandle(fullSyncId(businessId)).describe();
        return info.status.name === 'RUNNING' ? { ...openOperation(info), runId: runIdOf(info) } : null;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
    },

    async fullSyncResult(businessId) {
      await client.workflow.getHandle(fullSyncId(businessId)).result();
    },

    async cancelFullSync(businessId) {
      await client.workflow.getHandle(fullSyncId(businessId)).cancel();
    },

    async listOpen({ businessIds }) {
      if (businessIds.length === 0) return [];
      const ids = businessIds.map((id) => `'${id.replaceAll("'", '')}'`).join(', ');
      const query = `ExecutionStatus = 'Running' AND BooksySyncBusiness IN (${ids})`;
      const open: OpenOperation[] = [];
      for await (const info of client.workflow.list({ query })) open.push(openOperation(info));
      return open;
    },
  };
}

/** What a list row and a description of a workflow have in common. */
type WorkflowFacts = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'runId' | 'type' | 'memo' | 'startTime' | 'typedSearchAttributes'
>;

function runIdOf(info: WorkflowFacts): string | null {
  const runId = info.memo?.[RUN_MEMO];
  return typeof runId === 'string' ? runId : null;
}

function openOperation(info: WorkflowFacts): OpenOperation {
  return {
    workflowId: info.workflowId,
    temporalRunId: info.runId,
    kind: info.typedSearchAttributes.get(kindAttribute) ?? info.type,
    businessId: info.typedSearchAttributes.get(businessAttribute) ?? null,
    startedAt: info.startTime.toISOString(),
  };
}
