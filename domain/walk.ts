import type { ListPage } from './observed.ts';

/**
 * Walking a list that other people change meanwhile (R2). Pages overlap by one row: the last row of one page must be the
 * first of the next. Where it is not, rows moved: the walk finds the anchor again or steps back, so that no row is
 * skipped; whether the pass proves anything is decided by the counts at its end.
 */
export interface WalkCursor {
  /** Offset of the next page. */
  readonly offset: number;
  /** Id that the next page must begin with; null at the start or where the id could not be read. */
  readonly anchorId: string | null;
  /** The other side's count on the first page; null before it. */
  readonly firstTotal: number | null;
  readonly lastTotal: number | null;
  /** Pages in a row that did not show the anchor. */
  readonly misses: number;
  readonly done: boolean;
  /** Why the pass cannot be complete although it ended; null while nothing speaks against it. */
  readonly broken: 'short_page' | 'restless_list' | null;
}

export const WALK_START: WalkCursor = {
  offset: 0,
  anchorId: null,
  firstTotal: null,
  lastTotal: null,
  misses: 0,
  done: false,
  broken: null,
};

/** Steps back that a walk takes to find its anchor before it goes on without. */
export const MOST_MISSES = 3;

export interface WalkStep {
  readonly cursor: WalkCursor;
  /** Index of the first row of the page that is new to this walk. */
  readonly fresh: number;
}

/** What a page means for the walk. Pure: the caller fetches `cursor.offset` next, unless `done`. */
export function nextStep(
  cursor: WalkCursor,
  page: Pick<ListPage<unknown>, 'total' | 'externalIds'>,
  pageSize: number,
): WalkStep {
  const length = page.externalIds.length;
  const totals = { firstTotal: cursor.firstTotal ?? page.total, lastTotal: page.total };
  const anchorAt = cursor.anchorId === null ? -1 : page.externalIds.indexOf(cursor.anchorId);
  const lost = cursor.anchorId !== null && anchorAt < 0;

  if (lost && cursor.offset > 0 && cursor.misses < MOST_MISSES && page.total > 0) {
    const offset = Math.max(0, cursor.offset - (pageSize - 1));
    return { cursor: { ...cursor, ...totals, offset, misses: cursor.misses + 1 }, fresh: length };
  }
  const broken = lost && cursor.misses >= MOST_MISSES ? 'restless_list' : cursor.broken;
  const end = cursor.offset + length;

  if (end >= page.total) return { cursor: { ...cursor, ...totals, broken, done: true }, fresh: anchorAt + 1 };
  if (length < pageSize && length < 2) {
    // Fewer rows than the count promises, and too few to overlap with: asking on would turn in a circle.
    return { cursor: { ...cursor, ...totals, broken: 'short_page', done: true }, fresh: anchorAt + 1 };
  }
  const next: WalkCursor = {
    ...totals,
    offset: end - 1,
    anchorId: page.externalIds[length - 1] ?? null,
    misses: 0,
    done: false,
    broken,
  };
  return { cursor: next, fresh: anchorAt + 1 };
}

/** Whether a finished pass is complete (R2): same count first and last, and as many distinct ids as the count says. */
export function isComplete(cursor: WalkCursor, distinctIds: number): boolean {
  return (
    cursor.done &&
    cursor.broken === null &&
    cursor.firstTotal === cursor.lastTotal &&
    distinctIds === cursor.lastTotal
  );
}
