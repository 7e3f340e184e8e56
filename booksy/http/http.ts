/**
 * One call of the API: its turn by the pacer, its token, the exchange, and what the answer means.
 *
 * Repeats are few and bounded: a 401 once with a fresh token, a 429 as long as the pacer's block is short, a request
 * that could not leave in time with a new grant. Everything else is an error for the caller, whose retry policy
 * decides (SPEC 1.3).
 */
import { setMaxListeners } from 'node:events';
import type { Interval } from '../../domain/observed.ts';
import type { TokenSource } from '../auth/tokens.ts';
import type { MonotonicClock } from '../clock.ts';
import { BooksyError, RateLimitedError, type BooksyErrorDetails } from '../errors.ts';
import type { Grant, Lane, Pacer } from '../pacer/index.ts';
import { bodyOf, retryAfterMs, statusError, transportError, type CallKind } from './answers.ts';
import { intervalOf } from './interval.ts';
import { TransportError, type Answer, type Exchange, type Transport } from './transport.ts';

const ACCEPT = 'application/json; version=0.3';
/** How often one call may be sent because of 429. */
const MAX_SENDS = 3;
/** A longer block is the caller's to wait out: it holds a worker slot otherwise. */
const MAX_BLOCK_WAIT_MS = 20_000;
const MAX_LATE_DEPARTURES = 6;
const DENIAL_MS = 60_000;

/** What every method of the client takes beside its own parameters. */
export interface CallOptions {
  /** R35: 1 withdrawal, erasure, cancels · 2 near visits' writes · 3 other writes · 4 near sweep · 5 the rest. */
  readonly lane: Lane;
  readonly signal?: AbortSignal | undefined;
  /**
   * R13b, for writes: asked right before the first byte leaves. False = too late: nothing is sent and the error
   * `unsent` is thrown.
   */
  readonly maySend?: (() => boolean) | undefined;
}

export interface ApiCall {
  readonly method: Exchange['method'];
  readonly kind: CallKind;
  /** For errors and logs: `appointment/:id/`. */
  readonly template: string;
  /** Below the base, with a slash at the end. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly businessExternalId: string | null;
}

export interface ApiAnswer {
  readonly body: unknown;
  readonly interval: Interval;
  readonly details: BooksyErrorDetails;
}

export interface BooksyHttp {
  /** @throws BooksyError */
  call(call: ApiCall, options: CallOptions): Promise<ApiAnswer>;
}

export interface BooksyHttpOptions {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly transport: Transport;
  readonly tokens: TokenSource;
  readonly pacerOf: (businessExternalId: string | null) => Pacer;
  readonly clock: MonotonicClock;
  readonly logger?: { warn(facts: Readonly<Record<string, unknown>>, message: string): void };
}

/** The request was about to leave so late that its grant was no longer good. */
class LateDeparture extends Error {}

export function createBooksyHttp(options: BooksyHttpOptions): BooksyHttp {
  const denials = new Denials(options.clock);
  return { call: (call, callOptions) => new Attempt(options, denials, call, callOptions).run() };
}

/**
 * Salons that answered 401 to a fresh token. For a while their 401 costs no token: one salon that we lost must not
 * use up the token calls of all others, nor make them change a token that is good.
 */
class Denials {
  readonly #untilMs = new Map<string, number>();
  readonly #clock: MonotonicClock;

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  isStanding(key: string): boolean {
    return (this.#untilMs.get(key) ?? 0) > this.#clock.nowMs();
  }

  note(key: string): void {
    this.#untilMs.set(key, this.#clock.nowMs() + DENIAL_MS);
  }

  forget(key: string): void {
    this.#untilMs.delete(key);
  }
}

class Attempt {
  readonly #options: BooksyHttpOptions;
  readonly #denials: Denials;
  readonly #businessKey: string;
  readonly #call: ApiCall;
  readonly #callOptions: CallOptions;
  readonly #details: BooksyErrorDetails;
  readonly #pacer: Pacer;

