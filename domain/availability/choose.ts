import type { Session } from './calendars.ts';
import { placed, roomIsFree, staffReasons } from './judge.ts';
import type { Pool } from './pool.ts';
import type { Salon, Window } from './salon.ts';
import { minutesWithin, overlaps } from './spans.ts';
import type { WantedPart } from './wanted.ts';

/** Who would serve a part, and where. */
export interface Choice {
  readonly staffId: string;
  readonly roomId: string | null;
  /** After it; null where the service has no sessions. */
  readonly seatsLeft: number | null;
  /** Whether it takes a seat of a session that is already there. */
  readonly joins: boolean;
}

/** Whether somebody or something is free for a part where the visit begins at an instant; sessions to join are not looked at. */
export interface Freedom {
  staff(part: number, staffId: string, start: number): boolean;
  room(part: number, roomId: string, start: number): boolean;
}

/** Answers from the calendars, one by one. */
export function freedomByJudging(salon: Salon, window: Window): Freedom {
  const partAt = (index: number, start: number) => {
    const part = salon.wanted.parts[index];
    return part === undefined ? null : placed(part, start);
  };
  return {
    staff(index, staffId, start) {
      const [person, place] = [window.staff.get(staffId), partAt(index, start)];
      return person !== undefined && place !== null && staffReasons(person, place, null).length === 0;
    },
    room(index, roomId, start) {
      const [room, place] = [window.rooms.get(roomId), partAt(index, start)];
      return room !== undefined && place !== null && roomIsFree(room, capacityOf(salon, roomId), place, null);
    },
  };
}

export function capacityOf({ description }: Salon, roomId: string): number {
  return description.rooms.find(({ id }) => id === roomId)?.capacity ?? 0;
}

const NO_SESSIONS: readonly Session[] = [];

/** Sessions of the part's service that start when the part would. */
export function sessionsAt({ calendars }: Salon, part: WantedPart, start: number): readonly Session[] {
  if (part.seats <= 1 || part.serviceId === null) return NO_SESSIONS;
  return calendars.sessions.get(part.serviceId)?.get(start + part.from) ?? NO_SESSIONS;
}

/** Chooses who serves, for one salon and window. */
export interface Chooser {
  /** Who serves each part of a visit that begins at an instant of a day; null where that cannot be. */
  choose(start: number, day: number): readonly Choice[] | null;
  /** All who could serve a part, the preferred one first. */
  choicesFor(index: number, start: number, day: number): readonly Choice[];
}

const DAY_MINUTES = 1440;
/** Combinations of people that are tried where a visit without a name is near; a slot too few is the lesser evil. */
const MOST_TRIED = 30;

/**
 * The stated rule for any staff: a session that is there and has a seat, then the least loaded that day (minutes held by visits),
 * then the salon's order, then the id.
 */
export function chooser(salon: Salon, window: Window, pool: Pool, freedom: Freedom): Chooser {
  const orders = new Map<string, readonly string[]>();

  function orderFor(index: number, part: WantedPart, day: number): readonly string[] {
    if (part.staffIds.length < 2) return part.staffIds;
    const key = `${String(index)}|${String(day)}`;
    const known = orders.get(key);
    if (known !== undefined) return known;
    const [midnight, nextMidnight] = [day, day + 1].map((each) => window.clock.toInstant(each * DAY_MINUTES));
    const bounds = { from: midnight ?? 0, till: nextMidnight ?? 0 };
    const loads = new Map(
      part.staffIds.map((id) => [id, minutesWithin(salon.calendars.staff.get(id)?.held ?? [], bounds)]),
    );
    const order = [...part.staffIds].sort((a, b) => (loads.get(a) ?? 0) - (loads.get(b) ?? 0));
    orders.set(key, order);
    return order;
  }

  function choicesFor(index: number, start: number, day: number, onlyFirst = false): readonly Choice[] {
    const part = salon.wanted.parts[index];
    if (part === undefined) return [];
    const order = orderFor(index, part, day);
    const sessions = sessionsAt(salon, part, start);
    const found: Choice[] = [];
    for (const staffId of sessions.length === 0 ? [] : order) {
      const session = sessions.find((each) => each.staffId === staffId);
      const choice = session === undefined ? null : joining(part, start, session);
      if (choice === null) continue;
      found.push(choice);
      if (onlyFirst) return found;
    }
    for (const staffId of order) {
      if (sessions.some((each) => each.staffId === staffId) || !freedom.staff(index, staffId, start))
        continue;
      const roomId = part.roomIds?.find((id) => freedom.room(index, id, start)) ?? null;
      if (roomId === null && part.roomIds !== null) continue;
      found.push({ staffId, roomId, seatsLeft: part.seats > 1 ? part.seats - 1 : null, joins: false });
      if (onlyFirst) return found;
    }
    return found;
  }

  function joining(part: WantedPart, start: number, session: Session): Choice | null {
    const person = window.staff.get(session.staffId);
    const place = placed(part, start);
    if (session.taken >= part.seats || person === undefined) return null;
    if (staffReasons(person, place, session.key).length > 0) return null;
    const seatsLeft = part.seats - session.taken - 1;
    if (part.roomIds === null) return { staffId: session.staffId, roomId: null, seatsLeft, joins: true };
    const own = part.roomIds.filter((id) => session.roomIds.has(id));
    const roomId = [...own, ...part.roomIds].find((id) => {
      const room = window.rooms.get(id);
      return room !== undefined && roomIsFree(room, capacityOf(salon, id), place, session.key);
    });
    return roomId === undefined ? null : { staffId: session.staffId, roomId, seatsLeft, joins: true };
  }

  function chooseFirst(start: number, day: number): readonly Choice[] | null {
    const chosen: Choice[] = [];
    for (let index = 0; index < salon.wanted.parts.length; index += 1) {
      const [choice] = choicesFor(index, start, day, true);
      if (choice === undefined) return null;
      chosen.push(choice);
    }
    return chosen;
  }

  /** The first of all combinations, in the order of preference, that leaves somebody for the visits without a name. */
  function chooseAllowed(start: number, day: number): readonly Choice[] | null {
    const { parts } = salon.wanted;
    const choices = parts.map((_, index) => choicesFor(index, start, day));
    if (choices.some((each) => each.length === 0)) return null;
    let tried = 0;
    const extend = (chosen: readonly Choice[]): readonly Choice[] | null => {
      if (chosen.length === parts.length) return chosen;
      for (const choice of choices[chosen.length] ?? []) {
        const more = [...chosen, choice];
        tried += 1;
        if (tried > MOST_TRIED) return null;
        const whole = pool.allows(more.map(takenBy(parts, start))) ? extend(more) : null;
        if (whole !== null) return whole;
      }
      return null;
    };
    return extend([]);
  }

  return {
    choicesFor: (index, start, day) => choicesFor(index, start, day),
    choose(start, day) {
      const whole = { from: start, till: start + salon.wanted.minutes };
      const touched = pool.touched.some((span) => overlaps(span, whole));
      return touched ? chooseAllowed(start, day) : chooseFirst(start, day);
    },
  };
}

function takenBy(parts: readonly WantedPart[], start: number) {
  return ({ staffId }: Choice, index: number) => {
    const part = parts[index];
    return { staffId, busy: part === undefined ? [] : placed(part, start).busy };
  };
}
