/**
 * The worker process: composition root of everything that Temporal runs. Reads its configuration from the environment,
 * says `ready` to the process that started it, stops on SIGTERM, SIGINT or when that process is gone.
 */
import { NativeConnection, Runtime } from '@temporalio/worker';
import { createBooksyClient } from '../booksy/index.ts';
import { loadConfig } from '../infra/config.ts';
import { createVault } from '../infra/crypto.ts';
import { createDatabase } from '../infra/database/index.ts';
import { createLogger, metricsLog } from '../infra/logger.ts';
import { startSampling } from '../infra/logging/sample.ts';
import { workflowBundle } from './bundle.ts';
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
  const booksy = createBooksyClient({ config: config.booksy, db: database, vault, logger });
  const connection = await NativeConnection.connect({ address: config.temporal.address });
  const worker = await createSyncWorker({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: config.temporal.taskQueue,
    workflowBundle: await workflowBundle(process.env.WORKFLOW_BUNDLE_DIR ?? null),
    inbound: { db: database.prisma, booksy, vault, capabilities: config.booksy.capabilities, logger },
    account: config.booksy,
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
  process.send?.({ type: 'ready' });
  logger.info({ taskQueue: config.temporal.taskQueue }, 'worker is ready');
  await running;
  sampling.stop();
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
