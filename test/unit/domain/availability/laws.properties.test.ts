import { describe, expect, it } from 'vitest';
import {
  explainTime,
  findSlots,
  nextFreeSlots,
  type HeldVisit,
  type SalonDescription,
  type Slot,
  type SlotQuery,
} from '../../../../domain/availability/index.ts';
import { Dice } from '../../../support/availability-dice.ts';
import { generatedSalon } from '../../../support/availability-salons.ts';

const SEEDS = Array.from({ length: 300 }, (_, index) => 50_000 + index);

/** The visit that somebody who takes the slot has. */
function booked(salon: SalonDescription, slot: Slot, id: string): HeldVisit {
  const items = slot.items.map(({ variantId, staffId, roomId, startsAt, endsAt }) => {
    const service = salon.services.find(({ variants }) => variants.some((each) => each.id === variantId));
    return {
      staffId,
      eligibleStaffIds: null,
      roomId,
      serviceId: service?.id ?? null,
      startsAt,
      endsAt,
      prior: null,
      gap: service?.gap ?? null,
      seats: service?.seats ?? 1,
    };
  });
  return { id, status: 'confirmed', items };
}

/** Busy minutes by resource, with what may share them: what the database's exclusion constraint looks at (R21). */
function occupancy(
  visits: readonly HeldVisit[],
): ReadonlyMap<string, ReadonlyMap<number, ReadonlySet<string>>> {
  const held = new Map<string, Map<number, Set<string>>>();
  for (const { id, items } of visits) {
    items.forEach(({ staffId, roomId, serviceId, startsAt, endsAt, gap, seats }, place) => {
      const [from, till] = [Date.parse(startsAt) / 60_000, Date.parse(endsAt) / 60_000];
      const key =
        seats > 1 && serviceId !== null
          ? `${String(staffId)} ${serviceId} ${startsAt}`
          : `${id} ${String(place)}`;
      for (const resource of [staffId, roomId]) {
        if (resource === null) continue;
        const minutes = held.get(resource) ?? new Map<number, Set<string>>();
        held.set(resource, minutes);
        for (let minute = Math.floor(from); minute < till; minute += 1) {
          if (
            gap !== null &&
            minute >= from + gap.afterMinutes &&
            minute < from + gap.afterMinutes + gap.minutes
          )
            continue;
          minutes.set(minute, (minutes.get(minute) ?? new Set()).add(key));
        }
      }
    });
  }
  return held;
}

function holding({ visits }: SalonDescription): readonly HeldVisit[] {
  return visits.filter(({ status }) => status !== 'cancelled' && status !== 'no_show');
}

