import { inTransaction, type Db, type Tx } from '../../infra/database/index.ts';
import type { EditCounters, OursState } from '../../domain/plan.ts';
import type { Commit } from '../../domain/protocol/port.ts';
import type { Intent, RecordMemory } from '../../domain/protocol/types.ts';
import type { Links } from '../../domain/states/links.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { isEnded } from '../../domain/states/visit.ts';
import type { EntityBinding } from '../apply/binding.ts';
import { openConflicts } from '../apply/conflicts.ts';
import { reappear } from '../apply/gone.ts';
import { writeMirror, type MirrorWrite } from '../apply/mirror.ts';
import { overfullSessionsOf, overlapsOf } from '../apply/overlaps.ts';
import { noteAudit, writeAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { emptyPoolsOf, visitTroubleOf } from '../apply/visit-trouble.ts';
import type { WriteAdapter } from './adapters/adapter.ts';
import { settleAwaited } from './awaited.ts';
import { clearBoxes } from './boxes.ts';
import { auditSent, notedBefore, openFound, pick, settleConflicts } from './commit-notes.ts';
import { monotonicMs, type ProcessContext } from './context.ts';
import { readVersions } from './facts.ts';
import { changeIntents, openIntents } from './intents.ts';
import { openWithLeases, type Lease, type Renewed } from './lease.ts';
import type { LoadedView } from './load.ts';
import { keepMemories, linkedWrite, moveLink, raiseGeneration, takeEnd } from './links-write.ts';
import type { ItemNames } from './names.ts';
import { done } from './rounds.ts';
import { commitKey, togetherOf, type CommitWanted } from './together.ts';

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
  /** The round's transaction, with the links that this record was seen with. */
  readonly scope: ApplyScope;
  readonly ours: OursState | null;
  readonly leaseEndsAt: string;
}

/** One transaction for one record: see {@link writeCommits}. */
export function writeCommit(input: CommitInput, commit: Commit): Promise<CommitOutcome> {
  const { context } = input;
  return togetherOf(context.deps.db).commits.ask(commitKey(context), { input, commit });
}

/**
 * One transaction under the business's lock, with the records' rows locked: each lease must still be its process's and each
 * record what its view says (R13), else nothing of that record is written. What the transaction itself puts into the outbox is
 * its own echo (R26). It commits for all records that have not moved, or for none.
 *
 * @param wanted of one business, one kind of record and one run
 */
export async function writeCommits(
  db: Db,
  wanted: readonly CommitWanted[],
): Promise<readonly PromiseSettledResult<CommitOutcome>[]> {
  const committedAtMs = monotonicMs();
  try {
    const written = await inTransaction(db, (tx) => writeRound(tx, wanted), { timeout: TIMEOUT_MS });
    return wanted.map(({ input }) => {
      const own = written.get(input.context.owner);
      if (own === undefined) return done(NOT_COMMITTED);
      input.lease.renewed(own.leaseEndsAtMs);
      return done({ committed: true, intent: own.intent, committedAtMs });
    });
  } catch (error) {
    if (error instanceof WorldMoved && wanted.length === 1) return [done(NOT_COMMITTED)];
    throw error;
  }
}

interface Written {
  readonly intent: Intent | null;
  readonly leaseEndsAtMs: number;
}

/** Returns what was written, by owner; who is missing has to plan again. */
async function writeRound(tx: Tx, wanted: readonly CommitWanted[]): Promise<ReadonlyMap<string, Written>> {
  const [first] = wanted;
  if (first === undefined) return new Map();
  const { context, adapter } = first.input;
  const { scope, leases } = await openScope(wanted, first.input, tx);
  const held = wanted.filter(({ input }) => leases.has(input.context.owner));
  const refs = held.map(({ input }) => input.context.ref);
  if (refs.length === 0) return new Map();
  const binding = adapter.binding();
  const ours = await lockRecords(scope, adapter, binding, held);
  const versions = await readVersions(tx, adapter, refs);
  const owns = held
    .filter(({ input }) => versions.get(input.context.ref.recordId) === input.loaded.facts.version)
    .map(({ input, commit }): Own => ({
      input,
      commit,
      scope: { ...scope, links: input.links },
      ours: ours.get(input.context.ref.recordId) ?? null,
      leaseEndsAt: leases.get(input.context.owner)?.endsAt ?? scope.now,
    }));
  const intents = await write(scope, context, adapter, binding, owns);
  return new Map(
    owns.map(({ input }) => [
      input.context.owner,
      {
        intent: intents.get(input.context.owner) ?? null,
        leaseEndsAtMs: leases.get(input.context.owner)?.endsAtMs ?? 0,
      },
    ]),
  );
}

