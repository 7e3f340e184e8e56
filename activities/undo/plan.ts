import { doesSomething, type UndoLeftReason } from '../../domain/undo/index.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import {
  NO_COUNTS,
  sealPlan,
  type PlannedDecision,
  type UndoCounts,
  type UndoPlan,
} from '../../infra/undo/plan.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { planDecision } from './decision.ts';
import { decidedBy, madeAgain } from './decision-row.ts';
import { inUndo, type UndoDeps } from './scope.ts';
import { planUndo, type Planned } from './subjects.ts';
import { targetsOf, withSent, type Target, type UndoScope } from './trail.ts';
import { isSyncEntity, type UndoRef } from './words.ts';

/** Records that one undo may be about: what a person can still be shown. */
export const MOST_RECORDS = 20_000;
const BATCH = 500;

/** How an undo stands. */
export interface UndoStanding {
  readonly state: 'planned' | 'confirmed' | 'done' | 'refused' | 'expired';
  /** Milliseconds until it is no longer offered; 0 once that has come. */
  readonly expiresInMs: number;
}

/** Plans what undoing would do and stores it, sealed, for a person to look at; does so once. */
export async function planUndoRun(deps: UndoDeps, ref: UndoRef, beat: () => void): Promise<UndoStanding> {
  const row = await deps.db.syncUndo.findFirst({ where: { id: ref.undoId, businessId: ref.businessId } });
  if (row === null) throw new Error(`Undo ${ref.undoId} is not there.`);
  if (row.sealedPlan === null && row.state === 'planned') await makePlan(deps, ref, row, beat);
  return lookAtUndo(deps, ref);
}

interface Asked {
  readonly runId: string | null;
  readonly entity: string | null;
  readonly recordId: string | null;
}

async function makePlan(deps: UndoDeps, ref: UndoRef, asked: Asked, beat: () => void): Promise<void> {
  const entity: SyncEntity | null = isSyncEntity(asked.entity) ? asked.entity : null;
  const { businessId, undoId } = ref;
  const { decision, targets } = await inUndo(deps, ref, (scope) =>
    aboutWhat(scope, { businessId, ...asked, entity }),
  );
  if (targets.length > MOST_RECORDS) return refuse(deps, ref, 'too_many_records');
  if (targets.length === 0 && decision === null) return refuse(deps, ref, 'nothing_to_undo');
  const planned: Planned[] = [];
  for (let from = 0; from < targets.length; from += BATCH) {
    beat();
    planned.push(...(await inUndo(deps, ref, (scope) => planUndo(scope, targets.slice(from, from + BATCH)))));
  }
  await planInstead(deps, ref, planned);
  const records = planned.map(({ target: { targets: numbers, made }, undo }) => ({
    targets: numbers,
    ...(made === true ? { made } : {}),
    undo,
  }));
  const plan: UndoPlan = { records, decision };
  const sealed = sealPlan(deps.vault, businessId, undoId, plan);
  await deps.db.$executeRaw`
    UPDATE sync_undos
       SET sealed_plan = ${new Uint8Array(sealed)}, counts = ${JSON.stringify(countsOf(plan))}::jsonb, updated_at = now()
     WHERE id = ${undoId}::uuid AND business_id = ${businessId}::uuid AND state = 'planned' AND sealed_plan IS NULL`;
}

/** Where what people entered was changed again before it went to Booksy, what went there is the last change. */
async function planInstead(deps: UndoDeps, ref: UndoRef, planned: Planned[]): Promise<void> {
  const [only] = planned;
  const targets = only?.target.instead;
  if (only === undefined || targets === undefined || doesSomething(only.undo)) return;
  const { entity, recordId } = only.target;
  const other = await inUndo(deps, ref, (scope) => planUndo(scope, [{ entity, recordId, targets }]));
  planned.splice(0, 1, ...other);
}

/** The decision that is to be taken back, or the records. */
async function aboutWhat(
  scope: ApplyScope,
  asked: UndoScope,
): Promise<{ readonly decision: PlannedDecision | null; readonly targets: readonly Target[] }> {
  const { records, runId } = await targetsOf(scope.tx, asked);
  // A record that the decision was not about has nothing of it.
  const none = asked.recordId !== null && records.length === 0;
  const row = none ? null : await decidedBy(scope, runId);
  if (row === null) return { decision: null, targets: records };
  const decision = await planDecision(scope, row);
  if (decision !== null) return { decision, targets: [] };
  const made = madeAgain(row);
  const targets = asked.runId === null ? records : await withSent(scope.tx, scope.businessId, records);
  return { decision: null, targets: targets.map((target) => ({ ...target, made })) };
}

function countsOf({ records, decision }: UndoPlan): UndoCounts {
  if (decision != null) return countsOfDecision(decision);
  const undoable = records.filter(({ undo }) => doesSomething(undo));
  const left: Partial<Record<UndoLeftReason, number>> = {};
  for (const { undo } of records) for (const { reason } of undo.left) left[reason] = (left[reason] ?? 0) + 1;
  return {
    ...NO_COUNTS,
    records: records.length,
    undoable: undoable.length,
    changes: undoable.reduce((sum, { undo }) => sum + Math.max(1, undo.changes.length), 0),
    atBooksy: undoable.filter(({ undo }) => undo.atBooksy).length,
    left,
  };
}

function countsOfDecision({ deeds, left }: PlannedDecision): UndoCounts {
  return {
    ...NO_COUNTS,
    records: 1,
    undoable: Math.min(1, deeds.length),
    changes: deeds.length,
    left: Object.fromEntries(left.map((reason) => [reason, 1])),
  };
}

async function refuse({ db }: UndoDeps, { businessId, undoId }: UndoRef, outcome: string): Promise<void> {
  const now = new Date();
  await db.syncUndo.updateMany({
    where: { id: undoId, businessId, state: 'planned' },
    data: { state: 'refused', outcome, updatedAt: now, finishedAt: now },
  });
}

/** How an undo stands now; one that nobody confirmed in time ends, and its plan is forgotten. */
export async function lookAtUndo({ db }: UndoDeps, { businessId, undoId }: UndoRef): Promise<UndoStanding> {
  const rows = await db.$queryRaw<{ state: UndoStanding['state']; left_ms: number }[]>`
    WITH expired AS (
      UPDATE sync_undos
         SET state = 'expired', sealed_plan = NULL, outcome = 'not_confirmed_in_time', updated_at = now(), finished_at = now()
       WHERE id = ${undoId}::uuid AND business_id = ${businessId}::uuid AND state = 'planned' AND expires_at <= now()
      RETURNING state
    )
    SELECT coalesce(e.state, u.state) AS state,
           greatest(0, extract(epoch FROM u.expires_at - now()) * 1000)::float8 AS left_ms
      FROM sync_undos u LEFT JOIN expired e ON true
     WHERE u.id = ${undoId}::uuid AND u.business_id = ${businessId}::uuid`;
  const row = rows[0];
  if (row === undefined) throw new Error(`Undo ${undoId} is not there.`);
  return { state: row.state, expiresInMs: Math.ceil(row.left_ms) };
}
