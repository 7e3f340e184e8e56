import { nextStep, WALK_START, type WalkCursor } from '../../../../domain/walk.ts';

/** A list on the other side that changes between the pages of a walk, as lists do that people work on. */

export type ListEvent =
  | { readonly kind: 'insert'; readonly at: number }
  | { readonly kind: 'delete'; readonly at: number }
  | { readonly kind: 'move'; readonly at: number; readonly to: number };

export interface Disturbance {
  /** Number of the page before which it happens; 1 = between the first and the second. */
  readonly beforePage: number;
  readonly events: readonly ListEvent[];
}

export interface WalkOutcome {
  readonly cursor: WalkCursor;
  readonly pages: number;
  readonly offsets: readonly number[];
  /** Ids that were delivered as fresh rows, and those that were on any page. */
  readonly delivered: ReadonlySet<string>;
  readonly shown: ReadonlySet<string>;
  /** Ids that were there from the first page to the last. */
  readonly lasting: ReadonlySet<string>;
  /** Of these, the ones that never changed their place among the others. */
  readonly steady: ReadonlySet<string>;
  readonly largest: number;
}

export interface WalkOptions {
  readonly size: number;
  readonly pageSize: number;
  readonly disturbances: readonly Disturbance[];
  /** The other side lists the latest first. */
  readonly descending?: boolean;
  /** Whether the rows by which pages are joined may move as well. */
  readonly anchorsMove?: boolean;
  readonly mostPages?: number;
}

/** Walks a list from end to end. Rows are sorted by their start; ids say nothing about it. */
export function walkMovingList(options: WalkOptions): WalkOutcome {
  const { size, pageSize, mostPages = 10_000 } = options;
  let rows = Array.from({ length: size }, (_, n) => ({ id: `r${String(n)}`, start: n * 1_000 }));
  let made = size;
  const sorted = () =>
    [...rows].sort((a, b) => (options.descending === true ? b.start - a.start : a.start - b.start));
  const lasting = new Set(rows.map(({ id }) => id));
  const moved = new Set<string>();
  const delivered = new Set<string>();
  const shown = new Set<string>();
  const offsets: number[] = [];
  let cursor = WALK_START;
  let largest = size;

  const startAt = (index: number): number => {
    const list = sorted();
    const place = list.length === 0 ? 0 : index % (list.length + 1);
    const [before, after] = [list[place - 1]?.start, list[place]?.start];
    const outwards = options.descending === true ? -1_000 : 1_000;
    if (before === undefined) return (after ?? 0) - outwards;
    return after === undefined ? before + outwards : (before + after) / 2;
  };
  const happen = (event: ListEvent) => {
    const list = sorted();
    const target = list[list.length === 0 ? 0 : event.at % list.length];
    if (event.kind === 'insert') {
      rows = [...rows, { id: `n${String((made += 1))}`, start: startAt(event.at) }];
    } else if (target === undefined) {
      return;
    } else if (event.kind === 'delete') {
      rows = rows.filter(({ id }) => id !== target.id);
      lasting.delete(target.id);
    } else if (options.anchorsMove === true || !cursor.anchorIds.includes(target.id)) {
      const start = startAt(event.to);
      rows = rows.map((row) => (row.id === target.id ? { ...row, start } : row));
      moved.add(target.id);
    }
  };

  while (!cursor.done && offsets.length < mostPages) {
    for (const { beforePage, events } of options.disturbances) {
      if (offsets.length > 0 && beforePage === offsets.length) events.forEach(happen);
    }
    largest = Math.max(largest, rows.length);
    offsets.push(cursor.offset);
    const externalIds = sorted()
      .slice(cursor.offset, cursor.offset + pageSize)
      .map(({ id }) => id);
    const step = nextStep(cursor, { total: rows.length, externalIds }, pageSize);
    externalIds.forEach((id) => shown.add(id));
    externalIds.slice(step.fresh).forEach((id) => delivered.add(id));
    cursor = step.cursor;
  }
  const steady = new Set([...lasting].filter((id) => !moved.has(id)));
  return { cursor, pages: offsets.length, offsets, delivered, shown, lasting, steady, largest };
}

/** Ids of one set that another lacks. */
export function lacking(wanted: ReadonlySet<string>, had: ReadonlySet<string>): readonly string[] {
  return [...wanted].filter((id) => !had.has(id));
}
