import { Client, Connection } from '@temporalio/client';
import { loadConfig } from '../../infra/config.ts';
import { createDatabase } from '../../infra/database/index.ts';
import { createSchedules, type ScheduleReport } from '../../infra/temporal/schedule-door.ts';
import { EXIT } from '../exit-codes.ts';
import { CliError } from '../output.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Makes the schedules of the configured account and sets them right. Safe beside running workers, which do the same at
 * their start.
 *
 * @throws CliError where Temporal cannot be reached; ConfigError
 */
export async function ensureMonitor(env: NodeJS.ProcessEnv): Promise<readonly ScheduleReport[]> {
  const { temporal, database, booksy } = loadConfig(env);
  const connection = await connect(temporal.address);
  const db = createDatabase({ url: database.url, poolMax: 1, applicationName: 'booksy-sync monitor' });
  try {
    const client = new Client({ connection, namespace: temporal.namespace });
    const scope = { client, taskQueue: temporal.taskQueue, accountKey: booksy.accountKey };
    return await createSchedules(scope, db.prisma).ensure();
  } finally {
    await db.close();
    await connection.close();
  }
}

async function connect(address: string): Promise<Connection> {
  try {
    return await Connection.connect({ address, connectTimeout: CONNECT_TIMEOUT_MS });
  } catch {
    throw new CliError(
      'temporal_unreachable',
      `Temporal does not answer at ${address}.`,
      'Start it (booksy up does), or correct TEMPORAL_ADDRESS.',
      EXIT.unreachable,
    );
  }
}
