import { v7 as uuidv7 } from 'uuid';
import type { HoursRow } from '../../domain/availability/index.ts';
import { sameValue, type Json } from '../../domain/canonical.ts';
import { appendAudit, sealValues } from '../audit/index.ts';
import type { Vault } from '../crypto.ts';
import { Prisma, type Tx } from '../database/index.ts';
import type { OpenInterval } from '../../domain/observed.ts';
import { dayOfGroup, HOURS_PARTS, scheduleId } from '../../domain/states/hours.ts';
import { lockOwner, requireDate, salonNow, type SalonNow } from './owner.ts';
import {
  customDaysOf,
  groupOf,
  groupsOf,
  lockRows,
  weekOn,
  weeksOf,
  type CustomDay,
  type RowToBe,
  type Week,
} from './rows.ts';
import { NO_VISITS, visitsInClosedTime, type VisitsInTheWay } from './visits.ts';
import {
  HoursError,
  MOST_DAYS_AHEAD,
  MOST_SCHEDULES,
  unusable,
  type DayHours,
  type HoursOwner,
} from './words.ts';

/** Setting hours, in the caller's transaction. Every function throws `HoursError`; then nothing may be committed. */

export interface HoursContext {
  readonly tx: Tx;
  readonly vault: Vault;
  readonly actor: string;
  readonly businessId: string;
  readonly owner: HoursOwner;
}

/** As it was shown; null: there was none. Left out: whatever is there is replaced. */
type Expected = { readonly version?: string | null | undefined };

export interface Changed {
  /** False where it was so already; then nothing was written. */
  readonly changed: boolean;
  readonly visits: VisitsInTheWay;
}

/**
 * Replaces a week.
 *
 * @param wanted.appliesFrom first day of a schedule; null: the week that counts today, whenever it began
 * @throws {HoursError} `unknown_owner`, `hours_changed`, `time_past`, `time_too_far`, `hours_week_missing`, `too_many_schedules`
 */
export async function setWeek(
  context: HoursContext,
  wanted: Expected & { readonly appliesFrom: string | null; readonly days: readonly DayHours[] },
): Promise<Changed & { readonly week: Week }> {
  const { salon, rows } = await look(context);
  const weeks = weeksOf(rows);
  if (wanted.appliesFrom !== null) {
    requireDate(salon, 'appliesFrom', wanted.appliesFrom, MOST_DAYS_AHEAD);
    refuseWithoutWeek(context.owner, weeks, salon);
  }
  const appliesFrom = wanted.appliesFrom ?? weekOn(weeks, salon.today)?.appliesFrom ?? null;
  const present = weeks.find((week) => week.appliesFrom === appliesFrom);
  refuseOther(wanted, present?.version ?? null);
  if (present === undefined) refuseTooMany(weeks, salon, appliesFrom);
  const toBe = wanted.days.map(
    ({ dayOfWeek, intervals }) =>
      ({ kind: 'weekly', dayOfWeek, date: null, appliesFrom, intervals }) as const,
  );
  const done = await put(context, salon, rows, { toBe, action: 'hours_week_set' });
  const week = weeksOf(done.rows).find((each) => each.appliesFrom === appliesFrom);
  if (week === undefined) throw new Error('The week that was written is not there.');
  return { changed: done.changed, visits: done.visits, week };
}

/**
 * Takes a schedule that has not begun away: the week before it goes on.
 *
 * @throws {HoursError} `unknown_owner`, `unknown_schedule`, `schedule_begun`, `hours_changed`
 */
export async function removeSchedule(
  context: HoursContext,
  wanted: Expected & { readonly appliesFrom: string },
): Promise<Changed> {
  const { salon, rows } = await look(context);
  const { appliesFrom } = wanted;
  const present = weeksOf(rows).find((week) => week.appliesFrom === appliesFrom);
  if (present === undefined)
    throw new HoursError('unknown_schedule', {
      message: 'This schedule',
      next: 'Look at the hours as they are.',
    });
  if (appliesFrom <= salon.today)
    throw new HoursError('schedule_begun', {
      message: `The schedule from ${appliesFrom} has begun: it is the week that counts, or counted before.`,
      next: 'Set the week itself, without `appliesFrom`.',
    });
  refuseOther(wanted, present.version);
  const toGo = rows.filter((row) => row.kind === 'weekly' && row.appliesFrom === appliesFrom);
  return put(context, salon, rows, { toGo, action: 'hours_schedule_removed' });
}

