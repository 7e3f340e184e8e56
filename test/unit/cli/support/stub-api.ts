import { createServer } from 'node:http';
import { createApiClient, type ApiClient } from '../../../../cli/api-client.ts';

/** A request as it came in. */
export interface StubRequest {
  /** `METHOD /path`, the path decoded. */
  readonly route: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export type StubAnswer = { readonly status?: number; readonly json: unknown };

/** What it answers, by `METHOD /path`; a function is asked each time. */
export type StubRoutes = Readonly<Record<string, StubRoute>>;
type StubRoute = Readonly<Record<string, unknown>> | ((request: StubRequest) => object);

/** An API of one test that answers what it is told to. */
export interface StubApi {
  readonly url: string;
  readonly api: ApiClient;
  readonly requests: readonly StubRequest[];
  /** Requests of one route. */
  of(route: string): readonly StubRequest[];
  stop(): Promise<void>;
}

/** An answer with another status than 200. */
export function problem(status: number, code: string): StubAnswer & { readonly stub: true } {
  return {
    stub: true,
    status,
    json: { code, detail: `what ${code} means`, nextStep: `what to do about ${code}` },
  };
}

/** Starts it on a free port of the loopback address. */
export async function startStubApi(routes: StubRoutes): Promise<StubApi> {
  const requests: StubRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://stub');
      const text = Buffer.concat(chunks).toString();
      const seen: StubRequest = {
        route: `${request.method ?? ''} ${decodeURIComponent(url.pathname)}`,
        query: Object.fromEntries(url.searchParams),
        body: text === '' ? undefined : JSON.parse(text),
      };
      requests.push(seen);
      const { status, json } = answerOf(routes[seen.route], seen);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    url,
    api: createApiClient(url, 'a-token'),
    requests,
    of: (route) => requests.filter((request) => request.route === route),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerOf(given: StubRoute | undefined, request: StubRequest): { status: number; json: unknown } {
  const value = typeof given === 'function' ? given(request) : given;
  if (value === undefined) return { status: 404, json: problem(404, 'not_found').json };
  if ('stub' in value && 'json' in value) {
    const status = 'status' in value && typeof value.status === 'number' ? value.status : 200;
    return { status, json: value.json };
  }
  return { status: 200, json: value };
}
