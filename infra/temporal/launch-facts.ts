import {
  WorkflowNotFoundError,
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
} from '@temporalio/client';
import type { SyncMode } from '../../domain/progress.ts';
import type { FailingStep, OpenOperation } from './launch-types.ts';
import { businessAttribute, kindAttribute } from './search-attributes.ts';

/** What is read out of Temporal's descriptions of workflows. */

/** Memo key under which a full sync carries whether it is a dry one. */
export const MODE_MEMO = 'mode';
/** Memo key under which a run carries its ledger id. */
export const RUN_MEMO = 'runId';

/** What a list row and a description of a workflow have in common. */
export type WorkflowFacts = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'runId' | 'type' | 'memo' | 'startTime' | 'typedSearchAttributes'
>;

export function runIdOf(info: WorkflowFacts): string | null {
  const runId = info.memo?.[RUN_MEMO];
  return typeof runId === 'string' ? runId : null;
}

export function modeOf(info: WorkflowFacts): SyncMode {
  return info.memo?.[MODE_MEMO] === 'dry_run' ? 'dry_run' : 'apply';
}

/** Whether there was an open workflow to send it to. */
export async function reached(sending: Promise<unknown>): Promise<boolean> {
  try {
    await sending;
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** The step of a workflow that failed at least once and is not given up. */
export function failingStep(info: WorkflowExecutionDescription): FailingStep | null {
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

export function openOperation(info: WorkflowFacts): OpenOperation {
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
