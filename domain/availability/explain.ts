import { chooser, freedomByJudging, sessionsAt, type Chooser } from './choose.ts';
import { minuteWriter } from './clock.ts';
import { slotOf } from './find.ts';
import { placed, staffReasons } from './judge.ts';
import { poolOf } from './pool.ts';
import { readLocal } from './read.ts';
import { rankOf, type ReasonCode } from './reasons.ts';
import { openWindow, readSalon, type Salon, type Window } from './salon.ts';
import { isWithin } from './spans.ts';
import type { Explanation, Reason, SalonDescription, WantedVisit } from './types.ts';

const DAY_MINUTES = 1440;

/**
 * Whether a visit could begin at a local time of the salon, and if not, all that stands in the way. It also answers for times
 * off the step: those are free or not by the same rules, only not offered.
 *
 * @param startsLocal `YYYY-MM-DDTHH:MM`
 * @throws AvailabilityError where description, wish or time make no sense
 */
export function explainTime(
  description: SalonDescription,
  wanted: WantedVisit,
  startsLocal: string,
): Explanation {
  const salon = readSalon(description, wanted);
  const local = readLocal(startsLocal, 'startsLocal');
  const day = Math.floor(local / DAY_MINUTES);
  const window = openWindow(salon, day, day);
  const start = window.clock.exactInstant(local);
  if (start === null) return refused([{ code: 'ambiguous_time', item: null, staffId: null }]);
  const pool = poolOf(salon.calendars.floating, window);
  const people = chooser(salon, window, pool, freedomByJudging(salon, window));
  const choices = people.choose(start, day);
  const reasons = [
    ...reasonsOfVisit(salon, window, start),
    ...(choices === null ? reasonsOfItems(salon, window, people, start, day) : []),
  ];
  if (choices === null || reasons.length > 0) return refused(reasons);
  const onStep = (local - day * DAY_MINUTES) % salon.wanted.stepMinutes === 0;
  return {
    free: true,
    offered: onStep || choices.some(({ joins }) => joins),
    slot: slotOf(salon, window, start, choices, minuteWriter()),
    code: null,
    reasons: [],
  };
}

/** What bars the visit whoever serves it. */
function reasonsOfVisit(salon: Salon, window: Window, start: number): readonly Reason[] {
  const { parts, minutes } = salon.wanted;
  const codes = new Set<ReasonCode>();
  const edges = [start, ...parts.map(({ till }) => start + till)];
  if (edges.some((edge) => window.clock.repeated.some(({ from, till }) => from <= edge && edge < till)))
    codes.add('ambiguous_time');
  if (start < salon.earliest) codes.add('notice');
  if (start > salon.latest) codes.add('horizon');
  if (!isWithin(window.open, { from: start, till: start + minutes })) {
    for (let minute = start; minute < start + minutes; minute += 1) {
      if (isWithin(window.open, { from: minute, till: minute + 1 })) continue;
      const day = Math.floor(window.clock.toLocal(minute) / DAY_MINUTES);
      codes.add(salon.plan.isHoliday(day) ? 'holiday' : 'closed');
    }
  }
  return inRank(codes).map((code) => ({ code, item: null, staffId: null }));
}

/** What bars each item that nobody can serve, person by person; of rooms it speaks only where the person is free. */
function reasonsOfItems(
  salon: Salon,
  window: Window,
  people: Chooser,
  start: number,
  day: number,
): readonly Reason[] {
  const reasons = salon.wanted.parts.flatMap((part, item): readonly Reason[] => {
    if (people.choicesFor(item, start, day).length > 0) return [];
    if (part.staffIds.length === 0) return [{ code: 'closed', item, staffId: null }];
    const sessions = sessionsAt(salon, part, start);
    return part.staffIds.flatMap((staffId) => {
      const person = window.staff.get(staffId);
      if (person === undefined) return [];
      const session = sessions.find((each) => each.staffId === staffId);
      const codes = new Set(staffReasons(person, placed(part, start), session?.key ?? null));
      if (session !== undefined && session.taken >= part.seats) codes.add('capacity');
      if (codes.size === 0) codes.add('no_room');
      return inRank(codes).map((code) => ({ code, item, staffId }));
    });
  });
  // Everybody is free, but a visit that anybody may serve would be left with nobody.
  return reasons.length > 0 ? reasons : [{ code: 'busy', item: null, staffId: null }];
}

function inRank(codes: Iterable<ReasonCode>): readonly ReasonCode[] {
  return [...codes].sort((a, b) => rankOf(a) - rankOf(b));
}

function refused(reasons: readonly Reason[]): Explanation {
  return { free: false, offered: false, slot: null, code: mainCode(reasons), reasons };
}

/**
 * What to tell a person: what bars the visit as a whole; else, of the first item that nobody can serve, the hardest reason of
 * the one who is nearest to being free.
 */
function mainCode(reasons: readonly Reason[]): ReasonCode | null {
  const first = reasons[0];
  if (first === undefined || first.item === null) return first?.code ?? null;
  const hardest = new Map<string | null, ReasonCode>();
  for (const { code, item, staffId } of reasons)
    if (item === first.item && !hardest.has(staffId)) hardest.set(staffId, code);
  return inRank(hardest.values()).at(-1) ?? null;
}
