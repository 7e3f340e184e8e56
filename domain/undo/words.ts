import type { Json } from '../canonical.ts';
import type { SyncEntity } from '../entities.ts';
import type { GroupStates } from '../merge.ts';
import type { EditCounters, OursState } from '../plan.ts';

/** What undoing works with (SPEC 3.8): what the audit trail says of a record, and the record as it is now. */

/** One entry of the trail about a record. */
export interface UndoEntry {
  /** Number of the entry: its order of writing. */
  readonly number: string;
  readonly runId: string | null;
  readonly action: string;
  /** Its code. */
  readonly reason: string | null;
  readonly groups: readonly string[];
  /** What these groups held here; null where it is not kept, or was erased. */
  readonly before: GroupStates | null;
  readonly after: GroupStates | null;
  readonly counters: EditCounters | null;
}

/** The record as it is now. */
export interface UndoSubject {
  readonly entity: SyncEntity;
  readonly recordId: string;
  /** Null where it is not here. */
  readonly ours: OursState | null;
  /** Our side of the base; null where it is not linked. */
  readonly base: { readonly ours: GroupStates; readonly counters: EditCounters } | null;
  /** Groups on an open conflict (R10). */
  readonly frozen: ReadonlySet<string>;
  /** Whether a change of the group goes to Booksy (R8). */
  readonly goesOut: (group: string) => boolean;
}

/** Why something is left as it is. */
export const UNDO_LEFT = {
  changed_later: 'It was changed again since: the later change stays.',
  already_so: 'It is so already.',
  on_conflict: 'It is on an open conflict: decide that first.',
  not_known: 'What it was before is not known: it was not kept, or it was erased.',
  record_gone: 'The record is not here any more.',
  use_mappings: 'Linking is taken back in the mapping list (booksy mappings unmerge).',
  not_undoable: 'This kind of deed cannot be taken back.',
  change_at_booksy: 'Booksy lets a visit of several parts be changed only there (R17).',
  needs_own_confirmation:
    'It would be changed at Booksy, where clients may be told: undo this record by itself and confirm it.',
  time_taken: 'The time is taken by now.',
  not_understood: 'The database refused it.',
  already_undone: 'It was taken back before.',
  decide_conflict: 'It opened a conflict again: decide that one anew.',
  equal_by_now: 'Both sides are equal by now: nothing is left to decide.',
  cause_gone: 'What it was about is gone by now.',
  begun: 'It has begun: nothing is left to decide (R10).',
  mark_needed: 'The visit overlaps another one that was allowed too: it keeps the mark for that one.',
  under_way: 'It is being carried out: ask again in a moment.',
  ended_at_booksy:
    'The appointment that was given up is cancelled at Booksy, where nothing can be un-cancelled (R16): it stays so. Booked anew it would be a new visit; that is not done by itself.',
  asked_again: 'It only had Booksy asked once more: what that changed is taken back by the record.',
  let_through:
    'It was let through already: what that changed is taken back by its records, or by the operation that took it in.',
} as const;
export type UndoLeftReason = keyof typeof UNDO_LEFT;

/** One group that is set back. `null` states that it holds nothing; a missing value that the group is not there. */
export interface UndoChange {
  readonly group: string;
  readonly from?: Json;
  readonly to?: Json;
}

/** What a record that the sync made becomes. */
export type UndoEnd = 'cancel' | 'hide' | 'remove';

/** What undoing does to one record. */
export interface RecordUndo {
  readonly entity: SyncEntity;
  readonly recordId: string;
  readonly changes: readonly UndoChange[];
  /** Of a record that the sync made. */
  readonly end: UndoEnd | null;
  /** Of a record that the sync took away: what it is made of again. */
  readonly restore: GroupStates | null;
  /** Entries that are taken back by it, oldest first. */
  readonly takesBack: readonly string[];
  readonly left: readonly { readonly group: string | null; readonly reason: UndoLeftReason }[];
  /** Whether Booksy would be written to: that needs a confirmation of this record (SPEC 3.8). */
  readonly atBooksy: boolean;
}

/** Whether undoing would do anything at all to the record. */
export function doesSomething(undo: Pick<RecordUndo, 'changes' | 'end' | 'restore'>): boolean {
  return undo.changes.length > 0 || undo.end !== null || undo.restore !== null;
}

/** The code of an entry that opened a conflict again: it is taken back by deciding that. */
export const OPEN_AGAIN = 'conflict_open_again';

/** Whether a visit may overlap others: no group of Booksy's, taken back with the decision that allowed it. */
export const OVERBOOKING = 'overbooking';
