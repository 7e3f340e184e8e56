import { seenFingerprint, withUnreadFrom, type OursState } from '../../domain/plan.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { matchFresh } from '../matching/index.ts';
import type { EntityBinding } from './binding.ts';
import { changeRecords, type Change } from './change-records.ts';
import { createRecords } from './create-records.ts';
import { reappear } from './gone.ts';
import { leaveToProcess } from './guard.ts';
import { readMirror, type MirrorRow } from './mirror.ts';
import { noteShown } from './shown.ts';
import { outcome, samplesOf, type ApplyOutcome } from './outcome.ts';
import type { ApplyScope } from './scope.ts';

export type { ApplyOutcome } from './outcome.ts';

/** Whether a change of a linked record has to wait for the end of its pass. */
export type HoldBack = (seen: SeenRecord, ours: OursState, apply: readonly string[]) => boolean;

/**
 * The pipeline's plan, apply and record steps for records of one kind, set-wise: one statement a step, whatever the
 * number of records. Runs inside the caller's transaction, which holds the business's lock (R13); rows that are changed are
 * locked until its commit besides. A dry run plans the same and writes nothing.
 */
export async function applyRecords(
  scope: ApplyScope,
  binding: EntityBinding,
  records: readonly SeenRecord[],
  holdBack: HoldBack = () => false,
): Promise<ApplyOutcome> {
  const seen = latestOfEach(records);
  const known = await readMirror(scope.tx, scope.businessId, binding.mirror, [...seen.keys()], null);
  const [unchanged, changed] = halves([...seen.values()], (record) =>
    isUnchanged(record, known.get(record.externalId)),
  );
  await noteShown(scope, binding, unchanged, known);
  if (changed.length === 0) return outcome({ unchanged: seen.size });

  const mirror = await lockKnown(scope, binding, changed, known);
  // What a write of ours is part of is for `process` to judge: here it counts as unchanged.
  const different = await leaveToProcess(scope, binding, changed, mirror);
  const returned = await returnedIds(scope, binding, mirror);
  const isLinked = (record: SeenRecord) =>
    mirror.has(record.externalId) && !returned.toMake.has(record.externalId);
  const fresh = different.filter((record) => !isLinked(record));
  const unmapped = fresh.flatMap((record) =>
    binding.required
      .filter((group) => record.unresolved.includes(group))
      .map((group) => ({ externalId: record.externalId, group })),
  );
  const blocked = new Set(unmapped.map((entry) => entry.externalId));
  const unblocked = fresh.filter((record) => !blocked.has(record.externalId));
  const { link: matched, wait } = await matchFresh(scope, binding.entity, unblocked);
  const keyed = await binding.keyed?.(scope, unblocked);
  const link = keyed === undefined ? matched : new Map([...matched, ...keyed]);

  if (scope.plan === null) await reappear(scope, binding.entity, returned.toRevive);
  const waiting = unblocked.filter((record) => wait.has(record.externalId));
  const created = await createRecords(
    scope,
    binding,
    unblocked.filter(({ externalId }) => !link.has(externalId) && !wait.has(externalId)),
  );
  const changes = [
    ...different.filter(isLinked).map((record): Change => ({ seen: record, ...linkedTo(mirror, record) })),
    ...unblocked.flatMap((record): readonly Change[] => {
      const recordId = link.get(record.externalId);
      return recordId === undefined ? [] : [{ seen: record, recordId, mirror: null }];
    }),
  ];
  const merged = await changeRecords(scope, binding, changes, holdBack);
  return outcome({
    created: created.recordIds.length,
    linked: merged.linked.length,
    updated: merged.updated.length,
    unchanged: seen.size - different.length + merged.unchanged,
    unsure: waiting.length,
    stale: merged.stale,
    heldBack: merged.heldBack,
    unmapped,
    touched: [...created.recordIds, ...merged.linked, ...merged.updated],
    written: merged.written,
    samples: [
      ...created.samples,
      ...merged.samples,
      ...samplesOf(
        scope,
        binding.entity,
        'unsure',
        waiting.map((record) => ({ seen: record })),
      ),
    ],
  });
}

/** The mirror rows of records that differ, locked: nobody else may move their base until this transaction ends. */
async function lockKnown(
  scope: ApplyScope,
  binding: EntityBinding,
  different: readonly SeenRecord[],
  known: ReadonlyMap<string, MirrorRow>,
): Promise<ReadonlyMap<string, MirrorRow>> {
  // Under the business's lock nobody can have made a mirror row since: what was not there is not there now.
  const ids = different.map(({ externalId }) => externalId).filter((externalId) => known.has(externalId));
  return readMirror(scope.tx, scope.businessId, binding.mirror, ids, binding.entity);
}

function linkedTo(
  mirror: ReadonlyMap<string, MirrorRow>,
  record: SeenRecord,
): { readonly recordId: string; readonly mirror: MirrorRow } {
  const row = mirror.get(record.externalId);
  if (row?.recordId == null)
    throw new Error(`No mirror row for ${record.externalId}, which was found linked.`);
  return { recordId: row.recordId, mirror: row };
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
  const gone = [...mirror.values()].flatMap((row) =>
    row.gone && row.recordId !== null ? [{ ...row, recordId: row.recordId }] : [],
  );
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

function halves<T>(all: readonly T[], isFirst: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  const [first, second]: [T[], T[]] = [[], []];
  for (const one of all) (isFirst(one) ? first : second).push(one);
  return [first, second];
}
