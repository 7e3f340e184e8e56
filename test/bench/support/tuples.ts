import { setTimeout as delay } from 'node:timers/promises';
import type { BenchDatabase } from './database.ts';

/**
 * Tables of the engine's own bookkeeping: that a pass took place is written there. Everything else counts, tables that do
 * not exist yet included: entity, mirror, base, links, audit, conflicts, outbox.
 */
const BOOKKEEPING: readonly string[] = [
  '_prisma_migrations',
  'api_idempotency_keys',
  'api_tokens',
  'booksy_pacer',
  'integration_secrets',
  'integration_sync_status',
  'quarantine',
  'sync_pass_rows',
  'sync_runs',
];

/** Tuples inserted, updated and deleted so far, by table. All writers' connections must be closed. */
export async function tupleCounts(database: BenchDatabase): Promise<ReadonlyMap<string, number>> {
  let last = '';
  // A backend that has just gone may still be handing in; two equal looks in a row are an answer.
  for (let look = 0; look < 50; look += 1) {
    const rows = await database.query<{ table: string; changes: number }>(
      `SELECT relname AS table, (n_tup_ins + n_tup_upd + n_tup_del)::float8 AS changes
         FROM pg_stat_user_tables WHERE NOT relname = ANY($1::text[]) ORDER BY relname`,
      [BOOKKEEPING],
    );
    const now = JSON.stringify(rows);
    if (now === last) return new Map(rows.map(({ table, changes }) => [table, changes]));
    last = now;
    await delay(300);
  }
  throw new Error('The tables go on changing although nobody should write.');
}

/** Tables that changed between two counts, with the number of tuples. */
export function changesBetween(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Readonly<Record<string, number>> {
  const changed = [...after].map(([table, count]): [string, number] => [
    table,
    count - (before.get(table) ?? 0),
  ]);
  return Object.fromEntries(changed.filter(([, count]) => count !== 0));
}
