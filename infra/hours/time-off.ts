import { sameValue } from '../../domain/canonical.ts';
import { addDays, resolveLocal } from '../../domain/local-time.ts';
import type { TimeOffReason } from '../../domain/observed.ts';
import { appendAudit, sealValues } from '../audit/index.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { findTimeOff, type StoredTimeOff } from './time-off-rows.ts';
import { lockOwner, requireDate, salonNow, type SalonNow } from './owner.ts';
import { visitsWithin, type VisitsInTheWay } from './visits.ts';
import type { HoursContext } from './write.ts';
import { HoursError, TIME_OFF_DAYS, TIME_OFF_DAYS_AHEAD, unusable, type HoursOwner } from './words.ts';

/** Time off of people and rooms, in the caller's transaction. Every function throws `HoursError`; then nothing may be committed. */

/** Reasons as Booksy has them, for people and for rooms. */
export const REASONS_OF = {
  staff: ['personal_day', 'sick_day', 'vacation', 'training', 'no_show', 'late', 'early', 'other'],
  room: ['day_off', 'holiday', 'maintenance', 'break', 'other'],
} as const satisfies Readonly<Record<'staff' | 'room', readonly TimeOffReason[]>>;

/** When, by the salon's clock: from a local time to a local time, or whole days. What is left out stays, where there is something. */
export interface WantedTimeOff {
  readonly startsLocal?: string | undefined;
  readonly endsLocal?: string | undefined;
  /** First and last of whole days. */
  readonly fromDate?: string | undefined;
  readonly toDate?: string | undefined;
  readonly reasonCode?: TimeOffReason | undefined;
}

export interface TimeOffDone {
  /** False where it was so already; then nothing was written. */
  readonly changed: boolean;
  readonly visits: VisitsInTheWay;
}

/** Which time off, and as which it was shown. */
export interface NamedTimeOff {
  readonly id: string;
  readonly version?: number | undefined;
}

type Context = Omit<HoursContext, 'owner'>;

/**
 * Adds time off of a person or a room. The same id again adds nothing.
 *
 * @throws {HoursError} `unknown_owner`, `bad_value`, `time_past`, `time_too_far`, `time_ambiguous`
 */
export async function addTimeOff(
  context: Context,
  owner: HoursOwner,
  id: string,
  wanted: WantedTimeOff,
): Promise<TimeOffDone> {
  const { tx, businessId } = context;
  await lockOwner(tx, businessId, owner);
  const salon = await salonNow(tx, businessId);
  const time = judged(salon, timeOf(wanted, null));
  const reason = reasonOf(owner, wanted.reasonCode ?? 'other');
  const added = await tx.$executeRaw`
    INSERT INTO time_off (id, business_id, owner_kind, owner_id, zone, starts_local, ends_local, starts_at, ends_at, all_day, reason_code)
    VALUES (${id}::uuid, ${businessId}::uuid, ${owner.kind}, ${owner.id}::uuid, ${salon.zone}, ${time.startsLocal}::timestamp,
            ${time.endsLocal}::timestamp, ${time.startsAt}::timestamptz, ${time.endsAt}::timestamptz, ${time.allDay}, ${reason})
    ON CONFLICT (id) DO NOTHING`;
  const visits = await visitsWithin(tx, salon, owner, time);
  if (added > 0)
    await audit(context, id, 'time_off_added', {
      before: null,
      after: groupsOf(salon.zone, owner, time, reason),
    });
  return { changed: added > 0, visits };
}

/**
 * Changes what is named of a time off.
 *
 * @throws {HoursError} `unknown_time_off`, `time_off_changed`, `time_off_over`, `time_off_of_calendar`, `time_off_of_booksy`, and
 * as adding it
 */
