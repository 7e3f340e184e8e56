import type { GroupStates } from '../merge.ts';
import type { EditCounters } from '../plan.ts';
import type { SeenRecord } from '../states/seen.ts';
import type {
  Answer,
  Finding,
  Intent,
  IntentState,
  ProtocolConflict,
  Reading,
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

/** The mirror as it is to be, with both sides of the base (R6). */
export interface NextMirror {
  readonly seen: SeenRecord;
  readonly remote: GroupStates;
  readonly baseTheirs: GroupStates;
  readonly baseOurs: GroupStates;
  /** Groups whose base counter becomes the count after this commit's own writes here; the others keep theirs (R7a). */
  readonly settled: readonly string[];
}

/** Everything that one transaction writes here. Nothing in it is a call. */
export interface Commit {
  /** Groups of `seen.here` to write into the record (R7b). */
  readonly apply: { readonly seen: SeenRecord; readonly groups: readonly string[] } | null;
  readonly mirror: NextMirror | null;
  /** What a 404 by id means here (R18). */
  readonly gone: 'cancel' | 'keep_marked' | null;
  /** Link the record to this object; the one linked before becomes an earlier generation (R15b, R16). */
  readonly link: { readonly externalId: string; readonly generation: number } | null;
  /** Raise the record's generation (R16); in the commit of the create's intent. */
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
  readonly flips: { readonly [group: string]: readonly string[] } | null;
  /** For the audit trail: code and groups. */
  readonly notes: readonly { readonly code: string; readonly groups: readonly string[] }[];
}

/**
 * How `processRecord` touches the world. The engine's is SQL and HTTP, the simulation's is memory; each method is one
 * moment at which the process may be stopped, crash, or lose its lease.
 */
export interface RecordPort {
  /** Takes the record's lease for the length of a process; false where somebody else holds it (R13). */
  takeLease(): Promise<boolean>;
  releaseLease(): Promise<void>;
  /** What is held of the record now. Box rows are noted here, and only these may be deleted later (R26). */
  load(): Promise<RecordView>;
  /** Reads the object by id. @throws where Booksy does not answer: the process ends and is tried again */
  read(view: RecordView, externalId: string): Promise<Reading>;
  /** Looks for objects that a create of ours made (R15), the linked one left out. */
  find(view: RecordView, importUid: string | null, intent: Intent | null): Promise<Finding>;
  /**
   * One transaction: row lock, lease still ours, version still the view's; else nothing is written.
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
