import type { ListPage, RejectedRow } from '../../domain/observed.ts';
import { isComplete, WALK_START, type WalkCursor } from '../../domain/walk.ts';
import type { VisitWindow } from '../../domain/windows.ts';
import { localOf } from '../../domain/local-time.ts';
import { visitWindows } from '../../domain/windows.ts';
import type { Links } from '../../domain/states/links.ts';
import {
  absentClients,
  absentVisits,
  knownClients,
  knownVisits,
  type Absent,
  type Suspect,
} from '../apply/gone.ts';
import { loadCatalogLinks, NO_LINKS } from '../apply/links.ts';
import { applyClients, applyVisits, type AppliedVisits, type SeenAppointment } from './apply-page.ts';
import { SUSPECT_READS_PER_PASS } from './absent.ts';
import { RECORD_OF, settleAbsent } from './settle-absent.ts';
import { readById } from './read-by-id.ts';
import { noteProofs, type Proof } from './proof.ts';
import { APPLIES_PER_ACTIVITY, freshRows, readBatch, type Batch } from './pages.ts';
import {
  businessOf,
  claimWalk,
  cursorOf,
  inStep,
  withWalk,
  type InboundDeps,
  type RunBusiness,
  type RunRef,
  type StepScope,
} from './run.ts';

const LANE = 5;

/** Where a walk stands: all that a workflow needs to know of it. */
export interface WalkReport {
  readonly done: boolean;
  readonly rowsDone: number;
  readonly rowsTotal: number;
  /** False while the walk goes on, and where its end proves nothing (R2). */
  readonly complete: boolean;
}

/** Reads and applies the next pages of the client list. */
export async function walkClients(deps: InboundDeps, run: RunRef, beat: Beat): Promise<WalkReport> {
  const business = await businessOf(deps.db, run.businessId);
  return walk(deps, business, run, {
    key: 'clients',
    links: NO_LINKS,
    fetchPage: (offset, limit) => deps.booksy.listClients(business, { offset, limit }, { lane: LANE }),
    apply: async (scope, rows, rejected) => {
      await applyClients(scope, rows, rejected);
      return { again: [], cancels: [] };
    },
    findAbsent: (scope) => absentClients(scope.tx, { ...run, windowKey: 'clients' }),
    countKnown: (scope) => knownClients(scope.tx, business.id),
    entity: 'clients',
    beat,
  });
}

/** Reads and applies the next pages of one window of visits. */
export async function walkVisits(
  deps: InboundDeps,
  run: RunRef & { readonly windowKey: VisitWindow['key'] },
  beat: Beat,
): Promise<WalkReport> {
  const business = await businessOf(deps.db, run.businessId);
  const window = await windowOf(deps, business, run);
  const links = await loadCatalogLinks(deps.db, business.id);
  return walk(deps, business, run, {
    key: walkKey(window.key),
    links,
    fetchPage: (offset, limit) =>
      deps.booksy.listAppointments(
        business,
        {
          ...(window.fromLocal === null ? {} : { fromLocal: window.fromLocal }),
          ...(window.tillLocal === null ? {} : { tillLocal: window.tillLocal }),
          offset,
          limit,
        },
        { lane: LANE },
      ),
    apply: (scope, rows, rejected) => applyVisits(scope, rows, rejected, window),
    findAbsent: (scope) =>
      absentVisits(
        scope.tx,
        { ...run, windowKey: walkKey(window.key) },
        window,
        deps.capabilities.cancelledListed,
      ),
    countKnown: (scope) => knownVisits(scope.tx, business.id, window),
    entity: 'visits',
    beat,
  });
}

export type Beat = (detail?: unknown) => void;

/** The name of a window's walk in the run's cursor and in `integration_sync_status`. */
export function walkKey(windowKey: VisitWindow['key']): string {
  return `visits:${windowKey}`;
}

/** The window as it was cut when the run began: a run that lasts over midnight must not move it. */
async function windowOf(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef & { readonly windowKey: VisitWindow['key'] },
): Promise<VisitWindow> {
  const row = await deps.db.syncRun.findUniqueOrThrow({ where: { id: run.runId } });
  const today = localOf(row.startedAt.toISOString(), business.zone).slice(0, 10);
  const window = visitWindows(today).find(({ key }) => key === run.windowKey);
  if (window === undefined) throw new Error(`No window of visits is called ${run.windowKey}.`);
  return window;
}

interface Walk<T> {
  readonly key: string;
  readonly links: Links;
  readonly fetchPage: (offset: number, limit: number) => Promise<ListPage<T>>;
  /** Applies rows and returns the ids of those to be looked at by id. */
  readonly apply: (
    scope: StepScope,
    rows: readonly { readonly row: T; readonly interval: ListPage<T>['interval'] }[],
    rejected: readonly RejectedRow[],
  ) => Promise<AppliedVisits>;
  readonly findAbsent: (scope: StepScope) => Promise<Absent>;
  /** Records known in the window. */
  readonly countKnown: (scope: StepScope) => Promise<number>;
  readonly entity: 'clients' | 'visits';
  readonly beat: Beat;
}

async function walk<T extends { readonly externalId: string }>(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef,
  options: Walk<T>,
): Promise<WalkReport> {
  let cursor = (await cursorOf(deps.db, run.runId)).walks[options.key] ?? WALK_START;
  for (let applies = 0; applies < APPLIES_PER_ACTIVITY && !cursor.done; applies += 1) {
    const batch = await readBatch(cursor, options.fetchPage, () => {
      options.beat(cursor);
    });
    const { again, absent } = await applyBatch(deps, business, run, options, cursor, batch);
    await readAgain(deps, business, run, options, again);
    if (absent !== null) await settleAbsent(deps, business, run, options, absent);
    cursor = batch.cursor;
    options.beat(cursor);
  }
  return reportOf(cursor);
}

