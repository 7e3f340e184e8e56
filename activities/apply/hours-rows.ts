import { v7 as uuidv7 } from 'uuid';
import { Prisma } from '../../infra/database/index.ts';
import type { Json } from '../../domain/canonical.ts';
import type { EditCounters } from '../../domain/plan.ts';
import { dayOfGroup, type HoursDay, type HoursKey } from '../../domain/states/hours.ts';
import type { ApplyScope } from './scope.ts';

/** Writing schedules: the schedules themselves, their days, and what was decided about holidays. */

/** A schedule of ours that is to be there. */
export interface ScheduleRow extends Pick<HoursKey, 'ownerKind' | 'part'> {
  readonly id: string;
  readonly ownerId: string;
}

/** A day to be written. */
export interface DayWrite extends HoursDay {
  readonly scheduleId: string;
  /** Null = the day is no longer stated. */
  readonly intervals: Json;
}

export function dayWrite(scheduleId: string, group: string, intervals: Json | undefined): DayWrite {
  return { scheduleId, ...dayOfGroup(group), intervals: intervals ?? null };
}

/** Makes schedules that are not there yet, with nothing counted: what is taken in with them is no edit (R7a). */
export async function makeSchedules(scope: ApplyScope, schedules: readonly ScheduleRow[]): Promise<void> {
  const rows = schedules.map(({ id, ownerKind, ownerId, part }) => ({
    id,
    owner_kind: ownerKind,
    owner_id: ownerId,
    part,
  }));
  await scope.tx.$executeRaw`
    INSERT INTO hours_schedules AS s (id, business_id, owner_kind, owner_id, part)
    SELECT r.id, ${scope.businessId}::uuid, r.owner_kind, r.owner_id, r.part
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(id uuid, owner_kind text, owner_id uuid, part text)
     ORDER BY r.id
    ON CONFLICT (id) DO UPDATE SET counters = '{}', row_version = s.row_version + 1 WHERE s.counters <> '{}'`;
}

/** Writes days of schedules, by one statement; and the holidays that state them, which would hide what is written. */
export async function writeDays(scope: ApplyScope, days: readonly DayWrite[]): Promise<void> {
  if (days.length === 0) return;
  const payload = JSON.stringify(
    days.map((day) => ({
      id: uuidv7(),
      schedule_id: day.scheduleId,
      day_of_week: day.dayOfWeek,
      date: day.date,
      applies_from: day.appliesFrom,
      intervals: day.intervals,
    })),
  );
  const wanted = Prisma.sql`
    SELECT r.*, s.owner_kind, s.owner_id, s.part
      FROM jsonb_to_recordset(${payload}::jsonb) AS r(
           id uuid, schedule_id uuid, day_of_week int, date date, applies_from date, intervals jsonb)
      JOIN hours_schedules s ON s.id = r.schedule_id AND s.business_id = ${scope.businessId}::uuid`;
  await scope.tx.$executeRaw`
    WITH wanted AS MATERIALIZED (${wanted}), gone AS (
      DELETE FROM working_hours h USING wanted w
       WHERE w.intervals IS NULL AND h.business_id = ${scope.businessId}::uuid AND h.owner_kind = w.owner_kind
         AND h.kind = w.part AND h.owner_id = w.owner_id
         AND (h.day_of_week, h.date, h.applies_from) IS NOT DISTINCT FROM (w.day_of_week, w.date, w.applies_from)
    )
    INSERT INTO working_hours AS h
      (id, business_id, owner_kind, owner_id, kind, day_of_week, date, applies_from, intervals)
    SELECT w.id, ${scope.businessId}::uuid, w.owner_kind, w.owner_id, w.part, w.day_of_week, w.date, w.applies_from, w.intervals
      FROM wanted w WHERE w.intervals IS NOT NULL ORDER BY w.id
    ON CONFLICT (owner_kind, owner_id, kind, day_of_week, date, applies_from) DO UPDATE
       SET intervals = excluded.intervals WHERE h.intervals IS DISTINCT FROM excluded.intervals`;
  if (days.every(({ date }) => date === null)) return;
  await scope.tx.$executeRaw`
    UPDATE holidays d
       SET state = CASE WHEN w.intervals = '[]' THEN 'closed' ELSE 'open' END, intervals = w.intervals, updated_at = now()
      FROM (${wanted}) w
     WHERE w.owner_kind = 'business' AND w.part = 'custom' AND d.business_id = ${scope.businessId}::uuid AND d.date = w.date
       AND d.state = 'open' AND w.intervals IS NOT NULL AND d.intervals IS DISTINCT FROM w.intervals`;
}

/** Edits of schedules as they are counted now (R7a), by schedule. */
export async function countersOf(
  scope: ApplyScope,
  ids: readonly string[],
): Promise<ReadonlyMap<string, EditCounters>> {
  const rows = await scope.tx.$queryRaw<{ id: string; counters: EditCounters }[]>`
    SELECT id::text, counters FROM hours_schedules
     WHERE business_id = ${scope.businessId}::uuid AND id = ANY(${[...ids]}::uuid[])`;
  return new Map(rows.map((row) => [row.id, row.counters]));
}

/** Schedules among these that have days here although Booksy was never read for them (SPEC 3.7). */
export async function statedSchedules(
  scope: ApplyScope,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await scope.tx.$queryRaw<{ id: string }[]>`
    SELECT s.id::text FROM hours_schedules s
     WHERE s.business_id = ${scope.businessId}::uuid AND s.id = ANY(${[...ids]}::uuid[])
       AND EXISTS (SELECT FROM working_hours h
                    WHERE h.owner_kind = s.owner_kind AND h.owner_id = s.owner_id AND h.kind = s.part)`;
  return new Set(rows.map((row) => row.id));
}