/**
 * Gives one date hours of its own; none: closed.
 *
 * @throws {HoursError} `unknown_owner`, `time_past`, `time_too_far`, `hours_week_missing`, `hours_changed`
 */
export async function setDay(
  context: HoursContext,
  wanted: Expected & { readonly date: string; readonly intervals: readonly OpenInterval[] },
): Promise<Changed & { readonly day: CustomDay }> {
  const { salon, rows } = await look(context);
  const { date, intervals } = wanted;
  requireDate(salon, 'date', date, MOST_DAYS_AHEAD);
  refuseWithoutWeek(context.owner, weeksOf(rows), salon);
  refuseOther(wanted, dayIn(rows, date)?.version ?? null);
  const toBe = [{ kind: 'custom', dayOfWeek: null, date, appliesFrom: null, intervals }] as const;
  const done = await put(context, salon, rows, { toBe, action: 'hours_day_set' });
  const day = dayIn(done.rows, date);
  if (day === undefined) throw new Error('The day that was written is not there.');
  return { changed: done.changed, visits: done.visits, day };
}

/**
 * Takes the hours of one date away: its week counts again.
 *
 * @throws {HoursError} `unknown_owner`, `time_past`, `time_too_far`, `hours_changed`
 */
export async function clearDay(
  context: HoursContext,
  wanted: Expected & { readonly date: string },
): Promise<Changed> {
  const { salon, rows } = await look(context);
  requireDate(salon, 'date', wanted.date, MOST_DAYS_AHEAD);
  refuseOther(wanted, dayIn(rows, wanted.date)?.version ?? null);
  const toGo = rows.filter(({ kind, date }) => kind === 'custom' && date === wanted.date);
  return put(context, salon, rows, { toGo, action: 'hours_day_cleared' });
}

/**
 * Takes the own hours of a person or a room away, with its schedules and dates, which alone would close all its other days: the
 * salon's count again, at Booksy too where hours go there. Also where they are merely gone: from now on that is meant.
 *
 * @throws {HoursError} `unknown_owner`, `bad_value` for the salon itself, `hours_changed`
 */
export async function removeOwn(context: HoursContext, wanted: Expected): Promise<Changed> {
  const { tx, businessId, owner } = context;
  if (owner.kind === 'business')
    throw unusable(
      'staff',
      'or room is needed: the salon’s own week can be set, and closed, but not taken away',
    );
  const { salon, rows } = await look(context);
  refuseOther(wanted, weekOn(weeksOf(rows), salon.today)?.version ?? null);
  const done = await put(context, salon, rows, { toGo: rows, action: 'hours_own_removed' });
  // Booksy has a week of everybody: theirs is made like the salon's, and follows it.
  const marked = await tx.$executeRaw`
    WITH marked AS (
      UPDATE hours_schedules SET follows_salon = true, row_version = row_version + 1, updated_at = now()
       WHERE id = ${scheduleId(owner.kind, owner.id, 'weekly')}::uuid AND business_id = ${businessId}::uuid AND NOT follows_salon
      RETURNING id)
    INSERT INTO sync_outbox (business_id, entity, record_id, operation)
    SELECT ${businessId}::uuid, 'hours', id, 'update' FROM marked`;
  return { changed: done.changed || marked > 0, visits: done.visits };
}

async function look({ tx, businessId, owner }: HoursContext) {
  await lockOwner(tx, businessId, owner);
  const rows = await lockRows(tx, businessId, owner);
  return { salon: await salonNow(tx, businessId), rows };
}

function dayIn(rows: readonly HoursRow[], date: string): CustomDay | undefined {
  return customDaysOf(rows).find((day) => day.date === date);
}

function refuseOther({ version }: Expected, present: string | null): void {
  if (version === undefined || version === present) return;
  throw new HoursError('hours_changed', {
    message: 'Somebody has changed these hours since they were shown.',
    next: 'Read them again, and decide anew.',
  });
}

/** With a day or a later schedule alone, who works whenever the salon is open would be closed on all other days. */
function refuseWithoutWeek({ kind }: HoursOwner, weeks: readonly Week[], { today }: SalonNow): void {
  if (kind === 'business' || weekOn(weeks, today) !== null) return;
  throw new HoursError('hours_week_missing', {
    message: `This ${kind === 'staff' ? 'member of staff has no week of their own: they work whenever the salon is open' : 'room has no week of its own: it is always there'}.`,
    next: 'Set the week first, without `appliesFrom`; then days and schedules.',
  });
}

