/** Reading the plan of a dry run, and whether it can still be approved. */
import { z } from 'zod';
import { NO_PLAN } from '../../domain/import-plan.ts';
import type { Tx } from '../../infra/database/index.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { reachableBusinesses } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound, type ProblemCode } from '../http/problem.ts';
import { openSealed, SEALED_UNREADABLE } from '../sealed.ts';
import { OPERATION_STATUSES } from '../sync/runs.ts';
import { iso, isoOrNull, type Note } from '../wire.ts';
import { planSampleSchema, storedCountsSchema, type PlanSummary } from './schema.ts';

/** A dry run with its plan. */
export interface PlanRow {
  readonly run_id: string;
  readonly business_id: string;
  readonly business_name: string;
  readonly status: string;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  /** Null until the first page was planned. */
  readonly version: number | null;
  readonly counts: unknown;
  readonly sealed_samples: Uint8Array | null;
  readonly approved_at: Date | null;
  readonly approved_by: string | null;
  /** By the database's clock. */
  readonly fresh: boolean;
  readonly newest: boolean;
}

/** The plan of a dry run of these businesses; null where the id is none of one. */
export async function readPlan(
  db: Pick<Tx, '$queryRaw'>,
  businessIds: readonly string[],
  runId: string,
): Promise<PlanRow | null> {
  const rows = await db.$queryRaw<PlanRow[]>`
    SELECT r.id::text AS run_id, r.business_id::text AS business_id, b.name AS business_name, r.status, r.started_at,
           r.finished_at, p.version, p.counts, p.sealed_samples, p.approved_at, p.approved_by,
           coalesce(r.finished_at > now() - interval '24 hours', false) AS fresh,
           NOT EXISTS (
             SELECT FROM sync_runs later
              WHERE later.business_id = r.business_id AND later.kind = r.kind AND later.mode = 'dry_run'
                AND later.status = 'completed' AND (later.started_at, later.id) > (r.started_at, r.id)) AS newest
      FROM sync_runs r
      JOIN businesses b ON b.id = r.business_id
      LEFT JOIN sync_plans p ON p.run_id = r.id AND p.business_id = r.business_id
     WHERE r.id = ${runId}::uuid AND r.business_id = ANY (${[...businessIds]}::uuid[]) AND r.mode = 'dry_run'`;
  return rows[0] ?? null;
}

/** A plan with names, as a person sees it. @throws {Problem} 404 */
export async function showPlan(
  deps: Pick<ApiDeps, 'prisma' | 'vault' | 'logger'>,
  grant: TokenGrant,
  runId: string,
) {
  const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
  const ids = businesses.map(({ id }) => id);
  const row = await readPlan(deps.prisma, ids, runId);
  if (row === null) throw planNotFound();
  const place = { tenant: row.business_id, table: 'sync_plans', column: 'sealed_samples', row: runId };
  const samples = openSealed(deps, row.sealed_samples, place, z.array(planSampleSchema));
  return {
    plan: { ...summaryOf(row), samples: samples ?? [] },
    notes: samples === null && row.sealed_samples !== null ? [SEALED_UNREADABLE] : [],
  };
}

export function planNotFound() {
  return notFound('A dry run with this id');
}

/** The plan without the names in it. */
export function summaryOf(row: PlanRow): PlanSummary {
  const counts = storedCountsSchema.safeParse(row.counts ?? NO_PLAN);
  return {
    operationId: row.run_id,
    businessId: row.business_id,
    businessName: row.business_name,
    status: OPERATION_STATUSES.find((status) => status === row.status) ?? 'unknown',
    version: row.version ?? 0,
    createdAt: iso(row.started_at),
    finishedAt: isoOrNull(row.finished_at),
    approvedAt: isoOrNull(row.approved_at),
    approvedBy: row.approved_by,
    blocked: row.approved_at === null ? blockOf(row) : null,
    counts: counts.success ? counts.data : NO_PLAN,
  };
}

/** Why a plan cannot be approved: the code is the one that an approval is refused with. */
export type PlanBlock = Note & { readonly code: Extract<ProblemCode, 'plan_unfinished' | 'plan_outdated'> };

const DRY_RUN_AGAIN = 'Start a new dry run: POST /api/admin/booksy/full-sync with {"dryRun":true}.';

/** Null where nothing stands in the way. */
export function blockOf(row: PlanRow): PlanBlock | null {
  if (row.status === 'running') {
    return {
      code: 'plan_unfinished',
      message: 'The dry run is still under way: the plan is not whole.',
      nextStep: 'Wait until it is completed, look at the plan again, then approve it.',
    };
  }
  if (row.status !== 'completed' || row.version === null) {
    return {
      code: 'plan_unfinished',
      message: `The dry run is ${row.status}: its plan is not whole.`,
      nextStep: DRY_RUN_AGAIN,
    };
  }
  if (!row.newest) {
    return {
      code: 'plan_outdated',
      message: 'A later dry run of this business has been completed.',
      nextStep: 'Look at the plan of the newest one: GET /api/admin/booksy/operations?mode=dry_run.',
    };
  }
  if (!row.fresh) {
    return {
      code: 'plan_outdated',
      message: 'The dry run was completed more than 24 hours ago.',
      nextStep: DRY_RUN_AGAIN,
    };
  }
  return null;
}
