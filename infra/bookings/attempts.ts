import { inTransaction, sqlState, type Db, type Tx } from '../database/index.ts';

const TRIES = 4;
/** Deadlock, and a serialisation that failed: the loser may try again. */
const TRY_AGAIN: readonly (string | undefined)[] = ['40P01', '40001'];

/** Runs work in a transaction of its own, again where the database chose it as the one that gives way. */
export async function attempted<T>(db: Pick<Db, '$transaction'>, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await inTransaction(db, work, { timeout: 20_000, maxWait: 10_000 });
    } catch (error) {
      if (tries >= TRIES || !TRY_AGAIN.includes(sqlState(error))) throw error;
    }
  }
}
