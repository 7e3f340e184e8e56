import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';

import { migrate } from '../../../infra/database/migrate.ts';
import { eventually } from '../../support/eventually.ts';
import { emptyDatabase, migrationNames, quiet } from './support/empty.ts';

const NAME = '20261122000003_import_review';
const BUSINESS = '00000000-0000-7000-8000-000000000001';

/** The migrations up to this one, in a folder of their own: what comes later is not judged here. */
async function folderUpTo(last: 'before it' | 'with it'): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'migrations-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const names = await migrationNames();
  for (const name of names.slice(0, names.indexOf(NAME) + (last === 'with it' ? 1 : 0))) {
    await cp(`prisma/migrations/${name}`, path.join(folder, name), { recursive: true });
  }
  return folder;
}

/** A database as the release before this migration left it. */
async function databaseBefore(): Promise<{ url: string; pool: pg.Pool; folder: string }> {
  const database = await emptyDatabase();
  await migrate(database.url, { ...quiet, folder: await folderUpTo('before it') });
  return { ...database, folder: await folderUpTo('with it') };
}

/** Everything in the catalogue that an application could lean on, one line each. */
async function parts(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ part: string }>(
    `SELECT concat_ws(' ', 'column', table_name, column_name, udt_name, is_nullable, column_default) AS part
     FROM information_schema.columns WHERE table_schema = 'public'
     UNION ALL SELECT concat_ws(' ', 'index', indexdef) FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
     FROM pg_constraint WHERE connamespace = 'public'::regnamespace
     UNION ALL SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid), t.tgenabled)
     FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
     UNION ALL SELECT concat_ws(' ', 'function', p.oid::regprocedure, md5(p.prosrc)) FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')`,
  );
  return rows.map((row) => row.part);
}

/** The file of each table, and how often each was read from end to end: a rewrite or a check would show. */
async function storage(pool: pg.Pool): Promise<Map<string, { file: string; scans: number }>> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query<{ name: string; file: string; scans: string }>(
    `SELECT c.relname AS name, pg_relation_filenode(c.oid) AS file, s.seq_scan AS scans
     FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid WHERE c.relnamespace = 'public'::regnamespace`,
  );
  return new Map(rows.map((row) => [row.name, { file: row.file, scans: Number(row.scans) }]));
}

/** Rows in the big tables that this migration changes. */
async function fill(pool: pg.Pool, count: number): Promise<void> {
  const card = `'{}', 'x', '{}', '{}', now(), now()`;
  const columns = 'remote, remote_hash, base_theirs, base_ours, observed_sent_at, observed_received_at';
  await pool.query(
    `INSERT INTO external_bookings (business_id, external_id, starts_local, ends_local, ${columns})
     SELECT '${BUSINESS}', i::text, '2030-01-01 10:00', '2030-01-01 11:00', ${card} FROM generate_series(1, $1) i`,
    [count],
  );
  await pool.query(
    `INSERT INTO external_clients (business_id, external_id, ${columns})
     SELECT '${BUSINESS}', i::text, ${card} FROM generate_series(1, $1) i`,
    [count],
  );
  await pool.query(
    `INSERT INTO mappings (id, business_id, entity, external_id, state, reason)
     SELECT gen_random_uuid(), '${BUSINESS}', 'client', i::text, 'linked', 'same_email' FROM generate_series(1, $1) i`,
    [count],
  );
}

/** Writes to a table again and again until told to stop; answers with the longest write in milliseconds. */
function keepWriting(pool: pg.Pool): { stop(): Promise<number> } {
  let stopped = false;
  const worked = (async () => {
    let longestMs = 0;
    for (let id = 1; !stopped; id += 1) {
      const startedAt = performance.now();
      await pool.query(
        'UPDATE external_bookings SET last_run_id = gen_random_uuid() WHERE external_id = $1',
        [String(id % 50)],
      );
      longestMs = Math.max(longestMs, performance.now() - startedAt);
    }
    return longestMs;
  })();
  return {
    stop() {
      stopped = true;
      return worked;
    },
  };
}