function refuseTooMany(weeks: readonly Week[], { today }: SalonNow, appliesFrom: string | null): void {
  if ((appliesFrom ?? '') <= today) return;
  if (weeks.filter((week) => (week.appliesFrom ?? '') > today).length < MOST_SCHEDULES) return;
  throw new HoursError('too_many_schedules', {
    message: `There are ${String(MOST_SCHEDULES)} schedules to come already.`,
    next: 'Take away those that nobody needs any more, or set days one by one.',
  });
}

interface Writing {
  readonly toBe?: readonly RowToBe[];
  readonly toGo?: readonly HoursRow[];
  readonly action: string;
}

/** Writes what differs, and says which visits it leaves outside. The audit comes last: it holds the business's chain. */
async function put(
  context: HoursContext,
  salon: SalonNow,
  rows: readonly HoursRow[],
  { toBe = [], toGo = [], action }: Writing,
): Promise<Changed & { readonly rows: readonly HoursRow[] }> {
  const { tx, vault, actor, businessId, owner } = context;
  const held = groupsOf(rows);
  const news = toBe.filter((row) => !sameValue(held[groupOf(row)], jsonOf(row.intervals)));
  if (news.length + toGo.length === 0) return { changed: false, visits: NO_VISITS, rows };
  await writeRows(context, news, toGo);
  const touched = new Set([...news, ...toGo].map(groupOf));
  const after = [...rows.filter((row) => !touched.has(groupOf(row))), ...news];
  const visits = await visitsInClosedTime(tx, salon, owner, rows, after);
  const groups = [...touched];
  const now = groupsOf(news);
  const of = (states: Readonly<Record<string, Json>>, some: readonly string[]) =>
    Object.fromEntries(some.map((group) => [group, states[group] ?? null]));
  // The week and the custom days are a schedule each.
  const lines = HOURS_PARTS.flatMap((part) => {
    const own = groups.filter((group) => (dayOfGroup(group).date === null) === (part === 'weekly'));
    if (own.length === 0) return [];
    const values = sealValues(vault, businessId, { before: of(held, own), after: of(now, own) });
    const recordId = scheduleId(owner.kind, owner.id, part);
    return [
      { actor, action, entity: 'hours', recordId, reasonCode: `of_${owner.kind}`, groups: own, values },
    ];
  });
  await appendAudit(tx, { businessId }, lines);
  return { changed: true, visits, rows: after };
}

function jsonOf(intervals: readonly OpenInterval[]): Json {
  return intervals.map(([open, close]) => [open, close]);
}

/** As the rows of the sync are written, without its marks: this is the platform's own edit. */
async function writeRows(
  { tx, businessId, owner }: HoursContext,
  news: readonly RowToBe[],
  toGo: readonly HoursRow[],
): Promise<void> {
  const recordset = (rows: readonly object[]) => Prisma.sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
    AS r(id uuid, kind text, "dayOfWeek" int, date date, "appliesFrom" date, intervals jsonb)`;
  if (toGo.length > 0)
    await tx.$executeRaw`
      DELETE FROM working_hours h USING ${recordset(toGo)}
       WHERE h.business_id = ${businessId}::uuid AND h.owner_kind = ${owner.kind} AND h.owner_id = ${owner.id}::uuid
         AND (h.kind, h.day_of_week, h.date, h.applies_from) IS NOT DISTINCT FROM (r.kind, r."dayOfWeek", r.date, r."appliesFrom")`;
  if (news.length > 0)
    await tx.$executeRaw`
      INSERT INTO working_hours AS h (id, business_id, owner_kind, owner_id, kind, day_of_week, date, applies_from, intervals)
      SELECT r.id, ${businessId}::uuid, ${owner.kind}, ${owner.id}::uuid, r.kind, r."dayOfWeek", r.date, r."appliesFrom", r.intervals
        FROM ${recordset(news.map((row) => ({ id: uuidv7(), ...row })))}
      ON CONFLICT (owner_kind, owner_id, kind, day_of_week, date, applies_from) DO UPDATE
         SET intervals = excluded.intervals WHERE h.intervals IS DISTINCT FROM excluded.intervals`;
}
