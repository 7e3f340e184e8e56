import { inject, onTestFinished } from 'vitest';

import pg from 'pg';

import { databaseName, onAdminDatabase, withDatabase } from '../../../support/template.ts';

/** A database without any table, dropped when the running test ends. */
export async function emptyDatabase(): Promise<{ url: string; pool: pg.Pool }> {
  const adminUrl = inject('databaseAdminUrl');
  const name = databaseName('test');
  await onAdminDatabase(adminUrl, `CREATE DATABASE ${name}`);
  const url = withDatabase(adminUrl, name);
  const pool = new pg.Pool({ connectionString: url, max: 3 });
  pool.on('error', () => undefined);
  onTestFinished(async () => {
    await pool.end();
    await onAdminDatabase(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
  return { url, pool };
}

export const quiet = { log: () => undefined };
