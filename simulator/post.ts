import type { Dispatcher } from 'undici';

/** A POST whose answer's body does not matter. */
export interface Post {
  /** The status, once the whole answer has come. Rejects where none came in time, or after `stop`. */
  readonly status: Promise<number>;
  stop(): void;
}

export interface PostOptions {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For all of it, from now to the end of the answer. */
  readonly timeoutMs: number;
}

/** Sends it over one of the dispatcher's connections. Redirects are answers like any other. */
export function post(dispatcher: Dispatcher, address: string, options: PostOptions): Post {
  const handler = new StatusHandler();
  const timer = setTimeout(() => handler.stop(), options.timeoutMs);
  try {
    const { origin, pathname, search } = new URL(address);
    dispatcher.dispatch(
      {
        origin,
        path: pathname + search,
        method: 'POST',
        headers: options.headers,
        body: options.body,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      handler,
    );
  } catch (error) {
    handler.fail(error);
  }
  return {
    status: handler.status.finally(() => clearTimeout(timer)),
    stop: () => handler.stop(),
  };
}

class StatusHandler implements Dispatcher.DispatchHandler {
  readonly status: Promise<number>;
  private settle: { resolve: (status: number) => void; reject: (error: unknown) => void } | null = null;
  private controller: Dispatcher.DispatchController | null = null;
  private stopped: Error | null = null;
  private found = 0;

  constructor() {
    this.status = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  stop(): void {
    this.stopped = new Error('No answer is waited for any more');
    this.fail(this.stopped);
    this.controller?.abort(this.stopped);
  }

  fail(error: unknown): void {
    this.settle?.reject(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.stopped !== null) controller.abort(this.stopped);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    if (status >= 200) this.found = status;
  }

  onResponseData(): void {
    return undefined;
  }

  onResponseEnd(): void {
    this.settle?.resolve(this.found);
  }

  onResponseError(_: unknown, error: Error): void {
    this.fail(error);
  }
}
