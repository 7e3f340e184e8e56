import { inTransaction, type Db, type Tx } from '../../infra/database/index.ts';
import type { EditCounters, OursState } from '../../domain/plan.ts';
import type { Commit } from '../../domain/protocol/port.ts';
import type { Intent, RecordMemory } from '../../domain/protocol/types.ts';
import type { Links } from '../../domain/states/links.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { areWords, isEnded } from '../../domain/states/visit.ts';
import { openConflicts } from '../apply/conflicts.ts';
import { reappear } from '../apply/gone.ts';
import { writeMirrors, type PlacedMirrorWrite } from '../apply/mirror.ts';
import { overfullSessionsOf, overlapsOf } from '../apply/overlaps.ts';
import { noteAudit, writeAudits } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { emptyPoolsOf, visitTroubleOf } from '../apply/visit-trouble.ts';
import type { WriteAdapter } from './adapters/adapter.ts';
import { settleAwaited } from './awaited.ts';
import { clearBoxes } from './boxes.ts';
import { byPlace, lockRecords, placesOf, type Place } from './commit-places.ts';
import { auditSent, notedBefore, openFound, pick, settleConflicts } from './commit-notes.ts';
import { monotonicMs, type ProcessContext } from './context.ts';
import { readVersions } from './facts.ts';
import { changeIntents, openIntents } from './intents.ts';
import { openWithLeases, type Lease } from './lease.ts';
import type { LoadedView } from './load.ts';
import { keepMemories, linkedWrite, moveLink, raiseGeneration, takeEnd } from './links-write.ts';
import type { ItemNames } from './names.ts';
import { togetherOf, type CommitWanted } from './together.ts';

/** What a commit needs beside the commit. */
export interface CommitInput {
  readonly context: ProcessContext;
  readonly adapter: WriteAdapter;
  readonly loaded: LoadedView;
  readonly lease: Lease;
  readonly names: ItemNames;
  /** For writing here what was seen there. */
  readonly links: Links;
  /** What Booksy showed of the groups of a write just before it, in our words; for the audit trail (I7). */
  readonly showed: (intentId: string) => SeenRecord | null;
}

export interface CommitOutcome {
  readonly committed: boolean;
  readonly intent: Intent | null;
  /** Monotonic: the intent was committed no earlier (R13b). */
  readonly committedAtMs: number;
}

const NOT_COMMITTED: CommitOutcome = { committed: false, intent: null, committedAtMs: 0 };
const TIMEOUT_MS = 60_000;

/** Takes back everything of a transaction: the world had moved. */
class WorldMoved extends Error {}

/** A commit as its round works on it. */
interface Own extends CommitWanted {
  readonly place: Place;
  /** The place's, with the links that this record was seen with. */
  readonly scope: ApplyScope;
  readonly ours: OursState | null;
  readonly leaseEndsAt: string;
}

/** One transaction for one record: see {@link writeCommits}. */
export function writeCommit(input: CommitInput, commit: Commit): Promise<CommitOutcome> {
  return togetherOf(input.context.deps.db).commits.ask({ input, commit });
}

/**
 * One transaction under the locks of the records' businesses, with the records' rows locked: each lease must still be its
 * process's and each record what its view says (R13), else nothing of that record is written. What the transaction itself puts
 * into the outbox is its own echo (R26). It commits for all records that have not moved, or for none.
 *
 * @param wanted of one kind of record, of any businesses and runs
 * @param patient waits for the business's lock; else what is of a business that somebody else holds is left out
 * @returns in their order; null for what was left out
 * @throws where any of it cannot be written: nothing is
 */
