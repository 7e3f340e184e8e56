import type pg from 'pg';
import { Prisma } from './generated/client.ts';
import { COLUMN_TYPES, parameterOf } from './values.ts';

/**
 * Statements past Prisma, over the same pool: what is ready as SQL needs none of its work, which costs more than the driver's
 * and the statement's own together. Values are written and read as Prisma does it.
 */

/** What runs statements: the database, or a transaction of either kind. */
export interface Sql {
  $queryRaw<T = unknown>(query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<T>;
  /** @returns rows that were touched */
  $executeRaw(query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<number>;
}

export interface TransactionOptions {
  readonly isolationLevel?: 'ReadCommitted' | 'RepeatableRead' | 'Serializable';
  /** After which nothing more is done in it and it is taken back. Default 5,000. */
  readonly timeout?: number;
  /** Not looked at: how long a connection may be waited for is the pool's. For calls that are written as Prisma's. */
  readonly maxWait?: number;
}

export interface SqlPool extends Sql {
  transaction<T>(work: (tx: Sql) => Promise<T>, options?: TransactionOptions): Promise<T>;
}

/** A transaction that was used after its time, or after its end. */
export class TransactionOverError extends Error {
  readonly code = 'transaction_over';
}

const TIMEOUT_MS = 5_000;
const BEGIN = {
  ReadCommitted: 'BEGIN ISOLATION LEVEL READ COMMITTED',
  RepeatableRead: 'BEGIN ISOLATION LEVEL REPEATABLE READ',
  Serializable: 'BEGIN ISOLATION LEVEL SERIALIZABLE',
} as const;

/** @param nameOf the name under which a statement is kept prepared; empty for none */
export function createSqlPool(pool: pg.Pool, nameOf: (query: { readonly sql: string }) => string): SqlPool {
  const asked = (query: TemplateStringsArray | Prisma.Sql, values: readonly unknown[]) => {
    const { text, values: all } = query instanceof Prisma.Sql ? query : Prisma.sql(query, ...values);
    return new Statement(nameOf({ sql: text }), text, all.map(parameterOf));
  };
  const sqlOver = (run: (statement: Statement) => Promise<pg.QueryResult>): Sql => ({
    async $queryRaw<T>(query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<T> {
      const { rows } = await run(asked(query, values));
      // What a statement's rows are is its caller's word, as with Prisma.
      return rows as T;
    },
    async $executeRaw(query, ...values) {
      return (await run(asked(query, values))).rowCount ?? 0;
    },
  });
  return {
    ...sqlOver((statement) => pool.query(statement)),
    async transaction(work, options = {}) {
      const client = await pool.connect();
      // A connection that breaks between two statements shows in the next one.
      client.on('error', ignored);
      let over = false;
      let before: Promise<unknown> = Promise.resolve();
      // A connection does one thing at a time, also where its caller asks for several at once.
      const inLine = <R>(ask: () => Promise<R>): Promise<R> => {
        const mine = before.then(ask);
        before = mine.catch(ignored);
        return mine;
      };
      const timer = setTimeout(() => {
        over = true;
        // After the statement that runs now: what it has locked is free then.
        void inLine(() => client.query('ROLLBACK')).catch(ignored);
      }, options.timeout ?? TIMEOUT_MS);
      const alive = () => {
        if (over) throw new TransactionOverError('A transaction was used after its time or its end.');
      };
      const tx = sqlOver((statement) =>
        inLine(() => {
          alive();
          return client.query(statement);
        }),
      );
      let broken: unknown;
      try {
        await client.query(options.isolationLevel === undefined ? 'BEGIN' : BEGIN[options.isolationLevel]);
        const result = await work(tx);
        const { command } = await inLine(() => {
          alive();
          return client.query('COMMIT');
        });
        // What failed within it and was swallowed has taken everything back.
        if (command !== 'COMMIT')
          throw new TransactionOverError('A transaction was taken back by its commit.');
        return result;
      } catch (error) {
        over = true;
        await inLine(() => client.query('ROLLBACK')).catch((why: unknown) => {
          broken = why;
        });
        throw error;
      } finally {
        over = true;
        clearTimeout(timer);
        client.removeListener('error', ignored);
        client.release(broken instanceof Error ? broken : broken !== undefined);
      }
    },
  };
}

/** One statement, as the driver wants it: it copies own properties, so there are no others. */
class Statement {
  readonly name: string | undefined;
  readonly text: string;
  readonly values: unknown[];
  readonly types = COLUMN_TYPES;

  constructor(name: string, text: string, values: unknown[]) {
    this.name = name === '' ? undefined : name;
    this.text = text;
    this.values = values;
  }
}

function ignored(): void {
  return undefined;
}
