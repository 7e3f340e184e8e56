import type { FloatingItem } from './calendars.ts';
import type { Window } from './salon.ts';
import { isWithin, overlaps, touchesAny, type Span } from './spans.ts';

/**
 * Visits for which any member of staff will do hold one of the people who may serve them (R24). A new visit may take a person
 * only while as many of them can still be given somebody as without it.
 */
export interface Pool {
  /** Stretches in which such a visit is; outside of them nothing need be asked. */
  readonly touched: readonly Span[];
  allows(taken: readonly Taken[]): boolean;
}

export interface Taken {
  readonly staffId: string;
  readonly busy: readonly Span[];
}

interface Member extends Span {
  readonly busy: readonly Span[];
  /** Who is there and free for it, by all that is fixed. */
  readonly staffIds: readonly string[];
}

/** Beyond so many steps the answer is no: rather a slot too few than a visit that nobody is left for. */
const MOST_STEPS = 1000;

export function poolOf(floating: readonly FloatingItem[], window: Window): Pool {
  const members = floating
    .map(({ busy, staffIds }): Member => ({
      from: Math.min(...busy.map(({ from }) => from)),
      till: Math.max(...busy.map(({ till }) => till)),
      busy,
      staffIds: staffIds.filter((id) => couldServe(window, id, busy)),
    }))
    .sort((a, b) => a.from - b.from || a.till - b.till);
  const withoutAnybody = new Map<string, number | null>();
  return {
    touched: members,
    allows(taken) {
      const concerned = connected(members, taken);
      if (concerned.length === 0) return true;
      const key = concerned.map((member) => members.indexOf(member)).join();
      let before = withoutAnybody.get(key);
      if (before === undefined)
        withoutAnybody.set(key, (before = mostPlaced(concerned, [], concerned.length)));
      if (before === null || (before === concerned.length && isCrowded(concerned, taken))) return false;
      return mostPlaced(concerned, taken, before) === before;
    },
  };
}

function couldServe({ staff }: Window, staffId: string, busy: readonly Span[]): boolean {
  const person = staff.get(staffId);
  if (person === undefined) return false;
  const { work, calendar } = person;
  return busy.every(
    (span) =>
      (work === null || isWithin(work, span)) &&
      !touchesAny(calendar.timeOff, span) &&
      !touchesAny(calendar.blocks, span) &&
      !touchesAny(calendar.held, span),
  );
}

/** Those that overlap what is taken, those that overlap them, and so on: nobody else's place can change. */
function connected(members: readonly Member[], taken: readonly Taken[]): readonly Member[] {
  const reached: Span[] = taken.flatMap(({ busy }) => busy);
  const found = new Set<Member>();
  for (let grown = true; grown;) {
    grown = false;
    for (const member of members) {
      if (found.has(member) || !reached.some((span) => overlaps(span, member))) continue;
      found.add(member);
      reached.push(member);
      grown = true;
    }
  }
  return members.filter((member) => found.has(member));
}

/** Whether at some moment there are more of them than people left: what is most often the case is seen without a search. */
function isCrowded(members: readonly Member[], taken: readonly Taken[]): boolean {
  return members.some(({ from: moment }) => {
    const there = members.filter(({ busy }) =>
      busy.some((span) => span.from <= moment && moment < span.till),
    );
    const gone = taken.filter(({ busy }) => busy.some((span) => span.from <= moment && moment < span.till));
    const left = new Set(there.flatMap(({ staffIds }) => staffIds));
    for (const { staffId } of gone) left.delete(staffId);
    return there.length > left.size;
  });
}

/**
 * How many can be given somebody at once, exactly; null where that takes too many steps to find out.
 *
 * @param enough more cannot be
 */
function mostPlaced(members: readonly Member[], taken: readonly Taken[], enough: number): number | null {
  const known = new Map<string, number>();
  let steps = 0;

  const best = (
    index: number,
    placed: readonly (Taken & { readonly index: number; readonly till: number })[],
  ): number => {
    const member = members[index];
    if (member === undefined) return 0;
    // Only those who are not done yet can still be in the way.
    const alive = placed.filter(({ till }) => till > member.from);
    const key = `${String(index)}:${alive.map((each) => `${String(each.index)}=${each.staffId}`).join()}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    steps += 1;
    if (steps > MOST_STEPS) return 0;
    const bound = Math.min(members.length - index, enough);
    let most = 0;
    for (const staffId of member.staffIds) {
      const inTheWay = (each: Taken) =>
        each.staffId === staffId && each.busy.some((a) => member.busy.some((b) => overlaps(a, b)));
      if (taken.some(inTheWay) || alive.some(inTheWay)) continue;
      const placed = { staffId, busy: member.busy, index, till: member.till };
      most = Math.max(most, 1 + best(index + 1, [...alive, placed]));
      if (most >= bound) break;
    }
    if (most < bound) most = Math.max(most, best(index + 1, alive));
    known.set(key, most);
    return most;
  };

  const most = best(0, []);
  return steps > MOST_STEPS && most < enough ? null : Math.min(most, enough);
}