export async function changeTimeOff(
  context: Context,
  named: NamedTimeOff,
  wanted: WantedTimeOff,
): Promise<TimeOffDone> {
  const { tx, businessId } = context;
  const salon = await salonNow(tx, businessId);
  const row = await ours(context, salon, named);
  // What is not named is not judged: a time off of Booksy's may be longer than one that is made here.
  const time = namesTime(wanted) ? { ...judged(salon, timeOf(wanted, row)), zone: salon.zone } : row;
  const reason = wanted.reasonCode === undefined ? row.reasonCode : reasonOf(row.owner, wanted.reasonCode);
  const before = groupsOf(row.zone, row.owner, row, row.reasonCode);
  const after = groupsOf(time.zone, row.owner, time, reason);
  const changed = !sameValue(before, after);
  if (changed)
    await tx.$executeRaw`
      UPDATE time_off
         SET zone = ${time.zone}, starts_local = ${time.startsLocal}::timestamp, ends_local = ${time.endsLocal}::timestamp,
             starts_at = ${time.startsAt}::timestamptz, ends_at = ${time.endsAt}::timestamptz, all_day = ${time.allDay},
             reason_code = ${reason}
       WHERE id = ${row.id}::uuid`;
  const visits = await visitsWithin(tx, salon, row.owner, time);
  if (changed) await audit(context, row.id, 'time_off_changed', { before, after });
  return { changed, visits };
}

/**
 * Takes a time off away: the time can be sold again.
 *
 * @throws {HoursError} `unknown_time_off`, `time_off_changed`, `time_off_over`, `time_off_of_calendar`, `time_off_of_booksy`
 */
export async function removeTimeOff(context: Context, named: NamedTimeOff): Promise<void> {
  const { tx, businessId } = context;
  const row = await ours(context, await salonNow(tx, businessId), named);
  await tx.$executeRaw`DELETE FROM time_off WHERE id = ${row.id}::uuid`;
  const before = groupsOf(row.zone, row.owner, row, row.reasonCode);
  await audit(context, row.id, 'time_off_removed', { before, after: null });
}

/** The row, locked, if it may be changed here. */
async function ours(
  { tx, businessId }: Context,
  { now }: SalonNow,
  named: NamedTimeOff,
): Promise<StoredTimeOff> {
  const row = await findTimeOff(tx, businessId, named.id);
  if (row === null)
    throw new HoursError('unknown_time_off', {
      message: 'This time off',
      next: 'Look at the time off as it is.',
    });
  if (row.source === 'calendar')
    throw new HoursError('time_off_of_calendar', {
      message: 'It is an event of a calendar of others.',
      next: `Change it in that calendar (${row.calendarId ?? 'of others'}): it comes here by itself; or put the calendar to rest.`,
    });
  if (row.source === 'reservation')
    throw new HoursError('time_off_of_booksy', {
      message: 'It is a reservation of time in Booksy’s own visit list.',
      next: 'Change it in Booksy: it comes here by itself.',
    });
  if (named.version !== undefined && named.version !== row.version)
    throw new HoursError('time_off_changed', {
      message: 'The time off has changed since it was shown.',
      next: 'Read it again, and decide anew.',
    });
  if (row.endsAt <= now)
    throw new HoursError('time_off_over', {
      message: 'The time off is over.',
      next: 'Add another one; what is over stays.',
    });
  return row;
}

interface LocalRange {
  readonly startsLocal: string;
  readonly endsLocal: string;
  /** How the request named its edges. */
  readonly names: { readonly start: string; readonly end: string };
}

interface Time extends LocalRange {
  readonly startsAt: string;
  readonly endsAt: string;
  readonly allDay: boolean;
}

function namesTime({ startsLocal, endsLocal, fromDate, toDate }: WantedTimeOff): boolean {
  return [startsLocal, endsLocal, fromDate, toDate].some((each) => each !== undefined);
}

