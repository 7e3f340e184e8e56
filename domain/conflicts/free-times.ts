/** Free times between open hours and what holds them. A simple search: padding, rooms and sessions are not looked at. */

/** A stretch of time, milliseconds since the epoch; the end is not part of it. */
export interface Stretch {
  readonly from: number;
  readonly till: number;
}

export interface FreeTimesInput {
  readonly open: readonly Stretch[];
  readonly busy: readonly Stretch[];
  readonly durationMs: number;
  /** Starts lie on multiples of this from the beginning of an open stretch. */
  readonly stepMs: number;
  /** Nothing begins before this. */
  readonly notBefore: number;
  readonly limit: number;
}

/** The next starts at which the whole duration is open and nothing holds it, earliest first. */
export function freeTimes(input: FreeTimesInput): readonly number[] {
  const { durationMs, stepMs, notBefore, limit } = input;
  const busy = [...input.busy].sort((a, b) => a.from - b.from);
  const found: number[] = [];
  for (const open of [...input.open].sort((a, b) => a.from - b.from)) {
    for (
      let start = firstStep(open.from, stepMs, notBefore);
      start + durationMs <= open.till;
      start += stepMs
    ) {
      if (found.length >= limit) return found;
      if (!isHeld(busy, start, start + durationMs)) found.push(start);
    }
  }
  return found;
}

function firstStep(from: number, stepMs: number, notBefore: number): number {
  return notBefore <= from ? from : from + Math.ceil((notBefore - from) / stepMs) * stepMs;
}

/** Whether anything holds a part of it. */
export function isHeld(busy: readonly Stretch[], from: number, till: number): boolean {
  return busy.some((stretch) => stretch.from < till && from < stretch.till);
}
