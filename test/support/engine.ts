import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { connectBusinesses, type ConnectedBusiness } from '../../activities/connect.ts';
import type { InboundDeps } from '../../activities/inbound/run.ts';
import { createBooksyClient } from '../../booksy/index.ts';
import type { SyncMode } from '../../domain/progress.ts';
import { loadConfig, type Config } from '../../infra/config.ts';
import { createVault } from '../../infra/crypto.ts';
import { createLogger } from '../../infra/logger.ts';
import { createLauncher, type Launcher } from '../../infra/temporal/launch.ts';
import type { SimulatorOptions } from '../../simulator/index.ts';
import { createSyncWorker } from '../../workers/worker.ts';
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
  /** Connects the salons of the simulator. */
  connect(): Promise<readonly ConnectedBusiness[]>;
  /** Runs a full sync to its end, however it ends, and returns its row of the ledger. */
  fullSync(businessId: string, mode?: SyncMode): Promise<Awaited<ReturnType<typeof ledgerRow>>>;
  /** Ends it all. What ran is replayed (see startTestWorker). */
  stop(): Promise<void>;
}

export interface TestEngineOptions {
  readonly simulator?: SimulatorOptions;
  /** Settings that differ from the tests' usual ones. */
  readonly env?: Readonly<Record<string, string>>;
}

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
  const deps = makeDeps(config, database);
  const worker = await startTestWorker({
    create: (given) =>
      createSyncWorker({ ...given, inbound: deps, account: config.booksy, logger: deps.logger }),
  });
  const launcher = createLauncher(worker);
  return {
    simulator,
    database,
    config,
    deps,
    worker,
    launcher,
    async connect() {
      return (await connectBusinesses(deps)).connected;
    },
    async fullSync(businessId, mode = 'apply') {
      const runId = uuidv7();
      await launcher.startFullSync({ businessId, runId, actor: 'test', mode });
      await launcher.fullSyncResult(businessId).catch(() => undefined);
      return ledgerRow(deps, runId);
    },
    async stop() {
      try {
        await worker.stop();
      } finally {
        await simulator.stop();
        await database.drop();
      }
    },
  };
}

/** What the product's activities touch the world with, on the test's database and simulator. */
function makeDeps(config: Config, database: TestDatabase): InboundDeps {
  const logger = createLogger(config.log, { name: 'test' });
  const vault = createVault({ key: config.encryption.key, keyId: config.encryption.keyId });
  const db = database.database.prisma;
  return {
    db,
    vault,
    logger,
    capabilities: config.booksy.capabilities,
    booksy: createBooksyClient({ config: config.booksy, db: database.database, vault, logger }),
  };
}

function ledgerRow({ db }: InboundDeps, runId: string) {
  return db.syncRun.findUniqueOrThrow({ where: { id: runId } });
}
