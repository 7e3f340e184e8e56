import { createHash } from 'node:crypto';
import {
  busySteps,
  CALENDAR_LIMITS,
  CalendarError,
  isOwnUid,
  keptSteps,
  type BusyTimes,
} from '../../domain/calendars/index.ts';
import { vaultContext } from '../../infra/crypto.ts';
import { appendAudit } from '../../infra/audit/index.ts';
import { FeedError } from '../../infra/calendars/address.ts';
import { feedProblem } from '../../infra/calendars/problems.ts';
import type { Validators } from '../../infra/calendars/fetch.ts';
import type { Tx } from '../../infra/database/index.ts';
import type { Beat, CalendarDeps } from './deps.ts';
import { inTurns } from './in-turns.ts';
import { blockSteps, layOut, type Block, type LaidOut } from './lay-out.ts';
import { openColumn, stillThere, type ClaimedCalendar } from './rows.ts';

/** What a poll came to. */
export type PollOutcome = 'unchanged' | 'changed' | 'failing' | 'expired' | 'removed';

const DAY_MS = 86_400_000;
const NOTHING: LaidOut = { added: 0, changed: 0, removed: 0 };

/**
 * Polls one calendar: asks whether it changed, lays its busy times out as blocks, and says how it stands. A calendar that
 * cannot be read keeps its last copy, whose repetitions go on, until the copy is too old; then its blocks go.
 */
export async function pollCalendar(
  deps: CalendarDeps,
  calendar: ClaimedCalendar,
  beat: Beat,
): Promise<PollOutcome> {
  const kept = openColumn(deps, calendar, 'sealed_copy', calendar.sealedCopy);
  try {
    const fresh = await look(deps, calendar, kept, beat);
    return await settle(deps, calendar, fresh);
  } catch (error) {
    if (error instanceof FeedError)
      return fail(deps, calendar, kept, { code: error.code, status: error.status }, beat);
    if (error instanceof CalendarError)
      return fail(deps, calendar, kept, { code: error.code, status: null }, beat);
    throw error;
  }
}

interface Fresh {
  readonly busy: BusyTimes;
  readonly blocks: readonly Block[];
  /** The copy to keep; null = the one that there is. */
  readonly copy: string | null;
  readonly validators: Validators;
}

async function look(
  deps: CalendarDeps,
  calendar: ClaimedCalendar,
  kept: string | null,
  beat: Beat,
): Promise<Fresh> {
  const address = openColumn(deps, calendar, 'sealed_url', calendar.sealedUrl);
  if (address === null) throw new FeedError('calendar_address_malformed');
  const { etag, lastModified } = calendar;
  // Without a copy "as before" would say nothing.
  const known = kept === null ? { etag: null, lastModified: null } : { etag, lastModified };
  const answer = await deps.feeds.fetch(address, known);
  if (answer.kind === 'unchanged') {
    if (kept === null) throw new FeedError('calendar_http_status', 304);
    return { ...(await busyOf(deps, calendar, kept, beat)), copy: null, validators: known };
  }
  const limits = { ...CALENDAR_LIMITS, bytes: deps.calendars.maxBytes };
  const copy = await inTurns(keptSteps(answer.text, limits), beat);
  return {
    ...(await busyOf(deps, calendar, copy, beat)),
    copy: copy === kept ? null : copy,
    validators: { etag: answer.etag, lastModified: answer.lastModified },
  };
}

/** What a calendar blocks, worked out before any row is locked. */
async function busyOf(
  { calendars }: CalendarDeps,
  calendar: ClaimedCalendar,
  text: string,
  beat: Beat,
): Promise<Pick<Fresh, 'busy' | 'blocks'>> {
  const from = calendar.now.getTime();
  const work = busySteps({
    text,
    zone: calendar.zone,
    window: { from, to: from + calendars.horizonDays * DAY_MS },
    isOwn: isOwnUid(calendar.businessId),
    limits: { bytes: calendars.maxBytes },
  });
  const busy = await inTurns(work, beat);
  return { busy, blocks: await inTurns(blockSteps(busy.stretches, calendar.zone), beat) };
}

