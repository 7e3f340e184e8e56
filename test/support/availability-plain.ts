/** A plain salon to change one thing of: open all week 09:00–17:00 in Warsaw, two people, one room, a service of 30 minutes. */
import type {
  HeldItem,
  HeldVisit,
  Hours,
  OfferedService,
  SalonDescription,
  SlotQuery,
} from '../../domain/availability/index.ts';

export const WEEK = [0, 1, 2, 3, 4, 5, 6] as const;

/** The same intervals every day of the week. */
export function everyDay(...intervals: readonly (readonly [number, number])[]): Hours {
  return {
    weekly: [{ appliesFrom: null, days: WEEK.map((dayOfWeek) => ({ dayOfWeek, intervals })) }],
    custom: [],
  };
}

export const CUT: OfferedService = {
  id: 'cut',
  padding: null,
  gap: null,
  seats: 1,
  roomIds: null,
  variants: [
    { id: 'cut-30', durationMinutes: 30, slotStepMinutes: null, staffIds: ['ada', 'bea'] },
    { id: 'cut-60', durationMinutes: 60, slotStepMinutes: null, staffIds: ['ada', 'bea'] },
  ],
};

/** Monday 2026-11-23, 08:00 in Warsaw. */
export const PLAIN: SalonDescription = {
  zone: 'Europe/Warsaw',
  now: '2026-11-23T07:00:00.000Z',
  hours: everyDay([540, 1020]),
  holidays: [],
  staff: [
    { id: 'ada', position: 0, bookable: true, hours: null },
    { id: 'bea', position: 1, bookable: true, hours: null },
  ],
  rooms: [{ id: 'room', position: 0, capacity: 1, hours: null }],
  services: [CUT],
  timeOff: [],
  visits: [],
  rules: {
    noticeMinutes: 0,
    horizonDays: 90,
    slotStepMinutes: 30,
    bufferBeforeMinutes: 0,
    bufferAfterMinutes: 0,
  },
};

export const DAY = '2026-11-24';

/** A half-hour cut by Ada on Tuesday 2026-11-24. */
export const QUERY: SlotQuery = {
  items: [{ variantId: 'cut-30', staffId: 'ada' }],
  fromDate: DAY,
  toDate: DAY,
};

/** An instant of the day in Warsaw's winter. */
export function at(time: string, date = DAY): string {
  return new Date(`${date}T${time}:00+01:00`).toISOString();
}

export function held(from: string, till: string, change: Partial<HeldItem> = {}): HeldItem {
  return {
    staffId: 'ada',
    eligibleStaffIds: null,
    roomId: null,
    serviceId: 'cut',
    startsAt: at(from),
    endsAt: at(till),
    prior: null,
    gap: null,
    seats: 1,
    ...change,
  };
}

let visits = 0;

export function visit(item: HeldItem, status = 'confirmed'): HeldVisit {
  visits += 1;
  return { id: `visit-${String(visits)}`, status, items: [item] };
}
