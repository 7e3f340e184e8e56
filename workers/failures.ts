import { ApplicationFailure, CompleteAsyncError, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { Context } from '@temporalio/activity';
import { isBooksyError, type BooksyError } from '../booksy/index.ts';
import { NotByIdError, RecordUnreadableError } from '../activities/inbound/record-sync.ts';
import { HeldError, RunMissingError, SupersededError } from '../activities/inbound/run-ref.ts';
import { isDatabaseAway, sqlState } from '../infra/database/index.ts';
import type { Logger } from '../infra/logger.ts';

/** SQLSTATE classes that mend themselves: connection lost, server starting or stopping, deadlock, out of resources. */
const PASSING_SQL_STATES = /^(08|40|53|57)/;

/**
 * Answers that make no sense: an envelope that is not the contract's, an error under a good status. Often a maintenance
 * page or a half-deployed server that is gone in seconds, sometimes a change of the contract that no repeat mends. So they
 * are asked for again a few times (1 s + 2 s + 4 s), and then a person is told which field it was.
 */
const UNCLEAR_ANSWERS: ReadonlySet<string> = new Set(['schema_drift', 'unexpected_answer']);
const UNCLEAR_ANSWERS_TAKEN = 4;

/**
 * Casts what an activity throws into a failure with a stable type, so that retry policies, the ledger and people read one
 * word. Booksy's errors say themselves whether a repeat can help; the database's passing troubles are retried; everything
 * else is passed on as it is and retried, because an unknown trouble is more often outside than a defect.
 *
 * @param unclearBefore unclear answers that earlier attempts of this activity have ended with
 */
export function asFailure(error: unknown, unclearBefore = 0): unknown {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof CompleteAsyncError) return error;
  if (isBooksyError(error)) {
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: !error.retryable && !mayClearUp(error, unclearBefore),
      details: [error.details],
      ...(error.details.retryAfterMs === undefined ? {} : { nextRetryDelay: error.details.retryAfterMs }),
    });
  }
  if (error instanceof RunMissingError || error instanceof HeldError || isAboutOneRecord(error)) {
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
  if (isDatabaseAway(error)) {
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

/** What only a person can mend, in Booksy. */
function isAboutOneRecord(error: unknown): error is NotByIdError | RecordUnreadableError {
  return error instanceof NotByIdError || error instanceof RecordUnreadableError;
}

function mayClearUp(error: BooksyError, unclearBefore: number): boolean {
  return UNCLEAR_ANSWERS.has(error.code) && unclearBefore + 1 < UNCLEAR_ANSWERS_TAKEN;
}

/** Interceptor that casts failures and logs the ones that nobody expected, without their values. */
export function failureInterceptor(logger: Logger, context: Context): ActivityInboundCallsInterceptor {
  return {
    async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>) {
      try {
        return await next(input);
      } catch (error) {
        const before = unclearAnswersOf(context.info.heartbeatDetails);
        const failure = asFailure(error, before);
        if (isBooksyError(error) && UNCLEAR_ANSWERS.has(error.code)) {
          // Kept where the next attempt finds it, on whatever worker. An attempt that gets on overwrites it.
          context.heartbeat({ unclearAnswers: before + 1 });
        }
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

function unclearAnswersOf(heartbeatDetails: unknown): number {
  if (typeof heartbeatDetails !== 'object' || heartbeatDetails === null) return 0;
  const count: unknown = Reflect.get(heartbeatDetails, 'unclearAnswers');
  return typeof count === 'number' ? count : 0;
}
