/** Gives the next id of one salon. */
export type IdSource = () => number;

/** Ids of the n-th salon (from 0) start at a round number of their own, so salons can be made independently. */
export function createIds(salonIndex: number): IdSource {
  let last = (salonIndex + 1) * 1_000_000;
  return () => {
    last += 1;
    return last;
  };
}

/** The business id of the n-th salon. */
export function businessId(salonIndex: number): number {
  return 1001 + salonIndex;
}