async function settle(
  deps: CalendarDeps,
  calendar: ClaimedCalendar,
  { busy, blocks, copy, validators }: Fresh,
): Promise<PollOutcome> {
  const { id } = calendar;
  const partly =
    busy.unread > 0 ? 'calendar_entries_unread' : busy.zonesUnknown > 0 ? 'calendar_zone_unknown' : null;
  const detail = partly === null ? null : feedProblem(partly, busy.unread || busy.zonesUnknown).detail;
  return deps.db.$transaction(async (tx) => {
    if (!(await stillThere(tx, id))) return 'removed';
    const laid = await layOut(tx, { ...calendar, calendarId: id }, blocks);
    await tx.$executeRaw`
      UPDATE external_calendars
         SET state = 'ok', etag = ${validators.etag}, last_modified = ${validators.lastModified},
             error_code = ${partly}, error_detail = ${detail}, failures = 0, failing_since = NULL,
             fetched_at = now(), ok_at = now(), laid_out_until = ${until(deps, calendar)}, events = ${busy.events},
             due_at = now() + make_interval(secs => interval_seconds), claimed_until = NULL, updated_at = now()
       WHERE id = ${id}::uuid`;
    if (copy !== null) await keep(deps, tx, calendar, copy);
    await note(tx, calendar, laid, 'calendar_laid_out');
    return laid.added + laid.changed + laid.removed > 0 ? 'changed' : 'unchanged';
  }, LONG);
}

/** Laying out hundreds of blocks for everybody of a salon takes its time. */
const LONG = { maxWait: 30_000, timeout: 60_000 };

async function fail(
  deps: CalendarDeps,
  calendar: ClaimedCalendar,
  kept: string | null,
  { code, status }: { readonly code: string; readonly status: number | null },
  beat: Beat,
): Promise<PollOutcome> {
  const { id, isStale } = calendar;
  const detail = feedProblem(code, status).detail;
  // What the last copy says goes on repeating while it counts.
  const counts =
    kept === null || isStale ? null : await busyOf(deps, calendar, kept, beat).catch(nullWhereUnreadable);
  return deps.db.$transaction(async (tx) => {
    if (!(await stillThere(tx, id))) return 'removed';
    const laid =
      counts !== null || isStale
        ? await layOut(tx, { ...calendar, calendarId: id }, counts?.blocks ?? [])
        : NOTHING;
    const state = isStale ? 'expired' : 'failing';
    const before = await tx.$queryRaw<{ state: string }[]>`
      SELECT state FROM external_calendars WHERE id = ${id}::uuid`;
    await tx.$executeRaw`
      UPDATE external_calendars
         SET state = ${state}, error_code = ${code}, error_detail = ${detail}, failures = failures + 1,
             failing_since = coalesce(failing_since, now()), fetched_at = now(),
             laid_out_until = CASE WHEN ${isStale} THEN NULL ELSE laid_out_until END,
             due_at = now() + make_interval(secs => least(interval_seconds * (1 << least(failures, 4)), greatest(3600, interval_seconds))),
             claimed_until = NULL, updated_at = now()
       WHERE id = ${id}::uuid`;
    await note(tx, calendar, laid, isStale ? 'calendar_expired' : 'calendar_laid_out');
    if (before[0]?.state !== state)
      deps.logger.warn(
        { calendarId: id, businessId: calendar.businessId, state, code },
        'a calendar cannot be read',
      );
    return state;
  }, LONG);
}

function nullWhereUnreadable(error: unknown): null {
  if (error instanceof CalendarError) return null;
  throw error;
}

async function keep(
  deps: CalendarDeps,
  tx: Tx,
  { id, businessId }: ClaimedCalendar,
  copy: string,
): Promise<void> {
  const place = { tenant: businessId, table: 'external_calendars', column: 'sealed_copy', row: id };
  const sealed = new Uint8Array(deps.vault.seal(copy, vaultContext(place)));
  const hash = createHash('sha256').update(copy).digest('hex');
  await tx.$executeRaw`
    UPDATE external_calendars SET sealed_copy = ${sealed}, body_hash = ${hash} WHERE id = ${id}::uuid`;
}

/** A poll that changed blocks is in the trail: how many, never what. */
async function note(
  tx: Tx,
  { id, businessId }: ClaimedCalendar,
  { added, changed, removed }: LaidOut,
  action: string,
): Promise<void> {
  if (added + changed + removed === 0) return;
  await appendAudit(tx, { businessId }, [
    {
      actor: 'sync',
      action,
      entity: 'calendar',
      recordId: id,
      reasonCode: `blocks +${String(added)} ~${String(changed)} -${String(removed)}`,
    },
  ]);
}

function until({ calendars }: CalendarDeps, { now }: ClaimedCalendar): Date {
  return new Date(now.getTime() + calendars.horizonDays * DAY_MS);
}
