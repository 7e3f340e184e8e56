import type { Db } from './index.ts';

/** The last of each key's line, by database. */
const lines = new WeakMap<Db, Map<string, Promise<unknown>>>();

/**
 * Does work under a name, one after the other within this process, in the order in which it was asked for. For transactions
 * that wait for one and the same lock: who waits here holds no connection, and the pool stays free for the others. The lock
 * itself is still taken: it is for other processes.
 *
 * Never from inside such work: it would wait for itself.
 */
export async function inTurn<T>(db: Db, name: string, work: () => Promise<T>): Promise<T> {
  const line = lines.get(db) ?? new Map<string, Promise<unknown>>();
  lines.set(db, line);
  const before = line.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  // A failure is its caller's; who comes next only waits.
  const settled = mine.catch(() => undefined);
  line.set(name, settled);
  try {
    return await mine;
  } finally {
    if (line.get(name) === settled) line.delete(name);
  }
}
