/** Salons by the thousand, from a seed: every feature of the slot engine, at days when clocks are changed and at plain ones. */
import type {
  HeldItem,
  HeldVisit,
  Hours,
  OfferedService,
  ProcessingGap,
  SalonDescription,
  SlotQuery,
  StaffMember,
  TimeOff,
  WantedItem,
} from '../../domain/availability/index.ts';
import { localOf } from '../../domain/local-time.ts';
import { Dice } from './availability-dice.ts';
import { shiftDate } from './availability-wall.ts';

type Interval = readonly [number, number];

/** A zone and the day before something happens to its clocks, or a plain day. */
const PLACES: readonly (readonly [zone: string, date: string])[] = [
  ['Europe/Warsaw', '2026-03-28'],
  ['Europe/Warsaw', '2026-10-24'],
  ['Europe/Warsaw', '2027-01-11'],
  ['America/New_York', '2027-03-13'],
  ['America/New_York', '2026-10-31'],
  ['Asia/Kolkata', '2026-12-30'],
  // Half an hour, not a whole one.
  ['Australia/Lord_Howe', '2026-04-04'],
  ['Australia/Lord_Howe', '2026-10-03'],
  // One minute past midnight, so that a part of the day before comes twice.
  ['America/St_Johns', '2010-03-13'],
  ['America/St_Johns', '2010-11-06'],
  ['America/St_Johns', '2026-03-07'],
  // At midnight itself.
  ['America/Sao_Paulo', '2018-11-03'],
  ['America/Sao_Paulo', '2018-02-17'],
  // A whole day that was not.
  ['Pacific/Apia', '2011-12-29'],
];

export interface GeneratedSalon {
  readonly salon: SalonDescription;
  readonly query: SlotQuery;
  /** Local times to ask about one by one. */
  readonly times: readonly string[];
}

