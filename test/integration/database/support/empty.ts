import { readdir } from 'node:fs/promises';

import { inject, onTestFinished } from 'vitest';

import pg from 'pg';

import { databaseName, onAdminDatabase, withDatabase } from '../../../support/template.ts';

/**
 * A database without any table, dropped when the running test ends.
 * @param options of CREATE DATABASE, for another locale
 */
export async function emptyDatabase(options = ''): Promise<{ url: string; pool: pg.Pool }> {
  const adminUrl = inject('databaseAdminUrl');
  const name = databaseName('test');
  await onAdminDatabase(adminUrl, `CREATE DATABASE ${name} ${options}`);
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

/** Names of all migrations in order, read from the folder itself. */
export async function migrationNames(): Promise<string[]> {
  const entries = await readdir('prisma/migrations', { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
