/**
 * Compares a database with what this product needs and names what is missing: for `booksy doctor`, on platforms that
 * had tables of their own before.
 */
import pg from 'pg';

import { expectedTables, type ExpectedTable } from './expected.ts';
import { engineTables, WEB_ROLES } from './web-roles.ts';

/** One thing that is missing or other than it must be. */
export interface MissingPart {
  readonly kind: 'table' | 'column' | 'extension' | 'trigger' | 'index' | 'constraint' | 'protection';
  /** `bookings`, `bookings.zone`, `btree_gist`, `bookings.occupancy_update`. */
  readonly name: string;
  /** What is the matter, e.g. `missing`, `is timestamp, must be timestamptz`. */
  readonly problem: string;
}

const EXTENSIONS = ['btree_gist'] as const;

const RECORD_TABLES = [
  'businesses',
  'service_categories',
  'services',
  'service_variants',
  'staff',
  'rooms',
  'profiles',
  'bookings',
  'booking_items',
  'working_hours',
  'time_off',
] as const;

const RECORD_TRIGGERS = [
  'booksy_sync_count',
  'booksy_sync_outbox_insert',
  'booksy_sync_outbox_update',
  'booksy_sync_outbox_delete',
  'booksy_sync_outbox_truncate',
] as const;

/** Whoever keeps free time for a minute is told of changes in these … */
const TIME_TABLES = [
  'occupancy',
  'working_hours',
  'holidays',
  'services',
  'service_variants',
  'staff',
  'rooms',
  'sync_rules',
  'time_off',
] as const;
const TIME_TRIGGERS = [
  'availability_insert',
  'availability_update',
  'availability_delete',
  'availability_truncate',
] as const;
/** … and in these, whose rows do not say whose they are. */
const SHARED_TIME_TABLES = ['service_variant_staff', 'service_rooms', 'businesses'] as const;

/** Every trigger of the migrations, `table.name`. Each must be ENABLE ALWAYS (R27). */
export const TRIGGERS: readonly string[] = [
  ...RECORD_TABLES.flatMap((table) => RECORD_TRIGGERS.map((trigger) => `${table}.${trigger}`)),
  'service_variant_staff.booksy_sync_staff_insert',
  'service_variant_staff.booksy_sync_staff_update',
  'service_variant_staff.booksy_sync_staff_delete',
  'service_variant_staff.booksy_sync_outbox_truncate',
  'booking_items.occupancy_insert',
  'booking_items.occupancy_update',
  'booking_items.occupancy_delete',
  'booking_items.occupancy_truncate',
  'bookings.occupancy_update',
  'bookings.occupancy_delete',
  'bookings.booking_awaits_no_more',
  'time_off.occupancy_insert',
  'time_off.occupancy_update',
  'time_off.occupancy_delete',
  'time_off.occupancy_truncate',
  'occupancy_disputes.occupancy_disputes_settle',
  'booksy_audit_log.booksy_audit_append_only',
  'booksy_audit_values.booksy_audit_append_only',
  'booksy_audit_values.booksy_audit_erase_only',
  'booksy_audit_heads.booksy_audit_append_only',
  'sync_outbox.booksy_sync_notify',
  'webhook_logs.booksy_sync_notify',
  ...TIME_TABLES.flatMap((table) => TIME_TRIGGERS.map((trigger) => `${table}.${trigger}`)),
  ...RECORD_TRIGGERS.slice(1).map((trigger) => `holidays.${trigger}`),
  'external_hours.booksy_sync_name',
  'booksy_sync_conflicts.booksy_sync_wish',
  ...SHARED_TIME_TABLES.map((table) => `${table}.availability_change`),
];

/** Unique indexes that statements here lean on and Prisma cannot name. */
export const INDEXES: readonly string[] = [
  'working_hours_owner_key',
  'external_clients_primary_key',
  'quarantine_open_key',
  'booksy_sync_conflicts_open_key',
  'booksy_audit_log_chain_key',
  'sync_intents_open_key',
  'webhook_logs_undrained_key',
  'time_off_event_key',
  'external_hours_external_id_key',
];

