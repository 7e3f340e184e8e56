import { localOf } from '../../domain/local-time.ts';
import type { RejectedRow, WholeList } from '../../domain/observed.ts';
import {
  customDayWindow,
  hoursExternalId,
  type DateWindow,
  type HoursPart,
} from '../../domain/states/hours.ts';
import { seenCustomDays, seenTimeOff, seenWeekly } from '../../domain/states/people-and-time.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { applyRecords } from '../apply/apply-records.ts';
import { applyGone } from '../apply/gone.ts';
import { hoursBinding } from '../apply/hours-binding.ts';
import { loadCatalogLinks } from '../apply/links.ts';
import { readMirror } from '../apply/mirror.ts';
import { quarantinedRow } from '../apply/record.ts';
import { timeOffBinding } from '../apply/time-bindings.ts';
import { reportTrouble } from '../apply/trouble.ts';
import { ownersOf, readHours, soonOwners, type Owner, type OwnerHours } from './read-hours.ts';
import { readSuspects, SUSPECT_READS_PER_PASS } from './absent.ts';
import { noteProofs, type Proof } from './proof.ts';
import { withStep } from './cursor.ts';
import { withWouldLinks } from './plan-row.ts';
import { closeWindowEntry, judgeRemoval, usePermit, type Removal } from './removals.ts';
import { inStep, openRun, type InboundDeps, type RunBusiness, type RunRef, type StepScope } from './run.ts';

const LANE = 5;
const STEP = 'hours';

/** Whose hours are read: everybody's, or the custom days and time off of staff with visits to come (R36). */
export type HoursExtent = 'all' | 'soon';

/** Brings in when the salon, its bookable staff and its rooms are open, and when they are off. */
export async function syncHours(
  deps: InboundDeps,
  run: RunRef,
  beat: () => void,
  extent: HoursExtent = 'all',
): Promise<void> {
  const { business, cursor, dry } = await openRun(deps.db, run);
  if (cursor.steps.includes(STEP)) return;
  const known = await loadCatalogLinks(deps.db, business.id);
  const links = dry ? await withWouldLinks(deps.db, run.runId, known) : known;
  const owners =
    extent === 'soon' ? await soonOwners(deps, business) : await ownersOf(deps, business, dry ? links : null);
  const window = customDayWindow(localOf(new Date().toISOString(), business.zone).slice(0, 10));

  const read = await readHours(deps, business, owners, window, beat, extent === 'all');
  const absent = await absentTimeOff(deps, business, read, beat);
  await inStep(
    deps,
    business,
    run,
    links,
    async (scope) => {
      await applyHours(scope, read, window);
      await applyTimeOff(scope, business, read);
      await settleTimeOff(scope, absent, extent);
      if (scope.plan === null) await noteProofs(scope, proofsOf(read, scope.now, PROVES[extent]));
      scope.moveTo(withStep(scope.cursor, STEP));
    },
    { step: STEP },
  );
}

/** The window that a pass proves, by its extent. */
const PROVES = { all: 'list', soon: 'soon' } as const satisfies Record<HoursExtent, string>;

async function settleTimeOff(
  scope: StepScope,
  { gone, looked, removal }: AbsentTimeOff,
  extent: HoursExtent,
): Promise<void> {
  scope.plan?.planned('timeOff', { remove: gone.length });
  if (removal.kind === 'too_many') await scope.quarantine('timeOff', [removal.entry]);
  if (removal.kind !== 'allowed' || scope.plan !== null) return;
  await applyGone(scope, timeOffBinding('time_off'), gone);
  await usePermit(scope.tx, removal.permitId, looked);
  // Only who looked at everybody knows that nothing is missing any more.
  if (looked === 0 && extent === 'all') await closeWindowEntry(scope, 'time_off', 'list');
}

async function applyHours(scope: StepScope, read: readonly OwnerHours[], window: DateWindow): Promise<void> {
  if (read.length === 0) return;
  const binding = hoursBinding(
    new Map(read.map(({ owner }) => [`${owner.kind}:${owner.externalId}`, owner.id])),
  );
  const customIds = read.map(({ owner }) => nameOf(owner, 'custom'));
  const known = await readMirror(scope.tx, scope.businessId, binding.mirror, customIds, null);
  const weeks = read.flatMap(({ owner, weekly: list }) =>
    list === null || list.rejected.length > 0
      ? []
      : [seenWeekly(nameOf(owner, 'weekly'), list.rows, list.interval)],
  );
  // A day that could not be read must not look like a closed one.
  const days = read
    .filter(({ custom: list }) => list.rejected.length === 0)
    .map(({ owner, custom: list }) => {
      const name = nameOf(owner, 'custom');
      return seenCustomDays(name, list.rows, window, known.get(name)?.remote ?? NOTHING_KNOWN, list.interval);
    });
  await scope.settle('hours', 'hours', await applyRecords(scope, binding, [...weeks, ...days]));
  for (const { owner, weekly: weeklyList, custom: customList } of read) {
    await quarantineHours(scope, owner, [...(weeklyList?.rejected ?? []), ...customList.rejected]);
  }
}

