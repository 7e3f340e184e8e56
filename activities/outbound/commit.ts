import { Prisma, type Tx } from '../../infra/database/index.ts';
import type { EditCounters, OursState } from '../../domain/plan.ts';
import type { Commit } from '../../domain/protocol/port.ts';
import type { Intent } from '../../domain/protocol/types.ts';
import type { Links } from '../../domain/states/links.ts';
import type { SeenRecord } from '../../domain/states/seen.ts';
import { isEnded } from '../../domain/states/visit.ts';
import type { EntityBinding } from '../apply/binding.ts';
import { openConflicts } from '../apply/conflicts.ts';
import { reappear } from '../apply/gone.ts';
import { overfullSessionsOf, overlapsOf } from '../apply/overlaps.ts';
import { noteAudit, writeAudit } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { emptyPoolsOf, visitTroubleOf } from '../apply/visit-trouble.ts';
import type { WriteAdapter } from './adapters/adapter.ts';
import { auditSent, openFound, pick, settleConflicts } from './commit-notes.ts';
import { monotonicMs, type ProcessContext } from './context.ts';
import { readVersion } from './facts.ts';
import { changeIntents, openIntent } from './intents.ts';
import type { Lease } from './lease.ts';
import type { LoadedView } from './load.ts';
import { moveLink, raiseGeneration, takeEnd, writeLinked } from './links-write.ts';
import type { ItemNames } from './names.ts';

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

/**
 * One transaction under the business's lock, with the record's rows locked: the lease must still be ours and the record what
 * the view says (R13), else nothing is written. What the transaction itself puts into the outbox is its own echo (R26).
 */
export async function writeCommit(input: CommitInput, commit: Commit): Promise<CommitOutcome> {
  const { context, lease } = input;
  const startedAtMs = monotonicMs();
  let endsAtMs = 0;
  try {
    const intent = await context.deps.db.$transaction(
      async (tx) => {
        const scope = await openScope(input, tx);
        const renewed = await lease.renew(tx);
        if (renewed === null) throw new WorldMoved();
        ({ endsAtMs } = renewed);
        return write(input, scope, commit, renewed.endsAt);
      },
      { maxWait: TIMEOUT_MS, timeout: TIMEOUT_MS },
    );
    lease.renewed(endsAtMs);
    return { committed: true, intent, committedAtMs: startedAtMs };
  } catch (error) {
    if (error instanceof WorldMoved) return NOT_COMMITTED;
    throw error;
  }
}

/** As an apply opens its transaction: one of a business at a time, and the triggers told that it is Booksy's truth. */
async function openScope({ context, links }: CommitInput, tx: Tx): Promise<ApplyScope> {
  const { deps, business, run } = context;
  const rows = await tx.$queryRaw<{ now: Date }[]>`
    WITH locked AS MATERIALIZED (
      SELECT pg_advisory_xact_lock(hashtextextended('apply:' || ${business.id}, 0)),
             set_config('booksy_sync.import', 'on', true), set_config('booksy_sync.origin', 'booksy', true)
    )
    SELECT now() AS now FROM locked`;
  return {
    tx,
    vault: deps.vault,
    businessId: business.id,
    zone: business.zone,
    currency: business.currency,
    runId: run.runId,
    now: (rows[0]?.now ?? new Date(0)).toISOString(),
    links,
    plan: null,
    audit: [],
  };
}

async function write(
  input: CommitInput,
  scope: ApplyScope,
  commit: Commit,
  leaseEndsAt: string,
): Promise<Intent | null> {
  const { context, adapter, loaded } = input;
  const { recordId } = context.ref;
  const binding = adapter.binding();
  const ours = (await binding.loadOurs(scope, [recordId])).get(recordId) ?? null;
  if ((await readVersion(scope.tx, adapter, context.ref)) !== loaded.facts.version) throw new WorldMoved();

  const counters = await applyHere(input, scope, binding, commit, ours);
  if (commit.link !== null) await moveLink(scope, adapter, recordId, commit.link.externalId);
  if (commit.mirror !== null) {
    const written = await writeLinked(input, scope, binding, commit.mirror, counters);
    if (!written) throw new WorldMoved();
  }
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
  await changeIntents(scope.tx, context, commit.intents);
  auditSent(input, scope, commit);
  const intent = commit.open === null ? null : await openIntent(scope.tx, context, commit.open, leaseEndsAt);
  await openFound(input, scope, commit);
  await settleConflicts(input, scope, commit);
  await keepMemory(input, scope, commit);
  await clearBoxes(input, scope, commit);
  await writeAudit(scope);
  return intent;
}

/** Writes what was seen into the record; returns the edit counters after it. */
async function applyHere(
  { context, adapter }: CommitInput,
  scope: ApplyScope,
  binding: EntityBinding,
  { apply }: Commit,
  ours: OursState | null,
): Promise<EditCounters> {
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

async function keepMemory(
  { adapter, loaded }: CommitInput,
  scope: ApplyScope,
  commit: Commit,
): Promise<void> {
  const externalId = commit.mirror?.seen.externalId ?? loaded.view.externalId;
  if (commit.memory === null || externalId === null) return;
  const { mirror } = adapter;
  const kind =
    mirror.fixed.entity === undefined ? Prisma.empty : Prisma.sql`AND entity = ${mirror.fixed.entity}`;
  await scope.tx.$executeRaw`
    UPDATE ${Prisma.raw(mirror.table)} SET flips = ${JSON.stringify(commit.memory)}::jsonb
     WHERE business_id = ${scope.businessId}::uuid AND ${Prisma.raw(mirror.idColumn)} = ${externalId} ${kind}`;
}

/** R26: only rows that were seen before the read; and this transaction's own, which are echoes. */
async function clearBoxes({ loaded }: CommitInput, scope: ApplyScope, commit: Commit): Promise<void> {
  const outboxIds = commit.clearsBox ? loaded.outboxIds : [];
  await scope.tx.$executeRaw`
    DELETE FROM sync_outbox
     WHERE business_id = ${scope.businessId}::uuid
       AND (transaction_id = pg_current_xact_id() OR id = ANY(${[...outboxIds]}::bigint[]))`;
  const drained = commit.clearsBox ? loaded.webhookIds : [];
  if (drained.length + commit.judged.length === 0) return;
  await scope.tx.$executeRaw`
    UPDATE webhook_logs
       SET drained_at = CASE WHEN id = ANY(${[...drained]}::bigint[]) THEN coalesce(drained_at, now()) ELSE drained_at END,
           judged_at = CASE WHEN id = ANY(${[...commit.judged]}::bigint[]) THEN coalesce(judged_at, now()) ELSE judged_at END
     WHERE business_id = ${scope.businessId}::uuid AND id = ANY(${[...drained, ...commit.judged]}::bigint[])`;
}