/**
 * As an apply opens its transaction: one of a business at a time, and the triggers told that it is Booksy's truth. The leases
 * are looked at once that is so.
 */
async function openScope(
  wanted: readonly CommitWanted[],
  { context, links }: CommitInput,
  tx: Tx,
): Promise<{ readonly scope: ApplyScope; readonly leases: Renewed }> {
  const { deps, business, run } = context;
  const { now, leases } = await openWithLeases(
    tx,
    business.id,
    wanted.map(({ input }) => input.context),
  );
  const scope: ApplyScope = {
    tx,
    vault: deps.vault,
    businessId: business.id,
    zone: business.zone,
    currency: business.currency,
    runId: run.runId,
    now,
    links,
    plan: null,
    audit: [],
  };
  return { scope, leases };
}

/** Locks the records; what they are is what their views say where the versions are the same afterwards. */
async function lockRecords(
  scope: ApplyScope,
  adapter: WriteAdapter,
  binding: EntityBinding,
  wanted: readonly CommitWanted[],
): Promise<ReadonlyMap<string, OursState>> {
  if (binding.hold === undefined || adapter.heldOf === undefined) {
    return binding.loadOurs(
      scope,
      wanted.map(({ input }) => input.context.ref.recordId),
    );
  }
  await binding.hold(
    scope,
    wanted.flatMap(({ input }) => adapter.heldOf?.(input.context.ref.recordId, input.loaded.facts) ?? []),
  );
  return new Map(
    wanted.flatMap(({ input }) => {
      const { ours } = input.loaded.view;
      return ours === null ? [] : [[input.context.ref.recordId, ours] as const];
    }),
  );
}

/** One statement a step where every commit takes it; what is rare goes record by record. Returns opened intents by owner. */
async function write(
  scope: ApplyScope,
  context: ProcessContext,
  adapter: WriteAdapter,
  binding: EntityBinding,
  owns: readonly Own[],
): Promise<ReadonlyMap<string, Intent>> {
  const mirrors: MirrorWrite[] = [];
  for (const own of owns) {
    const { input, commit } = own;
    const counters = await applyHere(own, binding);
    if (commit.link !== null)
      await moveLink(scope, adapter, input.context.ref.recordId, commit.link.externalId);
    if (commit.mirror !== null) {
      mirrors.push({
        ...linkedWrite(input, own.scope, binding, commit.mirror, counters),
        flips: memoryOf(input, commit),
      });
    }
  }
  // One that was observed later already is not written (R1).
  if ((await writeMirror(scope, adapter.mirror, mirrors)) < mirrors.length) throw new WorldMoved();
  for (const own of owns) await writeLinks(own);
  await changeIntents(
    scope.tx,
    context,
    owns.flatMap(({ commit }) => commit.intents),
  );
  const noted = await notedBefore(scope, owns);
  for (const { input, commit } of owns) auditSent(input, scope, commit, noted);
  const intents = await openIntents(
    scope.tx,
    owns.flatMap(({ input, commit, leaseEndsAt: dueAt }) =>
      commit.open === null ? [] : [{ context: input.context, wanted: commit.open, dueAt }],
    ),
  );
  for (const own of await settleAwaited(scope, owns)) {
    await openFound(own.input, own.scope, own.commit);
    await settleConflicts(own.input, own.scope, own.commit);
  }
  const kept = mirrors.every(({ flips }) => flips !== undefined);
  await keepMemories(scope, adapter, kept ? owns.filter(({ commit }) => commit.mirror === null) : owns);
  await clearBoxes(scope, owns);
  await writeAudit(scope);
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
async function applyHere({ input, commit, scope, ours }: Own, binding: EntityBinding): Promise<EditCounters> {
  const { context, adapter } = input;
  const { apply } = commit;
  const before = ours?.counters ?? {};
  if (apply === null || apply.groups.length === 0 || ours === null) return before;
  const { recordId } = context.ref;
  const { seen, groups } = apply;
  const written = await binding.update(scope, [{ recordId, seen, apply: groups, ours: ours.groups }]);
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
  await reportTrouble(scope, adapter, recordId);
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
    ...(await emptyPoolsOf(scope, visits)),
  ]);
}