/** The local range that is wanted, by local times or by whole days. */
function timeOf(wanted: WantedTimeOff, row: StoredTimeOff | null): LocalRange {
  const { startsLocal, endsLocal, fromDate, toDate } = wanted;
  const byDays = fromDate !== undefined || toDate !== undefined;
  if (byDays && (startsLocal !== undefined || endsLocal !== undefined))
    throw unusable(
      fromDate === undefined ? 'toDate' : 'fromDate',
      'cannot stand beside startsLocal and endsLocal: give days or times',
    );
  if (!byDays)
    return {
      startsLocal: startsLocal ?? row?.startsLocal ?? missing('startsLocal'),
      endsLocal: endsLocal ?? row?.endsLocal ?? missing('endsLocal'),
      names: { start: 'startsLocal', end: 'endsLocal' },
    };
  const first = fromDate ?? (row?.allDay === true ? row.startsLocal.slice(0, 10) : missing('fromDate'));
  const lastOfRow = row?.allDay === true ? addDays(row.endsLocal.slice(0, 10), -1) : first;
  const last = toDate ?? lastOfRow;
  if (last < first)
    throw unusable(toDate === undefined ? 'fromDate' : 'toDate', `is out of order: from ${first} to ${last}`);
  return {
    startsLocal: `${first}T00:00`,
    endsLocal: `${addDays(last, 1)}T00:00`,
    names: { start: 'fromDate', end: 'toDate' },
  };
}

function missing(name: string): never {
  throw unusable(name, 'is missing');
}

/** The range with its instants, as Booksy's are derived. */
function judged(salon: SalonNow, range: LocalRange): Time {
  const { startsLocal, endsLocal, names } = range;
  if (endsLocal === startsLocal)
    throw unusable(names.end, 'is the same as the start: it must last at least a minute');
  if (endsLocal < startsLocal) throw unusable(names.end, `is before the start, ${startsLocal}`);
  if (endsLocal > `${addDays(startsLocal.slice(0, 10), TIME_OFF_DAYS)}${startsLocal.slice(10)}`)
    throw unusable(names.end, `is too late: a time off lasts at most ${TIME_OFF_DAYS} days`);
  const start = resolveLocal(startsLocal, salon.zone, 'earlier');
  const end = resolveLocal(endsLocal, salon.zone, 'later');
  const allDay = startsLocal.endsWith('T00:00') && endsLocal.endsWith('T00:00');
  // A whole day begins with its first moment, also where the clocks change at midnight.
  if (!allDay)
    for (const [name, local, { mark }] of [
      [names.start, startsLocal, start],
      [names.end, endsLocal, end],
    ] as const)
      if (mark !== 'exact')
        throw unusable(
          name,
          `${mark === 'gap' ? 'does not exist' : 'comes twice'} on ${local.slice(0, 10)}: the clocks change (${salon.zone})`,
          'time_ambiguous',
          'Give another time, before or after the change of the clocks.',
        );
  if (end.instant <= salon.now)
    throw unusable(
      names.end,
      `is over: it is past that time at the salon (${salon.zone})`,
      'time_past',
      'Give a time to come.',
    );
  const firstDate = startsLocal.slice(0, 10);
  if (firstDate > salon.today) requireDate(salon, names.start, firstDate, TIME_OFF_DAYS_AHEAD);
  return { ...range, startsAt: start.instant, endsAt: end.instant, allDay };
}

function reasonOf(owner: HoursOwner, code: TimeOffReason): TimeOffReason {
  const known: readonly TimeOffReason[] = owner.kind === 'room' ? REASONS_OF.room : REASONS_OF.staff;
  if (known.includes(code)) return code;
  throw unusable(
    'reasonCode',
    `must be one of ${known.join(', ')} for a ${owner.kind === 'room' ? 'room' : 'member of staff'}`,
  );
}

/** As the sync names them. */
function groupsOf(
  zone: string,
  owner: HoursOwner,
  { startsLocal, endsLocal, allDay }: Pick<Time, 'startsLocal' | 'endsLocal' | 'allDay'>,
  reason: string,
): GroupStates {
  return {
    owner: { kind: owner.kind, id: owner.id },
    time: { startsLocal, endsLocal, allDay, zone },
    reason,
  };
}

async function audit(
  { tx, vault, actor, businessId }: Context,
  recordId: string,
  action: string,
  { before, after }: { readonly before: GroupStates | null; readonly after: GroupStates | null },
): Promise<void> {
  const groups = ['owner', 'time', 'reason'].filter((group) => !sameValue(before?.[group], after?.[group]));
  const values = sealValues(vault, businessId, {
    ...(before === null ? {} : { before }),
    ...(after === null ? {} : { after }),
  });
  await appendAudit(tx, { businessId }, [
    { actor, action, entity: 'time_off', recordId, reasonCode: 'asked_by_api', groups, values },
  ]);
}
