import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
} from '@temporalio/client';
import { SYNC_ENTITIES, type SyncEntity } from '../../domain/entities.ts';
import type { FullSyncProgress, SyncMode } from '../../domain/progress.ts';
import { PROGRESS_QUERY, WAKE_SIGNAL, WORKFLOW_TYPES } from './names.ts';
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
  readonly mode?: SyncMode;
}

/** Input of the workflow that reads one record by id and applies it. */
export interface RecordSyncInput {
  readonly version: 1;
  readonly businessId: string;
  readonly runId: string;
  readonly actor: string;
  readonly entity: SyncEntity;
  readonly externalId: string;
  /** What the record belongs to at Booksy: the service of a variant. */
  readonly parentExternalId: string | null;
}

export interface OpenOperation {
  readonly workflowId: string;
  readonly temporalRunId: string;
  readonly kind: string;
  readonly businessId: string | null;
  /** Its id in the ledger. */
  readonly runId: string | null;
  readonly mode: SyncMode;
  readonly startedAt: string;
}

export interface StartedFullSync {
  readonly workflowId: string;
  readonly runId: string;
  readonly alreadyRunning: boolean;
  /** Mode of the run that is under way, whoever started it. */
  readonly mode: SyncMode;
}

export interface StartedRecordSync {
  readonly workflowId: string;
  readonly runId: string;
  readonly alreadyRunning: boolean;
}

/** How a workflow stands after some waiting. */
export type AwaitedResult = 'done' | 'running' | 'failed';

/** A step that Temporal is trying again. */
export interface FailingStep {
  readonly name: string;
  readonly attempt: number;
  /** Stable code of the last failure. */
  readonly code: string;
  /** ISO instant. */
  readonly lastFailedAt: string | null;
  /** ISO instant; null while an attempt is under way. */
  readonly nextAttemptAt: string | null;
}

export interface Launcher {
  startFullSync(request: {
    businessId: string;
    runId: string;
    actor: string;
    mode?: SyncMode;
  }): Promise<StartedFullSync>;
  /** Null where no full sync of the business is open. */
  fullSyncProgress(businessId: string): Promise<FullSyncProgress | null>;
  /** The open full sync of the business with its ledger id, asked directly: no list lags behind. Null where none is open. */
  openFullSync(businessId: string): Promise<OpenFullSync | null>;
  /** Ends once the open full sync of the business has ended, as it ended. */
  fullSyncResult(businessId: string): Promise<void>;
  /** Asks the open full sync of the business to stop. False where none is open. */
  cancelFullSync(businessId: string): Promise<boolean>;
  /** Wakes the open full sync of the business to look at its pause in PostgreSQL. False where none is open. */
  wakeFullSync(businessId: string): Promise<boolean>;
  startRecordSync(request: Omit<RecordSyncInput, 'version'>): Promise<StartedRecordSync>;
  /** Waits for a record sync at most so long. */
  recordSyncResult(workflowId: string, timeoutMs: number): Promise<AwaitedResult>;
  listOpen(request: { businessIds: readonly string[] }): Promise<readonly OpenOperation[]>;
  /** The step of an open workflow that fails and is tried again; null while all goes well, or where it is not open. */
  failingStep(workflowId: string): Promise<FailingStep | null>;
}

export interface OpenFullSync extends OpenOperation {
  /** The step that fails and is tried again; null while all goes well. */
  readonly failing: FailingStep | null;
}

/** Id of a business's full sync: one at a time. */
export function fullSyncId(businessId: string): string {
  return `full-sync/${businessId}`;
}

/** Id of the sync of one record: one at a time. Ids of the other side are no personal data. */
export function recordSyncId(request: Pick<RecordSyncInput, 'businessId' | 'entity' | 'externalId'>): string {
  return `record-sync/${request.businessId}/${request.entity}/${request.externalId}`;
}

/** The record that a record sync is about; null where the id is of another workflow. */
export function recordOfSync(
  workflowId: string,
): Pick<RecordSyncInput, 'businessId' | 'entity' | 'externalId'> | null {
  const [kind, businessId, entity, ...rest] = workflowId.split('/');
  const known = SYNC_ENTITIES.find((each) => each === entity);
  if (kind !== 'record-sync' || businessId === undefined || known === undefined) return null;
  return { businessId, entity: known, externalId: rest.join('/') };
}

const QUERY_TIMEOUT_MS = 3000;

/** Memo key under which a full sync carries whether it is a dry one. */
const MODE_MEMO = 'mode';
/** Memo key under which a full sync carries its ledger id. */
const RUN_MEMO = 'runId';

/** Starts, asks and lists workflows. */
export function createLauncher({ client, taskQueue }: { client: Client; taskQueue: string }): Launcher {
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

    async listOpen({ businessIds }) {
      if (businessIds.length === 0) return [];
      const ids = businessIds.map((id) => `'${id.replaceAll("'", '')}'`).join(', ');
      const query = `ExecutionStatus = 'Running' AND BooksySyncBusiness IN (${ids})`;
      const open: OpenOperation[] = [];
      for await (const info of client.workflow.list({ query })) open.push(openOperation(info));
      return open;
    },

    async failingStep(workflowId) {
      try {
        const info = await client.workflow.getHandle(workflowId).describe();
        return info.status.name === 'RUNNING' ? failingStep(info) : null;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
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

function modeOf(info: WorkflowFacts): SyncMode {
  return info.memo?.[MODE_MEMO] === 'dry_run' ? 'dry_run' : 'apply';
}

/** Whether there was an open workflow to send it to. */
async function reached(sending: Promise<unknown>): Promise<boolean> {
  try {
    await sending;
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** The step of a workflow that failed at least once and is not given up. */
function failingStep(info: WorkflowExecutionDescription): FailingStep | null {
  const step = info.raw.pendingActivities?.find(({ lastFailure }) => lastFailure != null);
  if (step?.lastFailure == null) return null;
  return {
    name: step.activityType?.name ?? 'unknown',
    attempt: step.attempt ?? 1,
    code: step.lastFailure.applicationFailureInfo?.type ?? 'worker_lost',
    lastFailedAt: isoOf(step.lastAttemptCompleteTime),
    nextAttemptAt: isoOf(step.nextAttemptScheduleTime),
  };
}

function isoOf(time: { seconds?: unknown; nanos?: number | null } | null | undefined): string | null {
  const seconds = Number(time?.seconds ?? 0);
  return seconds === 0 ? null : new Date(seconds * 1000 + (time?.nanos ?? 0) / 1e6).toISOString();
}

function openOperation(info: WorkflowFacts): OpenOperation {
  return {
    workflowId: info.workflowId,
    temporalRunId: info.runId,
    kind: info.typedSearchAttributes.get(kindAttribute) ?? info.type,
    businessId: info.typedSearchAttributes.get(businessAttribute) ?? null,
    runId: runIdOf(info),
    mode: modeOf(info),
    startedAt: info.startTime.toISOString(),
  };
}
