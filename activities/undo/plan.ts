import { doesSomething, type UndoLeftReason } from '../../domain/undo/index.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import { NO_COUNTS, sealPlan, type UndoCounts, type UndoPlan } from '../../infra/undo/plan.ts';
import { inUndo, type UndoDeps } from './scope.ts';
import { planUndo, type Planned } from './subjects.ts';
import { targetsOf } from './trail.ts';
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
  const targets = await inUndo(deps, ref, ({ tx }) => targetsOf(tx, { businessId, ...asked, entity }));
  if (targets.length > MOST_RECORDS) return refuse(deps, ref, 'too_many_records');
  if (targets.length === 0) return refuse(deps, ref, 'nothing_to_undo');
  const planned: Planned[] = [];
  for (let from = 0; from < targets.length; from += BATCH) {
    beat();
    planned.push(...(await inUndo(deps, ref, (scope) => planUndo(scope, targets.slice(from, from + BATCH)))));
  }
  const plan: UndoPlan = {
    records: planned.map(({ target, undo }) => ({ targets: target.targets, undo })),
  };
  const sealed = sealPlan(deps.vault, businessId, undoId, plan);
  await deps.db.$executeRaw`
    UPDATE sync_undos
       SET sealed_plan = ${new Uint8Array(sealed)}, counts = ${JSON.stringify(countsOf(plan))}::jsonb, updated_at = now()
     WHERE id = ${undoId}::uuid AND business_id = ${businessId}::uuid AND state = 'planned' AND sealed_plan IS NULL`;
}

function countsOf({ records }: UndoPlan): UndoCounts {
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
