import { setTimeout as sleep } from 'node:timers/promises';
import type { BooksyClient, Lane } from '../../booksy/index.ts';

/** Calls that may leave at once after a pause. */
const BURST = 4;

/**
 * Keeps the sweeps of a process within their share of the allowance (R36): what is left is for everybody else even while
 * nobody else waits. There is one sweeper for an account, so that a process's own clock is enough. The hard limit is the
 * pacer's.
 */
export interface Share {
  /** Waits for the next call's turn. */
  take(callsPerSecond: number): Promise<void>;
}

/** @param clock for tests */
export function createShare(
  clock: { readonly nowMs: () => number; readonly sleep: (ms: number) => Promise<unknown> } = {
    nowMs: () => performance.now(),
    sleep,
  },
): Share {
  let nextMs = -Infinity;
  return {
    async take(callsPerSecond) {
      const intervalMs = 1000 / callsPerSecond;
      const nowMs = clock.nowMs();
      nextMs = Math.max(nextMs, nowMs - (BURST - 1) * intervalMs) + intervalMs;
      const waitMs = nextMs - intervalMs - nowMs;
      if (waitMs > 0) await clock.sleep(waitMs);
    },
  };
}

/** A client whose calls go in one lane and wait for their turn first. */
export function sharedClient(booksy: BooksyClient, lane: Lane, turn: () => Promise<void>): BooksyClient {
  return new Proxy(booksy, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || name === 'close') return member;
      return async (...given: readonly unknown[]) => {
        await turn();
        return Reflect.apply(
          member,
          target,
          given.map((each) => inLane(each, lane)),
        ) as unknown;
      };
    },
  });
}

function inLane(argument: unknown, lane: Lane): unknown {
  const isOptions = typeof argument === 'object' && argument !== null && 'lane' in argument;
  return isOptions ? { ...argument, lane } : argument;
}
