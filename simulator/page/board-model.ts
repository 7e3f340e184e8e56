import type { Salon } from '../state/salon.ts';
import { DAY_MINUTES, dayOfWeek } from '../time.ts';
import type { Part, Resource, Visit } from '../types.ts';
import { ANY_STAFF } from '../types.ts';
import { localMinuteOf } from '../zone.ts';
import { placeInLanes } from './lanes.ts';
import type { Placed } from './lanes.ts';

/** Whom a column is for: a resource, or visits for which nobody is named. */
export type ColumnOf = Resource | 'anyone';

/** What a person wants to see. */
export interface BoardQuery {
  readonly salon: Salon;
  /** Day number; of a week any day. */
  readonly day: number;
  readonly view: 'day' | 'week';
  /** Only this column (a week always has one); null = all of the team. */
  readonly only: ColumnOf | null;
  readonly rooms: boolean;
  readonly cancelled: boolean;
  readonly nowMs: number;
}

/** One part of a visit in a column; minutes of the column's day, cut to it. */
export interface Block {
  readonly visit: Visit;
  readonly part: Part;
  readonly from: number;
  readonly till: number;
  /** All visits of a session that are shown as one, itself included. */
  readonly seats: readonly Visit[];
  readonly seatsInAll: number;
}

export interface AwayBlock {
  readonly id: number;
  readonly from: number;
  readonly till: number;
  readonly reason: string;
}

export interface Column {
  readonly of: ColumnOf;
  readonly day: number;
  /** Stretches in which nobody works here. */
  readonly closed: readonly { readonly from: number; readonly till: number }[];
  readonly away: readonly AwayBlock[];
  readonly blocks: readonly Placed<Block>[];
}

export interface Board {
  readonly columns: readonly Column[];
  /** First and last hour that is shown. */
  readonly fromHour: number;
  readonly tillHour: number;
  /** Local minute of the salon. */
  readonly now: number;
  /** Visits of these days that are cancelled or declined. */
  readonly cancelledCount: number;
  readonly visitCount: number;
}

export const isBookable = (resource: Resource): boolean =>
  resource.type === 'S' && resource.access_level !== 'reception' && resource.active;

/** The team in its order. */
export function teamOf(salon: Salon): Resource[] {
  return salon.resources
    .all()
    .filter(isBookable)
    .sort((a, b) => a.position - b.position || a.id - b.id);
}

export function roomsOf(salon: Salon): Resource[] {
  return salon.resources.all().filter(({ type, active }) => type === 'R' && active);
}

/** Monday of the day's week. */
export function mondayOf(day: number): number {
  return day - ((dayOfWeek(day) + 6) % 7);
}

const isGone = ({ status }: Visit): boolean => status === 'C' || status === 'D';

/** Works out a day of the whole team, or a week of one column. Costs what is on it, however large the salon is. */
export function boardOf(query: BoardQuery): Board {
  const { salon, view } = query;
  const first = view === 'week' ? mondayOf(query.day) : query.day;
  const days = Array.from({ length: view === 'week' ? 7 : 1 }, (_, n) => first + n);
  const window = {
    from: first * DAY_MINUTES,
    till: (first + days.length) * DAY_MINUTES,
    filter: 'overlap',
    order: 'start',
    withCancelled: true,
  } as const;
  const visits = salon.visits.page(window, 0, Number.MAX_SAFE_INTEGER).rows;
  const shown = query.cancelled ? visits : visits.filter((visit) => !isGone(visit));
  const columns = columnsOf(query, shown).flatMap((of) => days.map((day) => columnOf(salon, of, day, shown)));
  return {
    columns,
    ...hoursOf(columns),
    now: localMinuteOf(query.nowMs, salon.business.timezone),
    cancelledCount: visits.filter(isGone).length,
    visitCount: visits.filter((visit) => !isGone(visit) && visit.type !== 'R').length,
  };
}

