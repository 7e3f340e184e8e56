import type { OpenInterval } from '../observed.ts';
import { fail, readDay, readDuration, readStep, readUnique, readWhole } from './read.ts';
import type { Holiday, Hours, OfferRules, OfferedService, ProcessingGap, SalonDescription } from './types.ts';

const DAY_MINUTES = 1440;
const MOST_NOTICE = 366 * DAY_MINUTES;
const MOST_DAYS = 1100;

/**
 * Refuses a description that contradicts itself: hours, holidays, staff, rooms, services, rules. Visits and time off are checked
 * where they are read.
 *
 * @throws AvailabilityError
 */
export function checkDescription(description: SalonDescription): void {
  checkHours(description.hours, 'hours');
  checkHolidays(description.holidays);
  readUnique(ids(description.staff), 'staff.id');
  description.staff.forEach((person, index) => {
    if (person.hours !== null) checkHours(person.hours, `staff[${String(index)}].hours`);
  });
  readUnique(ids(description.rooms), 'rooms.id');
  description.rooms.forEach((room, index) => {
    const field = `rooms[${String(index)}]`;
    readWhole(room.capacity, `${field}.capacity`, 1, 1000);
    if (room.hours !== null) checkHours(room.hours, `${field}.hours`);
  });
  checkServices(description);
  checkRules(description.rules);
}

function ids(list: readonly { readonly id: string }[]): string[] {
  return list.map(({ id }) => id);
}

function checkHours(hours: Hours, field: string): void {
  readUnique(
    hours.weekly.map(({ appliesFrom }) => String(appliesFrom)),
    `${field}.weekly.appliesFrom`,
  );
  hours.weekly.forEach(({ appliesFrom, days }, index) => {
    const own = `${field}.weekly[${String(index)}]`;
    if (appliesFrom !== null) readDay(appliesFrom, `${own}.appliesFrom`);
    readUnique(
      days.map(({ dayOfWeek }) => String(dayOfWeek)),
      `${own}.days.dayOfWeek`,
    );
    days.forEach(({ dayOfWeek, intervals }, day) => {
      readWhole(dayOfWeek, `${own}.days[${String(day)}].dayOfWeek`, 0, 6);
      checkIntervals(intervals, `${own}.days[${String(day)}].intervals`);
    });
  });
  readUnique(
    hours.custom.map(({ date }) => date),
    `${field}.custom.date`,
  );
  hours.custom.forEach(({ date, intervals }, index) => {
    readDay(date, `${field}.custom[${String(index)}].date`);
    checkIntervals(intervals, `${field}.custom[${String(index)}].intervals`);
  });
}

function checkIntervals(intervals: readonly OpenInterval[], field: string): void {
  intervals.forEach(([open, close], index) => {
    const own = `${field}[${String(index)}]`;
    readWhole(open, own, 0, DAY_MINUTES - 1);
    readWhole(close, own, 0, 2 * DAY_MINUTES);
    if (close === open) fail('zero_length', own, [open, close]);
    if (close < open) fail('end_before_start', own, [open, close]);
  });
}

function checkHolidays(holidays: readonly Holiday[]): void {
  readUnique(
    holidays.map(({ date }) => date),
    'holidays.date',
  );
  holidays.forEach(({ date, open }, index) => {
    readDay(date, `holidays[${String(index)}].date`);
    if (open !== null) checkIntervals(open, `holidays[${String(index)}].open`);
  });
}

function checkServices({ services, staff, rooms }: SalonDescription): void {
  const [staffIds, roomIds] = [new Set(ids(staff)), new Set(ids(rooms))];
  readUnique(ids(services), 'services.id');
  readUnique(
    services.flatMap(({ variants }) => ids(variants)),
    'services.variants.id',
  );
  services.forEach((service, index) => {
    const field = `services[${String(index)}]`;
    checkService(service, field);
    for (const roomId of service.roomIds ?? [])
      if (!roomIds.has(roomId)) fail('unknown_room', `${field}.roomIds`, roomId);
    service.variants.forEach((variant, place) => {
      const own = `${field}.variants[${String(place)}]`;
      readDuration(variant.durationMinutes, `${own}.durationMinutes`);
      if (variant.slotStepMinutes !== null) readStep(variant.slotStepMinutes, `${own}.slotStepMinutes`);
      for (const staffId of variant.staffIds)
        if (!staffIds.has(staffId)) fail('unknown_staff', `${own}.staffIds`, staffId);
    });
  });
}

function checkService({ padding, gap, seats }: OfferedService, field: string): void {
  if (padding !== null) {
    readWhole(padding.beforeMinutes, `${field}.padding.beforeMinutes`, 0, DAY_MINUTES);
    readWhole(padding.afterMinutes, `${field}.padding.afterMinutes`, 0, DAY_MINUTES);
  }
  checkGap(gap, `${field}.gap`);
  readWhole(seats, `${field}.seats`, 1, 1000);
}

/** @throws AvailabilityError where the gap has no whole, sensible numbers */
export function checkGap(gap: ProcessingGap | null, field: string): void {
  if (gap === null) return;
  readWhole(gap.afterMinutes, `${field}.afterMinutes`, 0, DAY_MINUTES);
  readWhole(gap.minutes, `${field}.minutes`, 0, DAY_MINUTES);
}

function checkRules(rules: OfferRules): void {
  readWhole(rules.noticeMinutes, 'rules.noticeMinutes', 0, MOST_NOTICE);
  readWhole(rules.horizonDays, 'rules.horizonDays', 0, MOST_DAYS);
  readStep(rules.slotStepMinutes, 'rules.slotStepMinutes');
  readWhole(rules.bufferBeforeMinutes, 'rules.bufferBeforeMinutes', 0, DAY_MINUTES);
  readWhole(rules.bufferAfterMinutes, 'rules.bufferAfterMinutes', 0, DAY_MINUTES);
}
