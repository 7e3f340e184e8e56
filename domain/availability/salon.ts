import { readCalendars, type Calendar, type Calendars } from './calendars.ts';
import { checkDescription } from './check.ts';
import { zoneClock, type ZoneClock } from './clock.ts';
import { dayPlan, openSpans, type DayPlan } from './hours.ts';
import { readInstant, readZone } from './read.ts';
import type { Span } from './spans.ts';
import type { SalonDescription, WantedVisit } from './types.ts';
import { planWanted, type WantedPlan } from './wanted.ts';

/** A description and a wish, read and checked once; asked window by window. */
export interface Salon {
  readonly zone: string;
  readonly wanted: WantedPlan;
  readonly calendars: Calendars;
  /** Instants between which a visit may begin, the last one included: notice and horizon. */
  readonly earliest: number;
  readonly latest: number;
  readonly description: SalonDescription;
  readonly plan: DayPlan;
  readonly staffPlans: ReadonlyMap<string, DayPlan | null>;
  readonly roomPlans: ReadonlyMap<string, DayPlan | null>;
}

/** A person or a room in a window of days. */
export interface Resource {
  readonly calendar: Calendar;
  /** Null = always there. */
  readonly work: readonly Span[] | null;
}

export interface Window {
  readonly clock: ZoneClock;
  readonly open: readonly Span[];
  readonly staff: ReadonlyMap<string, Resource>;
  readonly rooms: ReadonlyMap<string, Resource>;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

/** @throws AvailabilityError */
export function readSalon(description: SalonDescription, wanted: WantedVisit): Salon {
  const zone = readZone(description.zone);
  const nowMs = readInstant(description.now, 'now');
  checkDescription(description);
  const { noticeMinutes, horizonDays } = description.rules;
  const plan = planWanted(description, wanted);
  const concerned = {
    staffIds: new Set(plan.parts.flatMap(({ staffIds }) => staffIds)),
    roomIds: new Set(plan.parts.flatMap(({ roomIds }) => roomIds ?? [])),
  };
  return {
    zone,
    wanted: plan,
    calendars: readCalendars(description, wanted, concerned),
    earliest: Math.ceil(nowMs / MINUTE_MS) + noticeMinutes,
    latest: Math.floor(nowMs / MINUTE_MS) + horizonDays * DAY_MINUTES,
    description,
    plan: dayPlan(description.hours, description.holidays),
    staffPlans: plansOf(description.staff),
    roomPlans: plansOf(description.rooms),
  };
}

type Owner = SalonDescription['staff'][number] | SalonDescription['rooms'][number];

function plansOf(owners: readonly Owner[]): ReadonlyMap<string, DayPlan | null> {
  return new Map(owners.map(({ id, hours }) => [id, hours === null ? null : dayPlan(hours)]));
}

/** The salon on some days of its own calendar, counted from the epoch, and on as many more as a visit can reach into. */
export function openWindow(salon: Salon, firstDay: number, lastDay: number): Window {
  const [first, last] = [firstDay - 2, lastDay + 2 + Math.ceil(salon.wanted.minutes / DAY_MINUTES)];
  const clock = zoneClock(salon.zone, first, last);
  const spansOf = (plan: DayPlan | null | undefined) =>
    plan == null ? null : openSpans(plan, clock, first, last);
  return {
    clock,
    open: openSpans(salon.plan, clock, first, last),
    staff: resourcesOf(salon.calendars.staff, salon.staffPlans, spansOf),
    rooms: resourcesOf(salon.calendars.rooms, salon.roomPlans, spansOf),
  };
}

function resourcesOf(
  calendars: ReadonlyMap<string, Calendar>,
  plans: ReadonlyMap<string, DayPlan | null>,
  spansOf: (plan: DayPlan | null | undefined) => readonly Span[] | null,
): ReadonlyMap<string, Resource> {
  return new Map([...calendars].map(([id, calendar]) => [id, { calendar, work: spansOf(plans.get(id)) }]));
}
