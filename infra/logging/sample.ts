/** What booksy-metrics.log holds: once a minute, how each process is. `/metrics` says the same and more to Prometheus. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describeError } from './redact.ts';

/** The part of a logger that is needed: `metricsLog(logger)` of infra/logger.ts. */
export interface SampleLog {
  info(facts: Readonly<Record<string, unknown>>, message: string): void;
}

export interface SampleOptions {
  readonly log: SampleLog;
  /** Default a minute. */
  readonly everyMs?: number;
  /** What else belongs into the line, such as `cache.stats()`; units in the names. What it throws is noted there. */
  readonly read?: () => Readonly<Record<string, unknown>>;
}

const NANOSECONDS = 1e6;

/** Writes a line at once and then regularly. Does not keep the process alive. */
export function startSampling({ log, everyMs = 60_000, read = () => ({}) }: SampleOptions): { stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let cpu = process.cpuUsage();
  let sinceMs = performance.now();
  const sample = () => {
    const used = process.cpuUsage(cpu);
    const nowMs = performance.now();
    const { rss, heapUsed, external } = process.memoryUsage();
    log.info(
      {
        uptimeSeconds: Math.round(process.uptime()),
        rssBytes: rss,
        heapBytes: heapUsed,
        externalBytes: external,
        cpuShare: round((used.user + used.system) / 1000 / Math.max(1, nowMs - sinceMs)),
        // NaN before the first measurement.
        loopDelayP99Ms: round(delay.percentile(99) / NANOSECONDS || 0),
        loopDelayMaxMs: round(delay.max / NANOSECONDS || 0),
        ...more(read),
      },
      'sample',
    );
    delay.reset();
    cpu = process.cpuUsage();
    sinceMs = nowMs;
  };
  sample();
  const timer = setInterval(sample, everyMs);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      delay.disable();
    },
  };
}

function more(read: () => Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return read();
  } catch (error) {
    return { unreadable: error instanceof Error ? describeError(error) : true };
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
