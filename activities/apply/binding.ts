import type { EditCounters, OursState, PlanInput } from '../../domain/plan.ts';
import type { Direction, GroupStates } from '../../domain/merge.ts';
import type { Json } from '../../domain/canonical.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { MirrorTable } from './mirror.ts';
import type { ItemRow } from './visit-rows.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { ApplyScope } from './scope.ts';

/** A record to be made here from what was seen. */
export interface NewRecord {
  readonly recordId: string;
  readonly seen: SeenRecord;
}

/** A record of which some groups are to be written here. */
export interface ChangedRecord {
  readonly recordId: string;
  readonly seen: SeenRecord;
  /** Groups to write; a group that `seen.here` lacks is taken away. */
  readonly apply: readonly string[];
  /** The record as it is before the write. */
  readonly ours: GroupStates;
}

/** A visit as a view has shown it: its rows, and their names in its appointment. */
export interface HeldRecord {
  readonly recordId: string;
  readonly items: readonly ItemRow[];
  readonly itemLinks: Readonly<Record<string, string>>;
  readonly ours: GroupStates;
}

/** How one kind of record is read and written here. The pipeline knows the rest. */
export interface EntityBinding {
  readonly entity: SyncEntity;
  readonly mirror: MirrorTable;
  readonly directionOf: (group: string) => Direction;
  /** Directions that depend on the record, by the other side's id; the others go by `directionOf`. */
  directionsOf?(
    scope: ApplyScope,
    changes: readonly { readonly seen: SeenRecord; readonly recordId: string }[],
  ): Promise<ReadonlyMap<string, (group: string) => Direction>>;
  /** When both sides hold the same although the values differ; compares values unless given. */
  readonly equivalent?: PlanInput['equivalent'];
  /** At first contact: whether a value says nothing, so that the other side's counts. An empty one unless told (SPEC 3.7). */
  readonly saysNothing?: (value: Json | undefined) => boolean;
  /** Records of ours that are the same by what they are, where nobody has to be asked; by the other side's id. */
  keyed?(scope: ApplyScope, fresh: readonly SeenRecord[]): Promise<ReadonlyMap<string, string>>;
  /** Groups without whose counterpart a new record cannot be made: it waits in quarantine as `unmapped`. */
  readonly required: readonly string[];
  /** Locks the records and tells what they are now. Records that are not there are left out. */
  loadOurs(scope: ApplyScope, recordIds: readonly string[]): Promise<ReadonlyMap<string, OursState>>;
  /** Takes records as a view has shown them: for who has locked them and makes sure that they are still so (R13). */
  hold?(records: readonly HeldRecord[]): void;
  insert(scope: ApplyScope, records: readonly NewRecord[]): Promise<void>;
  /** Writes and returns the edit counters after the write, by record. */
  update(scope: ApplyScope, records: readonly ChangedRecord[]): Promise<ReadonlyMap<string, EditCounters>>;
  /** Further mirror columns of a record. */
  mirrorExtra(seen: SeenRecord, recordId: string): Readonly<Record<string, Json>>;
  /** The platform's id for a record that is seen for the first time. */
  newRecordId(seen: SeenRecord): string;
}
