import { Prisma } from '../../infra/database/index.ts';
import { FULL_SYNC_WINDOWS, type FullSyncWindow } from '../../domain/windows.ts';
import type { SyncMode } from '../../domain/progress.ts';
import { businessOf, type InboundDeps, type RunRef } from './run.ts';

/** R31: each run writes one ledger row, at its start and at its end. */

export interface BeginRun extends RunRef {
  readonly actor: string;
  readonly workflowId: string;
  readonly temporalRunId: string;
  readonly kind?: 'full_sync' | 'record_sync';
  readonly mode?: SyncMode;
}

/** Records that a run made, from which on the planner's statistics are out of date for sure. */
const MUCH = 500n;

export interface FinishRun extends RunRef {
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly error: { readonly code: string; readonly detail: string } | null;
}

export interface BegunRun {
  /** Windows of visits that the run walks, in their order. */
  readonly windowKeys: readonly FullSyncWindow[];
  /** Rows that the last pass over a list counted, by `clients` or window; a first run has none. */
  readonly expectedRows?: { readonly [key: string]: number };
}

/** Opens the run's row (or finds it, after a crash) and tells what it will walk. */
export async function beginRun(deps: InboundDeps, input: BeginRun): Promise<BegunRun> {
  const business = await businessOf(deps.db, input.businessId);
  const { runId, kind = 'full_sync', mode = 'apply', workflowId, temporalRunId, actor } = input;
  await deps.db.$executeRaw`
    INSERT INTO sync_runs (id, business_id, kind, mode, workflow_id, temporal_run_id, actor)
    VALUES (${runId}::uuid, ${business.id}::uuid, ${kind}, ${mode}, ${workflowId}, ${temporalRunId}, ${actor})
    ON CONFLICT (id) DO UPDATE SET temporal_run_id = excluded.temporal_run_id`;
  if (kind === 'record_sync') return { windowKeys: [] };
  const passes = await deps.db.integrationSyncStatus.findMany({
    where: { businessId: business.id, entity: { in: ['profile', 'booking'] } },
  });
  return {
    windowKeys: FULL_SYNC_WINDOWS,
    expectedRows: Object.fromEntries(
      passes.map((pass) => [pass.windowKey.replace(/^visits:/, ''), pass.remoteCount ?? 0]),
    ),
  };
}

/**
 * Closes the run's row and empties what it needed only while it ran. Closing twice changes nothing. After a run that brought
 * much, the tables are counted anew.
 */
export async function finishRun(deps: InboundDeps, input: FinishRun): Promise<void> {
  const closed = await deps.db.$queryRaw<{ made: bigint }[]>`
    WITH scratch AS (DELETE FROM sync_pass_rows WHERE run_id = ${input.runId}::uuid)
    UPDATE sync_runs
       SET status = ${input.status}, finished_at = now(), error_code = ${input.error?.code ?? null},
           error_detail = ${input.error?.detail ?? null}
     WHERE id = ${input.runId}::uuid AND business_id = ${input.businessId}::uuid AND finished_at IS NULL
    RETURNING (SELECT coalesce(sum((c.value ->> 'created')::bigint), 0)::bigint FROM jsonb_each(counts) c) AS made`;
  if ((closed[0]?.made ?? 0n) >= MUCH) await countAnew(deps);
}

/** What an import fills, and what every change asks. */
const FILLED = [
  'bookings',
  'booking_items',
  'occupancy',
  'profiles',
  'time_off',
  'external_bookings',
  'external_clients',
  'external_time_off',
  'service_variants',
  'service_variant_staff',
  'booksy_sync_conflicts',
  'sync_outbox',
] as const;

/**
 * Tells the planner what the tables hold now. Autovacuum does so as well, but a minute later, and until then each change of a salon
 * that has just been imported is looked for as if its tables were empty. Tables that somebody else works on are left to it, and so
 * are those that belong to another role.
 */
async function countAnew({ db, logger }: InboundDeps): Promise<void> {
  try {
    // Of each table what its indexes speak of: plans are chosen by that, and to sample whole rows takes twice as long.
    const tables = await db.$queryRaw<{ columns: string }[]>`
      SELECT format('%s (%s)', i.indrelid::regclass,
                    string_agg(DISTINCT quote_ident(a.attname), ', ')) AS columns
        FROM unnest(${[...FILLED]}::text[]) AS name
        JOIN pg_index i ON i.indrelid = to_regclass(name)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum > 0
         AND (a.attnum = ANY(i.indkey::int2[])
              OR EXISTS (SELECT FROM pg_depend d
                          WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                            AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum))
       WHERE a.atttypid NOT IN ('jsonb'::regtype, 'bytea'::regtype)
       GROUP BY i.indrelid`;
    await db.$executeRaw`ANALYZE (SKIP_LOCKED) ${Prisma.raw(tables.map(({ columns }) => columns).join(', '))}`;
  } catch (error) {
    logger.info({ err: error }, 'the statistics could not be brought up to date; autovacuum does it');
  }
}

export interface HoldRun extends RunRef {
  /** What a person asked for in the Temporal Web UI; null only looks. */
  readonly wish: 'pause' | 'resume' | null;
}

/** Writes down a wish of the Temporal Web UI, and tells whether the run or its business is held (R28: the truth is here). */
export async function readHold(deps: InboundDeps, input: HoldRun): Promise<{ readonly paused: boolean }> {
  const rows = await deps.db.$queryRaw<{ paused: boolean }[]>`
    WITH run AS (
      UPDATE sync_runs r
         SET paused_at = CASE ${input.wish}::text WHEN 'pause' THEN COALESCE(r.paused_at, now()) WHEN 'resume' THEN NULL
                         ELSE r.paused_at END,
             paused_by = CASE ${input.wish}::text WHEN 'pause' THEN COALESCE(r.paused_by, 'temporal-ui') WHEN 'resume' THEN NULL
                         ELSE r.paused_by END
       WHERE r.id = ${input.runId}::uuid
      RETURNING r.paused_at, r.business_id
    )
    SELECT run.paused_at IS NOT NULL OR b.paused_at IS NOT NULL AS paused
      FROM run JOIN businesses b ON b.id = run.business_id`;
  return { paused: rows[0]?.paused ?? false };
}
