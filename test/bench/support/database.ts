import pg from 'pg';
import { databaseName, onAdminDatabase, withDatabase } from '../../support/template.ts';
import type { BenchServers } from '../row.ts';

/** A migrated, empty database of one measurement. */
export interface BenchDatabase {
  readonly url: string;
  /** Runs one statement that the counters leave out. */
  query<T extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly T[]>;
  drop(): Promise<void>;
}

/** The mark that keeps a statement out of what is counted (infra/local/measure.ts). */
export const MARK = '/* measure */';

export async function createBenchDatabase(servers: BenchServers): Promise<BenchDatabase> {
  const name = databaseName('test');
  await onAdminDatabase(servers.adminUrl, `CREATE DATABASE ${name} TEMPLATE ${servers.template}`);
  const url = withDatabase(servers.adminUrl, name);
  const client = new pg.Client({ connectionString: url, application_name: 'booksy-sync bench' });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  return {
    url,
    async query<T extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) {
      const marked = sql.replace(/^\s*(\w+)/, `$1 ${MARK}`);
      return (await client.query<T>(marked, [...values])).rows;
    },
    async drop() {
      await client.end();
      await onAdminDatabase(servers.adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