describe('laws of the slot engine', { timeout: 60_000 }, () => {
  it('the same question has the same answer, in whatever order the salon is described', () => {
    for (const seed of SEEDS) {
      const { salon, query } = generatedSalon(seed);
      const answer = JSON.stringify(findSlots(salon, query));
      expect(JSON.stringify(findSlots(salon, query))).toBe(answer);
      const dice = new Dice(seed);
      const shuffled = <T>(list: readonly T[]) =>
        [...list]
          .map((each) => [dice.next(), each] as const)
          .sort((a, b) => a[0] - b[0])
          .map(([, each]) => each);
      const other: SalonDescription = {
        ...salon,
        hours: { weekly: shuffled(salon.hours.weekly), custom: shuffled(salon.hours.custom) },
        staff: shuffled(salon.staff),
        rooms: shuffled(salon.rooms),
        services: shuffled(salon.services),
        timeOff: shuffled(salon.timeOff),
        visits: shuffled(salon.visits),
      };
      expect(JSON.stringify(findSlots(other, query)), `seed ${String(seed)}`).toBe(answer);
    }
  });

  it('neither description nor question is changed', () => {
    for (const seed of SEEDS.slice(0, 50)) {
      const { salon, query, times } = generatedSalon(seed);
      const before = JSON.stringify([salon, query]);
      findSlots(salon, query);
      explainTime(salon, query, times[0]!);
      expect(JSON.stringify([salon, query])).toBe(before);
    }
  });

  it('what is listed is what is explained as offered', () => {
    let looked = 0;
    for (const seed of SEEDS) {
      const { salon, query } = generatedSalon(seed);
      for (const slot of findSlots(salon, query).slice(0, 3)) {
        expect(explainTime(salon, query, slot.startsLocal)).toEqual({
          free: true,
          offered: true,
          slot,
          code: null,
          reasons: [],
        });
        looked += 1;
      }
    }
    expect(looked).toBeGreaterThan(200);
  });

  it('the next slots are the first of all slots', () => {
    for (const seed of SEEDS) {
      const { salon, query } = generatedSalon(seed);
      const [from] = [new Date(Date.parse(`${query.fromDate}T00:00Z`) + 3_600_000 * 16).toISOString()];
      const all = findSlots(salon, query).filter(({ startsAt }) => startsAt >= from);
      const next = nextFreeSlots(salon, query, { from, count: 4 });
      expect(
        next.filter(({ startsLocal }) => startsLocal.slice(0, 10) <= query.toDate),
        `seed ${String(seed)}`,
      ).toEqual(all.slice(0, 4));
    }
  });

  it('a slot that was taken is not offered again; a session is, until its seats are taken (R24)', () => {
    const seen = { alone: 0, shared: 0 };
    for (const seed of SEEDS) {
      const { salon, query } = generatedSalon(seed);
      const [slot] = findSlots(salon, query);
      // Something whose gap is as long as itself holds nobody.
      if (slot === undefined || salon.services.some(({ gap }) => gap !== null)) continue;
      const same = {
        ...query,
        items: query.items.map((item, index) => ({ ...item, staffId: slot.items[index]!.staffId })),
      };
      const seats = Math.max(1, ...slot.items.map(({ seatsLeft }) => (seatsLeft ?? 0) + 1));
      let taken = salon;
      let times = 0;
      for (; times <= seats; times += 1) {
        const again = explainTime(taken, same, slot.startsLocal);
        if (again.slot === null) break;
        taken = { ...taken, visits: [...taken.visits, booked(salon, again.slot, `taken-${String(times)}`)] };
      }
      expect(times, `seed ${String(seed)}`).toBeGreaterThanOrEqual(1);
      expect(times, `seed ${String(seed)}`).toBeLessThanOrEqual(seats);
      if (slot.items.every(({ seatsLeft }) => seatsLeft === null)) expect(times).toBe(1);
      seen[times > 1 ? 'shared' : 'alone'] += 1;
    }
    expect(seen.alone).toBeGreaterThan(20);
    expect(seen.shared).toBeGreaterThan(3);
  });

  it('no slot overlaps busy time of its people and rooms that it does not share (R21)', () => {
    let looked = 0;
    for (const seed of SEEDS) {
      const { salon, query } = generatedSalon(seed);
      const one = { ...salon, rooms: salon.rooms.map((room) => ({ ...room, capacity: 1 })) };
      const counted = holding(one).filter(({ id }) => query.ignoreVisitIds?.includes(id) !== true);
      const before = occupancy(counted);
      for (const slot of findSlots(one, query).slice(0, 10)) {
        const foreign = [...occupancy([booked(one, slot, 'new')])].flatMap(([resource, minutes]) =>
          [...minutes].flatMap(([minute, keys]) =>
            [...(before.get(resource)?.get(minute) ?? [])].filter((key) => !keys.has(key)),
          ),
        );
        expect(foreign, `seed ${String(seed)}, ${slot.startsLocal}`).toEqual([]);
        looked += 1;
      }
    }
    expect(looked).toBeGreaterThan(500);
  });

  it('taking a visit away takes no slot away, where nobody shares and nobody is nameless', () => {
    let gained = 0;
    for (const seed of SEEDS) {
      const { salon, query } = generatedSalon(seed);
      const alone: SalonDescription = {
        ...salon,
        services: salon.services.map((each) => ({ ...each, seats: 1 })),
        visits: salon.visits.filter(({ items }) => items.every(({ staffId }) => staffId !== null)),
      };
      const starts = (visits: readonly HeldVisit[]) => startsOf({ ...alone, visits }, query);
      const before = starts(alone.visits);
      alone.visits.forEach((gone) => {
        const after = starts(alone.visits.filter(({ id }) => id !== gone.id));
        const lost = [...before].filter((start) => !after.has(start));
        expect(lost, `seed ${String(seed)} without ${gone.id}`).toEqual([]);
        gained += after.size - before.size;
      });
    }
    expect(gained).toBeGreaterThan(100);
  });
});

function startsOf(salon: SalonDescription, query: SlotQuery): ReadonlySet<string> {
  return new Set(findSlots(salon, query).map(({ startsLocal }) => startsLocal));
}
