import { spanOf } from '../types.ts';
import type { Visit } from '../types.ts';
import { SortedList } from './sorted.ts';

export const LIST_ORDERS = ['start', 'start_desc', 'id', 'id_desc'] as const;
export type ListOrder = (typeof LIST_ORDERS)[number];

export interface VisitQuery {
  readonly from: number | null;
  readonly till: number | null;
  /** Whether a visit counts by its start, or by any overlap with the window. */
  readonly filter: 'start' | 'overlap';
  readonly order: ListOrder;
  readonly withCancelled: boolean;
}

interface Key {
  readonly id: number;
  readonly from: number;
  readonly till: number;
}

const isCancelled = (visit: Visit): boolean => visit.status === 'C' || visit.status === 'D';

/** Selections that are kept: several passes may walk their windows at the same time. */
const WINDOWS_KEPT = 16;

/** Sorted keys of one set of visits. */
class Keys {
  readonly byStart = new SortedList<Key>((a, b) => a.from - b.from || a.id - b.id);
  readonly byId = new SortedList<Key>((a, b) => a.id - b.id);

  load(keys: readonly Key[]): void {
    this.byStart.load(keys);
    this.byId.load(keys);
  }

  add(key: Key): void {
    this.byStart.add(key);
    this.byId.add(key);
  }

  remove(key: Key): void {
    this.byStart.remove(key);
    this.byId.remove(key);
  }
}

/** All visits of a salon, so kept that any page of any window costs what the page costs. */
export class VisitIndex {
  private readonly visits = new Map<number, Visit>();
  private readonly keys = new Map<number, Key>();
  private readonly everything = new Keys();
  private readonly notCancelled = new Keys();
  /** Longest visit ever seen: how far before a window one may begin and still reach into it. */
  private longest = 0;
  private version = 0;
  private cachedVersion = -1;
  private readonly cached = new Map<string, readonly number[]>();

  get size(): number {
    return this.visits.size;
  }

  /** Another number after every change. */
  get revision(): number {
    return this.version;
  }

  get(id: number): Visit | undefined {
    return this.visits.get(id);
  }

  values(): IterableIterator<Visit> {
    return this.visits.values();
  }

  load(visits: readonly Visit[]): void {
    for (const visit of visits) {
      this.visits.set(visit.id, visit);
      this.keys.set(visit.id, this.keyOf(visit));
    }
    const pick = (wanted: readonly Visit[]): Key[] =>
      wanted.flatMap((visit) => this.keys.get(visit.id) ?? []);
    this.everything.load(pick(visits));
    this.notCancelled.load(pick(visits.filter((visit) => !isCancelled(visit))));
    this.version += 1;
  }

  put(visit: Visit): void {
    this.delete(visit.id);
    const key = this.keyOf(visit);
    this.visits.set(visit.id, visit);
    this.keys.set(visit.id, key);
    this.everything.add(key);
    if (!isCancelled(visit)) this.notCancelled.add(key);
    this.version += 1;
  }

  delete(id: number): void {
    const key = this.keys.get(id);
    if (key === undefined) return;
    this.visits.delete(id);
    this.keys.delete(id);
    this.everything.remove(key);
    this.notCancelled.remove(key);
    this.version += 1;
  }

  /** Visits that a list call with that limit-less query counts. */
  count(query: VisitQuery): number {
    return this.select(query).count;
  }

  /** One page, and how many there are in all. */
  page(query: VisitQuery, offset: number, limit: number): { total: number; rows: Visit[] } {
    const { count, slice } = this.select(query);
    const rows: Visit[] = [];
    for (const id of slice(offset, limit)) {
      const visit = this.visits.get(id);
      if (visit !== undefined) rows.push(visit);
    }
    return { total: count, rows };
  }

  private keyOf(visit: Visit): Key {
    const span = spanOf(visit);
    this.longest = Math.max(this.longest, span.till - span.from);
    return { id: visit.id, ...span };
  }

  private select(query: VisitQuery): { count: number; slice: (offset: number, limit: number) => number[] } {
    const keys = query.withCancelled ? this.everything : this.notCancelled;
    const { from, till } = query;
    const unbounded = from === null && till === null;
    if (query.order.startsWith('id') && unbounded)
      return window(keys.byId, 0, keys.byId.length, query.order === 'id_desc');
    const first = from === null ? 0 : keys.byStart.firstWhere((key) => key.from < from);
    const last =
      till === null
        ? keys.byStart.length
        : Math.max(
            first,
            keys.byStart.firstWhere((key) => key.from < till),
          );
    if (query.order.startsWith('start') && (query.filter === 'start' || from === null)) {
      return window(keys.byStart, first, last, query.order === 'start_desc');
    }
    const ids = this.remembered(query, () => {
      const found = keys.byStart.slice(first, last);
      if (query.filter === 'overlap' && from !== null)
        found.unshift(...this.reachingInto(keys, first, from, till));
      if (query.order.startsWith('id')) found.sort((a, b) => a.id - b.id);
      if (query.order.endsWith('desc')) found.reverse();
      return found.map((key) => key.id);
    });
    return { count: ids.length, slice: (offset, limit) => ids.slice(offset, offset + limit) };
  }

  /** Visits that begin before the window and end inside or after it. */
  private reachingInto(keys: Keys, first: number, from: number, till: number | null): Key[] {
    if (till !== null && till <= from) return [];
    const earliest = keys.byStart.firstWhere((key) => key.from < from - this.longest);
    return keys.byStart.slice(earliest, first).filter((key) => key.till > from);
  }

  /** A pass over the pages of one window asks the same again and again: the selections are kept until a visit changes. */
  private remembered(query: VisitQuery, select: () => number[]): readonly number[] {
    const name = JSON.stringify(query);
    if (this.cachedVersion !== this.version) this.cached.clear();
    this.cachedVersion = this.version;
    const known = this.cached.get(name);
    if (known !== undefined) return known;
    const ids = select();
    if (this.cached.size >= WINDOWS_KEPT) this.cached.clear();
    this.cached.set(name, ids);
    return ids;
  }
}

function window(
  list: SortedList<Key>,
  first: number,
  last: number,
  descending: boolean,
): { count: number; slice: (offset: number, limit: number) => number[] } {
  return {
    count: last - first,
    slice: (offset, limit) => {
      const keys = descending
        ? list.slice(Math.max(first, last - offset - limit), Math.max(first, last - offset)).reverse()
        : list.slice(Math.min(last, first + offset), Math.min(last, first + offset + limit));
      return keys.map((key) => key.id);
    },
  };
}
