import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { INDEXES, missingParts, TRIGGERS } from '../../../infra/database/inspect.ts';
import { expectedTables } from '../../../infra/database/expected.ts';
import { databaseOfThisTest } from '../../support/database.ts';
import { diffToSchema, openSchemaEngine } from './support/schema-engine.ts';

/** What Prisma says when there is nothing to do. */
const NOTHING = '-- This is an empty migration.';

/**
 * What schema.prisma cannot say, by exact name: Prisma overlooks it, and we look at it here. Anything else that is in
 * the database and not in the schema file is drift.
 */
const BY_HAND = {
  indexes: [
    'booking_holds_expires_at_idx',
    'booking_items_any_staff_idx',
    'booksy_audit_log_chain_key',
    'booksy_audit_log_run_id_idx',
    'booksy_sync_conflicts_card_idx',
    'booksy_sync_conflicts_open_idx',
    'booksy_sync_conflicts_open_key',
    'external_bookings_former_idx',
    'external_bookings_import_uid_idx',
    'external_bookings_moved_idx',
    'external_calendars_due_at_idx',
    'external_clients_gone_idx',
    'external_clients_primary_key',
    'integration_sync_status_due_idx',
    'occupancy_exempt_business_idx',
    'occupancy_exempt_idx',
    'occupancy_hold_id_idx',
    'occupancy_session_idx',
    'occupancy_time_off_id_idx',
    'profiles_unclaimed_email_idx',
    'profiles_unclaimed_name_idx',
    'quarantine_open_idx',
    'quarantine_open_key',
    'sync_failures_external_idx',
    'sync_intents_alive_idx',
    'sync_intents_due_idx',
    'sync_intents_open_key',
    'time_off_event_key',
    'webhook_logs_undrained_idx',
    'webhook_logs_undrained_key',
  ],
  exclusions: ['occupancy_no_overlap'],
  nullsNotDistinct: [
    'booksy_audit_log_chain_key',
    'booksy_sync_conflicts_open_key',
    'webhook_logs_undrained_key',
    'working_hours_owner_key',
  ],
  unlogged: ['sync_pass_rows'],
} as const;

describe('schema.prisma and the migrated database', () => {
  it('say the same', async () => {
    const { url } = await databaseOfThisTest();
    expect((await diffToSchema(await openSchemaEngine(url))).trim()).toBe(NOTHING);
  });

  it.each([
    ['a column too many', 'ALTER TABLE bookings ADD COLUMN colour text'],
    ['a column too few', 'ALTER TABLE bookings DROP COLUMN client_note'],
    ['another type', 'ALTER TABLE bookings ALTER COLUMN zone TYPE varchar(10)'],
    ['another default', 'ALTER TABLE bookings ALTER COLUMN generation SET DEFAULT 2'],
    ['nullable', 'ALTER TABLE bookings ALTER COLUMN zone DROP NOT NULL'],
    ['an index too few', 'DROP INDEX bookings_business_id_starts_at_id_idx'],
    ['a foreign key too few', 'ALTER TABLE bookings DROP CONSTRAINT bookings_profile_id_fkey'],
    ['a table too many', 'CREATE TABLE extra (id int PRIMARY KEY)'],
  ])('would be caught with %s', async (_name, change) => {
    const { url, pool } = await databaseOfThisTest();
    await pool.query(change);
    expect((await diffToSchema(await openSchemaEngine(url))).trim()).not.toBe(NOTHING);
  });

  it('differ by what the schema file cannot say, and by nothing else', async () => {
    const { pool } = await databaseOfThisTest();
    const names = async (query: string): Promise<string[]> =>
      (await pool.query<{ name: string }>(query)).rows.map((row) => row.name);
    expect(
      await names(
        `SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE c.relnamespace = 'public'::regnamespace AND (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL)
           AND NOT i.indisexclusion ORDER BY 1`,
      ),
    ).toEqual(BY_HAND.indexes);
    expect(
      await names(
        `SELECT conname AS name FROM pg_constraint WHERE contype = 'x' AND connamespace = 'public'::regnamespace`,
      ),
    ).toEqual(BY_HAND.exclusions);
    expect(
      await names(
        `SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indnullsnotdistinct ORDER BY 1`,
      ),
    ).toEqual(BY_HAND.nullsNotDistinct);
    expect(
      await names(
        `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relpersistence = 'u' AND relnamespace = 'public'::regnamespace`,
      ),
    ).toEqual(BY_HAND.unlogged);
  });
});

