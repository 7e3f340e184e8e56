import type { GroupStates } from '../merge.ts';
import type { Interval, UnknownFields } from '../observed.ts';

/** One record of the other side, ready to be planned: its groups in both vocabularies. */
export interface SeenRecord {
  readonly externalId: string;
  /** Groups in the other side's ids: what the mirror and `base_theirs` hold. */
  readonly theirs: GroupStates;
  /** The same groups in the platform's ids and words. */
  readonly here: GroupStates;
  /** Groups that this read could not show (R5); missing from `theirs` and `here`. */
  readonly unread: readonly string[];
  /** Groups that name something with no counterpart here yet: held without it, looked at again on the next pass. */
  readonly unresolved: readonly string[];
  readonly unknown: UnknownFields;
  /** The import uid that it carries, whoever put it there; not a group: nobody merges it. */
  readonly importUid?: string | null;
  readonly interval: Interval;
}
