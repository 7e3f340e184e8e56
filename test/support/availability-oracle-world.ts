/** The world of the oracle: what a description says, laid out in minutes. Nothing here decides anything. */
import type { HeldItem, Hours, SalonDescription, WantedVisit } from '../../domain/availability/index.ts';
import { Wall, shiftDate, weekdayOf, type ZoneWall } from './availability-wall.ts';

type Interval = readonly [number, number];

/** One flag per minute of the world. */
export type Minutes = Uint8Array;

export interface OracleHold {
  readonly busy: ReadonlySet<number>;
  /** Busy time and padding. */
  readonly footprint: ReadonlySet<number>;
  /** What shares one place: the key of a session, or something of its own. */
  readonly group: string;
  readonly item: HeldItem;
  /** Of a proposed move two holds are one seat. */
  readonly seat: string;
  readonly startMs: number;
  readonly startMinute: number;
}

export interface OracleResource {
  readonly works: Minutes;
  readonly off: Minutes;
  readonly blocked: Minutes;
  readonly holds: readonly OracleHold[];
}

export interface OraclePart {
  readonly variantId: string | null;
  readonly serviceId: string | null;
  readonly offset: number;
  readonly minutes: number;
  /** Minutes from the item's start. */
  readonly busy: readonly number[];
  readonly footprint: readonly number[];
  readonly seats: number;
  readonly rooms: readonly string[] | null;
  readonly people: readonly string[];
}

export interface World {
  readonly wall: ZoneWall;
  /** When the salon is open. */
  readonly open: Minutes;
  readonly staff: ReadonlyMap<string, OracleResource>;
  readonly rooms: ReadonlyMap<string, OracleResource>;
  readonly parts: readonly OraclePart[];
  readonly held: readonly OracleHold[];
}

/** Lays a salon out over some dates, and a few more on either side. */
export function layWorld(
  salon: SalonDescription,
  wanted: WantedVisit,
  fromDate: string,
  toDate: string,
): World {
  const wall = Wall.of(salon.zone, shiftDate(fromDate, -3), shiftDate(toDate, 4));
  const layer = new Layer(salon, wall);
  const held = layer.holds(wanted);
  const resource = (kind: 'staffId' | 'roomId', id: string, hours: Hours | null): OracleResource => ({
    works: hours === null ? layer.always() : layer.minutesOf(hours, new Map()),
    off: layer.away(kind, id, 'time_off'),
    blocked: layer.away(kind, id, 'block'),
    holds: held.filter(({ item }) => item[kind] === id),
  });
  return {
    wall,
    open: layer.minutesOf(salon.hours, new Map(salon.holidays.map((each) => [each.date, each.open]))),
    staff: new Map(salon.staff.map(({ id, hours }) => [id, resource('staffId', id, hours)])),
    rooms: new Map(salon.rooms.map(({ id, hours }) => [id, resource('roomId', id, hours)])),
    parts: layer.lay(wanted),
    held,
  };
}

class Layer {
  readonly #salon: SalonDescription;
  readonly #wall: ZoneWall;

  constructor(salon: SalonDescription, wall: ZoneWall) {
    this.#salon = salon;
    this.#wall = wall;
  }

