/** Webhooks of the ordinary form take the short way: they are most of what this API is asked. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isOrdinary, type ShortWay } from '../http/short.ts';
import type { Incoming } from './intake.ts';
import type { Receiver } from './receive.ts';

const PATH = /^\/api\/webhooks\/booksy(?:\/([\w.~-]+))?$/;

/** Takes the request where it is one of them. @returns whether it did */
export function createWebhookDoor(
  receiver: Receiver,
  shortWay: ShortWay,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const address = request.method === 'POST' ? PATH.exec(request.url ?? '') : null;
    if (address === null || !isOrdinary(request)) return false;
    const [, token] = address;
    const route = token === undefined ? receiver.routes.signed : receiver.routes.token;
    shortWay(request, response, route, (raw) => receiver.take({ raw, proof: proofOf(request, token) }));
    return true;
  };
}

function proofOf({ headers }: IncomingMessage, token: string | undefined): Incoming['proof'] {
  if (token !== undefined) return { by: 'path_token', token };
  const one = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  return {
    by: 'signature',
    headers: {
      id: one('webhook-id'),
      timestamp: one('webhook-timestamp'),
      signature: one('webhook-signature'),
    },
  };
}
