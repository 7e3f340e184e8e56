/**
 * Operations (R31): what is open comes from Temporal, what has ended from the ledger. One list, newest first, whose
 * place in time is the ledger's start where there is a row, else Temporal's.
 */
import type { Prisma, PrismaClient } from '../../infra/database/index.ts';
import type { SyncMode } from '../../domain/progress.ts';
import type { ApiDeps, OpenOperation } from '../deps.ts';
import { comparePlaces, type Place } from '../http/pagination.ts';
import { iso, isoOrNull, pauseOf, TEMPORAL_SILENT, within, type Note } from '../wire.ts';
import { countsOf, workflowUrl, type Operation, type OperationStatus } from './runs.ts';

/** A row of the ledger. */
type SyncRun = Awaited<ReturnType<PrismaClient['syncRun']['findFirstOrThrow']>>;

type Deps = Pick<ApiDeps, 'prisma' | 'launcher' | 'temporal' | 'logger'>;

const TEMPORAL_TIMEOUT_MS = 3000;

export interface OperationFilter {
  readonly businessIds: readonly string[];
  readonly kind: string | undefined;
  readonly mode: SyncMode | undefined;
  readonly status: OperationStatus | undefined;
}

export interface OperationPage {
  readonly operations: readonly Operation[];
  /** Place of the last one shown; null on the last page. */
  readonly next: Place | null;
  readonly notes: readonly Note[];
}

/** One page. Without Temporal it still answers, with what the ledger knows and a note. */
export async function listOperations(
  deps: Deps,
  filter: OperationFilter,
  page: { readonly after: Place | undefined; readonly limit: number },
): Promise<OperationPage> {
  const open = isClosed(filter.status) ? [] : await askOpen(deps, filter.businessIds);
  const [closed, openRows] = await Promise.all([
    ledgerPage(deps, filter, page),
    open === null ? [] : ledgerOfOpen(deps, open, filter.businessIds),
  ]);
  const shown = new Map<string, { place: Place; operation: Operation }>();
  const show = (row: SyncRun | null, workflow: OpenOperation | null) => {
    const operation = present(deps, row, workflow, open !== null);
    if (operation === null) return;
    const place = { startedAt: new Date(operation.startedAt), id: operation.id };
    const fits =
      (filter.kind === undefined || operation.kind === filter.kind) &&
      (filter.mode === undefined || operation.mode === filter.mode) &&
      (filter.status === undefined || operation.status === filter.status) &&
      (page.after === undefined || comparePlaces(page.after, place) < 0);
    if (fits) shown.set(operation.id, { place, operation });
  };
  const rowOf = new Map(openRows.map((row) => [row.workflowId, row]));
  const openOf = new Map((open ?? []).map((each) => [each.workflowId, each]));
  for (const row of closed) show(row, row.status === 'running' ? (openOf.get(row.workflowId) ?? null) : null);
  for (const workflow of open ?? []) show(rowOf.get(workflow.workflowId) ?? null, workflow);

  const sorted = [...shown.values()].sort((a, b) => comparePlaces(a.place, b.place));
  const kept = sorted.slice(0, page.limit);
  return {
    operations: kept.map(({ operation }) => operation),
    next: sorted.length > page.limit ? (kept.at(-1)?.place ?? null) : null,
    notes: open === null ? [TEMPORAL_SILENT] : [],
  };
}

/** One operation by its id, of one of the given businesses; null where there is none. */
export async function findOperation(
  deps: Deps,
  businessIds: readonly string[],
  id: string,
): Promise<{ operation: Operation; notes: readonly Note[] } | null> {
  const row = await deps.prisma.syncRun.findFirst({ where: { id, businessId: { in: [...businessIds] } } });
  if (row !== null && row.status !== 'running') {
    const operation = present(deps, row, null, true);
    return operation === null ? null : { operation, notes: [] };
  }
  const open = await askOpen(deps, businessIds);
  const workflow = open?.find((each) =>
    row === null ? each.runId === id || each.temporalRunId === id : each.workflowId === row.workflowId,
  );
  if (row === null && workflow === undefined) return justStarted(deps, businessIds, id);
  const operation = present(deps, row, workflow ?? null, open !== null);
  return operation === null ? null : { operation, notes: open === null ? [TEMPORAL_SILENT] : [] };
}

/** Businesses that are asked one by one for a run that is too young for ledger and list. */
const MOST_ASKED_DIRECTLY = 50;

/**
 * A run that was started a moment ago: its workflow exists, but neither the ledger nor Temporal's list shows it yet. The
 * address that the start answered with must work all the same.
 */
