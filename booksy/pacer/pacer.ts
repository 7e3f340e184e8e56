/**
 * Paces all calls of one Booksy account over all processes (R34, R35).
 *
 * A call is never booked ahead: a process asks at the moment a call could leave, and the database grants it or says
 * when to ask again. So a more urgent caller of any process goes first as soon as it is there, and a process that
 * dies takes nothing with it. One dispatcher per process and account asks for all callers of that process.
 */
import { randomUUID } from 'node:crypto';
import type { MonotonicClock } from '../clock.ts';
import { BooksyError, RateLimitedError } from '../errors.ts';
import type { SqlRunner } from '../sql.ts';
import { pacePlan, type PacePlan, type RateLimit } from './arithmetic.ts';
import { LaneQueue } from './queue.ts';
import { askForGrant, ensurePacerRow, writeBlock, type Lane, type Reply } from './statement.ts';

/** Stale answers in a row after which a caller is told to come back later. */
const MAX_STALE = 10;
const LATENESS_HEADROOM = 1.25;
const ASKS_AFTER_LATE_DEPARTURE = 3;

/** Leave to make one call now. */
export interface Grant {
  /** Database clock of the grant, epoch milliseconds. */
  readonly databaseNowMs: number;
  /** Monotonic clock of this process just before the database was asked, and just after it had answered. */
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
  /** Monotonic: a call that has not left by then needs a new grant. */
  readonly usableUntilMs: number;
}

export interface PacerCall {
  readonly lane: Lane;
  /** Fairness inside a lane goes by this. */
  readonly businessKey: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Pacer {
  readonly plan: PacePlan;
  /**
   * Waits for the right to make one call. The caller sends it at once.
   *
   * @throws BooksyError `cancelled` when the signal is aborted, `rate_limited` when the database is too slow to pace
   */
  acquire(call: PacerCall): Promise<Grant>;
  /** Writes down a 429 for all workers; returns for how long nobody calls, milliseconds. */
  block(retryAfterMs: number | null): Promise<number>;
  /** A call was about to leave too late for its grant: time is set aside for the next ones. */
  leftLate(grant: Grant): void;
  /** Sends everybody home; a closed pacer grants nothing. */
  close(): void;
}

export interface PacerOptions {
  readonly sql: SqlRunner;
  readonly clock: MonotonicClock;
  readonly random: () => number;
  readonly accountKey: string;
  readonly rate: RateLimit;
}

interface Waiting extends PacerCall {
  stale: number;
  grant(grant: Grant): void;
  refuse(error: Error): void;
}

export function createPacer(options: PacerOptions): Pacer {
  return new DatabasePacer(options);
}

class DatabasePacer implements Pacer {
  readonly plan: PacePlan;
  readonly #options: PacerOptions;
  readonly #owner = randomUUID();
  readonly #queue = new LaneQueue<Waiting>();
  #lateInARow = 0;
  #lateMs = 0;
  /** For so many more asks time is set aside for calls that leave late. */
  #lateDepartures = 0;
  #lateDepartureMs = 0;
  #running = false;
  #closed = false;
  #nap: AbortController | null = null;
  #napUntilUrgent = 0;

  constructor(options: PacerOptions) {
    this.#options = options;
    this.plan = pacePlan(options.rate);
  }

