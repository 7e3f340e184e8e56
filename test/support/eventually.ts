/** How long to look, and how often. */
export interface EventuallyOptions {
  /**
   * What an idle machine needs at the very most, default 10 s; it gives up after three times that. Generous, because a
   * condition that comes true ends the wait at once.
   */
  readonly timeoutMs?: number;
  /** Pause between two looks. Default 20 ms. */
  readonly intervalMs?: number;
  /** Named in the error when the time is over. */
  readonly what?: string;
}

/** The machine that checks may be busy with much else, and slower than the one on which the test was written. */
const SLOWEST = 3;

/**
 * Calls `probe` until it neither throws nor returns `false`, `null` or `undefined`, and returns what it returned.
 * This replaces every fixed sleep in the tests.
 *
 * @throws Error with the last failure as its cause when the time is over.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { timeoutMs: named = 10_000, intervalMs = 20, what = 'the condition' }: EventuallyOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const timeoutMs = named * SLOWEST;
  const deadline = performance.now() + timeoutMs;
  let last: unknown = 'it was not yet so';
  for (;;) {
    try {
      const value = await probe();
      if (isThere(value)) return value;
      last = `the last answer was ${String(value)}`;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline) {
      const reason = last instanceof Error ? last.message : String(last);
      throw new Error(`${what} did not come true within ${String(timeoutMs)} ms: ${reason}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

function isThere<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined;
}
