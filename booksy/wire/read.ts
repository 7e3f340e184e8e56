/**
 * Reads answers: envelope, then row by row. A row that cannot be understood is rejected alone, with its id, the
 * field and the reason; the rest of the answer goes on. An answer whose frame is wrong is schema drift.
 */
import type { z } from 'zod';
import type { RejectedRow, RejectReason } from '../../domain/observed.ts';
import { SchemaDriftError, type BooksyErrorDetails } from '../errors.ts';
import { isRecord, passEdge } from './edge.ts';
import { pageShape } from './shapes.ts';

/** Thrown by translations: this row cannot be taken in. `detail` holds no value that could be personal. */
export class RowProblem extends Error {
  readonly reasonCode: RejectReason;
  readonly field: string | null;

  constructor(reasonCode: RejectReason, field: string | null, detail: string) {
    super(detail);
    this.name = 'RowProblem';
    this.reasonCode = reasonCode;
    this.field = field;
  }
}

/** One record, read by id, that cannot be understood: goes to quarantine as a row of a list would. */
export class RejectedRecordError extends SchemaDriftError {
  readonly rejected: RejectedRow;

  constructor(rejected: RejectedRow, details: BooksyErrorDetails) {
    super(`A record cannot be understood: ${rejected.detail}`, rejected.field ?? '(row)', {
      ...details,
      reason: rejected.reasonCode,
    });
    this.rejected = rejected;
  }
}

export interface ReadRows<T> {
  readonly rows: T[];
  readonly rejected: RejectedRow[];
  readonly externalIds: (string | null)[];
}

/** How one kind of row is read. */
export interface RowReader<W, T> {
  readonly shape: z.ZodType<W>;
  /** @throws RowProblem */
  readonly translate: (wire: W, row: Readonly<Record<string, unknown>>) => T;
}

/** Reads every row that can be read. */
export function readRows<W, T>(rows: readonly unknown[], reader: RowReader<W, T>): ReadRows<T> {
  const read: ReadRows<T> = { rows: [], rejected: [], externalIds: [] };
  for (const row of rows) {
    const externalId = externalIdOf(row);
    read.externalIds.push(externalId);
    const result = readRow(row, reader);
    if (result.ok) read.rows.push(result.value);
    else read.rejected.push({ externalId, ...result.problem });
  }
  return read;
}

/** Reads one record of its own. @throws RejectedRecordError */
export function readRecord<W, T>(body: unknown, reader: RowReader<W, T>, details: BooksyErrorDetails): T {
  const result = readRow(body, reader);
  if (result.ok) return result.value;
  throw new RejectedRecordError({ externalId: externalIdOf(body), ...result.problem }, details);
}

/** The rows of a plain list. @throws SchemaDriftError where it is none */
export function listRows(body: unknown, details: BooksyErrorDetails): readonly unknown[] {
  if (Array.isArray(body)) return body;
  throw new SchemaDriftError('A plain list was expected', '(answer)', details);
}

/** Count and rows of a paged list. @throws SchemaDriftError where the envelope is wrong */
export function pageRows(
  body: unknown,
  details: BooksyErrorDetails,
): { readonly total: number; readonly rows: readonly unknown[] } {
  const page = pageShape.safeParse(body);
  if (page.success) return { total: page.data.count, rows: page.data.results };
  const issue = page.error.issues[0];
  throw new SchemaDriftError('The envelope of a list has changed', pathOf(issue?.path ?? []), details);
}

type Problem = Omit<RejectedRow, 'externalId'>;
type RowResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

function readRow<W, T>(row: unknown, reader: RowReader<W, T>): RowResult<T> {
  if (!isRecord(row)) return refused('unparseable', null, 'The row is not an object.');
  const passed = passEdge(row);
  const parsed = reader.shape.safeParse(passed);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refused(
      'unparseable',
      pathOf(issue?.path ?? []),
      issue === undefined ? 'unknown' : detailOf(issue),
    );
  }
  try {
    return { ok: true, value: reader.translate(parsed.data, isRecord(passed) ? passed : {}) };
  } catch (error) {
    if (error instanceof RowProblem) return refused(error.reasonCode, error.field, error.message);
    throw error;
  }
}

function refused(reasonCode: RejectReason, field: string | null, detail: string): RowResult<never> {
  return { ok: false, problem: { reasonCode, field, detail } };
}

function externalIdOf(row: unknown): string | null {
  const id = isRecord(row) ? row['id'] : undefined;
  return typeof id === 'number' && Number.isInteger(id) ? String(id) : null;
}

export function pathOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '(row)' : path.map(String).join('.');
}

/** What was expected, in words of ours: messages of the parser could one day hold values. */
export function detailOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `Expected ${issue.expected}.`;
    case 'invalid_value':
      return `Expected one of ${issue.values.map(String).join(', ')}.`;
    case 'too_small':
      return `Expected at least ${String(issue.minimum)}.`;
    case 'too_big':
      return `Expected at most ${String(issue.maximum)}.`;
    case 'invalid_format':
      return 'Written in another form than the contract says.';
    default:
      return `Not valid (${issue.code}).`;
  }
}
