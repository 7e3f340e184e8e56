import { lookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { feedAddress, FeedError, isAllowedAddress, type AddressRules } from './address.ts';

/** What the feed said of itself the last time. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export type FetchedFeed =
  { readonly kind: 'unchanged' } | ({ readonly kind: 'content'; readonly text: string } & Validators);

export interface FetchRules extends AddressRules {
  readonly maxBytes: number;
}

export interface FeedFetcher {
  /**
   * Asks for a feed, unless it is as before.
   *
   * @throws FeedError
   */
  fetch(address: string, known: Validators): Promise<FetchedFeed>;
  close(): Promise<void>;
}

const CONNECT_MS = 10_000;
const SILENCE_MS = 15_000;
const WHOLE_MS = 60_000;

/** What tests put in place of the world: whom a server's certificate is signed by, and what a name resolves to. */
export interface FetchWorld {
  readonly ca?: string;
  readonly resolve?: Resolve;
}

/** As `lookup` of node:dns, for all addresses of a name. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Every resolved address is judged at the moment of connecting, and it is that address which is connected to. */
function guardedLookup(rules: AddressRules, resolve: Resolve): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) done(error, []);
      // One bad address among good ones is a trick, not an accident.
      else if (addresses.length === 0 || addresses.some(({ address }) => !isAllowedAddress(address, rules)))
        done(new FeedError('calendar_address_refused'), []);
      else if (options.all === true) done(null, addresses);
      else done(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
}

/** A fetcher with connections of its own. */
export function createFeedFetcher(rules: FetchRules, { ca, resolve = lookup }: FetchWorld = {}): FeedFetcher {
  const agent = new Agent({
    connect: {
      lookup: guardedLookup(rules, resolve),
      timeout: CONNECT_MS,
      ...(ca === undefined ? {} : { ca }),
    },
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    maxHeaderSize: 16 * 1024,
    pipelining: 0,
    keepAliveTimeout: 1000,
  });
  return {
    async fetch(address, known) {
      const signal = AbortSignal.timeout(WHOLE_MS);
      try {
        return await ask(agent, rules, address, known, signal);
      } catch (error) {
        throw signal.aborted ? new FeedError('calendar_timeout') : asFeedError(error);
      }
    },
    close: () => agent.destroy(),
  };
}

/** Where an address leads on is where somebody else wants us to go: a redirect is refused, and what it says is not read. */
async function ask(
  agent: Agent,
  rules: FetchRules,
  address: string,
  known: Validators,
  signal: AbortSignal,
): Promise<FetchedFeed> {
  const url = feedAddress(address, rules);
  const answer = await request(url.href, {
    dispatcher: agent,
    signal,
    headers: {
      accept: 'text/calendar, text/plain;q=0.5, */*;q=0.1',
      'accept-encoding': 'identity',
      'user-agent': 'booksy-sync',
      ...(known.etag === null ? {} : { 'if-none-match': known.etag }),
      ...(known.lastModified === null ? {} : { 'if-modified-since': known.lastModified }),
    },
  });
  const { statusCode, headers, body } = answer;
  // What is not read to its end is broken off, and that is no news.
  body.on('error', () => undefined);
  if ([301, 302, 303, 307, 308].includes(statusCode)) {
    body.destroy();
    throw new FeedError('calendar_redirects', statusCode);
  }
  if (statusCode === 304 && (known.etag !== null || known.lastModified !== null)) {
    body.destroy();
    return { kind: 'unchanged' };
  }
  if (statusCode !== 200) {
    body.destroy();
    throw new FeedError('calendar_http_status', statusCode);
  }
  const encoding = one(headers['content-encoding']);
  if (encoding !== null && encoding !== 'identity') {
    body.destroy();
    throw new FeedError('calendar_encoding');
  }
  if (Number(one(headers['content-length']) ?? 0) > rules.maxBytes) {
    body.destroy();
    throw new FeedError('calendar_too_large');
  }
  const text = await textOf(body, rules.maxBytes);
  return {
    kind: 'content',
    text,
    etag: short(headers.etag),
    lastModified: short(headers['last-modified']),
  };
}

/** Reads no more than it may: what goes beyond is never held. */
async function textOf(
  body: AsyncIterable<Uint8Array> & { destroy(): unknown },
  maxBytes: number,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) {
      body.destroy();
      throw new FeedError('calendar_too_large');
    }
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8').decode(Buffer.concat(chunks));
}

function one(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}

/** A validator is sent back as it came; a long one is no use to anybody. */
function short(header: string | string[] | undefined): string | null {
  const value = one(header);
  return value !== null && value.length <= 500 ? value : null;
}

const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** Nothing of what Node says goes on: it would name the address. */
function asFeedError(error: unknown): FeedError {
  if (error instanceof FeedError) return error;
  if (error instanceof Error) {
    if (error.cause instanceof FeedError) return error.cause;
    if ('code' in error && TIMEOUTS.has(String(error.code))) return new FeedError('calendar_timeout');
  }
  return new FeedError('calendar_unreachable');
}
