/** Something that takes a stretch of a column. */
export interface Stretched {
  readonly from: number;
  readonly till: number;
}

/** Where it lies beside what it overlaps: the `lane`-th (from 0) of `lanes`. */
export interface Placed<T> {
  readonly item: T;
  readonly lane: number;
  readonly lanes: number;
}

/** Puts what overlaps side by side; what touches nothing has the whole width. */
export function placeInLanes<T extends Stretched>(items: readonly T[]): Placed<T>[] {
  const sorted = [...items].sort((a, b) => a.from - b.from || b.till - a.till);
  const placed: Placed<T>[] = [];
  let cluster: { item: T; lane: number }[] = [];
  let ends: number[] = [];
  const close = (): void => {
    for (const one of cluster) placed.push({ ...one, lanes: ends.length });
    cluster = [];
    ends = [];
  };
  for (const item of sorted) {
    if (ends.every((end) => end <= item.from)) close();
    let lane = ends.findIndex((end) => end <= item.from);
    if (lane < 0) lane = ends.length;
    ends[lane] = item.till;
    cluster.push({ item, lane });
  }
  close();
  return placed;
}
