import { randomBytes, randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { v7 as uuidv7 } from 'uuid';
import { loadConfig } from '../../../infra/config.ts';
import { createLauncher } from '../../../infra/temporal/launch.ts';
import { connectAccount } from '../../../workers/account.ts';
import type { BenchServers } from '../row.ts';
import { createBenchDatabase, type BenchDatabase } from './database.ts';
import { startPart, type Part } from './part.ts';
import { restSchedules } from './schedules.ts';
import { startSalon, type Salon, type SalonOptions } from './salon.ts';

/** The product on one salon: simulator and worker are processes of their own, the database is fresh. */
export interface Rig {
  readonly database: BenchDatabase;
  readonly salon: Salon;
  readonly temporal: Client;
  /** All workflows of this rig, and no others, run on it. */
  readonly taskQueue: string;
  readonly businessIds: readonly string[];
  /** What the worker was configured with. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts the API and lets the salon's webhooks go there. */
  startApi(): Promise<Part>;
  /**
   * Starts a worker. Whoever starts one stops it before the next.
   *
   * @param options.byItself no schedule fires: what they start at their time would be counted or not by luck
   */
  startWorker(options?: { readonly probeHeap?: boolean; readonly byItself?: boolean }): Promise<Part>;
  /** Runs a full sync of every business to its end. @throws Error where one does not complete */
  fullSync(): Promise<{ readonly seconds: number }>;
  stop(): Promise<void>;
}

const WEBHOOK_SECRET = 'whsec_YmVuY2gtd2ViaG9vay1zZWNyZXQtMzItYnl0ZXMhIQ==';

/** Makes database and simulator and connects the salon, as `booksy up` does. No worker yet. */
export async function startRig(servers: BenchServers, options: SalonOptions): Promise<Rig> {
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const [salon, database] = await Promise.all([startSalon(servers, options), createBenchDatabase(servers)]);
    undo.push(
      () => database.drop(),
      () => salon.stop(),
    );
    const taskQueue = `bench-${randomUUID()}`;
    const env = {
      ...salon.env,
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: servers.temporalAddress,
      TEMPORAL_TASK_QUEUE: taskQueue,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      LOG_LEVEL: 'error',
      BOOKSY_WEBHOOK_SECRET: WEBHOOK_SECRET,
      WORKFLOW_BUNDLE_DIR: servers.folder,
    };
    const config = loadConfig(env);
    const { accountKey } = config.booksy;
    const { connected } = await connectAccount(config);
    const connection = await Connection.connect({ address: servers.temporalAddress });
    undo.push(() => connection.close());
    const temporal = new Client({ connection });
    const launcher = createLauncher({ client: temporal, taskQueue });
    const businessIds = connected.map(({ businessId }) => businessId);
    await salon.clearCounters();
    return {
      database,
      salon,
      temporal,
      taskQueue,
      businessIds,
      env,
      async startWorker({ probeHeap = false, byItself = false } = {}) {
        const probe = ['--expose-gc', '--import', new URL('./heap-probe.mjs', import.meta.url).href];
        const worker = await startPart(servers, {
          entry: 'workers/main.ts',
          env,
          node: probeHeap ? probe : [],
        });
        undo.push(() => worker.stop());
        if (byItself) await restSchedules(temporal, { taskQueue, accountKey });
        return worker;
      },
      async startApi() {
        const api = await startPart(servers, { entry: 'api/main.ts', env: { ...env, API_PORT: '0' } });
        undo.push(() => api.stop());
        await salon.control('POST', '/settings', {
          webhooks: {
            targets: [{ url: `${String(api.ready['url'])}/api/webhooks/booksy`, salon: null }],
            // Booksy tries again only after minutes: a busy machine's answer is waited for.
            timeoutMs: 60_000,
            signing: 'standard',
            secrets: [WEBHOOK_SECRET],
          },
        });
        return api;
      },
      async fullSync() {
        const begun = performance.now();
        for (const businessId of businessIds) {
          await launcher.startFullSync({ businessId, runId: uuidv7(), actor: 'bench' });
        }
        await Promise.all(businessIds.map((businessId) => launcher.fullSyncResult(businessId)));
        return { seconds: (performance.now() - begun) / 1000 };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
