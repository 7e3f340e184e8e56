/**
 * The relay (R28): hears from PostgreSQL that a box has news, and wakes the business's sync.
 *
 * Every worker process has one. Each listens, for its own drains look again without any call; one of them, which holds the
 * leader's lock, signals Temporal for businesses that nobody of its process drains, and looks every two seconds for what
 * was missed: lost notifications, intents that are due, circuits that are to be probed. It needs a connection of its own
 * that is no pooler's (DATABASE_DIRECT_URL). Nothing is kept here: all of it may die at any moment.
 */
import pg from 'pg';
import type { Wakes } from '../../activities/drain/index.ts';
import type { Logger } from '../../infra/logger.ts';
import {
  ALL_BUSINESSES,
  BOX_CHANNEL,
  forgetUnconnected,
  lookForNews,
  spreadEmptiedTables,
  tryToLead,
} from './look.ts';
import { createWaker } from './waker.ts';

export interface RelayOptions {
  /** Never a transaction pooler's address. */
  readonly directUrl: string;
  readonly wakes: Wakes;
  /** Signals the business's workflow, or starts it. */
  readonly signal: (businessId: string) => Promise<void>;
  readonly logger: Logger;
  readonly lookEveryMs?: number;
}

export interface Relay {
  /** Whether this is the one that signals. */
  leads(): boolean;
  /** Signals sent so far. */
  signals(): number;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 2_000;
const FIRST_RECONNECT_MS = 200;
const LAST_RECONNECT_MS = 5_000;
/** A connection that says nothing for so long is taken for dead. */
const QUERY_TIMEOUT_MS = 15_000;
const FORGET_EVERY_LOOKS = 150;

/** Starts the relay. It never fails: where the database is away it tries again until it is stopped. */
export function startRelay(options: RelayOptions): Relay {
  const { wakes, logger, lookEveryMs = LOOK_EVERY_MS } = options;
  const stopping = new AbortController();
  const waker = createWaker({
    signal: options.signal,
    onTrouble: (error, businessId) => {
      logger.warn({ businessId, err: error }, 'a business could not be woken; it is tried again');
    },
  });
  wakes.onEnter((businessId) => {
    waker.entered(businessId);
  });
  let leads = false;
  let troubles = 0;

  const news = (businessId: string) => {
    if (!wakes.poke(businessId) && leads) waker.wake(businessId);
  };

  async function serve(client: pg.Client): Promise<void> {
    const ended = new AbortController();
    let lookNow: () => void = () => undefined;
    client.on('error', () => {
      ended.abort();
    });
    client.on('end', () => {
      ended.abort();
    });
    client.on('notification', ({ payload }) => {
      if (payload === ALL_BUSINESSES || payload === undefined) lookNow();
      else news(payload);
    });
    await client.connect();
    await client.query(`LISTEN ${BOX_CHANNEL}`);
    // While nobody listened notifications were lost: the first look takes everything, however young.
    let olderThanMs = 0;
    for (let looks = 0; !ended.signal.aborted && !stopping.signal.aborted; looks += 1) {
      if (!leads) {
        leads = await tryToLead(client);
        if (leads) logger.info({}, 'this relay wakes from now on');
      }
      if (leads) {
        const { businessIds, emptied } = await lookForNews(client, olderThanMs);
        for (const businessId of businessIds) news(businessId);
        // Its notifications bring the businesses.
        if (emptied) await spreadEmptiedTables(client);
        if (looks % FORGET_EVERY_LOOKS === FORGET_EVERY_LOOKS - 1) await forgetUnconnected(client);
      } else {
        for (const businessId of wakes.seated()) wakes.poke(businessId);
      }
      troubles = 0;
      olderThanMs = lookEveryMs;
      await new Promise<void>((resolve) => {
        lookNow = resolve;
        pause(lookEveryMs, AbortSignal.any([ended.signal, stopping.signal])).then(resolve, resolve);
      });
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const client = new pg.Client({
        connectionString: options.directUrl,
        application_name: 'booksy-sync-relay',
        keepAlive: true,
        query_timeout: QUERY_TIMEOUT_MS,
        connectionTimeoutMillis: QUERY_TIMEOUT_MS,
      });
      try {
        await serve(client);
      } catch (error) {
        if (troubles === 0) logger.warn({ err: error }, 'the relay lost the database; it tries again');
      } finally {
        // The lock went with the connection.
        leads = false;
        await client.end().catch(() => undefined);
      }
      troubles += 1;
      const waitMs = Math.min(FIRST_RECONNECT_MS * 2 ** (troubles - 1), LAST_RECONNECT_MS);
      await pause(waitMs, stopping.signal);
    }
  }

  const running = run();
  return {
    leads: () => leads,
    signals: () => waker.signals,
    async stop() {
      stopping.abort();
      waker.stop();
      await running;
    },
  };
}

/** Waits; an abort ends it early and is no failure. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}
