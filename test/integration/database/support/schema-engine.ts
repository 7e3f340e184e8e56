/**
 * Prisma's own schema engine, in process: what `prisma migrate diff|status|deploy` would say, with no download.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  type ColumnType,
  ColumnTypeEnum,
} from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';

const noFilter = { externalTables: [], externalEnums: [] };
const schemaFile = path.resolve('prisma/schema.prisma');

// Where the engine leaves the message of a panic.
Reflect.set(globalThis, 'PRISMA_WASM_PANIC_REGISTRY', {
  set_message: (message: string) => {
    process.stderr.write(`schema engine: ${message}\n`);
  },
});

let engineOfThisProcess: Promise<Glue> | undefined;

/** Opens the engine on one database. */
export async function openSchemaEngine(url: string): Promise<SchemaEngine> {
  // Its glue keeps views of one memory: one instance a process, however many engines.
  engineOfThisProcess ??= loadGlue();
  const { SchemaEngine: Engine } = await engineOfThisProcess;
  const adapter = bindMigrationAwareSqlAdapterFactory(
    new EngineAdapter({ connectionString: url, idleTimeoutMillis: 100 }),
  );
  return Engine.new(
    { datamodels: [[schemaFile, await readFile(schemaFile, 'utf8')]] },
    () => undefined,
    adapter,
  );
}

/** The package is built for bundlers, so its module is instantiated by hand. */
async function loadGlue(): Promise<Glue> {
  const require = createRequire(import.meta.url);
  const folder = path.dirname(require.resolve('@prisma/schema-engine-wasm'));
  const glue: unknown = await import(path.join(folder, 'schema_engine_bg.js'));
  if (!isGlue(glue)) throw new Error('the schema engine package has another shape than expected');
  await instantiate(await readFile(path.join(folder, 'schema_engine_bg.wasm')), glue);
  return glue;
}

/** SQL that would turn the database into what schema.prisma says; empty where they agree. */
export async function diffToSchema(engine: SchemaEngine): Promise<string> {
  const content = await readFile(schemaFile, 'utf8');
  const result = await engine.diff({
    from: {
      tag: 'schemaDatasource',
      configDir: path.dirname(schemaFile),
      files: [{ path: schemaFile, content }],
    },
    to: { tag: 'schemaDatamodel', files: [{ path: schemaFile, content }] },
    script: true,
    exitCode: null,
    filters: noFilter,
  });
  return result.stdout ?? '';
}

/** The migrations folder as the engine wants it. */
export async function migrationsList(names: readonly string[]) {
  const baseDir = path.resolve('prisma/migrations');
  return {
    baseDir,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(path.join(baseDir, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok' as const,
            value: await readFile(path.join(baseDir, name, 'migration.sql'), 'utf8'),
          },
        },
      })),
    ),
  };
}

export { noFilter };

/** PostgreSQL's internal type "char", and the types that come with it in the engine's catalogue queries. */
const CATALOGUE_TYPES = new Map<number, number>([
  [16, ColumnTypeEnum.Boolean],
  [18, ColumnTypeEnum.Character],
  [20, ColumnTypeEnum.Int64],
  [21, ColumnTypeEnum.Int32],
  [23, ColumnTypeEnum.Int32],
  [26, ColumnTypeEnum.Int64],
  [1009, ColumnTypeEnum.TextArray],
]);

/** The adapter of this Prisma does not know "char", which the engine (a little newer) reads from the catalogue. */
class EngineAdapter extends PrismaPg {
  override async connect() {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    const pool = adapter.underlyingDriver();
    // As the native engine does: the whole file at once. The adapter would cut it at every semicolon.
    adapter.executeScript = async (script) => {
      await pool.query(script);
    };
    adapter.queryRaw = async (query) => {
      if (!/\bFROM\s+pg_/i.test(query.sql)) return queryRaw(query);
      const described = await pool.query({ text: query.sql, values: query.args, rowMode: 'array' });
      if (!described.fields.some((field) => field.dataTypeID === 18)) return queryRaw(query);
      return {
        columnNames: described.fields.map((field) => field.name),
        columnTypes: described.fields.map(
          (field) => (CATALOGUE_TYPES.get(field.dataTypeID) ?? ColumnTypeEnum.Text) as ColumnType,
        ),
        rows: described.rows,
      };
    };
    return adapter;
  }
}

interface Glue {
  readonly __wbg_set_wasm: (exports: object) => void;
  readonly SchemaEngine: {
    new: (
      options: { datamodels: [string, string][] },
      log: () => undefined,
      adapter: object,
    ) => Promise<SchemaEngine>;
  };
}

function isGlue(value: unknown): value is Glue {
  return typeof value === 'object' && value !== null && '__wbg_set_wasm' in value && 'SchemaEngine' in value;
}

/** Node's WebAssembly, which the compiler's settings of this project do not know. */
async function instantiate(binary: Buffer, glue: Glue): Promise<void> {
  const wasm: unknown = Reflect.get(globalThis, 'WebAssembly');
  if (!isWebAssembly(wasm)) throw new Error('this Node has no WebAssembly');
  const { instance } = await wasm.instantiate(binary, { './schema_engine_bg.js': glue });
  const start: unknown = Reflect.get(instance.exports, '__wbindgen_start');
  glue.__wbg_set_wasm(instance.exports);
  if (typeof start === 'function') Reflect.apply(start, undefined, []);
}

interface WebAssemblyLike {
  instantiate(binary: Buffer, imports: object): Promise<{ instance: { exports: object } }>;
}

function isWebAssembly(value: unknown): value is WebAssemblyLike {
  return typeof value === 'object' && value !== null && 'instantiate' in value;
}
