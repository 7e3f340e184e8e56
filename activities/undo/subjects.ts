import type { SyncEntity } from '../../domain/entities.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { EditCounters, OursState } from '../../domain/plan.ts';
import { directionFor } from '../../domain/rules/rules.ts';
import { planRecordUndo, type RecordUndo, type UndoSubject } from '../../domain/undo/index.ts';
import { Prisma } from '../../infra/database/index.ts';
import { loadRule } from '../../infra/rules/load.ts';
import type { EntityBinding } from '../apply/binding.ts';
import { frozenGroups } from '../apply/conflicts.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { bindingOf } from './bindings.ts';
import { historyOf, type Target } from './trail.ts';

/** A record whose undoing was planned on what it is now. */
export interface Planned {
  readonly target: Target;
  readonly undo: RecordUndo;
  readonly ours: OursState | null;
  readonly mirror: MirrorFacts | null;
}

/** What the mirror knows of a linked record. */
export interface MirrorFacts {
  readonly externalId: string;
  readonly remote: GroupStates;
  readonly baseOurs: GroupStates;
  readonly baseCounters: EditCounters;
}

/**
 * Plans the undoing of records of one kind on what they are now. Their rows stay locked until the transaction ends.
 *
 * @param binding of this kind, the one that they will be written with
 */
export async function planUndoOf(
  scope: ApplyScope,
  entity: SyncEntity,
  binding: EntityBinding | null,
  targets: readonly Target[],
): Promise<readonly Planned[]> {
  const ids = targets.map(({ recordId }) => recordId);
  const history = await historyOf(scope.tx, scope.vault, scope.businessId, targets);
  const ours = binding === null ? new Map<string, OursState>() : await binding.loadOurs(scope, ids);
  const mirrors = binding === null ? new Map<string, MirrorFacts>() : await mirrorsOf(scope, binding, ids);
  const frozen = await frozenGroups(scope, ids);
  const rule = await loadRule(scope.tx, scope.businessId);
  return targets.map((target) => {
    const mirror = mirrors.get(target.recordId) ?? null;
    const subject: UndoSubject = {
      entity,
      recordId: target.recordId,
      ours: ours.get(target.recordId) ?? null,
      base: mirror === null ? null : { ours: mirror.baseOurs, counters: mirror.baseCounters },
      frozen: frozen.get(target.recordId) ?? new Set(),
      goesOut: (group) => ['both', 'out'].includes(directionFor(rule, entity, group)),
    };
    const undo = planRecordUndo(new Set(target.targets), history.get(target.recordId) ?? [], subject);
    return { target, undo, ours: subject.ours, mirror };
  });
}

/** All kinds at once, for showing. */
export async function planUndo(scope: ApplyScope, targets: readonly Target[]): Promise<readonly Planned[]> {
  const planned: Planned[] = [];
  for (const entity of new Set(targets.map((target) => target.entity))) {
    const own = targets.filter((target) => target.entity === entity);
    planned.push(...(await planUndoOf(scope, entity, bindingOf(entity), own)));
  }
  return planned;
}

interface MirrorRow {
  record_id: string;
  external_id: string;
  remote: GroupStates;
  base_ours: GroupStates;
  base_counters: EditCounters;
}

async function mirrorsOf(
  scope: ApplyScope,
  { mirror }: EntityBinding,
  ids: readonly string[],
): Promise<Map<string, MirrorFacts>> {
  const link = Prisma.raw(mirror.linkColumn);
  // Of several cards of one client the primary one speaks for it (R38).
  const order = mirror.table === 'external_clients' ? Prisma.sql`ORDER BY is_primary` : Prisma.empty;
  const rows = await scope.tx.$queryRaw<MirrorRow[]>`
    SELECT ${link} AS record_id, ${Prisma.raw(mirror.idColumn)} AS external_id, remote, base_ours, base_counters
      FROM ${Prisma.raw(mirror.table)}
     WHERE business_id = ${scope.businessId}::uuid AND ${link} = ANY(${ids}::uuid[]) ${order}`;
  return new Map(
    rows.map((row) => [
      row.record_id,
      {
        externalId: row.external_id,
        remote: row.remote,
        baseOurs: row.base_ours,
        baseCounters: row.base_counters,
      },
    ]),
  );
}
