/**
 * The tables and columns that prisma/schema.prisma describes, read from the file itself: one truth for the client, the
 * migrations' test and `doctor`.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const SCHEMA_FILE = fileURLToPath(new URL('../../prisma/schema.prisma', import.meta.url));

export interface ExpectedColumn {
  readonly name: string;
  /** PostgreSQL types (`udt_name`) that serve, the one we make first; empty = any. */
  readonly types: readonly string[];
}

export interface ExpectedTable {
  readonly name: string;
  readonly columns: readonly ExpectedColumn[];
}

const SCALARS: Readonly<Record<string, readonly string[]>> = {
  // A platform's own column may be an enum, a domain or varchar: text goes in and out of each.
  String: [],
  Int: ['int4', 'int2', 'int8'],
  BigInt: ['int8'],
  Boolean: ['bool'],
  Float: ['float8', 'float4', 'numeric'],
  Decimal: ['numeric'],
  Json: ['jsonb', 'json'],
  Bytes: ['bytea'],
  DateTime: ['timestamptz'],
};

/** Reads the schema file. */
export async function expectedTables(): Promise<ExpectedTable[]> {
  return parseSchema(await readFile(SCHEMA_FILE, 'utf8'));
}

/** Finds models and their columns in the text of a Prisma schema; relations are no columns. */
export function parseSchema(schema: string): ExpectedTable[] {
  const models = [...schema.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)];
  const modelNames = new Set(models.map((model) => model[1] ?? ''));
  return models.map((model) => {
    const lines = (model[2] ?? '').split('\n').map((line) => line.trim());
    const name = lines
      .map((line) => /^@@map\("(\w+)"\)/.exec(line)?.[1])
      .find((found) => found !== undefined);
    return {
      name: name ?? model[1] ?? '',
      columns: lines.flatMap((line) => columnOf(line, modelNames)),
    };
  });
}

function columnOf(line: string, modelNames: ReadonlySet<string>): ExpectedColumn[] {
  const match = /^(\w+)\s+(Unsupported\("(\w+)"\)|\w+)(\[\]|\?)?(?:\s|$)/.exec(line);
  const [, field, type, unsupported, modifier] = match ?? [];
  if (field === undefined || type === undefined || modelNames.has(type)) return [];
  const name = /\s@map\("(\w+)"\)/.exec(line)?.[1] ?? field;
  const types = unsupported === undefined ? typesOf(type, line) : [unsupported];
  return [{ name, types: modifier === '[]' ? arrayTypes(type, types) : types }];
}

function typesOf(type: string, line: string): readonly string[] {
  if (line.includes('@db.Uuid')) return ['uuid'];
  if (line.includes('@db.Date')) return ['date'];
  if (/@db\.Timestamp\(/.test(line)) return ['timestamp'];
  return SCALARS[type] ?? [];
}

function arrayTypes(type: string, types: readonly string[]): readonly string[] {
  return type === 'String' && types.length === 0 ? ['_text'] : types.map((element) => `_${element}`);
}
