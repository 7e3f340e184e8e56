import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../../infra/local/postgres.ts';
import { startTemporal } from '../../infra/local/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../infra/temporal/search-attributes.ts';

/** A server of the run: where it listens and how to end it. */
export interface RunningServer {
  readonly address: string;
  stop(): Promise<void>;
}

/** Stops registered processes and removes registered folders even when this process is killed. */
export interface Watchdog {
  watch(pid: number, signal: NodeJS.Signals): void;
  forget(pid: number): void;
  removeAtEnd(folder: string): void;
  /** Lets the watchdog do its work now, and waits for it. */
  release(): Promise<void>;
}

export function startWatchdog(): Watchdog {
  const child: ChildProcess = spawn(
    process.execPath,
    [fileURLToPath(new URL('./watchdog.mjs', import.meta.url))],
    // Its own process group: a Ctrl-C on the terminal must not take it before it has cleaned up.
    { detached: true, stdio: ['pipe', 'ignore', 'inherit'] },
  );
  const tell = (line: string) => child.stdin?.write(`${line}\n`);
  return {
    watch: (pid, signal) => tell(`pid ${String(pid)} ${signal}`),
    forget: (pid) => tell(`forget ${String(pid)}`),
    removeAtEnd: (folder) => tell(`dir ${folder}`),
    async release() {
      const exited = once(child, 'exit');
      child.stdin?.end();
      await exited;
    },
  };
}

/** A folder of the run under the system's temporary folder; the watchdog removes it. */
export async function createRunFolder(watchdog: Watchdog): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'booksy-sync-test-'));
  watchdog.removeAtEnd(folder);
  // As root, PostgreSQL runs as another user, who must be able to walk through this folder.
  await chmod(folder, 0o711);
  return folder;
}

/** Starts PostgreSQL in `folder`; `address` is the URL of its administrative database. */
export async function startTestPostgres(folder: string, watchdog: Watchdog): Promise<RunningServer> {
  const server = await startPostgres({
    dataDir: folder,
    // Test data need not survive a power cut; without that promise databases are made several times faster.
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' },
    log: () => undefined,
  });
  watchdog.watch(server.pid, 'SIGINT');
  return { address: server.adminUrl, stop: () => server.stop() };
}

/** Starts a Temporal dev server that keeps everything in memory; `address` is host:port. */
export async function startTestTemporal(watchdog: Watchdog): Promise<RunningServer> {
  const server = await startTemporal({
    dbFile: null,
    searchAttributes: SEARCH_ATTRIBUTES,
    log: () => undefined,
  });
  watchdog.watch(server.pid, 'SIGTERM');
  return { address: server.address, stop: () => server.stop({ hurry: true }) };
}
