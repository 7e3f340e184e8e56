import { canonicalJson } from '../../domain/canonical.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import {
  OPEN_AGAIN,
  OVERBOOKING,
  planDecisionUndo,
  type DecisionDeed,
  type DecisionPlan,
  type UndoLeftReason,
} from '../../domain/undo/index.ts';
import type { PlannedDecision } from '../../infra/undo/plan.ts';
import { readConflict, type ConflictRow } from '../../infra/conflicts/row.ts';
import { noteAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { wakeRecord } from '../conflicts/scope.ts';
import { lookAtDecision, markedVisit, type Decision } from './decision-facts.ts';
import { openAgain } from './decision-open.ts';
import { textIn } from './decision-row.ts';

/** Taking back a decision about a conflict that left no values behind: in one transaction, whole or not at all. */

/** Plans taking back what was decided about a conflict; null where its records are what is taken back. */
export async function planDecision(scope: ApplyScope, row: ConflictRow): Promise<PlannedDecision | null> {
  const plan = planDecisionUndo((await lookAtDecision(scope, row)).facts);
  return plan === null ? null : { ...plan, ...named(row) };
}

function named(row: ConflictRow): Omit<PlannedDecision, keyof DecisionPlan> {
  const { id: conflictId, kind, entity, recordId } = row;
  return { conflictId, kind, entity, recordId, choice: textIn(row.resolutionChoice, 'choice') ?? '' };
}

/** A process that loaded the record before may still act on the decision: it ends, or its lease does (R13). */
export class RecordLeased extends Error {
  constructor() {
    super('The record is being processed: tried again when that has ended.');
    this.name = 'RecordLeased';
  }
}

/** What was to be opened again was not: then nothing is taken back. */
export class NotOpened extends Error {
  constructor() {
    super('The conflict could not be opened again.');
    this.name = 'NotOpened';
  }
}

/**
 * Takes a decision back as it was shown.
 *
 * @returns why nothing was taken back; null where all of it was
 * @throws RecordLeased where it is to be tried again in a moment, NotOpened
 */
export async function carryOutDecision(
  scope: ApplyScope,
  shown: PlannedDecision,
  actor: string,
): Promise<UndoLeftReason | null> {
  const row = await readConflict(scope.tx, [scope.businessId], shown.conflictId, true);
  if (row?.status !== 'resolved') return 'changed_later';
  await refuseLeased(scope, row);
  const decision = await lookAtDecision(scope, row);
  const now = planDecisionUndo(decision.facts);
  if (canonicalJson([...(now?.deeds ?? [])]) !== canonicalJson([...shown.deeds]))
    return now?.left[0] ?? 'changed_later';
  const does = (deed: DecisionDeed): boolean => shown.deeds.includes(deed);
  if (does('unmark')) await unmark(scope, row);
  if (shown.left.includes('mark_needed')) await handMarkOn(scope, row);
  if (does('hold_back')) await holdBack(scope, row);
  await markUndone(scope, row, actor);
  const opened = does('open_again') ? await openAgain(scope, decision) : null;
  if (does('open_again') && opened === null) throw new NotOpened();
  if (opened !== null) await noteOpened(scope, row, opened);
  if (row.kind !== 'quarantine') await wakeRecord(scope, row);
  await audit(scope, decision, does, actor);
  return null;
}

async function refuseLeased(scope: ApplyScope, { entity, recordId }: ConflictRow): Promise<void> {
  if (recordId === null) return;
  const leased = await scope.tx.$queryRaw<unknown[]>`
    SELECT 1 FROM sync_leases
     WHERE entity = ${entity} AND record_id = ${recordId}::uuid AND expires_at > clock_timestamp()`;
  if (leased.length > 0) throw new RecordLeased();
}

/** What overlaps stays so, as what was imported does: the conflict that is open again is about it (R21). */
async function unmark(scope: ApplyScope, row: ConflictRow): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE bookings SET overbooking_allowed = false
     WHERE id = ${markedVisit(row)}::uuid AND business_id = ${scope.businessId}::uuid AND overbooking_allowed`;
}

/** The decision that still leans on the mark takes it over: the mark goes with that one. */
async function handMarkOn(scope: ApplyScope, row: ConflictRow): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE booksy_sync_conflicts SET resolution_choice = jsonb_set(resolution_choice, '{marked,before}', 'false')
     WHERE id = (SELECT c.id FROM booksy_sync_conflicts c
                  WHERE c.business_id = ${scope.businessId}::uuid AND c.id <> ${row.id}::uuid AND c.status = 'resolved'
                    AND c.resolution = 'keep-both' AND c.resolution_choice #>> '{marked,visit}' = ${markedVisit(row)}
                  ORDER BY c.resolved_at LIMIT 1)`;
}

async function holdBack(scope: ApplyScope, row: ConflictRow): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE quarantine SET released_at = NULL, released_by = NULL, permits_left = NULL
     WHERE business_id = ${scope.businessId}::uuid AND entity = ${row.entity} AND external_id = ${row.externalId}
       AND released_at = ${row.resolvedAt}::timestamptz AND released_by = 'conflict'`;
}

/** What was chosen of a double goes with it: the process cancels nothing that it does not read there. */
async function markUndone(scope: ApplyScope, row: ConflictRow, actor: string): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE booksy_sync_conflicts
       SET resolution = 'undone', resolution_outcome = 'undone', updated_at = now(), version = version + 1,
           resolution_choice = (coalesce(resolution_choice, '{}') - 'discarded')
                               || jsonb_build_object('undone', jsonb_build_object('by', ${actor}::text, 'undoId', ${scope.runId}::text))
     WHERE id = ${row.id}::uuid`;
}

async function noteOpened(
  scope: ApplyScope,
  row: ConflictRow,
  { conflictId, states }: { readonly conflictId: string; readonly states: string },
): Promise<void> {
  await scope.tx.$executeRaw`
    UPDATE booksy_sync_conflicts
       SET resolution_choice = jsonb_set(resolution_choice, '{undone}', resolution_choice -> 'undone'
             || jsonb_build_object('conflictId', ${conflictId}::text, 'states', ${states}::text))
     WHERE id = ${row.id}::uuid`;
}

async function audit(
  scope: ApplyScope,
  { row }: Decision,
  does: (deed: DecisionDeed) => boolean,
  actor: string,
): Promise<void> {
  const [entry] = await scope.tx.$queryRaw<{ id: string; entity: SyncEntity; record_id: string | null }[]>`
    SELECT id::text, entity, record_id::text FROM booksy_audit_log
     WHERE business_id = ${scope.businessId}::uuid AND run_id = ${row.resolutionId}::uuid
       AND action IN ('resolved', 'overbooked') ORDER BY id DESC LIMIT 1`;
  noteAudit(scope, [
    {
      action: 'undone',
      // As the decision itself: of an overlap about the visit that was allowed.
      entity: entry?.entity ?? row.entity,
      recordId: entry?.record_id ?? row.recordId,
      externalId: row.externalId,
      reasonCode: does('open_again') ? OPEN_AGAIN : 'undo',
      groups: does('unmark') ? [OVERBOOKING] : row.groups,
      ...(does('unmark') ? { before: { [OVERBOOKING]: true }, after: { [OVERBOOKING]: false } } : {}),
      ...(entry === undefined ? {} : { undoOf: entry.id }),
      actor,
    },
  ]);
}
