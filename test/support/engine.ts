import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { createWakes } from '../../activities/drain/index.ts';
import { connectBusinesses, type ConnectedBusiness } from '../../activities/connect.ts';
import type { InboundDeps } from '../../activities/inbound/run.ts';
import { createBooksyClient, createCachedClient, type CachedClient } from '../../booksy/index.ts';
import type { SyncMode } from '../../domain/progress.ts';
import { createCache } from '../../infra/cache/index.ts';
import { loadConfig, type Config } from '../../infra/config.ts';
import { createVault } from '../../infra/crypto.ts';
import { createLogger } from '../../infra/logger.ts';
import { createFeedFetcher } from '../../infra/calendars/fetch.ts';
import { startMissingConflicts } from '../../infra/temporal/launch-conflicts.ts';
import { createLauncher, type Launcher } from '../../infra/temporal/launch.ts';
import type { SimulatorOptions } from '../../simulator/index.ts';
import { startRelay, type Relay } from '../../workers/relay/relay.ts';
import { createSyncWorker } from '../../workers/worker.ts';
import type { EngineApi } from './engine-api.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { sharedServers } from './shared-servers.ts';
import { startTestSimulator, type TestSimulator } from './simulator.ts';
import { startTestWorker, type TestWorker } from './temporal.ts';

/** The whole product of one test, put together as workers/main.ts does it, in this process. */
export interface TestEngine {
  readonly simulator: TestSimulator;
  readonly database: TestDatabase;
  readonly config: Config;
  readonly deps: InboundDeps;
  readonly worker: TestWorker;
  readonly launcher: Launcher;
  /** Null where the test asked for none. */
  readonly relay: Relay | null;
  /** @throws Error where the test asked for none */
  readonly api: EngineApi;
  /** Connects the salons of the simulator. */
  connect(): Promise<readonly ConnectedBusiness[]>;
  /**
   * Runs a full sync to its end, however it ends, and returns its row of the ledger. One that the product started by itself
   * is let end first: a second start would only find it.
   */
  fullSync(businessId: string, mode?: SyncMode): Promise<Awaited<ReturnType<typeof ledgerRow>>>;
  /** Ends it all. What ran is replayed (see startTestWorker). */
  stop(): Promise<void>;
}

export interface TestEngineOptions {
  readonly simulator?: SimulatorOptions;
  /** Settings that differ from the tests' usual ones. */
  readonly env?: Readonly<Record<string, string>>;
  /** Starts the relay: what changes on either side then goes to the other by itself. */
  readonly relay?: boolean;
  /** Starts the API, and lets the simulator send its webhooks there. */
  readonly api?: boolean;
}

/** What proves a webhook of the simulator. */
const WEBHOOK_SECRET = 'whsec_c2ltdWxhdG9yLXdlYmhvb2stc2VjcmV0LTMyLWJ5dGVz';

/**
 * Starts simulator, database and worker. The pace is wide open (tests of it set BOOKSY_RATE_LIMIT) but its window is long:
 * a grant may be late by a share of the window, and a busy test machine is often late.
 */
export async function startTestEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const simulator = await startTestSimulator(options.simulator);
  const database = await createTestDatabase();
  const config = loadConfig({
    ...simulator.env,
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: sharedServers().temporalAddress,
    TEMPORAL_NAMESPACE: sharedServers().temporalNamespace,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    BOOKSY_RATE_LIMIT: '1000000',
    BOOKSY_RATE_WINDOW_MS: '60000',
    BOOKSY_TOKEN_RATE_LIMIT: '1000',
    LOG_LEVEL: 'silent',
    ...options.env,
  });
  const { deps, cached } = makeDeps(config, database);
  const wakes = createWakes();
  const worker = await startTestWorker({
    create: ({ client, ...given }) =>
      createSyncWorker({
        ...given,
        inbound: deps,
        account: config.booksy,
        calendars: { calendars: config.calendars, feeds: createFeedFetcher(config.calendars) },
        realTime: {
          wakes,
          launcher: createLauncher({ client, taskQueue: given.taskQueue }),
          startConflicts: (businessId) =>
            startMissingConflicts({ db: deps.db, client, taskQueue: given.taskQueue }, [businessId]),
          dropCached: cached.dropBusiness,
        },
        logger: deps.logger,
      }),
  });
  const launcher = createLauncher(worker);
  const relay =
    options.relay === true
      ? startRelay({
          directUrl: config.database.directUrl,
          wakes,
          signal: (businessId) => launcher.wakeBusinessSync(businessId),
          logger: deps.logger,
        })
      : null;
  const api = options.api === true ? await startApi(simulator, deps, worker, config.calendars) : null;
  return {
    simulator,
    database,
    config,
    deps,
    worker,
    launcher,
    relay,
    get api() {
      if (api === null) throw new Error('This engine was started without its API.');
      return api;
    },
    async connect() {
      return (await connectBusinesses(deps)).connected;
    },
    async fullSync(businessId, mode = 'apply') {
      for (;;) {
        const runId = uuidv7();
        const { alreadyRunning } = await launcher.startFullSync({ businessId, runId, actor: 'test', mode });
        await launcher.fullSyncResult(businessId).catch(() => undefined);
        if (!alreadyRunning) return ledgerRow(deps, runId);
      }
    },
    async stop() {
      try {
        await api?.stop();
        await relay?.stop();
        await worker.stop();
      } finally {
        await simulator.stop();
        await database.drop();
      }
    },
  };
}

async function startApi(
  simulator: TestSimulator,
  deps: InboundDeps,
  { client, taskQueue }: TestWorker,
  calendars: Config['calendars'],
): Promise<EngineApi> {
  // Loaded only here: most tests need no API.
  const { startEngineApi } = await import('./engine-api.ts');
  const temporal = { client, taskQueue, namespace: sharedServers().temporalNamespace };
  const api = await startEngineApi(deps, temporal, { secrets: [WEBHOOK_SECRET], tokens: [] }, calendars);
  await simulator.configure({
    webhooks: {
      targets: [{ url: `${api.url}/api/webhooks/booksy`, salon: null }],
      signing: 'standard',
      secrets: [WEBHOOK_SECRET],
      // Booksy tries again only after minutes: a busy machine's answer is waited for.
      timeoutMs: 60_000,
    },
  });
  return api;
}

/** What the product's activities touch the world with, on the test's database and simulator. */
function makeDeps(
  config: Config,
  database: TestDatabase,
): { readonly deps: InboundDeps; readonly cached: CachedClient } {
  const logger = createLogger(config.log, { name: 'test' });
  const vault = createVault({ key: config.encryption.key, keyId: config.encryption.keyId });
  const db = database.database.prisma;
  const cached = createCachedClient(
    createBooksyClient({ config: config.booksy, db: database.database, vault, logger }),
    createCache({ redisUrl: null, vault }),
    config.booksy,
  );
  const { capabilities } = config.booksy;
  const { waits, conflicts } = config;
  return { deps: { db, vault, logger, capabilities, waits, conflicts, booksy: cached.client }, cached };
}

function ledgerRow({ db }: InboundDeps, runId: string) {
  return db.syncRun.findUniqueOrThrow({ where: { id: runId } });
}
