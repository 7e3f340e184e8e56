import { freedomByBitmaps, goodForSalon } from './bitmaps.ts';
import { chooser, sessionsAt, type Choice } from './choose.ts';
import { minuteWriter, type MinuteWriter } from './clock.ts';
import { poolOf } from './pool.ts';
import { fail, readDay, readInstant } from './read.ts';
import { openWindow, readSalon, type Salon, type Window } from './salon.ts';
import type { NextRange, SalonDescription, Slot, SlotQuery, WantedVisit } from './types.ts';

const DAY_MINUTES = 1440;
const MOST_DAYS = 366;
/** Bitmaps are made for so many days at once. */
const WINDOW_DAYS = 31;

/**
 * All starts, earliest first, at which the whole visit can be had on days of the range, with who would serve it and where.
 *
 * @throws AvailabilityError where description or query make no sense
 */
export function findSlots(description: SalonDescription, query: SlotQuery): readonly Slot[] {
  const salon = readSalon(description, query);
  const [firstDay, lastDay] = [readDay(query.fromDate, 'fromDate'), readDay(query.toDate, 'toDate')];
  if (lastDay < firstDay) fail('end_before_start', 'toDate', query.toDate);
  if (lastDay - firstDay >= MOST_DAYS) fail('range_too_long', 'toDate', query.toDate);
  const writer = minuteWriter();
  const slots: Slot[] = [];
  for (let day = firstDay; day <= lastDay; day += WINDOW_DAYS)
    slots.push(...slotsOfDays(salon, day, Math.min(day + WINDOW_DAYS - 1, lastDay), writer));
  return slots;
}

/**
 * The next starts from an instant on, at most as many as are asked for, up to the horizon.
 *
 * @throws AvailabilityError where description or query make no sense
 */
export function nextFreeSlots(
  description: SalonDescription,
  wanted: WantedVisit,
  { from, count }: NextRange,
): readonly Slot[] {
  const salon = readSalon(description, wanted);
  const fromMinute = Math.max(Math.ceil(readInstant(from, 'from') / 60_000), salon.earliest);
  if (!Number.isInteger(count) || count < 1 || count > 100)
    fail('number_out_of_range', 'count', count, ' (1 to 100)');
  const writer = minuteWriter();
  const slots: Slot[] = [];
  // Days of the zone and of UTC differ by one at most.
  let day = Math.floor(fromMinute / DAY_MINUTES) - 1;
  const lastDay = Math.floor(salon.latest / DAY_MINUTES) + 1;
  // Most often the next days have enough: small windows first.
  for (let days = 4; day <= lastDay && slots.length < count; days = Math.min(days * 2, WINDOW_DAYS)) {
    const till = Math.min(day + days - 1, lastDay);
    const earliest = new Date(fromMinute * 60_000).toISOString();
    slots.push(...slotsOfDays(salon, day, till, writer).filter(({ startsAt }) => startsAt >= earliest));
    day = till + 1;
  }
  return slots.slice(0, count);
}

function slotsOfDays(salon: Salon, firstDay: number, lastDay: number, writer: MinuteWriter): readonly Slot[] {
  const window = openWindow(salon, firstDay, lastDay);
  const starts = startsToTry(salon, window, firstDay, lastDay);
  const [first, last] = [starts[0], starts.at(-1)];
  if (first === undefined || last === undefined) return [];
  const range = { from: first.at, till: last.at + 1 };
  const isGood = goodForSalon(salon, window, range);
  const pool = poolOf(salon.calendars.floating, window);
  const { choose } = chooser(salon, window, pool, freedomByBitmaps(salon, window, range));
  const slots: Slot[] = [];
  for (const { at, day, onStep } of starts) {
    if (!isGood(at)) continue;
    const choices = choose(at, day);
    if (choices === null || !(onStep || choices.some(({ joins }) => joins))) continue;
    slots.push(slotOf(salon, window, at, choices, writer));
  }
  return slots;
}

interface Start {
  /** Instant. */
  readonly at: number;
  readonly day: number;
  readonly onStep: boolean;
}

/** Local times on the step that exist once (R11), and the starts of sessions with a seat left (R24), by time. */
function startsToTry(salon: Salon, window: Window, firstDay: number, lastDay: number): readonly Start[] {
  const { clock } = window;
  const { stepMinutes, parts } = salon.wanted;
  const starts: Start[] = [];
  for (let day = firstDay; day <= lastDay; day += 1) {
    const midnight = day * DAY_MINUTES;
    // A day far from any change of clocks is read once, not minute by minute.
    const first = clock.exactInstant(midnight);
    const steadyFrom = first !== null && clock.isSteady(first - DAY_MINUTES, 3 * DAY_MINUTES) ? first : null;
    for (let minute = 0; minute < DAY_MINUTES; minute += stepMinutes) {
      const at = steadyFrom === null ? clock.exactInstant(midnight + minute) : steadyFrom + minute;
      if (at !== null) starts.push({ at, day, onStep: true });
    }
  }
  const onStep = new Set(starts.map(({ at }) => at));
  const joined: Start[] = [];
  for (const part of parts) {
    if (part.seats <= 1 || part.serviceId === null) continue;
    for (const minute of salon.calendars.sessions.get(part.serviceId)?.keys() ?? []) {
      const at = minute - part.from;
      const day = Math.floor(clock.toLocal(at) / DAY_MINUTES);
      const isOpen = sessionsAt(salon, part, at).some(({ taken }) => taken < part.seats);
      if (!isOpen || day < firstDay || day > lastDay || onStep.has(at)) continue;
      onStep.add(at);
      joined.push({ at, day, onStep: false });
    }
  }
  return joined.length === 0 ? starts : [...starts, ...joined].sort((a, b) => a.at - b.at);
}

/** The slot that these choices make. */
export function slotOf(
  salon: Salon,
  { clock }: Window,
  at: number,
  choices: readonly Choice[],
  writer: MinuteWriter,
): Slot {
  const items = choices.map(({ staffId, roomId, seatsLeft }, index) => {
    const part = salon.wanted.parts[index];
    const [from, till] = [at + (part?.from ?? 0), at + (part?.till ?? 0)];
    return {
      variantId: part?.variantId ?? null,
      staffId,
      roomId,
      startsLocal: writer.local(clock.toLocal(from)),
      endsLocal: writer.local(clock.toLocal(till)),
      startsAt: writer.instant(from),
      endsAt: writer.instant(till),
      seatsLeft,
    };
  });
  const till = at + salon.wanted.minutes;
  return {
    startsLocal: writer.local(clock.toLocal(at)),
    endsLocal: writer.local(clock.toLocal(till)),
    startsAt: writer.instant(at),
    endsAt: writer.instant(till),
    items,
  };
}
