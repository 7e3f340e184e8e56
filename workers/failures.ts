import { ApplicationFailure, CompleteAsyncError, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { Context } from '@temporalio/activity';
import { isBooksyError } from '../booksy/index.ts';
import { RunMissingError, SupersededError } from '../activities/inbound/run.ts';
import { sqlState } from '../infra/database/index.ts';
import type { Logger } from '../infra/logger.ts';

/** SQLSTATE classes that mend themselves: connection lost, server starting or stopping, deadlock, out of resources. */
const PASSING_SQL_STATES = /^(08|40|53|57)/;

/**
 * Casts what an activity throws into a failure with a stable type, so that retry policies, the ledger and people read one
 * word. Booksy's errors say themselves whether a repeat can help; the database's passing troubles are retried; everything
 * else is passed on as it is and retried, because an unknown trouble is more often outside than a defect.
 */
export function asFailure(error: unknown): unknown {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof CompleteAsyncError) return error;
  if (isBooksyError(error)) {
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: !error.retryable,
      details: [error.details],
      ...(error.details.retryAfterMs === undefined ? {} : { nextRetryDelay: error.details.retryAfterMs }),
    });
  }
  if (error instanceof RunMissingError) {
    return ApplicationFailure.create({ type: error.code, message: error.message, nonRetryable: true });
  }
  if (error instanceof SupersededError) {
    return ApplicationFailure.create({ type: error.code, message: error.message });
  }
  const state = sqlState(error);
  if (state !== undefined) {
    const passing = PASSING_SQL_STATES.test(state);
    return ApplicationFailure.create({
      type: passing ? 'database_unavailable' : 'database_refused',
      // The database's own message can quote values: only its code leaves the activity.
      message: `The database answered with SQLSTATE ${state}. ${passing ? 'It is tried again.' : 'See the worker log.'}`,
    });
  }
  if (isConnectionTrouble(error)) {
    return ApplicationFailure.create({
      type: 'database_unavailable',
      message: 'The database cannot be reached. It is tried again.',
    });
  }
  return ApplicationFailure.create({
    type: 'unexpected',
    message: `An unexpected ${error instanceof Error ? error.name : typeof error}. See the worker log.`,
  });
}

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
]);

function isConnectionTrouble(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 4) return false;
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string' && CONNECTION_CODES.has(code)) return true;
  const kind: unknown = Reflect.get(error, 'kind');
  if (kind === 'DatabaseNotReachable' || kind === 'ConnectionClosed' || kind === 'SocketTimeout') return true;
  return isConnectionTrouble(Reflect.get(error, 'cause'), depth + 1);
}

/** Interceptor that casts failures and logs the ones that nobody expected, without their values. */
export function failureInterceptor(logger: Logger, context: Context): ActivityInboundCallsInterceptor {
  return {
    async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>) {
      try {
        return await next(input);
      } catch (error) {
        const failure = asFailure(error);
        if (failure instanceof ApplicationFailure) {
          const { activityType, attempt, workflowExecution } = context.info;
          logger.warn(
            {
              activity: activityType,
              attempt,
              workflowId: workflowExecution?.workflowId,
              code: failure.type,
              err: error,
            },
            'activity failed',
          );
        }
        throw failure;
      }
    },
  };
}
