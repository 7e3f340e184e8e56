import type { GroupStates } from '../merge.ts';
import type { EditCounters, MirrorState, OursState } from '../plan.ts';
import type { SeenRecord } from '../states/seen.ts';
import type { Direction } from '../merge.ts';

/**
 * The words of the writing half of the engine (PROTOCOL.md, R13–R18): one record, what is known of it, what was read, what
 * is to be done. Pure data: the SQL engine and the simulation in memory both speak it, so that what is proven there holds here.
 *
 * Two vocabularies: `theirs` = groups in Booksy's ids, `here` or `ours` = the same groups in the platform's ids.
 */

/** Kinds of record that are written at Booksy. */
export const WRITE_ENTITIES = ['booking', 'profile', 'service', 'variant', 'time_off', 'hours'] as const;
export type WriteEntity = (typeof WRITE_ENTITIES)[number];

export interface RecordRef {
  readonly entity: WriteEntity;
  /** The platform's id. */
  readonly recordId: string;
}

/** What a write does there. A visit has no remove: its end is a status. */
export const WRITE_OPERATIONS = ['create', 'change', 'status', 'remove'] as const;
export type WriteOperation = (typeof WRITE_OPERATIONS)[number];

/** Steps of a visit's status at Booksy. */
export const VISIT_STEPS = ['confirm', 'decline', 'cancel', 'finish', 'no_show'] as const;
export type VisitStep = (typeof VISIT_STEPS)[number];

/**
 * Life of an intent (R14):
 * `open` is committed before the call. `confirmed`: it acted. `unsent`: the guard held it back, nothing left. `rejected`: Booksy
 * said no. `unknown`: no answer. `expired`: H passed and it was not seen. `superseded`: made void here meanwhile (a cancel).
 * `late_acted`: seen after it was given up. `closed`: its memory ended.
 */
export const INTENT_STATES = [
  'open',
  'confirmed',
  'unsent',
  'rejected',
  'unknown',
  'expired',
  'superseded',
  'late_acted',
  'closed',
] as const;
export type IntentState = (typeof INTENT_STATES)[number];

export interface Intent {
  readonly id: string;
  readonly operation: WriteOperation;
  /** Null for a create that was not answered. */
  readonly externalId: string | null;
  /** R16: `<record id>:<generation>`; null where the entity cannot carry one. */
  readonly importUid: string | null;
  readonly generation: number;
  readonly step: VisitStep | null;
  /** The groups that it changes, by the names of `body`. */
  readonly groups: readonly string[];
  /** What is sent, in Booksy's ids: of a create every group, else the changed ones. */
  readonly body: GroupStates;
  /** What was read there just before; empty for a create. */
  readonly preImage: GroupStates;
  /** What we held when it was sent, and the edit counters of then. */
  readonly held: GroupStates;
  readonly counters: EditCounters;
  readonly state: IntentState;
  /** ISO instants by the database's clock. */
  readonly openedAt: string;
  readonly dueAt: string | null;
  readonly rememberedUntil: string | null;
  /** When it was looked for (R15a). */
  readonly lookUps: readonly string[];
  /** What was read while its outcome was unknown, and differs from the base (R14c). */
  readonly meanwhile: GroupStates | null;
}

/** A webhook's body of this appointment, not judged yet (R4a). */
export interface Evidence {
  /** Row of the box. */
  readonly id: string;
  /** The appointment that it speaks of: of a record that is not linked yet it may be the one that our create made. */
  readonly externalId: string;
  readonly action: 'CREATED' | 'MODIFIED' | 'CANCELLED';
  readonly receivedAt: string;
  readonly theirs: GroupStates;
  readonly importUid: string | null;
}

/** How far writing to Booksy is open for this record now (R18, R30, circuit, capability). */
export const PUSH_GATES = ['open', 'cancels_only', 'shut'] as const;
export type PushGate = (typeof PUSH_GATES)[number];

/** Who decides where both sides changed a group (R9): a rule's word, or a person. */
export const MERGE_POLICIES = ['platform', 'booksy', 'latest', 'manual'] as const;
export type MergePolicy = (typeof MERGE_POLICIES)[number];

/**
 * What the protocol itself remembers of a linked record beside its base. Only the protocol reads and writes it; a port keeps
 * it as it is (the mirror's `flips` column).
 */
export interface RecordMemory {
  /** Turns of each group that no person made, `in:<ISO instant>` and `out:<ISO instant>` by turns, oldest first (R6). */
  readonly turns?: { readonly [group: string]: readonly string[] };
  /** Fingerprints of the values that reads of Booksy showed of each group, latest first (R4a). */
  readonly read?: { readonly [group: string]: readonly string[] };
  /** Edits here that wait for their way out, of groups that `latest` decides (R9). */
  readonly waits?: { readonly [group: string]: WaitingEdit };
}

/** An edit here, and by when it was known to be committed. */
export interface WaitingEdit {
  /** The group's edit counter and the fingerprint of its value: another edit is another one. */
  readonly edits: number;
  readonly value: string;
  /** ISO instant by the database's clock. */
  readonly by: string;
}

