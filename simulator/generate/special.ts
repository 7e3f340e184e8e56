import type { Random } from '../random.ts';
import { formatDate, lastSunday, yearOf, DAY_MINUTES } from '../time.ts';
import { ANY_STAFF, holds } from '../types.ts';
import type { TimeOff } from '../types.ts';
import type { FreshPart } from './book.ts';
import { draftBlock, draftVisit } from './drafts.ts';
import type { Draft } from './drafts.ts';
import type { IdSource } from './ids.ts';
import type { VisitPlan } from './visits.ts';

/** Visits at the hours that a change of the clocks skips or repeats (Europe: last Sundays of March and October). */
export function dstVisits(plan: VisitPlan): Draft[] {
  const drafts: Draft[] = [];
  const times = [
    { month: 3, from: 135, till: 165 },
    { month: 3, from: 90, till: 150 },
    { month: 10, from: 135, till: 165 },
    { month: 10, from: 105, till: 165 },
  ];
  for (let year = yearOf(plan.first); year <= yearOf(plan.last); year += 1) {
    times.forEach(({ month, from, till }, n) => {
      const day = lastSunday(year, month);
      if (day < plan.first || day > plan.last) return;
      // Whoever is not away: nobody else works at that hour.
      for (let turn = 0; turn < plan.staff.length; turn += 1) {
        const part = nightPart(plan, n + turn, day, from, till);
        if (part === null || !plan.book.fits(part)) continue;
        plan.book.reserve(part);
        drafts.push(draftVisit(plan.random, plan.customers, day < plan.today ? 'F' : 'A', [part]));
        return;
      }
    });
  }
  return drafts;
}

function nightPart(plan: VisitPlan, turn: number, day: number, from: number, till: number): FreshPart | null {
  const staff = plan.staff[turn % plan.staff.length];
  if (staff === undefined) return null;
  const offer = plan.book
    .offersOf(staff.id)
    .find(({ service }) => service.gap_time === null && service.parallel_clients === 1);
  return {
    from: day * DAY_MINUTES + from,
    till: day * DAY_MINUTES + till,
    staffer: staff.id,
    appliance: null,
    variant: offer?.variant.id ?? null,
    serviceName: offer?.service.name ?? null,
  };
}

/** Plain visits of one person with one member of staff that hold their time: what an overlap can be laid on. */
function plainOnes(plan: VisitPlan, drafts: readonly Draft[], wanted: (from: number) => boolean): Draft[] {
  return drafts.filter((draft) => {
    const [part] = draft.parts;
    if (part === undefined || draft.parts.length !== 1 || draft.type === 'R' || !holds(draft.status))
      return false;
    if (part.staffer === null || part.staffer === ANY_STAFF || part.till - part.from < 30) return false;
    const offer = plan.book.offersOf(part.staffer).find(({ variant }) => variant.id === part.variant);
    return (
      offer !== undefined &&
      offer.service.gap_time === null &&
      offer.service.parallel_clients === 1 &&
      wanted(part.from)
    );
  });
}

function takeEvery(random: Random, drafts: Draft[], count: number): Draft[] {
  const picked = new Set<Draft>();
  for (let tries = 0; picked.size < Math.min(count, drafts.length) && tries < count * 50; tries += 1) {
    picked.add(random.pick(drafts));
  }
  return [...picked];
}

/** Visits that Booksy itself let be booked over another one: same staff, the later part of the same time. */
export function overbookedVisits(plan: VisitPlan, drafts: readonly Draft[], count: number): Draft[] {
  const boundary = plan.today * DAY_MINUTES;
  const future = plainOnes(plan, drafts, (from) => from >= boundary);
  const past = plainOnes(plan, drafts, (from) => from < boundary);
  const half = Math.ceil(count / 2);
  const chosen = takeEvery(plan.random, future, half);
  chosen.push(...takeEvery(plan.random, past, count - chosen.length));
  return chosen.flatMap((draft) => {
    const [part] = draft.parts;
    if (part === undefined) return [];
    const over = { ...part, from: part.from + 15, appliance: null };
    return [draftVisit(plan.random, plan.customers, part.from >= boundary ? 'A' : 'F', [over])];
  });
}

/** A few time offs that were entered over visits that stand. */
export function timeOffOverVisits(
  plan: VisitPlan,
  ids: IdSource,
  drafts: readonly Draft[],
  count: number,
): TimeOff[] {
  const boundary = plan.today * DAY_MINUTES;
  // Whole days only where the visit ends on the day it begins.
  const daytime = plainOnes(plan, drafts, (from) => from >= boundary && from % DAY_MINUTES < 17 * 60);
  return takeEvery(plan.random, daytime, count).flatMap((draft) => {
    const [part] = draft.parts;
    if (part?.staffer === null || part === undefined) return [];
    const date = formatDate(Math.floor(part.from / DAY_MINUTES));
    return [
      {
        id: ids(),
        resource_id: part.staffer,
        date_from: date,
        date_till: date,
        hour_from: clock(part.from),
        hour_till: clock(part.till),
        reason_code: 'sick_day',
        reason: null,
        approved: true,
      },
    ];
  });
}

/** A block that lies over a visit that stands: shown, cancels nothing. */
export function blocksOverVisits(plan: VisitPlan, drafts: readonly Draft[], count: number): Draft[] {
  const boundary = plan.today * DAY_MINUTES;
  return takeEvery(
    plan.random,
    plainOnes(plan, drafts, (from) => from >= boundary),
    count,
  ).flatMap((draft) => {
    const [part] = draft.parts;
    if (part === undefined) return [];
    return [draftBlock(plan.random, false, { ...part, appliance: null, variant: null, serviceName: null })];
  });
}

function clock(minute: number): string {
  const inDay = minute % DAY_MINUTES;
  return `${String(Math.floor(inDay / 60)).padStart(2, '0')}:${String(inDay % 60).padStart(2, '0')}`;
}