function reportOf(cursor: WalkCursor): WalkReport {
  return {
    done: cursor.done,
    rowsDone: cursor.done ? (cursor.lastTotal ?? 0) : cursor.offset,
    rowsTotal: cursor.lastTotal ?? 0,
    complete: cursor.done && cursor.broken === null && cursor.firstTotal === cursor.lastTotal,
  };
}

async function applyBatch<T extends { readonly externalId: string }>(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef,
  options: Walk<T>,
  from: WalkCursor,
  batch: Batch<T>,
): Promise<{ again: readonly string[]; absent: Absent | null }> {
  return inStep(deps, business, run, options.links, async (scope) => {
    claimWalk(scope, options.key, from);
    const rows = batch.pages.flatMap(({ page, fresh }) =>
      freshRows(page, fresh).map((row) => ({ row, interval: page.interval })),
    );
    const { again, cancels } = await options.apply(scope, rows, rejectedOf(batch));
    await noteCancels(scope, options.key, cancels);
    const distinct = await noteShown(scope, options.key, batch);
    scope.moveTo(withWalk(scope.cursor, options.key, batch.cursor));
    if (!batch.cursor.done) return { again, absent: null };

    const complete = isComplete(batch.cursor, distinct);
    await noteProofs(scope, proofOf(options, batch, complete));
    // An incomplete pass may add and change, never remove (R2).
    const missing = complete ? (await options.findAbsent(scope)).suspects : [];
    const suspects = [...missing, ...(await waitingCancels(scope, options.key))];
    await scope.tx.$executeRaw`
      DELETE FROM sync_pass_rows
       WHERE run_id = ${scope.runId}::uuid AND window_key IN (${options.key}, ${cancelsKey(options.key)})`;
    if (suspects.length === 0) return { again, absent: null };
    return { again, absent: { suspects, known: await options.countKnown(scope) } };
  });
}

function rejectedOf<T>(batch: Batch<T>): readonly RejectedRow[] {
  const rejected = batch.pages.flatMap(({ page }) => page.rejected);
  return [...new Map(rejected.map((row, index) => [row.externalId ?? `row-${String(index)}`, row])).values()];
}

/** Remembers the ids that the pass has shown, and counts the distinct ones. */
async function noteShown<T>(scope: StepScope, windowKey: string, batch: Batch<T>): Promise<number> {
  const ids = batch.pages.flatMap(({ page }) => page.externalIds.filter((id) => id !== null));
  await scope.tx.$executeRaw`
    INSERT INTO sync_pass_rows (run_id, window_key, external_id)
    SELECT ${scope.runId}::uuid, ${windowKey}, id FROM unnest(${ids}::text[]) AS id
    ON CONFLICT DO NOTHING`;
  if (!batch.cursor.done) return 0;
  const rows = await scope.tx.$queryRaw<{ distinct_ids: bigint }[]>`
    SELECT count(*) AS distinct_ids FROM sync_pass_rows
     WHERE run_id = ${scope.runId}::uuid AND window_key = ${windowKey}`;
  return Number(rows[0]?.distinct_ids ?? 0);
}

/** Cancels wait in the pass's scratch rows until its end: only then it shows whether they are too many at once (R3). */
function cancelsKey(windowKey: string): string {
  return `${windowKey}:cancels`;
}

async function noteCancels(scope: StepScope, windowKey: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await scope.tx.$executeRaw`
    INSERT INTO sync_pass_rows (run_id, window_key, external_id)
    SELECT ${scope.runId}::uuid, ${cancelsKey(windowKey)}, id FROM unnest(${ids}::text[]) AS id
    ON CONFLICT DO NOTHING`;
}

async function waitingCancels(scope: StepScope, windowKey: string): Promise<readonly Suspect[]> {
  const rows = await scope.tx.$queryRaw<{ id: string }[]>`
    SELECT external_id AS id FROM sync_pass_rows
     WHERE run_id = ${scope.runId}::uuid AND window_key = ${cancelsKey(windowKey)} ORDER BY external_id`;
  return rows.map(({ id }) => ({ entity: 'booking', externalId: id, mirrorId: id }));
}

/** What the finished pass proves. */
function proofOf<T>(options: Walk<T>, batch: Batch<T>, complete: boolean): readonly Proof[] {
  const last = batch.pages[batch.pages.length - 1];
  if (last === undefined) return [];
  const { total: remoteCount, interval } = last.page;
  const entity = RECORD_OF[options.entity];
  return [{ entity, windowKey: options.key, complete, remoteCount, receivedAt: interval.receivedAt }];
}

/** Rows whose list page was sent before their record's last applied read ended are read by id (R1). */
async function readAgain<T>(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef,
  options: Walk<T>,
  externalIds: readonly string[],
): Promise<void> {
  if (externalIds.length === 0 || options.entity !== 'visits') return;
  const read: SeenAppointment[] = [];
  for (const externalId of externalIds.slice(0, SUSPECT_READS_PER_PASS)) {
    const answer = await readById(() => deps.booksy.getAppointment(business, { externalId }, { lane: LANE }));
    if ('found' in answer) read.push(answer.found);
    options.beat();
  }
  await inStep(deps, business, run, options.links, (scope) => applyVisits(scope, read, [], null));
}
