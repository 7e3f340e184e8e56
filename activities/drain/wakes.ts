/**
 * What the relay and the drains of one process tell each other (R28), without a call.
 *
 * A drain sits down for its business, looks into the boxes, works, and looks again. News that come while it sits only mark
 * the seat: the drain looks once more before it leaves, so they need no signal through Temporal. Leaving and marking are
 * both synchronous: a piece of news either marks the seat before it is left, or finds it left and wakes the workflow.
 */
export interface Wakes {
  /** News of a business. True: a drain of this process looks again. False: somebody has to wake the workflow. */
  poke(businessId: string): boolean;
  /** Businesses that are being drained in this process. */
  seated(): readonly string[];
  /** Told whenever a drain sits down: it reads what was stored until now. */
  onEnter(listener: (businessId: string) => void): void;
  enter(businessId: string): Seat;
}

/** One drain's place. */
export interface Seat {
  /** From here on news are later than the look that follows. */
  looking(): void;
  /** Waits for news. True: there are some since the last look. */
  news(waitMs: number, signal: AbortSignal): Promise<boolean>;
  /** Leaves where nothing came since the last look. False: look again. */
  leave(): boolean;
  /** Leaves whatever came: it is read by the next attempt. */
  abandon(): void;
}

/** One for each process. */
export function createWakes(): Wakes {
  const seats = new Map<string, Set<MarkedSeat>>();
  const listeners: ((businessId: string) => void)[] = [];
  return {
    poke(businessId) {
      const here = seats.get(businessId);
      if (here === undefined) return false;
      for (const seat of here) seat.mark();
      return true;
    },
    seated: () => [...seats.keys()],
    onEnter(listener) {
      listeners.push(listener);
    },
    enter(businessId) {
      const here = seats.get(businessId) ?? new Set();
      // Two attempts of one activity may sit side by side: one that was thought dead is only slow.
      const seat = new MarkedSeat(() => {
        here.delete(seat);
        // Left twice, it must not take the seats of those who came since.
        if (here.size === 0 && seats.get(businessId) === here) seats.delete(businessId);
      });
      here.add(seat);
      seats.set(businessId, here);
      for (const listener of listeners) listener(businessId);
      return seat;
    },
  };
}

class MarkedSeat implements Seat {
  readonly #release: () => void;
  #marked = false;
  #wake: (() => void) | null = null;

  constructor(release: () => void) {
    this.#release = release;
  }

  mark(): void {
    this.#marked = true;
    this.#wake?.();
  }

  looking(): void {
    this.#marked = false;
  }

  async news(waitMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#marked || signal.aborted || waitMs <= 0) return this.#marked;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, waitMs);
      const wake = done;
      function done() {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve();
      }
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
    this.#wake = null;
    return this.#marked;
  }

  leave(): boolean {
    if (this.#marked) return false;
    this.#release();
    return true;
  }

  abandon(): void {
    this.#release();
  }
}