describe(NAME, () => {
  it('only adds: whatever was there is there as it was, and older code goes on writing', async () => {
    const { url, pool, folder } = await databaseBefore();
    await fill(pool, 3);
    const before = await parts(pool);
    const rows = await pool.query('SELECT * FROM mappings ORDER BY id');
    expect(await migrate(url, { ...quiet, folder })).toEqual({ applied: [NAME] });
    const after = new Set(await parts(pool));
    expect(before.filter((part) => !after.has(part))).toEqual([]);
    const kept = await pool.query<Record<string, unknown>>('SELECT * FROM mappings ORDER BY id');
    expect(kept.rows).toMatchObject(rows.rows);
    expect(kept.rows[0]).toMatchObject({ candidates: [], version: 1, decision: null, sealed_card: null });
    // What the release before wrote, with the columns that it knows.
    await pool.query(
      `INSERT INTO mappings (id, business_id, entity, external_id, state, reason)
       VALUES (gen_random_uuid(), '${BUSINESS}', 'staff', '9', 'unsure', 'same_name')`,
    );
    await pool.query(
      `INSERT INTO sync_runs (id, business_id, kind, workflow_id, actor)
       VALUES (gen_random_uuid(), '${BUSINESS}', 'full_sync', 'full-sync/x', 'cli')`,
    );
    await pool.query(
      `INSERT INTO quarantine (id, business_id, entity, external_id, reason_code, detail, next_step)
       VALUES (gen_random_uuid(), '${BUSINESS}', 'visit', '9', 'schema_drift', 'a', 'b')`,
    );
    expect((await pool.query('SELECT mode, paused_at FROM sync_runs')).rows).toEqual([
      { mode: 'apply', paused_at: null },
    ]);
  });

  it('touches no row: no table is written anew or read from end to end, and writers hardly wait', async () => {
    const { url, pool, folder } = await databaseBefore();
    await fill(pool, 50_000);
    await pool.query('ANALYZE');
    const before = await storage(pool);
    const writing = keepWriting(pool);
    const startedAt = performance.now();
    await migrate(url, { ...quiet, folder });
    const migratedMs = performance.now() - startedAt;
    const longestMs = await writing.stop();
    const after = await storage(pool);
    for (const [name, was] of before) {
      if (name !== '_prisma_migrations') expect([name, after.get(name)]).toEqual([name, was]);
    }
    // Tens of milliseconds on an idle machine. What proves it is above; this bound is for whatever else could hold it up.
    expect(migratedMs).toBeLessThan(60_000);
    expect(longestMs).toBeLessThan(30_000);
  });

  it('lets others through while somebody holds a table, and comes in when that one is done', async () => {
    const { url, pool, folder } = await databaseBefore();
    await fill(pool, 100);
    const holder = await pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM mappings LIMIT 1');
    const writing = keepWriting(pool);
    const waits: string[] = [];
    const migrated = migrate(url, { folder, tableLockMs: 200, log: (line) => waits.push(line) });
    await eventually(async () => waits.filter((line) => line.includes('waits')).length >= 3);
    // Without giving up in between, a write would wait for the holder, which only ends afterwards.
    expect(await writing.stop()).toBeGreaterThan(0);
    await holder.query('COMMIT');
    holder.release();
    expect((await migrated).applied).toContain(NAME);
  });

  it('says who is in the way when that one does not end, and changes nothing', async () => {
    const { url, pool, folder } = await databaseBefore();
    const before = await parts(pool);
    const holder = await pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM mappings LIMIT 1');
    await expect(
      migrate(url, { ...quiet, folder, tableLockMs: 50, lockTimeoutMs: 200 }),
    ).rejects.toMatchObject({
      code: 'migration_blocked',
      next: expect.stringContaining('pg_stat_activity') as string,
    });
    await holder.query('COMMIT');
    holder.release();
    expect(await parts(pool)).toEqual(before);
  });
});
