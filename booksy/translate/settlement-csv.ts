/**
 * A statement that was exported as a file and is brought in by hand: the same lines as the list, as CSV.
 *
 * A file is taken as a whole or not at all: wrong columns, a broken quote or a line with too few cells end the
 * reading before any line is given out. A line that is whole but cannot be understood is rejected alone, as a row of
 * a list would be.
 */
import type { ReadRows } from '../wire/read.ts';
import { readRows } from '../wire/read.ts';
import { settlementRowShape } from '../wire/shapes.ts';
import type { ObservedSettlementRow } from '../../domain/settlement.ts';
import type { BusinessRef } from '../business-ref.ts';
import { parseCsv } from './csv.ts';
import { settlementReader } from './settlement.ts';

const COLUMNS = Object.keys(settlementRowShape.shape);
/** Columns that hold whole numbers on the wire. */
const NUMBERS = new Set(['id', 'appointment_id']);
const NUMBER = /^-?\d{1,15}$/;
/** Columns that a spreadsheet writes with a comma where it separates cells by semicolons. */
const AMOUNTS = new Set(['gross', 'fee', 'tax', 'net']);
const COMMA_AMOUNT = /^-?\d+,\d{1,3}$/;

export type SettlementFileProblem = 'columns' | 'broken' | 'empty';

/** A file that is no statement. Holds names of columns and line numbers, never a value. */
export class SettlementFileError extends Error {
  readonly code: `settlement_file_${SettlementFileProblem}`;
  /** Columns that a statement has and the file has not. */
  readonly missing: readonly string[];
  /** Columns of the file that no statement has, or that are there twice. */
  readonly unknown: readonly string[];
  /** Line at which it broke, from 1; null where it is about the whole file. */
  readonly line: number | null;

  constructor(
    problem: SettlementFileProblem,
    what: string,
    found: {
      readonly missing?: readonly string[];
      readonly unknown?: readonly string[];
      readonly line?: number;
    } = {},
  ) {
    super(what);
    this.name = 'SettlementFileError';
    this.code = `settlement_file_${problem}`;
    this.missing = found.missing ?? [];
    this.unknown = found.unknown ?? [];
    this.line = found.line ?? null;
  }
}

/** Lines of the file, and those that could not be understood with their line number (the heading is line 1). */
export interface SettlementFile {
  readonly rows: readonly ObservedSettlementRow[];
  readonly rejected: readonly (ReadRows<never>['rejected'][number] & { readonly line: number })[];
}

/**
 * Reads a statement file. Separator comma or semicolon (as spreadsheets write it), UTF-8 with or without a mark,
 * columns in any order; with semicolons amounts may have a decimal comma.
 *
 * @throws SettlementFileError
 */
export function readSettlementCsv(text: string, business: Pick<BusinessRef, 'currency'>): SettlementFile {
  const parsed = parseCsv(text);
  if (parsed.problem !== null)
    throw new SettlementFileError(
      'broken',
      `The file breaks at line ${String(parsed.line)}: ${parsed.problem}`,
      {
        line: parsed.line,
      },
    );
  const [heading, ...lines] = parsed.records;
  if (heading === undefined)
    throw new SettlementFileError('empty', 'The file is empty: a statement begins with its column names.');
  const columns = heading.cells.map((cell) => cell.trim().toLowerCase());
  requireColumns(columns);
  const short = lines.find(({ cells }) => cells.length !== columns.length);
  if (short !== undefined)
    throw new SettlementFileError(
      'broken',
      `Line ${String(short.line)} has ${String(short.cells.length)} cells instead of ${String(columns.length)}: the file is not whole. Export it again.`,
      { line: short.line },
    );
  const reader = settlementReader(business.currency);
  const rows: ObservedSettlementRow[] = [];
  const rejected: SettlementFile['rejected'][number][] = [];
  for (const { cells, line } of lines) {
    const read = readRows([wireOf(columns, cells, parsed.separator)], reader);
    rows.push(...read.rows);
    for (const problem of read.rejected) rejected.push({ ...problem, line });
  }
  return { rows, rejected };
}

function requireColumns(columns: readonly string[]): void {
  const missing = COLUMNS.filter((column) => !columns.includes(column));
  const unknown = columns.filter((column, n) => !COLUMNS.includes(column) || columns.indexOf(column) !== n);
  if (missing.length + unknown.length === 0) return;
  const parts = [
    missing.length === 0 ? null : `missing: ${missing.join(', ')}`,
    unknown.length === 0
      ? null
      : `unknown or twice: ${unknown.map((name) => name || '(no name)').join(', ')}`,
  ].filter((part) => part !== null);
  throw new SettlementFileError(
    'columns',
    `These are not the columns of a statement (${parts.join('; ')}).`,
    {
      missing,
      unknown,
    },
  );
}

/** A line as it would come over the wire: empty cells are null, ids are numbers. */
function wireOf(
  columns: readonly string[],
  cells: readonly string[],
  separator: ',' | ';',
): Record<string, unknown> {
  return Object.fromEntries(
    columns.map((column, n) => {
      const text = (cells[n] ?? '').trim();
      if (text === '') return [column, null];
      if (separator === ';' && AMOUNTS.has(column) && COMMA_AMOUNT.test(text))
        return [column, text.replace(',', '.')];
      return [column, NUMBERS.has(column) && NUMBER.test(text) ? Number(text) : text];
    }),
  );
}
