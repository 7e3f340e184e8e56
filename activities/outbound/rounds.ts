import { isDatabaseAway } from '../../infra/database/index.ts';

/** Items of one round at most. */
const MOST = 32;

/** Asked for at once by one caller each. */
interface Asked<T, R> {
  readonly item: T;
  readonly resolve: (value: R) => void;
  readonly reject: (error: unknown) => void;
}

export interface RoundsOptions {
  /** Items of one round at most; default {@link MOST}. */
  readonly most?: number;
  /**
   * How many may still ask, with those that wait already, and for how many milliseconds at most a round waits for them. It
   * begins as soon as they all have. Default: nobody is waited for.
   */
  readonly gather?: (key: string) => { readonly all: number; readonly forMs: number };
}

/**
 * The same work for many callers: one round at a time for each key, and whoever asks while one is under way goes with the
 * next. So the busier it is, the fewer statements a record costs; one alone waits for nobody.
 *
 * A round that fails as a whole is done again item by item: one that cannot be done harms no other. Not where the database
 * is away: that is everybody's.
 */
export class Rounds<T, R> {
  readonly #waiting = new Map<string, Asked<T, R>[]>();
  /** Told of each who asks while a round is gathered. */
  readonly #gathering = new Map<string, (waiting: number) => void>();
  readonly #work: (key: string, items: readonly T[]) => Promise<readonly PromiseSettledResult<R>[]>;
  readonly #options: RoundsOptions;

  /** @param work one outcome for each item, in their order */
  constructor(
    work: (key: string, items: readonly T[]) => Promise<readonly PromiseSettledResult<R>[]>,
    options: RoundsOptions = {},
  ) {
    this.#work = work;
    this.#options = options;
  }

  ask(key: string, item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      const asked = { item, resolve, reject };
      const waiting = this.#waiting.get(key);
      if (waiting !== undefined) {
        waiting.push(asked);
        this.#gathering.get(key)?.(waiting.length);
        return;
      }
      const first = [asked];
      this.#waiting.set(key, first);
      void this.#untilNobodyWaits(key, first);
    });
  }

  async #untilNobodyWaits(key: string, waiting: Asked<T, R>[]): Promise<void> {
    const { most = MOST } = this.#options;
    while (waiting.length > 0) {
      // What the same event brought on is asked for together.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#gather(key, waiting.length);
      await this.#settle(key, waiting.splice(0, most));
    }
    this.#waiting.delete(key);
  }

  async #gather(key: string, waiting: number): Promise<void> {
    const { all = 0, forMs = 0 } = this.#options.gather?.(key) ?? {};
    const { most = MOST } = this.#options;
    const enough = Math.min(all, most);
    if (forMs <= 0 || waiting >= enough) return;
    await new Promise<void>((resolve) => {
      const over = () => {
        clearTimeout(timer);
        this.#gathering.delete(key);
        resolve();
      };
      const timer = setTimeout(over, forMs);
      this.#gathering.set(key, (now) => {
        if (now >= enough) over();
      });
    });
  }

  async #settle(key: string, round: readonly Asked<T, R>[]): Promise<void> {
    try {
      const outcomes = await this.#work(
        key,
        round.map(({ item }) => item),
      );
      round.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index];
        if (outcome?.status === 'fulfilled') resolve(outcome.value);
        else reject(outcome === undefined ? new Error('A round left an item out.') : outcome.reason);
      });
    } catch (error) {
      if (round.length === 1 || isDatabaseAway(error)) for (const { reject } of round) reject(error);
      else for (const one of round) await this.#settle(key, [one]);
    }
  }
}

/** An outcome of work that did not fail. */
export function done<R>(value: R): PromiseSettledResult<R> {
  return { status: 'fulfilled', value };
}
