import type { Json } from '../canonical.ts';
import type {
  Interval,
  ObservedClient,
  ObservedCustomDay,
  ObservedTimeOff,
  ObservedWeekday,
  OpenInterval,
} from '../observed.ts';
import { Unresolved, type Links } from './links.ts';
import type { SeenRecord } from './seen.ts';

/** A client card under contract-minimal fields (R40): name, e-mail, phone. */
export function seenClient(client: ObservedClient, interval: Interval): SeenRecord {
  const groups = {
    name: { given: client.givenName, family: client.familyName },
    email: client.email,
    phone: client.phone,
  };
  return {
    externalId: client.externalId,
    theirs: groups,
    here: groups,
    unread: [],
    unresolved: [],
    unknown: client.unknown,
    interval,
  };
}

/** Time off or a reservation of a resource: `owner`, `time`, `reason`, `approved`. */
export function seenTimeOff(
  timeOff: ObservedTimeOff,
  zone: string,
  links: Links,
  interval: Interval,
): SeenRecord {
  const unresolved = new Unresolved();
  const own = {
    time: { startsLocal: timeOff.startsLocal, endsLocal: timeOff.endsLocal, allDay: timeOff.allDay, zone },
    reason: timeOff.reasonCode,
    approved: timeOff.approved,
  };
  return {
    externalId: timeOff.externalId,
    theirs: { ...own, owner: timeOff.resourceExternalId },
    here: { ...own, owner: ownerOf(timeOff.resourceExternalId, links, unresolved) },
    unread: [],
    unresolved: unresolved.list(),
    unknown: null,
    importUid: timeOff.source === 'time_off' ? timeOff.importUid : null,
    interval,
  };
}

/** Weekly hours of one owner: a group per day and per future schedule, so that a change names the day. */
export function seenWeekly(
  externalId: string,
  days: readonly ObservedWeekday[],
  interval: Interval,
): SeenRecord {
  const groups: Record<string, Json> = {};
  for (const appliesFrom of new Set([null, ...days.map((day) => day.appliesFrom)])) {
    // A day that a schedule does not name is closed, and so is a present schedule without any day; saying so keeps
    // "closed" apart from "unknown".
    for (let dayOfWeek = 0; dayOfWeek <= 6; dayOfWeek += 1) {
      const found = days.find((day) => day.appliesFrom === appliesFrom && day.dayOfWeek === dayOfWeek);
      groups[`weekday:${appliesFrom ?? 'now'}:${String(dayOfWeek)}`] = intervalsOf(found?.intervals ?? []);
    }
  }
  return hoursRecord(externalId, groups, interval);
}

/**
 * Custom days of one owner inside the window that was asked for. Days outside it, known from earlier reads, are carried
 * over: a window that moves on with the calendar is not a change.
 */
export function seenCustomDays(
  externalId: string,
  days: readonly ObservedCustomDay[],
  window: { readonly fromDate: string; readonly tillDate: string },
  known: SeenRecord['theirs'],
  interval: Interval,
): SeenRecord {
  const groups: Record<string, Json> = {};
  for (const [group, value] of Object.entries(known)) {
    const date = group.slice('date:'.length);
    if (date < window.fromDate || date > window.tillDate) groups[group] = value;
  }
  for (const day of days) groups[`date:${day.date}`] = intervalsOf(day.intervals);
  return hoursRecord(externalId, groups, interval);
}

function hoursRecord(externalId: string, groups: SeenRecord['theirs'], interval: Interval): SeenRecord {
  return { externalId, theirs: groups, here: groups, unread: [], unresolved: [], unknown: null, interval };
}

function intervalsOf(intervals: readonly OpenInterval[]): Json {
  return intervals.map(([open, close]) => [open, close]);
}

function ownerOf(externalId: string, links: Links, unresolved: Unresolved): Json {
  const staffId = links.staff.get(externalId);
  if (staffId !== undefined) return { kind: 'staff', id: staffId };
  const roomId = links.rooms.get(externalId);
  if (roomId !== undefined) return { kind: 'room', id: roomId };
  unresolved.note('owner');
  return null;
}
