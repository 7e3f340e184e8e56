import pg from 'pg';
import { createClient } from 'redis';
import { messageOf } from '../../infra/local/errors.ts';
import { ok, warn, type Finding } from './finding.ts';

const TIMEOUT_MS = 5_000;

/** What may be set and is not needed: all goes on without it, only slower. Nothing set, nothing found. */
export async function checkOptional(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { DATABASE_REPLICA_URL: replica, REDIS_URL: redis } = env;
  return [...(replica ? [await checkReplica(replica)] : []), ...(redis ? [await checkRedis(redis)] : [])];
}

async function checkReplica(url: string): Promise<Finding> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ follows: boolean; version: string }>(
      `SELECT pg_is_in_recovery() AS follows, current_setting('server_version') AS version`,
    );
    return rows[0]?.follows === true
      ? ok('replica', `${rows[0].version}, follows`)
      : warn(
          'replica',
          'is no streaming replica: lists are read from DATABASE_URL',
          'Point DATABASE_REPLICA_URL to a server that follows DATABASE_URL, or leave it empty.',
        );
  } catch (error) {
    return warn(
      'replica',
      `does not answer: ${messageOf(error)}; lists are read from DATABASE_URL`,
      'Start it, correct DATABASE_REPLICA_URL, or leave it empty.',
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function checkRedis(url: string): Promise<Finding> {
  try {
    const client = createClient({
      url,
      socket: { connectTimeout: TIMEOUT_MS, reconnectStrategy: false },
      disableOfflineQueue: true,
    });
    client.on('error', () => undefined);
    try {
      const info = await inTime(client.connect().then(() => client.info('server')));
      return ok('Redis', /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'answers');
    } finally {
      client.destroy();
    }
  } catch (error) {
    return warn(
      'Redis',
      `does not answer: ${messageOf(error)}; nothing is cached there`,
      'Start it, correct REDIS_URL, or leave it empty: then each process caches for itself.',
    );
  }
}

/** A server that takes the connection and says nothing would hold doctor up for ever. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