  acquire(call: PacerCall): Promise<Grant> {
    const { signal } = call;
    return new Promise((resolve, reject) => {
      if (this.#closed || signal?.aborted === true) {
        reject(cancelled());
        return;
      }
      const onAbort = () => {
        if (this.#queue.remove(waiting)) reject(cancelled());
      };
      const settle = () => signal?.removeEventListener('abort', onAbort);
      const waiting: Waiting = {
        ...call,
        stale: 0,
        grant: (grant) => {
          settle();
          resolve(grant);
        },
        refuse: (error) => {
          settle();
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(waiting);
      // Other processes must hear at once of a caller more urgent than those that wait here.
      if (call.lane < this.#napUntilUrgent) this.#nap?.abort();
      void this.#run();
    });
  }

  async block(retryAfterMs: number | null): Promise<number> {
    const { sql, accountKey, random } = this.#options;
    return writeBlock(sql, accountKey, this.plan, { retryAfterMs, random: random() });
  }

  leftLate(grant: Grant): void {
    this.#lateDepartures = ASKS_AFTER_LATE_DEPARTURE;
    this.#lateDepartureMs = this.#options.clock.nowMs() - grant.askedAtMs;
  }

  close(): void {
    this.#closed = true;
    for (const waiting of this.#queue.drain()) waiting.refuse(cancelled());
    this.#nap?.abort();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#queue.size > 0) await this.#round();
    } catch (error) {
      // The database could not be asked: nobody may call. The callers decide whether to come back.
      const reason = error instanceof Error ? error : new Error('The pacer could not be asked.');
      for (const waiting of this.#queue.drain()) waiting.refuse(reason);
    } finally {
      this.#running = false;
    }
  }

  async #round(): Promise<void> {
    const { clock } = this.#options;
    const counts = this.#queue.counts();
    const reserveMs = this.#reserve();
    const askedAtMs = clock.nowMs();
    const reply = await this.#ask(counts, reserveMs);
    const answeredAtMs = clock.nowMs();
    const usableUntilMs = askedAtMs + this.plan.staleAfterMs + reserveMs;
    const stale = answeredAtMs > usableUntilMs;
    if (stale) this.#noteLate(answeredAtMs - askedAtMs);
    else this.#lateInARow = 0;
    const grant: Grant = { databaseNowMs: reply.nowMs, askedAtMs, answeredAtMs, usableUntilMs };
    this.#hand(reply, grant, stale);
    if (this.#queue.size > 0 && reply.retryMs > 0) await this.#sleep(reply.retryMs);
  }

  #noteLate(lateMs: number): void {
    this.#lateInARow += 1;
    this.#lateMs = lateMs;
  }

  /** One late answer is an accident and costs its grant. From the second in a row on, time is set aside for it. */
  #reserve(): number {
    const lateMs = Math.max(
      this.#lateInARow < 2 ? 0 : this.#lateMs,
      this.#lateDepartures > 0 ? this.#lateDepartureMs : 0,
    );
    this.#lateDepartures = Math.max(0, this.#lateDepartures - 1);
    return Math.max(0, lateMs * LATENESS_HEADROOM - this.plan.staleAfterMs);
  }

  async #ask(waiting: readonly number[], reserveMs: number): Promise<Reply> {
    const { sql, accountKey } = this.#options;
    const ask = { accountKey, owner: this.#owner, waiting, reserveMs, plan: this.plan };
    const reply = await askForGrant(sql, ask);
    if (reply !== null) return reply;
    await ensurePacerRow(sql, accountKey);
    const again = await askForGrant(sql, ask);
    if (again === null) throw new Error(`The pacer row of account "${accountKey}" cannot be made.`);
    return again;
  }

  #hand(reply: Reply, grant: Grant, stale: boolean): void {
    const lane = reply.lane;
    if (lane === null) return;
    const again: Waiting[] = [];
    for (let left = reply.granted; left > 0; left -= 1) {
      const waiting = this.#queue.take(asLane(lane));
      if (waiting === undefined) break;
      if (!stale) waiting.grant(grant);
      else if (waiting.stale + 1 >= MAX_STALE) waiting.refuse(tooSlow(this.plan.windowMs));
      else {
        waiting.stale += 1;
        again.push(waiting);
      }
    }
    for (const waiting of again.reverse()) this.#queue.pushBack(waiting);
  }

  async #sleep(delayMs: number): Promise<void> {
    const nap = new AbortController();
    this.#nap = nap;
    this.#napUntilUrgent = this.#queue.counts().findIndex((count) => count > 0) + 1;
    try {
      await this.#options.clock.sleep(delayMs, nap.signal);
    } catch (error) {
      if (!nap.signal.aborted) throw error;
    } finally {
      this.#nap = null;
      this.#napUntilUrgent = 0;
    }
  }
}

function asLane(lane: number): Lane {
  switch (lane) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
      return lane;
    default:
      throw new RangeError(`There is no lane ${String(lane)}.`);
  }
}

function cancelled(): BooksyError {
  return new BooksyError('cancelled', 'The caller gave up while waiting for its turn');
}

function tooSlow(windowMs: number): RateLimitedError {
  return new RateLimitedError('The database answers too slowly to keep the pace', windowMs, {
    reason: 'pacer_stale',
  });
}
