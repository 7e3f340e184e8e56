/**
 * Long work in short steps: whoever drives it may do something else between two of them. Each step is some milliseconds of
 * work at the most, whatever the feed.
 */
export type Stepwise<T> = Generator<void, T, void>;

/** Does it all at once. */
export function wholly<T>(work: Stepwise<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