describe('what doctor looks for', () => {
  it('is what the migrations make: all triggers, each ENABLE ALWAYS, with a fixed search path', async () => {
    const { pool, url } = await databaseOfThisTest();
    const { rows } = await pool.query<{ name: string; enabled: string; path: string | null }>(
      `SELECT c.relname || '.' || t.tgname AS name, t.tgenabled::text AS enabled,
              (SELECT s FROM unnest(p.proconfig) s WHERE s LIKE 'search_path=%') AS path
       FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
       WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace`,
    );
    expect(rows.map((row) => row.name).toSorted()).toEqual([...TRIGGERS].toSorted());
    for (const row of rows) {
      expect(row).toMatchObject({ enabled: 'A', path: 'search_path=pg_catalog, public, pg_temp' });
    }
    expect(await missingParts(url)).toEqual([]);
  });

  it('reads every table and column out of schema.prisma', async () => {
    const { pool } = await databaseOfThisTest();
    const tables = await expectedTables();
    const { rows } = await pool.query<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'`,
    );
    expect(
      tables.flatMap((table) => table.columns.map((column) => `${table.name}.${column.name}`)).toSorted(),
    ).toEqual(rows.map((row) => row.name).toSorted());
  });

  it('is named when it is missing', async () => {
    const { pool, url } = await databaseOfThisTest();
    await pool.query('DROP TABLE mappings');
    await pool.query('ALTER TABLE bookings DROP COLUMN client_note');
    await pool.query('ALTER TABLE bookings ALTER COLUMN traveling TYPE text');
    await pool.query('DROP TRIGGER occupancy_update ON bookings');
    await pool.query('ALTER TABLE staff DISABLE TRIGGER booksy_sync_count');
    await pool.query(`DROP INDEX ${INDEXES[2] ?? ''}`);
    await pool.query('ALTER TABLE occupancy DROP CONSTRAINT occupancy_no_overlap');
    await pool.query('DROP EXTENSION btree_gist CASCADE');
    expect(await missingParts(url)).toEqual([
      { kind: 'column', name: 'bookings.client_note', problem: 'missing' },
      { kind: 'column', name: 'bookings.traveling', problem: 'is text, must be jsonb' },
      { kind: 'table', name: 'mappings', problem: 'missing' },
      { kind: 'extension', name: 'btree_gist', problem: 'missing' },
      { kind: 'trigger', name: 'staff.booksy_sync_count', problem: 'is not enabled ALWAYS' },
      { kind: 'trigger', name: 'bookings.occupancy_update', problem: 'missing' },
      { kind: 'index', name: 'quarantine_open_key', problem: 'missing' },
      { kind: 'constraint', name: 'occupancy.occupancy_no_overlap', problem: 'missing' },
    ]);
  });
});

describe('docs/DATABASE_SCHEMA.md', () => {
  it('has a word on every table and every trigger', async () => {
    const text = await readFile('docs/DATABASE_SCHEMA.md', 'utf8');
    const tables = (await expectedTables()).map((table) => table.name);
    expect(tables.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
    const triggers = new Set(TRIGGERS.map((name) => name.split('.')[1] ?? ''));
    expect([...triggers].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('has one line for each table and for nothing else', async () => {
    const text = await readFile('docs/DATABASE_SCHEMA.md', 'utf8');
    const chapters = text.slice(text.indexOf('## Platform'), text.indexOf('## Time that is held'));
    const tables = new Set((await expectedTables()).map((table) => table.name));
    const headings = [...chapters.matchAll(/^\| `(\w+)`\s+\|/gm)].map((match) => match[1] ?? '');
    expect(headings.toSorted()).toEqual([...tables].toSorted());
  });
});
