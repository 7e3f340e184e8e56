import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../infra/database/migrate.ts';

/** Runs one statement on the administrative database. Identifiers must come from this module. */
export async function onAdminDatabase(adminUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The same server, another database. */
export function withDatabase(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.toString();
}

/** A name that no other run on the same server uses. */
export function databaseName(kind: 'template' | 'test'): string {
  return `booksy_sync_${kind}_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
}

/** Creates the migrated database that every test database is a copy of. */
export async function createTemplate(adminUrl: string): Promise<{ name: string; drop(): Promise<void> }> {
  const name = databaseName('template');
  await onAdminDatabase(adminUrl, `CREATE DATABASE ${name}`);
  await migrate(withDatabase(adminUrl, name), { log: () => undefined });
  return {
    name,
    drop: () => onAdminDatabase(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}
