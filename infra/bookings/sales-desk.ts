import { addDays } from '../../domain/local-time.ts';
import type { OwnChange } from '../availability/index.ts';
import { isTimeHeld, type PrismaClient } from '../database/index.ts';
import { attempted } from './attempts.ts';
import { BookingError } from './errors.ts';
import { makeAll, type Outcome } from './make.ts';
import { dateOf, lostRace, suggester } from './suggest.ts';
import type { Made, Wish } from './types.ts';

export interface SalesDesk {
  /**
   * Makes a visit or a hold.
   *
   * @throws {BookingError} where it is refused; then nothing was written. With `nextFree` where another time could be had.
   */
  make(businessId: string, wish: Wish): Promise<Made>;
}

export interface SalesDeskOptions {
  readonly prisma: Pick<PrismaClient, '$transaction' | '$queryRaw'>;
  /** Keeps free time, and drops it for a transaction that changes it. */
  readonly kept?: { begin(): OwnChange };
}

interface Waiting {
  readonly wish: Wish;
  readonly resolve: (made: Made) => void;
  readonly reject: (error: unknown) => void;
}

const NOTHING_KEPT = {
  begin: (): OwnChange => ({ within: (_tx, work) => work(), over: () => undefined }),
};
/** Wishes of one transaction at most. */
const MOST = 500;
/** Wishes of one transaction lie within so many days: the salon is read for all of them. */
const SPAN_DAYS = 31;

/**
 * One transaction at a time for each business in this process, and whoever asks meanwhile goes with the next: those who want
 * the same time would wait for each other anyway, and so the salon is read and locked once for all of them. Several processes
 * meet at the locks in the database.
 */
export function createSalesDesk({ prisma, kept = NOTHING_KEPT }: SalesDeskOptions): SalesDesk {
  const queues = new Map<string, Waiting[]>();

  async function serve(businessId: string, queue: Waiting[]): Promise<void> {
    try {
      while (queue.length > 0) {
        // What has arrived with the same event goes together.
        await new Promise((resolve) => setImmediate(resolve));
        await decide(businessId, takeRound(queue));
      }
    } finally {
      queues.delete(businessId);
    }
  }

  async function decide(businessId: string, round: readonly Waiting[]): Promise<void> {
    let outcomes: ReadonlyMap<string, Outcome>;
    const change = kept.begin();
    try {
      // Somebody took time without asking here (an import, another platform): the next reading shows what.
      outcomes = await attempt(change, businessId, round).catch((error: unknown) => {
        if (isTimeHeld(error) && round.length > 1) return attempt(change, businessId, round);
        throw error;
      });
    } catch (error) {
      change.over(null);
      const [only, ...others] = round;
      // One of them cannot be done: alone it harms no other.
      if (others.length > 0) for (const each of round) await decide(businessId, [each]);
      else only?.reject(isTimeHeld(error) ? await lost(businessId, only.wish, error) : error);
      return;
    }
    // From here on it is committed: whatever fails now, nothing is decided again. The next round does not wait for the answers.
    change.over([...outcomes.values()].some(isTaken) ? businessId : null);
    void answer(businessId, round, outcomes);
  }

  async function attempt(
    change: OwnChange,
    businessId: string,
    round: readonly Waiting[],
  ): Promise<ReadonlyMap<string, Outcome>> {
    const wishes = round.map(({ wish }) => wish);
    return attempted(prisma, (tx) => change.within(tx, () => makeAll(tx, businessId, wishes)));
  }

  /** Those who lost are told other times: one reading of the salon for all of them, after the commit. */
  async function answer(
    businessId: string,
    round: readonly Waiting[],
    outcomes: ReadonlyMap<string, Outcome>,
  ): Promise<void> {
    const suggest = suggester(prisma, businessId, round);
    for (const { wish, resolve, reject } of round) {
      const outcome = outcomes.get(wish.id);
      if (outcome === undefined) reject(new Error('A wish was left without an outcome.'));
      else if (!(outcome instanceof BookingError)) resolve(outcome);
      else reject(await suggest(outcome, wish.time));
    }
  }

  async function lost(businessId: string, wish: Wish, cause: unknown): Promise<BookingError> {
    return suggester(prisma, businessId, [])(lostRace(cause), wish.time);
  }

  return {
    make(businessId, wish) {
      return new Promise((resolve, reject) => {
        const waiting = { wish, resolve, reject };
        const queue = queues.get(businessId);
        if (queue !== undefined) {
          queue.push(waiting);
          return;
        }
        const first = [waiting];
        queues.set(businessId, first);
        void serve(businessId, first);
      });
    },
  };
}

function takeRound(queue: Waiting[]): readonly Waiting[] {
  const first = dateOf(queue[0]?.wish.time);
  const [from, till] =
    first === null ? [null, null] : [addDays(first, -SPAN_DAYS), addDays(first, SPAN_DAYS)];
  const isNear = ({ wish }: Waiting) => {
    const date = dateOf(wish.time);
    if (from === null || till === null || date === null) return first === date;
    return date >= from && date <= till;
  };
  const round = new Set(queue.filter(isNear).slice(0, MOST));
  const rest = queue.filter((each) => !round.has(each));
  queue.splice(0, queue.length, ...rest);
  return [...round];
}

/** Whether time was taken by it now. */
function isTaken(outcome: Outcome): boolean {
  return !(outcome instanceof BookingError) && (outcome.kind === 'hold' || outcome.isNew);
}
