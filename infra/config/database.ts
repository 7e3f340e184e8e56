/** Settings of the databases, and of the cache beside them. */
import { describe } from './notes.ts';
import { integer, isSameDatabase, isTransactionPooler, oneOf, postgresUrl, redisUrl } from './rules.ts';

const GROUP = 'Database';

export const databaseSettings = {
  DATABASE_URL: describe(
    'DATABASE_URL',
    postgresUrl,
    GROUP,
    'PostgreSQL of the platform. Leave it empty and `booksy up` starts an embedded one in the data folder.',
    'postgresql://booksy:change-me@127.0.0.1:5432/booksy_sync',
    true,
  ),
  DATABASE_DIRECT_URL: describe(
    'DATABASE_DIRECT_URL',
    postgresUrl.optional(),
    GROUP,
    'The same database without a pooler, for migrations and LISTEN. Empty: DATABASE_URL, which then must not be a transaction pooler.',
    'postgresql://booksy:change-me@127.0.0.1:5432/booksy_sync',
    true,
  ),
  DATABASE_REPLICA_URL: describe(
    'DATABASE_REPLICA_URL',
    postgresUrl.optional(),
    GROUP,
    'A streaming replica of it, for lists, reports and charts while it is less than 5 s behind. Empty: those read DATABASE_URL too.',
    'postgresql://booksy:change-me@127.0.0.1:5434/booksy_sync',
    true,
  ),
  DATABASE_POOL_MAX: describe(
    'DATABASE_POOL_MAX',
    integer(2, 100).prefault('10'),
    GROUP,
    'Connections each process may open.',
    '10',
  ),
  DATABASE_POOL_MIN: describe(
    'DATABASE_POOL_MIN',
    integer(0, 100).prefault('0'),
    GROUP,
    'Connections each process keeps open once they are, even when nobody uses them.',
    '2',
  ),
  DATABASE_REPLICA_POOL_MAX: describe(
    'DATABASE_REPLICA_POOL_MAX',
    integer(1, 100).prefault('5'),
    GROUP,
    'Connections each process may open to the replica.',
    '5',
  ),
  DATABASE_IDLE_TIMEOUT_MS: describe(
    'DATABASE_IDLE_TIMEOUT_MS',
    integer(1_000, 3_600_000).prefault('30000'),
    GROUP,
    'After how long a connection that nobody uses is closed, in milliseconds. Keep it below the time-out of a pooler or firewall.',
    '30000',
  ),
  DATABASE_ACQUIRE_TIMEOUT_MS: describe(
    'DATABASE_ACQUIRE_TIMEOUT_MS',
    integer(100, 120_000).prefault('10000'),
    GROUP,
    'How long a query waits for a free connection, in milliseconds.',
    '10000',
  ),
  DATABASE_STATEMENT_TIMEOUT_MS: describe(
    'DATABASE_STATEMENT_TIMEOUT_MS',
    integer(0, 3_600_000).prefault('120000'),
    GROUP,
    'How long one statement may run, in milliseconds; 0: as long as the server lets it.',
    '120000',
  ),
  DATABASE_PREPARED_STATEMENTS: describe(
    'DATABASE_PREPARED_STATEMENTS',
    oneOf(['auto', 'on', 'off']).prefault('auto'),
    GROUP,
    'May costly statements be planned once for each connection? auto: where no pooler is to be seen (DATABASE_DIRECT_URL is empty or the same, and DATABASE_URL does not lead to a transaction pooler). off: a transaction pooler stands in between that does not show. on: it keeps prepared statements (PgBouncer 1.21 with max_prepared_statements).',
    'auto',
  ),
};

/** Whether a connection keeps what was prepared on it, as far as the settings tell. */
export function keepsPrepared(
  said: 'auto' | 'on' | 'off',
  { url, directUrl }: { readonly url: string; readonly directUrl: string | undefined },
): boolean {
  if (said !== 'auto') return said === 'on';
  return (directUrl === undefined || isSameDatabase(url, directUrl)) && !isTransactionPooler(url);
}

export const cacheSettings = {
  REDIS_URL: describe(
    'REDIS_URL',
    redisUrl.optional(),
    'Cache',
    'Redis 6 or newer for what was read at Booksy minutes ago, shared by all processes. It may go away at any time. Empty: each process keeps its own in memory, and hears of changes made by the others only when its copy ends (5 minutes at most).',
    'redis://127.0.0.1:6379/0',
    true,
  ),
};
