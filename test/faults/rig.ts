import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { createVault, type Vault } from '../../infra/crypto.ts';
import { createDatabase, type Database } from '../../infra/database/index.ts';
import { loadConfig } from '../../infra/config.ts';
import { migrate } from '../../infra/database/migrate.ts';
import { startChild, type Child } from '../../infra/local/child.ts';
import { startPostgres, type LocalPostgres } from '../../infra/local/postgres.ts';
import { startTemporal, type LocalTemporal } from '../../infra/local/temporal.ts';
import { createLauncher, type Launcher } from '../../infra/temporal/launch.ts';
import { SEARCH_ATTRIBUTES } from '../../infra/temporal/search-attributes.ts';
import { createRunFolder, startWatchdog } from '../support/servers.ts';

/** The product as it runs for real, each part a process of its own that a fault may kill, stop or start again. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Calls that Booksy allows, and that we allow ourselves (I11). */
export const RATE = { limit: 2000, windowMs: 10_000 } as const;
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

/** Waits of the engine, shorter than in life: a run must end. Faults are late by the same measure. */
export const WAITS = { unknownForMs: 6_000, lookEveryMs: 500, createWaitMs: 2_000 } as const;

export interface WorkerProcess {
  readonly pid: number;
  readonly alive: () => boolean;
  kill(): Promise<void>;
}

export interface Rig {
  readonly db: pg.Pool;
  readonly database: Database;
  readonly vault: Vault;
  readonly launcher: Launcher;
  readonly client: Client;
  readonly taskQueue: string;
  readonly accountKey: string;
  /** The environment of the product's processes. */
  readonly env: Readonly<Record<string, string>>;
  /** A call of the simulator's control surface. @throws where it refuses */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  workers(): readonly WorkerProcess[];
  /** Starts workers until so many are alive. */
  ensureWorkers(count: number): Promise<void>;
  /** PostgreSQL ends at once, as by a power cut, and comes back on the same files. */
  restartPostgres(): Promise<void>;
  temporalDown(ms: number): Promise<void>;
  /** Last lines of every part, for a failure's report. */
  lastLines(): readonly string[];
  stop(): Promise<void>;
}

export interface RigOptions {
  readonly seed: string;
  readonly salons: number;
  readonly visits: number;
  readonly clients: number;
  readonly say: (line: string) => void;
}

