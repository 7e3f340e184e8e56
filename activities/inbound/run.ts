import { inTransaction, type Db } from '../../infra/database/index.ts';
import { inTurn } from '../../infra/database/turns.ts';
import type { Vault } from '../../infra/crypto.ts';
import { isMappedEntity } from '../../infra/mappings.ts';
import type { Logger } from '../../infra/logger.ts';
import type { BooksyCapabilities, BooksyClient, BusinessRef } from '../../booksy/index.ts';
import type { ProtocolSettings } from '../../domain/protocol/settings.ts';
import { addCounts, type CountedEntity } from '../../domain/counts.ts';
import type { Links } from '../../domain/states/links.ts';
import type { ConflictHours } from '../../domain/conflicts/dates.ts';
import type { SyncEntity } from '../../domain/entities.ts';
import type { ApplyOutcome } from '../apply/apply-records.ts';
import { settleWaiting, type Listed } from '../matching/index.ts';
import { createPlanCollector } from '../apply/plan-collector.ts';
import { writeAudit, type Quarantined } from '../apply/record.ts';
import type { ApplyScope } from '../apply/scope.ts';
import { letIn, setAside } from '../conflicts/quarantined.ts';
import { claimed, FRESH_CURSOR, type Claim, type RunCursor } from './cursor.ts';
import { HeldError, RunMissingError, type RunRef } from './run-ref.ts';
import { closeStep, openStep, type OpenedStep, type StepOutcome } from './step-row.ts';

export type { RunRef } from './run-ref.ts';

/** What inbound activities touch the world with. */
export interface InboundDeps {
  readonly db: Db;
  readonly booksy: BooksyClient;
  readonly vault: Vault;
  readonly capabilities: BooksyCapabilities;
  readonly logger: Logger;
  /** Waits that the configuration sets (R14a, R15a); what is missing is as the protocol says. */
  readonly waits?: Partial<ProtocolSettings>;
  /** When people are told of conflicts that wait; without it the default (SPEC 4.2). */
  readonly conflicts?: ConflictHours;
}

/** A business as a run needs it. */
export interface RunBusiness extends BusinessRef {
  readonly id: string;
}

interface RunRow {
  business_external_id: string | null;
  zone: string;
  currency: string;
  country: string;
  started_at: Date | null;
  mode: 'apply' | 'dry_run';
  cursor: RunCursor | null;
}

/** A run as an activity finds it. */
export interface OpenRun {
  readonly business: RunBusiness;
  readonly cursor: RunCursor;
  readonly dry: boolean;
  /** ISO instant of its first step: windows are cut by it, also when it lasts over midnight. */
  readonly startedAt: string;
}

/** Where a run stands now, and the business it is about. */
export async function openRun(db: Db, run: RunRef): Promise<OpenRun> {
  const rows = await db.$queryRaw<RunRow[]>`
    SELECT b.booksy_business_id AS business_external_id, b.zone, b.currency, b.country, r.started_at, r.mode, r.cursor
      FROM businesses b LEFT JOIN sync_runs r ON r.business_id = b.id AND r.id = ${run.runId}::uuid
     WHERE b.id = ${run.businessId}::uuid`;
  const row = rows[0];
  const business = connected(run.businessId, row);
  if (row?.started_at == null) throw new RunMissingError(`Run ${run.runId} is not in the ledger.`);
  return {
    business,
    cursor: row.cursor ?? FRESH_CURSOR,
    dry: row.mode === 'dry_run',
    startedAt: row.started_at.toISOString(),
  };
}

/** The business of a run that is not in the ledger yet. */
export async function businessOf(db: Db, businessId: string): Promise<RunBusiness> {
  const row = await db.business.findUnique({ where: { id: businessId } });
  return connected(
    businessId,
    row === null ? undefined : { ...row, business_external_id: row.booksyBusinessId },
  );
}

function connected(
  businessId: string,
  row: Pick<RunRow, 'business_external_id' | 'zone' | 'currency' | 'country'> | undefined,
): RunBusiness {
  if (row?.business_external_id == null) {
    throw new RunMissingError(
      `Business ${businessId} is not connected to Booksy. Connect it (booksy seed) and start the sync again.`,
    );
  }
  return {
    id: businessId,
    externalId: row.business_external_id,
    zone: row.zone,
    currency: row.currency,
    country: row.country,
  };
}

