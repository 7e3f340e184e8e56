import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { inspectDatabase, missingParts } from '../../../infra/database/inspect.ts';
import { migrate, pendingMigrations } from '../../../infra/database/migrate.ts';
import { engineTables, PLATFORM_TABLES } from '../../../infra/database/web-roles.ts';
import { exportForSupabase, supabaseFiles } from '../../../scripts/supabase.ts';
import { quiet } from './support/empty.ts';
import { startOwnServer, type OwnServer } from './support/own-server.ts';
import { book, openSalon } from './support/salon.ts';

let server: OwnServer;
beforeAll(async () => {
  server = await startOwnServer();
  for (const role of ['anon', 'authenticated']) await server.admin(`CREATE ROLE ${role} NOLOGIN NOINHERIT`);
  await server.admin('CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS');
  await server.admin(`CREATE ROLE authenticator LOGIN NOINHERIT PASSWORD 'authenticator'`);
  await server.admin('GRANT anon, authenticated, service_role TO authenticator');
  // Who runs migrations and owns the tables there is no superuser.
  await server.admin(`CREATE ROLE owner LOGIN CREATEDB CREATEROLE BYPASSRLS PASSWORD 'owner'`);
});
afterAll(() => server.stop());

/** A database as Supabase hands it over: its schemas, extensions apart, and every right for the web roles. */
async function hostedDatabase(): Promise<{ url: string; pool: pg.Pool; as(user: string): pg.Pool }> {
  const { url, pool } = await server.database();
  await pool.query(`
    CREATE SCHEMA auth;
    CREATE TABLE auth.users (id uuid PRIMARY KEY, email text);
    CREATE SCHEMA extensions;
    CREATE EXTENSION pgcrypto SCHEMA extensions;
    CREATE EXTENSION btree_gist SCHEMA extensions;
    GRANT USAGE ON SCHEMA public, extensions TO anon, authenticated, service_role, owner;
    GRANT CREATE ON SCHEMA public TO owner;
    ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
  `);
  const { rows } = await pool.query<{ name: string }>('SELECT current_database() AS name');
  await pool.query(`ALTER DATABASE ${rows[0]?.name ?? ''} SET search_path = "$user", public, extensions`);
  const of = (user: string): string => {
    const address = new URL(url);
    address.username = user;
    address.password = user;
    return address.toString();
  };
  const pools: pg.Pool[] = [];
  onTestFinished(async () => {
    await Promise.all(pools.map((one) => one.end()));
  });
  return {
    url: of('owner'),
    pool,
    as(user) {
      const one = new pg.Pool({ connectionString: of(user), max: 2 });
      pools.push(one);
      return one;
    },
  };
}

/** Applies the exported files as `psql -f` does: file after file, each in one session. */
async function applyFiles(pool: pg.Pool, folder: string): Promise<void> {
  for (const name of readdirSync(folder).sort()) {
    const client = await pool.connect();
    try {
      await client.query(readFileSync(path.join(folder, name), 'utf8'));
    } finally {
      client.release(true);
    }
  }
}

/** A project folder; gone after the test. */
function project(): { folder: string; migrations: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'booksy-sync-supabase-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, migrations: path.join(folder, 'supabase', 'migrations') };
}

