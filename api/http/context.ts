/** What belongs to one request: its id, its log line, the headers of every answer. */
import { randomUUID } from 'node:crypto';
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

const states = new WeakMap<Request, RequestState>();

/** A caller's own id is taken where it cannot be anything but an id. */
const REQUEST_ID = /^[\w-]{8,64}$/;

export function stateOf(request: Request): RequestState {
  let state = states.get(request);
  if (state === undefined) {
    const given = request.get('x-request-id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
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

/** Gives the request its id, and when it is over writes one line and one measurement. */
export function requestLog(logger: Logger, measured: (finished: Finished) => void): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const started = process.hrtime.bigint();
    const state = stateOf(request);
    response.set('X-Request-Id', state.requestId);
    response.once('close', () => {
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      const route = state.route ?? '(none)';
      const aborted = !response.writableFinished;
      measured({ method: request.method, route, status: response.statusCode, seconds });
      const level = response.statusCode >= 500 ? 'error' : isProbe(route) ? 'debug' : 'info';
      logger[level](
        {
          requestId: state.requestId,
          method: request.method,
          route,
          status: response.statusCode,
          durationMs: Math.round(seconds * 1000),
          ...(state.grant === null ? {} : { tokenId: state.grant.tokenId }),
          ...(aborted ? { aborted } : {}),
        },
        'request',
      );
    });
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
export function securityHeaders(): RequestHandler {
  return helmet({
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
}

/** Answers of the API are about now and about one token: no cache may keep them. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
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
