import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { dayOfGroup, groupOfDay, scheduleId, weekOn } from '../../domain/states/hours.ts';
import { createRandom } from '../../simulator/random.ts';
import { editHere, type RowReader } from './deeds.ts';
import type { History, Subject } from './history.ts';
import { ControlRefused, type Rig } from './rig.ts';
import type { Salon } from './salons.ts';
import type { Values } from './values.ts';

/** Opening hours: weekdays and dates of the salon and of one of its people, edited on both sides. Booksy tells nobody of it (R4). */

type Pairs = readonly (readonly number[])[];

/** Whose day it is. */
export interface HoursOf {
  readonly kind: 'business' | 'staff';
  readonly id: string;
  /** Null of the salon itself. */
  readonly externalId: number | null;
  /** As the engine names days, so that its conflicts can be matched. */
  readonly group: string;
}

/** The days that a run edits: other ones in each run of a salon, so that a day that waits for a person is left alone. */
export function hoursSubjects(salon: Salon, seed: string): readonly Subject[] {
  const random = createRandom(`${seed}/days`);
  const person = salon.staff[0];
  if (person === undefined) throw new Error('Nobody works there.');
  const staff = { kind: 'staff', id: person.id, externalId: person.externalId } as const;
  const business = { kind: 'business', id: salon.businessId, externalId: null } as const;
  const weekday = () => groupOfDay({ dayOfWeek: random.below(7), date: null, appliesFrom: null });
  const date = () => {
    const ahead = 20 + random.below(300);
    const day = new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
    return groupOfDay({ dayOfWeek: null, date: day, appliesFrom: null });
  };
  return [
    subjectOf('w1', staff, weekday()),
    subjectOf('w2', business, weekday()),
    subjectOf('d1', staff, date()),
    subjectOf('d2', business, date()),
  ];
}

function subjectOf(key: string, owner: Omit<HoursOf, 'group'>, group: string): Subject {
  const part = dayOfGroup(group).date === null ? 'weekly' : 'custom';
  const recordId = scheduleId(owner.kind, owner.id, part);
  return { key, kind: 'hours', madeBy: 'seed', recordId, externalId: null, hours: { ...owner, group } };
}

/** Hours that nobody has had before, by a text. */
export function hoursFor(text: string): Pairs {
  const [first = 0, second = 0] = createHash('sha256').update(text).digest();
  return [[300 + first, 900 + second]];
}

/** Sets a day here. */
export async function hoursHere(
  rig: Rig,
  salon: Salon,
  history: History,
  subject: Subject,
  hours: Pairs,
): Promise<void> {
  const of = hoursOf(subject);
  const { dayOfWeek, date } = dayOfGroup(of.group);
  const deed = { kind: 'hours', subject, group: 'time', value: textOf(hours) } as const;
  await editHere(rig, history, deed, readerOf(of), async (client) => {
    await client.query(
      `INSERT INTO working_hours (id, business_id, owner_kind, owner_id, kind, day_of_week, date, intervals)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (owner_kind, owner_id, kind, day_of_week, date, applies_from) DO UPDATE SET intervals = excluded.intervals`,
      [
        randomUUID(),
        salon.businessId,
        of.kind,
        of.id,
        date === null ? 'weekly' : 'custom',
        dayOfWeek,
        date,
        JSON.stringify(hours),
      ],
    );
  });
}

/** Days are locked before their schedule, as everybody does it. */
function readerOf(of: HoursOf): RowReader {
  const part = dayOfGroup(of.group).date === null ? 'weekly' : 'custom';
  return {
    lock: `SELECT FROM working_hours h JOIN hours_schedules s ON s.owner_kind = h.owner_kind AND s.owner_id = h.owner_id
            AND s.part = h.kind WHERE s.id = $1 ORDER BY h.id FOR UPDATE OF h`,
    async read(client, id) {
      await client.query('SELECT FROM hours_schedules WHERE id = $1 FOR UPDATE', [id]);
      const { rows } = await client.query<DayRow>(
        daysSql('owner_kind = $1 AND owner_id = $2 AND kind = $3'),
        [of.kind, of.id, part],
      );
      return valuesOf(new Map(rows.map((row) => [groupOf(row), row.intervals])).get(of.group));
    },
  };
}

const replaced = z.looseObject({ before: z.array(z.looseObject({})).nullable() });

/** Sets a day at Booksy; its editor saw what it replaced. */
export async function hoursThere(
  rig: Rig,
  salon: Salon,
  history: History,
  subject: Subject,
  hours: Pairs,
): Promise<void> {
  const of = hoursOf(subject);
  const { dayOfWeek, date } = dayOfGroup(of.group);
  const path = `${scheduleOf(salon, of)}${date === null ? `default/${String(dayOfWeek)}/` : `custom/${date}/`}`;
  const edit = { side: 'booksy', kind: 'hours', subject: subject.key, group: 'time' } as const;
  try {
    const answer = await rig.control('PATCH', path, { hours: hours.map(wireOf) });
    const { before } = replaced.parse(answer);
    const seen = before === null ? null : textOf(pairsOf(before));
    history.add({ ...edit, value: textOf(hours), before: seen, outcome: 'ok', detail: '' });
  } catch (error) {
    if (!(error instanceof ControlRefused)) throw error;
    history.add({
      ...edit,
      value: textOf(hours),
      before: null,
      outcome: 'failed',
      detail: String(error.status),
    });
  }
}

/** What both sides hold of the days of the salon and of its people. */
export interface HoursState {
  /** By the key of the subject. */
  readonly here: ReadonlyMap<string, Values>;
  readonly there: ReadonlyMap<string, Values>;
  /** Days beside those of the run that differ (I4). */
  readonly unequal: readonly string[];
}

