import type { IncomingMessage } from 'node:http';

/**
 * Whether another web site made the browser send this. The control surface and the page ask for no password, so a page
 * from elsewhere that happens to be open must not be able to reset the sandbox.
 */
export function isForeign(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  if (request.headers['sec-fetch-site'] === 'cross-site')
    return request.headers['sec-fetch-mode'] !== 'navigate';
  if (origin === undefined) return false;
  try {
    return new URL(origin).host !== host;
  } catch {
    return true;
  }
}
