import {
  firstBase,
  planRecord,
  seenFingerprint,
  withUnreadFrom,
  type EditCounters,
  type OursState,
  type RecordPlan,
} from '../../domain/plan.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import type { EntityBinding, NewRecord } from './binding.ts';
import { frozenGroups, openConflicts, type NewConflict } from './conflicts.ts';
import { reappear } from './gone.ts';
import { readMirror, writeMirror, type MirrorRow } from './mirror.ts';
import { mirrorWrite } from './mirror-write.ts';
import { writeAudit, type AuditEntry } from './record.ts';
import type { ApplyScope } from './scope.ts';

/** What a batch of records came to. */
export interface ApplyOutcome {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Records whose read began before their last applied one ended (R1): to be read by id. */
  readonly stale: readonly string[];
  /** Records that cannot be made here because what they belong to is unknown. */
  readonly unmapped: readonly { readonly externalId: string; readonly group: string }[];
  /** Records whose change was asked to wait: nothing of them was written. */
  readonly heldBack: readonly string[];
  /** Platform ids that were made or written. */
  readonly touched: readonly string[];
}

/** Whether a change of a linked record has to wait for the end of its pass. */
export type HoldBack = (seen: SeenRecord, ours: OursState, apply: readonly string[]) => boolean;

/**
 * The pipeline's plan, apply and record steps for records of one kind, set-wise: one statement a step, whatever the
 * number of records. Runs inside the caller's transaction; every guard of R13 is a row lock held until its commit.
 */
export async function applyRecords(
  scope: ApplyScope,
  binding: EntityBinding,
  records: readonly SeenRecord[],
  holdBack: HoldBack = () => false,
): Promise<ApplyOutcome> {
  const seen = latestOfEach(records);
  const ids = [...seen.keys()];
  const known = await readMirror(scope.tx, scope.businessId, binding.mirror, ids, false);
  const different = [...seen.values()].filter((record) => !isUnchanged(record, known.get(record.externalId)));
  if (different.length === 0) return outcome({ unchanged: seen.size });

  await lockBusiness(scope);
  const differentIds = different.map((record) => record.externalId);
  const mirror = await readMirror(scope.tx, scope.businessId, binding.mirror, differentIds, true);

  const returned = await returnedIds(scope, binding, mirror);
  const isLinked = (record: SeenRecord) =>
    mirror.has(record.externalId) && !returned.toMake.has(record.externalId);
  const fresh = different.filter((record) => !isLinked(record));
  const linked = different.filter(isLinked);
  const unmapped = fresh.flatMap((record) =>
    binding.required
      .filter((group) => record.unresolved.includes(group))
      .map((group) => ({ externalId: record.externalId, group })),
  );
  const blocked = new Set(unmapped.map((entry) => entry.externalId));
  const creatable = fresh.filter((record) => !blocked.has(record.externalId));

  await reappear(scope, binding.entity, returned.toRevive);
  const created = await createRecords(scope, binding, creatable);
  const changed = await changeRecords(scope, binding, linked, mirror, holdBack);
  return outcome({
    created: created.length,
    updated: changed.updated.length,
    unchanged: seen.size - different.length + changed.unchanged,
    stale: changed.stale,
    heldBack: changed.heldBack,
    unmapped,
    touched: [...created, ...changed.updated],
  });
}

/**
 * Records that were gone and are back: those whose row here is still there are revived, those whose row went with them
 * (blocks) are made again.
 */
async function returnedIds(
  scope: ApplyScope,
  binding: EntityBinding,
  mirror: ReadonlyMap<string, MirrorRow>,
): Promise<{ readonly toMake: ReadonlySet<string>; readonly toRevive: readonly string[] }> {
  const gone = [...mirror.values()].filter((row) => row.gone);
  if (gone.length === 0) return { toMake: new Set(), toRevive: [] };
  const here = await binding.loadOurs(
    scope,
    gone.map((row) => row.recordId),
  );
  const missing = gone.filter((row) => !here.has(row.recordId));
  return {
    toMake: new Set(missing.map((row) => row.externalId)),
    toRevive: gone.filter((row) => here.has(row.recordId)).map((row) => row.recordId),
  };
}

