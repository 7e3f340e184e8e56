/** What belongs to one request: its id, its log line, the headers of every answer. */
import { randomUUID } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';
import type { Logger } from '../../infra/logger.ts';
import type { TokenGrant } from '../../infra/tokens.ts';

/** Set by the handlers below and by the router; read by the log line. */
export interface RequestState {
  requestId: string;
  /** Template of the endpoint that took it, never the address itself: that may hold ids or text of persons. */
  route: string | null;
  grant: TokenGrant | null;
}

const states = new WeakMap<IncomingMessage, RequestState>();

/** A caller's own id is taken where it cannot be anything but an id. */
const REQUEST_ID = /^[\w-]{8,64}$/;

export function stateOf(request: IncomingMessage): RequestState {
  let state = states.get(request);
  if (state === undefined) {
    const given = request.headers['x-request-id'];
    const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    state = { requestId, route: null, grant: null };
    states.set(request, state);
  }
  return state;
}

/** How long a request took, for metrics and log. */
export interface Finished {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** Gives a request its id, and when it is over writes one line and one measurement. */
export type Watch = (request: IncomingMessage, response: ServerResponse) => RequestState;

export function createWatch(logger: Logger, measured: (finished: Finished) => void): Watch {
  return (request, response) => {
    const started = process.hrtime.bigint();
    const state = stateOf(request);
    const method = request.method ?? '';
    response.setHeader('X-Request-Id', state.requestId);
    response.once('close', () => {
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      const route = state.route ?? '(none)';
      const aborted = !response.writableFinished;
      measured({ method, route, status: response.statusCode, seconds });
      const level = response.statusCode >= 500 ? 'error' : isProbe(route) ? 'debug' : 'info';
      logger[level](
        {
          requestId: state.requestId,
          method,
          route,
          status: response.statusCode,
          durationMs: Math.round(seconds * 1000),
          ...(state.grant === null ? {} : { tokenId: state.grant.tokenId }),
          ...(aborted ? { aborted } : {}),
        },
        'request',
      );
    });
    return state;
  };
}

/** The same for whatever comes through Express. */
export function requestLog(watch: Watch): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    watch(request, response);
    next();
  };
}

function isProbe(route: string): boolean {
  return route === '/healthz' || route === '/readyz' || route === '/metrics';
}

/**
 * Security headers. `upgrade-insecure-requests` stays off because on this machine the API speaks plain http; in
 * front of anything else stands a proxy with TLS.
 */
export const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      fontSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' },
});

/** What every answer carries, once and for all: for answers that do not come through Express. */
export function headersOfEveryAnswer(corsOrigins: readonly string[]): ReadonlyMap<string, string> {
  const probe = new HeaderProbe(new IncomingMessage(new Socket()));
  securityHeaders(probe.req, probe, () => undefined);
  probe.setHeader(...NO_STORE);
  if (corsOrigins.length > 0) probe.setHeader('Vary', 'Origin');
  return probe.set;
}

/** Remembers what is set on it, with names written as they were. */
class HeaderProbe extends ServerResponse {
  readonly set = new Map<string, string>();

  override setHeader(name: string, value: number | string | readonly string[]): this {
    this.set.set(name, String(value));
    return super.setHeader(name, value);
  }
}

const NO_STORE = ['Cache-Control', 'no-store'] as const;

/** Answers of the API are about now and about one token: no cache may keep them. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader(...NO_STORE);
  next();
};

/** Lets pages of the configured origins, and of no others, call the API. Off while the list is empty. */
export function cors(origins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    if (origins.length > 0) {
      response.vary('Origin');
      const origin = request.get('origin');
      if (origin !== undefined && origins.includes(origin)) {
        response.set('Access-Control-Allow-Origin', origin);
        response.set('Access-Control-Expose-Headers', 'X-Request-Id, Location, Retry-After');
        if (request.method === 'OPTIONS') {
          response.set('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE');
          response.set(
            'Access-Control-Allow-Headers',
            'Authorization, Content-Type, Idempotency-Key, X-Request-Id',
          );
          response.set('Access-Control-Max-Age', '600');
        }
      }
    }
    next();
  };
}
