import { firstContact } from '../../domain/first-contact.ts';
import { planRecord, type EditCounters, type OursState, type RecordPlan } from '../../domain/plan.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { closeSettled } from '../conflicts/close-settled.ts';
import { rememberBefore } from '../matching/index.ts';
import type { HoldBack } from './apply-records.ts';
import type { EntityBinding } from './binding.ts';
import { openConflicts, openConflictsOf, type NewConflict } from './conflicts.ts';
import { markDirty } from './guard.ts';
import { mirrorWrite } from './mirror-write.ts';
import { writeMirror, type MirrorRow } from './mirror.ts';
import { samplesOf, type ApplyOutcome } from './outcome.ts';
import { noteAudit, onlyGroups, type AuditEntry } from './record.ts';
import { isDecidedByPolicy, ruledDirection, ruleOf } from './ruled.ts';
import type { ApplyScope } from './scope.ts';

/** A record that is linked here, or is about to be. */
export interface Change {
  readonly seen: SeenRecord;
  readonly recordId: string;
  /** Null at first contact: the record is the platform's own and was never in step (SPEC 3.7). */
  readonly mirror: MirrorRow | null;
}

interface Planned extends Change {
  readonly ours: OursState | null;
  readonly baseCounters: EditCounters;
  readonly plan: Extract<RecordPlan, { kind: 'merge' }>;
}

export interface ChangeOutcome extends Pick<ApplyOutcome, 'stale' | 'heldBack' | 'unchanged' | 'samples'> {
  readonly updated: readonly string[];
  readonly linked: readonly string[];
  /** The groups that were written into those that were updated. */
  readonly written: ReadonlyMap<string, readonly string[]>;
}

/** Merges what was seen into records that are here: the plan of each, then one statement a step for all. */
export async function changeRecords(
  scope: ApplyScope,
  binding: EntityBinding,
  changes: readonly Change[],
  holdBack: HoldBack,
): Promise<ChangeOutcome> {
  if (changes.length === 0)
    return {
      updated: [],
      linked: [],
      written: new Map(),
      unchanged: 0,
      stale: [],
      heldBack: [],
      samples: [],
    };
  const { planned, stale, heldBack, disputed } = await planChanges(scope, binding, changes, holdBack);
  const linking = planned.filter(({ mirror }) => mirror === null);
  const inStep = planned.filter(({ mirror }) => mirror !== null);
  const updating = inStep.filter(({ plan }) => plan.apply.length > 0);
  if (scope.plan === null) await write(scope, binding, planned);
  // What became equal, or is linked now, needs nobody any more (R10, R10a).
  await closeSettled(scope, disputed);
  for (const { seen, recordId } of linking) {
    scope.plan?.wouldLink(binding.entity, seen.externalId, recordId);
  }
  const shown = (entries: readonly Planned[]) =>
    entries.map(({ seen, recordId, plan }) => ({ seen, recordId, groups: plan.apply }));
  return {
    updated: updating.map(({ recordId }) => recordId),
    linked: linking.map(({ recordId }) => recordId),
    written: new Map(updating.map(({ recordId, plan }) => [recordId, plan.apply])),
    unchanged: inStep.length - updating.length,
    stale,
    heldBack,
    samples: [
      ...samplesOf(scope, binding.entity, 'link', shown(linking)),
      ...samplesOf(scope, binding.entity, 'update', shown(updating)),
    ],
  };
}

