/**
 * When a salon can take a visit, found out the slow way: minute by minute, from the words of docs/AVAILABILITY.md alone. It shares
 * no code with the engine, only the shapes of what goes in and comes out; not even the reading of zones (Intl here, Temporal there).
 */
import type {
  Explanation,
  Reason,
  ReasonCode,
  SalonDescription,
  Slot,
  WantedVisit,
} from '../../domain/availability/index.ts';
import { refusal, slotAt, sorted, type OracleChoice } from './availability-oracle-answers.ts';
import { OraclePool } from './availability-oracle-pool.ts';
import {
  layWorld,
  minuteOf,
  sessionName,
  type Minutes,
  type OraclePart,
  type OracleResource,
} from './availability-oracle-world.ts';
import type { ZoneWall } from './availability-wall.ts';

/** The world around some local dates, laid out in minutes. */
export class Oracle {
  readonly #salon: SalonDescription;
  readonly #wall: ZoneWall;
  readonly #open: Minutes;
  readonly #staff: ReadonlyMap<string, OracleResource>;
  readonly #rooms: ReadonlyMap<string, OracleResource>;
  readonly #parts: readonly OraclePart[];
  readonly #pool: OraclePool;
  readonly #loads = new Map<string, number>();

  /** Dates between which it may be asked. */
  constructor(salon: SalonDescription, wanted: WantedVisit, fromDate: string, toDate: string) {
    const world = layWorld(salon, wanted, fromDate, toDate);
    this.#salon = salon;
    this.#wall = world.wall;
    this.#open = world.open;
    this.#staff = world.staff;
    this.#rooms = world.rooms;
    this.#parts = world.parts;
    this.#pool = new OraclePool(world);
  }