const CONSTRAINTS = ['occupancy.occupancy_no_overlap'] as const;

/**
 * What a database lacks, in the order tables, columns, rest; empty when it is whole. Reads the catalogue only.
 * @throws the driver's error when the database cannot be reached
 */
export async function missingParts(url: string): Promise<MissingPart[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'booksy-sync doctor' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const tables = await expectedTables();
    return [
      ...(await missingColumns(client, tables)),
      ...(await missingNames(client, 'extension', EXTENSIONS, 'SELECT extname AS name FROM pg_extension')),
      ...(await missingTriggers(client)),
      ...(await missingNames(
        client,
        'index',
        INDEXES,
        `SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public'`,
      )),
      ...(await missingNames(
        client,
        'constraint',
        CONSTRAINTS,
        `SELECT c.relname || '.' || k.conname AS name FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
         WHERE c.relnamespace = 'public'::regnamespace`,
      )),
      ...(await openTables(client)),
    ];
  } finally {
    await client.end();
  }
}

/** `missingParts` as lines such as `column bookings.zone: missing`. */
export async function inspectDatabase(url: string): Promise<string[]> {
  const parts = await missingParts(url);
  return parts.map((part) => `${part.kind} ${part.name}: ${part.problem}`);
}

/** Tables of the engine that a web role of a hosted platform may read or write. */
async function openTables(client: pg.Client): Promise<MissingPart[]> {
  const { rows } = await client.query<{ name: string; role: string }>(
    `SELECT c.relname AS name, r.rolname AS role FROM pg_class c CROSS JOIN pg_roles r
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
       AND c.relname = ANY ($1) AND r.rolname = ANY ($2)
       AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
     ORDER BY 1, 2`,
    [await engineTables(), WEB_ROLES],
  );
  return rows.map(({ name, role }) => ({ kind: 'protection', name, problem: `is open to the role ${role}` }));
}

interface ColumnRow {
  readonly table_name: string;
  readonly column_name: string;
  readonly udt_name: string;
}

async function missingColumns(client: pg.Client, tables: readonly ExpectedTable[]): Promise<MissingPart[]> {
  const { rows } = await client.query<ColumnRow>(
    `SELECT table_name, column_name, udt_name FROM information_schema.columns WHERE table_schema = 'public'`,
  );
  const types = new Map(rows.map((row) => [`${row.table_name}.${row.column_name}`, row.udt_name]));
  const present = new Set(rows.map((row) => row.table_name));
  return tables.flatMap((table): MissingPart[] => {
    if (!present.has(table.name)) return [{ kind: 'table', name: table.name, problem: 'missing' }];
    return table.columns.flatMap((column): MissingPart[] => {
      const name = `${table.name}.${column.name}`;
      const found = types.get(name);
      if (found === undefined) return [{ kind: 'column', name, problem: 'missing' }];
      if (column.types.length === 0 || column.types.includes(found)) return [];
      return [{ kind: 'column', name, problem: `is ${found}, must be ${column.types[0] ?? ''}` }];
    });
  });
}

async function missingTriggers(client: pg.Client): Promise<MissingPart[]> {
  const { rows } = await client.query<{ name: string; enabled: string }>(
    `SELECT c.relname || '.' || t.tgname AS name, t.tgenabled::text AS enabled
     FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal`,
  );
  const enabled = new Map(rows.map((row) => [row.name, row.enabled]));
  return TRIGGERS.flatMap((name): MissingPart[] => {
    const mode = enabled.get(name);
    if (mode === undefined) return [{ kind: 'trigger', name, problem: 'missing' }];
    if (mode !== 'A') return [{ kind: 'trigger', name, problem: 'is not enabled ALWAYS' }];
    return [];
  });
}

async function missingNames(
  client: pg.Client,
  kind: MissingPart['kind'],
  expected: readonly string[],
  query: string,
): Promise<MissingPart[]> {
  const { rows } = await client.query<{ name: string }>(query);
  const present = new Set(rows.map((row) => row.name));
  return expected.filter((name) => !present.has(name)).map((name) => ({ kind, name, problem: 'missing' }));
}
