/**
 * The way to the database: one Prisma client over one pool.
 *
 * CRUD goes through Prisma's models, bulk through `$queryRaw`/`$executeRaw` with set-based SQL.
 */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';

import { Prisma, PrismaClient } from './generated/client.ts';
import { createStatementNames } from './prepared.ts';
import { createSqlPool, type Sql, type SqlPool, type TransactionOptions } from './sql.ts';

export { Prisma, PrismaClient };
export { isDatabaseAway, isTimeHeld, sqlState } from './errors.ts';

/** What runs queries outside a transaction. */
export type Db = PrismaClient;

/** What runs SQL inside a transaction, {@link inTransaction}'s or Prisma's. */
export type Tx = Sql;

/** What runs queries inside `db.$transaction(async (tx) => …)`, models included. */
export type ModelTx = Prisma.TransactionClient;

export interface DatabaseOptions {
  /** PostgreSQL connection string. Parameters in it (`options`, `application_name`) win over ours. */
  readonly url: string;
  /** Connections at most; a transaction holds one. */
  readonly poolMax: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Connections that stay open although nobody uses them. Default 0. */
  readonly poolMin?: number;
  /** After how long an unused connection is closed. Default 30,000. */
  readonly idleTimeoutMs?: number;
  /** How long a query waits for a free connection. Default 10,000. */
  readonly acquireTimeoutMs?: number;
  /** How long a statement may run; the database ends it with 57014. Default 0: no bound of ours. */
  readonly statementTimeoutMs?: number;
  /** Marked statements are planned once for each connection. Not behind a transaction pooler. Default false. */
  readonly preparedStatements?: boolean;
  /** Told of connections that broke while nobody used them; the pool replaces them by itself. */
  readonly onIdleError?: (error: Error) => void;
}

export interface Database {
  readonly prisma: PrismaClient;
  /** Waits for running queries and closes the pool. Safe to call twice. */
  close(): Promise<void>;
}

/** Opens the database. Connects on first use: a server that is down shows in the first query, not here. */
export function createDatabase(options: DatabaseOptions): Database {
  const onIdleError = options.onIdleError ?? (() => undefined);
  const { statementTimeoutMs } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolMax,
    min: options.poolMin ?? 0,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.acquireTimeoutMs ?? 10_000,
    idleTimeoutMillis: options.idleTimeoutMs ?? 30_000,
    keepAlive: true,
    // The session's zone must not show in what we read: instants travel in UTC.
    options: `-c timezone=UTC${statementTimeoutMs === undefined ? '' : ` -c statement_timeout=${statementTimeoutMs}`}`,
  });
  pool.on('error', onIdleError);
  const nameOf = options.preparedStatements === true ? createStatementNames() : () => '';
  const adapter = new PrismaPg(pool, { onConnectionError: onIdleError, statementNameGenerator: nameOf });
  const client = new PrismaClient({ adapter, errorFormat: 'minimal' });
  const sql = createSqlPool(pool, nameOf);
  const prisma = withOwnSql(client, sql);
  pools.set(prisma, sql);
  let closed: Promise<void> | undefined;
  return {
    prisma,
    close: () => (closed ??= client.$disconnect().then(() => pool.end())),
  };
}

const pools = new WeakMap<object, SqlPool>();

/**
 * A transaction of SQL alone: without Prisma's own work, which a hot path pays for with each statement. Committed once `work` is
 * done; an error takes everything back.
 */
export function inTransaction<T>(
  db: Pick<Db, '$transaction'>,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const pool = pools.get(db);
  return pool === undefined ? db.$transaction(work, options) : pool.transaction(work, options);
}

/** The same client, whose raw statements outside transactions take the short way. They begin at once, also unawaited. */
function withOwnSql(client: PrismaClient, { $queryRaw, $executeRaw }: Sql): PrismaClient {
  const own = new Map<string | symbol, unknown>([
    ['$queryRaw', $queryRaw],
    ['$executeRaw', $executeRaw],
  ]);
  return new Proxy(client, {
    get(target, name) {
      const found: unknown = own.get(name) ?? Reflect.get(target, name, target);
      // Prisma's methods must see Prisma's own client: what they begin with has to stay in their transaction.
      return typeof found === 'function' && typeof name === 'string' && name.startsWith('$') && !own.has(name)
        ? (...given: unknown[]): unknown => Reflect.apply(found, target, given)
        : found;
    },
  });
}
