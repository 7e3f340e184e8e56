import { capacityOf, type Freedom } from './choose.ts';
import type { Hold } from './calendars.ts';
import type { Resource, Salon, Window } from './salon.ts';
import { merged, type Span } from './spans.ts';
import type { WantedPart } from './wanted.ts';

/**
 * For every minute of a range at once: whether a visit that begins then could be. A bitmap is about starts, not about time: each
 * stretch that is taken rules out the starts from which a part would reach into it. One fill per stretch, one look per start.
 */
class Starts {
  readonly #from: number;
  readonly #bad: Uint8Array;

  constructor(from: number, till: number) {
    this.#from = from;
    this.#bad = new Uint8Array(till - from);
  }

  isGood(start: number): boolean {
    return this.#bad[start - this.#from] === 0;
  }

  /** No part of `own`, which counts from the start, may lie in `taken`. */
  ruleOut(own: Span, taken: Span): void {
    const from = taken.from - own.till + 1 - this.#from;
    const till = taken.till - own.from - this.#from;
    if (till > 0 && from < this.#bad.length) this.#bad.fill(1, Math.max(from, 0), till);
  }

  /** No start in these. */
  ruleOutStarts({ from, till }: Span): void {
    if (till > this.#from && from - this.#from < this.#bad.length)
      this.#bad.fill(1, Math.max(from - this.#from, 0), till - this.#from);
  }

  /** All of `own` must lie in `open`: merged spans. */
  ruleOutClosed(own: Span, open: readonly Span[]): void {
    let closedFrom = this.#from + own.from - 1;
    for (const { from, till } of open) {
      if (from > closedFrom) this.ruleOut(own, { from: closedFrom, till: from });
      closedFrom = Math.max(closedFrom, till);
    }
    this.ruleOut(own, { from: closedFrom, till: this.#from + this.#bad.length + own.till + 1 });
  }
}

/** Starts at which the salon itself is open, from the first minute to the last, and no clock is changed at a start or end. */
export function goodForSalon(salon: Salon, window: Window, range: Span): (start: number) => boolean {
  const starts = new Starts(range.from, range.till);
  const { parts, minutes } = salon.wanted;
  starts.ruleOutClosed({ from: 0, till: minutes }, window.open);
  const edges = [0, ...parts.map(({ till }) => till)];
  for (const { from, till } of window.clock.repeated)
    for (const edge of edges) starts.ruleOutStarts({ from: from - edge, till: till - edge });
  return (start) => start >= salon.earliest && start <= salon.latest && starts.isGood(start);
}

/** Answers from bitmaps, each made when it is first asked for. */
export function freedomByBitmaps(salon: Salon, window: Window, range: Span): Freedom {
  const staff = salon.wanted.parts.map(() => new Map<string, Starts>());
  const rooms = salon.wanted.parts.map(() => new Map<string, Starts>());

  function startsFor(
    kept: Map<string, Starts> | undefined,
    id: string,
    index: number,
    resource: Resource | undefined,
    capacity: number,
  ): Starts | undefined {
    const part = salon.wanted.parts[index];
    if (resource === undefined || part === undefined || kept === undefined) return undefined;
    let starts = kept.get(id);
    if (starts === undefined) kept.set(id, (starts = startsOf(part, resource, capacity, range)));
    return starts;
  }

  return {
    staff: (index, id, start) =>
      startsFor(staff[index], id, index, window.staff.get(id), 1)?.isGood(start) ?? false,
    room: (index, id, start) => {
      const known = rooms[index]?.get(id);
      if (known !== undefined) return known.isGood(start);
      const capacity = capacityOf(salon, id);
      return startsFor(rooms[index], id, index, window.rooms.get(id), capacity)?.isGood(start) ?? false;
    },
  };
}

function startsOf(part: WantedPart, { calendar, work }: Resource, capacity: number, range: Span): Starts {
  const starts = new Starts(range.from, range.till);
  for (const own of part.busy) {
    if (work !== null) starts.ruleOutClosed(own, work);
    for (const off of calendar.timeOff) starts.ruleOut(own, off);
    for (const block of calendar.blocks) starts.ruleOut(own, block);
  }
  const footprint = [...part.busy, ...part.pads];
  const ruleOut = (span: Span) => {
    for (const own of footprint) starts.ruleOut(own, span);
  };
  if (capacity > 1) fullSpans(calendar.holds, capacity).forEach(ruleOut);
  else {
    for (const { busy, pads } of calendar.holds) {
      busy.forEach(ruleOut);
      pads.forEach(ruleOut);
    }
  }
  return starts;
}

function footprintOf({ busy, pads }: Hold): readonly Span[] {
  return [...busy, ...pads];
}

/** When so many items, or sessions, are in a room that no other fits in. */
function fullSpans(holds: readonly Hold[], capacity: number): readonly Span[] {
  const groups = new Map<string | Hold, Span[]>();
  for (const hold of holds) {
    const key = hold.session ?? hold;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [...footprintOf(hold)]);
    else group.push(...footprintOf(hold));
  }
  const changes = [...groups.values()]
    .flatMap((spans) => merged(spans))
    .flatMap(({ from, till }) => [
      { at: from, by: 1 },
      { at: till, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  const full: Span[] = [];
  let [there, since] = [0, 0];
  for (const { at, by } of changes) {
    if (there >= capacity && there + by < capacity) full.push({ from: since, till: at });
    if (there < capacity && there + by >= capacity) since = at;
    there += by;
  }
  return full;
}
