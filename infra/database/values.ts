import pg from 'pg';
import { Prisma } from './generated/client.ts';

/**
 * Values on their way to and from the server for statements that go past Prisma ({@link ./sql.ts}): to the letter what Prisma
 * makes of them, so that a statement means the same either way.
 */

const { builtins } = pg.types;

/** Lists by what they hold; the driver has no names for them. */
const LIST_OF = {
  int8: 1016,
  numeric: 1231,
  date: 1182,
  time: 1183,
  timestamp: 1115,
  timestamptz: 1185,
  json: 199,
  jsonb: 3807,
} as const;
const TEXTS = 1009;

type Parser = (text: string) => unknown;

const instant: Parser = (text) =>
  new Date(`${text.replace(' ', 'T').replace(/[+-]\d{2}(:\d{2})?$/, '')}+00:00`);
const day: Parser = (text) => new Date(text);
const time: Parser = (text) => new Date(`1970-01-01T${text}Z`);
const decimal: Parser = (text) => new Prisma.Decimal(text);
const json: Parser = (text): unknown => JSON.parse(text);
const bytes: Parser = (text) => Uint8Array.from(Buffer.from(text.slice(2), 'hex'));

// The driver's types know scalars only; its table has the lists as well.
const parserOf: (oid: number) => Parser = Reflect.get(pg.types, 'getTypeParser');
const parseTexts = parserOf(TEXTS);

function listOf(parse: Parser): Parser {
  return (text) => {
    const list: unknown = parseTexts(text);
    if (!Array.isArray(list)) throw new Error('The server sent a list that is none.');
    return list.map((item: unknown) => (typeof item === 'string' ? parse(item) : item));
  };
}

const PARSERS: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [builtins.INT8, BigInt],
  [builtins.OID, BigInt],
  [builtins.NUMERIC, decimal],
  [builtins.DATE, day],
  [builtins.TIME, time],
  [builtins.TIMESTAMP, instant],
  [builtins.TIMESTAMPTZ, instant],
  [builtins.JSON, json],
  [builtins.JSONB, json],
  [builtins.BYTEA, bytes],
  [LIST_OF.int8, listOf(BigInt)],
  [LIST_OF.numeric, listOf(decimal)],
  [LIST_OF.date, listOf(day)],
  [LIST_OF.time, listOf(time)],
  [LIST_OF.timestamp, listOf(instant)],
  [LIST_OF.timestamptz, listOf(instant)],
  [LIST_OF.json, listOf(json)],
  [LIST_OF.jsonb, listOf(json)],
]);

/** How columns are read. */
export const COLUMN_TYPES = {
  getTypeParser(oid: number, format?: string): Parser {
    return (format === 'binary' ? undefined : PARSERS.get(oid)) ?? parserOf(oid);
  },
};

/** A parameter as the driver takes it. */
export function parameterOf(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(parameterOf);
  if (value instanceof Date) return value.toISOString().replace('T', ' ').slice(0, -1);
  if (ArrayBuffer.isView(value)) return value;
  if (Prisma.Decimal.isDecimal(value)) return value.toJSON();
  return JSON.stringify(value);
}
