import type { IncomingMessage, ServerResponse } from 'node:http';
import { invalid, problem } from './problem.ts';

const MAX_BODY_BYTES = 5_000_000;

/**
 * Reads a request's body: JSON, or a form where the type says so. Empty = undefined. `lenient`: JSON that is called a
 * form is JSON all the same, for whoever types `curl -d '{…}'`.
 */
export async function readBody(request: IncomingMessage, lenient = false): Promise<unknown> {
  const { headers } = request;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return undefined;
  const text = await readText(request);
  if (text === '') return undefined;
  const isForm = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  if (isForm && !(lenient && /^\s*[{[]/.test(text))) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    throw invalid('', 'JSON parse error');
  }
}

function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      // What comes beyond that is let past, so that the answer can be sent.
      if (size > MAX_BODY_BYTES) reject(problem(400, 'invalid', 'The body is too large'));
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
    request.on('close', () => reject(new Error('The request broke off')));
  });
}

export interface Wire {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends what is ready to go; a peer that has gone away is no error. */
export function send(response: ServerResponse, wire: Wire, toldMs: number): void {
  if (response.destroyed || response.writableEnded) return;
  response.writeHead(wire.status, {
    date: new Date(toldMs).toUTCString(),
    ...(wire.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(wire.body)) }),
    ...wire.headers,
  });
  response.end(wire.status === 204 ? undefined : wire.body);
}
