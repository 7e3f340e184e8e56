/**
 * Changing tables that others work on. A change waits for whoever reads the table, and everybody who comes later waits
 * behind that: so each try gives up soon, lets the others through, and comes again.
 */
import { setTimeout as delay } from 'node:timers/promises';

import type pg from 'pg';

import { sqlState } from './errors.ts';
import { MigrationError } from './migration-error.ts';

export interface GiveWayOptions {
  readonly log: (line: string) => void;
  /** How long to wait for another migrator, and for tables that others use. Default 60,000. */
  readonly lockTimeoutMs?: number;
  /** How long one try waits for a table; nobody queues behind it for longer than that. Default 2,000. */
  readonly tableLockMs?: number;
}

/**
 * Tries until it could be done.
 * @param what for the log and the error, such as `migration 20250101000000_x`
 * @param attempt gives back the error of a table that could not be had in time, else null
 * @throws MigrationError `migration_blocked` when the time is over
 */
export async function betweenOthers(
  what: string,
  options: GiveWayOptions,
  attempt: (tableLockMs: number) => Promise<unknown>,
): Promise<void> {
  const { lockTimeoutMs = 60_000, tableLockMs = 2_000 } = options;
  const startedAt = performance.now();
  for (;;) {
    const cause = await attempt(tableLockMs);
    if (cause === null) return;
    const waitedMs = performance.now() - startedAt;
    if (waitedMs > lockTimeoutMs) throw blocked(what, waitedMs, cause);
    options.log(`${what} waits for a table that others use`);
    await delay(tableLockMs / 2);
  }
}

function blocked(what: string, waitedMs: number, cause: unknown): MigrationError {
  return new MigrationError(
    'migration_blocked',
    `The ${what} could not be applied: for ${Math.round(waitedMs / 1000)} s others used a table that it changes.`,
    'Nothing was changed. Find the long transaction (SELECT pid, state, xact_start FROM pg_stat_activity ORDER BY xact_start), ' +
      'wait for it or end it, and try again.',
    { cause },
  );
}

/**
 * Does all of it or nothing.
 * @returns null, or the error of a table that could not be had in time
 */
export async function inTransaction(
  client: pg.Client,
  tableLockMs: number,
  work: () => Promise<void>,
): Promise<unknown> {
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = ${Math.trunc(tableLockMs)}`);
    await work();
    await client.query('COMMIT');
    return null;
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    if (sqlState(cause) === '55P03') return cause;
    throw cause;
  }
}
