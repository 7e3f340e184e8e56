import type { ListPage, RejectedRow } from '../../domain/observed.ts';
import { isComplete, WALK_START, type WalkCursor } from '../../domain/walk.ts';
import type { VisitWindow } from '../../domain/windows.ts';
import { localOf } from '../../domain/local-time.ts';
import { visitWindow, widestAround } from '../../domain/windows.ts';
import type { Links } from '../../domain/states/links.ts';
import { absentClients, absentVisits, knownClients, knownVisits, type Absent } from '../apply/gone.ts';
import { loadCatalogLinks, NO_LINKS } from '../apply/links.ts';
import { applyClients, applyVisits, type AppliedVisits, type SeenAppointment } from './apply-page.ts';
import { SUSPECT_READS_PER_PASS } from './absent.ts';
import { RECORD_OF, settleAbsent } from './settle-absent.ts';
import { readById } from './read-by-id.ts';
import { noteProofs, type Proof } from './proof.ts';
import { APPLIES_PER_ACTIVITY, createReader, freshRows, type Batch } from './pages.ts';
import { isUnsettled, withComplete, withUnsettled, withWalk } from './cursor.ts';
import { absentOfPass, forgetPass, noteCancels, noteShown } from './pass-rows.ts';
import { withWouldLinks } from './plan-row.ts';
import { closeWindowEntry } from './removals.ts';
import {
  inStep,
  openRun,
  type InboundDeps,
  type OpenRun,
  type RunBusiness,
  type RunRef,
  type StepScope,
} from './run.ts';

const LANE = 5;

/** The client list's walk in the run's cursor and in `integration_sync_status`. */
export const CLIENTS_WALK = 'clients';

/** Where a walk stands: all that a workflow needs to know of it. */
export interface WalkReport {
  readonly done: boolean;
  readonly rowsDone: number;
  readonly rowsTotal: number;
  /** Whether the ended pass proves what it saw (R2); false while it goes on. */
  readonly complete: boolean;
}

/** Reads and applies the next pages of the client list. */
export async function walkClients(deps: InboundDeps, run: RunRef, beat: Beat): Promise<WalkReport> {
  const open = await openRun(deps.db, run);
  const { business } = open;
  return walk(deps, open, run, {
    key: CLIENTS_WALK,
    guardKey: CLIENTS_WALK,
    links: NO_LINKS,
    fetchPage: (offset, limit) => deps.booksy.listClients(business, { offset, limit }, { lane: LANE }),
    apply: async (scope, rows, rejected) => {
      await applyClients(scope, rows, rejected);
      return { again: [], cancels: [] };
    },
    findAbsent: (scope) => absentClients(scope.tx, { ...run, windowKey: CLIENTS_WALK }),
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
  const open = await openRun(deps.db, run);
  const { business } = open;
  const window = windowOf(open, run.windowKey);
  const known = await loadCatalogLinks(deps.db, business.id);
  return walk(deps, open, run, {
    key: walkKey(window.key),
    guardKey: walkKey(widestAround(window.key)),
    links: open.dry ? await withWouldLinks(deps.db, run.runId, known) : known,
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
function windowOf({ business, startedAt }: OpenRun, windowKey: VisitWindow['key']): VisitWindow {
  return visitWindow(windowKey, localOf(startedAt, business.zone).slice(0, 10));
}

interface Walk<T> {
  readonly key: string;
  /** The window in whose name too many removals wait for a person (R3). */
  readonly guardKey: string;
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
  open: OpenRun,
  run: RunRef,
  options: Walk<T>,
): Promise<WalkReport> {
  const { business } = open;
  let cursor = open.cursor.walks[options.key] ?? WALK_START;
  let unsettled = isUnsettled(open.cursor, options.key);
  let complete = open.cursor.complete?.includes(options.key) ?? false;
  const reader = createReader(options.fetchPage, () => {
    options.beat(cursor);
  });
  try {
    for (let applies = 0; applies < APPLIES_PER_ACTIVITY && !cursor.done; applies += 1) {
      const batch = await reader.read(cursor);
      // The next pages are read while these are applied: Booksy and the database need not wait for each other.
      if (applies + 1 < APPLIES_PER_ACTIVITY) reader.readAhead(batch.cursor);
      const applied = await applyBatch(deps, business, run, options, cursor, batch);
      if (!open.dry) await readAgain(deps, business, run, options, applied.again);
      ({ complete, unsettled } = applied);
      cursor = batch.cursor;
      options.beat(cursor);
    }
  } finally {
    await reader.stop();
  }
  // Of its own transactions: a crash in between leaves it to the next attempt.
  if (unsettled) await settleAbsent(deps, business, run, options, { complete, beat: options.beat });
  return {
    done: cursor.done,
    rowsDone: cursor.done ? (cursor.lastTotal ?? 0) : cursor.offset,
    rowsTotal: cursor.lastTotal ?? 0,
    complete,
  };
}

interface AppliedBatch {
  readonly again: readonly string[];
  /** Whether the pass has ended and proves what it saw (R2). */
  readonly complete: boolean;
  /** Whether the pass has ended with records that are missing or newly cancelled. */
  readonly unsettled: boolean;
}

async function applyBatch<T extends { readonly externalId: string }>(
  deps: InboundDeps,
  business: RunBusiness,
  run: RunRef,
  options: Walk<T>,
  from: WalkCursor,
  batch: Batch<T>,
): Promise<AppliedBatch> {
  return inStep(
    deps,
    business,
    run,
    options.links,
    async (scope) => {
      const rows = batch.pages.flatMap(({ page, fresh }) =>
        freshRows(page, fresh).map((row) => ({ row, interval: page.interval })),
      );
      const { again, cancels } = await options.apply(scope, rows, rejectedOf(batch));
      await noteCancels(scope, options.key, cancels);
      const distinct = await noteShown(scope, options.key, batch);
      const moved = withWalk(scope.cursor, options.key, batch.cursor);
      if (!batch.cursor.done) {
        scope.moveTo(moved);
        return { again, complete: false, unsettled: false };
      }
      const complete = isComplete(batch.cursor, distinct);
      if (scope.plan === null) await noteProofs(scope, proofOf(options, batch, complete));
      await scope.settleWaiting(RECORD_OF[options.entity], complete ? { windowKey: options.key } : null);
      const { suspects } = await absentOfPass(scope, options, complete);
      const unsettled = suspects.length > 0;
      if (!unsettled) {
        await forgetPass(scope, options.key);
        // Only a pass over all of the window knows that nothing of it is missing.
        const sawAll = options.guardKey === options.key;
        if (complete && sawAll && scope.hasQuarantine() && scope.plan === null) {
          await closeWindowEntry(scope, RECORD_OF[options.entity], options.key);
        }
      }
      scope.moveTo(withUnsettled(withComplete(moved, options.key, complete), options.key, unsettled));
      return { again, complete, unsettled };
    },
    { walk: options.key, from },
  );
}

function rejectedOf<T>(batch: Batch<T>): readonly RejectedRow[] {
  const rejected = batch.pages.flatMap(({ page }) => page.rejected);
  return [...new Map(rejected.map((row, index) => [row.externalId ?? `row-${String(index)}`, row])).values()];
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
