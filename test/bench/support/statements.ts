import type { BenchDatabase } from './database.ts';

/** One statement as PostgreSQL counts it. */
export interface StatementCount {
  readonly query: string;
  readonly calls: number;
  readonly rows: number;
  readonly totalMs: number;
  /** Pages of 8 kB that were looked at, in memory or not. */
  readonly buffers: number;
}

/** Starts the counting of this database at zero. */
export async function resetStatements(database: BenchDatabase): Promise<void> {
  await database.query(
    'SELECT pg_stat_statements_reset(0, d.oid, 0) FROM pg_database d WHERE d.datname = current_database()',
  );
}

/** Every statement since the reset, with transaction control, pacer and token; most calls first. */
export async function readStatements(database: BenchDatabase): Promise<readonly StatementCount[]> {
  return database.query<StatementCount & Record<string, unknown>>(
    `SELECT s.query, s.calls::float8 AS calls, s.rows::float8 AS rows, s.total_exec_time AS "totalMs",
            (s.shared_blks_hit + s.shared_blks_read)::float8 AS buffers
       FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
      WHERE d.datname = current_database() AND s.toplevel AND s.query !~ '/\\*\\s*measure\\s*\\*/'
      ORDER BY s.calls DESC, s.total_exec_time DESC`,
  );
}

/** A table for people: calls, share of time, buffers and the beginning of each statement. */
export function statementLines(statements: readonly StatementCount[], most: number): string[] {
  const line = ({ calls, totalMs, buffers, query }: StatementCount) =>
    `${String(calls).padStart(7)}  ${totalMs.toFixed(0).padStart(8)} ms  ${String(buffers).padStart(9)} buffers  ${query.replace(/\s+/g, ' ').slice(0, 150)}`;
  return statements.slice(0, most).map(line);
}
