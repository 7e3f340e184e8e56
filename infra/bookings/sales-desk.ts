import { loadSalon } from '../availability/load.ts';
import type { Slot } from '../../domain/availability/index.ts';
import { addDays } from '../../domain/local-time.ts';
import { isTimeHeld, sqlState, type PrismaClient, type Tx } from '../database/index.ts';
import { SUGGEST_DAYS, timeFinder } from './decide.ts';
import { BookingError } from './errors.ts';
import { makeAll, type Outcome } from './make.ts';
import type { Made, WantedTime, Wish } from './types.ts';

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
  /** Told after each commit that changed a salon's time. */
  readonly changed?: (businessId: string) => void;
}

interface Waiting {
  readonly wish: Wish;
  readonly resolve: (made: Made) => void;
  readonly reject: (error: unknown) => void;
}

/** Wishes of one transaction at most. */
const MOST = 200;
/** Wishes of one transaction lie within so many days: the salon is read for all of them. */
const SPAN_DAYS = 31;
const TRIES = 4;
/** Deadlock, and a serialisation that failed: the loser may try again. */
const TRY_AGAIN: readonly (string | undefined)[] = ['40P01', '40001'];

/**
 * One transaction at a time for each business in this process, and whoever asks meanwhile goes with the next: those who want
 * the same time would wait for each other anyway, and so the salon is read and locked once for all of them. Several processes
 * meet at the locks in the database.
 */
export function createSalesDesk({ prisma, changed }: SalesDeskOptions): SalesDesk {
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
    try {
      outcomes = await attempt(businessId, round);
    } catch (error) {
      const [only, ...others] = round;
      // One of them cannot be done: alone it harms no other.
      if (others.length > 0) for (const each of round) await decide(businessId, [each]);
      else only?.reject(isTimeHeld(error) ? await lost(businessId, only.wish, error) : error);
      return;
    }
    // From here on it is committed: whatever fails now, nothing is decided again.
    changed?.(businessId);
    await answer(businessId, round, outcomes);
  }

  async function attempt(
    businessId: string,
    round: readonly Waiting[],
  ): Promise<ReadonlyMap<string, Outcome>> {
    const wishes = round.map(({ wish }) => wish);
    for (let tries = 1; ; tries += 1) {
      try {
        return await prisma.$transaction((tx: Tx) => makeAll(tx, businessId, wishes), {
          timeout: 20_000,
          maxWait: 10_000,
        });
      } catch (error) {
        if (tries >= TRIES || !TRY_AGAIN.includes(sqlState(error))) throw error;
      }
    }
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
    const error = new BookingError('slot_taken', {
      message: 'The time was taken by somebody else just now.',
      next: 'Take one of `nextFree`, or another time.',
      reason: 'busy',
      cause,
    });
    return suggester(prisma, businessId, [])(error, wish.time);
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
  const near = ({ wish }: Waiting) => {
    const date = dateOf(wish.time);
    if (first === null || date === null) return first === date;
    return date >= addDays(first, -SPAN_DAYS) && date <= addDays(first, SPAN_DAYS);
  };
  const round = queue.filter(near).slice(0, MOST);
  const rest = queue.filter((each) => !round.includes(each));
  queue.splice(0, queue.length, ...rest);
  return round;
}

/** Of a hold nobody knows before it is read: it goes with other holds. */
function dateOf(time: WantedTime | undefined): string | null {
  return time !== undefined && 'startsLocal' in time ? time.startsLocal.slice(0, 10) : null;
}

const WITH_TIMES: readonly string[] = ['slot_taken', 'slot_not_offered', 'time_off_step', 'taken_at_booksy'];

/** Puts next free times to refusals; what several ask for is looked for once. */
export function suggester(
  db: Pick<PrismaClient, '$queryRaw'>,
  businessId: string,
  round: readonly { readonly wish: Wish }[],
  fits?: (slot: Slot) => boolean,
): (error: BookingError, time: WantedTime) => Promise<BookingError> {
  const dates = round.flatMap(({ wish }) => dateOf(wish.time) ?? []).sort();
  // One refusal is one wish, however many had it.
  const told = new Map<BookingError, BookingError>();
  let finder: Promise<ReturnType<typeof timeFinder> | null> | null = null;
  return async (error, time) => {
    if (!WITH_TIMES.includes(error.code) || !('items' in time)) return error;
    const date = time.startsLocal.slice(0, 10);
    finder ??= loadSalon(db, businessId, dates[0] ?? date, addDays(dates.at(-1) ?? date, SUGGEST_DAYS)).then(
      (salon) => (salon === null ? null : timeFinder(salon)),
    );
    try {
      const find = await finder;
      if (find === null) return error;
      const known =
        told.get(error) ?? new BookingError(error.code, { ...error.details, nextFree: find(time, fits) });
      told.set(error, known);
      return known;
    } catch {
      // Suggestions are a courtesy: the refusal stands without them.
      return error;
    }
  };
}