async function justStarted(
  deps: Deps,
  businessIds: readonly string[],
  id: string,
): Promise<{ operation: Operation; notes: readonly Note[] } | null> {
  const asked = businessIds
    .slice(0, MOST_ASKED_DIRECTLY)
    .map((businessId) => deps.launcher.openFullSync(businessId));
  const open = await within(TEMPORAL_TIMEOUT_MS, Promise.all(asked)).catch((error: unknown) => {
    deps.logger.warn({ err: error }, 'open full syncs could not be asked');
    return [];
  });
  const found = open.find((each) => each?.runId === id);
  if (found == null) return null;
  const operation = present(deps, null, found, true);
  return operation === null ? null : { operation, notes: [] };
}

/** Null where Temporal does not answer. */
async function askOpen(deps: Deps, businessIds: readonly string[]): Promise<readonly OpenOperation[] | null> {
  if (businessIds.length === 0) return [];
  try {
    const open = await within(TEMPORAL_TIMEOUT_MS, deps.launcher.listOpen({ businessIds }));
    // R43: the list is the launcher's, the decision what may be shown is ours.
    return open.filter(({ businessId }) => businessId !== null && businessIds.includes(businessId));
  } catch (error) {
    deps.logger.warn({ err: error }, 'open operations could not be listed');
    return null;
  }
}

function ledgerPage(
  deps: Deps,
  filter: OperationFilter,
  page: { readonly after: Place | undefined; readonly limit: number },
): Promise<SyncRun[]> {
  // `unknown` is a running row whose workflow Temporal does not show; which ones, only present() knows.
  const status = filter.status === 'unknown' ? 'running' : filter.status;
  const where: Prisma.SyncRunWhereInput = {
    businessId: { in: [...filter.businessIds] },
    ...(filter.kind === undefined ? {} : { kind: filter.kind }),
    ...(filter.mode === undefined ? {} : { mode: filter.mode }),
    ...(status === undefined ? {} : { status }),
    ...(page.after === undefined
      ? {}
      : {
          OR: [
            { startedAt: { lt: page.after.startedAt } },
            { startedAt: page.after.startedAt, id: { lt: page.after.id } },
          ],
        }),
  };
  return deps.prisma.syncRun.findMany({
    where,
    orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
    // Of the running ones, a few per business, all are read: part of them may fall to the other status.
    ...(status === 'running' ? {} : { take: page.limit + 1 }),
  });
}

function isClosed(status: OperationStatus | undefined): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** Ledger rows of open workflows: they give the place in the list, the id and the actor. */
function ledgerOfOpen(
  deps: Deps,
  open: readonly OpenOperation[],
  businessIds: readonly string[],
): Promise<SyncRun[]> {
  return deps.prisma.syncRun.findMany({
    where: {
      status: 'running',
      businessId: { in: [...businessIds] },
      workflowId: { in: open.map(({ workflowId }) => workflowId) },
    },
    orderBy: [{ startedAt: 'asc' }],
  });
}

function present(
  deps: Deps,
  row: SyncRun | null,
  workflow: OpenOperation | null,
  temporalAnswers: boolean,
): Operation | null {
  const workflowId = row?.workflowId ?? workflow?.workflowId;
  const startedAt = row === null ? workflow?.startedAt : iso(row.startedAt);
  if (workflowId === undefined || startedAt === undefined) return null;
  const temporalRunId = workflow?.temporalRunId ?? row?.temporalRunId ?? null;
  const finishedAt = row?.finishedAt ?? null;
  return {
    id: row?.id ?? workflow?.runId ?? workflow?.temporalRunId ?? '',
    kind: row?.kind ?? workflow?.kind ?? '',
    mode: modeOf(row, workflow),
    businessId: row?.businessId ?? workflow?.businessId ?? null,
    status: statusOf(row, workflow, temporalAnswers),
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: isoOrNull(finishedAt),
    actor: row?.actor ?? null,
    paused: row === null || row.finishedAt !== null ? null : pauseOf(row),
    phase: row?.phase ?? null,
    counts: countsOf(row?.counts),
    error: row === null || row.errorCode === null ? null : { code: row.errorCode, detail: row.errorDetail },
    workflowId,
    temporalRunId,
    temporalUrl: workflowUrl(deps.temporal, { workflowId, temporalRunId, finishedAt }, Date.now()),
  };
}

function modeOf(row: SyncRun | null, workflow: OpenOperation | null): SyncMode {
  if (row !== null) return row.mode === 'dry_run' ? 'dry_run' : 'apply';
  return workflow?.mode ?? 'apply';
}

/** Temporal's list of open workflows lags behind by up to some seconds: a run that young is believed. */
const LIST_LAG_MS = 15_000;

function statusOf(
  row: SyncRun | null,
  workflow: OpenOperation | null,
  temporalAnswers: boolean,
): OperationStatus {
  if (workflow !== null) return 'running';
  switch (row?.status) {
    case 'completed':
    case 'failed':
    case 'cancelled':
      return row.status;
    case 'running':
      return temporalAnswers && Date.now() - row.startedAt.getTime() < LIST_LAG_MS ? 'running' : 'unknown';
    default:
      return 'unknown';
  }
}
