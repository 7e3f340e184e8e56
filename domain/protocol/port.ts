import type { GroupStates } from '../merge.ts';
import type { Interval } from '../observed.ts';
import type { EditCounters } from '../plan.ts';
import type { SeenRecord } from '../states/seen.ts';
import type {
  Answer,
  Finding,
  Intent,
  IntentState,
  ProtocolConflict,
  ProtocolConflictKind,
  Reading,
  RecordMemory,
  RecordView,
  VisitStep,
  WriteOperation,
} from './types.ts';

/** A write to be sent: what the intent's row is made of. */
export interface NewIntent {
  readonly operation: WriteOperation;
  readonly externalId: string | null;
  readonly importUid: string | null;
  readonly generation: number;
  readonly step: VisitStep | null;
  readonly groups: readonly string[];
  readonly body: GroupStates;
  readonly preImage: GroupStates;
  readonly held: GroupStates;
  readonly counters: EditCounters;
}

/** What becomes of an intent in a commit. */
export interface IntentChange {
  readonly id: string;
  readonly state: IntentState;
  /** Null leaves nothing due. */
  readonly dueAt: string | null;
  readonly rememberedUntil: string | null;
  readonly meanwhile?: GroupStates;
  readonly lookedUpAt?: string;
}

/** The mirror as it is to be, with both sides of the base (R6). It was seen: it is not gone any more. */
export interface NextMirror {
  readonly seen: SeenRecord;
  readonly remote: GroupStates;
  readonly baseTheirs: GroupStates;
  readonly baseOurs: GroupStates;
  /** Groups whose base counter moves; the others keep theirs (R7a). */
  readonly settled: readonly string[];
  /** The counters that settled groups get; one that is missing gets the count after this commit's own writes here. */
  readonly counters: EditCounters;
}

/** What the end of an object at Booksy means here. */
export interface GoneHere {
  /**
   * `cancel`: the record ends here as well (a visit is cancelled, time off is deleted, others can no longer be booked).
   * `keep_marked`: it stays and is marked `gone_at_booksy` (R18). `mirror_only`: only the link knows (we removed it, or a
   * conflict decides about the record). Where the record here has ended, before or by this, the base says so on our side
   * (`status` leaves `baseTheirs`, is ours in `baseOurs`, its counter is now's): a revival is seen as one (R16).
   */
  readonly as: 'cancel' | 'keep_marked' | 'mirror_only';
  /** Of the read that showed it. */
  readonly interval: Interval;
}

/** Everything that one transaction writes here. Nothing in it is a call. */
export interface Commit {
  /** Groups of `seen.here` to write into the record (R7b). */
  readonly apply: { readonly seen: SeenRecord; readonly groups: readonly string[] } | null;
  readonly mirror: NextMirror | null;
  readonly gone: GoneHere | null;
  /** Link the record to this object; the one linked before becomes an earlier generation (R15b, R16). */
  readonly link: { readonly externalId: string; readonly generation: number } | null;
  /**
   * Raise the record's generation (R16), in the commit of the create's intent. The object that was linked becomes one of an
   * earlier generation at once, after `mirror` was written to it: the next view has no `externalId` and no mirror until the create is linked.
   */
  readonly generation: number | null;
  readonly intents: readonly IntentChange[];
  readonly open: NewIntent | null;
  readonly conflicts: readonly ProtocolConflict[];
  /** Open conflicts of these groups that an equality, which we did not write, has ended (R10a). */
  readonly equalised: readonly string[];
  /** Evidence that was judged. */
  readonly judged: readonly string[];
  /** Deletes the box rows that the view was loaded with (R26). */
  readonly clearsBox: boolean;
  /** Kinds of open conflicts whose cause is gone by itself: mapped now, or at an unambiguous time. */
  readonly lifted: readonly ProtocolConflictKind[];
  /** Kept as it is; null = as before. */
  readonly memory: RecordMemory | null;
  /** For the audit trail: code and groups. */
  readonly notes: readonly { readonly code: string; readonly groups: readonly string[] }[];
}

/**
 * How `processRecord` touches the world. The engine's is SQL and HTTP, the simulation's is memory; each method is one
 * moment at which the process may be stopped, crash, or lose its lease.
 */
export interface RecordPort {
  /** Takes or renews the record's lease for the length of a process; false where somebody else holds it (R13). */
  takeLease(): Promise<boolean>;
  releaseLease(): Promise<void>;
  /** What is held of the record now. Box rows are noted here, and only these may be deleted later (R26). */
  load(): Promise<RecordView>;
  /** Reads the object by id. @throws where Booksy does not answer: the process ends and is tried again */
  read(view: RecordView, externalId: string): Promise<Reading>;
  /** Looks for objects that a create of ours made (R15), the linked one left out. */
  find(view: RecordView, importUid: string | null, intent: Intent | null): Promise<Finding>;
  /**
   * One transaction: row lock, lease still ours, version still the view's; else nothing is written (R13).
   * An intent that is opened is due when the lease ends, so that a crash before the call wakes somebody (R28a).
   * @returns the intent that was opened
   */
  commit(
    view: RecordView,
    commit: Commit,
  ): Promise<{ readonly committed: boolean; readonly intent: Intent | null }>;
  /**
   * Sends the intent's write, built on the reading (R13a), behind the guard R13b. Never throws for what Booksy did.
   */
  send(view: RecordView, intent: Intent, reading: Reading | null): Promise<Answer>;
}

/** How a process ended. */
export type ProcessOutcome =
  /** Both sides agree, or what differs is frozen or not ours to write. */
  | 'in_step'
  /** A write acted and its answer was taken in. */
  | 'written'
  /** Somebody else holds the lease: the box rows stay. */
  | 'leased'
  /** A write's outcome is unknown, or a later moment is needed; `dueAt` wakes. */
  | 'waiting'
  /** The gate is shut for what would be pushed; the box rows are gone, the difference is found again by base. */
  | 'held'
  /** Seven rounds did not settle it: the box rows stay. */
  | 'unsettled';

export interface ProcessReport {
  readonly outcome: ProcessOutcome;
  readonly rounds: number;
  readonly writes: number;
  readonly conflicts: number;
  readonly dueAt: string | null;
}