/** @param isDisputed whether a person is asked about the day of a schedule */
export async function readHours(
  rig: Rig,
  salon: Salon,
  history: History,
  isDisputed: (scheduleId: string, group: string) => boolean,
): Promise<HoursState> {
  const owners: readonly Omit<HoursOf, 'group'>[] = [
    { kind: 'business', id: salon.businessId, externalId: null },
    ...salon.staff.map(({ id, externalId }) => ({ kind: 'staff', id, externalId }) as const),
  ];
  const followed = [...history.subjects.values()].filter(({ hours }) => hours !== undefined);
  const [here, there] = [new Map<string, Values>(), new Map<string, Values>()];
  const unequal: string[] = [];
  for (const owner of owners) {
    const [ours, theirs] = await Promise.all([daysHere(rig, owner), daysThere(rig, salon, owner)]);
    const own = followed.filter(({ hours }) => hours?.id === owner.id);
    for (const { key, hours } of own) {
      const group = hours?.group ?? '';
      here.set(key, valuesOf(ours.get(group)));
      there.set(key, valuesOf(theirs.get(group)));
    }
    const taken = new Set(own.map(({ hours }) => hours?.group));
    for (const group of new Set([...ours.keys(), ...theirs.keys()])) {
      const isDate = dayOfGroup(group).date !== null;
      const id = scheduleId(owner.kind, owner.id, isDate ? 'custom' : 'weekly');
      if (taken.has(group) || isDisputed(id, group)) continue;
      const [left, right] = [stated(ours, group), stated(theirs, group)];
      if (left !== right)
        unequal.push(`${group} of ${owner.kind} ${owner.id} differs: here ${left}, at Booksy ${right}`);
    }
  }
  return { here, there, unequal };
}

/** A weekday that is not stated is closed, a date as its week. */
function stated(days: ReadonlyMap<string, Pairs>, group: string): string {
  const { date } = dayOfGroup(group);
  const own = days.get(group);
  if (own !== undefined || date === null) return textOf(own ?? []);
  const week = Object.fromEntries([...days].map(([name, pairs]) => [name, pairs.map((pair) => [...pair])]));
  return JSON.stringify(weekOn(onlyWeekdays(week), date) ?? []);
}

function onlyWeekdays<T>(days: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(days).filter(([group]) => dayOfGroup(group).date === null));
}

interface DayRow {
  readonly day_of_week: number | null;
  readonly date: string | null;
  readonly applies_from: string | null;
  readonly intervals: Pairs;
}

const daysSql = (where: string): string =>
  `SELECT day_of_week, date::text, applies_from::text, intervals FROM working_hours WHERE ${where}`;

function groupOf(row: DayRow): string {
  return groupOfDay({ dayOfWeek: row.day_of_week, date: row.date, appliesFrom: row.applies_from });
}

/** What can still be told: dates that are over are history. */
async function daysHere(rig: Rig, { kind, id }: Omit<HoursOf, 'group'>): Promise<ReadonlyMap<string, Pairs>> {
  const { rows } = await rig.db.query<DayRow>(
    daysSql(
      `owner_kind = $1 AND owner_id = $2 AND (date IS NULL OR date BETWEEN current_date + 2 AND current_date + 360)`,
    ),
    [kind, id],
  );
  return new Map(rows.map((row) => [groupOf(row), row.intervals]));
}

const wireShift = z.looseObject({ hour_from: z.string(), hour_till: z.string() });
const wireDay = z.looseObject({
  day_of_week: z.number(),
  hours: z.array(wireShift),
  hours_apply_from: z.string().nullable(),
});
const wireDate = z.looseObject({ date: z.string(), hours: z.array(wireShift) });

async function daysThere(
  rig: Rig,
  salon: Salon,
  owner: Omit<HoursOf, 'group'>,
): Promise<ReadonlyMap<string, Pairs>> {
  const path = scheduleOf(salon, owner);
  const day = (ahead: number) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
  const week = z.array(wireDay).parse(await rig.control('GET', `${path}default/`));
  const dates = z
    .array(wireDate)
    .parse(await rig.control('GET', `${path}custom/?date_from=${day(2)}&date_to=${day(360)}`));
  return new Map([
    ...week.map(
      (each) =>
        [
          groupOfDay({ dayOfWeek: each.day_of_week, date: null, appliesFrom: each.hours_apply_from }),
          pairsOf(each.hours),
        ] as const,
    ),
    ...dates.map(
      (each) =>
        [groupOfDay({ dayOfWeek: null, date: each.date, appliesFrom: null }), pairsOf(each.hours)] as const,
    ),
  ]);
}

function scheduleOf(salon: Salon, { externalId }: Pick<HoursOf, 'externalId'>): string {
  const of = externalId === null ? '' : `resource/${String(externalId)}/`;
  return `/as-salon/business/${String(salon.id)}/schedule/${of}`;
}

function hoursOf({ hours }: Subject): HoursOf {
  if (hours === undefined) throw new Error('The subject has no hours.');
  return hours;
}

function valuesOf(pairs: Pairs | undefined): Values {
  return { life: 'live', time: pairs === undefined ? null : textOf(pairs), note: null, email: null };
}

function textOf(pairs: Pairs): string {
  return JSON.stringify(pairs);
}

function pairsOf(shifts: readonly Readonly<Record<string, unknown>>[]): Pairs {
  return z
    .array(wireShift)
    .parse(shifts)
    .map(({ hour_from: from, hour_till: till }) => {
      const [opens, closes] = [minuteOf(from), minuteOf(till)];
      return [opens, closes <= opens ? closes + 1440 : closes];
    });
}

function wireOf([opens = 0, closes = 0]: readonly number[]): object {
  return { hour_from: clockOf(opens), hour_till: clockOf(closes) };
}

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}

function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
