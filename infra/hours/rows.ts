import { z } from 'zod';
import { fingerprint } from '../../domain/canonical.ts';
import type { HoursRow } from '../../domain/availability/index.ts';
import type { GroupStates } from '../../domain/merge.ts';
import type { OpenInterval } from '../../domain/observed.ts';
import type { Tx } from '../database/index.ts';
import type { DayHours, HoursOwner } from './words.ts';

/** Rows of `working_hours` as weeks and days. */

interface StoredRow {
  readonly kind: string;
  readonly dayOfWeek: number | null;
  readonly date: string | null;
  readonly appliesFrom: string | null;
  readonly intervals: unknown;
}

/** A week of one owner. */
export interface Week {
  /** First day that it counts for; null = always did. */
  readonly appliesFrom: string | null;
  /** All seven. */
  readonly days: readonly DayHours[];
  /** Changes with any of its hours. */
  readonly version: string;
}

export interface CustomDay {
  readonly date: string;
  readonly intervals: readonly OpenInterval[];
  readonly version: string;
}

const pairs = z.array(z.tuple([z.number(), z.number()])).catch([]);

export function hoursRow(row: StoredRow): HoursRow {
  return {
    kind: row.kind,
    dayOfWeek: row.dayOfWeek,
    date: row.date,
    appliesFrom: row.appliesFrom,
    intervals: pairs.parse(row.intervals),
  };
}

/** Rows of one owner, locked in the order in which everybody locks them. */
export async function lockRows(
  tx: Tx,
  businessId: string,
  { kind, id }: HoursOwner,
): Promise<readonly HoursRow[]> {
  const rows = await tx.$queryRaw<StoredRow[]>`
    SELECT kind, day_of_week AS "dayOfWeek", date::text AS date, applies_from::text AS "appliesFrom", intervals
      FROM working_hours
     WHERE business_id = ${businessId}::uuid AND owner_kind = ${kind} AND owner_id = ${id}::uuid
     ORDER BY id FOR UPDATE`;
  return rows.map(hoursRow);
}

/** Weeks of one owner, the one that always did first. */
export function weeksOf(rows: readonly HoursRow[]): readonly Week[] {
  const sets = new Map<string | null, Map<number, readonly OpenInterval[]>>();
  for (const { kind, dayOfWeek, appliesFrom, intervals } of rows) {
    if (kind !== 'weekly' || dayOfWeek === null) continue;
    const set = sets.get(appliesFrom) ?? new Map<number, readonly OpenInterval[]>();
    sets.set(appliesFrom, set);
    set.set(dayOfWeek, intervals);
  }
  return [...sets]
    .map(([appliesFrom, set]) => {
      const days = [0, 1, 2, 3, 4, 5, 6].map((dayOfWeek) => ({
        dayOfWeek,
        intervals: set.get(dayOfWeek) ?? [],
      }));
      return { appliesFrom, days, version: versionOf(days.map(({ intervals }) => intervals)) };
    })
    .sort((a, b) => ((a.appliesFrom ?? '') < (b.appliesFrom ?? '') ? -1 : 1));
}

/** The week that counts on a date: of those that have begun the one that began last. */
export function weekOn(weeks: readonly Week[], date: string): Week | null {
  return weeks.filter(({ appliesFrom }) => (appliesFrom ?? '') <= date).at(-1) ?? null;
}

export function customDaysOf(rows: readonly HoursRow[]): readonly CustomDay[] {
  return rows
    .flatMap(({ kind, date, intervals }) =>
      kind === 'custom' && date !== null ? [{ date, intervals, version: versionOf([intervals]) }] : [],
    )
    .sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** Fingerprint of hours: the same hours have the same, whoever set them. */
export function versionOf(hours: readonly (readonly OpenInterval[])[]): string {
  return fingerprint(hours.map((intervals) => intervals.map(([open, close]) => [open, close])));
}

/** A row to be: what it is keyed by, and its hours. */
export interface RowToBe {
  readonly kind: 'weekly' | 'custom';
  readonly dayOfWeek: number | null;
  readonly date: string | null;
  readonly appliesFrom: string | null;
  readonly intervals: readonly OpenInterval[];
}

/** The name that the sync gives to the day of a row. */
export function groupOf({
  date,
  appliesFrom,
  dayOfWeek,
}: Pick<RowToBe, 'date' | 'appliesFrom' | 'dayOfWeek'>): string {
  return date === null ? `weekday:${appliesFrom ?? 'now'}:${String(dayOfWeek)}` : `date:${date}`;
}

/** Hours by the name of their day. */
export function groupsOf(rows: readonly (HoursRow | RowToBe)[]): GroupStates {
  return Object.fromEntries(
    rows.map((row) => [groupOf(row), row.intervals.map(([open, close]) => [open, close])]),
  );
}
