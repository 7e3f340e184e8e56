import type { ListPage } from '../../domain/observed.ts';
import { nextStep, type WalkCursor } from '../../domain/walk.ts';
import { MAX_PAGE_ROWS } from '../../booksy/index.ts';

/** Pages that are read before they are applied together: one transaction of about a thousand rows. */
export const PAGES_PER_APPLY = 10;
/** Applies of one activity: long enough for few events, short enough to lose little at a crash. */
export const APPLIES_PER_ACTIVITY = 5;

/** What a walk read before it is applied. */
export interface Batch<T> {
  readonly pages: readonly { readonly page: ListPage<T>; readonly fresh: number }[];
  readonly cursor: WalkCursor;
}

/**
 * Reads on from a cursor until a batch is full or the list ends. Nothing is kept but the batch, so memory does not grow
 * with the list.
 */
export async function readBatch<T>(
  cursor: WalkCursor,
  fetchPage: (offset: number, limit: number) => Promise<ListPage<T>>,
  beat: () => void,
): Promise<Batch<T>> {
  const pages: { page: ListPage<T>; fresh: number }[] = [];
  let at = cursor;
  while (!at.done && pages.length < PAGES_PER_APPLY) {
    const page = await fetchPage(at.offset, MAX_PAGE_ROWS);
    const step = nextStep(at, page, MAX_PAGE_ROWS);
    pages.push({ page, fresh: step.fresh });
    at = step.cursor;
    beat();
  }
  return { pages, cursor: at };
}

/** Reads batch after batch, one of them ahead of what is being applied. */
export interface BatchReader<T> {
  /** The batch that begins at a cursor; the one that was read ahead, if it is that. */
  read(cursor: WalkCursor): Promise<Batch<T>>;
  /** Begins to read what comes next. Its trouble shows when it is asked for. */
  readAhead(cursor: WalkCursor): void;
  /** Drops what was read ahead, once its call in flight has ended. */
  stop(): Promise<void>;
}

/** Thrown inside a reader that nobody waits for any more. */
class ReadingStopped extends Error {}

/**
 * A reader of one walk.
 *
 * @param beat called after each page; what it throws ends the reading
 */
export function createReader<T>(
  fetchPage: (offset: number, limit: number) => Promise<ListPage<T>>,
  beat: () => void,
): BatchReader<T> {
  let ahead: { readonly from: WalkCursor; readonly batch: Promise<Batch<T>> } | null = null;
  let stopped = false;
  const beatUnlessStopped = () => {
    if (stopped) throw new ReadingStopped('Nobody waits for these pages.');
    beat();
  };
  return {
    read(cursor) {
      const found = ahead;
      ahead = null;
      return found?.from === cursor ? found.batch : readBatch(cursor, fetchPage, beatUnlessStopped);
    },
    readAhead(cursor) {
      if (cursor.done) return;
      const batch = readBatch(cursor, fetchPage, beatUnlessStopped);
      batch.catch(() => undefined);
      ahead = { from: cursor, batch };
    },
    async stop() {
      stopped = true;
      await ahead?.batch.catch(() => undefined);
    },
  };
}

/** Rows of a page from its first fresh one on. `externalIds` has all rows in order, `rows` only the readable ones. */
export function freshRows<T extends { readonly externalId: string }>(
  page: ListPage<T>,
  fresh: number,
): readonly T[] {
  if (fresh === 0) return page.rows;
  const old = new Set(page.externalIds.slice(0, fresh));
  return page.rows.filter((row) => !old.has(row.externalId));
}
