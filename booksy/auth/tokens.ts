/**
 * One access token for all callers of all processes. Whoever finds it used up fetches a new one under a lease and
 * within the token allowance; everybody else waits for that one (10 token calls a minute).
 */
import { randomUUID } from 'node:crypto';
import type { MonotonicClock } from '../clock.ts';
import { BooksyError, RateLimitedError, type BooksyErrorDetails } from '../errors.ts';
import { bodyOf, retryAfterMs, transportError } from '../http/answers.ts';
import { TransportError, type Answer, type Transport } from '../http/transport.ts';
import type { Grant, Pacer } from '../pacer/index.ts';
import type { TokenStore } from './store.ts';
import type { AccessToken, AuthStrategy, TokenRequest } from './strategies.ts';

const MAX_TOKEN_CALLS = 3;
/** After the credentials themselves were refused this process does not ask again for this long. */
const REVOKED_MS = 10_000;
const LOOK_AGAIN_MS = 50;

export interface CurrentToken {
  readonly access: string;
  readonly version: number;
}

export interface TokenSource {
  /**
   * The current token, fetched if need be.
   *
   * @throws BooksyError `auth_revoked`, `rate_limited`, `unavailable`, `schema_drift`, `cancelled`
   */
  get(signal?: AbortSignal): Promise<CurrentToken>;
  /** This version was refused: the next `get` brings a newer one. */
  refuse(version: number): void;
}

export interface TokenSourceOptions {
  readonly store: TokenStore;
  readonly strategy: AuthStrategy;
  readonly pacer: Pacer;
  readonly transport: Transport;
  readonly clock: MonotonicClock;
  readonly timeoutMs: number;
}

interface Held extends CurrentToken {
  readonly usableUntilMs: number;
}

export function createTokenSource(options: TokenSourceOptions): TokenSource {
  return new SharedTokenSource(options);
}

class SharedTokenSource implements TokenSource {
  readonly #options: TokenSourceOptions;
  readonly #owner = randomUUID();
  #held: Held | null = null;
  #refusedVersion = 0;
  #revokedUntilMs = 0;
  #fetching: Promise<Held> | null = null;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  async get(signal?: AbortSignal): Promise<CurrentToken> {
    const nowMs = this.#options.clock.nowMs();
    if (this.#held !== null && this.#isUsable(this.#held, nowMs)) return this.#held;
    if (nowMs < this.#revokedUntilMs) throw revokedError();
    // All callers of this process share one fetch; one of them giving up does not end it for the others.
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
    });
    return unlessAborted(this.#fetching, signal);
  }

  refuse(version: number): void {
    this.#refusedVersion = Math.max(this.#refusedVersion, version);
  }

  #isUsable(token: Held, nowMs: number): boolean {
    return token.version > this.#refusedVersion && nowMs < token.usableUntilMs;
  }

  async #fetch(): Promise<Held> {
    const { store, clock, timeoutMs, pacer } = this.#options;
    const leaseMs = timeoutMs + pacer.plan.windowMs;
    const giveUpAtMs = clock.nowMs() + 2 * leaseMs;
    for (;;) {
      const found = await this.#stored();
      if (found.usable !== null) return this.#keep(found.usable);
      if (await store.takeLease(this.#owner, leaseMs)) return await this.#fetchUnderLease();
      if (clock.nowMs() > giveUpAtMs)
        throw new BooksyError('unavailable', 'Another process does not finish fetching a token');
      await clock.sleep(LOOK_AGAIN_MS);
    }
  }

  async #fetchUnderLease(): Promise<Held> {
    const { store } = this.#options;
    try {
      // Between the first look and the lease another process may have been here.
      const found = await this.#stored();
      return this.#keep(found.usable ?? (await this.#fetchNew(found.last)));
    } finally {
      await store.dropLease(this.#owner);
    }
  }

  async #stored(): Promise<{ usable: Held | null; last: AccessToken | null }> {
    const { store, clock } = this.#options;
    const askedAtMs = clock.nowMs();
    const stored = await store.read();
    if (stored === null) return { usable: null, last: null };
    const { token, version, remainingMs } = stored;
    const held: Held = {
      access: token.access,
      version,
      usableUntilMs: askedAtMs + remainingMs - marginMs(token.lifetimeMs),
    };
    return { usable: this.#isUsable(held, clock.nowMs()) ? held : null, last: token };
  }

  async #fetchNew(last: AccessToken | null): Promise<Held> {
    const { store, strategy, clock } = this.#options;
    let previous = last;
    let waitedMs = 0;
    for (let call = 1; call <= MAX_TOKEN_CALLS; call += 1) {
      const grant = await this.#options.pacer.acquire({ lane: 1, businessKey: 'token' });
      const request = await strategy.request(previous, grant.databaseNowMs);
      const askedAtMs = clock.nowMs();
      const answer = await this.#send(request);
      if (answer.status === 429) {
        waitedMs = await this.#options.pacer.block(retryAfterMs(answer));
        continue;
      }
      if (isRefusal(answer.status)) {
        if (!request.byRefresh) return this.#giveUp();
        previous = null;
        continue;
      }
      const token = this.#read(answer, request, previous, grant);
      const version = await store.write(token, clock.nowMs() - askedAtMs);
      // Only where the row was lost in between does the count start anew.
      this.#refusedVersion = Math.min(this.#refusedVersion, version - 1);
      return {
        access: token.access,
        version,
        usableUntilMs: askedAtMs + token.lifetimeMs - marginMs(token.lifetimeMs),
      };
    }
    throw new RateLimitedError('Booksy grants no token for now', waitedMs, { method: 'POST' });
  }

  async #send(request: TokenRequest): Promise<Answer> {
    const { transport, timeoutMs } = this.#options;
    try {
      const { url, headers, body } = request;
      return await transport.exchange({ method: 'POST', url, headers, body, timeoutMs });
    } catch (error) {
      if (error instanceof TransportError) throw transportError(error, 'read', detailsOf(request));
      throw error;
    }
  }

  #read(answer: Answer, request: TokenRequest, previous: AccessToken | null, grant: Grant): AccessToken {
    const body = bodyOf(answer, 'read', detailsOf(request));
    return this.#options.strategy.read(body, request, previous, grant.databaseNowMs);
  }

  #keep(token: Held): Held {
    this.#held = token;
    return token;
  }

  #giveUp(): never {
    this.#revokedUntilMs = this.#options.clock.nowMs() + REVOKED_MS;
    throw revokedError();
  }
}

/** A token is not used in its last moments: it could end on the way. */
function marginMs(lifetimeMs: number): number {
  return Math.min(10_000, lifetimeMs / 10);
}

function isRefusal(status: number): boolean {
  return status === 400 || status === 401 || status === 403;
}

function detailsOf(request: TokenRequest): BooksyErrorDetails {
  return { method: 'POST', path: request.path };
}

function revokedError(): BooksyError {
  return new BooksyError('auth_revoked', 'Booksy refuses our credentials');
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () =>
      reject(new BooksyError('cancelled', 'The caller gave up while waiting for a token'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
