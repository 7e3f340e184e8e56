import { createHash } from 'node:crypto';
import type { Json } from '../canonical.ts';
import { addDays } from '../local-time.ts';
import type { GroupStates } from '../merge.ts';
import type { OpenInterval } from '../observed.ts';
import { ThereBuilder, type BaseSides, type There } from './there.ts';

/**
 * Hours as records: the week, or the custom days, of one owner is a schedule, and each of its days a group. `weekday:now:1` is a
 * Monday of the present set, `weekday:2027-01-01:1` one of the set that begins on that day, `date:2026-12-24` a date.
 */

export const HOURS_OWNERS = ['business', 'staff', 'room'] as const;
export type HoursOwnerKind = (typeof HOURS_OWNERS)[number];
export const HOURS_PARTS = ['weekly', 'custom'] as const;
export type HoursPart = (typeof HOURS_PARTS)[number];

/** Whose hours, and which part of them, in Booksy's ids. */
export interface HoursKey {
  readonly ownerKind: HoursOwnerKind;
  readonly ownerExternalId: string;
  readonly part: HoursPart;
}

/** A schedule as the mirror, the audit trail and conflicts name it: `staff:12:weekly`. */
export function hoursExternalId({ ownerKind, ownerExternalId, part }: HoursKey): string {
  return `${ownerKind}:${ownerExternalId}:${part}`;
}

/** The same, read. @throws RangeError for anything else: such names are made here only */
export function hoursKeyOf(externalId: string): HoursKey {
  const [kind, ownerExternalId, named] = externalId.split(':');
  const ownerKind = HOURS_OWNERS.find((each) => each === kind);
  const part = HOURS_PARTS.find((each) => each === named);
  if (ownerKind === undefined || part === undefined || ownerExternalId === undefined)
    throw new RangeError('No name of a schedule.');
  return { ownerKind, ownerExternalId, part };
}

/**
 * The id of a schedule here. It follows from what the schedule is, so that triggers and engine come to the same without asking
 * each other: the database's `hours_schedule_id` (a test holds the two side by side).
 *
 * @param ownerId the platform's id of the salon, person or room
 */
export function scheduleId(ownerKind: HoursOwnerKind, ownerId: string, part: HoursPart): string {
  const hex = createHash('sha256').update(`${ownerKind}:${ownerId}:${part}`).digest('hex').slice(0, 32);
  const marked = `${hex.slice(0, 12)}8${hex.slice(13, 16)}8${hex.slice(17)}`;
  return [
    marked.slice(0, 8),
    marked.slice(8, 12),
    marked.slice(12, 16),
    marked.slice(16, 20),
    marked.slice(20),
  ].join('-');
}

/** A day as rows of `working_hours` name it. */
export interface HoursDay {
  /** 0 = Sunday; null for a date. */
  readonly dayOfWeek: number | null;
  /** `YYYY-MM-DD`; null for a day of the week. */
  readonly date: string | null;
  /** First day of a set that begins later; null = the present set. */
  readonly appliesFrom: string | null;
}

export function dayOfGroup(group: string): HoursDay {
  const [kind, first, second] = group.split(':');
  if (kind === 'date') return { dayOfWeek: null, date: first ?? null, appliesFrom: null };
  return { dayOfWeek: Number(second), date: null, appliesFrom: first === 'now' ? null : (first ?? null) };
}

export function groupOfDay({ dayOfWeek, date, appliesFrom }: HoursDay): string {
  return date === null ? weekdayGroup(appliesFrom, Number(dayOfWeek)) : `date:${date}`;
}

function weekdayGroup(appliesFrom: string | null, dayOfWeek: number): string {
  return `weekday:${appliesFrom ?? 'now'}:${String(dayOfWeek)}`;
}

/** Custom days are read from so many days ago … */
export const CUSTOM_DAYS_BACK = 31;
/** … to so many days ahead. */
export const CUSTOM_DAYS_AHEAD = 366;

export interface DateWindow {
  readonly fromDate: string;
  readonly tillDate: string;
}

/** The custom days that are read at Booksy. @param today the salon's date */
export function customDayWindow(today: string): DateWindow {
  return { fromDate: addDays(today, -CUSTOM_DAYS_BACK), tillDate: addDays(today, CUSTOM_DAYS_AHEAD) };
}

/**
 * Whether a day may be told to Booksy: a date that is over is history (R18), and one that lies beyond what is read there would
 * be written over something that nobody has read (R13a); it waits until it has come near enough.
 */
export function isTellable(group: string, today: string): boolean {
  const { date } = dayOfGroup(group);
  return date === null || (date >= today && date <= customDayWindow(today).tillDate);
}

/**
 * What the week says of a date: the set that began last, by that day; undefined where no week is stated. A day that a set does
 * not name is closed in it.
 *
 * @param week groups of a weekly schedule
 */
export function weekOn(week: GroupStates, date: string): Json | undefined {
  const sets = [...new Set(Object.keys(week).map((group) => dayOfGroup(group).appliesFrom))];
  const begun = sets.filter((from) => from === null || from <= date);
  if (begun.length === 0) return undefined;
  const last = begun.reduce((a, b) => ((a ?? '') > (b ?? '') ? a : b));
  return week[weekdayGroup(last, new Date(`${date}T00:00:00Z`).getUTCDay())] ?? [];
}

/** Weekly hours or custom days of ours in Booksy's words: hours are the same there, but a week there has all seven days. */
export function hoursThere(ours: GroupStates, base: BaseSides | null): There {
  const builder = new ThereBuilder(ours, base);
  const say = (group: string, value: Json) => {
    builder.say(group, () => (asIntervals(value) === null ? builder.unsayable(group) : value));
  };
  for (const [group, value] of Object.entries(ours)) say(group, value);
  const days = Object.keys(ours).map(dayOfGroup);
  const sets = new Set(days.filter(({ date }) => date === null).map(({ appliesFrom }) => appliesFrom));
  for (const appliesFrom of sets) {
    for (let dayOfWeek = 0; dayOfWeek <= 6; dayOfWeek += 1) {
      const group = weekdayGroup(appliesFrom, dayOfWeek);
      if (!(group in ours)) say(group, []);
    }
  }
  return builder.done();
}

const DAY_MINUTES = 1440;

/** Opening hours that can be said there: each begins that day and ends before it would begin again; null for anything else. */
export function asIntervals(value: Json | undefined): readonly OpenInterval[] | null {
  if (!Array.isArray(value)) return null;
  const pairs = value.map((pair: Json): OpenInterval | null => {
    const [open, close] = Array.isArray(pair) ? (pair as readonly Json[]) : [];
    if (typeof open !== 'number' || typeof close !== 'number') return null;
    const fits = open >= 0 && open < close && (close <= DAY_MINUTES || close - DAY_MINUTES < open);
    return fits && open < DAY_MINUTES ? [open, close] : null;
  });
  const found = pairs.filter((pair) => pair !== null);
  return found.length === pairs.length ? found : null;
}
