import pg from 'pg';
import { onTestFinished } from 'vitest';
import { createDatabase, type Database } from '../../infra/database/index.ts';
import { sharedServers } from './shared-servers.ts';
import { databaseName, onAdminDatabase, withDatabase } from './template.ts';

/** A database of one test, or of one test file: a fresh copy of the migrated template. */
export interface TestDatabase {
  readonly url: string;
  /** A pool for raw SQL in the test; opened on first use, closed by `drop`. */
  readonly pool: pg.Pool;
  /** The product's own way to the database; opened on first use, closed by `drop`. */
  readonly database: Database;
  /** Registers something to close before the database goes, such as a Prisma client. Last in, first out. */
  closing<T extends { close(): Promise<void> }>(resource: T): T;
  /** Closes what was opened and drops the database, connections of crashed parts included. */
  drop(): Promise<void>;
}

/** Creates a migrated database in the run's PostgreSQL. Whoever creates it drops it (`afterAll`, `afterEach`). */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { databaseAdminUrl: adminUrl, databaseTemplate } = sharedServers();
  const name = databaseName('test');
  await onAdminDatabase(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${databaseTemplate}`);
  const url = withDatabase(adminUrl, name);
  const resources: { close(): Promise<void> }[] = [];
  let pool: pg.Pool | undefined;
  let database: Database | undefined;
  return {
    url,
    get pool() {
      pool ??= openPool(url);
      return pool;
    },
    get database() {
      if (database === undefined) {
        database = createDatabase({ url, poolMax: 5, applicationName: 'booksy-sync test' });
        resources.push(database);
      }
      return database;
    },
    closing(resource) {
      resources.push(resource);
      return resource;
    },
    async drop() {
      for (const resource of resources.splice(0).reverse()) await resource.close();
      await pool?.end();
      await onAdminDatabase(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** As `createTestDatabase`, dropped when the running test ends, however it ends. Call it inside a test. */
export async function databaseOfThisTest(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  return database;
}

function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  // Restart tests stop the server under idle connections; the pool replaces those by itself.
  pool.on('error', () => undefined);
  return pool;
}
