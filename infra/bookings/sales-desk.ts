import { addDays } from '../../domain/local-time.ts';
import type { OwnChange } from '../availability/index.ts';
import { isTimeHeld, type PrismaClient } from '../database/index.ts';
import { attempted } from './attempts.ts';
import { BookingError } from './errors.ts';
import { makeAll, refuseTaken, type Decided, type Outcome } from './make.ts';
import { createSoldTimes } from './sold.ts';
import { dateOf, lostRace, readForTimes, suggester } from './suggest.ts';
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
 * meet at the locks in the database. Who wants a time that somebody has had already is answered by a reading, for all of them
 * at once, and waits for no lock.
 */
export function createSalesDesk({ prisma, kept = NOTHING_KEPT }: SalesDeskOptions): SalesDesk {
  const queues = new Map<string, Waiting[]>();
  const sold = createSoldTimes();

  async function serve(businessId: string, queue: Waiting[]): Promise<void> {
    try {
      while (queue.length > 0) {
        // What has arrived with the same event goes together.
        await new Promise((resolve) => setImmediate(resolve));
        const round = takeRound(queue);
        const late = round.filter(({ wish }) => sold.isLikelyGone(businessId, wish));
        const others = round.filter(({ wish }) => !sold.isLikelyGone(businessId, wish));
        const [free] = await Promise.all([
          late.length === 0 ? [] : refuse(businessId, late),
          others.length === 0 ? undefined : decide(businessId, others),
        ]);
        if (free.length > 0) await decide(businessId, free);
      }
    } finally {
      queues.delete(businessId);
    }
  }

  /** @returns those that are not refused by what a reading shows: the locks decide about them */
  async function refuse(businessId: string, late: readonly Waiting[]): Promise<readonly Waiting[]> {
    const wishes = late.map(({ wish }) => wish);
    const decided = await refuseTaken(prisma, businessId, wishes).catch(() => null);
    if (decided === null) return late;
    const refused = late.filter(({ wish }) => decided.outcomes.has(wish.id));
    void answer(businessId, refused, decided);
    return late.filter(({ wish }) => !decided.outcomes.has(wish.id));
  }

  async function decide(businessId: string, round: readonly Waiting[]): Promise<void> {
    let decided: Decided;
    const change = kept.begin();
    try {
      // Somebody took time without asking here (an import, another platform): the next reading shows what.
      decided = await attempt(change, businessId, round).catch((error: unknown) => {
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
    const { outcomes } = decided;
    change.over([...outcomes.values()].some(isTaken) ? businessId : null);
    for (const { wish } of round) sold.note(businessId, wish, isGone(outcomes.get(wish.id)));
    void answer(businessId, round, decided);
  }

  async function attempt(change: OwnChange, businessId: string, round: readonly Waiting[]): Promise<Decided> {
    const wishes = round.map(({ wish }) => wish);
    return attempted(prisma, (tx) => change.within(tx, () => makeAll(tx, businessId, wishes)));
  }

  /** Those who lost are told other times: one reading of the salon for all of them. */
  async function answer(
    businessId: string,
    round: readonly Waiting[],
    { outcomes, salon }: Decided,
  ): Promise<void> {
    const times = round.map(({ wish }) => wish.time);
    const suggest = suggester(async () => salon ?? readForTimes(prisma, businessId, times));
    for (const { wish, resolve, reject } of round) {
      const outcome = outcomes.get(wish.id);
      if (outcome === undefined) reject(new Error('A wish was left without an outcome.'));
      else if (!(outcome instanceof BookingError)) resolve(outcome);
      else reject(await suggest(outcome, wish.time));
    }
  }

  async function lost(businessId: string, wish: Wish, cause: unknown): Promise<BookingError> {
    return suggester(() => readForTimes(prisma, businessId, [wish.time]))(lostRace(cause), wish.time);
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

/** Whether nobody else can have the time now, as far as is known: got by this wish, or had by another. */
function isGone(outcome: Outcome | undefined): boolean {
  return outcome instanceof BookingError ? outcome.code === 'slot_taken' : outcome !== undefined;
}
