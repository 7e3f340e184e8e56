import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild, type Child } from '../../infra/local/child.ts';
import { startPostgres, type LocalPostgres } from '../../infra/local/postgres.ts';
import { startTemporal, type LocalTemporal } from '../../infra/local/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../infra/temporal/search-attributes.ts';
import { createRunFolder, startWatchdog, type Watchdog } from './servers.ts';

/** PostgreSQL and Temporal of one test's own, which it may stop, and the product's processes beside them. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface OwnServers {
  /** Everything of this run lies in it and goes with it. */
  readonly folder: string;
  readonly watchdog: Watchdog;
  /** Of now: a restart gives another one. */
  readonly postgres: LocalPostgres;
  readonly temporal: LocalTemporal;
  /** @param hurry as by a kill; else it ends what is open */
  restartPostgres(hurry: boolean, between?: () => Promise<unknown>): Promise<void>;
  restartTemporal(between?: () => Promise<unknown>): Promise<void>;
  /** Starts a part of the product and waits until it is ready. `url` is null of a part that does not listen. */
  runPart(
    entry: string,
    env: NodeJS.ProcessEnv,
    options?: { readonly root?: string; readonly log?: (line: string) => void },
  ): Promise<{ readonly child: Child; readonly url: string | null }>;
  stop(): Promise<void>;
}

export interface OwnServersOptions {
  /** Whether a commit waits for its log: a test that kills the server at once needs it. */
  readonly synchronousCommit: 'on' | 'off';
  /** Lines of PostgreSQL's log. */
  readonly log?: (line: string) => void;
}

export async function startOwnServers(options: OwnServersOptions): Promise<OwnServers> {
  const watchdog = startWatchdog();
  let stopServers: () => Promise<unknown> = () => Promise.resolve();
  try {
    const folder = await createRunFolder(watchdog);
    let [postgres, temporal] = await Promise.all([runPostgres(folder), runTemporal(folder)]);
    stopServers = () => Promise.all([postgres.stop({ hurry: true }), temporal.stop({ hurry: true })]);
    return {
      folder,
      watchdog,
      get postgres() {
        return postgres;
      },
      get temporal() {
        return temporal;
      },
      async restartPostgres(hurry, between) {
        const { port } = postgres;
        watchdog.forget(postgres.pid);
        await postgres.stop({ hurry });
        await between?.();
        postgres = await runPostgres(folder, port);
      },
      async restartTemporal(between) {
        const port = Number(temporal.address.split(':')[1]);
        watchdog.forget(temporal.pid);
        await temporal.stop();
        await between?.();
        temporal = await runTemporal(folder, port);
      },
      runPart,
      async stop() {
        await stopServers();
        await watchdog.release();
      },
    };
  } catch (error) {
    await stopServers();
    await watchdog.release();
    throw error;
  }

  async function runPostgres(folder: string, port?: number): Promise<LocalPostgres> {
    const server = await startPostgres({
      dataDir: join(folder, 'database'),
      port,
      // A killed process loses nothing by this; only a power cut of the machine would.
      settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: options.synchronousCommit },
      log: options.log ?? (() => undefined),
    });
    watchdog.watch(server.pid, 'SIGINT');
    return server;
  }

  async function runTemporal(folder: string, port?: number): Promise<LocalTemporal> {
    const server = await startTemporal({
      dbFile: join(folder, 'temporal.db'),
      port,
      searchAttributes: SEARCH_ATTRIBUTES,
      log: () => undefined,
    });
    watchdog.watch(server.pid, 'SIGTERM');
    return server;
  }

  async function runPart(...[entry, env, { root = ROOT, log } = {}]: Parameters<OwnServers['runPart']>) {
    const child = await startChild(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), join(root, entry)],
      { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
      log ?? (() => undefined),
    );
    watchdog.watch(child.pid, 'SIGKILL');
    const url = await new Promise<string | null>((resolve, reject) => {
      child.process.once('message', (message: unknown) => {
        const at: unknown =
          typeof message === 'object' && message !== null ? Reflect.get(message, 'url') : null;
        resolve(typeof at === 'string' ? at : null);
      });
      void child.exited.then(() => {
        reject(new Error(`${entry} ended before it was ready: ${child.lastLines().join(' | ')}`));
      });
    });
    return { child, url };
  }
}
