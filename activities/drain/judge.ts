/** When failures are one record's own, and when they are everybody's (R29). */

/** More records than this with one error type are no coincidence. */
export const SYSTEMIC_RECORDS = 20;
/** The same as a share; of fewer than 20 records a share says nothing. */
export const SYSTEMIC_SHARE = 0.05;
const SHARE_FROM = 20;
/** Records of one business that may have a workflow of their own at once. */
export const MOST_ALONE = 100;

export interface BatchFailures {
  /** Records of the batch. */
  readonly attempted: number;
  /** The stable codes of those that failed, one each. */
  readonly codes: readonly string[];
  /** Records of this business that failed alone of late and still do, by code. */
  readonly alone: ReadonlyMap<string, number>;
}

export type Verdict =
  /** The circuit opens. */
  | { readonly kind: 'systemic'; readonly code: string }
  /** Nothing succeeded: whether Booksy answers at all decides. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'alone' };

/** Judges the failures of a batch. */
export function judgeFailures({ attempted, codes, alone }: BatchFailures): Verdict {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  for (const [code, count] of counts) {
    const share = attempted >= SHARE_FROM && count > attempted * SYSTEMIC_SHARE;
    if (share || count + (alone.get(code) ?? 0) > SYSTEMIC_RECORDS) return { kind: 'systemic', code };
  }
  const all = [...alone.values()].reduce((total, count) => total + count, codes.length);
  if (all > MOST_ALONE) return { kind: 'systemic', code: 'too_many_failures' };
  return codes.length < attempted ? { kind: 'alone' } : { kind: 'ask' };
}