/** Tables of the schema that a web role has any right on, and those that lack row-level security. */
async function open(pool: pg.Pool): Promise<{ granted: string[]; unguarded: string[] }> {
  const { rows } = await pool.query<{ name: string; granted: boolean; guarded: boolean }>(
    `SELECT c.relname AS name, c.relrowsecurity AS guarded,
       has_table_privilege('anon', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
       OR has_table_privilege('authenticated', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') AS granted
     FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  return {
    granted: rows.filter((row) => row.granted).map((row) => row.name),
    unguarded: rows.filter((row) => !row.guarded).map((row) => row.name),
  };
}

describe('the export for Supabase', () => {
  it('writes one file a migration, in order, under a 14-digit stamp, and a second time nothing', async () => {
    const { folder, migrations } = project();
    const { written } = await exportForSupabase(folder);
    const names = readdirSync('prisma/migrations')
      .filter((name) => /^\d/.test(name))
      .sort();
    expect(written).toEqual(names.map((name) => `${name}.sql`));
    expect(readdirSync(migrations).sort()).toEqual(written);
    for (const name of names) {
      const text = readFileSync(path.join(migrations, `${name}.sql`), 'utf8');
      expect(text).toMatch(/^-- Booksy Sync, migration \d{14}_/);
      expect(text).toContain(readFileSync(`prisma/migrations/${name}/migration.sql`, 'utf8').trim());
    }
    expect(await exportForSupabase(folder)).toEqual({ written: [], unchanged: written });
  });

  it('refuses, and writes nothing, where a stamp is taken or a file of ours was changed', async () => {
    const { folder, migrations } = project();
    mkdirSync(migrations, { recursive: true });
    const [first = ''] = (await supabaseFiles()).keys();
    const theirs = `${first.slice(0, 14)}_theirs.sql`;
    writeFileSync(path.join(migrations, theirs), 'SELECT 1;');
    await expect(exportForSupabase(folder)).rejects.toThrow(theirs);
    expect(readdirSync(migrations)).toEqual([theirs]);
    rmSync(path.join(migrations, theirs));

    await exportForSupabase(folder);
    writeFileSync(path.join(migrations, first), 'SELECT 1;');
    await expect(exportForSupabase(folder)).rejects.toThrow(first);
    expect(readFileSync(path.join(migrations, first), 'utf8')).toBe('SELECT 1;');
    expect(await exportForSupabase(folder, { replace: true })).toMatchObject({ written: [first] });
    await expect(exportForSupabase(path.join(folder, 'missing'))).rejects.toThrow('does not exist');
  });

  it('makes the whole schema for an owner who is no superuser; nothing is missing, nothing is left to migrate', async () => {
    const { folder, migrations } = project();
    await exportForSupabase(folder);
    const hosted = await hostedDatabase();
    const owner = hosted.as('owner');
    await applyFiles(owner, migrations);
    expect(await inspectDatabase(hosted.url)).toEqual([]);
    expect(await pendingMigrations(hosted.url)).toEqual([]);
    expect(await migrate(hosted.url, quiet)).toEqual({ applied: [] });
    // It works: a visit is booked, its time is held, the outbox has it.
    const salon = await openSalon(owner);
    await book(owner, salon, { items: [{ from: 0, to: 30, staff: salon.staff[0] ?? '' }] });
    await expect(
      book(owner, salon, { items: [{ from: 15, to: 45, staff: salon.staff[0] ?? '' }] }),
    ).rejects.toMatchObject({ code: '23P01' });
    expect((await owner.query('SELECT FROM sync_outbox')).rowCount).toBeGreaterThan(0);
    // Once more, by hand: nothing changes.
    const visits = (await owner.query('SELECT FROM bookings')).rowCount;
    await applyFiles(owner, migrations);
    expect(await inspectDatabase(hosted.url)).toEqual([]);
    expect((await owner.query('SELECT FROM bookings')).rowCount).toBe(visits);
  });

  it('stops in a session that would make the tables elsewhere', async () => {
    const { folder, migrations } = project();
    await exportForSupabase(folder);
    const hosted = await hostedDatabase();
    const [first = ''] = readdirSync(migrations).sort();
    const client = await hosted.as('owner').connect();
    await client.query('SET search_path = extensions');
    await expect(client.query(readFileSync(path.join(migrations, first), 'utf8'))).rejects.toThrow(
      'schema public',
    );
    client.release(true);
  });
});

describe.each([
  ['the exported files', true],
  ['booksy migrate', false],
] as const)('on a hosted platform, by %s', (_name, byFiles) => {
  async function install(hosted: { url: string; as(user: string): pg.Pool }): Promise<void> {
    if (!byFiles) {
      await migrate(hosted.url, quiet);
      return;
    }
    const { folder, migrations } = project();
    await exportForSupabase(folder);
    await applyFiles(hosted.as('owner'), migrations);
  }

  it('no web role has a right on the engine, and none reads what came with us', async () => {
    const hosted = await hostedDatabase();
    await install(hosted);
    const { granted, unguarded } = await open(hosted.pool);
    expect(unguarded).toEqual([]);
    expect(granted).toEqual([...PLATFORM_TABLES].sort());
    const owner = hosted.as('owner');
    const salon = await openSalon(owner);
    await book(owner, salon, { items: [{ from: 0, to: 30, staff: salon.staff[0] ?? '' }] });
    const web = await hosted.as('authenticator').connect();
    for (const role of ['anon', 'authenticated']) {
      await web.query(`SET ROLE ${role}`);
      for (const table of PLATFORM_TABLES) expect((await web.query(`SELECT FROM ${table}`)).rowCount).toBe(0);
      for (const table of await engineTables()) {
        await expect(web.query(`SELECT FROM ${table}`)).rejects.toMatchObject({ code: '42501' });
      }
      await expect(web.query('DELETE FROM sync_outbox')).rejects.toMatchObject({ code: '42501' });
      await expect(web.query(`SELECT occupancy_refresh('{}', '{}', '{}', '{}')`)).rejects.toMatchObject({
        code: '42501',
      });
      await expect(
        web.query('SELECT * FROM occupancy_overlaps($1)', [salon.businessId]),
      ).rejects.toMatchObject({
        code: '42501',
      });
    }
    await web.query('SET ROLE service_role');
    expect((await web.query('SELECT FROM bookings')).rowCount).toBe(1);
    web.release(true);
  });

  it('its own tables stay as open or closed as its owner has them', async () => {
    const hosted = await hostedDatabase();
    const owner = hosted.as('owner');
    await owner.query('CREATE TABLE services (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text)');
    await owner.query('CREATE TABLE posts (id uuid PRIMARY KEY, text text)');
    await owner.query(`CREATE TABLE profiles (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid)`);
    await owner.query('ALTER TABLE profiles ENABLE ROW LEVEL SECURITY');
    await owner.query(`CREATE POLICY own ON profiles TO authenticated USING (user_id IS NOT NULL)`);
    await install(hosted);
    expect((await open(hosted.pool)).unguarded).toEqual(['posts', 'services']);
    const web = await hosted.as('authenticator').connect();
    await web.query('SET ROLE anon');
    await web.query(`INSERT INTO services (name) VALUES ('Cut')`);
    expect((await web.query('SELECT name FROM services')).rows).toEqual([{ name: 'Cut' }]);
    web.release(true);
    const { rows } = await owner.query(`SELECT polname FROM pg_policy WHERE polrelid = 'profiles'::regclass`);
    expect(rows).toEqual([{ polname: 'own' }]);
  });
});

describe('doctor', () => {
  it('names a table of the engine that a web role can reach, and migrate closes it again', async () => {
    const hosted = await hostedDatabase();
    await migrate(hosted.url, quiet);
    const owner = hosted.as('owner');
    await owner.query('GRANT SELECT ON integration_secrets TO anon');
    await owner.query('GRANT ALL ON ALL TABLES IN SCHEMA public TO authenticated');
    const found = await missingParts(hosted.url);
    expect(found).toContainEqual({
      kind: 'protection',
      name: 'integration_secrets',
      problem: 'is open to the role anon',
    });
    expect(found).toHaveLength(1 + (await engineTables()).length);
    await migrate(hosted.url, quiet);
    expect(await missingParts(hosted.url)).toEqual([]);
  });

  it('changes nothing where there is nothing to close', async () => {
    const hosted = await hostedDatabase();
    await migrate(hosted.url, quiet);
    const state = async (): Promise<unknown[]> =>
      (
        await hosted.pool.query(
          `SELECT xmin, oid FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY oid`,
        )
      ).rows as unknown[];
    const before = await state();
    await migrate(hosted.url, quiet);
    expect(await state()).toEqual(before);
  });
});
