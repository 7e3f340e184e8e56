import { sameValue, type Json } from './canonical.ts';
import type { MergeInput } from './merge.ts';
import type { MirrorState, OursState } from './plan.ts';
import type { SeenRecord } from './states/seen.ts';
import { foldText } from './matching/fold.ts';

/**
 * Two records that were kept apart until now meet for the first time: the platform's own and Booksy's (SPEC 3.7). There is
 * no base, so nobody can be said to have changed anything; but a side that holds nothing has said nothing. So an empty side
 * follows the other, what comes in only follows Booksy (R8), and where both hold something else a person decides, except
 * where a reader would call it the same (accents, case, spaces): then both keep their spelling.
 */
export interface FirstContact {
  readonly mirror: Omit<MirrorState, 'recordId'>;
  readonly equivalent: NonNullable<MergeInput['equivalent']>;
}

/** Before every instant: no earlier read can be newer than this one. */
const NEVER_OBSERVED = '';

/**
 * What the planner needs to merge a record at first contact.
 *
 * @param saysNothing whether a value is none; an empty one unless told
 */
export function firstContact(
  seen: SeenRecord,
  ours: OursState,
  equivalent: MergeInput['equivalent'] = (_, theirs, mine) => sameValue(theirs, mine),
  saysNothing: (value: Json | undefined) => boolean = isEmpty,
): FirstContact {
  const groups = Object.keys({ ...seen.theirs, ...ours.groups });
  return {
    mirror: {
      remote: {},
      baseTheirs: emptyGroups(groups, seen.theirs, saysNothing),
      baseOurs: emptyGroups(groups, ours.groups, saysNothing),
      // Edits made before the contact are not news.
      baseCounters: ours.counters,
      observedReceivedAt: NEVER_OBSERVED,
    },
    equivalent: (group, theirs, mine) => equivalent(group, theirs, mine) || readsTheSame(theirs, mine),
  };
}

/** The groups in which a side holds nothing, as their own base. */
function emptyGroups(
  groups: readonly string[],
  state: { readonly [group: string]: Json },
  saysNothing: (value: Json | undefined) => boolean,
): { readonly [group: string]: Json } {
  return Object.fromEntries(
    groups.flatMap((group) => {
      const value = state[group];
      return value !== undefined && saysNothing(value) ? [[group, value]] : [];
    }),
  );
}

function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object') return false;
  return Object.values(value as { readonly [key: string]: Json }).every(isEmpty);
}

function readsTheSame(theirs: Json | undefined, mine: Json | undefined): boolean {
  if (typeof theirs === 'string' && typeof mine === 'string') return foldText(theirs) === foldText(mine);
  if (!isRecord(theirs) || !isRecord(mine)) return sameValue(theirs, mine);
  const names = new Set([...Object.keys(theirs), ...Object.keys(mine)]);
  return [...names].every((name) => readsTheSame(theirs[name], mine[name]));
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
