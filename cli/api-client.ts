import { z } from 'zod';
import { messageOf } from '../infra/local/errors.ts';
import { nextFreeLines, refusedTime } from './bookings/next-free.ts';
import { lookAt } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { CliError } from './output.ts';

/** Where a command finds the API, as given on the command line. */
export type ApiOptions = { readonly data: string; readonly api?: string; readonly token?: string };

/** A running API with a token for it. */
export type ApiClient = {
  readonly url: string;
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown): Promise<unknown>;
  put(path: string, body: unknown): Promise<unknown>;
  patch(path: string, body: unknown): Promise<unknown>;
  delete(path: string): Promise<unknown>;
};

const TIMEOUT_MS = 30_000;

/**
 * Finds the API: --api/--token, else BOOKSY_SYNC_API/BOOKSY_SYNC_TOKEN, else the `up` that runs on the data folder.
 * @throws CliError `api_unknown` when none of them says where it is
 */
export function findApi(options: ApiOptions, env: NodeJS.ProcessEnv = process.env): ApiClient {
  const given = options.api ?? env['BOOKSY_SYNC_API'];
  const beside = given ? {} : lookAt(options.data).addresses;
  const url = given || beside.api;
  const token = (options.token ?? env['BOOKSY_SYNC_TOKEN']) || beside.adminToken;
  if (!url) {
    throw new CliError(
      'api_unknown',
      `No Booksy Sync runs on the data folder ${options.data}.`,
      'Start it (npm start), name its folder with --data, or give --api and --token.',
      EXIT.unreachable,
    );
  }
  if (!token) {
    throw new CliError(
      'token_missing',
      `There is no token for ${url}.`,
      'Give --token or set BOOKSY_SYNC_TOKEN.',
      EXIT.unreachable,
    );
  }
  return createApiClient(url, token);
}

/** A client of one API. Every failure is a CliError with the code and advice that the API gave. */
export function createApiClient(baseUrl: string, token: string): ApiClient {
  const url = baseUrl.replace(/\/+$/, '');
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await send(`${url}${path}`, method, token, body).catch((error: unknown) => {
      throw new CliError(
        'api_unreachable',
        `The API at ${url} does not answer: ${reasonOf(error)}.`,
        'See whether it runs (npm start, or booksy doctor), and whether the address is right.',
        EXIT.unreachable,
      );
    });
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) throw refused(url, response.status, answer);
    return answer;
  };
  return {
    url,
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, body),
    put: (path, body) => ask('PUT', path, body),
    patch: (path, body) => ask('PATCH', path, body),
    delete: (path) => ask('DELETE', path),
  };
}

async function send(url: string, method: string, token: string, body: unknown): Promise<Response> {
  const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  return fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
    redirect: 'error',
  });
}

function reasonOf(error: unknown): string {
  // fetch hides the reason ("connection refused") in the cause.
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error);
}

/** A problem+json answer as an error of ours. */
function refused(url: string, status: number, problem: unknown): CliError {
  const text = (name: string): string | null => {
    const value: unknown =
      typeof problem === 'object' && problem !== null ? Reflect.get(problem, name) : null;
    return typeof value === 'string' ? value : null;
  };
  const about = text('detail') ?? text('title') ?? `status ${status}`;
  const signIn = status === 401 || status === 403;
  return new CliError(
    text('code') ?? `http_${status}`,
    [`The API at ${url} refused: ${about}`, ...wrongValues(problem), ...nextFreeLines(problem)].join('\n'),
    text('nextStep') ?? (signIn ? 'Give a valid token with --token or BOOKSY_SYNC_TOKEN.' : 'See its log.'),
    signIn ? EXIT.unreachable : EXIT.failed,
    refusedTime(problem),
  );
}

const fieldProblems = z.object({ errors: z.array(z.object({ path: z.string(), message: z.string() })) });

/** What the API says of each value that it cannot use, a line each. */
function wrongValues(problem: unknown): readonly string[] {
  const parsed = fieldProblems.safeParse(problem);
  return parsed.success ? parsed.data.errors.map(({ path, message }) => `  ${path}: ${message}`) : [];
}
