import { endOf, momentOf, readEvent, type FeedEvent, type Moment } from './event.ts';
import { CALENDAR_LIMITS, CalendarError, createBudget, type Budget, type CalendarLimits } from './limits.ts';
import { feedText, reduceFeed } from './reduce.ts';
import { repetitions } from './repeat.ts';
import type { RepeatRule } from './rule.ts';
import { wholly, type Stepwise } from './stepwise.ts';
import { DAY_MS, dayOf } from './wall.ts';
import { zonesOf } from './zones.ts';

/** A stretch in which somebody is not free. */
export interface BusyStretch {
  /** Which entry and which of its repetitions; the same as long as the entry is. */
  readonly key: string;
  /** ms since the epoch. */
  readonly startsAt: number;
  readonly endsAt: number;
  readonly allDay: boolean;
}

export interface BusyTimes {
  /** Those that touch the window, by start. Whole, not cut at its edges. */
  readonly stretches: readonly BusyStretch[];
  /** Entries of the feed. */
  readonly events: number;
  /** Entries whose times could not be understood: they block nothing, and somebody should know. */
  readonly unread: number;
  /** Entries in a zone that nobody knows: read in the salon's. */
  readonly zonesUnknown: number;
  /** Entries that came from here and are here already. */
  readonly own: number;
}

export interface BusyInput {
  /** The feed, or what was kept of it. */
  readonly text: string;
  /** Zone of the salon. */
  readonly zone: string;
  /** ms since the epoch; `to` is not in it. */
  readonly window: { readonly from: number; readonly to: number };
  /** Whether an entry's UID is one of our own feeds for this salon. */
  readonly isOwn?: (uid: string) => boolean;
  readonly limits?: Partial<CalendarLimits>;
}

/** What is kept of a feed: enough to lay out its repetitions later, and nothing that says what they are. */
export function* keptSteps(text: string, limits: CalendarLimits = CALENDAR_LIMITS): Stepwise<string> {
  return feedText(yield* reduceFeed(text, limits));
}

/** The same at once. */
export function keptOf(text: string, limits?: CalendarLimits): string {
  return wholly(keptSteps(text, limits));
}

/**
 * When a feed says that its owner is busy: repetitions, exceptions, whole days in the salon's zone.
 *
 * @throws CalendarError where it cannot be read as a whole, or costs more than a feed may
 */
export function* busySteps({ text, zone, window, isOwn, limits }: BusyInput): Stepwise<BusyTimes> {
  const most = { ...CALENDAR_LIMITS, ...limits };
  const feed = yield* reduceFeed(text, most);
  const budget = createBudget(most.steps);
  const zones = zonesOf(feed.zones, zone, window);
  const events: FeedEvent[] = [];
  let unread = 0;
  let own = 0;
  for (const lines of feed.events) {
    if (!mayTouch(lines, window.from)) continue;
    yield;
    budget.spend(1);
    const event = readEvent(lines, zones);
    if (event === null) unread += 1;
    else if (isOwn?.(event.uid) === true) own += 1;
    else events.push(event);
  }
  const stretches = new Map<string, BusyStretch>();
  for (const group of grouped(events).values()) {
    for (const each of yield* stretchesOf(group, window, most.stretches, budget))
      stretches.set(each.key, each);
    if (stretches.size > most.stretches) throw new CalendarError('calendar_too_many_repetitions');
  }
  return {
    stretches: [...stretches.values()].sort((a, b) => a.startsAt - b.startsAt || (a.key < b.key ? -1 : 1)),
    events: feed.events.length,
    unread,
    zonesUnknown: events.filter(({ zoneUnknown }) => zoneUnknown).length,
    own,
  };
}

/** The same at once. @throws CalendarError as `busySteps` */
export function busyTimes(input: BusyInput): BusyTimes {
  return wholly(busySteps(input));
}

/** A feed holds years of what is over: what happened once and long ago is not even parsed. */
function mayTouch(lines: readonly string[], from: number): boolean {
  let last = Number.NaN;
  for (const line of lines) {
    if (/^(RRULE|RDATE|RECURRENCE-ID|DURATION)[;:]/i.test(line)) return true;
    const found = /^DT(?:START|END)(?:;[^:]*)?:(\d{4})(\d{2})(\d{2})/i.exec(line);
    if (found !== null) {
      const day = Date.UTC(Number(found[1]), Number(found[2]) - 1, Number(found[3]));
      last = Number.isNaN(last) ? day : Math.max(last, day);
    }
  }
  return Number.isNaN(last) || last + 3 * DAY_MS > from;
}