/** A transaction in which a step of a run is applied, and what it collects for the ledger. */
export interface StepScope extends ApplyScope {
  readonly cursor: RunCursor;
  /** Counts an outcome and quarantines what has no counterpart. */
  settle(counted: CountedEntity, entity: SyncEntity, outcome: ApplyOutcome): Promise<void>;
  /** `counted` is null for what is not counted among the records. */
  quarantine(counted: CountedEntity | null, rows: readonly Quarantined[]): Promise<void>;
  /** Records that were read well again leave the quarantine by themselves. */
  releaseReadable(entity: SyncEntity | 'business', externalIds: readonly string[]): Promise<void>;
  /** Whether anything of the business waits in quarantine. */
  hasQuarantine(): boolean;
  /** Closes what waits in the mapping list without need, now that its list was walked. */
  settleWaiting(entity: SyncEntity, listed: Listed | null): Promise<void>;
  /** The run's place once this transaction commits. */
  moveTo(cursor: RunCursor): void;
}

const APPLY_TIMEOUT_MS = 120_000;

/**
 * Runs one apply of a step: everything in `apply`, the counts and the cursor commit together or not at all. The business
 * and the run's row are locked first, so that two applies cannot make the same record, and two attempts of one step cannot
 * both count. A dry run applies nothing: it adds to its plan instead.
 *
 * @param claim what this step is about to do once; another attempt may have done it meanwhile
 * @throws SupersededError, HeldError, RunMissingError
 */
export async function inStep<T>(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef,
  links: Links,
  apply: (scope: StepScope) => Promise<T>,
  claim: Claim = null,
): Promise<T> {
  return inTurn(deps.db, business.id, () =>
    inTransaction(
      deps.db,
      async (tx) => {
        const row = await openStep(tx, run);
        if (row.held) throw new HeldError(`Run ${run.runId} is held.`);
        const cursor = row.cursor ?? FRESH_CURSOR;
        claimed(cursor, claim);
        const scope = stepScope(deps, business, run, links, { ...row, cursor, tx });
        const result = await apply(scope);
        await writeAudit(scope);
        await closeStep(scope, scope.outcome());
        return result;
      },
      { timeout: APPLY_TIMEOUT_MS },
    ),
  );
}

type Opened = OpenedStep & { readonly cursor: RunCursor; readonly tx: ApplyScope['tx'] };

function stepScope(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef,
  links: Links,
  opened: Opened,
): StepScope & { outcome(): StepOutcome } {
  let { counts, cursor, hasQuarantine } = opened;
  const plan = opened.mode === 'dry_run' ? createPlanCollector() : null;
  const base: ApplyScope = {
    tx: opened.tx,
    vault: deps.vault,
    businessId: business.id,
    zone: business.zone,
    currency: business.currency,
    runId: run.runId,
    now: opened.now.toISOString(),
    links,
    plan,
    audit: [],
  };
  const putAside = async (counted: CountedEntity | null, rows: readonly Quarantined[]) => {
    if (counted !== null) {
      counts = addCounts(counts, counted, { quarantined: rows.length });
      plan?.planned(counted, { quarantined: rows.length });
    }
    if (rows.length === 0 || plan !== null) return;
    await setAside(base, rows);
    hasQuarantine = true;
  };
  return {
    ...base,
    cursor,
    settle: async (counted, entity, outcome) => {
      const { created, linked, updated, unchanged, unsure } = outcome;
      counts = addCounts(counts, counted, { created, linked, updated, unchanged, unsure });
      plan?.planned(
        counted,
        { create: created, link: linked, update: updated, unchanged, unsure },
        outcome.samples.map((sample) => ({ ...sample, entity: counted })),
      );
      await putAside(
        counted,
        outcome.unmapped.map((entry) => unmappedRow(entity, entry)),
      );
    },
    quarantine: putAside,
    releaseReadable: async (entity, externalIds) => {
      // Most salons have nothing in quarantine: then nothing is asked.
      if (hasQuarantine && plan === null) await letIn(base, entity, externalIds);
    },
    settleWaiting: async (entity, listed) => {
      if (opened.hasUnsure && plan === null && isMappedEntity(entity))
        await settleWaiting(base, entity, listed);
    },
    hasQuarantine: () => hasQuarantine,
    moveTo: (next) => {
      cursor = next;
    },
    outcome: () => ({ counts, cursor }),
  };
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
    detail: `It names a ${group} that has no counterpart here: not listed by Booksy, or waiting in the mapping list.`,
    nextStep: `Decide the ${group} in the mapping list (booksy mappings list), or look in Booksy whether it still exists; the record comes in by itself then.`,
  };
}
