import { randomUUID } from 'node:crypto';
import type { Tx } from '../database/index.ts';

/** The channel on which triggers tell that a salon's time has changed: its id, or {@link ALL}. */
export const TIME_CHANNEL = 'booksy_sync_time';
/** What is told instead of an id where any salon may have changed. */
export const ALL = '*';
/** A payload that is nobody's id: whoever does not know it drops nothing. */
const MARK = 'own ';
/** PostgreSQL tells the same payload once for a transaction: the second mark is another one. */
const END = ' end';
/** Marks that nobody hears, because the listener's connection broke, are not kept for ever. */
const MOST_KNOWN = 1_000;

/** A transaction of this process that may change a salon's time. */
export interface OwnChange {
  /** Does the transaction's work between two marks: what is told between them is told of it. */
  within<T>(tx: Pick<Tx, '$executeRaw'>, work: () => Promise<T>): Promise<T>;
  /**
   * To be called once the transaction is over.
   *
   * @param businessId whose time was changed by its commit; null: nobody's, or nobody knows
   */
  over(businessId: string | null): void;
}

export interface OwnChanges {
  begin(): OwnChange;
  /** @returns whether what was told, a payload or null for all, is known already: then nothing is to be dropped for it */
  knows(told: string | null): boolean;
}

interface Known {
  readonly mark: string;
  /** Of these what is kept was dropped after the commit. */
  readonly dropped: Set<string>;
}

/**
 * Who changes a salon's time from here drops what is kept of it at once, before it is answered; and hears of the change from
 * PostgreSQL like everybody. Once is enough, whichever comes first. PostgreSQL delivers what one transaction tells without
 * anything of another between.
 *
 * @param listens whether what is told is heard: else marks serve nobody
 */
export function createOwnChanges(listens: () => boolean, drop: (businessId: string) => void): OwnChanges {
  const known = new Map<string, Known>();
  let inside: Known | null = null;

  return {
    begin() {
      const change: Known = { mark: `${MARK}${randomUUID()}`, dropped: new Set() };
      return {
        async within(tx, work) {
          if (!listens()) return work();
          known.set(change.mark, change);
          if (known.size > MOST_KNOWN)
            for (const oldest of [...known.keys()].slice(0, 1)) known.delete(oldest);
          await tell(tx, change.mark);
          const done = await work();
          await tell(tx, `${change.mark}${END}`);
          return done;
        },
        over(businessId) {
          if (businessId === null) known.delete(change.mark);
          else if (!change.dropped.has(businessId)) {
            change.dropped.add(businessId);
            drop(businessId);
          }
        },
      };
    },

    knows(told) {
      if (told === null) {
        known.clear();
        inside = null;
        return false;
      }
      if (told.startsWith(MARK)) {
        // Of a transaction that failed or is another process's: what is told next is news.
        if (told.endsWith(END)) known.delete(told.slice(0, -END.length));
        inside = known.get(told) ?? null;
        return true;
      }
      if (inside === null) return false;
      if (inside.dropped.has(told)) return true;
      inside.dropped.add(told);
      return false;
    },
  };
}

async function tell(tx: Pick<Tx, '$executeRaw'>, mark: string): Promise<void> {
  await tx.$executeRaw`SELECT /* prepared */ pg_notify(${TIME_CHANNEL}, ${mark})`;
}