async function planChanges(
  scope: ApplyScope,
  binding: EntityBinding,
  changes: readonly Change[],
  holdBack: HoldBack,
): Promise<{
  readonly planned: readonly Planned[];
  readonly stale: readonly string[];
  readonly heldBack: readonly string[];
  /** Records with an open conflict. */
  readonly disputed: readonly string[];
}> {
  const recordIds = changes.map(({ recordId }) => recordId);
  const ours = await binding.loadOurs(scope, recordIds);
  const { frozen, disputed } = await openConflictsOf(scope, recordIds);
  const directions = await binding.directionsOf?.(scope, changes);
  const rule = await ruleOf(scope, binding);
  const decided: string[] = [];
  const stale: string[] = [];
  const heldBack: string[] = [];
  const planned: Planned[] = [];
  for (const change of changes) {
    const { seen, recordId, mirror } = change;
    const state = ours.get(recordId) ?? null;
    const contact =
      mirror === null && state !== null
        ? firstContact(seen, state, binding.equivalent, binding.saysNothing)
        : null;
    const base = mirror ?? contact?.mirror;
    // A record that was matched a moment ago and is gone: the next pass makes a new one of it.
    if (base === undefined) continue;
    const equivalent = contact?.equivalent ?? binding.equivalent;
    const plan = planRecord({
      seen,
      mirror: { ...base, recordId },
      ours: state,
      frozen: frozen.get(recordId) ?? new Set(),
      directionOf: ruledDirection(binding, rule, directions?.get(seen.externalId)),
      ...(equivalent === undefined ? {} : { equivalent }),
    });
    if (plan.kind === 'stale') stale.push(seen.externalId);
    else if (mirror !== null && state !== null && holdBack(seen, state, plan.apply))
      heldBack.push(seen.externalId);
    else if (mirror !== null && isDecidedByPolicy(binding, rule, plan)) decided.push(recordId);
    else planned.push({ ...change, ours: state, baseCounters: base.baseCounters, plan });
  }
  await markDirty(scope, binding.entity, decided);
  return { planned, stale, heldBack, disputed };
}

async function write(scope: ApplyScope, binding: EntityBinding, planned: readonly Planned[]): Promise<void> {
  const writing = planned.filter(({ plan }) => plan.apply.length > 0);
  await rememberBefore(
    scope,
    binding.entity,
    // Also where nothing is replaced yet: a conflict that is resolved later replaces values too.
    planned.flatMap(({ seen, recordId, mirror, ours }) =>
      mirror === null && ours !== null
        ? [{ externalId: seen.externalId, recordId, groups: ours.groups }]
        : [],
    ),
  );
  const counters =
    writing.length === 0
      ? new Map<string, EditCounters>()
      : await binding.update(
          scope,
          writing.map(({ seen, recordId, ours, plan }) => ({
            recordId,
            seen,
            apply: plan.apply,
            ours: ours?.groups ?? {},
          })),
        );
  await writeMirror(
    scope,
    binding.mirror,
    planned.map((entry) =>
      mirrorWrite(scope, binding, entry.recordId, entry.seen, {
        ...entry.plan,
        baseCounters: countersAfter(entry, counters.get(entry.recordId)),
      }),
    ),
  );
  await openConflicts(
    scope,
    planned.flatMap((entry) => conflictOf(binding, entry)),
  );
  noteAudit(
    scope,
    planned.flatMap((entry) => auditOf(binding, entry, counters.get(entry.recordId))),
  );
}

/** Counters of groups whose base moved are those after the write; the others keep the count that their base knows (R7a). */
function countersAfter(entry: Planned, written: EditCounters | undefined): EditCounters {
  const now: EditCounters = { ...entry.ours?.counters, ...written };
  const next: Record<string, number> = {};
  for (const { group, verdict } of entry.plan.decisions) {
    const settled = verdict === 'equal' || verdict === 'apply';
    const count = settled ? now[group] : entry.baseCounters[group];
    if (count !== undefined && count !== 0) next[group] = count;
  }
  return next;
}

function conflictOf(binding: EntityBinding, { plan, recordId, seen }: Planned): readonly NewConflict[] {
  if (plan.conflict === null) return [];
  return [
    {
      kind: plan.conflict.kind,
      entity: binding.entity,
      recordId,
      otherRecordId: null,
      externalId: seen.externalId,
      groups: plan.conflict.groups,
      detail: {},
      overtaken: false,
    },
  ];
}

function auditOf(
  binding: EntityBinding,
  { plan, recordId, seen, mirror, ours }: Planned,
  written: EditCounters | undefined,
): readonly AuditEntry[] {
  const entry = {
    entity: binding.entity,
    recordId,
    externalId: seen.externalId,
    groups: plan.apply,
    ...(plan.apply.length === 0
      ? {}
      : {
          before: onlyGroups(ours?.groups ?? {}, plan.apply),
          after: onlyGroups(seen.here, plan.apply),
          counters: onlyGroups(written ?? {}, plan.apply),
        }),
  };
  if (mirror === null) return [{ ...entry, action: 'linked', reasonCode: 'matched_at_first_contact' }];
  if (plan.apply.length === 0) return [];
  return [{ ...entry, action: 'updated', reasonCode: 'changed_at_booksy' }];
}
