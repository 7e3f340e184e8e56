import type { Client } from '@temporalio/client';
import type { SyncEntity } from '../../domain/entities.ts';
import type { FullSyncProgress, SyncMode } from '../../domain/progress.ts';

/** What workflows are started with, and what is told of them. Only ids and words of this product pass through Temporal. */

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

/** Input of the workflow that brings one record in step: read by id and applied, or processed from this side. */
export interface RecordSyncInput {
  readonly version: 1;
  readonly businessId: string;
  readonly runId: string;
  readonly actor: string;
  readonly entity: SyncEntity;
  /** Booksy's id; of a record that failed alone (R29) its key in `sync_failures`. */
  readonly externalId: string;
  /** What the record belongs to at Booksy: the service of a variant. */
  readonly parentExternalId: string | null;
  /** It failed alone (R29): it is tried until it is in step, and a person may ask for the next try or skip it. */
  readonly failed?: true;
}

/** Input of the workflow that drains the boxes of one business. */
export interface BusinessSyncInput {
  readonly version: 1;
  readonly businessId: string;
  /** Id of the run's row in the ledger; written only where the run did something. */
  readonly runId: string;
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
  /** Tells an open sync of a record that failed what a person wants (R29). False where none is open. */
  signalRecordSync(workflowId: string, wish: 'retry' | 'skip'): Promise<boolean>;
  /** Wakes the business's sync: signals the open one, or starts it (R28). */
  wakeBusinessSync(businessId: string): Promise<void>;
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

/** What launching needs. */
export interface LaunchOptions {
  readonly client: Client;
  readonly taskQueue: string;
}
