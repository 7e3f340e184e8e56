import type { ConflictKind } from '../../domain/conflict-kinds.ts';
import type { DecisionPlan, RecordUndo, UndoLeftReason } from '../../domain/undo/index.ts';
import { vaultContext, type Vault } from '../crypto.ts';

/** An undo as it lies in `sync_undos`: its plan sealed, its counts in clear. */
export interface PlannedRecord {
  /** Numbers of the audit entries to take back. */
  readonly targets: readonly string[];
  /** A decision made the record here: it ends, as what the sync made. */
  readonly made?: boolean;
  readonly undo: RecordUndo;
}

/** A decision about a conflict that is taken back by itself, and not by its records. */
export interface PlannedDecision extends DecisionPlan {
  readonly conflictId: string;
  readonly kind: ConflictKind;
  readonly choice: string;
  readonly entity: string;
  /** The conflict's record here; null where it has none. */
  readonly recordId: string | null;
}

export interface UndoPlan {
  readonly records: readonly PlannedRecord[];
  /** Then there are no records. Left out in plans of before it was known. */
  readonly decision?: PlannedDecision | null;
}

/** Ids and numbers only. */
export interface UndoCounts {
  /** Records that the run touched, or one. */
  readonly records: number;
  /** Records with something to take back, and groups of them. */
  readonly undoable: number;
  readonly changes: number;
  /** Of those, records that would be changed at Booksy. */
  readonly atBooksy: number;
  /** Why parts are left, by reason. */
  readonly left: { readonly [reason in UndoLeftReason]?: number };
  /** Records that were taken back. */
  readonly done: number;
  /** How far the plan was carried out. */
  readonly next: number;
  /** Whether a person confirmed that Booksy is written to. */
  readonly confirmedAtBooksy: boolean;
  /** Which records were left while it was carried out, the first of them. */
  readonly leftRecords: readonly LeftRecord[];
}

export interface LeftRecord {
  readonly entity: string;
  readonly recordId: string;
  readonly reason: UndoLeftReason;
}

export const NO_COUNTS: UndoCounts = {
  records: 0,
  undoable: 0,
  changes: 0,
  atBooksy: 0,
  left: {},
  done: 0,
  next: 0,
  confirmedAtBooksy: false,
  leftRecords: [],
};

/** Seals the plan of an undo for its row. */
export function sealPlan(vault: Vault, businessId: string, undoId: string, plan: UndoPlan): Buffer {
  return vault.seal(JSON.stringify(plan), contextOf(businessId, undoId));
}

/**
 * The plan of an undo.
 * @throws {VaultError} where it was sealed by another key, or is damaged
 */
export function openPlan(vault: Vault, businessId: string, undoId: string, sealed: Uint8Array): UndoPlan {
  return JSON.parse(vault.open(sealed, contextOf(businessId, undoId)).toString('utf8')) as UndoPlan;
}

function contextOf(businessId: string, undoId: string): string {
  return vaultContext({ tenant: businessId, table: 'sync_undos', column: 'sealed_plan', row: undoId });
}
