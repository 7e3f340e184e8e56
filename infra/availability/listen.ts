import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../logger.ts';
import type { TimeChanges } from './cache.ts';
import { ALL, TIME_CHANNEL } from './own.ts';

const FIRST_RECONNECT_MS = 200;
const LAST_RECONNECT_MS = 5_000;
/** A connection that says nothing for so long is asked whether it lives, and taken for dead where it does not answer. */
const ALIVE_EVERY_MS = 10_000;
const QUERY_TIMEOUT_MS = 5_000;

export interface TimeListener extends TimeChanges {
  stop(): Promise<void>;
}

/**
 * Listens to changes of time. It never fails: where the database is away it tries again until it is stopped.
 *
 * @param directUrl never a transaction pooler's address (R27)
 */
export function startTimeListener(directUrl: string, logger: Logger): TimeListener {
  const stopping = new AbortController();
  const told: ((businessId: string | null) => void)[] = [];
  let listens = false;
  const tell = (businessId: string | null) => {
    for (const each of told) each(businessId);
  };

  async function serve(client: pg.Client): Promise<void> {
    const ended = new AbortController();
    client.on('error', () => {
      ended.abort();
    });
    client.on('end', () => {
      ended.abort();
    });
    client.on('notification', ({ payload }) => {
      tell(payload === undefined || payload === ALL ? null : payload);
    });
    await client.connect();
    await client.query(`LISTEN ${TIME_CHANNEL}`);
    // What changed while nobody listened is not known.
    tell(null);
    listens = true;
    const over = AbortSignal.any([ended.signal, stopping.signal]);
    while (!over.aborted) {
      await pause(ALIVE_EVERY_MS, undefined, { signal: over }).catch(() => undefined);
      if (!over.aborted) await client.query('SELECT 1');
    }
  }

  async function run(): Promise<void> {
    let waitMs = FIRST_RECONNECT_MS;
    while (!stopping.signal.aborted) {
      const client = new pg.Client({
        connectionString: directUrl,
        application_name: 'booksy-sync-time',
        keepAlive: true,
        query_timeout: QUERY_TIMEOUT_MS,
        connectionTimeoutMillis: QUERY_TIMEOUT_MS,
      });
      try {
        await serve(client);
        waitMs = FIRST_RECONNECT_MS;
      } catch (error) {
        logger.warn({ err: error }, 'changes of time are not heard; free time is read anew for each request');
      }
      listens = false;
      tell(null);
      await client.end().catch(() => undefined);
      await pause(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, LAST_RECONNECT_MS);
    }
  }

  const running = run();
  return {
    listens: () => listens,
    onChange: (dropped) => void told.push(dropped),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
