import { canonicalJson, type Json } from '../../domain/canonical.ts';
import { doesSomething, type RecordUndo, type UndoLeftReason } from '../../domain/undo/index.ts';
import { isTimeHeld, sqlState } from '../../infra/database/errors.ts';
import {
  openPlan,
  type LeftRecord,
  type PlannedDecision,
  type PlannedRecord,
  type UndoCounts,
} from '../../infra/undo/plan.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { bindingOf } from './bindings.ts';
import { carryOutDecision, NotOpened } from './decision.ts';
import { inUndo, type UndoDeps } from './scope.ts';
import { planUndoOf, type Planned } from './subjects.ts';
import type { UndoRef } from './words.ts';
import { writeUndo } from './write.ts';

/** Records of one transaction. */
const BATCH = 100;
/** Records that are named in the row when they were left. */
const NAMED = 200;

interface UndoRow {
  readonly counts: UndoCounts;
  readonly sealedPlan: Uint8Array | null;
  readonly confirmedBy: string;
  /** Whether the undo is about one record. */
  readonly single: boolean;
}

/**
 * Carries out the next part of a confirmed undo: each record is planned again on what it is now, and written only where that
 * is still what was shown. The place in the plan moves in the same transaction, so that nothing is taken back twice.
 */
export async function applyUndo(
  deps: UndoDeps,
  ref: UndoRef,
  beat: () => void,
): Promise<{ readonly done: boolean }> {
  for (;;) {
    beat();
    const row = await readRow(deps, ref);
    if (row?.sealedPlan == null) return { done: true };
    const { records, decision } = openPlan(deps.vault, ref.businessId, ref.undoId, row.sealedPlan);
    if (decision != null) return takeBackDecision(deps, ref, row, decision);
    if (row.counts.next >= records.length) return { done: true };
    const batch = batchOf(records, row.counts.next);
    try {
      await carryOut(deps, ref, row, batch);
    } catch (error) {
      if (reasonOf(error) === null) throw error;
      // One record of the batch is refused: each is tried by itself.
      await oneByOne(deps, ref, row, batch, beat);
    }
  }
}

/** All of it in one transaction; its conflict's workflow is started once it has committed. */
async function takeBackDecision(
  deps: UndoDeps,
  ref: UndoRef,
  row: UndoRow,
  decision: PlannedDecision,
): Promise<{ readonly done: boolean }> {
  if (row.counts.next === 0) {
    const { entity, recordId, conflictId } = decision;
    const ended = (scope: ApplyScope, reason: UndoLeftReason | null) => {
      const left = reason === null ? [] : [{ entity, recordId: recordId ?? conflictId, reason }];
      return store(scope, ref, counted(row.counts, reason === null ? 1 : 0, left, 1));
    };
    try {
      await inUndo(deps, ref, async (scope) =>
        ended(scope, await carryOutDecision(scope, decision, row.confirmedBy)),
      );
    } catch (error) {
      const reason = error instanceof NotOpened ? 'not_understood' : reasonOf(error);
      if (reason === null) throw error;
      await inUndo(deps, ref, (scope) => ended(scope, reason));
    }
  }
  try {
    await deps.startConflicts(ref.businessId);
  } catch (error) {
    // The schedule that rebuilds from rows starts it (R32).
    deps.logger.warn({ ...ref, err: error }, 'the workflow of a conflict could not be started yet');
  }
  return { done: true };
}

/** The next records, of one kind: one statement a step for all of them. */
function batchOf(records: readonly PlannedRecord[], next: number): readonly PlannedRecord[] {
  const entity = records[next]?.undo.entity;
  const rest = records.slice(next, next + BATCH);
  const end = rest.findIndex(({ undo }) => undo.entity !== entity);
  return end === -1 ? rest : rest.slice(0, end);
}

async function readRow({ db }: UndoDeps, { businessId, undoId }: UndoRef): Promise<UndoRow | null> {
  const row = await db.syncUndo.findFirst({ where: { id: undoId, businessId, state: 'confirmed' } });
  return row === null
    ? null
    : {
        // Written by this product only.
        counts: row.counts as unknown as UndoCounts,
        sealedPlan: row.sealedPlan,
        confirmedBy: row.confirmedBy ?? 'unknown',
        single: row.recordId !== null,
      };
}

