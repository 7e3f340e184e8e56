/** A curl command for each endpoint that works once the variables in it are set. */
import { shapeName, type ApiDocument, type Operation, type Schema } from './document.ts';

/** Ids that the schemas give as examples, and the shell variable that stands for each. */
export const VARIABLES: Readonly<Record<string, { readonly id: string; readonly what: string }>> = {
  BUSINESS: { id: '0199c0de-0000-7000-8000-000000000001', what: 'a business, from `sync-status`' },
  OPERATION: { id: '0199c0de-0000-7000-8000-0000000000aa', what: 'an operation, from `operations`' },
  MAPPING: { id: '0199c0de-0000-7000-8000-0000000000bb', what: 'a mapping, from `mappings`' },
  CONFLICT: { id: '0199c0de-0000-7000-8000-0000000000ee', what: 'a conflict, from `conflicts`' },
  WEBHOOK: { id: '90210042', what: 'a webhook, from `webhooks`' },
  ERROR: { id: 'quarantine:0199c0de-0000-7000-8000-0000000000cc', what: 'an error, from `errors`' },
  ENTRY: { id: '0199c0de-0000-7000-8000-0000000000f1', what: 'an entry, from `audit`' },
  UNDO: { id: '0199c0de-0000-7000-8000-0000000000f2', what: 'an undo, from `POST undo`' },
  RECORD: { id: '0199c0de-0000-7000-8000-0000000000dd', what: 'a record of ours, a candidate of a mapping' },
  VARIANT: { id: '0199c0de-0000-7000-8000-000000000003', what: 'a variant of a service that is sold' },
  STAFF: { id: '0199c0de-0000-7000-8000-000000000004', what: 'a member of staff who carries it out' },
  BOOKING: { id: '0199c0de-0000-7000-8000-0000000000b0', what: 'a visit, from `POST bookings`' },
  HOLD: { id: '0199c0de-0000-7000-8000-0000000000b1', what: 'a hold of this token, from `POST holds`' },
  CALENDAR: { id: '0199c0de-0000-7000-8000-0000000000c1', what: 'a calendar of others, from `calendars`' },
  FEED: { id: '0199c0de-0000-7000-8000-0000000000c2', what: 'a feed, from `calendar-feeds`' },
  FEEDTOKEN: { id: 'bkc_token-of-a-feed', what: 'the secret in the address of a feed' },
  TIMEOFF: { id: '0199c0de-0000-7000-8000-0000000000c3', what: 'a time off, from `time-off`' },
  START: { id: '2026-12-01T10:00', what: 'a free start of the salon, as `2026-12-01T10:00`' },
  DAY: { id: '2026-12-01', what: 'the date of it, as `2026-12-01`' },
};

/** Query parameters that only make sense with the page before. */
const PLACES = new Set(['cursor', 'after']);

/** The command, several lines. */
export function curlOf(document: ApiDocument, operation: Operation): string {
  const { method, path, parameters = [], requestBody } = operation;
  const query = parameters
    .filter((each) => each.in === 'query' && !PLACES.has(each.name))
    .flatMap(({ name, schema }) => {
      const value = exampleOf(document, schema);
      return value === undefined ? [] : [`${name}=${variable(text(value))}`];
    });
  const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => {
    const schema = parameters.find((each) => each.in === 'path' && each.name === name)?.schema;
    return variable(text(schema === undefined ? '' : exampleOf(document, schema)));
  });
  const address = `"$API${filled}${query.length === 0 ? '' : `?${query.join('&')}`}"`;
  const lines = [`curl -sS ${method === 'GET' ? '' : `-X ${method} `}${address}`];
  if (operation['x-scope'] !== undefined) lines.push('-H "Authorization: Bearer $TOKEN"');
  if (parameters.some(({ name }) => name === 'idempotency-key')) {
    lines.push('-H "Idempotency-Key: by-hand-$(date +%s)"');
  }
  const body = requestBody?.content['application/json']?.schema;
  if (body === undefined) return lines.join(' \\\n  ');
  lines.push('-H "Content-Type: application/json"', '-d @- <<JSON');
  const example = JSON.stringify(exampleOf(document, body), null, 2);
  return `${lines.join(' \\\n  ')}\n${variable(example)}\nJSON`;
}

function exampleOf(document: ApiDocument, schema: Schema): unknown {
  const name = shapeName(schema);
  const shape = name === null ? schema : document.shapes[name];
  return shape?.example;
}

function variable(value: string): string {
  return Object.entries(VARIABLES).reduce((text, [name, { id }]) => text.replaceAll(id, `$${name}`), value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}
