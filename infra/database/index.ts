/**
 * The way to the database: one Prisma client over one pool.
 *
 * CRUD goes through Prisma's models, bulk through `$queryRaw`/`$executeRaw` with set-based SQL.
 */
import { PrismaPg } from '@prisma/adapter-pg';

import { Prisma, PrismaClient } from './generated/client.ts';
import { createStatementNames } from './prepared.ts';

export { Prisma, PrismaClient };
export { isDatabaseAway, isTimeHeld, sqlState } from './errors.ts';

/** What runs queries outside a transaction. */
export type Db = PrismaClient;

/** What runs queries inside `db.$transaction(async (tx) => …)`. */
export type Tx = Prisma.TransactionClient;

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
  const adapter = new PrismaPg(
    {
      connectionString: options.url,
      max: options.poolMax,
      min: options.poolMin ?? 0,
      application_name: options.applicationName,
      connectionTimeoutMillis: options.acquireTimeoutMs ?? 10_000,
      idleTimeoutMillis: options.idleTimeoutMs ?? 30_000,
      keepAlive: true,
      // The session's zone must not show in what we read: instants travel in UTC.
      options: `-c timezone=UTC${statementTimeoutMs === undefined ? '' : ` -c statement_timeout=${statementTimeoutMs}`}`,
    },
    {
      onPoolError: onIdleError,
      onConnectionError: onIdleError,
      ...(options.preparedStatements === true ? { statementNameGenerator: createStatementNames() } : {}),
    },
  );
  const prisma = new PrismaClient({ adapter, errorFormat: 'minimal' });
  let closed: Promise<void> | undefined;
  return {
    prisma,
    close: () => (closed ??= prisma.$disconnect()),
  };
}
