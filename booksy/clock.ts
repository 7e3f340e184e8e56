/**
 * The only clock this folder reads: monotonic milliseconds. Wall time comes from the database (R1); a worker's own
 * wall clock is used for nothing but the claims of a signed JWT.
 */
export interface MonotonicClock {
  /** Milliseconds since some fixed moment of this process; never goes back. */
  nowMs(): number;
  /** Resolves after `delayMs`; rejects with the signal's reason as soon as it is aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: MonotonicClock = {
  nowMs: () => performance.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(asError(signal.reason));
        return;
      }
      const onAbort = () => {
        clearTimeout(timer);
        reject(asError(signal?.reason));
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.max(0, Math.ceil(delayMs)),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('The wait was cancelled.');
}