  always(): Minutes {
    return new Uint8Array(this.#wall.till - this.#wall.first).fill(1);
  }

  /** Minutes in which somebody is there, shift by shift. */
  minutesOf(hours: Hours, holidays: ReadonlyMap<string, readonly Interval[] | null>): Minutes {
    const flags = new Uint8Array(this.#wall.till - this.#wall.first);
    for (const date of this.#wall.dates) {
      for (const [open, close] of shiftsOn(hours, holidays, date)) {
        const from = this.#wall.edge(date, open);
        const till = this.#wall.edge(date, close);
        for (let minute = from; minute < till; minute += 1) {
          if (minute >= this.#wall.first && minute < this.#wall.till) flags[minute - this.#wall.first] = 1;
        }
      }
    }
    return flags;
  }

  away(kind: 'staffId' | 'roomId', id: string, what: 'time_off' | 'block'): Minutes {
    const flags = new Uint8Array(this.#wall.till - this.#wall.first);
    for (const off of this.#salon.timeOff) {
      if (off[kind] !== id || off.kind !== what) continue;
      for (const minute of minutesBetween(off.startsAt, off.endsAt)) {
        if (minute >= this.#wall.first && minute < this.#wall.till) flags[minute - this.#wall.first] = 1;
      }
    }
    return flags;
  }

  holds(wanted: WantedVisit): readonly OracleHold[] {
    const holds: OracleHold[] = [];
    for (const visit of this.#salon.visits) {
      if (visit.status === 'cancelled' || visit.status === 'no_show') continue;
      if (wanted.ignoreVisitIds?.includes(visit.id) === true) continue;
      visit.items.forEach((item, place) => {
        const name = `${visit.id}/${String(place)}`;
        holds.push(this.#hold(item, item.startsAt, item.endsAt, name, 'now'));
        if (visit.status === 'proposed' && item.prior !== null)
          holds.push(this.#hold(item, item.prior.startsAt, item.prior.endsAt, name, 'before'));
      });
    }
    return holds;
  }

  #hold(item: HeldItem, startsAt: string, endsAt: string, name: string, which: string): OracleHold {
    const all = minutesBetween(startsAt, endsAt);
    const first = all[0] ?? 0;
    const service = this.#salon.services.find(({ id }) => id === item.serviceId);
    const { before, after } = this.#padding(service?.id ?? null);
    const busy = new Set(all.filter((minute) => !inGap(minute - first, item.gap)));
    const footprint = new Set(busy);
    for (let back = 1; back <= before; back += 1) footprint.add(first - back);
    for (let on = 0; on < after; on += 1) footprint.add(first + all.length + on);
    const shared = item.seats > 1 && item.staffId !== null && item.serviceId !== null;
    const startMs = new Date(startsAt).getTime();
    return {
      busy,
      footprint,
      group: shared ? sessionName(item.staffId, item.serviceId, startMs) : `${name} ${which}`,
      item,
      seat: name,
      startMs,
      startMinute: first,
    };
  }

  #padding(serviceId: string | null): { readonly before: number; readonly after: number } {
    const { bufferBeforeMinutes, bufferAfterMinutes } = this.#salon.rules;
    const own = this.#salon.services.find(({ id }) => id === serviceId)?.padding ?? null;
    if (own === null) return { before: bufferBeforeMinutes, after: bufferAfterMinutes };
    return { before: own.beforeMinutes, after: own.afterMinutes };
  }

  lay(wanted: WantedVisit): readonly OraclePart[] {
    let offset = 0;
    return wanted.items.map((item) => {
      const service = this.#salon.services.find(({ variants }) =>
        variants.some(({ id }) => id === item.variantId),
      );
      const variant = service?.variants.find(({ id }) => id === item.variantId);
      const minutes = item.durationMinutes ?? variant?.durationMinutes ?? 0;
      const { before, after } = this.#padding(service?.id ?? null);
      const all = Array.from({ length: minutes }, (_, minute) => minute);
      const busy = all.filter((minute) => !inGap(minute, service?.gap ?? null));
      const around = [
        ...Array.from({ length: before }, (_, index) => -1 - index),
        ...Array.from({ length: after }, (_, index) => minutes + index),
      ];
      const people = this.#salon.staff
        .filter(({ bookable, id }) => bookable && (variant === undefined || variant.staffIds.includes(id)))
        .sort(bySalonOrder)
        .map(({ id }) => id);
      const needed = service?.roomIds ?? null;
      const part: OraclePart = {
        variantId: item.variantId,
        serviceId: service?.id ?? null,
        offset,
        minutes,
        busy,
        footprint: [...busy, ...around],
        seats: service?.seats ?? 1,
        rooms:
          needed === null
            ? null
            : this.#salon.rooms
                .filter(({ id }) => needed.includes(id))
                .sort(bySalonOrder)
                .map(({ id }) => id),
        people: item.staffId === null ? people : [item.staffId],
      };
      offset += minutes;
      return part;
    });
  }
}

function shiftsOn(
  hours: Hours,
  holidays: ReadonlyMap<string, readonly Interval[] | null>,
  date: string,
): readonly Interval[] {
  const exception = holidays.get(date);
  if (exception != null) return exception;
  const custom = hours.custom.find((each) => each.date === date);
  if (custom !== undefined) return custom.intervals;
  if (holidays.has(date)) return [];
  let best: Hours['weekly'][number] | null = null;
  for (const week of hours.weekly) {
    if (week.appliesFrom !== null && week.appliesFrom > date) continue;
    if (best === null || (week.appliesFrom ?? '') > (best.appliesFrom ?? '')) best = week;
  }
  return best?.days.find(({ dayOfWeek }) => dayOfWeek === weekdayOf(date))?.intervals ?? [];
}

function inGap(minute: number, gap: HeldItem['gap']): boolean {
  return gap !== null && minute >= gap.afterMinutes && minute < gap.afterMinutes + gap.minutes;
}

export function sessionName(staffId: string | null, serviceId: string | null, startMs: number): string {
  return `session of ${String(staffId)}, ${String(serviceId)}, ${String(startMs)}`;
}

export function minuteOf(instant: string): number {
  return Math.floor(new Date(instant).getTime() / 60_000);
}

/** Every minute that any part of the time lies in. */
function minutesBetween(startsAt: string, endsAt: string): readonly number[] {
  const [from, till] = [new Date(startsAt).getTime() / 60_000, new Date(endsAt).getTime() / 60_000];
  const minutes: number[] = [];
  for (let minute = Math.floor(from); minute < till; minute += 1) minutes.push(minute);
  return minutes;
}

function bySalonOrder(
  a: { readonly position: number; readonly id: string },
  b: { readonly position: number; readonly id: string },
): number {
  if (a.position !== b.position) return a.position - b.position;
  return a.id < b.id ? -1 : 1;
}