export async function startRig(options: RigOptions): Promise<Rig> {
  const watchdog = startWatchdog();
  const undo: (() => Promise<unknown>)[] = [() => watchdog.release()];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step().catch(() => undefined);
  };
  try {
    return await start();
  } catch (error) {
    await stop();
    throw error;
  }

  async function start(): Promise<Rig> {
    const folder = await createRunFolder(watchdog);
    const cache = join(process.env['BOOKSY_FAULTS_CACHE'] ?? folder, 'bundle');
    await mkdir(cache, { recursive: true });
    const lines: string[] = [];
    const log = (part: string) => (line: string) => {
      lines.push(`${part}: ${line}`);
      if (lines.length > 400) lines.shift();
    };
    let [postgres, temporal] = await Promise.all([runPostgres(), runTemporal()]);
    undo.push(() => Promise.all([postgres.stop({ hurry: true }), temporal.stop({ hurry: true })]));
    await migrate(postgres.url, { log: () => undefined });

    const simulator = await runNode('simulator', 'simulator/main.ts', {
      SIMULATOR_PORT: '0',
      SIMULATOR_SEED: options.seed,
      SIMULATOR_SALONS: String(options.salons),
      SIMULATOR_VISITS: String(options.visits),
      SIMULATOR_CLIENTS: String(options.clients),
      SIMULATOR_TODAY: new Date().toISOString().slice(0, 10),
      SIMULATOR_CLIENT_ID: 'faults-key',
      SIMULATOR_CLIENT_SECRET: 'faults-secret',
      SIMULATOR_RATE_LIMIT: String(RATE.limit),
      SIMULATOR_RATE_WINDOW_MS: String(RATE.windowMs),
    });
    undo.push(() => simulator.child.stop({ graceMs: 5_000 }));
    const origin = (simulator.url ?? '').replace(/\/$/, '');
    const control = (method: string, path: string, body?: unknown) => callControl(origin, method, path, body);

    const env: Record<string, string> = {
      DATABASE_URL: postgres.url,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_TASK_QUEUE: `faults-${randomUUID()}`,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      BOOKSY_BASE_URL: `${origin}/public-api/pl/`,
      BOOKSY_AUTH_URL: origin,
      BOOKSY_API_KEY: 'faults-key',
      BOOKSY_API_SECRET: 'faults-secret',
      BOOKSY_RATE_LIMIT: String(RATE.limit),
      BOOKSY_RATE_WINDOW_MS: String(RATE.windowMs),
      BOOKSY_TOKEN_RATE_LIMIT: '1000',
      BOOKSY_TIMEOUT_MS: '3000',
      BOOKSY_LIST_ORDER: 'start',
      BOOKSY_UNANSWERED_MS: String(WAITS.unknownForMs),
      BOOKSY_UNANSWERED_LOOK_MS: String(WAITS.lookEveryMs),
      BOOKSY_CREATE_WAIT_MS: String(WAITS.createWaitMs),
      BOOKSY_WEBHOOK_SECRET: SECRET,
      WORKFLOW_BUNDLE_DIR: cache,
      LOG_LEVEL: 'warn',
    };
    const config = loadConfig(env);
    const vault = createVault({ key: config.encryption.key, keyId: config.encryption.keyId });
    const db = new pg.Pool({ connectionString: postgres.url, max: 12, application_name: 'fault-runs' });
    db.on('error', () => undefined);
    const database = createDatabase({ url: postgres.url, poolMax: 4, applicationName: 'fault-runs' });
    undo.push(
      () => db.end(),
      () => database.close(),
    );

    const api = await runNode('api', 'api/main.ts', { ...env, API_PORT: '0' });
    undo.push(() => api.child.stop({ graceMs: 5_000 }));
    await control('POST', '/reset', { staff: 4 });
    await control('POST', '/settings', {
      limits: { limit: RATE.limit, windowMs: RATE.windowMs, tokenLimit: 1000 },
      webhooks: {
        targets: [{ url: `${(api.url ?? '').replace(/\/$/, '')}/api/webhooks/booksy`, salon: null }],
        signing: 'standard',
        secrets: [SECRET],
      },
    });

    let workers: { child: Child; ended: boolean }[] = [];
    undo.push(() => Promise.all(workers.map(({ child }) => child.stop({ graceMs: 3_000 }))));
    const connection = await Connection.connect({ address: temporal.address });
    undo.push(() => connection.close());
    const client = new Client({ connection });
    const taskQueue = env['TEMPORAL_TASK_QUEUE'] ?? '';
    const alive = () => workers.filter(({ ended }) => !ended);

    return {
      db,
      database,
      vault,
      client,
      taskQueue,
      env,
      accountKey: config.booksy.accountKey,
      launcher: createLauncher({ client, taskQueue }),
      control,
      workers: () =>
        alive().map((worker) => ({
          pid: worker.child.pid,
          alive: () => !worker.ended,
          async kill() {
            watchdog.forget(worker.child.pid);
            worker.child.kill('SIGKILL');
            await worker.child.exited;
          },
        })),
      async ensureWorkers(count) {
        workers = alive();
        // One after the other where there is none: the first makes the bundle that the others read.
        while (alive().length < count) {
          const { child } = await runNode('worker', 'workers/main.ts', env);
          const worker = { child, ended: false };
          void child.exited.then(() => (worker.ended = true));
          workers.push(worker);
        }
      },
      async restartPostgres() {
        watchdog.forget(postgres.pid);
        const { port } = postgres;
        await postgres.stop({ hurry: true });
        postgres = await runPostgres(port);
      },
      async temporalDown(ms) {
        watchdog.forget(temporal.pid);
        const port = Number(temporal.address.split(':')[1]);
        await temporal.stop();
        await new Promise((resolve) => setTimeout(resolve, ms));
        temporal = await runTemporal(port);
      },
      lastLines: () => lines,
      stop,
    };

    async function runPostgres(port?: number): Promise<LocalPostgres> {
      const server = await startPostgres({
        dataDir: join(folder, 'database'),
        port,
        // A killed process loses nothing by this; only a power cut of the machine would.
        settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'on' },
        log: (line) => {
          if (/ERROR|FATAL|STATEMENT|CONTEXT|HINT/.test(line)) log('postgres')(line);
        },
      });
      watchdog.watch(server.pid, 'SIGINT');
      return server;
    }

    async function runTemporal(port?: number): Promise<LocalTemporal> {
      const server = await startTemporal({
        dbFile: join(folder, 'temporal.db'),
        port,
        searchAttributes: SEARCH_ATTRIBUTES,
        log: () => undefined,
      });
      watchdog.watch(server.pid, 'SIGTERM');
      return server;
    }

    async function runNode(part: string, entry: string, partEnv: NodeJS.ProcessEnv) {
      const child = await startChild(
        process.execPath,
        ['--import', import.meta.resolve('tsx'), join(ROOT, entry)],
        { cwd: ROOT, env: { ...process.env, ...partEnv }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
        log(part),
      );
      watchdog.watch(child.pid, 'SIGKILL');
      const url = await new Promise<string | null>((resolve, reject) => {
        child.process.once('message', (message: unknown) => {
          const at: unknown =
            typeof message === 'object' && message !== null ? Reflect.get(message, 'url') : null;
          resolve(typeof at === 'string' ? at : null);
        });
        void child.exited.then(() => {
          reject(new Error(`${part} ended before it was ready: ${child.lastLines().join(' | ')}`));
        });
      });
      options.say(`${part} is ready (pid ${String(child.pid)})`);
      return { child, url };
    }
  }
}

async function callControl(origin: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${origin}/_control${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  if (!response.ok)
    throw new ControlRefused(response.status, `${method} ${path}: ${String(response.status)} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** The simulator did not do what was asked. */
export class ControlRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ControlRefused';
    this.status = status;
  }
}
