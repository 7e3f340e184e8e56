import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Whoever serves calendars, on this machine. */
export interface FeedServer {
  /** `http://127.0.0.1:…` */
  readonly url: string;
  readonly requests: readonly { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** What it answers from now on. */
  serve(answer: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** A feed with a validator: asked with it, it is as before. */
  feed(text: string, etag?: string): void;
  stop(): Promise<void>;
}

export async function startFeedServer(): Promise<FeedServer> {
  let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) =>
    response.writeHead(404).end();
  const requests: { path: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    requests,
    serve(next) {
      answer = next;
    },
    feed(text, etag) {
      answer = (request, response) => {
        if (etag !== undefined && request.headers['if-none-match'] === etag)
          return void response.writeHead(304, { etag }).end();
        response.writeHead(200, { 'content-type': 'text/calendar', ...(etag === undefined ? {} : { etag }) });
        response.end(text);
      };
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
