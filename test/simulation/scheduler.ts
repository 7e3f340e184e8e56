/** Something that happens at a moment of virtual time. It may let a process run on: then it is awaited until that parks again. */
type Happening = () => void | Promise<void>;

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly happen: Happening;
}

/** A virtual clock and what is to happen on it, in one order for one seed. No real timer runs. */
export class Scheduler {
  now: number;
  #order = 0;
  readonly #heap: Entry[] = [];

  constructor(start: number) {
    this.now = start;
  }

  /** ISO instant of now. */
  iso(): string {
    return new Date(this.now).toISOString();
  }

  get idle(): boolean {
    return this.#heap.length === 0;
  }

  after(delay: number, happen: Happening): void {
    this.at(this.now + delay, happen);
  }

  at(at: number, happen: Happening): void {
    const entry = { at: Math.max(at, this.now), order: this.#order, happen };
    this.#order += 1;
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[index] = heap[parent] ?? entry;
      heap[parent] = entry;
      index = parent;
    }
  }

  /** Lets everything happen that is due up to a moment, and moves the clock there. */
  async runUntil(end: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#pop();
      this.now = next.at;
      const running = next.happen();
      if (running !== undefined) await running;
    }
    this.now = Math.max(this.now, end);
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && isBefore(heap[right], heap[left]) ? right : left;
      const below = heap[child];
      if (below === undefined || !isBefore(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(left: Entry | undefined, right: Entry | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}

/**
 * One process that runs on the virtual clock: whenever it awaits the world it is parked, and somebody else's turn comes. A crash
 * leaves it parked for ever, as a killed worker would be.
 */
export class Fiber {
  #parked: (() => void) | null = null;
  #dead = false;
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Never wakes again. */
  crash(): void {
    this.#dead = true;
    this.#park();
  }

  /** Starts the process; resolves when it parks for the first time. */
  start(run: () => Promise<unknown>, ended: (error: unknown) => void): Promise<void> {
    return this.#running(() => {
      run().then(
        () => {
          ended(null);
          this.#park();
        },
        (error: unknown) => {
          ended(error);
          this.#park();
        },
      );
    });
  }

  /** Parks for a while, then does something in one moment and goes on with what it returned or threw. */
  pause<T>(delay: number, moment: () => T): Promise<T> {
    return this.wait((wake) => this.#scheduler.after(delay, () => wake(moment)));
  }

  /** Parks until whoever was given `wake` calls it; `wake` returns when the process has parked again. */
  wait<T>(begin: (wake: (moment: () => T) => Promise<void> | undefined) => void): Promise<T> {
    const parked = new Promise<T>((resolve, reject) => {
      begin((moment) => {
        if (this.#dead) return undefined;
        return this.#running(() => {
          try {
            resolve(moment());
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      });
    });
    this.#park();
    return parked;
  }

  #park(): void {
    const parked = this.#parked;
    this.#parked = null;
    parked?.();
  }

  #running(go: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#parked = resolve;
      go();
    });
  }
}
