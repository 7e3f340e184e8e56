import { DefaultLogger, type LogLevel, type Logger as TemporalLogger } from '@temporalio/worker';
import type { Logger } from '../infra/logger.ts';

const METHODS = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const satisfies Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>;

/** Sends the SDK's own log lines through ours, so that they are redacted and rotated like every other line. */
export function temporalLogger(logger: Logger): TemporalLogger {
  return new DefaultLogger('INFO', ({ level, message, meta }) => {
    const { error, ...rest } = meta ?? {};
    logger[METHODS[level]]({ ...rest, ...(error === undefined ? {} : { err: error as unknown }) }, message);
  });
}
