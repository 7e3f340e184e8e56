/** The OpenAPI 3.1 document, made from the endpoints themselves: it cannot promise what they do not check. */
import { OpenApiGeneratorV31, OpenAPIRegistry, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import type { Endpoint, ResponseSpec } from './http/endpoint.ts';
import { PROBLEMS, problemSchema, type ProblemCode } from './http/problem.ts';
import { permissionOf } from './http/router.ts';

const BEARER = 'bearerToken';
const VERBS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** Builds the document. `version` is the product's. */
export function openApiDocument(endpoints: readonly Endpoint[], version: string) {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', BEARER, {
    type: 'http',
    scheme: 'bearer',
    description: 'A token of this installation (`bks_…`). Each route says which scope it needs.',
  });
  for (const endpoint of endpoints) registry.registerPath(routeOf(endpoint));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Booksy Sync',
      version,
      description:
        'Watch and steer the synchronisation between the platform and Booksy. Errors are problem+json (RFC 9457) with a stable `code` and the next step. Lists are paged by cursor. An id of another tenant answers 404.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'Synchronisation', description: 'What is in step, and starting what is not' },
      { name: 'Control', description: 'Holding a run or a business, letting it go, stopping it' },
      { name: 'Mappings', description: 'Which record of Booksy is which of ours; what a person decides' },
      {
        name: 'Conflicts',
        description: 'What both sides do not agree on, and what a person decides about it',
      },
      {
        name: 'Bookings',
        description: 'When a salon can take a visit; keeping a time, booking, moving, ending',
      },
      { name: 'Calendars', description: 'Calendars of others that block time, and private feeds of ours' },
      {
        name: 'Hours',
        description:
          'When a salon, its people and its rooms are there: weeks, single days, time off, public holidays',
      },
      { name: 'Webhooks', description: 'What Booksy sends, what became of it, and sending it through again' },
      { name: 'Audit', description: 'Who or what did what, when and why, and whether that record is whole' },
      { name: 'Undo', description: 'Taking back what the sync did, after a look at what would change' },
      { name: 'Errors', description: 'What is wrong and not mended, and what to do about it' },
      { name: 'Rules', description: 'Which way each group flows, who wins, how far ahead is pushed' },
      { name: 'Health', description: 'For people, probes and scrapers' },
      { name: 'Pages', description: 'This documentation and the start page' },
    ],
  });
}

function routeOf(endpoint: Endpoint): RouteConfig {
  const permission = permissionOf(endpoint);
  const { params, query, headers } = endpoint.shapes;
  const body = endpoint.shapes.body ?? endpoint.rawBody;
  const problems = problemsOf(endpoint);
  return {
    method: VERBS[endpoint.method],
    path: endpoint.path.replace(/:(\w+)/g, '{$1}'),
    operationId: operationId(endpoint),
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: describe(endpoint.description, permission),
    ...(permission === 'public' || permission === undefined
      ? { security: [] }
      : { security: [{ [BEARER]: [] }], 'x-scope': permission }),
    request: {
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined
        ? {}
        : {
            body: {
              required: !body.safeParse({}).success,
              content: { 'application/json': { schema: body } },
            },
          }),
    },
    responses: {
      ...Object.fromEntries(
        Object.entries(endpoint.responses).map(([status, spec]) => [status, responseOf(spec)]),
      ),
      ...Object.fromEntries(
        [...problems].map(([status, codes]) => [
          status,
          {
            description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('. '),
            content: { 'application/problem+json': { schema: problemSchema } },
          },
        ]),
      ),
    },
  };
}

function describe(text: string | undefined, permission: string | undefined): string {
  const scope =
    permission === undefined || permission === 'public' ? 'No token needed.' : `Scope: \`${permission}\`.`;
  return text === undefined ? scope : `${text}\n\n${scope}`;
}

function operationId(endpoint: Endpoint): string {
  const words = endpoint.path.split(/[^A-Za-z]+/).filter((word) => word !== '' && word !== 'api');
  const [first = 'index', ...rest] = words;
  const name = [first, ...rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('');
  return `${endpoint.method.toLowerCase()}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function responseOf(spec: ResponseSpec) {
  if (spec.schema !== undefined) {
    return { description: spec.description, content: { 'application/json': { schema: spec.schema } } };
  }
  if (spec.contentType === undefined) return { description: spec.description };
  return {
    description: spec.description,
    content: { [spec.contentType]: { schema: { type: 'string' as const } } },
  };
}

/** Problems by status: what every endpoint of its kind may answer, and its own. */
function problemsOf(endpoint: Endpoint): Map<number, ProblemCode[]> {
  const protectedRoute = permissionOf(endpoint) !== 'public';
  const { params, query, body, headers } = endpoint.shapes;
  const takesInput = [params, query, body, headers].some((shape) => shape !== undefined);
  const codes: ProblemCode[] = [
    ...(takesInput || protectedRoute ? (['bad_request'] as const) : []),
    ...(endpoint.rawBody === undefined ? [] : (['body_too_large', 'unsupported_media_type'] as const)),
    ...(body === undefined ? [] : (['body_not_json', 'body_too_large', 'unsupported_media_type'] as const)),
    ...(protectedRoute ? (['unauthenticated', 'forbidden', 'database_unavailable'] as const) : []),
    'internal',
    ...(endpoint.problems ?? []),
  ];
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus;
}
