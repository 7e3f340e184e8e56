import type { Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { EditCounters } from '../../domain/plan.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { itemOfGroup } from '../../domain/states/visit.ts';
import type { UndoChange } from '../../domain/undo/index.ts';
import type { ChangedRecord, EntityBinding } from '../apply/binding.ts';
import { partOf } from '../apply/flat-binding.ts';
import { noteAudit, onlyGroups, type AuditEntry } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import type { Planned } from './subjects.ts';

/** A visit that the sync made and that is taken back. */
const CANCELLED = { status: 'cancelled', reason: 'undone' } as const;

/** Writes what was planned into records of one kind, and says so in the audit trail. */
export async function writeUndo(
  scope: ApplyScope,
  binding: EntityBinding,
  planned: readonly Planned[],
  actor: string,
): Promise<void> {
  const changing = planned.flatMap((each) => {
    const changes = changesOf(each);
    return changes.length === 0 || each.ours === null ? [] : [{ each, changes, ours: each.ours }];
  });
  const counters =
    changing.length === 0
      ? new Map<string, EditCounters>()
      : await binding.update(
          scope,
          changing.map(({ each, changes, ours }) => changedRecord(scope, each, changes, ours.groups)),
        );
  for (const { each, changes } of changing) {
    const groups = changes.map(({ group }) => group);
    const values = (side: 'from' | 'to') =>
      Object.fromEntries(
        changes.flatMap(({ group, [side]: value }) => (value === undefined ? [] : [[group, value]])),
      );
    noteUndone(scope, each, actor, {
      groups,
      before: values('from'),
      after: values('to'),
      counters: onlyGroups(counters.get(each.undo.recordId) ?? {}, groups),
    });
  }
  await removeBlocks(
    scope,
    planned.filter(({ undo }) => undo.end === 'remove'),
    actor,
  );
  await restoreBlocks(
    scope,
    binding,
    planned.filter(({ undo }) => undo.restore !== null),
    actor,
  );
}

/** The groups to write: those that are set back, or the one by which the record ends. */
function changesOf({ undo, ours }: Planned): readonly UndoChange[] {
  switch (undo.end) {
    case 'cancel':
      return [{ group: 'status', from: ours?.groups.status ?? null, to: CANCELLED }];
    case 'hide':
      return [{ group: 'active', from: true, to: false }];
    case 'remove':
      return [];
    case null:
      return undo.changes;
  }
}

function changedRecord(
  scope: ApplyScope,
  { undo, mirror }: Planned,
  changes: readonly UndoChange[],
  ours: GroupStates,
): ChangedRecord {
  const here: Record<string, Json> = { ...ours };
  const theirs: Record<string, Json> = { ...mirror?.remote };
  for (const { group, to } of changes) {
    if (to === undefined) Reflect.deleteProperty(here, group);
    else here[group] = to;
    // An item takes price and seats of its variant over from the catalog, by Booksy's id (R12).
    if (itemOfGroup(group)?.part === 'service') theirs[group] = { variant: variantThere(scope, to) };
  }
  return {
    recordId: undo.recordId,
    apply: changes.map(({ group }) => group),
    ours,
    seen: seenAs(scope, mirror?.externalId ?? '', theirs, here),
  };
}

function variantThere({ links }: ApplyScope, service: Json | undefined): string | null {
  const variantId = partOf(service, 'variant');
  const found = [...links.variants].find(([, link]) => link.variantId === variantId);
  return found?.[0] ?? null;
}

function seenAs(scope: ApplyScope, externalId: string, theirs: GroupStates, here: GroupStates): SeenRecord {
  return {
    externalId,
    theirs,
    here,
    unread: [],
    unresolved: [],
    unknown: null,
    interval: { sentAt: scope.now, receivedAt: scope.now },
  };
}

async function removeBlocks(scope: ApplyScope, planned: readonly Planned[], actor: string): Promise<void> {
  if (planned.length === 0) return;
  const ids = planned.map(({ undo }) => undo.recordId);
  await scope.tx.$executeRaw`
    DELETE FROM time_off WHERE business_id = ${scope.businessId}::uuid AND id = ANY(${ids}::uuid[])`;
  for (const each of planned) {
    const before = each.ours?.groups ?? {};
    noteUndone(scope, each, actor, {
      action: 'removed',
      groups: Object.keys(before).sort(),
      before,
      after: {},
    });
  }
}

async function restoreBlocks(
  scope: ApplyScope,
  binding: EntityBinding,
  planned: readonly Planned[],
  actor: string,
): Promise<void> {
  if (planned.length === 0) return;
  await binding.insert(
    scope,
    planned.map(({ undo, mirror }) => ({
      recordId: undo.recordId,
      seen: seenAs(scope, mirror?.externalId ?? '', {}, undo.restore ?? {}),
    })),
  );
  for (const each of planned) noteUndone(scope, each, actor, { action: 'created', groups: [] });
}

/** One entry for each that is taken back, so that each shows as undone; the last one carries the values. */
function noteUndone(
  scope: ApplyScope,
  { undo, mirror }: Planned,
  actor: string,
  entry: Pick<AuditEntry, 'groups'> & Partial<AuditEntry>,
): void {
  const common = {
    action: 'undone' as const,
    entity: undo.entity,
    recordId: undo.recordId,
    externalId: mirror?.externalId ?? null,
    reasonCode: 'undo',
    actor,
  };
  const last = undo.takesBack.at(-1);
  const others = undo.takesBack.slice(0, -1);
  noteAudit(scope, [
    ...others.map((undoOf) => ({ ...common, groups: [], undoOf })),
    { ...common, ...(last === undefined ? {} : { undoOf: last }), ...entry },
  ]);
}