export async function writeCommits(
  db: Db,
  wanted: readonly CommitWanted[],
  patient: boolean,
): Promise<readonly (CommitOutcome | null)[]> {
  try {
    const { committedAtMs, locked, written } = await inTransaction(
      db,
      (tx) => writeRound(tx, wanted, patient),
      {
        timeout: TIMEOUT_MS,
      },
    );
    return wanted.map(({ input: { context, lease } }) => {
      if (!locked.has(context.business.id)) return null;
      const own = written.get(context.owner);
      if (own === undefined) return NOT_COMMITTED;
      lease.renewed(own.leaseEndsAtMs);
      return { committed: true, intent: own.intent, committedAtMs };
    });
  } catch (error) {
    if (error instanceof WorldMoved && patient && wanted.length === 1) return [NOT_COMMITTED];
    throw error;
  }
}

interface Written {
  readonly intent: Intent | null;
  readonly leaseEndsAtMs: number;
}

interface WrittenRound {
  /** Monotonic: it was committed no earlier. Not its beginning: locks may have been waited for. */
  readonly committedAtMs: number;
  /** Businesses that the round could be made for. */
  readonly locked: ReadonlySet<string>;
  /** What was written, by owner; who is missing has to plan again. */
  readonly written: ReadonlyMap<string, Written>;
}

async function writeRound(tx: Tx, wanted: readonly CommitWanted[], patient: boolean): Promise<WrittenRound> {
  const { now, locked, leases } = await openWithLeases(
    tx,
    wanted.map(({ input }) => input.context),
    patient,
  );
  const committedAtMs = monotonicMs();
  const held = wanted.filter(({ input }) => leases.has(input.context.owner));
  const [first] = held;
  if (first === undefined) return { committedAtMs, locked, written: new Map() };
  const { adapter } = first.input;
  const placeOf = placesOf(tx, adapter, now);
  const ours = await lockRecords(tx, adapter, placeOf, held);
  const versions = await readVersions(
    tx,
    adapter,
    held.map(({ input }) => input.context.ref),
  );
  const owns = held
    .filter(({ input }) => versions.get(input.context.ref.recordId) === input.loaded.facts.version)
    .map(({ input, commit }): Own => {
      const place = placeOf(input.context);
      return {
        input,
        commit,
        place,
        scope: { ...place.scope, links: input.links },
        ours: ours.get(input.context.ref.recordId) ?? null,
        leaseEndsAt: leases.get(input.context.owner)?.endsAt ?? now,
      };
    });
  const intents = await write(tx, adapter, owns);
  return {
    committedAtMs,
    locked,
    written: new Map(
      owns.map(({ input }) => [
        input.context.owner,
        {
          intent: intents.get(input.context.owner) ?? null,
          leaseEndsAtMs: leases.get(input.context.owner)?.endsAtMs ?? 0,
        },
      ]),
    ),
  };
}

/** One statement a step where every commit takes it; what is rare goes record by record. Returns opened intents by owner. */
async function write(
  tx: Tx,
  adapter: WriteAdapter,
  owns: readonly Own[],
): Promise<ReadonlyMap<string, Intent>> {
  const mirrors: PlacedMirrorWrite[] = [];
  for (const own of owns) {
    const { input, commit, scope, place } = own;
    const counters = await applyHere(own);
    if (commit.link !== null)
      await moveLink(scope, adapter, input.context.ref.recordId, commit.link.externalId);
    if (commit.mirror !== null) {
      mirrors.push({
        ...linkedWrite(input, scope, place.binding, commit.mirror, counters),
        flips: memoryOf(input, commit),
        businessId: scope.businessId,
        runId: scope.runId,
      });
    }
  }
  // One that was observed later already is not written (R1).
  if ((await writeMirrors(tx, adapter.mirror, mirrors)) < mirrors.length) throw new WorldMoved();
  for (const own of owns) await writeLinks(own);
  await changeIntents(
    tx,
    owns.flatMap(({ input, commit }) => commit.intents.map((change) => ({ context: input.context, change }))),
  );
  const places = byPlace(owns, ({ place }) => place);
  for (const [{ scope }, each] of places) {
    const noted = await notedBefore(scope, each);
    for (const { input, commit } of each) auditSent(input, scope, commit, noted);
  }
  const intents = await openIntents(
    tx,
    owns.flatMap(({ input, commit, leaseEndsAt: dueAt }) =>
      commit.open === null ? [] : [{ context: input.context, wanted: commit.open, dueAt }],
    ),
  );
  for (const [{ scope }, each] of places) {
    for (const own of await settleAwaited(scope, each)) {
      await openFound(own.input, own.scope, own.commit);
      await settleConflicts(own.input, own.scope, own.commit);
    }
  }
  const kept = mirrors.every(({ flips }) => flips !== undefined);
  await keepMemories(tx, adapter, kept ? owns.filter(({ commit }) => commit.mirror === null) : owns);
  await clearBoxes(tx, owns);
  await writeAudits(
    tx,
    [...places.keys()].map(({ scope }) => scope),
  );
  return intents;
}

