import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild, type Child, type Exit, type LineLog } from './child.ts';
import { LocalError, messageOf } from './errors.ts';
import { freePort, isPortFree, LOOPBACK, portTaken } from './ports.ts';
import { commandLineOf, endProcess, identify, isStillRunning, type ProcessIdentity } from './processes.ts';
import { resolveTemporal } from './temporal-binary.ts';
import { prepareNamespace, probeTemporal, type SearchAttributes } from './temporal-namespace.ts';

export { resolveTemporal, type TemporalBinary } from './temporal-binary.ts';
export { prepareNamespace, probeTemporal, type SearchAttributes } from './temporal-namespace.ts';

const START_TIMEOUT_MS = 60_000;

export type TemporalOptions = {
  /** File that keeps the workflows; null = in memory, for tests. */
  readonly dbFile: string | null;
  /** gRPC port; a free one by default. */
  readonly port?: number | undefined;
  /** Port of the Web UI, 0 for any free one; without it there is no Web UI. */
  readonly uiPort?: number | undefined;
  /** Search attributes to register, name → type. */
  readonly searchAttributes: SearchAttributes;
  /** The program, if it has been resolved already. */
  readonly binary?: string | undefined;
  readonly log: LineLog;
};

/** A Temporal server that we started and must stop. */
export type LocalTemporal = {
  /** host:port for clients and workers. */
  readonly address: string;
  readonly uiUrl: string | null;
  readonly pid: number;
  /** Resolves when the server has ended, wanted or not. */
  readonly exited: Promise<Exit>;
  lastLines(): readonly string[];
  stop(options?: { hurry?: boolean }): Promise<void>;
};

/**
 * Starts a Temporal dev server on loopback, with the settings that make it fast enough, 30 days of retention and our
 * search attributes, and waits until it answers. A server that a killed run left on the same file is ended first: two on
 * one file would block each other; SQLite then recovers the file from its write-ahead log by itself.
 * @throws LocalError `temporal_missing`, `port_taken`, `temporal_start_failed`
 */
export async function startTemporal(options: TemporalOptions): Promise<LocalTemporal> {
  const dbFile = options.dbFile === null ? null : path.resolve(options.dbFile);
  const binary = options.binary ?? (await resolveTemporal({ log: options.log })).path;
  if (dbFile !== null) {
    mkdirSync(path.dirname(dbFile), { recursive: true });
    await endOrphan(dbFile, options.log);
  }
  const { child, port, uiPort } = await startServer(binary, dbFile, options);
  return {
    address: `${LOOPBACK}:${port}`,
    uiUrl: uiPort === null ? null : `http://${LOOPBACK}:${uiPort}`,
    pid: child.pid,
    exited: child.exited,
    lastLines: child.lastLines,
    async stop({ hurry = false } = {}) {
      await child.stop({ signal: 'SIGTERM', graceMs: hurry ? 1_000 : 15_000 });
      if (dbFile !== null) rmSync(pidFileOf(dbFile), { force: true });
    },
  };
}

/** The command line of the server. The two pragmas make a file 5–8 times faster; the three RPS keys, whose default is
 * 20 a second, halve the time from signal to activity; the two matching keys give priority and fairness. */
export function temporalArguments(
  dbFile: string | null,
  port: number,
  uiPort: number | null,
  searchAttributes: SearchAttributes,
): string[] {
  const dynamic = {
    'matching.useNewMatcher': true,
    'matching.enableFairness': true,
    'history.transferProcessorMaxPollRPS': 2000,
    'history.timerProcessorMaxPollRPS': 2000,
    'history.visibilityProcessorMaxPollRPS': 2000,
  };
  return [
    ...['server', 'start-dev', '--ip', LOOPBACK, '--port', String(port)],
    ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(dbFile === null ? [] : ['--db-filename', dbFile]),
    ...(dbFile === null
      ? []
      : ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL']),
    ...Object.entries(dynamic).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
    ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ];
}

async function startServer(
  binary: string,
  dbFile: string | null,
  options: TemporalOptions,
): Promise<{ child: Child; port: number; uiPort: number | null }> {
  await refuseTaken(options.port, 'Temporal', '--temporal-port or TEMPORAL_PORT');
  await refuseTaken(options.uiPort, 'the Temporal Web UI', '--temporal-ui-port or TEMPORAL_UI_PORT');
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port || (await freePort());
    const uiPort = options.uiPort === undefined ? null : options.uiPort || (await freePort());
    const args = temporalArguments(dbFile, port, uiPort, options.searchAttributes);
    const child = await startChild(
      binary,
      args,
      { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] },
      options.log,
    );
    if (dbFile !== null)
      writeFileSync(pidFileOf(dbFile), JSON.stringify(identify(child.pid)), { mode: 0o600 });
    const failure = await untilReady(child, `${LOOPBACK}:${port}`, options.searchAttributes);
    if (failure === null) return { child, port, uiPort };
    await child.stop({ graceMs: 5_000 });
    const lines = child.lastLines();
    const said = lines.slice(-6).join(' | ');
    // Between choosing a free port and listening on it another program can take it; the server also chooses some itself.
    // It says so before the trace of its end.
    const lostPort = /address already in use|can't set port|bind:/.test(lines.join(' | '));
    if (attempt >= 4 || !lostPort) {
      throw new LocalError(
        'temporal_start_failed',
        `Temporal did not start (${failure}): ${said.slice(-800)}`,
        dbFile === null
          ? 'Mend what the message names.'
          : `Mend what the message names. If its file ${dbFile} is damaged, move it away: runs that should be going on are started again.`,
      );
    }
    await delay(200 * attempt);
  }
}

async function refuseTaken(port: number | undefined, what: string, how: string): Promise<void> {
  if (port && !(await isPortFree(port))) throw portTaken(port, what, how);
}

/** Null once the server answers and its namespace is as we need it, else why not. */
async function untilReady(
  child: Child,
  address: string,
  searchAttributes: SearchAttributes,
): Promise<string | null> {
  const end = { reached: false };
  void child.exited.then(() => (end.reached = true));
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!end.reached && performance.now() < deadline) {
    const probe = await probeTemporal(address, 'default', 2_000);
    if (probe.ok && !end.reached) {
      try {
        await prepareNamespace(address, 'default', searchAttributes);
        return null;
      } catch (error) {
        return `its namespace could not be prepared: ${messageOf(error)}`;
      }
    }
    await delay(50);
  }
  return end.reached ? 'it ended' : `no answer in ${START_TIMEOUT_MS / 1000} s`;
}

function pidFileOf(dbFile: string): string {
  return `${dbFile}.pid`;
}

async function endOrphan(dbFile: string, log: LineLog): Promise<void> {
  const recorded = readIdentity(pidFileOf(dbFile));
  if (recorded && isStillRunning(recorded) && commandLineOf(recorded.pid).includes(dbFile)) {
    log(`an earlier run left Temporal running (pid ${recorded.pid}): stopping it`);
    await endProcess(recorded);
  }
  rmSync(pidFileOf(dbFile), { force: true });
}

function readIdentity(file: string): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('startMark' in value))
      return null;
    const { pid, startMark } = value;
    return typeof pid === 'number' && typeof startMark === 'string' ? { pid, startMark } : null;
  } catch {
    return null;
  }
}
