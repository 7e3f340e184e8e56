import type { ListPage } from './observed.ts';

/**
 * Walking a list that other people change meanwhile (R2). Pages overlap by one row: the last row of one page must be the
 * first of the next. Where a page shows none of the last rows of the page before, rows may have slipped past: the walk
 * steps back, further each time, until it meets one of them. So no row is skipped that stands where it stood; whether the
 * pass proves anything is decided by the counts at its end.
 */
export interface WalkCursor {
  /** Offset of the next page. */
  readonly offset: number;
  /** Ids of the last rows that were shown, latest first: the next page begins with the first of them. */
  readonly anchorIds: readonly string[];
  /** The other side's count on the first page; null before it. */
  readonly firstTotal: number | null;
  readonly lastTotal: number | null;
  /** Pages in a row that showed no anchor. */
  readonly misses: number;
  /** Steps back of the whole walk. */
  readonly stepsBack: number;
  readonly done: boolean;
  /** Why the pass cannot be complete although it ended; null while nothing speaks against it. */
  readonly broken: 'short_page' | 'restless_list' | 'count_changed' | null;
}

export const WALK_START: WalkCursor = {
  offset: 0,
  anchorIds: [],
  firstTotal: null,
  lastTotal: null,
  misses: 0,
  stepsBack: 0,
  done: false,
  broken: null,
};

/** Several, so that one of them is met again although the very last row was deleted or moved. */
export const ANCHORS_KEPT = 8;
/** Steps back that a walk may take before it goes on without meeting an anchor: a list that never rests must end too. */
export const MOST_STEPS_BACK = 16;

export interface WalkStep {
  readonly cursor: WalkCursor;
  /** Index of the first row of the page that is new to this walk, as far as can be told: a known row may come again. */
  readonly fresh: number;
}

/** What a page means for the walk. Pure: the caller fetches `cursor.offset` next, unless `done`. */
export function nextStep(
  cursor: WalkCursor,
  page: Pick<ListPage<unknown>, 'total' | 'externalIds'>,
  pageSize: number,
): WalkStep {
  const ids = page.externalIds;
  const totals = { firstTotal: cursor.firstTotal ?? page.total, lastTotal: page.total };
  const broken = cursor.broken ?? (page.total === totals.firstTotal ? null : 'count_changed');
  const lost = cursor.anchorIds.length > 0 && !cursor.anchorIds.some((id) => ids.includes(id));
  const mayStepBack = cursor.offset > 0 && page.total > 0 && cursor.stepsBack < MOST_STEPS_BACK;

  if (lost && mayStepBack) {
    const rowsBack = (pageSize - 1) * 2 ** cursor.misses;
    const offset = Math.max(0, Math.min(cursor.offset, page.total) - rowsBack);
    const { misses, stepsBack } = cursor;
    const back = { ...cursor, ...totals, broken, offset, misses: misses + 1, stepsBack: stepsBack + 1 };
    return { cursor: back, fresh: 0 };
  }
  // Only an anchor in its place is known for sure: one found further on may itself have moved past unseen rows.
  const fresh = cursor.anchorIds.length > 0 && ids[0] === cursor.anchorIds[0] ? 1 : 0;
  const next = {
    ...cursor,
    ...totals,
    misses: 0,
    broken: lost && cursor.offset > 0 && page.total > 0 ? ('restless_list' as const) : broken,
  };
  if (cursor.offset + ids.length >= page.total) return { cursor: { ...next, done: true }, fresh };
  if (ids.length < 2) {
    // Fewer rows than the count promises, and too few to overlap with: asking on would turn in a circle.
    return { cursor: { ...next, broken: 'short_page', done: true }, fresh };
  }
  return { cursor: { ...next, ...placeAfter(cursor.offset, ids) }, fresh };
}

/** The next page begins with the last row whose id could be read; where there is none, it is not checked. */
function placeAfter(
  offset: number,
  ids: readonly (string | null)[],
): Pick<WalkCursor, 'offset' | 'anchorIds'> {
  const last = ids.findLastIndex((id) => id !== null);
  if (last < 1) return { offset: offset + ids.length - 1, anchorIds: [] };
  const readable = ids.slice(0, last + 1).filter((id) => id !== null);
  return { offset: offset + last, anchorIds: readable.slice(-ANCHORS_KEPT).reverse() };
}

/** Whether a finished pass is complete (R2): the same count on every page, and as many distinct ids as it says. */
export function isComplete(cursor: WalkCursor, distinctIds: number): boolean {
  return (
    cursor.done &&
    cursor.broken === null &&
    cursor.firstTotal === cursor.lastTotal &&
    distinctIds === cursor.lastTotal
  );
}