/** What is remembered of the row that a commit writes: what stands there where the commit says nothing. */
function memoryOf({ loaded }: CommitInput, { memory, mirror }: Commit): RecordMemory | undefined {
  return memory ?? loaded.facts.mirrors.find(({ external_id: id }) => id === mirror?.seen.externalId)?.flips;
}

/** What becomes of links, generations and of what is gone, once the mirror is written. */
async function writeLinks({ input, commit, scope }: Own): Promise<void> {
  const { adapter, context, loaded } = input;
  const { recordId } = context.ref;
  if (commit.mirror !== null && loaded.view.gone) await reappear(scope, adapter.entity, [recordId]);
  // What was linked is written once more, then it is of an earlier generation (R16).
  if (commit.generation !== null) await raiseGeneration(scope, adapter, recordId, commit.generation);
  if (commit.link !== null && adapter.entity === 'booking') {
    await scope.tx.$executeRaw`
      UPDATE external_bookings SET generation = ${commit.link.generation}
       WHERE business_id = ${scope.businessId}::uuid AND external_id = ${commit.link.externalId}
         AND generation <> ${commit.link.generation}`;
  }
  if (commit.gone !== null) await takeEnd(input, scope, commit.gone);
}

/** Writes what was seen into the record; returns the edit counters after it. */
async function applyHere({ input, commit, scope, place, ours }: Own): Promise<EditCounters> {
  const { context, adapter } = input;
  const { apply } = commit;
  const before = ours?.counters ?? {};
  if (apply === null || apply.groups.length === 0 || ours === null) return before;
  const { recordId } = context.ref;
  const { seen, groups } = apply;
  const written = await place.binding.update(scope, [{ recordId, seen, apply: groups, ours: ours.groups }]);
  const counters = { ...before, ...written.get(recordId) };
  const cancels = adapter.entity === 'booking' && groups.includes('status') && isEnded(seen.here);
  noteAudit(scope, [
    {
      action: cancels ? 'cancelled' : 'updated',
      entity: adapter.entity,
      recordId,
      externalId: seen.externalId,
      reasonCode: 'changed_at_booksy',
      groups,
      before: pick(ours.groups, groups),
      after: pick(seen.here, groups),
      counters: pick(counters, groups),
    },
  ]);
  if (adapter.entity !== 'booking' || !areWords(groups)) await reportTrouble(scope, adapter, recordId);
  return counters;
}

/** What a person must look at although it was taken in, as after every pass (R11, R21, R24). */
async function reportTrouble(scope: ApplyScope, adapter: WriteAdapter, recordId: string): Promise<void> {
  if (adapter.entity !== 'booking' && adapter.entity !== 'time_off') return;
  const visits = adapter.entity === 'booking' ? [recordId] : [];
  await openConflicts(scope, [
    ...(await overlapsOf(scope, [recordId])),
    ...(await overfullSessionsOf(scope, visits)),
    ...(await visitTroubleOf(scope, visits)),
    ...(await emptyPoolsOf(scope, [recordId])),
  ]);
}