  constructor(options: BooksyHttpOptions, denials: Denials, call: ApiCall, callOptions: CallOptions) {
    this.#options = options;
    this.#denials = denials;
    this.#businessKey = call.businessExternalId ?? '';
    this.#call = call;
    this.#callOptions = callOptions;
    this.#details = {
      method: call.method,
      path: call.template,
      ...(call.businessExternalId === null ? {} : { businessExternalId: call.businessExternalId }),
    };
    this.#pacer = options.pacerOf(call.businessExternalId);
    // Many calls of one activity share its signal.
    if (callOptions.signal !== undefined) setMaxListeners(0, callOptions.signal);
  }

  async run(): Promise<ApiAnswer> {
    const { tokens } = this.#options;
    let refreshed = false;
    for (let sends = 1; ; sends += 1) {
      const token = await tokens.get(this.#callOptions.signal);
      const { answer, grant } = await this.#send(token.access);
      if (answer.status === 401) {
        if (refreshed || this.#denials.isStanding(this.#businessKey)) {
          this.#denials.note(this.#businessKey);
          throw statusError(answer, this.#call.kind, { ...this.#details, status: 401 });
        }
        tokens.refuse(token.version);
        refreshed = true;
        continue;
      }
      this.#denials.forget(this.#businessKey);
      if (answer.status === 429) {
        await this.#backOff(answer, sends);
        continue;
      }
      const body = bodyOf(answer, this.#call.kind, this.#details);
      return {
        body,
        interval: intervalOf(grant, answer),
        details: { ...this.#details, status: answer.status },
      };
    }
  }

  /** Writes the 429 down for all workers and lets the pacer hold this call back, unless that would take too long. */
  async #backOff(answer: Answer, sends: number): Promise<void> {
    const blockedMs = await this.#pacer.block(retryAfterMs(answer));
    this.#options.logger?.warn({ ...this.#details, blockedMs }, 'Booksy says that too many calls were made');
    if (sends < MAX_SENDS && blockedMs <= MAX_BLOCK_WAIT_MS) return;
    throw new RateLimitedError('Booksy says that too many calls were made', blockedMs, {
      ...this.#details,
      status: 429,
    });
  }

  async #send(access: string): Promise<{ answer: Answer; grant: Grant }> {
    const { signal, lane } = this.#callOptions;
    for (let late = 0; late < MAX_LATE_DEPARTURES; late += 1) {
      const grant = await this.#pacer.acquire({
        lane,
        businessKey: this.#businessKey,
        signal,
      });
      try {
        return { answer: await this.#exchange(access, grant), grant };
      } catch (error) {
        if (error instanceof LateDeparture) {
          this.#pacer.leftLate(grant);
          continue;
        }
        if (error instanceof TransportError) throw transportError(error, this.#call.kind, this.#details);
        throw error;
      }
    }
    throw new RateLimitedError('Calls leave too late to keep the pace', this.#pacer.plan.windowMs, {
      ...this.#details,
      reason: 'late_departure',
    });
  }

  #exchange(access: string, grant: Grant): Promise<Answer> {
    const { baseUrl, timeoutMs, transport } = this.#options;
    const { method, path, query, body } = this.#call;
    const url = new URL(path, baseUrl);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    return transport.exchange({
      method,
      url,
      headers: {
        accept: ACCEPT,
        authorization: `Bearer ${access}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      timeoutMs,
      signal: this.#callOptions.signal,
      beforeSend: () => this.#checkDeparture(grant),
    });
  }

  #checkDeparture(grant: Grant): void {
    if (this.#callOptions.maySend?.() === false) {
      throw new BooksyError('unsent', 'The write was held back', this.#details);
    }
    if (this.#options.clock.nowMs() > grant.usableUntilMs) throw new LateDeparture();
  }
}
