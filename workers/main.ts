/**
 * The worker process: composition root of everything that Temporal runs. Reads its configuration from the environment,
 * says `ready` to the process that started it, stops on SIGTERM, SIGINT or when that process is gone.
 */
import { Client } from '@temporalio/client';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { createWakes } from '../activities/drain/index.ts';
import { createBooksyClient, createCachedClient } from '../booksy/index.ts';
import { anchorFileIn } from '../infra/audit/anchors.ts';
import { createFeedFetcher } from '../infra/calendars/fetch.ts';
import { createCache } from '../infra/cache/index.ts';
import { loadConfig } from '../infra/config.ts';
import { createVault } from '../infra/crypto.ts';
import { createDatabase } from '../infra/database/index.ts';
import { createLogger, metricsLog } from '../infra/logger.ts';
import { startSampling } from '../infra/logging/sample.ts';
import { startMissingConflicts } from '../infra/temporal/launch-conflicts.ts';
import { createLauncher } from '../infra/temporal/launch.ts';
import { workflowBundle } from './bundle.ts';
import { startRelay } from './relay/relay.ts';
import { startSchedules } from './schedules.ts';
import { temporalLogger } from './temporal-logger.ts';
import { createSyncWorker } from './worker.ts';

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const logger = createLogger(config.log, { name: 'worker' });
  // The SDK's own signal handlers would race with ours.
  Runtime.install({ logger: temporalLogger(logger), shutdownSignals: [] });

  const database = createDatabase({
    ...config.database,
    applicationName: 'booksy-sync-worker',
    onIdleError: (error) => {
      logger.warn({ err: error }, 'a database connection broke; the pool replaces it');
    },
  });
  const vault = createVault({ key: config.encryption.key, keyId: config.encryption.keyId });
  const cache = createCache({
    redisUrl: config.cache.redisUrl,
    vault,
    onTrouble: (trouble) => {
      logger.warn({ trouble }, 'the cache: Redis');
    },
  });
  // Reads of the engine always ask Booksy; its writes drop what pages and offers have cached.
  const cached = createCachedClient(
    createBooksyClient({ config: config.booksy, db: database, vault, logger }),
    cache,
    config.booksy,
  );
  const booksy = cached.client;
  const connection = await NativeConnection.connect({ address: config.temporal.address });
  const { namespace, taskQueue } = config.temporal;
  const temporal = { client: new Client({ connection, namespace }), taskQueue };
  const launcher = createLauncher(temporal);
  const wakes = createWakes();
  const feeds = createFeedFetcher(config.calendars);
  const worker = await createSyncWorker({
    connection,
    namespace,
    taskQueue,
    workflowBundle: await workflowBundle(process.env.WORKFLOW_BUNDLE_DIR ?? null),
    inbound: {
      db: database.prisma,
      booksy,
      vault,
      capabilities: config.booksy.capabilities,
      logger,
      waits: config.waits,
      conflicts: config.conflicts,
    },
    account: { ...config.booksy, anchorFile: anchorFileIn(config.log.dir) },
    calendars: { calendars: config.calendars, feeds },
    realTime: {
      wakes,
      launcher,
      startConflicts: (businessId) =>
        startMissingConflicts({ db: database.prisma, ...temporal }, [businessId]),
      dropCached: cached.dropBusiness,
    },
    logger,
  });
  const relay = startRelay({
    directUrl: config.database.directUrl,
    wakes,
    signal: (businessId) => launcher.wakeBusinessSync(businessId),
    logger,
  });

  const sampling = startSampling({ log: metricsLog(logger) });
  const stop = () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.once('disconnect', stop);

  const running = worker.run();
  await startSchedules(
    { ...temporal, accountKey: config.booksy.accountKey },
    { db: database.prisma, logger },
  );
  process.send?.({ type: 'ready' });
  logger.info({ taskQueue: config.temporal.taskQueue }, 'worker is ready');
  await running;
  sampling.stop();
  await relay.stop();
  await feeds.close();
  await cache.close();
  await connection.close();
  await database.close();
  logger.info('worker stopped');
}

main().then(
  () => {
    process.exit(0);
  },
  (error: unknown) => {
    // A bad configuration explains itself; everything else names its kind only, because messages can hold values.
    const text = error instanceof Error ? error.message : 'unknown failure';
    process.stderr.write(`worker cannot run: ${text}\n`);
    process.exit(1);
  },
);
