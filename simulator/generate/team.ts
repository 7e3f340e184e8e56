import type { Random } from '../random.ts';
import { dayOfWeek, formatDate, yearOf } from '../time.ts';
import type { Hours, Resource, ScheduleDay, TimeOff } from '../types.ts';
import type { IdSource } from './ids.ts';
import { FAMILY_NAMES, GIVEN_NAMES, plain } from './names.ts';

export interface Team {
  readonly bookable: readonly Resource[];
  readonly reception: readonly Resource[];
  readonly rooms: readonly Resource[];
}

/** Bookable staff, two receptionists (who look like staff) and three rooms. Services are filled in later. */
export function generateTeam(random: Random, ids: IdSource, staffCount: number): Team {
  const person = (position: number, level: Resource['access_level']): Resource => {
    const given = random.pick(GIVEN_NAMES);
    const family = random.pick(FAMILY_NAMES);
    return {
      id: ids(),
      name: `${given} ${family}`,
      type: 'S',
      active: true,
      visible: level !== 'reception',
      access_level: level,
      position,
      services: [],
      email: random.chance(0.8)
        ? plain(`${given}.${family}${String(position)}@zespol.example`).toLowerCase()
        : null,
    };
  };
  const bookable = Array.from({ length: staffCount }, (_, n) =>
    person(n + 1, n === 0 ? 'owner' : n === 1 ? 'manager' : 'staff'),
  );
  const reception = [0, 1].map((n) => person(staffCount + n + 1, 'reception'));
  const rooms = ['Gabinet 1', 'Gabinet 2', 'Solarium'].map((name, n): Resource => ({
    id: ids(),
    name,
    type: 'R',
    active: true,
    visible: true,
    access_level: null,
    position: n + 1,
    services: [],
    email: null,
  }));
  return { bookable, reception, rooms };
}

const open = (...pairs: readonly (readonly [string, string])[]): Hours[] =>
  pairs.map(([hour_from, hour_till]) => ({ hour_from, hour_till }));

function week(
  days: readonly number[],
  hours: readonly Hours[],
  applyFrom: string | null = null,
): ScheduleDay[] {
  return days.map((day_of_week) => ({ day_of_week, hours, hours_apply_from: applyFrom }));
}

/** Weekly hours of staff, in turn: plain, split shift, late, short week, and one that runs past midnight. */
const STAFF_WEEKS: readonly (readonly ScheduleDay[])[] = [
  week([1, 2, 3, 4, 5], open(['09:00', '17:00'])),
  week([2, 3, 4, 5, 6], open(['09:00', '13:00'], ['14:00', '19:00'])),
  week([1, 2, 3, 4, 5], open(['12:00', '20:00'])),
  [...week([1, 3, 5], open(['08:00', '16:00'])), ...week([2, 4], open(['13:00', '21:00']))],
  week([1, 2, 4, 5, 6], open(['10:00', '18:00'])),
  [...week([2, 3, 4], open(['09:00', '17:00'])), ...week([5, 6], open(['18:00', '01:00']))],
  week([1, 2, 3, 4], open(['08:00', '12:30'], ['13:15', '18:30'])),
  [...week([3, 4, 5], open(['10:00', '20:00'])), ...week([6], open(['09:00', '15:00'])), ...week([0], [])],
];

export interface Hourly {
  readonly schedules: Map<string, ScheduleDay[]>;
  readonly customDays: Map<string, Map<string, Hours[]>>;
}

/** Hours of the salon, its staff and rooms from `first` to `last` day, with days that differ and sets that begin later. */
export function generateHours(
  random: Random,
  team: Team,
  today: number,
  first: number,
  last: number,
): Hourly {
  const schedules = new Map<string, ScheduleDay[]>();
  const customDays = new Map<string, Map<string, Hours[]>>();
  const usual = [...week([1, 2, 3, 4, 5], open(['08:00', '21:00'])), ...week([6], open(['09:00', '24:00']))];
  const laterFrom = formatDate(today + 28);
  const later = [
    ...week([1, 2, 3, 4, 5], open(['07:30', '21:00']), laterFrom),
    ...week([6], open(['09:00', '24:00']), laterFrom),
  ];
  schedules.set('business', [...usual, ...later]);
  team.bookable.forEach((staff, n) => {
    const days = [...(STAFF_WEEKS[n % STAFF_WEEKS.length] ?? [])];
    if (n % 8 === 2) days.push(...week([1, 2, 3, 4, 5], open(['11:00', '19:00']), formatDate(today + 21)));
    schedules.set(String(staff.id), days);
  });
  for (const person of team.reception)
    schedules.set(String(person.id), week([1, 2, 3, 4, 5], open(['08:00', '16:00'])));
  for (const room of team.rooms) schedules.set(String(room.id), usual);

  const holidays = new Map<string, Hours[]>();
  for (let year = yearOf(first); year <= yearOf(last); year += 1) {
    for (const date of ['01-01', '05-01', '05-03', '11-11', '12-25', '12-26'])
      holidays.set(`${String(year)}-${date}`, []);
    holidays.set(`${String(year)}-12-24`, open(['08:00', '13:00']));
  }
  const within = [...holidays].filter(([date]) => date >= formatDate(first) && date <= formatDate(last));
  customDays.set('business', new Map(within));
  for (const staff of team.bookable) {
    const own = new Map(within);
    for (let n = 0; n < 4; n += 1) {
      const day = random.between(first, last);
      own.set(
        formatDate(day),
        random.chance(0.3) ? [] : open(['10:00', random.pick(['14:00', '15:30', '16:00'])]),
      );
    }
    customDays.set(String(staff.id), own);
  }
  for (const room of team.rooms) customDays.set(String(room.id), new Map(within));
  return { schedules, customDays };
}

/** Holidays, sick days, late mornings and early ends of staff; repairs of rooms. Receptionists have none. */
export function generateTimeOff(
  random: Random,
  ids: IdSource,
  team: Team,
  first: number,
  last: number,
): TimeOff[] {
  const all: TimeOff[] = [];
  const add = (
    resource: Resource,
    day: number,
    days: number,
    reason_code: string,
    hours: readonly [string, string] | null = null,
  ): void => {
    all.push({
      id: ids(),
      resource_id: resource.id,
      date_from: formatDate(day),
      date_till: formatDate(day + days - 1),
      hour_from: hours?.[0] ?? null,
      hour_till: hours?.[1] ?? null,
      reason_code,
      reason: random.chance(0.2) ? 'wpis testowy' : null,
      approved: random.chance(0.9),
    });
  };
  for (const staff of team.bookable) {
    for (let day = first + random.between(20, 120); day < last - 14; day += random.between(150, 230)) {
      add(staff, day, random.between(3, 12), 'vacation');
    }
    add(staff, random.between(first, last), random.between(1, 3), 'sick_day');
    add(staff, random.between(first, last), 1, random.pick(['training', 'personal_day', 'other']));
    add(staff, workday(random.between(first, last)), 1, 'late', ['09:00', '10:30']);
    add(staff, workday(random.between(first, last)), 1, 'early', ['15:00', '24:00']);
  }
  for (const room of team.rooms) {
    add(room, random.between(first, last), 2, 'maintenance');
    add(room, random.between(first, last), 1, 'break', ['12:00', '13:00']);
  }
  return all;
}

/** The day, or the Monday after it where it is a weekend. */
function workday(day: number): number {
  const weekday = dayOfWeek(day);
  return weekday === 6 ? day + 2 : weekday === 0 ? day + 1 : day;
}
