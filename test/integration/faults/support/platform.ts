import { randomBytes, randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { connectBusinesses } from '../../../../activities/connect.ts';
import type { InboundDeps } from '../../../../activities/inbound/run.ts';
import { createBooksyClient } from '../../../../booksy/index.ts';
import { loadConfig } from '../../../../infra/config.ts';
import { createVault } from '../../../../infra/crypto.ts';
import { createDatabase, type Database } from '../../../../infra/database/index.ts';
import { migrate } from '../../../../infra/database/migrate.ts';
import type { Child } from '../../../../infra/local/child.ts';
import { createLogger } from '../../../../infra/logger.ts';
import { createLauncher, type Launcher } from '../../../../infra/temporal/launch.ts';
import type { SimulatorOptions } from '../../../../simulator/index.ts';
import { startOwnServers } from '../../../support/own-servers.ts';
import { startTestSimulator, type TestSimulator } from '../../../support/simulator.ts';
import { onAdminDatabase, withDatabase } from '../../../support/template.ts';
import type { Salon } from './salons.ts';

/** The product as it runs for real: servers of its own that a test may stop, and workers in processes of their own. */

const REFERENCE = 'reference';

/** A worker process, started as the launcher starts it. */
export interface WorkerProcess {
  readonly pid: number;
  readonly exited: Child['exited'];
  kill(signal: 'SIGKILL' | 'SIGTERM'): void;
}

export interface Platform {
  readonly simulator: TestSimulator;
  readonly client: Client;
  readonly launcher: Launcher;
  /** The database of the workers. */
  readonly deps: InboundDeps;
  /** Another database, for an import that nothing disturbs. */
  readonly reference: InboundDeps;
  readonly salons: readonly Salon[];
  /** The same salons as the reference knows them, in the same order. */
  readonly referenceSalons: readonly Salon[];
  /** Runs one statement on a connection of its own and holds its locks until `release`. */
  hold(statement: string): Promise<{ release(): Promise<void> }>;
  startWorker(): Promise<WorkerProcess>;
  restartPostgres(between: () => Promise<void>): Promise<void>;
  restartTemporal(between: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export async function startPlatform(options: SimulatorOptions): Promise<Platform> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return await start();
  } catch (error) {
    await stop();
    throw error;
  }

  async function start(): Promise<Platform> {
    const servers = await startOwnServers({ synchronousCommit: 'off' });
    undo.push(() => servers.stop());
    const { postgres } = servers;
    const simulator = await startTestSimulator({ today: new Date().toISOString().slice(0, 10), ...options });
    undo.push(() => simulator.stop());
    await migrate(postgres.url, { log: () => undefined });
    await onAdminDatabase(postgres.adminUrl, `CREATE DATABASE ${REFERENCE} TEMPLATE booksy_sync`);

    const env = {
      ...simulator.env,
      DATABASE_URL: postgres.url,
      TEMPORAL_ADDRESS: servers.temporal.address,
      TEMPORAL_TASK_QUEUE: `restarts-${randomUUID()}`,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      BOOKSY_RATE_LIMIT: '1000000',
      BOOKSY_RATE_WINDOW_MS: '10000',
      BOOKSY_TOKEN_RATE_LIMIT: '1000',
      LOG_LEVEL: 'warn',
    };
    const { deps, database } = depsOf(env, postgres.url);
    const { deps: reference } = depsOf(env, withDatabase(postgres.adminUrl, REFERENCE));
    const salons = await connected(deps);
    const referenceSalons = await connected(reference);

    const connection = await Connection.connect({ address: servers.temporal.address });
    undo.push(() => connection.close());
    const client = new Client({ connection });
    const launcher = createLauncher({ client, taskQueue: env.TEMPORAL_TASK_QUEUE });

    return {
      simulator,
      client,
      launcher,
      deps,
      reference,
      salons,
      referenceSalons,
      async hold(statement) {
        let letGo = (): void => undefined;
        const released = new Promise<void>((resolve) => (letGo = resolve));
        let ended: Promise<void> = Promise.resolve();
        await new Promise<void>((held, failed) => {
          ended = database.prisma.$transaction(
            async (tx) => {
              await tx.$executeRawUnsafe(statement);
              held();
              await released;
            },
            { timeout: 240_000 },
          );
          ended.catch(failed);
        });
        return {
          async release() {
            letGo();
            await ended;
          },
        };
      },
      async startWorker() {
        const { child } = await servers.runPart('workers/main.ts', {
          ...env,
          WORKFLOW_BUNDLE_DIR: servers.folder,
        });
        undo.push(() => child.stop({ graceMs: 15_000 }));
        return { pid: child.pid, exited: child.exited, kill: (signal) => child.kill(signal) };
      },
      restartPostgres: (between) => servers.restartPostgres(false, between),
      restartTemporal: (between) => servers.restartTemporal(between),
      stop,
    };
  }

  function depsOf(env: NodeJS.ProcessEnv, url: string): { deps: InboundDeps; database: Database } {
    const config = loadConfig({ ...env, DATABASE_URL: url });
    const logger = createLogger({ level: 'silent', dir: null }, { name: 'test' });
    const vault = createVault({ key: config.encryption.key, keyId: config.encryption.keyId });
    const database = createDatabase({ url, poolMax: 5, applicationName: 'booksy-sync test' });
    undo.push(() => database.close());
    const booksy = createBooksyClient({ config: config.booksy, db: database, vault, logger });
    const deps = { db: database.prisma, vault, logger, capabilities: config.booksy.capabilities, booksy };
    return { deps, database };
  }

  async function connected(deps: InboundDeps): Promise<readonly Salon[]> {
    const { connected: businesses } = await connectBusinesses(deps);
    return businesses.map(({ externalId, businessId }) => ({ id: Number(externalId), businessId }));
  }
}
