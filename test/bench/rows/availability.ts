import { findSlots, type SalonDescription, type SlotQuery } from '../../../domain/availability/index.ts';
import { atMost, type Bench, type RowSpec } from '../row.ts';

/** A month of slots from the description of a salon (SPEC §14): reading and checking the description is part of it. */

const STAFF = 10;
const VISITS = 1500;
const DAYS = 30;
const RUNS = 60;
/** The first runs are slower: they are what a process does once. */
const WARM_UP = 20;

export function availabilityRows(): readonly RowSpec[] {
  return [
    {
      name: 'availability.month_ms',
      unit: 'ms',
      goal: atMost(20),
      async measure(bench) {
        return measureMonth(bench);
      },
    },
  ];
}

function measureMonth(bench: Bench) {
  bench.say(`a month of slots for ${String(STAFF)} staff with ${String(VISITS)} visits`);
  const salon = busySalon();
  const [first] = timed(1, () => anyStaff(salon));
  timed(WARM_UP, () => anyStaff(salon));
  const times = timed(RUNS, () => anyStaff(salon));
  const each = timed(RUNS / 4, () => oneByOne(salon));
  const fine = timed(RUNS / 4, () => anyStaff({ ...salon, rules: { ...salon.rules, slotStepMinutes: 5 } }));
  const slots = findSlots(salon, month(null)).length;
  return {
    value: median(times),
    detail:
      `median of ${String(RUNS)}, best ${shown(Math.min(...times))}, the very first ${shown(first ?? 0)}; ${String(slots)} slots of any staff; ` +
      `every 5 minutes ${shown(median(fine))}; asked for each of ${String(STAFF)} people one by one ${shown(median(each))}`,
  };
}

function anyStaff(salon: SalonDescription): void {
  findSlots(salon, month(null));
}

function oneByOne(salon: SalonDescription): void {
  for (const { id } of salon.staff) findSlots(salon, month(id));
}

function month(staffId: string | null): SlotQuery {
  return { items: [{ variantId: 'cut-short', staffId }], fromDate: '2026-11-24', toDate: '2026-12-23' };
}

function timed(runs: number, work: () => void): readonly number[] {
  return Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

function shown(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

/** Ten people who work split shifts, five visits a day each; some with a processing gap, some in sessions, some in rooms. */
function busySalon(): SalonDescription {
  const hours = {
    weekly: [
      {
        appliesFrom: null,
        days: [0, 1, 2, 3, 4, 5, 6].map((dayOfWeek) => ({
          dayOfWeek,
          intervals: [[480, 780] as const, [810, 1200] as const],
        })),
      },
    ],
    custom: [],
  };
  const staff = Array.from({ length: STAFF }, (_, index) => ({
    id: `staff-${String(index)}`,
    position: index,
    bookable: true,
    hours,
  }));
  const variants = [
    { id: 'cut-short', durationMinutes: 30, slotStepMinutes: null, staffIds: staff.map(({ id }) => id) },
  ];
  return {
    zone: 'Europe/Warsaw',
    now: '2026-11-23T10:00:00Z',
    hours,
    holidays: [{ date: '2026-12-06', open: null }],
    staff,
    rooms: [{ id: 'room', position: 0, capacity: 4, hours: null }],
    services: [{ id: 'cut', padding: null, gap: null, seats: 1, roomIds: ['room'], variants }],
    timeOff: [],
    visits: Array.from({ length: VISITS }, (_, index) => visitOf(index)),
    rules: {
      noticeMinutes: 60,
      horizonDays: 90,
      slotStepMinutes: 15,
      bufferBeforeMinutes: 5,
      bufferAfterMinutes: 5,
    },
  };
}

function visitOf(index: number): SalonDescription['visits'][number] {
  const [person, day, place] = [
    index % STAFF,
    Math.floor(index / STAFF) % DAYS,
    Math.floor(index / STAFF / DAYS),
  ];
  const startMs = Date.UTC(2026, 10, 24 + day, 7 + place * 2, (person * 7) % 60);
  return {
    id: `visit-${String(index)}`,
    status: 'confirmed',
    items: [
      {
        staffId: `staff-${String(person)}`,
        eligibleStaffIds: null,
        roomId: person % 3 === 0 ? 'room' : null,
        serviceId: 'cut',
        startsAt: new Date(startMs).toISOString(),
        endsAt: new Date(startMs + 90 * 60_000).toISOString(),
        prior: null,
        gap: person % 4 === 0 ? { afterMinutes: 20, minutes: 30 } : null,
        seats: 1,
      },
    ],
  };
}
