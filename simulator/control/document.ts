import { z } from 'zod';
import {
  changedVisitSchema,
  clockSchema,
  credentialsSchema,
  faultsSchema,
  newVisitSchema,
  resetSchema,
  settingsSchema,
} from './schemas.ts';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly answer: string;
}

const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/reset',
    summary:
      'Forget everything and make the salons anew. What is left out stays as the sandbox was started (settings) or last seeded (seed, sizes).',
    body: resetSchema,
    answer: 'The salons, counted',
  },
  {
    method: 'get',
    path: '/settings',
    summary: 'Flags, limits, token lifetimes, webhooks, latency',
    answer: 'The settings',
  },
  {
    method: 'post',
    path: '/settings',
    summary: 'Change some of them for good',
    body: settingsSchema,
    answer: 'The settings',
  },
  {
    method: 'post',
    path: '/faults',
    summary: 'Add one fault, or several',
    body: faultsSchema,
    answer: 'Their ids',
  },
  {
    method: 'get',
    path: '/faults',
    summary: 'Faults with how often each really hit',
    answer: 'Hits by kind; the faults',
  },
  {
    method: 'delete',
    path: '/faults',
    summary: 'Take all faults away (hits stay counted)',
    answer: 'Nothing',
  },
  { method: 'delete', path: '/faults/{id}', summary: 'Take one fault away', answer: 'Nothing' },
  {
    method: 'post',
    path: '/clock',
    summary: 'Push the clock on (answers once everything that fell due is done), or tell the time wrongly',
    body: clockSchema,
    answer: 'The time',
  },
  { method: 'get', path: '/clock', summary: 'The time', answer: 'The time' },
  {
    method: 'get',
    path: '/counters',
    summary:
      'Calls by route and salon, writes by who and entity, notifications to clients, 429s, largest rolling window, least calls of an import, doubled import uids, fault hits',
    answer: 'The counters',
  },
  { method: 'post', path: '/counters/reset', summary: 'Count from zero', answer: 'Nothing' },
  {
    method: 'get',
    path: '/state',
    summary: 'What is in each salon now, counted',
    answer: 'The salons, counted',
  },
  { method: 'get', path: '/webhooks', summary: 'Webhooks sent so far, each try', answer: 'The log' },
  {
    method: 'get',
    path: '/changes',
    summary:
      'Each visit that is written from now on, whoever does it: a line of JSON each, until the connection ends; a deleted one has visit null',
    answer: 'Lines `{salon, id, visit}` (application/x-ndjson) after an empty one',
  },
  {
    method: 'post',
    path: '/credentials',
    summary: 'Change who may have a token, refuse everybody, take tokens back',
    body: credentialsSchema,
    answer: 'Nothing',
  },
  {
    method: 'get',
    path: '/visits',
    summary: 'All visits (query: salon, from, till, status, type, importUid, offset, limit)',
    answer: 'Count and rows',
  },
  {
    method: 'post',
    path: '/visits',
    summary: 'Make a visit as the salon (or with type C as its client) would',
    body: newVisitSchema,
    answer: 'The visit',
  },
  { method: 'get', path: '/visits/{id}', summary: 'One visit', answer: 'The visit' },
  {
    method: 'patch',
    path: '/visits/{id}',
    summary: 'Change a visit as the salon would; subbookings are named by id, the others stay',
    body: changedVisitSchema,
    answer: 'The visit',
  },
  { method: 'delete', path: '/visits/{id}', summary: 'Delete a visit as an owner would', answer: 'Nothing' },
  {
    method: 'get',
    path: '/as-salon/{path}',
    summary:
      'Any path of the partner API done by the salon itself, with any method; beside it PATCH business/{id}/, DELETE of appointments and custom days',
    answer: 'As the partner API',
  },
];

let built: object | null = null;

/** The control surface's own OpenAPI document. */
export function controlDocument(): object {
  built ??= build();
  return built;
}

function build(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, summary, body, answer } of OPERATIONS) {
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: name === 'id' ? 'integer' : 'string' },
    }));
    const item = (paths[`/_control${path}`] ??= {});
    item[method] = {
      summary,
      ...(parameters.length === 0 ? {} : { parameters }),
      ...(body === undefined
        ? {}
        : {
            requestBody: {
              content: {
                'application/json': { schema: z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) },
              },
            },
          }),
      responses: {
        '2XX': { description: answer },
        '400': { description: 'What was wrong, with the name of the field' },
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Booksy simulator: control surface',
      version: '1',
      description: 'For tests. Not part of the partner API.',
    },
    paths,
  };
}
