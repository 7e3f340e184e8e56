import type { Json } from '../../domain/canonical.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { EditCounters, OursState } from '../../domain/plan.ts';
import { dayOfGroup, groupOfDay, weekOn } from '../../domain/states/hours.ts';
import { Prisma, type Db, type Tx } from '../database/index.ts';

/** Schedules as the sync sees them: the days that are stated, and for the salon itself what was decided about holidays. */

type Reader = Pick<Db | Tx, '$queryRaw'>;

/** A schedule as it is here. */
export interface LoadedSchedule {
  readonly ours: OursState;
  /** The week of the same owner, by group; of one who follows the salon the salon's. */
  readonly week: GroupStates;
  /** The owner's own hours were taken away: the salon's week counts, and no day of it is a row of the owner's. */
  readonly followsSalon: boolean;
  /** The schedule that is the owner's week. */
  readonly weekId: string;
  /** Dates that a holiday states, by group. */
  readonly holidays: ReadonlySet<string>;
  /** Dates that nobody here states any more: as the week, by group. */
  readonly following: ReadonlySet<string>;
}

interface DayRow {
  kind: string;
  day_of_week: number | null;
  date: string | null;
  applies_from: string | null;
  intervals: Json;
}

interface HolidayRow {
  date: string;
  state: 'closed' | 'open';
  intervals: Json;
}

interface ScheduleDbRow {
  id: string;
  part: string;
  counters: EditCounters;
  days: DayRow[] | null;
  week_id: string;
  /** Null where the owner does not follow it. */
  salon_week: DayRow[] | null;
  holidays: HolidayRow[] | null;
  base_theirs: GroupStates | null;
  base_ours: GroupStates | null;
}

/** Locks days, then their schedules: the order in which whoever edits a day comes to them. */
export async function lockSchedules(db: Reader, businessId: string, ids: readonly string[]): Promise<void> {
  await db.$queryRaw`
    SELECT h.id FROM working_hours h JOIN hours_schedules s
        ON s.owner_kind = h.owner_kind AND s.owner_id = h.owner_id AND s.part = h.kind
     WHERE s.business_id = ${businessId}::uuid AND s.id = ANY(${[...ids]}::uuid[]) ORDER BY h.id FOR UPDATE OF h`;
  await db.$queryRaw`
    SELECT id FROM hours_schedules
     WHERE business_id = ${businessId}::uuid AND id = ANY(${[...ids]}::uuid[]) ORDER BY id FOR UPDATE`;
}

/**
 * What schedules say now. Those that are not there are left out. A date that both sides know and that nobody here states any more
 * is as the week: a custom day cannot be taken away there, it can only be made like the week.
 */
export async function loadSchedules(
  db: Reader,
  businessId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, LoadedSchedule>> {
  const rows = await db.$queryRaw<ScheduleDbRow[]>`
    SELECT s.id::text, s.part, s.counters, hours_schedule_id(s.owner_kind, s.owner_id, 'weekly')::text AS week_id, m.base_theirs, m.base_ours,
           (SELECT ${DAYS} FROM working_hours h
             WHERE h.business_id = s.business_id AND h.owner_kind = s.owner_kind AND h.owner_id = s.owner_id
               AND (s.part = 'custom' OR h.kind = s.part)) AS days,
           (SELECT ${DAYS} FROM working_hours h
             WHERE h.business_id = s.business_id AND h.owner_kind = 'business' AND h.owner_id = s.business_id
               AND h.kind = 'weekly' AND s.owner_kind <> 'business'
               AND EXISTS (SELECT FROM hours_schedules f
                            WHERE f.owner_kind = s.owner_kind AND f.owner_id = s.owner_id AND f.part = 'weekly'
                              AND f.business_id = s.business_id AND f.follows_salon)) AS salon_week,
           (SELECT jsonb_agg(jsonb_build_object('date', d.date, 'state', d.state, 'intervals', d.intervals) ORDER BY d.code)
              FROM holidays d
             WHERE s.part = 'custom' AND s.owner_kind = 'business' AND d.business_id = s.business_id
               AND d.state <> 'suggested') AS holidays
      FROM hours_schedules s
      LEFT JOIN LATERAL (
        SELECT x.base_theirs, x.base_ours FROM external_hours x
         WHERE x.business_id = s.business_id AND x.schedule_id = s.id
         ORDER BY x.observed_received_at DESC LIMIT 1) m ON true
     WHERE s.business_id = ${businessId}::uuid AND s.id = ANY(${[...ids]}::uuid[])
     ORDER BY s.id`;
  return new Map(rows.map((row) => [row.id, scheduleOf(row)]));
}

const DAYS =
  Prisma.raw(`jsonb_agg(jsonb_build_object('kind', h.kind, 'day_of_week', h.day_of_week, 'date', h.date::date,
  'applies_from', h.applies_from::date, 'intervals', h.intervals) ORDER BY h.id)`);

function scheduleOf(row: ScheduleDbRow): LoadedSchedule {
  const of = (days: readonly DayRow[] | null, kind: string): Record<string, Json> =>
    Object.fromEntries(
      (days ?? []).filter((day) => day.kind === kind).map((day) => [groupOf(day), day.intervals]),
    );
  const own = of(row.days, 'weekly');
  const followsSalon = row.salon_week !== null && Object.keys(own).length === 0;
  const week = followsSalon ? of(row.salon_week, 'weekly') : own;
  const holidays = new Map((row.holidays ?? []).map((day) => [`date:${day.date}`, day]));
  const stated = row.part === 'weekly' ? week : customDays(of(row.days, 'custom'), holidays);
  const known = row.part === 'weekly' ? {} : { ...row.base_theirs, ...row.base_ours };
  const following = Object.entries(known).filter(([group]) => !(group in stated));
  const groups: GroupStates = {
    ...stated,
    ...Object.fromEntries(
      following.map(([group, before]) => [group, weekOn(week, dayOfGroup(group).date ?? '') ?? before]),
    ),
  };
  return {
    ours: { groups, counters: row.counters, ended: false },
    week,
    followsSalon,
    weekId: row.week_id,
    holidays: new Set(holidays.keys()),
    following: new Set(following.map(([group]) => group)),
  };
}

/**
 * The dates of an owner that are not as the week: what is stated, and what was decided about holidays (an exceptional opening
 * goes before a custom day, a closed holiday behind it).
 */
function customDays(stated: GroupStates, holidays: ReadonlyMap<string, HolidayRow>): GroupStates {
  const groups: Record<string, Json> = { ...stated };
  for (const [group, { state, intervals }] of holidays) {
    if (state === 'open') groups[group] = intervals;
    else if (!(group in groups)) groups[group] = [];
  }
  return groups;
}

function groupOf(row: DayRow): string {
  return groupOfDay({ dayOfWeek: row.day_of_week, date: row.date, appliesFrom: row.applies_from });
}