async function oneByOne(
  deps: UndoDeps,
  ref: UndoRef,
  row: UndoRow,
  batch: readonly PlannedRecord[],
  beat: () => void,
): Promise<void> {
  let counts = row.counts;
  for (const record of batch) {
    beat();
    try {
      counts = await carryOut(deps, ref, { ...row, counts }, [record]);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === null) throw error;
      counts = counted(counts, 0, [leftOf(record, reason)], 1);
      await inUndo(deps, ref, (scope) => store(scope, ref, counts));
    }
  }
}

/** Why the database refused a record; null where it refused nothing, and the attempt is made again. */
function reasonOf(error: unknown): UndoLeftReason | null {
  if (isTimeHeld(error)) return 'time_taken';
  // Class 23: what the record would be is against a rule of the tables, such as a person who is not there any more.
  return sqlState(error)?.startsWith('23') === true ? 'not_understood' : null;
}

async function carryOut(
  deps: UndoDeps,
  ref: UndoRef,
  row: UndoRow,
  batch: readonly PlannedRecord[],
): Promise<UndoCounts> {
  return inUndo(deps, ref, async (scope) => {
    const { going, left } = await stillSo(scope, row, batch);
    const binding = bindingOf(batch[0]?.undo.entity ?? 'hours');
    if (binding !== null && going.length > 0) {
      // The plan was made with a binding of its own, which remembers the rows that this one writes.
      await binding.loadOurs(
        scope,
        going.map(({ undo }) => undo.recordId),
      );
      await writeUndo(scope, binding, going, row.confirmedBy);
    }
    const counts = counted(row.counts, going.length, left, batch.length);
    await store(scope, ref, counts);
    return counts;
  });
}

/** Those that may go, and are still what was shown; the others with the reason. */
async function stillSo(
  scope: ApplyScope,
  row: UndoRow,
  batch: readonly PlannedRecord[],
): Promise<{ readonly going: readonly Planned[]; readonly left: readonly LeftRecord[] }> {
  const wanted = batch.filter(({ undo }) => doesSomething(undo));
  const entity = wanted[0]?.undo.entity;
  if (entity === undefined) return { going: [], left: [] };
  const targets = wanted.map(({ targets: numbers, made, undo }) => ({
    entity,
    recordId: undo.recordId,
    targets: numbers,
    made: made === true,
  }));
  const planned = await planUndoOf(scope, entity, bindingOf(entity), targets);
  const going: Planned[] = [];
  const left: LeftRecord[] = [];
  for (const [index, now] of planned.entries()) {
    const shown = wanted[index];
    if (shown === undefined) continue;
    if (effectOf(now.undo) !== effectOf(shown.undo)) left.push(leftOf(shown, 'changed_later'));
    else if (now.undo.atBooksy && !(row.single && row.counts.confirmedAtBooksy))
      left.push(leftOf(shown, 'needs_own_confirmation'));
    else going.push(now);
  }
  return { going, left };
}

function effectOf({ changes, end, restore }: RecordUndo): string {
  return canonicalJson({ changes: changes.map((change): Json => ({ ...change })), end, restore });
}

function leftOf({ undo }: PlannedRecord, reason: UndoLeftReason): LeftRecord {
  return { entity: undo.entity, recordId: undo.recordId, reason };
}

function counted(counts: UndoCounts, going: number, left: readonly LeftRecord[], step: number): UndoCounts {
  const reasons = { ...counts.left };
  for (const { reason } of left) reasons[reason] = (reasons[reason] ?? 0) + 1;
  return {
    ...counts,
    done: counts.done + going,
    next: counts.next + step,
    left: reasons,
    leftRecords: [...counts.leftRecords, ...left].slice(0, NAMED),
  };
}

async function store(scope: ApplyScope, { undoId }: UndoRef, counts: UndoCounts): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE sync_undos SET counts = ${JSON.stringify(counts)}::jsonb, updated_at = now()
     WHERE id = ${undoId}::uuid AND business_id = ${scope.businessId}::uuid`;
}
