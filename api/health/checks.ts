/** How each part is. No check throws: a part that does not answer is a finding, not an error. */
import { setTimeout as elapsed } from 'node:timers/promises';
import type { ApiDeps } from '../deps.ts';
import { within } from '../wire.ts';
import type { ComponentHealth, HealthStatus } from './status.ts';

const TIMEOUT_MS = 2000;
const PROBE_TIMEOUT_MS = 20_000;
const PROBE_KEPT_MS = 10_000;

/** The worst of the parts; unknown ones do not count. */
export function overall(components: readonly ComponentHealth[]): HealthStatus {
  const present = new Set(components.map(({ status }) => status));
  return present.has('down') ? 'down' : present.has('degraded') ? 'degraded' : 'ok';
}

/** It answers, so it runs. */
export function checkApi(): ComponentHealth {
  return { status: 'ok', reason: 'Answers.', latencyMs: null };
}

async function measured<T>(work: () => Promise<T>, timeoutMs = TIMEOUT_MS) {
  const started = performance.now();
  const value = await within(timeoutMs, work());
  return { value, latencyMs: Math.round(performance.now() - started) };
}

export async function checkDatabase({
  prisma,
  logger,
}: Pick<ApiDeps, 'prisma' | 'logger'>): Promise<ComponentHealth> {
  try {
    const { latencyMs } = await measured(() => prisma.$queryRaw`SELECT 1 AS one`);
    return { status: 'ok', reason: 'Answers.', latencyMs };
  } catch (error) {
    logger.warn({ err: error }, 'database check failed');
    return down(
      'PostgreSQL does not answer. Check that it runs and DATABASE_URL; `booksy doctor` tells more.',
    );
  }
}

export async function checkTemporal(
  deps: Pick<ApiDeps, 'temporalStatus' | 'logger'>,
): Promise<ComponentHealth> {
  try {
    const { value, latencyMs } = await measured(() => deps.temporalStatus.serverVersion());
    return { status: 'ok', reason: `Answers; server ${value}.`, latencyMs };
  } catch (error) {
    deps.logger.warn({ err: error }, 'Temporal check failed');
    return down(
      'Temporal does not answer. Check that it runs and TEMPORAL_ADDRESS; `booksy doctor` tells more.',
    );
  }
}

export async function checkWorkers(
  deps: Pick<ApiDeps, 'temporalStatus' | 'logger' | 'temporal'>,
): Promise<ComponentHealth> {
  try {
    const { value, latencyMs } = await measured(() => deps.temporalStatus.pollers());
    if (value > 0)
      return { status: 'ok', reason: `${value} pollers on ${deps.temporal.taskQueue}.`, latencyMs };
    return down(
      `No worker asks for work on ${deps.temporal.taskQueue}: nothing moves. Start the worker.`,
      latencyMs,
    );
  } catch {
    return { status: 'unknown', reason: 'Temporal does not answer, so nobody can tell.', latencyMs: null };
  }
}

interface Trace {
  readonly blocked_for_seconds: number | null;
  readonly read_ago_seconds: number | null;
  readonly failed_code: string | null;
}

/** Reads within this time say that Booksy answers. */
const FRESH_SECONDS = 15 * 60;

/**
 * What is known of Booksy without a call: the pacer's block, the last read that proved something, how the last run
 * ended. With `probe` one call is spent, at most once in ten seconds whoever asks.
 */
export function checkBooksy(deps: Pick<ApiDeps, 'prisma' | 'accountKey' | 'probeBooksy' | 'logger'>) {
  let last: { readonly at: number; readonly health: Promise<ComponentHealth> } | null = null;

  async function probe(): Promise<ComponentHealth> {
    try {
      const { latencyMs } = await measured(() => deps.probeBooksy(), PROBE_TIMEOUT_MS);
      return { status: 'ok', reason: 'Answered a call just now.', latencyMs };
    } catch (error) {
      deps.logger.warn({ err: error }, 'Booksy probe failed');
      return down(`A call just now failed (${codeOf(error)}). Check address, credentials and network.`);
    }
  }

  return async (spendCall: boolean, businessIds: readonly string[]): Promise<ComponentHealth> => {
    if (spendCall) {
      if (last === null || performance.now() - last.at > PROBE_KEPT_MS) {
        last = { at: performance.now(), health: probe() };
      }
      return last.health;
    }
    try {
      return judge(await trace(deps, businessIds));
    } catch {
      return {
        status: 'unknown',
        reason: 'The database does not answer, so nobody can tell.',
        latencyMs: null,
      };
    }
  };
}

async function trace(
  { prisma, accountKey }: Pick<ApiDeps, 'prisma' | 'accountKey'>,
  businessIds: readonly string[],
): Promise<Trace | undefined> {
  const rows = await within(
    TIMEOUT_MS,
    prisma.$queryRaw<Trace[]>`
      SELECT (SELECT ceil(extract(epoch FROM max(blocked_until) - now()))::int FROM booksy_pacer
               WHERE account_key = ${accountKey} AND blocked_until > now()) AS blocked_for_seconds,
             (SELECT floor(extract(epoch FROM now() - max(proven_received_at)))::int FROM integration_sync_status
               WHERE business_id = ANY (${[...businessIds]}::uuid[])) AS read_ago_seconds,
             (SELECT error_code FROM sync_runs WHERE business_id = ANY (${[...businessIds]}::uuid[]) AND status <> 'running'
               ORDER BY finished_at DESC NULLS LAST LIMIT 1) AS failed_code`,
  );
  return rows[0];
}

function judge(seen: Trace | undefined): ComponentHealth {
  const at = (status: HealthStatus, reason: string): ComponentHealth => ({ status, reason, latencyMs: null });
  if (seen === undefined) return at('unknown', 'Nothing was read yet.');
  if (seen.blocked_for_seconds !== null) {
    return at('degraded', `Booksy refused our pace; calls go on in ${seen.blocked_for_seconds} s.`);
  }
  if (seen.failed_code !== null) {
    return at(
      'degraded',
      `The last run failed (${seen.failed_code}). Ask with ?probe=true, or see the operations.`,
    );
  }
  if (seen.read_ago_seconds === null)
    return at('unknown', 'Nothing was read yet. Ask with ?probe=true to try.');
  if (seen.read_ago_seconds > FRESH_SECONDS) {
    return at('unknown', `Last read ${seen.read_ago_seconds} s ago. Ask with ?probe=true to try.`);
  }
  return at('ok', `Last read ${seen.read_ago_seconds} s ago.`);
}

function down(reason: string, latencyMs: number | null = null): ComponentHealth {
  return { status: 'down', reason, latencyMs };
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'no_answer';
}

/** Both together, for the readiness probe: a moment's hiccup is looked at twice. */
export async function ready(deps: Pick<ApiDeps, 'prisma' | 'temporalStatus' | 'logger'>) {
  const look = () => Promise.all([checkDatabase(deps), checkTemporal(deps)]);
  const first = await look();
  if (overall(first) === 'ok') return first;
  await elapsed(100);
  return look();
}