function columnsOf({ salon, view, only, rooms }: BoardQuery, visits: readonly Visit[]): ColumnOf[] {
  if (only !== null) return [only];
  const team = teamOf(salon);
  if (view === 'week') return team.slice(0, 1);
  const known = new Set(team.map(({ id }) => id));
  const others = new Set<Resource>();
  let anyone = false;
  for (const part of visits.flatMap(({ parts }) => parts)) {
    if (isForAnyone(part)) anyone = true;
    const staff = part.staffer === null ? undefined : salon.resources.get(part.staffer);
    if (staff !== undefined && !known.has(staff.id)) others.add(staff);
  }
  return [...team, ...others, ...(anyone ? ['anyone' as const] : []), ...(rooms ? roomsOf(salon) : [])];
}

function isForAnyone({ staffer, appliance }: Part): boolean {
  return staffer === ANY_STAFF || (staffer === null && appliance === null);
}

function columnOf(salon: Salon, of: ColumnOf, day: number, visits: readonly Visit[]): Column {
  const start = day * DAY_MINUTES;
  const blocks: Block[] = [];
  const sessions = new Map<string, number>();
  for (const visit of visits) {
    for (const part of visit.parts) {
      const here = of === 'anyone' ? isForAnyone(part) : part.staffer === of.id || part.appliance === of.id;
      const [from, till] = [Math.max(0, part.from - start), Math.min(DAY_MINUTES, part.till - start)];
      if (!here || from >= till) continue;
      const seatsInAll = salon.serviceOf(part.variant)?.parallel_clients ?? 1;
      const session = `${String(part.variant)}/${String(part.from)}/${String(isGone(visit))}`;
      const mates = seatsInAll > 1 ? sessions.get(session) : undefined;
      const mate = mates === undefined ? undefined : blocks[mates];
      if (mates !== undefined && mate !== undefined) {
        blocks[mates] = { ...mate, seats: [...mate.seats, visit] };
        continue;
      }
      if (seatsInAll > 1) sessions.set(session, blocks.length);
      blocks.push({ visit, part, from, till, seats: [visit], seatsInAll });
    }
  }
  const away =
    of === 'anyone'
      ? []
      : salon.timeOffDuring(of.id, start, start + DAY_MINUTES).map((entry) => ({
          id: entry.id,
          from: Math.max(0, entry.from - start),
          till: Math.min(DAY_MINUTES, entry.till - start),
          reason: entry.reason_code.replaceAll('_', ' '),
        }));
  return { of, day, closed: closedOf(salon, of, day), away, blocks: placeInLanes(blocks) };
}

/** What is left of the day when the opening hours are taken out; hours of the day before may reach into it. */
function closedOf(salon: Salon, of: ColumnOf, day: number): { from: number; till: number }[] {
  const owner = of === 'anyone' ? 'business' : String(of.id);
  const late = salon
    .openOn(owner, day - 1)
    .filter(([, till]) => till > DAY_MINUTES)
    .map(([, till]) => [0, till - DAY_MINUTES] as const);
  const open = [...late, ...salon.openOn(owner, day)].sort((a, b) => a[0] - b[0]);
  const closed: { from: number; till: number }[] = [];
  let at = 0;
  for (const [from, till] of open) {
    if (from > at) closed.push({ from: at, till: from });
    at = Math.max(at, till);
  }
  if (at < DAY_MINUTES) closed.push({ from: at, till: DAY_MINUTES });
  return closed;
}

/** The hours in which anybody works or anything is booked; a usual day where nothing is. */
function hoursOf(columns: readonly Column[]): { fromHour: number; tillHour: number } {
  let from = DAY_MINUTES;
  let till = 0;
  for (const { blocks, closed } of columns) {
    for (const { item } of blocks) {
      from = Math.min(from, item.from);
      till = Math.max(till, item.till);
    }
    const [first] = closed;
    const last = closed.at(-1);
    const wholeDay = first?.from === 0 && first.till === DAY_MINUTES;
    if (wholeDay) continue;
    from = Math.min(from, first?.from === 0 ? first.till : 0);
    till = Math.max(till, last?.till === DAY_MINUTES ? last.from : DAY_MINUTES);
  }
  if (till <= from) return { fromHour: 9, tillHour: 18 };
  return { fromHour: Math.floor(from / 60), tillHour: Math.ceil(till / 60) };
}
