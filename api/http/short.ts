/**
 * The short way of requests that are asked very often: past Express, whose own work can be dearer than theirs. Answers are the same
 * to the byte, so whatever is in any way unusual is left to the long way.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../infra/logger.ts';
import { headersOfEveryAnswer, type Watch } from './context.ts';
import type { Reply } from './endpoint.ts';
import { BODY_BYTES, problemAnswer } from './router.ts';

const JSON_TYPE = /^application\/json(?:; ?charset=utf-8)?$/i;
const LENGTH = /^[1-9]\d{0,5}$/;

/** Serves one request the short way. `handle` gets the bytes of the body; what it throws is answered as everywhere. */
export type ShortWay = (
  request: IncomingMessage,
  response: ServerResponse,
  route: string,
  handle: (raw: Buffer, requestId: string) => Promise<Reply>,
) => void;

/** @param deps.watch gives it its id, log line and measurement */
export function createShortWay(deps: {
  readonly watch: Watch;
  readonly logger: Logger;
  readonly corsOrigins: readonly string[];
}): ShortWay {
  const { watch, logger } = deps;
  const always = [...headersOfEveryAnswer(deps.corsOrigins)];

  const send = (response: ServerResponse, { status, headers, contentType, content }: Ready): void => {
    response.statusCode = status;
    if (response.destroyed) return;
    for (const [name, value] of always) response.setHeader(name, value);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.setHeader('Content-Type', `${contentType}; charset=utf-8`);
    response.setHeader('Content-Length', Buffer.byteLength(content));
    response.end(content);
  };

  const serve = async (...[request, response, route, handle]: Parameters<ShortWay>) => {
    const state = watch(request, response);
    state.route = route;
    try {
      send(response, readyOf(await handle(await bytesOf(request), state.requestId)));
    } catch (error) {
      send(response, problemAnswer(error, state.requestId, logger));
    }
  };

  return (...request) => void serve(...request);
}

/** A body of plain JSON whose length is announced, from no page of another origin. */
export function isOrdinary({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'] ?? '';
  return (
    JSON_TYPE.test(headers['content-type'] ?? '') &&
    LENGTH.test(length) &&
    Number(length) <= BODY_BYTES &&
    headers['content-encoding'] === undefined &&
    headers['transfer-encoding'] === undefined &&
    headers.origin === undefined
  );
}

/** An answer that only has to be written. */
interface Ready {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Without its charset: all of them are UTF-8. */
  readonly contentType: string;
  readonly content: string | Buffer;
}

function readyOf(reply: Reply): Ready {
  const { status, headers = {} } = reply;
  return 'json' in reply
    ? { status, headers, contentType: 'application/json', content: JSON.stringify(reply.json) }
    : { status, headers, contentType: reply.contentType, content: reply.content };
}

/** As many bytes as were announced: Node's parser lets through no more. */
function bytesOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [first = Buffer.alloc(0)] = chunks;
      resolve(chunks.length > 1 ? Buffer.concat(chunks) : first);
    });
    // Of a sender that has gone away: there is nobody to answer, only the log to write.
    const brokenOff = () => reject(Object.assign(new Error('The request broke off.'), { status: 400 }));
    request.on('error', brokenOff);
    request.on('close', brokenOff);
  });
}
