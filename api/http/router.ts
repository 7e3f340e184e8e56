/** Puts endpoints on an Express application: permission, body, handler, answer; 405 and 404 for what is left. */
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import type { Logger } from '../../infra/logger.ts';
import { PERMISSIONS, type Permission } from '../permissions.ts';
import { authorise, NOBODY, type Authenticate } from './authorise.ts';
import { stateOf } from './context.ts';
import type { Endpoint, Reply } from './endpoint.ts';
import { Problem, problemBody, toProblem, unsupportedMediaType } from './problem.ts';

const VERBS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** Largest body taken, TRUST §2. */
export const BODY_BYTES = 256 * 1024;

/** @throws {Error} where endpoints and permission table do not name the same routes. */
export function mountEndpoints(
  app: Express,
  endpoints: readonly Endpoint[],
  authenticate: Authenticate,
): void {
  checkPermissions(endpoints);
  const readJson: RequestHandler = express.json({
    limit: BODY_BYTES,
    strict: true,
    type: 'application/json',
  });
  // Compressed bytes are refused: what was signed is what arrives, and nothing grows while it is unpacked.
  const readRaw: RequestHandler = express.raw({
    limit: BODY_BYTES,
    type: 'application/json',
    inflate: false,
  });
  for (const [path, methods] of byPath(endpoints)) {
    const route = app.route(path);
    for (const endpoint of methods) {
      const permission = PERMISSIONS[keyOf(endpoint)];
      if (permission === undefined) continue;
      const take = async (request: Request, response: Response) => {
        const state = stateOf(request);
        state.route = endpoint.path;
        const grant = await authorise(request, permission, authenticate);
        state.grant = grant === NOBODY ? null : grant;
        if (endpoint.rawBody !== undefined) await readBody(readRaw, request, response);
        else if (endpoint.shapes.body !== undefined) await readBody(readJson, request, response);
        const reply = await endpoint.handle({
          requestId: state.requestId,
          grant,
          params: request.params,
          query: request.query,
          body: request.body,
          headers: knownHeaders(endpoint, request),
        });
        send(response, reply);
      };
      route[VERBS[endpoint.method]](take);
    }
    const allow = allowed(methods);
    route.all((request: Request, response: Response) => {
      stateOf(request).route = path;
      if (request.method === 'OPTIONS') return void response.set('Allow', allow).status(204).end();
      throw new Problem('method_not_allowed', {
        detail: `${request.method} is not possible here.`,
        nextStep: `Use ${allow}.`,
        headers: { Allow: allow },
      });
    });
  }
}

/** Last in line: an address that no endpoint has. */
export function nothingHere(_request: Request, _response: Response): never {
  throw new Problem('not_found', {
    detail: 'No endpoint has this address.',
    nextStep: 'See /api/docs for what there is.',
  });
}

/** Every error becomes problem+json; what nobody foresaw is written to the log, not to the caller. */
export function problemHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status, headers, contentType, content } = problemAnswer(
      error,
      stateOf(request).requestId,
      logger,
    );
    response.status(status).set(headers).set('Cache-Control', 'no-store').type(contentType).send(content);
  };
}

/** The answer to an error. */
export function problemAnswer(
  error: unknown,
  requestId: string,
  logger: Logger,
): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly content: string;
} {
  const problem = toProblem(error);
  if (problem.status >= 500)
    logger.error({ requestId, code: problem.code, err: problem.cause ?? problem }, 'request failed');
  return {
    status: problem.status,
    headers: problem.details.headers ?? {},
    contentType: 'application/problem+json',
    content: JSON.stringify(problemBody(problem, requestId)),
  };
}

export function keyOf(endpoint: Pick<Endpoint, 'method' | 'path'>): string {
  return `${endpoint.method} ${endpoint.path}`;
}

export function permissionOf(endpoint: Pick<Endpoint, 'method' | 'path'>): Permission | undefined {
  return PERMISSIONS[keyOf(endpoint)];
}

function checkPermissions(endpoints: readonly Endpoint[]): void {
  const routes = new Set(endpoints.map(keyOf));
  const bare = [...routes].filter((key) => PERMISSIONS[key] === undefined);
  const idle = Object.keys(PERMISSIONS).filter((key) => !routes.has(key));
  if (bare.length + idle.length === 0) return;
  throw new Error(
    `api/permissions.ts does not fit the routes. Without a line: ${bare.join(', ')}. Without a route: ${idle.join(', ')}.`,
  );
}

function byPath(endpoints: readonly Endpoint[]): Map<string, Endpoint[]> {
  const paths = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) paths.set(endpoint.path, [...(paths.get(endpoint.path) ?? []), endpoint]);
  return paths;
}

function allowed(methods: readonly Endpoint[]): string {
  return [...new Set(methods.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].join(
    ', ',
  );
}

async function readBody(parse: RequestHandler, request: Request, response: Response): Promise<void> {
  const declared = Number(request.get('content-length') ?? '0');
  const present = declared > 0 || request.get('transfer-encoding') !== undefined;
  if (present && request.is('application/json') !== 'application/json') throw unsupportedMediaType();
  await new Promise<void>((resolve, reject) => {
    parse(request, response, (error?: unknown) => {
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('The body could not be read.'));
    });
  });
}

function knownHeaders(endpoint: Endpoint, request: Request): Record<string, unknown> {
  const names = Object.keys(endpoint.shapes.headers?.shape ?? {});
  const sent = names.map((name) => [name, request.get(name)] as const);
  return Object.fromEntries(sent.filter(([, value]) => value !== undefined));
}

function send(response: Response, reply: Reply): void {
  response.status(reply.status).set(reply.headers ?? {});
  if ('json' in reply) response.type('application/json').send(JSON.stringify(reply.json));
  else response.type(reply.contentType).send(reply.content);
}
