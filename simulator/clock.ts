/**
 * The sandbox's clock: real time plus an offset that a tester may push forward. Whatever the sandbox does later
 * (webhook retries, late actions) waits on this clock, so advancing it makes those things happen at once.
 */
export interface Clock {
  /** Milliseconds since the epoch, by this clock. */
  now(): number;
  /** What the sandbox tells others the time is: `now` plus the skew fault. */
  told(): number;
  /** Runs the task once the clock has reached that time. */
  at(dueMs: number, task: () => void | Promise<void>): void;
  /** Moves the clock on and resolves once everything that fell due has been done. */
  advance(ms: number): Promise<void>;
  offsetMs(): number;
  setOffset(ms: number): void;
  setSkew(ms: number): void;
  skewMs(): number;
  /** Forgets what was waiting. */
  clear(): void;
  /** How much is waiting for its time. */
  waiting(): number;
}

interface Entry {
  readonly dueMs: number;
  readonly order: number;
  readonly task: () => void | Promise<void>;
}

/** The longest delay Node's timers can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Creates a clock; `real` is the time source beneath it. */
export function createClock(real: () => number = Date.now): Clock {
  let offset = 0;
  let skew = 0;
  let order = 0;
  let entries: Entry[] = [];
  let timer: NodeJS.Timeout | null = null;
  const running = new Set<Promise<void>>();
  const now = (): number => real() + offset;

  const arm = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const first = entries[0];
    if (first === undefined) return;
    timer = setTimeout(fire, Math.min(LONGEST_TIMER_MS, Math.max(0, first.dueMs - now())));
    timer.unref();
  };

  const fire = (): void => {
    const current = now();
    for (let first = entries[0]; first !== undefined && first.dueMs <= current; first = entries[0]) {
      entries.shift();
      const result = first.task();
      if (result instanceof Promise) {
        // A task reports its own failure; the clock only needs to know when it is over.
        const over = result.catch(() => undefined).finally(() => running.delete(over));
        running.add(over);
      }
    }
    arm();
  };

  return {
    now,
    told: () => now() + skew,
    at: (dueMs, task) => {
      order += 1;
      entries.push({ dueMs, order, task });
      entries.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
      arm();
    },
    advance: async (ms) => {
      offset += ms;
      fire();
      // A finished task may have made a new one that is already due (the retry of a retry).
      for (let first = entries[0]; running.size > 0 || (first !== undefined && first.dueMs <= now());) {
        await Promise.all(running);
        fire();
        first = entries[0];
      }
    },
    offsetMs: () => offset,
    setOffset: (ms) => {
      offset = ms;
      arm();
    },
    setSkew: (ms) => {
      skew = ms;
    },
    skewMs: () => skew,
    clear: () => {
      entries = [];
      arm();
    },
    waiting: () => entries.length + running.size,
  };
}
