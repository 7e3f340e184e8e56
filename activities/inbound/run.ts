import type { Db, Tx } from '../../infra/database/index.ts';
import type { Vault } from '../../infra/crypto.ts';
import type { Logger } from '../../infra/logger.ts';
import type { BooksyCapabilities, BooksyClient, BusinessRef } from '../../booksy/index.ts';
import { addCounts, type CountedEntity, type RunCounts } from '../../domain/counts.ts';
import { canonicalJson } from '../../domain/canonical.ts';
import { WALK_START, type WalkCursor } from '../../domain/walk.ts';
import type { Links } from '../../domain/states/links.ts';
import type { ApplyOutcome } from '../apply/apply-records.ts';
import { quarantine, takeOwnEchoes, type Quarantined } from '../apply/record.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { ApplyScope } from '../apply/scope.ts';

/** What inbound activities touch the world with. */
export interface InboundDeps {
  readonly db: Db;
  readonly booksy: BooksyClient;
  readonly vault: Vault;
  readonly capabilities: BooksyCapabilities;
  readonly logger: Logger;
}

/** One run on one business. Only ids: this is what passes through Temporal. */
export interface RunRef {
  readonly businessId: string;
  readonly runId: string;
}

/** A business as a run needs it. */
export interface RunBusiness extends BusinessRef {
  readonly id: string;
}

/** Where a run stands, kept in its own row and moved in the same transaction as the work that it covers. */
export interface RunCursor {
  /** Steps that are done as a whole. */
  readonly steps: readonly string[];
  /** List passes, by window. */
  readonly walks: { readonly [windowKey: string]: WalkCursor };
}

export const FRESH_CURSOR: RunCursor = { steps: [], walks: {} };

/** Thrown where another attempt of the same step has moved the run on: this one must not count again. */
export class SupersededError extends Error {
  readonly code = 'step_superseded';
}

/** Thrown where a run or its business is not there. */
export class RunMissingError extends Error {
  readonly code = 'run_missing';
}

/** The business of a run. */
export async function businessOf(db: Db, businessId: string): Promise<RunBusiness> {
  const row = await db.business.findUnique({ where: { id: businessId } });
  if (row?.booksyBusinessId == null) {
    throw new RunMissingError(
      `Business ${businessId} is not connected to Booksy. Connect it (booksy seed) and start the sync again.`,
    );
  }
  return {
    id: row.id,
    externalId: row.booksyBusinessId,
    zone: row.zone,
    currency: row.currency,
    country: row.country,
  };
}

/** Where a run stands now. */
export async function cursorOf(db: Db, runId: string): Promise<RunCursor> {
  const rows = await db.$queryRaw<
    { cursor: RunCursor | null }[]
  >`SELECT cursor FROM sync_runs WHERE id = ${runId}::uuid`;
  const row = rows[0];
  if (row === undefined) throw new RunMissingError(`Run ${runId} is not in the ledger.`);
  return row.cursor ?? FRESH_CURSOR;
}

/** A transaction in which a step of a run is applied, and what it collects for the ledger. */
export interface StepScope extends ApplyScope {
  readonly cursor: RunCursor;
  /** Counts an outcome and quarantines what has no counterpart. */
  settle(counted: CountedEntity, entity: SyncEntity, outcome: ApplyOutcome): Promise<void>;
  /** `counted` is null for what is not counted among the records. */
  quarantine(counted: CountedEntity | null, rows: readonly Quarantined[]): Promise<void>;
  /** The run's place once this transaction commits. */
  moveTo(cursor: RunCursor): void;
}

interface LedgerRow {
  counts: RunCounts;
  cursor: RunCursor | null;
  finished: boolean;
  now: Date;
}

const APPLY_TIMEOUT_MS = 120_000;

/**
 * Runs one apply of a step: everything in `apply`, the counts and the cursor commit together or not at all. The run's row
 * is locked first, so that two attempts of one step cannot both count.
 */
