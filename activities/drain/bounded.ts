/** What became of one item. */
export type Outcome<T, R> =
  { readonly item: T; readonly value: R } | { readonly item: T; readonly error: unknown };

/**
 * Runs work on each item, at most so many at once, in their order. A failure is an outcome, not an end: the others go on.
 *
 * @param beat called before each item; what it throws ends all of it once the work under way has ended
 */
export async function eachBounded<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
  beat: () => void,
): Promise<readonly Outcome<T, R>[]> {
  const outcomes: Outcome<T, R>[] = [];
  // One iterator for all lanes: each takes the next item that nobody has taken.
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) {
      beat();
      try {
        outcomes.push({ item, value: await work(item) });
      } catch (error) {
        outcomes.push({ item, error });
      }
    }
  };
  const lanes = Array.from({ length: Math.min(atOnce, items.length) }, () => lane());
  for (const ended of await Promise.allSettled(lanes)) {
    if (ended.status === 'rejected') throw ended.reason;
  }
  return outcomes;
}

/** The outcomes apart. */
export function apart<T, R>(
  outcomes: readonly Outcome<T, R>[],
): {
  readonly done: readonly { item: T; value: R }[];
  readonly failed: readonly { item: T; error: unknown }[];
} {
  return {
    done: outcomes.flatMap((each) => ('error' in each ? [] : [each])),
    failed: outcomes.flatMap((each) => ('error' in each ? [each] : [])),
  };
}
