/**
 * Applies prisma/migrations, and leaves behind what `prisma migrate deploy` would have: the same table, rows, checksums
 * and advisory lock. So either of them can go on where the other stopped; Prisma's own needs an engine that cannot be
 * had everywhere.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import pg from 'pg';

import { sqlState } from './errors.ts';
import { betweenOthers, inTransaction, type GiveWayOptions } from './give-way.ts';
import { MigrationError } from './migration-error.ts';
import { protectTables, REMEMBER_TABLES } from './web-roles.ts';

export { MIGRATION_ERRORS, MigrationError, type MigrationErrorCode } from './migration-error.ts';

/** The key of Prisma's own lock: its tool and this one keep out of each other's way. */
const PRISMA_LOCK_KEY = 72_707_369;
/** The migrations of this product, in Prisma's layout. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/** Prisma's own table, made as Prisma makes it. */
export const MIGRATIONS_TABLE = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  varchar(36) PRIMARY KEY NOT NULL,
    checksum            varchar(64) NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;

export interface MigrateOptions extends GiveWayOptions {
  /** Another folder in Prisma's layout, for tests. */
  readonly folder?: string;
}

export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, hexadecimal: Prisma's checksum. */
  readonly checksum: string;
}

/** A migration with what keeps its tables from web roles, for the same transaction. */
type ProtectedMigration = Migration & { readonly protect: string };

interface AppliedRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
  readonly logs: string | null;
}

/**
 * Applies what is missing, each migration in one transaction, and names it. Migrations of others in the same table are
 * left alone.
 * @param url a direct connection (DATABASE_DIRECT_URL), not one through a transaction pooler
 * @throws MigrationError
 */
export async function migrate(url: string, options: MigrateOptions): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(options.folder ?? MIGRATIONS_FOLDER);
  const client = new pg.Client({ connectionString: url, application_name: 'booksy-sync migrate' });
  // A connection that dies also fails the query that runs on it; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SET statement_timeout = 0');
    await takeLock(client, options.lockTimeoutMs ?? 60_000);
    await client.query(MIGRATIONS_TABLE);
    const missing = pending(migrations, await appliedRows(client));
    const protect = await protectTables();
    for (const migration of missing) {
      options.log(`migration ${migration.name}`);
      await betweenOthers(`migration ${migration.name}`, options, (tableLockMs) =>
        apply(client, { ...migration, protect }, tableLockMs),
      );
    }
    // What an earlier release made, or another tool.
    if (missing.length === 0) {
      await betweenOthers('protection of tables', options, (tableLockMs) =>
        inTransaction(client, tableLockMs, async () => {
          await client.query(REMEMBER_TABLES);
          await client.query(protect);
        }),
      );
    }
    return { applied: missing.map((migration) => migration.name) };
  } finally {
    // Ending the session gives the lock back.
    await client.end();
  }
}

/** Which of our migrations a database still lacks. Changes nothing. */
export async function pendingMigrations(url: string): Promise<string[]> {
  const migrations = await readMigrations(MIGRATIONS_FOLDER);
  const client = new pg.Client({ connectionString: url, application_name: 'booksy-sync doctor' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ there: boolean }>(
      `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there`,
    );
    const applied = rows[0]?.there === true ? await appliedRows(client) : [];
    return pending(migrations, applied).map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

/** Reads a folder in Prisma's layout, in order of name. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    return await Promise.all(
      names.sort().map(async (name) => {
        const file = await readFile(path.join(folder, name, 'migration.sql'));
        return {
          name,
          sql: file.toString('utf8'),
          checksum: createHash('sha256').update(file).digest('hex'),
        };
      }),
    );
  } catch (cause) {
    throw new MigrationError(
      'migrations_unreadable',
      'The folder prisma/migrations cannot be read.',
      'Install the product again; it comes with its migrations.',
      { cause },
    );
  }
}

async function takeLock(client: pg.Client, timeoutMs: number): Promise<void> {
  await client.query(`SET lock_timeout = ${Math.trunc(timeoutMs)}`);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK_KEY]);
  } catch (cause) {
    if (sqlState(cause) !== '55P03') throw cause;
    throw new MigrationError(
      'migration_lock_timeout',
      `Another migration has been running for more than ${Math.trunc(timeoutMs / 1000)} s.`,
      'Wait for it, or end its connection; then try again. Nothing was changed.',
      { cause },
    );
  }
  await client.query('SET lock_timeout = 0');
}

async function appliedRows(client: pg.Client): Promise<AppliedRow[]> {
  const { rows } = await client.query<AppliedRow>(
    `SELECT migration_name, checksum, finished_at, logs FROM _prisma_migrations
     WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

/** Ours that are not applied. One that failed or was changed since stops everything: what it did here is unknown. */
function pending(migrations: readonly Migration[], applied: readonly AppliedRow[]): Migration[] {
  const byName = new Map(applied.map((row) => [row.migration_name, row]));
  return migrations.filter((migration) => {
    const row = byName.get(migration.name);
    if (row === undefined) return true;
    if (row.finished_at === null) {
      throw new MigrationError(
        'migration_failed_before',
        `The migration ${migration.name} was begun on this database and did not end.`,
        `Look at what it left, mend it, then run "prisma migrate resolve --rolled-back ${migration.name}" ` +
          'or set rolled_back_at in its row of _prisma_migrations, and try again.',
      );
    }
    if (row.checksum !== migration.checksum) {
      throw new MigrationError(
        'migration_changed',
        `The migration ${migration.name} was changed after it had been applied to this database: ` +
          `applied ${row.checksum.slice(0, 12)}…, here ${migration.checksum.slice(0, 12)}….`,
        'Put the file back as it was (check out the release again), and make changes in a new migration.',
      );
    }
    return false;
  });
}

/** Applies one migration whole or not at all. Gives the error back when a table could not be had in time. */
async function apply(
  client: pg.Client,
  migration: ProtectedMigration,
  tableLockMs: number,
): Promise<unknown> {
  const id = randomUUID();
  try {
    return await inTransaction(client, tableLockMs, async () => {
      await client.query(
        `INSERT INTO _prisma_migrations (id, checksum, started_at, migration_name) VALUES ($1, $2, clock_timestamp(), $3)`,
        [id, migration.checksum, migration.name],
      );
      await client.query(REMEMBER_TABLES);
      await client.query(migration.sql);
      await client.query(migration.protect);
      await client.query(
        `UPDATE _prisma_migrations SET applied_steps_count = 1, finished_at = clock_timestamp() WHERE id = $1`,
        [id],
      );
    });
  } catch (cause) {
    throw new MigrationError(
      'migration_failed',
      `The migration ${migration.name} failed and was rolled back: ${reasonOf(cause)}`,
      hintOf(cause) ?? 'The database is as it was before. Mend the reason and try again.',
      { cause },
    );
  }
}

function reasonOf(cause: unknown): string {
  const state = sqlState(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  return state === undefined ? message : `${message} (SQLSTATE ${state})`;
}

function hintOf(cause: unknown): string | undefined {
  return cause instanceof pg.DatabaseError ? cause.hint : undefined;
}
