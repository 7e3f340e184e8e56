import type { Commit, NewIntent } from './port.ts';
import type { ProtocolConflict } from './types.ts';

/** What is to be written at Booksy now, if anything; and why what differs is not. */
export interface Wish {
  readonly wish: NewIntent | null;
  readonly generation: number | null;
  readonly conflicts: readonly ProtocolConflict[];
  readonly held: boolean;
  readonly notes: Commit['notes'];
  /** The wish is one of several that are due: the others are planned once it is settled. */
  readonly more: boolean;
}

export const NO_WISH: Wish = {
  wish: null,
  generation: null,
  conflicts: [],
  held: false,
  notes: [],
  more: false,
};

/** A difference that is left as it is, with its reason. */
export function held(code: string, groups: readonly string[]): Wish {
  return { ...NO_WISH, held: true, notes: [{ code, groups }] };
}
