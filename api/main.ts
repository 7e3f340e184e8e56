/**
 * The API process. Reads its configuration from the environment, tells its parent when it is ready, stops cleanly on
 * SIGTERM or when the parent goes.
 */
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:http';
import { Client, Connection } from '@temporalio/client';
import { startTimeListener } from '../infra/availability/index.ts';
import { ConfigError, loadConfig, type Config } from '../infra/config.ts';
import { createVault } from '../infra/crypto.ts';
import { createDatabase } from '../infra/database/index.ts';
import { createReads } from '../infra/database/replica.ts';
import { createLogger, LogDirError, metricsLog, type Logger } from '../infra/logger.ts';
import { startSampling } from '../infra/logging/sample.ts';
import { createLauncher } from '../infra/temporal/launch.ts';
import { createConflictLauncher } from '../infra/temporal/launch-conflicts.ts';
import { createUndoLauncher } from '../infra/temporal/launch-undo.ts';
import { createSchedules } from '../infra/temporal/schedule-door.ts';
import { createBooksyProbe } from './booksy-probe.ts';
import { createApi } from './server.ts';
import { createTemporalStatus } from './temporal-status.ts';

/** Open requests may take this long to end after the process was told to stop. */
const DRAIN_MS = 10_000;

function productVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('../package.json');
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : null;
  return typeof version === 'string' ? version : '0.0.0';
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  // A TCP server that listens always has an AddressInfo; only pipes have strings.
  return (server.address() as AddressInfo).port;
}

async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const impatient = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(impatient);
}

async function serve(config: Config, logger: Logger): Promise<void> {
  const database = createDatabase({
    ...config.database,
    applicationName: 'booksy-sync-api',
    onIdleError: (error) => logger.warn({ err: error }, 'an idle database connection broke'),
  });
  const reads = createReads({
    ...config.database,
    primary: database.prisma,
    poolMax: config.database.replicaPoolMax,
    applicationName: 'booksy-sync-api',
    onChange: (change) => logger.warn(change, 'lists are read elsewhere from now on'),
  });
  const sampling = startSampling({
    log: metricsLog(logger),
    read: () => (config.database.replicaUrl === null ? {} : { replicaLagMs: reads.lagMs() }),
  });
  // Lazy: the API serves what it can while Temporal is away, and says so in its health.
  const connection = Connection.lazy({ address: config.temporal.address, connectTimeout: '5s' });
  const { namespace, taskQueue } = config.temporal;
  const timeChanges = startTimeListener(config.database.directUrl, logger);
  const { listener } = createApi({
    api: config.api,
    temporal: config.temporal,
    accountKey: config.booksy.accountKey,
    prisma: database.prisma,
    reads: (read) => reads.run(read),
    vault: createVault(config.encryption),
    webhooks: config.webhooks,
    calendars: config.calendars,
    launcher: createLauncher({ client: new Client({ connection, namespace }), taskQueue }),
    conflicts: createConflictLauncher({ client: new Client({ connection, namespace }), taskQueue }),
    undos: createUndoLauncher({ client: new Client({ connection, namespace }), taskQueue }),
    schedules: createSchedules(
      { client: new Client({ connection, namespace }), taskQueue, accountKey: config.booksy.accountKey },
      database.prisma,
    ),
    temporalStatus: createTemporalStatus(connection, { namespace, taskQueue }),
    probeBooksy: createBooksyProbe(config.booksy.baseUrl, config.booksy.timeoutMs),
    timeChanges,
    logger,
    version: productVersion(),
  });
  const server = createServer(listener);
  // Longer than common proxies and clients keep theirs, so that they close first and no request meets a closed socket.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 70_000;
  server.requestTimeout = 30_000;
  const port = await listen(server, config.api.host, config.api.port);
  const url = `http://${config.api.host.includes(':') ? `[${config.api.host}]` : config.api.host}:${port}`;

  const stopped = stopSignal();
  logger.info({ port, host: config.api.host }, 'API is ready');
  process.send?.({ type: 'ready', port, url });

  logger.info({ why: await stopped }, 'API stops');
  await drain(server);
  sampling.stop();
  await timeChanges.stop();
  await connection.close();
  await reads.close();
  await database.close();
}

/** Resolves with the reason once somebody wants this process to end. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
    process.once('disconnect', () => resolve('parent is gone'));
  });
}

async function main(): Promise<number> {
  let logger: Logger | null = null;
  try {
    const config = loadConfig(process.env);
    logger = createLogger(config.log, { name: 'api' });
    await serve(config, logger);
    return 0;
  } catch (error) {
    if (logger !== null) logger.fatal({ err: error }, fatalText(error));
    else
      process.stderr.write(
        `${error instanceof ConfigError || error instanceof LogDirError ? error.message : fatalText(error)}\n`,
      );
    return 1;
  }
}

function fatalText(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return 'The API cannot start: its port is taken. Set API_PORT to another one, or to 0.';
  if (code === 'EADDRNOTAVAIL') return 'The API cannot start: API_HOST is no address of this machine.';
  if (code === 'EACCES')
    return 'The API cannot start: it may not open that port. Set API_PORT to one above 1023.';
  return 'The API cannot start or go on.';
}

process.exit(await main());
