import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from '../../infra/database/index.ts';

/** Asked for at once by one caller each. */
interface Asked<T, R> {
  readonly item: T;
  readonly resolve: (value: R) => void;
  readonly reject: (error: unknown) => void;
}

export interface RoundsOptions {
  /** Items of one round at most; default 32. */
  readonly most?: number;
  /** How long a round waits for more, in milliseconds, by how many wait already. Default: not at all. */
  readonly lingerMs?: (key: string, waiting: number) => number;
  /** Lets a round begin: what is asked for until then goes with it. */
  readonly enter?: <V>(key: string, work: () => Promise<V>) => Promise<V>;
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
        return;
      }
      const first = [asked];
      this.#waiting.set(key, first);
      void this.#untilNobodyWaits(key, first);
    });
  }

  async #untilNobodyWaits(key: string, waiting: Asked<T, R>[]): Promise<void> {
    const { most = 32, enter = (_key, work) => work() } = this.#options;
    while (waiting.length > 0) {
      // What the same event brought on is asked for together.
      await new Promise((resolve) => setImmediate(resolve));
      const lingerMs = this.#options.lingerMs?.(key, waiting.length) ?? 0;
      if (lingerMs > 0) await delay(lingerMs);
      let round: readonly Asked<T, R>[] = [];
      try {
        await enter(key, async () => {
          round = waiting.splice(0, most);
          await this.#settle(key, round);
        });
      } catch (error) {
        for (const { reject } of round.length > 0 ? round : waiting.splice(0)) reject(error);
      }
    }
    this.#waiting.delete(key);
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