/** The salon of a seed. */
export function generatedSalon(seed: number): GeneratedSalon {
  const dice = new Dice(seed);
  const [zone, anchor] = dice.pick(PLACES);
  const fromDate = shiftDate(anchor, dice.whole(0, 1));
  const toDate = shiftDate(fromDate, dice.whole(0, 1));
  const rooms = dice.times(0, 2, (index) => ({
    id: `room${String(index)}`,
    position: dice.whole(0, 2),
    capacity: dice.pick([1, 1, 2, 2, 3]),
    hours: dice.chance(0.1) ? hoursOf(dice, fromDate) : null,
  }));
  const staff = dice.times(1, 4, (index) => ({
    id: `staff${String(index)}`,
    position: dice.whole(0, 2),
    bookable: index === 0 || dice.chance(0.9),
    hours: dice.chance(0.5) ? hoursOf(dice, fromDate) : null,
  }));
  const services = dice.times(1, 3, (index) => serviceOf(dice, index, staff, rooms));
  const visits = visitsOf(dice, { fromDate, staff, services, roomIds: rooms.map(({ id }) => id) });
  const salon: SalonDescription = {
    zone,
    now: nowOf(dice, fromDate),
    hours: hoursOf(dice, fromDate),
    holidays: dice.chance(0.25)
      ? [{ date: shiftDate(fromDate, dice.whole(-1, 1)), open: dice.chance(0.3) ? shifts(dice) : null }]
      : [],
    staff,
    rooms,
    services,
    timeOff: dice.times(0, 3, () => timeOffOf(dice, fromDate, staff, rooms)),
    visits,
    rules: {
      noticeMinutes: dice.pick([0, 0, 0, 30, 120, 1440]),
      horizonDays: dice.pick([1, 2, 3, 4, 60, 60, 60, 60]),
      slotStepMinutes: dice.pick([5, 7, 10, 15, 15, 20, 30, 30, 45, 50, 60]),
      bufferBeforeMinutes: dice.pick([0, 0, 5, 15, 25]),
      bufferAfterMinutes: dice.pick([0, 0, 5, 10, 15]),
    },
  };
  const query: SlotQuery = {
    items: dice.times(1, dice.pick([1, 1, 2, 3]), () => wantedOf(dice, salon)),
    fromDate,
    toDate,
    ...(dice.chance(0.15) && visits.length > 0 ? { ignoreVisitIds: [dice.pick(visits).id] } : {}),
  };
  const starts = visits.flatMap(({ items }) => items).map(({ startsAt }) => localOf(startsAt, zone));
  const times = Array.from({ length: 8 }, () => {
    if (starts.length > 0 && dice.chance(0.4)) return dice.pick(starts);
    const date = shiftDate(fromDate, dice.whole(-1, 2));
    const minute = dice.chance(0.5) ? dice.whole(0, 287) * 5 : dice.whole(0, 1439);
    return `${date}T${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  });
  return { salon, query, times };
}

function nowOf(dice: Dice, fromDate: string): string {
  const ms =
    Date.parse(`${fromDate}T00:00Z`) + dice.whole(-3 * 1440, 700) * 60_000 + dice.pick([0, 0, 1, 30_500]);
  return new Date(ms).toISOString();
}

/** Shifts of a day: plain, split, short, over midnight, all day, none; sometimes touching each other. */
function shifts(dice: Dice): readonly Interval[] {
  const open = dice.whole(0, 130) * 5;
  const middle = dice.whole(open / 5 + 6, 180) * 5;
  const close = dice.whole(middle / 5 + 1, 288) * 5;
  switch (dice.whole(0, 7)) {
    case 0:
      return [];
    case 1:
      return [[open, middle]];
    case 2:
      return [
        [open, middle],
        [Math.min(middle + dice.pick([0, 30]), 1430), Math.max(close, middle + 40)],
      ];
    case 3:
      return [[dice.whole(240, 287) * 5, dice.whole(290, 400) * 5]];
    case 4:
      return [[0, 1440]];
    case 5:
      return [[0, dice.whole(1, 60) * 5]];
    case 6:
      return [[1320, 2880]];
    default:
      return [[open, close]];
  }
}

function hoursOf(dice: Dice, fromDate: string): Hours {
  const week = (appliesFrom: string | null) => ({
    appliesFrom,
    days: dice.some([0, 1, 2, 3, 4, 5, 6], 0.9).map((dayOfWeek) => ({
      dayOfWeek,
      intervals: dice.chance(0.5) ? ([[360, 1260]] as const) : shifts(dice),
    })),
  });
  const later = dice.chance(0.3) ? [week(shiftDate(fromDate, dice.whole(-1, 1)))] : [];
  return {
    weekly: [...later, week(null)],
    custom: dice.chance(0.3)
      ? [{ date: shiftDate(fromDate, dice.whole(-1, 1)), intervals: shifts(dice) }]
      : [],
  };
}

function gapOf(dice: Dice): ProcessingGap | null {
  return dice.chance(0.3)
    ? { afterMinutes: dice.pick([0, 5, 10, 20, 40]), minutes: dice.pick([0, 5, 15, 30, 90]) }
    : null;
}

function serviceOf(
  dice: Dice,
  index: number,
  staff: readonly StaffMember[],
  rooms: SalonDescription['rooms'],
): OfferedService {
  const id = `service${String(index)}`;
  return {
    id,
    padding: dice.chance(0.4)
      ? { beforeMinutes: dice.pick([0, 5, 10]), afterMinutes: dice.pick([0, 10, 20]) }
      : null,
    gap: gapOf(dice),
    seats: dice.pick([1, 1, 2, 3]),
    roomIds: dice.chance(0.3) && rooms.length > 0 ? dice.some(rooms, 0.85).map((room) => room.id) : null,
    variants: dice.times(1, 2, (place) => ({
      id: `${id}-${String(place)}`,
      durationMinutes: dice.pick([5, 10, 15, 20, 30, 45, 60, 61, 90, 150]),
      slotStepMinutes: dice.chance(0.2) ? dice.pick([10, 25, 60]) : null,
      staffIds: dice.some(staff, 0.85).map((person) => person.id),
    })),
  };
}

interface Scene {
  readonly fromDate: string;
  readonly staff: readonly StaffMember[];
  readonly services: readonly OfferedService[];
  readonly roomIds: readonly string[];
}

function momentOf(dice: Dice, fromDate: string): number {
  const minutes = dice.chance(0.9) ? dice.whole(-60, 500) * 5 : dice.whole(-300, 2500);
  return Date.parse(`${fromDate}T00:00Z`) + minutes * 60_000 + (dice.chance(0.03) ? 20_000 : 0);
}

function visitsOf(dice: Dice, scene: Scene): readonly HeldVisit[] {
  const visits: HeldVisit[] = [];
  for (let left = dice.whole(0, 9); left > 0; left -= 1) {
    const [model] = dice.some(visits.flatMap(({ items }) => items).reverse(), 0.5);
    const id = `visit${String(visits.length)}`;
    const status = dice.pick([
      'confirmed',
      'confirmed',
      'pending',
      'completed',
      'proposed',
      'proposed',
      'cancelled',
      'no_show',
      'new',
    ]);
    // Another seat of a session, more often than chance would make one.
    const item =
      model !== undefined && model.seats > 1
        ? { ...model, roomId: dice.chance(0.7) ? model.roomId : null }
        : heldOf(dice, scene);
    visits.push({ id, status, items: [item] });
    if (!dice.chance(0.15)) continue;
    visits.push({ id: `${id}b`, status: 'confirmed', items: [heldOf(dice, scene), heldOf(dice, scene)] });
  }
  return visits;
}

function heldOf(dice: Dice, { fromDate, staff, services, roomIds }: Scene): HeldItem {
  const startMs = momentOf(dice, fromDate);
  const minutes = dice.pick([10, 20, 30, 45, 60, 90, 125, 240]);
  const nameless = dice.chance(0.1);
  const service = dice.chance(0.85) ? dice.pick(services) : null;
  const priorMs = dice.chance(0.3) ? startMs : momentOf(dice, fromDate);
  return {
    staffId: nameless ? null : dice.chance(0.95) ? dice.pick(staff).id : 'gone',
    eligibleStaffIds: nameless && dice.chance(0.9) ? dice.some(staff, 0.7).map(({ id }) => id) : null,
    roomId: roomIds.length > 0 && dice.chance(0.7) ? dice.pick(roomIds) : null,
    serviceId: service?.id ?? null,
    startsAt: new Date(startMs).toISOString(),
    endsAt: new Date(startMs + minutes * 60_000).toISOString(),
    prior: dice.chance(0.4)
      ? { startsAt: new Date(priorMs).toISOString(), endsAt: new Date(priorMs + 2_700_000).toISOString() }
      : null,
    gap: gapOf(dice),
    seats: dice.chance(0.85) ? (service?.seats ?? 1) : 1,
  };
}

function timeOffOf(
  dice: Dice,
  fromDate: string,
  staff: readonly StaffMember[],
  rooms: SalonDescription['rooms'],
): TimeOff {
  const startMs = momentOf(dice, fromDate);
  const ofRoom = rooms.length > 0 && dice.chance(0.3);
  return {
    staffId: ofRoom ? null : dice.pick(staff).id,
    roomId: ofRoom ? dice.pick(rooms).id : null,
    startsAt: new Date(startMs).toISOString(),
    endsAt: new Date(startMs + dice.pick([30, 60, 240, 1440]) * 60_000).toISOString(),
    kind: dice.chance(0.6) ? 'time_off' : 'block',
  };
}

function wantedOf(dice: Dice, { services, staff }: SalonDescription): WantedItem {
  if (dice.chance(0.08)) return { variantId: null, staffId: null, durationMinutes: dice.pick([10, 35]) };
  const variant = dice.pick(dice.pick(services).variants);
  const able = staff.filter(({ id, bookable }) => bookable && variant.staffIds.includes(id));
  return {
    variantId: variant.id,
    staffId: able.length > 0 && dice.chance(0.4) ? dice.pick(able).id : null,
    ...(dice.chance(0.1) ? { durationMinutes: dice.pick([12, 55]) } : {}),
  };
}
