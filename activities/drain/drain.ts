import { loadCatalogLinks } from '../apply/links.ts';
import { HeldError } from '../inbound/run-ref.ts';
import { lookIntoBoxes, type BoxLook } from './boxes.ts';
import { sharedCatalog } from './catalog.ts';
import type { DrainDeps, DrainRun } from './deps.ts';
import { settleFailures, type Tries } from './failures.ts';
import { drainRecords, isWritable } from './outbox.ts';
import { makesTrouble, reportOwnTrouble } from './own-trouble.ts';
import { dropOwnEchoes } from './own-echoes.ts';
import { createPutOff, type PutOff, type PutOffRecord } from './put-off.ts';
import { startNewConflicts } from './new-conflicts.ts';
import { closeRunRow, openRunRow } from './run-row.ts';
import { lookAtWhole } from './whole.ts';
import type { Seat } from './wakes.ts';
import { drainWebhooks } from './webhooks.ts';

/** How long an activity waits for news on empty boxes: what comes then needs no workflow. */
export const LINGER_MS = 2_000;
/** How long an activity drains at most; the workflow starts the next one. */
export const ACTIVITY_MS = 60_000;
/** After this a record that somebody else holds, or that failed in a way that may pass, is looked at again. */
const PUT_OFF_MS = 1_000;

/** What a drain came to: counters only, for the Web UI and the workflow's loop. */
export interface DrainReport {
  readonly webhooks: number;
  readonly echoes: number;
  readonly records: number;
  readonly writes: number;
  readonly failures: number;
  /** The boxes were not empty when the activity's time was over. */
  readonly more: boolean;
}

/** Tells that the drain lives. @throws where it was cancelled or the worker stops */
export type Beat = () => void;

/**
 * Drains both boxes of a business until they are empty (R26, R28): newest state of each record once, whoever changed it.
 * Everything it does is safe to be done twice: rows go in the commit that used them, and only rows seen before the read.
 */
export async function drainBoxes(
  deps: DrainDeps,
  run: DrainRun,
  signal: AbortSignal,
  beat: Beat,
): Promise<DrainReport> {
  const seat = deps.wakes.enter(run.businessId);
  const drain: Drain = { deps, run, seat, signal, beat, putOff: createPutOff(), tries: new Map() };
  try {
    return await untilEmpty(drain);
  } finally {
    // Without effect where it left in order.
    seat.abandon();
  }
}

interface Drain {
  readonly deps: DrainDeps;
  readonly run: DrainRun;
  readonly seat: Seat;
  readonly signal: AbortSignal;
  readonly beat: Beat;
  readonly putOff: PutOff;
  readonly tries: Tries;
}

async function untilEmpty(drain: Drain): Promise<DrainReport> {
  const { deps, run, seat, signal, beat, putOff } = drain;
  const endsAt = performance.now() + ACTIVITY_MS;
  const lingerMs = deps.lingerMs ?? LINGER_MS;
  let lingersUntil = performance.now() + lingerMs;
  let report: DrainReport = NOTHING;
  let opened = false;
  /** What the last batch has brought is still to be looked at. */
  let unseen = false;
  for (;;) {
    beat();
    if (performance.now() >= endsAt) {
      report = { ...report, more: true };
      break;
    }
    seat.looking();
    const look = await lookIntoBoxes(deps.db, run, putOff);
    unseen = false;
    if (look.newConflicts) await startNewConflicts(deps, run);
    if (isEmpty(look)) {
      const patience = look.hold === 'none' ? lingersUntil - performance.now() : 0;
      const waitMs = putOff.nextInMs() ?? patience;
      if (waitMs > 0 && ((await seat.news(waitMs, signal)) || putOff.nextInMs() !== null)) continue;
      if (putOff.nextInMs() === null && seat.leave()) break;
      continue;
    }
    if (!opened && isWorthARow(look)) {
      await openRunRow(deps.db, run);
      opened = true;
    }
    const batch = await workOn(drain, look);
    unseen = true;
    for (const record of batch.later) putOff.add(record, PUT_OFF_MS);
    report = added(report, batch);
    lingersUntil = performance.now() + lingerMs;
    if (batch.stop && seat.leave()) break;
  }
  // Left after a batch and without another look: at the end of its time, or where the circuit has opened.
  if (opened && unseen) await startNewConflicts(deps, run);
  if (opened) await closeRunRow(deps.db, run);
  return report;
}

interface Batch extends Omit<DrainReport, 'more'> {
  readonly later: readonly PutOffRecord[];
  /** The circuit has opened: nothing more now. */
  readonly stop: boolean;
}

/** Works on what one look has shown. A pause that came meanwhile is no failure: nothing was written. */
async function workOn({ deps, run, beat, tries }: Drain, look: BoxLook): Promise<Batch> {
  const { business } = look;
  const shown = look.hold === 'probe' ? oneOf(look) : look;
  const catalog = sharedCatalog(() => loadCatalogLinks(deps.db, business.id));
  const whole = await lookAtWhole(deps, run, shown.whole, beat);
  // A probe is to show that Booksy answers: what needs no call shows nothing.
  const unread = look.hold === 'probe' ? shown.webhooks : await dropOwnEchoes(deps, business, shown.webhooks);
  const ownEchoes = shown.webhooks.length - unread.length;
  try {
    // Before their rows leave the box: after a crash they are looked at again.
    await reportOwnTrouble(deps, business, run, shown.records);
    const [news, records] = await Promise.all([
      drainWebhooks(deps, business, run, unread, catalog.links, beat),
      drainRecords(deps, run, business, shown.records, catalog, beat),
    ]);
    const settled = await settleFailures(deps, run, shown, { news, records }, tries);
    return {
      webhooks: news.drained.length + ownEchoes,
      echoes: records.echoes + ownEchoes,
      records: records.processed.length,
      writes: records.writes,
      failures: settled.failures,
      later: [...whole, ...records.later, ...settled.later],
      stop: settled.stop,
    };
  } catch (error) {
    if (error instanceof HeldError) return { ...NOTHING, later: [], stop: false };
    throw error;
  }
}

const NOTHING: DrainReport = { webhooks: 0, echoes: 0, records: 0, writes: 0, failures: 0, more: false };

/** A probe takes one record of those that wait, any: the first one may be the one that nobody can mend (R29). */
function oneOf(look: BoxLook): BoxLook {
  const { webhooks, records } = look;
  const index = Math.floor(Math.random() * (webhooks.length + records.length));
  return {
    ...look,
    whole: [],
    webhooks: webhooks.slice(index, index + 1),
    records:
      index < webhooks.length ? [] : records.slice(index - webhooks.length, index - webhooks.length + 1),
  };
}

/** Rows of what is never written at Booksy only go: that is nothing for the ledger. */
function isWorthARow({ webhooks, records, whole }: BoxLook): boolean {
  return (
    webhooks.length > 0 ||
    whole.length > 0 ||
    records.some((record) => isWritable(record) || makesTrouble(record))
  );
}

function isEmpty({ webhooks, records, whole }: BoxLook): boolean {
  return webhooks.length === 0 && records.length === 0 && whole.length === 0;
}

function added(report: DrainReport, batch: Batch): DrainReport {
  return {
    webhooks: report.webhooks + batch.webhooks,
    echoes: report.echoes + batch.echoes,
    records: report.records + batch.records,
    writes: report.writes + batch.writes,
    failures: report.failures + batch.failures,
    more: report.more,
  };
}
