import type { Hold } from './calendars.ts';
import type { ReasonCode } from './reasons.ts';
import type { Resource } from './salon.ts';
import { isWithin, overlaps, touchesAny, type Span } from './spans.ts';
import type { WantedPart } from './wanted.ts';

/** Judges one start at a time, straight from the calendars. The bitmaps of a search say the same for all starts at once. */

/** Where a part would lie: its busy time and what is to be kept free around it, as instants. */
export interface Placed {
  readonly busy: readonly Span[];
  readonly pads: readonly Span[];
}

export function placed(part: WantedPart, start: number): Placed {
  return { busy: shifted(part.busy, start), pads: shifted(part.pads, start) };
}

function shifted(spans: readonly Span[], by: number): readonly Span[] {
  return spans.map(({ from, till }) => ({ from: from + by, till: till + by }));
}

function anyOverlap(left: readonly Span[], right: readonly Span[]): boolean {
  return left.some((a) => right.some((b) => overlaps(a, b)));
}

/**
 * Why a person cannot serve it then; empty = free. Padding is kept free of visits and of their padding, so that two paddings
 * add up; it may lie outside of the hours, in time off and in blocks.
 *
 * @param session its seats are not in the way
 */
export function staffReasons(
  { calendar, work }: Resource,
  { busy, pads }: Placed,
  session: string | null,
): readonly ReasonCode[] {
  const reasons = new Set<ReasonCode>();
  if (work !== null && busy.some((span) => !isWithin(work, span))) reasons.add('closed');
  if (busy.some((span) => touchesAny(calendar.timeOff, span))) reasons.add('time_off');
  if (busy.some((span) => touchesAny(calendar.blocks, span))) reasons.add('busy');
  for (const hold of calendar.holds) {
    if (session !== null && hold.session === session) continue;
    if (anyOverlap(busy, hold.busy)) reasons.add('busy');
    else if (meets({ busy, pads }, hold)) reasons.add('padding');
  }
  return [...reasons];
}

function meets({ busy, pads }: Placed, hold: Hold): boolean {
  return (
    anyOverlap(busy, hold.busy) ||
    anyOverlap(busy, hold.pads) ||
    anyOverlap(pads, hold.busy) ||
    anyOverlap(pads, hold.pads)
  );
}

/** Whether a room is there and has place for it. A session counts as one, and its own does not count. */
export function roomIsFree(
  { calendar, work }: Resource,
  capacity: number,
  place: Placed,
  session: string | null,
): boolean {
  if (work !== null && place.busy.some((span) => !isWithin(work, span))) return false;
  if (place.busy.some((span) => touchesAny(calendar.timeOff, span))) return false;
  if (place.busy.some((span) => touchesAny(calendar.blocks, span))) return false;
  const others = calendar.holds.filter(
    (hold) => (session === null || hold.session !== session) && meets(place, hold),
  );
  if (others.length < capacity) return true;
  const own = [...place.busy, ...place.pads];
  const footprints = others.map((hold) => ({ session: hold.session, spans: [...hold.busy, ...hold.pads] }));
  // Most of them are there at once where one of them, or our own time, begins.
  const moments = [own, ...footprints.map(({ spans }) => spans)].flat().map(({ from }) => from);
  return moments.every((moment) => {
    if (!own.some((span) => covers(span, moment))) return true;
    const there = footprints.filter(({ spans }) => spans.some((span) => covers(span, moment)));
    const alone = there.filter((each) => each.session === null).length;
    const sessions = new Set(there.flatMap((each) => (each.session === null ? [] : [each.session])));
    return alone + sessions.size < capacity;
  });
}

function covers({ from, till }: Span, minute: number): boolean {
  return from <= minute && minute < till;
}
