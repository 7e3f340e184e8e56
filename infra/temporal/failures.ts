import { ActivityFailure, ApplicationFailure, CancelledFailure, TemporalFailure } from '@temporalio/common';

/**
 * The stable code of a failure that a workflow or a client caught. An activity's own error is the cause of the
 * `ActivityFailure`; a failure without a code is a defect and says so.
 */
export function failureType(error: unknown): string {
  if (error instanceof CancelledFailure) return 'cancelled';
  if (error instanceof ApplicationFailure) return error.type ?? 'unexpected';
  if (error instanceof ActivityFailure || error instanceof TemporalFailure) {
    return error.cause === undefined ? 'unexpected' : failureType(error.cause);
  }
  return 'unexpected';
}

/** The message of the innermost failure: what a person reads. Activities put no personal value into it. */
export function failureMessage(error: unknown): string {
  if (error instanceof TemporalFailure && error.cause !== undefined) return failureMessage(error.cause);
  return error instanceof Error ? error.message : 'unknown failure';
}
