/**
 * Keeps the tables that our migrations make from the web roles of a hosted platform. Such a platform (Supabase) grants
 * whatever comes into the schema `public` to the roles `anon` and `authenticated`, and serves it to everybody who has the
 * public key. Where those roles exist, a table that a migration makes gets row-level security and no policy: nobody
 * reads it through the web until its owner writes one. A table that was there before stays as its owner has it. The
 * engine's own tables lose every grant besides.
 *
 * Plain SQL, because the export for `supabase/migrations` carries the same text.
 */
import { expectedTables } from './expected.ts';

/** Tables of the platform, which its own application may serve; all others are the engine's own. */
export const PLATFORM_TABLES: readonly string[] = [
  'businesses',
  'service_categories',
  'services',
  'service_variants',
  'service_variant_staff',
  'staff',
  'rooms',
  'profiles',
  'bookings',
  'booking_items',
  'working_hours',
  'time_off',
];

/** Where the history of the migrations is kept. */
export const HISTORY_TABLE = '_prisma_migrations';

/** Roles that a hosted platform serves to the web. */
export const WEB_ROLES = ['anon', 'authenticated'] as const;

/** Tables that no web role may touch, in the order of the schema. */
export async function engineTables(): Promise<readonly string[]> {
  const names = (await expectedTables()).map((table) => table.name);
  return [...names.filter((name) => !PLATFORM_TABLES.includes(name)), HISTORY_TABLE];
}

/** Remembers, for this session, which tables are there. Goes before a migration. */
export const REMEMBER_TABLES = `DO $$
BEGIN
  PERFORM set_config('booksy_sync.tables_before', coalesce(string_agg(c.oid::text, ','), ''), false)
  FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace;
END
$$;`;

/** Protects what came since {@link REMEMBER_TABLES}. Goes after a migration, in the same session; safe to repeat. */
export async function protectTables(): Promise<string> {
  const engine = await engineTables();
  const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');
  return `DO $$
DECLARE
  web_role text;
  own_table text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname IN (${list(WEB_ROLES)})) THEN
    RETURN;
  END IF;
  FOR own_table IN
    SELECT c.relname FROM pg_class c
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT c.relrowsecurity
      AND (c.relname IN (${list(engine)})
        OR NOT c.oid::text = ANY (string_to_array(current_setting('booksy_sync.tables_before', true), ',')))
  LOOP
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', own_table);
  END LOOP;
  -- What needs no change is left alone: a grant that is taken back again would still be written.
  FOR web_role IN SELECT rolname FROM pg_roles WHERE rolname IN (${list(WEB_ROLES)}) LOOP
    FOR own_table IN
      SELECT c.relname FROM pg_class c
      WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND c.relname IN (${list(engine)})
        AND has_table_privilege(web_role, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
    LOOP
      EXECUTE format('REVOKE ALL ON TABLE public.%I FROM %I', own_table, web_role);
    END LOOP;
  END LOOP;
END
$$;`;
}
