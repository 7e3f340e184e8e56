/**
 * Logs: one JSON line each on stdout and, when LOG_DIR is set, in three rotated files (SPEC §12):
 * booksy-sync.log (everything but metrics), booksy-errors.log (error and fatal), booksy-metrics.log (lines of
 * {@link metricsLog}). No secret and no personal value passes (infra/logging/redact.ts).
 */
import { pino, multistream, stdTimeFunctions, type Logger, type StreamEntry } from 'pino';
import type { LogConfig } from './config.ts';
import { describeError, maskLine, redactFields } from './logging/redact.ts';
import { RotatingFile } from './logging/rotating-file.ts';

export type { Logger } from 'pino';
export { LogDirError } from './logging/rotating-file.ts';

const DAY_MS = 86_400_000;
const DEFAULT_FILES = { maxBytes: 10 * 1024 * 1024, kept: 14, maxAgeDays: 14 } as const;
const METRICS_MARK = '"channel":"metrics"';

export interface LoggerOptions {
  /** Which process speaks: `api`, `worker`, `cli`. */
  readonly name: string;
  /** Where lines go instead of stdout (tests; the CLI keeps stdout for its answer). */
  readonly destination?: { write(line: string): void };
}

/**
 * @throws {LogDirError} where LOG_DIR cannot be written.
 */
export function createLogger(config: LogConfig, options: LoggerOptions): Logger {
  const console = options.destination ?? pino.destination({ fd: 1, sync: true });
  const streams: StreamEntry[] = [{ level: 'trace', stream: exceptMetrics(console) }, ...fileStreams(config)];
  return pino(
    {
      name: options.name,
      level: config.level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: asDescribed, error: asDescribed },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => {
          const safe = redactFields(fields);
          return isRecord(safe) ? safe : {};
        },
      },
      hooks: { streamWrite: maskLine },
    },
    multistream(streams, { levels: pino.levels.values }),
  );
}

/**
 * A child whose lines go to booksy-metrics.log alone (and nowhere when LOG_DIR is not set), however quiet the log is
 * otherwise. infra/logging/sample.ts writes there.
 */
export function metricsLog(logger: Logger): Logger {
  const level = logger.level === 'silent' ? 'silent' : 'info';
  return logger.child({ channel: 'metrics' }, { level });
}

function asDescribed(error: unknown): unknown {
  return error instanceof Error ? describeError(error) : error;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fileStreams({ dir, files = DEFAULT_FILES }: LogConfig): StreamEntry[] {
  if (dir === null) return [];
  const { maxBytes, kept, maxAgeDays } = files;
  const file = (base: string) =>
    // A day in each file at most: age is judged by a file's last line, so one that grows slowly would keep old ones.
    new RotatingFile({ dir, base, maxBytes, keep: kept, maxSpanMs: DAY_MS, maxAgeMs: maxAgeDays * DAY_MS });
  return [
    { level: 'trace', stream: exceptMetrics(file('booksy-sync')) },
    { level: 'trace', stream: onlyMetrics(file('booksy-metrics')) },
    { level: 'error', stream: file('booksy-errors') },
  ];
}

function onlyMetrics(target: { write(line: string): unknown }): { write(line: string): void } {
  return {
    write(line) {
      if (line.includes(METRICS_MARK)) target.write(line);
    },
  };
}

function exceptMetrics(target: { write(line: string): unknown }): { write(line: string): void } {
  return {
    write(line) {
      // Quotes inside a logged text are escaped, so only our own binding can look like the mark.
      if (!line.includes(METRICS_MARK)) target.write(line);
    },
  };
}
