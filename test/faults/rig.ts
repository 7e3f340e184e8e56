import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { createVault, type Vault } from '../../infra/crypto.ts';
import { createDatabase, type Database } from '../../infra/database/index.ts';
import { loadConfig } from '../../infra/config.ts';
import { migrate } from '../../infra/database/migrate.ts';
import type { Child } from '../../infra/local/child.ts';
import { createLauncher, type Launcher } from '../../infra/temporal/launch.ts';
import { mintToken } from '../../infra/tokens.ts';
import { startOwnServers } from '../support/own-servers.ts';

/** The product as it runs for real, each part a process of its own that a fault may kill, stop or start again. */

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
  /** Records that the platform's own application edited in any run: salons are used again. */
  readonly editedHere: Set<string>;
  readonly launcher: Launcher;
  readonly client: Client;
  readonly taskQueue: string;
  readonly accountKey: string;
  /** The environment of the product's processes. */
  readonly env: Readonly<Record<string, string>>;
  /** A call of the simulator's control surface. @throws where it refuses */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** A call of the product's API behind `/api/admin/booksy`, as an administrator. @throws where it refuses */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  workers(): readonly WorkerProcess[];
  /** Starts workers until so many are alive; one that finds no Temporal ends, and is started again as a supervisor would. */
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
  /** Where the workers' code lies, if it is not the product's own. */
  readonly workerRoot?: string;
  readonly say: (line: string) => void;
}

/** So long a supervisor starts a process again that ended before it was ready. */
const SUPERVISED_MS = 60_000;

async function supervised<T>(start: () => Promise<T>): Promise<T> {
  const until = Date.now() + SUPERVISED_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

export async function startRig(options: RigOptions): Promise<Rig> {
  const undo: (() => Promise<unknown>)[] = [];
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
    const lines: string[] = [];
    const log = (part: string) => (line: string) => {
      lines.push(`${part}: ${line}`);
      if (lines.length > 400) lines.shift();
    };
    const servers = await startOwnServers({
      synchronousCommit: 'on',
      log: (line) => {
        if (/ERROR|FATAL|STATEMENT|CONTEXT|HINT/.test(line)) log('postgres')(line);
      },
    });
    const { watchdog } = servers;
    undo.push(() => servers.stop());
    const cache = join(process.env['BOOKSY_FAULTS_CACHE'] ?? servers.folder, 'bundle');
    await mkdir(cache, { recursive: true });
    const databaseUrl = servers.postgres.url;
    await migrate(databaseUrl, { log: () => undefined });
    const run = async (part: string, entry: string, env: NodeJS.ProcessEnv, root?: string) => {
      const started = await servers.runPart(entry, env, {
        log: log(part),
        ...(root === undefined ? {} : { root }),
      });
      options.say(`${part} is ready (pid ${String(started.child.pid)})`);
      return started;
    };

    const simulator = await run('simulator', 'simulator/main.ts', {
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
    const control = (method: string, path: string, body?: unknown) =>
      callJson(`${origin}/_control${path}`, method, body, {});

    const taskQueue = `faults-${randomUUID()}`;
    const env: Record<string, string> = {
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: servers.temporal.address,
      TEMPORAL_TASK_QUEUE: taskQueue,
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
    const db = new pg.Pool({ connectionString: databaseUrl, max: 20, application_name: 'fault-runs' });
    db.on('error', () => undefined);
    const database = createDatabase({ url: databaseUrl, poolMax: 4, applicationName: 'fault-runs' });
    undo.push(
      () => db.end(),
      () => database.close(),
    );
    const api = await run('api', 'api/main.ts', { ...env, API_PORT: '0' });
    undo.push(() => api.child.stop({ graceMs: 5_000 }));
    const apiUrl = (api.url ?? '').replace(/\/$/, '');
    const { token } = await mintToken(database.prisma, {
      name: 'fault runs',
      scopes: ['operations:read', 'sync:run'],
      businesses: 'all',
      expiresAt: null,
    });
    // Each person of the staff costs calls of its own with every sweep.
    await control('POST', '/reset', { staff: 2 });
    await control('POST', '/settings', {
      limits: { limit: RATE.limit, windowMs: RATE.windowMs, tokenLimit: 1000 },
      webhooks: {
        targets: [{ url: `${apiUrl}/api/webhooks/booksy`, salon: null }],
        signing: 'standard',
        secrets: [SECRET],
      },
    });

    let workers: { child: Child; ended: boolean }[] = [];
    undo.push(() => Promise.all(workers.map(({ child }) => child.stop({ graceMs: 3_000 }))));
    const connection = await Connection.connect({ address: servers.temporal.address });
    undo.push(() => connection.close());
    const client = new Client({ connection });
    const alive = () => workers.filter(({ ended }) => !ended);

    return {
      db,
      database,
      vault,
      editedHere: new Set(),
      client,
      taskQueue,
      env,
      accountKey: config.booksy.accountKey,
      launcher: createLauncher({ client, taskQueue }),
      control,
      api: (method, path, body) =>
        callJson(`${apiUrl}/api/admin/booksy${path}`, method, body, { authorization: `Bearer ${token}` }),
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
          const { child } = await supervised(() => run('worker', 'workers/main.ts', env, options.workerRoot));
          const worker = { child, ended: false };
          void child.exited.then(() => (worker.ended = true));
          workers.push(worker);
        }
      },
      restartPostgres: () => servers.restartPostgres(true),
      temporalDown: (ms) => servers.restartTemporal(() => new Promise((resolve) => setTimeout(resolve, ms))),
      lastLines: () => lines,
      stop,
    };
  }
}

async function callJson(
  url: string,
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok)
    throw new ControlRefused(response.status, `${method} ${url}: ${String(response.status)} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** The simulator, or the product's API, did not do what was asked. */
export class ControlRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ControlRefused';
    this.status = status;
  }
}