/** One apply at a time makes records of a business, so that two cannot make the same one (R13). */
async function lockBusiness(scope: ApplyScope): Promise<void> {
  await scope.tx
    .$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('apply:' || ${scope.businessId}, 0))`;
}

function latestOfEach(records: readonly SeenRecord[]): Map<string, SeenRecord> {
  const latest = new Map<string, SeenRecord>();
  for (const record of records) {
    const before = latest.get(record.externalId);
    if (before === undefined || before.interval.sentAt <= record.interval.sentAt) {
      latest.set(record.externalId, record);
    }
  }
  return latest;
}

function isUnchanged(record: SeenRecord, mirror: MirrorRow | undefined): boolean {
  if (mirror === undefined || mirror.gone) return false;
  return seenFingerprint(withUnreadFrom(record, mirror.remote)) === mirror.remoteHash;
}

async function createRecords(
  scope: ApplyScope,
  binding: EntityBinding,
  records: readonly SeenRecord[],
): Promise<readonly string[]> {
  if (records.length === 0) return [];
  const fresh: readonly NewRecord[] = records.map((seen) => ({ recordId: binding.newRecordId(seen), seen }));
  await binding.insert(scope, fresh);
  const writes = fresh.map(({ recordId, seen }) =>
    mirrorWrite(scope, binding, recordId, seen, { ...firstBase(seen), baseCounters: {} }),
  );
  await writeMirror(scope, binding.mirror, writes);
  await writeAudit(
    scope,
    fresh.map(({ recordId, seen }): AuditEntry => ({
      action: 'created',
      entity: binding.entity,
      recordId,
      externalId: seen.externalId,
      reasonCode: 'first_seen_at_booksy',
      groups: [],
    })),
  );
  return fresh.map(({ recordId }) => recordId);
}

interface Planned {
  readonly seen: SeenRecord;
  readonly mirror: MirrorRow;
  readonly ours: OursState | null;
  readonly plan: Extract<RecordPlan, { kind: 'merge' }>;
}

async function changeRecords(
  scope: ApplyScope,
  binding: EntityBinding,
  records: readonly SeenRecord[],
  mirror: ReadonlyMap<string, MirrorRow>,
  holdBack: HoldBack,
): Promise<Pick<ApplyOutcome, 'stale' | 'heldBack'> & { updated: readonly string[]; unchanged: number }> {
  if (records.length === 0) return { updated: [], unchanged: 0, stale: [], heldBack: [] };
  const recordIds = records.map((record) => rowOf(mirror, record).recordId);
  const ours = await binding.loadOurs(scope, recordIds);
  const frozen = await frozenGroups(scope, recordIds);

  const stale: string[] = [];
  const heldBack: string[] = [];
  const planned: Planned[] = [];
  for (const seen of records) {
    const row = rowOf(mirror, seen);
    const state = ours.get(row.recordId) ?? null;
    const plan = planRecord({
      seen,
      mirror: row,
      ours: state,
      frozen: frozen.get(row.recordId) ?? new Set(),
      directionOf: binding.directionOf,
      ...(binding.equivalent === undefined ? {} : { equivalent: binding.equivalent }),
    });
    if (plan.kind === 'stale') stale.push(seen.externalId);
    else if (state !== null && holdBack(seen, state, plan.apply)) heldBack.push(seen.externalId);
    else planned.push({ seen, mirror: row, ours: state, plan });
  }

  const writing = planned.filter(({ plan }) => plan.apply.length > 0);
  const counters =
    writing.length === 0
      ? new Map<string, EditCounters>()
      : await binding.update(
          scope,
          writing.map(({ seen, mirror: row, ours: state, plan }) => ({
            recordId: row.recordId,
            seen,
            apply: plan.apply,
            ours: state?.groups ?? {},
          })),
        );
  await writeMirror(
    scope,
    binding.mirror,
    planned.map((entry) =>
      mirrorWrite(scope, binding, entry.mirror.recordId, entry.seen, {
        ...entry.plan,
        baseCounters: countersAfter(entry, counters.get(entry.mirror.recordId)),
      }),
    ),
  );
  await openConflicts(
    scope,
    planned.flatMap((entry) => conflictOf(binding, entry)),
  );
  await writeAudit(
    scope,
    writing.map((entry) => auditOf(binding, entry)),
  );
  return {
    updated: writing.map(({ mirror: row }) => row.recordId),
    unchanged: planned.length - writing.length,
    stale,
    heldBack,
  };
}

function rowOf(mirror: ReadonlyMap<string, MirrorRow>, record: SeenRecord): MirrorRow {
  const row = mirror.get(record.externalId);
  if (row === undefined) throw new Error(`No mirror row for ${record.externalId}, which was found linked.`);
  return row;
}

/** Counters of groups whose base moved are those after the write; the others keep the count that their base knows (R7a). */
function countersAfter(entry: Planned, written: EditCounters | undefined): EditCounters {
  const now: EditCounters = { ...entry.ours?.counters, ...written };
  const next: Record<string, number> = {};
  for (const { group, verdict } of entry.plan.decisions) {
    const settled = verdict === 'equal' || verdict === 'apply';
    const count = settled ? now[group] : entry.mirror.baseCounters[group];
    if (count !== undefined && count !== 0) next[group] = count;
  }
  return next;
}

function conflictOf(binding: EntityBinding, { plan, mirror, seen }: Planned): readonly NewConflict[] {
  if (plan.conflict === null) return [];
  return [
    {
      kind: plan.conflict.kind,
      entity: binding.entity,
      recordId: mirror.recordId,
      otherRecordId: null,
      externalId: seen.externalId,
      groups: plan.conflict.groups,
      detail: {},
      overtaken: false,
    },
  ];
}

function auditOf(binding: EntityBinding, { plan, mirror, seen }: Planned): AuditEntry {
  return {
    action: 'updated',
    entity: binding.entity,
    recordId: mirror.recordId,
    externalId: seen.externalId,
    reasonCode: 'changed_at_booksy',
    groups: plan.apply,
  };
}

function outcome(parts: Partial<ApplyOutcome>): ApplyOutcome {
  return {
    created: 0,
    updated: 0,
    unchanged: 0,
    stale: [],
    unmapped: [],
    heldBack: [],
    touched: [],
    ...parts,
  };
}
