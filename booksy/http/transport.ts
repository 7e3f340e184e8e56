/**
 * One HTTP exchange: no auth, no pacing, no repeat. What it adds to undici is certainty: it knows whether a request
 * had begun to leave, because for a write that decides between "try again" and "look up first" (R14).
 */
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, type Dispatcher } from 'undici';
import type { MonotonicClock } from '../clock.ts';

/** The largest answer that is read: a full page of the fattest rows is far below. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export interface Exchange {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called right before the first byte leaves; what it throws stops the request unsent. */
  readonly beforeSend?: (() => void) | undefined;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | null;
  readonly text: string;
  /** Monotonic clock: just before the first byte left, and when the last one had come. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

export type TransportReason =
  | 'timeout'
  | 'cancelled'
  | 'refused_before_send'
  | 'connect_failed'
  | 'connection_lost'
  | 'truncated'
  | 'answer_too_large';

/** No (whole) answer came. */
export class TransportError extends Error {
  readonly reason: TransportReason;
  /** Had the request begun to leave? If not, the other side surely did not act. */
  readonly sent: boolean;

  constructor(reason: TransportReason, sent: boolean, cause?: unknown) {
    super(`No answer: ${reason}.`, { cause });
    this.name = 'TransportError';
    this.reason = reason;
    this.sent = sent;
  }
}

export interface Transport {
  /** @throws TransportError, or whatever `beforeSend` threw */
  exchange(what: Exchange): Promise<Answer>;
  close(): Promise<void>;
}

export function createTransport(clock: MonotonicClock): Transport {
  // Connections are not limited: the pacer decides how many calls run, and none may wait unseen in here.
  const agent = new Agent({ pipelining: 1 });
  return {
    exchange: (what) => exchange(agent, clock, what),
    close: () => agent.destroy(),
  };
}

/** Collects one answer. The promise settles once; what comes later is ignored. */
class Collector implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Answer>;
  readonly #clock: MonotonicClock;
  readonly #beforeSend: (() => void) | undefined;
  readonly #chunks: Buffer[] = [];
  readonly #settle: { resolve(answer: Answer): void; reject(error: unknown): void };
  #controller: Dispatcher.DispatchController | null = null;
  #stopped: Error | null = null;
  #sentAtMs: number | null = null;
  #size = 0;
  #status = 0;
  #contentType = '';
  #retryAfter: string | null = null;

  constructor(clock: MonotonicClock, beforeSend: (() => void) | undefined) {
    this.#clock = clock;
    this.#beforeSend = beforeSend;
    const { promise, resolve, reject } = withResolvers();
    this.answer = promise;
    this.#settle = { resolve, reject };
  }

  /** Gives up; the error says whether the request had begun to leave. */
  stop(reason: TransportReason, cause?: unknown): void {
    this.#fail(new TransportError(reason, this.#sentAtMs !== null, cause));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#stopped !== null) {
      controller.abort(this.#stopped);
      return;
    }
    try {
      this.#beforeSend?.();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new TransportError('refused_before_send', false, error));
      return;
    }
    this.#sentAtMs = this.#clock.nowMs();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#contentType = first(headers['content-type']) ?? '';
    this.#retryAfter = first(headers['retry-after']);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > MAX_ANSWER_BYTES) this.stop('answer_too_large');
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const receivedAtMs = this.#clock.nowMs();
    this.#settle.resolve({
      status: this.#status,
      contentType: this.#contentType,
      retryAfter: this.#retryAfter,
      text: Buffer.concat(this.#chunks).toString('utf8'),
      sentAtMs: this.#sentAtMs ?? receivedAtMs,
      receivedAtMs,
    });
  }

  onResponseError(_: unknown, error: Error): void {
    const begun = this.#status !== 0;
    this.stop(begun ? 'truncated' : this.#sentAtMs !== null ? 'connection_lost' : 'connect_failed', error);
  }

  #fail(error: Error): void {
    this.#settle.reject(error);
    this.#stopped ??= error;
    this.#controller?.abort(error);
  }
}

async function exchange(agent: Agent, clock: MonotonicClock, what: Exchange): Promise<Answer> {
  const collector = new Collector(clock, what.beforeSend);
  const onAbort = () => collector.stop('cancelled');
  const timer = setTimeout(() => collector.stop('timeout'), what.timeoutMs);
  what.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    if (what.signal?.aborted === true) throw new TransportError('cancelled', false);
    agent.dispatch(
      {
        origin: what.url.origin,
        path: what.url.pathname + what.url.search,
        method: what.method,
        headers: { ...what.headers },
        body: what.body,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      collector,
    );
    return await collector.answer;
  } finally {
    clearTimeout(timer);
    what.signal?.removeEventListener('abort', onAbort);
  }
}

function withResolvers(): {
  promise: Promise<Answer>;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
} {
  let resolve: (answer: Answer) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Answer>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function first(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}