function nameOf({ kind: ownerKind, externalId: ownerExternalId }: Owner, part: HoursPart): string {
  return hoursExternalId({ ownerKind, ownerExternalId, part });
}

const NOTHING_KNOWN: GroupStates = {};

async function quarantineHours(
  scope: StepScope,
  owner: Owner,
  rejected: readonly RejectedRow[],
): Promise<void> {
  const named = `${owner.kind}:${owner.externalId}`;
  if (rejected.length === 0) {
    await scope.releaseReadable('hours', [named]);
    return;
  }
  await scope.quarantine(
    'hours',
    rejected.slice(0, 1).map((row) => quarantinedRow('hours', { ...row, externalId: named })),
  );
}

function proofsOf(read: readonly OwnerHours[], now: string, windowKey: string): readonly Proof[] {
  const hours = read.flatMap(({ weekly, custom }) => (weekly === null ? [custom] : [weekly, custom]));
  const timeOff = read.flatMap(({ timeOff: list }) => (list === null ? [] : [list]));
  const proof = (entity: Proof['entity'], lists: readonly WholeList<unknown>[]): Proof => ({
    entity,
    windowKey,
    complete: lists.every((list) => list.rejected.length === 0),
    remoteCount: lists.reduce((sum, list) => sum + list.rows.length, 0),
    receivedAt:
      lists
        .map((list) => list.interval.receivedAt)
        .sort()
        .at(-1) ?? now,
  });
  return [proof('hours', hours), proof('time_off', timeOff)];
}

async function applyTimeOff(
  scope: StepScope,
  business: RunBusiness,
  read: readonly OwnerHours[],
): Promise<void> {
  const lists = read.flatMap(({ timeOff }) => (timeOff === null ? [] : [timeOff]));
  const records = lists.flatMap((list) =>
    list.rows.map((row) => seenTimeOff(row, business.zone, scope.links, list.interval)),
  );
  const rejected = lists.flatMap((list) => list.rejected);
  const outcome = await applyRecords(scope, timeOffBinding('time_off'), records);
  await scope.settle('timeOff', 'time_off', outcome);
  // A block over a visit cancels nothing, and is shown (R19).
  if (scope.plan === null) await reportTrouble(scope, [], outcome.touched);
  await scope.quarantine(
    'timeOff',
    rejected.map((row) => quarantinedRow('time_off', row)),
  );
  await scope.releaseReadable(
    'time_off',
    records.map((record) => record.externalId),
  );
}

interface AbsentTimeOff {
  readonly gone: readonly string[];
  /** Suspects that were read by id. */
  readonly looked: number;
  readonly removal: Removal;
}

/** Time off that its resource no longer lists: read by id, and only a 404 ends it (R3). */
async function absentTimeOff(
  deps: InboundDeps,
  business: RunBusiness,
  read: readonly OwnerHours[],
  beat: () => void,
): Promise<AbsentTimeOff> {
  const listedOf = new Map(
    read.flatMap(({ owner, timeOff }) =>
      timeOff === null || timeOff.rejected.length > 0
        ? []
        : [[owner.externalId, new Set(timeOff.rows.map((row) => row.externalId))] as const],
    ),
  );
  const rows = await deps.db.$queryRaw<{ id: string; resource: string }[]>`
    SELECT external_id AS id, resource_external_id AS resource FROM external_time_off
     WHERE business_id = ${business.id}::uuid AND source = 'time_off' AND gone_at IS NULL`;
  const listed = rows.filter((row) => listedOf.has(row.resource));
  const resourceOf = new Map(listed.map((row) => [row.id, row.resource]));
  const suspects = listed
    .filter((row) => listedOf.get(row.resource)?.has(row.id) === false)
    .map((row) => row.id);
  const removal = await judgeRemoval(deps.db, business.id, {
    entity: 'time_off',
    windowKey: 'list',
    suspects: suspects.length,
    known: listed.length,
  });
  if (removal.kind !== 'allowed') return { gone: [], looked: 0, removal };
  const looked = suspects.slice(0, SUSPECT_READS_PER_PASS);
  const gone = await readSuspects(
    looked,
    (id) =>
      deps.booksy.getTimeOff(
        business,
        { resourceExternalId: resourceOf.get(id) ?? '', externalId: id },
        { lane: LANE },
      ),
    beat,
  );
  return { gone, looked: looked.length, removal };
}
