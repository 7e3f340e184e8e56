/**
 * Wakes the syncs of businesses, sparingly (R28). After a signal further news are held back until a drain of this process
 * sits down, which reads them anyway; drains of other processes are not seen from here, so after two seconds the signal is
 * sent again where there was news. While Temporal is away everything waits and is sent once it is back.
 */
export interface Waker {
  wake(businessId: string): void;
  /** A drain of this process reads the boxes of the business from now on. */
  entered(businessId: string): void;
  readonly signals: number;
  stop(): void;
}

export interface WakerOptions {
  /** Signals the business's workflow, or starts it. */
  readonly signal: (businessId: string) => Promise<void>;
  /** Told of each failure in a row once. */
  readonly onTrouble: (error: unknown, businessId: string) => void;
  readonly heldBackMs?: number;
  readonly firstRetryMs?: number;
}

const HELD_BACK_MS = 2_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

interface Held {
  /** There was news since the signal was sent. */
  news: boolean;
  inFlight: boolean;
  entered: boolean;
  failures: number;
  timer: NodeJS.Timeout | null;
}

export function createWaker(options: WakerOptions): Waker {
  const { signal, onTrouble, heldBackMs = HELD_BACK_MS, firstRetryMs = FIRST_RETRY_MS } = options;
  const held = new Map<string, Held>();
  let signals = 0;
  let stopped = false;

  const forget = (businessId: string) => {
    clearTimeout(held.get(businessId)?.timer ?? undefined);
    held.delete(businessId);
  };

  const send = async (businessId: string, state: Held) => {
    if (stopped) return;
    state.news = false;
    state.inFlight = true;
    signals += 1;
    try {
      await signal(businessId);
      state.failures = 0;
    } catch (error) {
      // It may have been taken in all the same; a signal too many does no harm.
      state.news = true;
      state.entered = false;
      state.failures += 1;
      if (state.failures === 1) onTrouble(error, businessId);
    }
    state.inFlight = false;
    if (stopped || held.get(businessId) !== state) return;
    if (state.entered && !state.news) {
      forget(businessId);
      return;
    }
    const retryMs = Math.min(firstRetryMs * 2 ** (state.failures - 1), LAST_RETRY_MS);
    state.timer = setTimeout(
      () => {
        if (state.news) void send(businessId, state);
        else forget(businessId);
      },
      state.failures > 0 ? retryMs : heldBackMs,
    );
  };

  return {
    get signals() {
      return signals;
    },
    wake(businessId) {
      const state = held.get(businessId);
      if (state !== undefined) {
        state.news = true;
        return;
      }
      const fresh: Held = { news: false, inFlight: false, entered: false, failures: 0, timer: null };
      held.set(businessId, fresh);
      void send(businessId, fresh);
    },
    entered(businessId) {
      const state = held.get(businessId);
      if (state === undefined) return;
      state.news = false;
      state.entered = true;
      if (!state.inFlight && state.failures === 0) forget(businessId);
    },
    stop() {
      stopped = true;
      for (const businessId of [...held.keys()]) forget(businessId);
    },
  };
}