/** A conflict that is open on the record, with the groups that it freezes (R10). */
export interface OpenConflict {
  readonly kind: string;
  readonly groups: readonly string[];
  readonly otherExternalId: string | null;
}

/** Everything the engine holds of one record, read in one statement's time. */
export interface RecordView {
  readonly ref: RecordRef;
  /** ISO instant by the database's clock. */
  readonly now: string;
  /** Compare-and-set token: row versions of the record and its parts, and the mirror's (R13). */
  readonly version: string;
  /** The linked object; null = never linked, or only earlier generations are (R16). */
  readonly externalId: string | null;
  /** The mirror knows that the linked object is gone. */
  readonly gone: boolean;
  /** Objects of earlier generations. */
  readonly formerExternalIds: readonly string[];
  readonly generation: number;
  /** The linked object, or an earlier one, was made by us. */
  readonly createdByUs: boolean;
  /** Null where it was deleted here. */
  readonly ours: OursState | null;
  /** `ours` in Booksy's ids; groups that cannot be said there are missing and named in `unmapped`. */
  readonly oursThere: GroupStates;
  readonly unmapped: readonly string[];
  readonly mirror: MirrorState | null;
  /** Sent instant of the mirror's last observation; null = never observed (R9). */
  readonly observedSentAt: string | null;
  /** Groups on open conflicts, whatever their kind (R10). */
  readonly frozen: ReadonlySet<string>;
  readonly openConflicts: readonly OpenConflict[];
  /** Open, unknown, remembered, and unsent ones that are still due; oldest first. */
  readonly intents: readonly Intent[];
  /** Writes of groups that Booksy answered within the last 24 h, oldest first; may be left empty where there is no evidence. */
  readonly written: readonly Intent[];
  /** The latest create of this generation, whatever became of it: what was sent stays known (R15b, R16a). */
  readonly created: Intent | null;
  /** Siblings (same import uid, not linked) that we cancelled ourselves (R16a, R18a). */
  readonly cancelledByUs: readonly string[];
  /** Objects of a double that a person decided to end; missing = none. */
  readonly discarded?: readonly string[];
  /** An unlinked object with one of our import uids was seen: look for siblings (R15b, R16a). */
  readonly sighting: boolean;
  /** Which objects those were, as far as it is known: a port's look-up asks for them wherever they lie now. */
  readonly sighted?: readonly string[];
  readonly evidence: readonly Evidence[];
  readonly gate: PushGate;
  /** Why the gate is not open: a stable code, null when it is. */
  readonly gateReason: string | null;
  /** When the visit or block begins and ends here, ISO instants; null for what has no time. */
  readonly startsAt: string | null;
  readonly endsAt: string | null;
  /** Some of its local times do not exist or exist twice (R11): never pushed. */
  readonly ambiguousTime: boolean;
  /** ISO instant after which a visit is not pushed yet (R25, `maxAdvanceBooking`); null = no limit. */
  readonly pushUntil: string | null;
  readonly directionOf: (group: string) => Direction;
  readonly policyOf: (group: string) => MergePolicy;
  /** When each group was last changed here, ISO instants; a missing one leaves `latest` to a person (R9). */
  readonly editedAt: { readonly [group: string]: string };
  readonly memory: RecordMemory;
}

/** One read of the object by id, with its interval (R1). */
export type Reading =
  | { readonly kind: 'found'; readonly seen: SeenRecord }
  | { readonly kind: 'gone'; readonly sentAt: string; readonly receivedAt: string };

/** What a look-up found that carries our import uid, or matches exactly where nothing can carry one (R15). */
export interface Finding {
  readonly live: readonly SeenRecord[];
  /** Cancelled ones with the same uid. */
  readonly ended: readonly SeenRecord[];
  /** False where nothing identifies such an object: never retry blindly. */
  readonly conclusive: boolean;
}

/** What became of a call. */
export type Answer =
  | { readonly kind: 'acted'; readonly seen: SeenRecord | null }
  | {
      readonly kind: 'refused';
      readonly code: 'time_taken' | 'not_modifiable' | 'invalid_request' | 'not_found' | 'forbidden';
      readonly detail: string;
    }
  /** Nothing left this process (R13b, 429, no connection). */
  | { readonly kind: 'unsent'; readonly reason: string }
  | { readonly kind: 'unanswered'; readonly reason: string };

/** Kinds of conflict that the writing half finds, beside those of the merge. */
export type ProtocolConflictKind =
  | 'field'
  | 'changed_against_cancelled'
  | 'deleted_against_changed'
  | 'unmapped'
  | 'ambiguous_local_time'
  | 'refused_by_booksy'
  | 'normalised_differently'
  | 'overwritten_at_booksy'
  | 'double'
  | 'outcome_unknown';

export interface ProtocolConflict {
  readonly kind: ProtocolConflictKind;
  readonly groups: readonly string[];
  /** Codes, ids and group names only. */
  readonly reason: string;
  readonly intentId: string | null;
  /** Values that no row will hold any more (overwritten, seen meanwhile): sealed before they are stored. */
  readonly values: GroupStates | null;
  readonly otherExternalId: string | null;
}
