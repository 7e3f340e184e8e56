import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';

import { migrate, pendingMigrations } from '../../../infra/database/migrate.ts';
import { emptyDatabase, migrationNames, quiet } from './support/empty.ts';
import { migrationsList, noFilter, openSchemaEngine } from './support/schema-engine.ts';

/** Whatever the folder holds, in order: a new migration needs no word here. */
const NAMES = await migrationNames();
/** The names that the integration was announced with; they stay the first two. */
const FIRST = ['20250208000001_external_integration_sync', '20250208000002_booksy_integration_extensions'];

/** A copy of the migrations that the test may change. */
async function copiedMigrations(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'migrations-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp('prisma/migrations', folder, { recursive: true });
  return folder;
}

async function addMigration(folder: string, name: string, sql: string): Promise<void> {
  await mkdir(path.join(folder, name));
  await writeFile(path.join(folder, name, 'migration.sql'), sql);
}

/** Prisma's own table, in a form that can be compared: ids and times differ between two databases. */
async function history(pool: pg.Pool) {
  const { rows } = await pool.query<Record<string, unknown>>(
    `SELECT migration_name, checksum, logs, rolled_back_at, applied_steps_count,
            id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-4' AS id_is_v4, started_at <= finished_at AS in_order
     FROM _prisma_migrations ORDER BY started_at`,
  );
  return rows;
}

async function columnsOfHistory(pool: pg.Pool) {
  const { rows } = await pool.query<Record<string, unknown>>(
    `SELECT column_name, data_type, character_maximum_length, is_nullable, column_default
     FROM information_schema.columns WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`,
  );
  return rows;
}

describe('the names of the migrations', () => {
  it('begin with the two that were announced, and each has its own 14-digit stamp', () => {
    expect(NAMES.slice(0, 2)).toEqual(FIRST);
    const stamps = NAMES.map((name) => /^(\d{14})_[a-z0-9_]+$/.exec(name)?.[1]);
    expect(new Set(stamps).size).toBe(NAMES.length);
    expect(stamps).not.toContain(undefined);
  });
});

describe('migrating', () => {
  it('applies everything once, and a second time nothing', async () => {
    const { url, pool } = await emptyDatabase();
    expect(await pendingMigrations(url)).toEqual(NAMES);
    const lines: string[] = [];
    expect(await migrate(url, { log: (line) => lines.push(line) })).toEqual({ applied: NAMES });
    expect(lines).toEqual(NAMES.map((name) => `migration ${name}`));
    const before = await pool.query('SELECT * FROM _prisma_migrations');
    expect(await migrate(url, quiet)).toEqual({ applied: [] });
    expect((await pool.query('SELECT * FROM _prisma_migrations')).rows).toEqual(before.rows);
    expect(await pendingMigrations(url)).toEqual([]);
  });

  it('lets two migrators work at once: one does it, the other finds it done', async () => {
    const { url } = await emptyDatabase();
    const results = await Promise.all([migrate(url, quiet), migrate(url, quiet), migrate(url, quiet)]);
    expect(results.map((result) => result.applied.length).toSorted()).toEqual([0, 0, NAMES.length]);
  });

  it('says so when another one does not come to an end', async () => {
    const { url, pool } = await emptyDatabase();
    const holder = await pool.connect();
    await holder.query('SELECT pg_advisory_lock(72707369)');
    await expect(migrate(url, { ...quiet, lockTimeoutMs: 100 })).rejects.toMatchObject({
      code: 'migration_lock_timeout',
    });
    await holder.query('SELECT pg_advisory_unlock_all()');
    holder.release();
    expect(await migrate(url, quiet)).toEqual({ applied: NAMES });
  });

  it('refuses to go on over a migration that was changed, naming it', async () => {
    const { url } = await emptyDatabase();
    await migrate(url, quiet);
    const folder = await copiedMigrations();
    await writeFile(path.join(folder, NAMES[0] ?? '', 'migration.sql'), 'SELECT 1;');
    await addMigration(folder, '20990101000000_later', 'CREATE TABLE later (id int);');
    await expect(migrate(url, { ...quiet, folder })).rejects.toMatchObject({
      code: 'migration_changed',
      message: expect.stringContaining(NAMES[0] ?? '') as string,
    });
  });

  it('rolls a failing migration back whole, says why, and applies it once it is mended', async () => {
    const { url, pool } = await emptyDatabase();
    const folder = await copiedMigrations();
    const name = '20990101000000_later';
    await addMigration(folder, name, 'CREATE TABLE later (id int); SELECT 1 / 0;');
    await expect(migrate(url, { ...quiet, folder })).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining('22012') as string,
    });
    const { rows } = await pool.query(
      `SELECT to_regclass('later') AS later, to_regclass('bookings')::text AS bookings`,
    );
    expect(rows).toEqual([{ later: null, bookings: 'bookings' }]);
    await writeFile(path.join(folder, name, 'migration.sql'), 'CREATE TABLE later (id int);');
    expect(await migrate(url, { ...quiet, folder })).toEqual({ applied: [name] });
  });

  it('stops at a migration that another tool left unfinished', async () => {
    const { url, pool } = await emptyDatabase();
    await migrate(url, quiet);
    await pool.query(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = $1`, [
      NAMES[1],
    ]);
    await expect(migrate(url, quiet)).rejects.toMatchObject({ code: 'migration_failed_before' });
    await pool.query(`UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = $1`, [
      NAMES[1],
    ]);
    expect(await migrate(url, quiet)).toEqual({ applied: [NAMES[1]] });
  });

  it("leaves other people's migrations in the same table alone", async () => {
    const { url, pool } = await emptyDatabase();
    await migrate(url, quiet);
    await pool.query(
      `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
       VALUES (gen_random_uuid()::text, 'abc', now(), '20240101000000_theirs', 1)`,
    );
    expect(await migrate(url, quiet)).toEqual({ applied: [] });
  });
});

describe('beside `prisma migrate`', () => {
  it('leaves the history that Prisma itself would have left', async () => {
    const ours = await emptyDatabase();
    const theirs = await emptyDatabase();
    await migrate(ours.url, quiet);
    const engine = await openSchemaEngine(theirs.url);
    const applied = await engine.applyMigrations({
      migrationsList: await migrationsList(NAMES),
      filters: noFilter,
    });
    expect(applied.appliedMigrationNames).toEqual(NAMES);
    expect(await history(ours.pool)).toEqual(await history(theirs.pool));
    expect(await columnsOfHistory(ours.pool)).toEqual(await columnsOfHistory(theirs.pool));
    // Each goes on where the other stopped.
    expect(await migrate(theirs.url, quiet)).toEqual({ applied: [] });
    const onOurs = await openSchemaEngine(ours.url);
    const again = await onOurs.applyMigrations({
      migrationsList: await migrationsList(NAMES),
      filters: noFilter,
    });
    expect(again.appliedMigrationNames).toEqual([]);
    const diagnosis = await onOurs.diagnoseMigrationHistory({
      migrationsList: await migrationsList(NAMES),
      optInToShadowDatabase: false,
      filters: noFilter,
    });
    expect(diagnosis).toMatchObject({ editedMigrationNames: [], failedMigrationNames: [], history: null });
  });
});
