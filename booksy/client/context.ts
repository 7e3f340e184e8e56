/** The few ways in which all methods of the client read and write. */
import type { ListPage, Observed, WholeList } from '../../domain/observed.ts';
import type { BusinessRef } from '../business-ref.ts';
import { MAX_PAGE_ROWS, type BooksyCapabilities } from '../capabilities.ts';
import { OutcomeUnknownError } from '../errors.ts';
import type { ApiAnswer, ApiCall, BooksyHttp, CallOptions } from '../http/http.ts';
import { isRecord } from '../wire/edge.ts';
import {
  listRows,
  pageRows,
  readRecord,
  readRows,
  RejectedRecordError,
  type ReadRows,
  type RowReader,
} from '../wire/read.ts';
import { wireId } from '../write/ids.ts';
import { RawDocument } from '../write/raw-document.ts';

export interface ClientContext {
  readonly http: BooksyHttp;
  readonly capabilities: BooksyCapabilities;
}

/** A record read in order to be written: what was understood, and the whole document for the PUT. */
export interface ReadForWrite<T> extends Observed<T> {
  readonly raw: RawDocument;
}

export interface PageRequest {
  readonly offset: number;
  /** 1 to 100. */
  readonly limit: number;
}

/** Where something lives: a template for logs, and the ids that fill its `:id`s. */
export interface Place {
  readonly template: string;
  readonly ids?: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
}

export async function readOne<W, T>(
  context: ClientContext,
  business: BusinessRef,
  place: Place,
  reader: RowReader<W, T>,
  options: CallOptions,
): Promise<Observed<T>> {
  const answer = await get(context, business, place, options);
  return { value: readRecord(answer.body, reader, answer.details), interval: answer.interval };
}

export async function readForWrite<W, T>(
  context: ClientContext,
  business: BusinessRef,
  place: Place,
  reader: RowReader<W, T>,
  options: CallOptions,
): Promise<ReadForWrite<T>> {
  const answer = await get(context, business, place, options);
  const value = readRecord(answer.body, reader, answer.details);
  return { value, raw: new RawDocument(isRecord(answer.body) ? answer.body : {}), interval: answer.interval };
}

export async function readWhole<T>(
  context: ClientContext,
  business: BusinessRef,
  place: Place,
  read: (rows: readonly unknown[]) => ReadRows<T>,
  options: CallOptions,
): Promise<WholeList<T>> {
  const answer = await get(context, business, place, options);
  const { rows, rejected } = read(listRows(answer.body, answer.details));
  return { rows, rejected, interval: answer.interval };
}

/**
 * A list that is written as a whole, with its rows as they came.
 *
 * @throws RejectedRecordError where a row cannot be understood: what is written over it would be lost
 */
export async function readListForWrite<T>(
  context: ClientContext,
  business: BusinessRef,
  place: Place,
  read: (rows: readonly unknown[]) => ReadRows<T>,
  options: CallOptions,
): Promise<ReadForWrite<readonly T[]>> {
  const answer = await get(context, business, place, options);
  const rows = listRows(answer.body, answer.details);
  return { value: allOf(read(rows), answer), raw: new RawDocument({ rows }), interval: answer.interval };
}

/** A PUT that answers with the whole list. @throws OutcomeUnknownError also where it acted and the answer cannot be understood */
export async function writeList<T>(
  context: ClientContext,
  business: BusinessRef,
  place: Place,
  body: readonly unknown[],
  read: (rows: readonly unknown[]) => ReadRows<T>,
  options: CallOptions,
): Promise<Observed<readonly T[]>> {
  const answer = await send(context, business, 'PUT', place, body, options);
  const value = understood(answer, () => allOf(read(rowsOfAnswer(answer)), answer));
  return { value, interval: answer.interval };
}

function rowsOfAnswer(answer: ApiAnswer): readonly unknown[] {
  if (Array.isArray(answer.body)) return answer.body;
  const rejected = { externalId: null, reasonCode: 'unparseable', field: null } as const;
  throw new RejectedRecordError({ ...rejected, detail: 'A plain list was expected.' }, answer.details);
}

function allOf<T>({ rows, rejected }: ReadRows<T>, answer: ApiAnswer): readonly T[] {
  const [first] = rejected;
  if (first !== undefined) throw new RejectedRecordError(first, answer.details);
  return rows;
}

export async function readPage<W, T>(
  context: ClientContext,
  business: BusinessRef,
  place: Place,
  { offset, limit }: PageRequest,
  reader: RowReader<W, T>,
  options: CallOptions,
): Promise<ListPage<T>> {
  if (!(limit >= 1 && limit <= MAX_PAGE_ROWS) || !(offset >= 0)) {
    throw new RangeError(`A page has 1 to ${String(MAX_PAGE_ROWS)} rows and starts at 0 or later.`);
  }
  const query = { ...place.query, offset: String(offset), limit: String(limit) };
  const answer = await get(context, business, { ...place, query }, options);
  const page = pageRows(answer.body, answer.details);
  return { total: page.total, ...readRows(page.rows, reader), interval: answer.interval };
}

/**
 * A write that answers with the record. The answer is an observation as good as a read (R1).
 *
 * @throws OutcomeUnknownError also where it acted and the answer cannot be understood
 */
export async function write<W, T>(
  context: ClientContext,
  business: BusinessRef,
  method: 'POST' | 'PUT' | 'PATCH',
  place: Place,
  body: unknown,
  reader: RowReader<W, T>,
  options: CallOptions,
): Promise<Observed<T>> {
  const answer = await send(context, business, method, place, body, options);
  return {
    value: understood(answer, () => readRecord(answer.body, reader, answer.details)),
    interval: answer.interval,
  };
}

/** A write whose answer says nothing that is needed. */
export async function send(
  context: ClientContext,
  business: BusinessRef,
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  place: Place,
  body: unknown,
  options: CallOptions,
): Promise<ApiAnswer> {
  return context.http.call({ ...target(business, place), method, kind: 'write', body }, options);
}

/** Runs a reading of a write's answer: the write has acted, so an unreadable answer leaves the outcome unknown. */
export function understood<T>(answer: ApiAnswer, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RejectedRecordError)) throw error;
    throw new OutcomeUnknownError('A write acted and its answer cannot be understood', {
      ...answer.details,
      ...error.details,
      reason: 'unreadable_answer',
    });
  }
}

function get(
  context: ClientContext,
  business: BusinessRef,
  place: Place,
  options: CallOptions,
): Promise<ApiAnswer> {
  return context.http.call({ ...target(business, place), method: 'GET', kind: 'read' }, options);
}

/** Paths of a salon; each `:id` of the template takes the next id. */
export function target(
  business: Pick<BusinessRef, 'externalId'>,
  place: Place,
): Pick<ApiCall, 'template' | 'path' | 'query' | 'businessExternalId'> {
  const ids = [business.externalId, ...(place.ids ?? [])];
  const template = `business/:id/${place.template}`;
  const path = template.replaceAll(':id', () => String(wireId(ids.shift() ?? '')));
  return {
    template,
    path,
    businessExternalId: business.externalId,
    ...(place.query === undefined ? {} : { query: place.query }),
  };
}