export async function inStep<T>(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef,
  links: Links,
  apply: (scope: StepScope) => Promise<T>,
): Promise<T> {
  return deps.db.$transaction(
    async (tx) => {
      const ledger = await openLedger(tx, run);
      let counts = ledger.counts;
      let cursor = ledger.cursor ?? FRESH_CURSOR;
      const applyScope: ApplyScope = {
        tx,
        vault: deps.vault,
        businessId: business.id,
        zone: business.zone,
        currency: business.currency,
        runId: run.runId,
        now: ledger.now.toISOString(),
        links,
      };
      const scope: StepScope = {
        ...applyScope,
        cursor,
        settle: async (counted, entity, outcome) => {
          counts = addCounts(counts, counted, {
            created: outcome.created,
            updated: outcome.updated,
            unchanged: outcome.unchanged,
          });
          await scope.quarantine(
            counted,
            outcome.unmapped.map((entry) => unmappedRow(entity, entry)),
          );
        },
        quarantine: async (counted, rows) => {
          await quarantine(applyScope, rows);
          if (counted !== null) counts = addCounts(counts, counted, { quarantined: rows.length });
        },
        moveTo: (next) => {
          cursor = next;
        },
      };
      const result = await apply(scope);
      await takeOwnEchoes(applyScope);
      await tx.$executeRaw`
        UPDATE sync_runs SET counts = ${JSON.stringify(counts)}::jsonb, cursor = ${JSON.stringify(cursor)}::jsonb
         WHERE id = ${run.runId}::uuid`;
      return result;
    },
    { timeout: APPLY_TIMEOUT_MS, maxWait: APPLY_TIMEOUT_MS },
  );
}

async function openLedger(tx: Tx, run: RunRef): Promise<LedgerRow> {
  // The settings tell the triggers that this is an import: overlaps made at Booksy are kept and marked (R21).
  const rows = await tx.$queryRaw<LedgerRow[]>`
    SELECT r.counts, r.cursor, r.finished_at IS NOT NULL AS finished, now() AS now,
           set_config('booksy_sync.import', 'on', true), set_config('booksy_sync.origin', 'booksy', true)
      FROM sync_runs r WHERE r.id = ${run.runId}::uuid AND r.business_id = ${run.businessId}::uuid FOR UPDATE`;
  const row = rows[0];
  if (row === undefined) throw new RunMissingError(`Run ${run.runId} is not in the ledger.`);
  if (row.finished) throw new SupersededError(`Run ${run.runId} was closed meanwhile.`);
  return row;
}

/** Refuses to do a whole step a second time: a worker that was thought dead may still be at it. */
export function claimStep(scope: StepScope, step: string): void {
  if (!scope.cursor.steps.includes(step)) return;
  throw new SupersededError(`Another attempt has done the step ${step}.`);
}

/** Refuses to apply pages from where the walk no longer stands: another attempt has applied them. */
export function claimWalk(scope: StepScope, windowKey: string, from: WalkCursor): void {
  if (canonicalJson({ ...(scope.cursor.walks[windowKey] ?? WALK_START) }) === canonicalJson({ ...from }))
    return;
  throw new SupersededError(`Another attempt has moved the walk ${windowKey} on.`);
}

function unmappedRow(
  entity: SyncEntity,
  { externalId, group }: ApplyOutcome['unmapped'][number],
): Quarantined {
  return {
    entity,
    externalId,
    reasonCode: 'unmapped',
    field: group,
    detail: `It names a ${group} that Booksy did not list.`,
    nextStep: `Look in Booksy whether that ${group} still exists; the record comes in by itself once it is listed.`,
  };
}

/** The cursor with one more step done. */
export function withStep(cursor: RunCursor, step: string): RunCursor {
  return { ...cursor, steps: [...cursor.steps, step] };
}

/** The cursor with a walk moved on. */
export function withWalk(cursor: RunCursor, windowKey: string, walk: WalkCursor): RunCursor {
  return { ...cursor, walks: { ...cursor.walks, [windowKey]: walk } };
}
