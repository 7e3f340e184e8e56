import type { ArmedFault, FaultSpec } from '../faults.ts';
import type { Answer } from './problem.ts';
import type { Wire } from './io.ts';

const JSON_TYPE = 'application/json';

/** The answer as bytes. */
export function toWire(answer: Answer): Wire {
  return {
    status: answer.status,
    headers: { 'content-type': JSON_TYPE, ...answer.headers },
    body: answer.text ?? (answer.body === undefined ? '' : JSON.stringify(answer.body)),
  };
}

/** Faults that spoil what is in an answer, one after the other. Only good answers are spoiled. */
export function spoilAnswer(answer: Answer, faults: readonly ArmedFault[]): Answer {
  let spoiled = answer;
  for (const fault of faults) {
    if (spoiled.status >= 300 || spoiled.body === undefined) break;
    const body = spoilBody(spoiled.body, fault);
    if (body !== undefined) spoiled = { ...spoiled, body };
  }
  return spoiled;
}

function spoilBody(body: unknown, fault: ArmedFault): unknown {
  const { spec } = fault;
  switch (spec.kind) {
    case 'empty_list':
      if (rowsOf(body).length === 0) return undefined;
      fault.hit();
      return Array.isArray(body) ? [] : { count: 0, next: null, previous: null, results: [] };
    case 'truncate_list': {
      const rows = rowsOf(body);
      if (rows.length === 0) return undefined;
      fault.hit();
      return withRows(body, rows.slice(0, Math.max(0, rows.length - spec.rows)));
    }
    case 'mapping_blind':
      if (!isMapping(body) || body['id'] === null) return undefined;
      fault.hit();
      return { ...body, id: null };
    case 'drift': {
      const isRow = !Array.isArray(body) && !(isRecord(body) && Array.isArray(body['results']));
      if (isRow) {
        const drifted = driftRow(body, spec);
        if (drifted === body) return undefined;
        fault.hit();
        return drifted;
      }
      const rows = rowsOf(body);
      const drifted = rows.map((row) => driftRow(row, spec));
      if (drifted.every((row, n) => row === rows[n])) return undefined;
      fault.hit();
      return withRows(body, drifted);
    }
    default:
      return undefined;
  }
}

/** One record with a field renamed, replaced, added or gone; `a.b.0.c` reaches inside. */
function driftRow(row: unknown, spec: FaultSpec): unknown {
  if (!isRecord(row)) return row;
  if (spec.ids.length > 0 && !(typeof row['id'] === 'number' && spec.ids.includes(row['id']))) return row;
  return driftAt(row, spec.field.split('.'), spec);
}

function driftAt(target: unknown, path: readonly string[], spec: FaultSpec): unknown {
  const [name = '', ...rest] = path;
  if (Array.isArray(target)) {
    const items: unknown[] = target;
    const index = Number(name);
    if (!Number.isInteger(index) || index >= items.length || rest.length === 0) return target;
    return items.map((item, n) => (n === index ? driftAt(item, rest, spec) : item));
  }
  if (!isRecord(target)) return target;
  if (rest.length > 0)
    return name in target ? { ...target, [name]: driftAt(target[name], rest, spec) } : target;
  if (spec.change === 'add') return { ...target, [name]: spec.value };
  if (!(name in target)) return target;
  if (spec.change === 'set') return { ...target, [name]: spec.value };
  const { [name]: old, ...others } = target;
  return spec.change === 'rename' ? { ...others, [spec.to]: old } : others;
}

/** Faults that spoil the bytes. */
export function spoilWire(wire: Wire, faults: readonly ArmedFault[]): Wire {
  let spoiled = wire;
  for (const fault of faults) {
    const { spec } = fault;
    if (spec.kind === 'empty_body' && spoiled.body !== '') {
      fault.hit();
      spoiled = { ...spoiled, body: '' };
    } else if (spec.kind === 'truncate_body' && spoiled.body.length > 1) {
      fault.hit();
      spoiled = { ...spoiled, body: spoiled.body.slice(0, Math.floor(spoiled.body.length / 2)) };
    } else if (spec.kind === 'content_type') {
      fault.hit();
      const body = spec.body === null ? '<!doctype html><title>Maintenance</title>' : textOf(spec.body);
      spoiled = { ...spoiled, body, headers: { ...spoiled.headers, 'content-type': spec.contentType } };
    }
  }
  return spoiled;
}

/** The answer of a `status` or `error_200` fault. */
export function faultAnswer(spec: FaultSpec): Answer {
  const status = spec.kind === 'error_200' ? 200 : spec.status;
  const headers: Record<string, string> =
    spec.retryAfterSeconds === null ? {} : { 'retry-after': String(spec.retryAfterSeconds) };
  const body =
    spec.body ??
    (spec.kind === 'error_200'
      ? { status_code: 500, code: 'internal_error', description: 'Something went wrong' }
      : { detail: `Fault: ${String(status)}` });
  return { status, body, headers };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function rowsOf(body: unknown): unknown[] {
  if (Array.isArray(body)) return body;
  return isRecord(body) && Array.isArray(body['results']) ? body['results'] : [];
}

function withRows(body: unknown, rows: unknown[]): unknown {
  return isRecord(body) ? { ...body, results: rows } : rows;
}

/** The answer of a look-up, and not a record that has an import uid among other things. */
function isMapping(body: unknown): body is { readonly id: unknown } {
  return isRecord(body) && Object.keys(body).sort().join() === 'id,import_uid';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