/** Entries of one UID belong together: the series and what it says of single repetitions. */
function grouped(events: readonly FeedEvent[]): ReadonlyMap<string, readonly FeedEvent[]> {
  const groups = new Map<string, FeedEvent[]>();
  events.forEach((event, at) => {
    // Without a UID nothing belongs to anything.
    const name = event.uid === '' ? `\u0000${String(at)}` : event.uid;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [event]);
    else group.push(event);
  });
  return groups;
}

function* stretchesOf(
  group: readonly FeedEvent[],
  window: BusyInput['window'],
  most: number,
  budget: Budget,
): Stepwise<readonly BusyStretch[]> {
  // Sent twice: the later version counts.
  const series = group.filter(({ instead }) => instead === null).sort((a, b) => a.sequence - b.sequence);
  const single = new Map<string, FeedEvent>();
  for (const event of [...group].sort((a, b) => a.sequence - b.sequence))
    if (event.instead !== null) single.set(sameTime(event.instead.of), event);
  const found: BusyStretch[] = [];
  const add = (event: FeedEvent, start: Moment, key: string, length = event.length) => {
    const endsAt = endOf(start, length);
    const touches = endsAt > window.from && start.instant < window.to && endsAt > start.instant;
    if (event.isBusy && touches) found.push({ key, startsAt: start.instant, endsAt, allDay: start.isDate });
  };
  const master = series.at(-1);
  if (master !== undefined) {
    const repeats = master.rules.length > 0 || master.added.length > 0;
    const onwards = [...single.values()]
      .filter(({ instead }) => instead?.onwards === true)
      .sort((a, b) => (a.instead?.of.instant ?? 0) - (b.instead?.of.instant ?? 0));
    for (const start of yield* startsOf(master, window, most, budget)) {
      yield;
      budget.spend(1);
      if (single.has(sameTime(start)) || single.has(sameDay(start))) continue;
      const key = repeats ? `${master.uid}\n${sameTime(start)}` : master.uid;
      const by = onwards.findLast(({ instead }) => (instead?.of.instant ?? Infinity) <= start.instant);
      if (by?.instead == null) add(master, start, key);
      else add(by, moved(start, by.start.wall - by.instead.of.wall, by.start), key);
    }
  }
  if (master?.isCancelled !== true)
    for (const [time, event] of single) add(event, event.start, `${event.uid}\n${time}`);
  return found;
}

/** All starts of a series that could touch the window, without those that it leaves out. */
function* startsOf(
  event: FeedEvent,
  window: BusyInput['window'],
  most: number,
  budget: Budget,
): Stepwise<readonly Moment[]> {
  const { start, length, rules, added, left } = event;
  const at = new Map<number, Moment>();
  const take = (moment: Moment) => {
    at.set(moment.instant, moment);
    // Some lie beside the window, so twice as many cannot all be wanted.
    if (at.size > 2 * most + left.length) throw new CalendarError('calendar_too_many_repetitions');
  };
  if (rules.length === 0) take(start);
  // Zones are at most 14 hours from UTC: two days around the window hold every wall time in it.
  const from = window.from - (length.days + 3) * DAY_MS - length.ms;
  const to = window.to + 2 * DAY_MS;
  for (const rule of rules) {
    const isOver = untilOf(rule, start);
    for (const wall of repetitions({ rule, start: start.wall, from, to, isOver, budget })) {
      yield;
      if (wall !== null && wall >= from) take(momentOf({ ...start, wall }, start.zoneOf));
    }
  }
  for (const moment of added) take(moment);
  const out = new Set(left.map((moment) => (moment.isDate ? sameDay(moment) : sameTime(moment))));
  return [...at.values()].filter((moment) => !out.has(sameTime(moment)) && !out.has(sameDay(moment)));
}

function untilOf({ until }: RepeatRule, start: Moment): (wall: number) => boolean {
  if (until === null) return () => false;
  if (until.isDate) return (wall) => dayOf(wall) > until.wall;
  return until.isUtc ? (wall) => start.zoneOf(wall) > until.wall : (wall) => wall > until.wall;
}

/** All that follow are moved by as much as the one that says so. */
function moved(start: Moment, byMs: number, like: Moment): Moment {
  return momentOf({ wall: start.wall + byMs, isDate: like.isDate, isUtc: like.isUtc }, like.zoneOf);
}

function sameTime(moment: Moment): string {
  return moment.isDate ? sameDay(moment) : new Date(moment.instant).toISOString();
}

/** Some programs name a repetition by its day alone. */
function sameDay(moment: Moment): string {
  return new Date(moment.wall).toISOString().slice(0, 10);
}