  /** Every start of some days. */
  slots(fromDate: string, toDate: string): readonly Slot[] {
    const step = this.#step();
    const found: Slot[] = [];
    const sessions = this.#salon.visits.flatMap(({ items }) => items).filter(({ seats }) => seats > 1);
    const sessionStarts = new Set(
      sessions
        .flatMap((item) => [item.startsAt, ...(item.prior === null ? [] : [item.prior.startsAt])])
        .map(minuteOf),
    );
    for (let minute = this.#wall.first; minute < this.#wall.till; minute += 1) {
      const local = this.#wall.show(minute);
      const date = local.slice(0, 10);
      if (date < fromDate || date > toDate) continue;
      const onStep = clockMinute(local) % step === 0;
      if (!onStep && !this.#parts.some(({ offset }) => sessionStarts.has(minute + offset))) continue;
      const explained = this.explain(local, false);
      if (explained.offered && explained.slot !== null) found.push(explained.slot);
    }
    return found;
  }

  /** @param withReasons false where only the slot is of interest */
  explain(local: string, withReasons = true): Explanation {
    const at = this.#wall.instants(local);
    const [start] = at;
    if (at.length !== 1 || start === undefined)
      return refusal([{ code: 'ambiguous_time', item: null, staffId: null }]);
    const general = this.#general(start);
    if (general.length > 0 && !withReasons) return refusal(general);
    const options = this.#parts.map((part) => this.#options(part, start, local.slice(0, 10)));
    const choices = this.#firstAllowed(options, start);
    if (choices === null && !withReasons) return refusal([{ code: 'busy', item: null, staffId: null }]);
    const particular = choices === null ? this.#particular(options, start) : [];
    if (choices === null || general.length > 0) return refusal([...general, ...particular]);
    return {
      free: true,
      offered: clockMinute(local) % this.#step() === 0 || choices.some(({ joins }) => joins),
      slot: slotAt({ wall: this.#wall, parts: this.#parts }, start, choices),
      code: null,
      reasons: [],
    };
  }

  #step(): number {
    const variantId = this.#parts[0]?.variantId ?? null;
    const variant = this.#salon.services
      .flatMap(({ variants }) => variants)
      .find(({ id }) => id === variantId);
    return variant?.slotStepMinutes ?? this.#salon.rules.slotStepMinutes;
  }

  #is(flags: Minutes, minute: number): boolean {
    return flags[minute - this.#wall.first] === 1;
  }

  /** What bars it whoever serves it. */
  #general(start: number): readonly Reason[] {
    const codes = new Set<ReasonCode>();
    const last = this.#parts.at(-1);
    const end = start + (last?.offset ?? 0) + (last?.minutes ?? 0);
    for (const { offset, minutes } of this.#parts) {
      for (const edge of [start + offset, start + offset + minutes])
        if (this.#wall.instants(this.#wall.show(edge)).length !== 1) codes.add('ambiguous_time');
    }
    const nowMs = new Date(this.#salon.now).getTime();
    const startMs = start * 60_000;
    if (startMs < nowMs + this.#salon.rules.noticeMinutes * 60_000) codes.add('notice');
    if (startMs > nowMs + this.#salon.rules.horizonDays * 86_400_000) codes.add('horizon');
    for (let minute = start; minute < end; minute += 1) {
      if (this.#is(this.#open, minute)) continue;
      const date = this.#wall.show(minute).slice(0, 10);
      const holiday = this.#salon.holidays.find((each) => each.date === date);
      const special = this.#salon.hours.custom.some((each) => each.date === date);
      codes.add(holiday !== undefined && holiday.open === null && !special ? 'holiday' : 'closed');
    }
    return sorted(codes).map((code) => ({ code, item: null, staffId: null }));
  }

  /** Why one person cannot serve one part. */
  #against(part: OraclePart, staffId: string, start: number): readonly ReasonCode[] {
    const person = this.#staff.get(staffId);
    if (person === undefined) return [];
    const at = start + part.offset;
    const codes = new Set<ReasonCode>();
    const session = this.#session(part, staffId, at);
    if (session !== null && session.taken >= part.seats) codes.add('capacity');
    for (const minute of part.busy) {
      if (!this.#is(person.works, at + minute)) codes.add('closed');
      if (this.#is(person.off, at + minute)) codes.add('time_off');
      if (this.#is(person.blocked, at + minute)) codes.add('busy');
    }
    for (const hold of person.holds) {
      if (session !== null && hold.group === session.name) continue;
      if (part.busy.some((minute) => hold.busy.has(at + minute))) codes.add('busy');
      else if (part.footprint.some((minute) => hold.footprint.has(at + minute))) codes.add('padding');
    }
    return sorted(codes);
  }

  /** The session that a part would sit in, if there is one. */
  #session(
    part: OraclePart,
    staffId: string,
    at: number,
  ): { readonly name: string; readonly taken: number; readonly rooms: readonly string[] } | null {
    if (part.seats < 2 || part.serviceId === null) return null;
    const name = sessionName(staffId, part.serviceId, at * 60_000);
    const seats = (this.#staff.get(staffId)?.holds ?? []).filter(({ group }) => group === name);
    if (seats.length === 0) return null;
    return {
      name,
      taken: new Set(seats.map(({ seat }) => seat)).size,
      rooms: seats.flatMap(({ item }) => (item.roomId === null ? [] : [item.roomId])),
    };
  }

  #roomTakes(part: OraclePart, roomId: string, start: number, session: string | null): boolean {
    const room = this.#rooms.get(roomId);
    const capacity = this.#salon.rooms.find(({ id }) => id === roomId)?.capacity ?? 0;
    if (room === undefined) return false;
    const at = start + part.offset;
    for (const minute of part.busy) {
      if (!this.#is(room.works, at + minute)) return false;
      if (this.#is(room.off, at + minute) || this.#is(room.blocked, at + minute)) return false;
    }
    return part.footprint.every((minute) => {
      const there = room.holds.filter(
        ({ group, footprint }) => group !== session && footprint.has(at + minute),
      );
      return new Set(there.map(({ group }) => group)).size < capacity;
    });
  }

  /** Who could serve a part and where, the preferred one first. */
  #options(part: OraclePart, start: number, date: string): readonly OracleChoice[] {
    const choices = part.people.flatMap((staffId): OracleChoice[] => {
      if (this.#against(part, staffId, start).length > 0) return [];
      const session = this.#session(part, staffId, start + part.offset);
      const seatsLeft = part.seats > 1 ? part.seats - 1 - (session?.taken ?? 0) : null;
      const joins = session !== null;
      if (part.rooms === null) return [{ staffId, roomId: null, seatsLeft, joins }];
      const rooms = part.rooms.filter((id) => this.#roomTakes(part, id, start, session?.name ?? null));
      const roomId = rooms.find((id) => session?.rooms.includes(id) === true) ?? rooms[0];
      return roomId === undefined ? [] : [{ staffId, roomId, seatsLeft, joins }];
    });
    if (choices.length < 2) return choices;
    const load = new Map(choices.map(({ staffId }) => [staffId, this.#load(staffId, date)]));
    return [...choices].sort(
      (a, b) => Number(b.joins) - Number(a.joins) || (load.get(a.staffId) ?? 0) - (load.get(b.staffId) ?? 0),
    );
  }

  /** Minutes of a local day that visits hold. */
  #load(staffId: string, date: string): number {
    const key = `${staffId} ${date}`;
    const known = this.#loads.get(key);
    if (known !== undefined) return known;
    let sum = 0;
    const holds = this.#staff.get(staffId)?.holds ?? [];
    const [from, till] = [this.#wall.edge(date, 0), this.#wall.edge(date, 1440)];
    for (let minute = from; minute < till; minute += 1)
      if (holds.some(({ busy }) => busy.has(minute))) sum += 1;
    this.#loads.set(key, sum);
    return sum;
  }

  #firstAllowed(
    options: readonly (readonly OracleChoice[])[],
    start: number,
  ): readonly OracleChoice[] | null {
    let combinations: readonly (readonly OracleChoice[])[] = [[]];
    for (const choices of options)
      combinations = combinations.flatMap((begun) => choices.map((choice) => [...begun, choice]));
    return combinations.find((each) => this.#pool.leavesSomebody(each, start)) ?? null;
  }

  #particular(options: readonly (readonly OracleChoice[])[], start: number): readonly Reason[] {
    const reasons = this.#parts.flatMap((part, item): readonly Reason[] => {
      if ((options[item]?.length ?? 0) > 0) return [];
      if (part.people.length === 0) return [{ code: 'closed', item, staffId: null }];
      return part.people.flatMap((staffId) => {
        const own = this.#against(part, staffId, start);
        const codes: readonly ReasonCode[] = own.length > 0 ? own : ['no_room'];
        return codes.map((code) => ({ code, item, staffId }));
      });
    });
    return reasons.length > 0 ? reasons : [{ code: 'busy', item: null, staffId: null }];
  }
}

function clockMinute(local: string): number {
  return Number(local.slice(11, 13)) * 60 + Number(local.slice(14, 16));
}
