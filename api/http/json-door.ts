/** Ordinary requests to some endpoints take the short way (see {@link ./short.ts}). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PERMISSIONS, type Permission } from '../permissions.ts';
import { authoriseBy, NOBODY, type Authenticate } from './authorise.ts';
import { stateOf } from './context.ts';
import type { Endpoint } from './endpoint.ts';
import { keyOf } from './router.ts';
import { isOrdinary, type ShortWay } from './short.ts';

interface Place {
  readonly endpoint: Endpoint;
  readonly permission: Permission;
  /** Names of the headers that it reads. */
  readonly headers: readonly string[];
}

/**
 * Takes a request where it is for one of them. Returns whether it did.
 *
 * @param endpoints with a JSON body and an address without parameters
 */
export function createJsonDoor(
  endpoints: readonly Endpoint[],
  authenticate: Authenticate,
  shortWay: ShortWay,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const places = new Map(endpoints.map((endpoint) => [keyOf(endpoint), placeOf(endpoint)]));
  return (request, response) => {
    const place = places.get(`${request.method ?? ''} ${request.url ?? ''}`);
    if (place === undefined || !isOrdinary(request)) return false;
    const { endpoint, permission } = place;
    shortWay(request, response, endpoint.path, async (raw, requestId) => {
      const grant = await authoriseBy(request.headers.authorization, permission, authenticate);
      stateOf(request).grant = grant === NOBODY ? null : grant;
      const headers = headersOf(request, place.headers);
      return endpoint.handle({ requestId, grant, params: {}, query: {}, body: jsonOf(raw), headers });
    });
    return true;
  };
}

function placeOf(endpoint: Endpoint): Place {
  const permission = PERMISSIONS[keyOf(endpoint)];
  if (permission === undefined || endpoint.path.includes(':') || endpoint.shapes.body === undefined)
    throw new Error(`${keyOf(endpoint)} cannot take the short way.`);
  return { endpoint, permission, headers: Object.keys(endpoint.shapes.headers?.shape ?? {}) };
}

function headersOf({ headers }: IncomingMessage, names: readonly string[]): Record<string, unknown> {
  const sent = names.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(sent.filter(([, value]) => value !== undefined));
}

/** As `express.json` reads it: an object or a list. */
function jsonOf(raw: Buffer): unknown {
  const text = raw.toString('utf8').replace(/^\uFEFF/, '');
  try {
    if (/^[ \t\n\r]*[[{]/.test(text)) return JSON.parse(text);
  } catch {
    // Told below, like everything else that is no JSON.
  }
  throw Object.assign(new Error('The body is no JSON.'), { type: 'entity.parse.failed' });
}
