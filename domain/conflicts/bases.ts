import { sameValue, type Json } from '../canonical.ts';
import type { GroupStates } from '../merge.ts';
import type { EditCounters } from '../plan.ts';
import type { Side } from './resolution.ts';

/** The parts of a mirror row that a resolution moves. */
export interface Bases {
  readonly baseTheirs: GroupStates;
  readonly baseOurs: GroupStates;
  readonly baseCounters: EditCounters;
}

export interface BasesInput extends Bases {
  /** Booksy as last observed. */
  readonly remote: GroupStates;
  /** The record here now; null where it was deleted. */
  readonly ours: { readonly groups: GroupStates; readonly counters: EditCounters } | null;
}

/**
 * Moves the bases of some groups so that the ordinary process does what a person decided: `platform` makes only our side
 * look changed (it is pushed), `booksy` only theirs (it is applied here), `both` neither (the difference is accepted).
 * No value is written on either side.
 */
export function moveBases(input: BasesInput, sides: { readonly [group: string]: Side | 'both' }): Bases {
  const theirs = draft(input.baseTheirs);
  const ours = draft(input.baseOurs);
  const counters: Record<string, number> = { ...input.baseCounters };
  const here = input.ours?.groups ?? {};
  const counts = input.ours?.counters ?? {};
  const settleHere = (group: string) => {
    ours.set(group, here[group]);
    const count = counts[group];
    if (count === undefined || count === 0) Reflect.deleteProperty(counters, group);
    else counters[group] = count;
  };
  for (const [group, side] of Object.entries(sides)) {
    const there = input.remote[group];
    switch (side) {
      case 'both':
        theirs.set(group, there);
        settleHere(group);
        break;
      case 'platform': {
        theirs.set(group, there);
        const edited = (counts[group] ?? 0) !== (input.baseCounters[group] ?? 0);
        if (!edited && sameValue(here[group], input.baseOurs[group])) ours.unlike(group, here[group]);
        break;
      }
      case 'booksy':
        settleHere(group);
        theirs.unlike(group, there);
        break;
    }
  }
  return { baseTheirs: theirs.groups, baseOurs: ours.groups, baseCounters: counters };
}

function draft(before: GroupStates) {
  const groups: Record<string, Json> = { ...before };
  return {
    groups,
    set(group: string, value: Json | undefined) {
      if (value === undefined) Reflect.deleteProperty(groups, group);
      else groups[group] = value;
    },
    /** Makes the base differ from a value: without the group where there is a value, stated as nothing where there is none. */
    unlike(group: string, value: Json | undefined) {
      if (value === undefined) groups[group] = null;
      else Reflect.deleteProperty(groups, group);
    },
  };
}
