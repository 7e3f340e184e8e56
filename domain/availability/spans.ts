/** Stretches of time in whole minutes since the epoch; the end is not part of them. */
export interface Span {
  readonly from: number;
  readonly till: number;
}

export function overlaps(a: Span, b: Span): boolean {
  return a.from < b.till && b.from < a.till;
}

/** Sorted by start; what touches or overlaps becomes one; what is empty goes. */
export function merged(spans: readonly Span[]): readonly Span[] {
  const inOrder = spans.filter(({ from, till }) => from < till).sort((a, b) => a.from - b.from);
  const result: Span[] = [];
  let last: { from: number; till: number } | null = null;
  for (const { from, till } of inOrder) {
    if (last !== null && from <= last.till) last.till = Math.max(last.till, till);
    else result.push((last = { from, till }));
  }
  return result;
}

/** Place of the first of sorted, disjoint spans that ends after the minute. */
export function firstEndingAfter(spans: readonly Span[], minute: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const span = spans[middle];
    if (span !== undefined && span.till <= minute) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a part of the span lies in one of sorted, disjoint spans. */
export function touchesAny(spans: readonly Span[], span: Span): boolean {
  const next = spans[firstEndingAfter(spans, span.from)];
  return next !== undefined && overlaps(next, span);
}

/** Whether all of the span lies in one of sorted, disjoint, merged spans; an empty one always does. */
export function isWithin(spans: readonly Span[], span: Span): boolean {
  if (span.from >= span.till) return true;
  const next = spans[firstEndingAfter(spans, span.from)];
  return next !== undefined && next.from <= span.from && span.till <= next.till;
}

/** Minutes of sorted, disjoint spans within the bounds. */
export function minutesWithin(spans: readonly Span[], bounds: Span): number {
  let sum = 0;
  for (let at = firstEndingAfter(spans, bounds.from); at < spans.length; at += 1) {
    const span = spans[at];
    if (span === undefined || span.from >= bounds.till) break;
    sum += Math.min(span.till, bounds.till) - Math.max(span.from, bounds.from);
  }
  return sum;
}

/** The busy stretches of an item: its time without the processing gap (R21). */
export function busyStretches(
  from: number,
  till: number,
  gap: { readonly afterMinutes: number; readonly minutes: number } | null,
): readonly Span[] {
  if (gap === null || gap.minutes <= 0) return from < till ? [{ from, till }] : [];
  const gapFrom = Math.min(from + gap.afterMinutes, till);
  const gapTill = Math.min(gapFrom + gap.minutes, till);
  return [
    { from, till: gapFrom },
    { from: gapTill, till },
  ].filter((stretch) => stretch.from < stretch.till);
}
