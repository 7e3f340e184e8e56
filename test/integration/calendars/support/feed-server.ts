import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** Whoever serves calendars, on this machine. */
export interface FeedServer {
  /** `http://127.0.0.1:…`, with a certificate `https://…` */
  readonly url: string;
  readonly port: number;
  /** Connections that were made to it, also those over which nothing was asked. */
  readonly connections: () => number;
  readonly requests: readonly { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** What it answers from now on. */
  serve(answer: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** A feed with a validator: asked with it, it is as before. */
  feed(text: string, etag?: string): void;
  stop(): Promise<void>;
}

export interface FeedServerOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Loopback by default; any address of 127.0.0.0/8. */
  readonly address?: string;
  readonly port?: number;
}

export async function startFeedServer({
  tls,
  address = '127.0.0.1',
  port: wanted = 0,
}: FeedServerOptions = {}): Promise<FeedServer> {
  let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) =>
    response.writeHead(404).end();
  const requests: { path: string; headers: IncomingMessage['headers'] }[] = [];
  let connections = 0;
  const listener: RequestListener = (request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    answer(request, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(wanted, address, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${address}:${String(port)}`,
    port,
    connections: () => connections,
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
