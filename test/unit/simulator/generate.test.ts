import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkParameters, generateSalon } from '../../../simulator/generate/index.ts';
import type { SeedParameters } from '../../../simulator/generate/index.ts';
import { factsOf, leastCalls } from '../../../simulator/state/facts.ts';
import { Salon, timeOffSpan } from '../../../simulator/state/salon.ts';
import { DEFAULT_FLAGS } from '../../../simulator/settings.ts';
import { dayOfWeek, formatLocal, lastSunday, DAY_MINUTES } from '../../../simulator/time.ts';
import { STATUSES } from '../../../simulator/types.ts';
import type { SalonData } from '../../../simulator/types.ts';
import { groupBy, overlappingPairs } from './overlaps.ts';

const DEFAULTS: SeedParameters = {
  seed: 'booksy',
  salons: 1,
  visits: 6000,
  clients: 900,
  today: '2026-11-22',
  staff: null,
  overbooked: null,
};

const usual = generateSalon(DEFAULTS, 0);

function digest(data: SalonData): string {
  const plain = {
    ...data,
    schedules: [...data.schedules],
    customDays: [...data.customDays].map(([owner, days]) => [owner, [...days]]),
  };
  return createHash('sha256').update(JSON.stringify(plain)).digest('hex');
}

describe('the default salon', () => {
  it('has exactly the promised sizes', () => {
    const facts = factsOf(new Salon(usual));
    expect(facts).toMatchObject({
      staff: 8,
      reception: 2,
      rooms: 3,
      categories: 9,
      services: 60,
      clients: 900,
    });
    expect(facts.visits + facts.blocks).toBe(6000);
    expect(facts.blocks).toBeGreaterThan(50);
    expect(usual.business).toMatchObject({ timezone: 'Europe/Warsaw', currency: 'PLN' });
  });

  it('is the same for the same seed and another for another', () => {
    expect(digest(generateSalon(DEFAULTS, 0))).toBe(digest(usual));
    expect(digest(generateSalon({ ...DEFAULTS, salons: 7 }, 0))).toBe(digest(usual));
    expect(digest(generateSalon({ ...DEFAULTS, seed: 'other' }, 0))).not.toBe(digest(usual));
    expect(digest(generateSalon(DEFAULTS, 1))).not.toBe(digest(usual));
  });

  it('sells no time twice but where Booksy was meant to have overbooked', () => {
    const facts = factsOf(new Salon(usual));
    const pairs = overlappingPairs(usual);
    expect(pairs).toEqual({ visits: facts.overbookedPairs, blocks: facts.blockedVisitPairs });
    expect(pairs).toEqual({ visits: 4, blocks: 1 });
  });

  it('has time off over visits only where it was meant', () => {
    const covered = usual.timeOff.filter((entry) => {
      const { from, till } = timeOffSpan(entry);
      return usual.visits.some(
        (visit) =>
          !['C', 'D', 'N'].includes(visit.status) &&
          visit.parts.some(
            (part) => part.staffer === entry.resource_id && part.from < till && part.till > from,
          ),
      );
    });
    expect(covered).toHaveLength(2);
    expect(factsOf(new Salon(usual)).timeOffOverlaps).toBeGreaterThanOrEqual(2);
  });

  it('has every status, every type, and people with several parts, any staff, rooms and travel', () => {
    expect(new Set(usual.visits.map(({ status }) => status))).toEqual(new Set(STATUSES));
    expect(new Set(usual.visits.map(({ type }) => type))).toEqual(new Set(['B', 'C', 'R']));
    const some = (wanted: (visit: SalonData['visits'][number]) => boolean): number =>
      usual.visits.filter(wanted).length;
    expect(some(({ parts }) => parts.length > 1)).toBeGreaterThan(100);
    expect(some(({ parts }) => parts[0]?.staffer === -1)).toBeGreaterThan(20);
    expect(some(({ parts }) => parts.some(({ appliance }) => appliance !== null))).toBeGreaterThan(100);
    expect(some(({ traveling }) => traveling !== null && traveling.price !== null)).toBeGreaterThan(20);
    expect(some(({ traveling }) => traveling?.price === null)).toBeGreaterThan(20);
    expect(some(({ repeating }) => repeating)).toBeGreaterThan(20);
    expect(some(({ customer }) => customer === null)).toBeGreaterThan(100);
  });

  it('reaches from 18 months back to 3 months ahead', () => {
    const today = Date.parse('2026-11-22') / 86_400_000;
    const days = usual.visits.flatMap(({ parts }) =>
      parts.map(({ from }) => Math.floor(from / DAY_MINUTES) - today),
    );
    expect(days.reduce((a, b) => Math.min(a, b))).toBeLessThan(-540);
    expect(days.reduce((a, b) => Math.min(a, b))).toBeGreaterThanOrEqual(-548);
    expect(days.reduce((a, b) => Math.max(a, b))).toBeGreaterThan(85);
    expect(days.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(93);
  });

  it('has visits in the hour that spring skips and in the one that autumn repeats', () => {
    const at = (text: string): number =>
      usual.visits.filter(({ parts }) => formatLocal(parts[0]?.from ?? 0) === text).length;
    expect(at('2026-03-29T02:15')).toBe(1);
    expect(at('2026-10-25T02:15')).toBe(1);
    expect(at('2025-10-26T01:45')).toBe(1);
    expect(formatLocal(lastSunday(2026, 3) * DAY_MINUTES)).toBe('2026-03-29T00:00');
    expect(dayOfWeek(lastSunday(2026, 10))).toBe(0);
  });

  it('writes prices in all three notations, with every price type', () => {
    const prices = usual.variants.map(({ price }) => price);
    expect(prices.some((price) => typeof price === 'number' && price > 0)).toBe(true);
    expect(prices.some((price) => typeof price === 'string' && /^\d+\.\d{2}$/.test(price))).toBe(true);
    expect(prices.some((price) => typeof price === 'string' && /^[\d\u00a0]+,\d{2} zł$/.test(price))).toBe(
      true,
    );
    expect(prices.some((price) => typeof price === 'string' && price.endsWith('zł+'))).toBe(true);
    expect(new Set(usual.services.map((service) => service.price_type))).toEqual(
      new Set(['X', 'V', 'D', 'F', 'S', 'C']),
    );
    expect(new Set(usual.services.map((service) => service.padding_time_type))).toEqual(
      new Set(['A', 'B', 'C', null]),
    );
    expect(usual.services.some((service) => service.gap_time !== null)).toBe(true);
    expect(usual.services.some((service) => service.parallel_clients > 1)).toBe(true);
  });

  it('has the dirt of real life on the cards', () => {
    const phones = groupBy(
      usual.customers.filter(({ cell_phone: phone }) => phone !== null),
      ({ cell_phone: phone }) => (phone ?? '').replace(/\D/g, '').slice(-9),
    );
    expect([...phones.values()].filter((cards) => cards.length > 1).length).toBeGreaterThan(20);
    const cards = (wanted: (card: SalonData['customers'][number]) => boolean): number =>
      usual.customers.filter(wanted).length;
    expect(cards(({ email }) => email === 'info@salon.example')).toBeGreaterThan(10);
    expect(cards(({ email }) => email === null)).toBeGreaterThan(50);
    expect(cards(({ email }) => email === '')).toBeGreaterThan(50);
    expect(cards(({ first_name: name }) => /[ąćęłńóśźż]/i.test(name))).toBeGreaterThan(50);
    for (const field of ['birthday', 'allergens', 'business_secret_note', 'customer_profile'] as const) {
      expect(cards((card) => card[field] !== null)).toBeGreaterThan(20);
    }
  });

  it('has split shifts, schedules that begin later, custom days, closed days and hours past midnight', () => {
    const days = [...usual.schedules.values()].flat();
    expect(days.some(({ hours }) => hours.length > 1)).toBe(true);
    expect(
      days.some(({ hours_apply_from: from }) => from !== null && from !== undefined && from > '2026-11-22'),
    ).toBe(true);
    expect(days.some(({ hours }) => hours.some((h) => h.hour_till < h.hour_from))).toBe(true);
    const custom = [...usual.customDays.values()].flatMap((byDate) => [...byDate.values()]);
    expect(custom.some(({ hours }) => hours.length === 0)).toBe(true);
    expect(custom.some(({ hours }) => hours.length === 1)).toBe(true);
  });

  it('keeps visits that hold their time inside the hours of their staff', () => {
    const salon = new Salon(usual);
    const outside = usual.visits.filter(
      ({ status, type, parts }) =>
        !['C', 'D', 'N'].includes(status) &&
        type !== 'R' &&
        parts.some(({ staffer, from, till }) => {
          if (staffer === null || staffer === -1) return false;
          const inDay = (day: number): boolean =>
            salon
              .openOn(String(staffer), day)
              .some(([open, close]) => from >= day * DAY_MINUTES + open && till <= day * DAY_MINUTES + close);
          const day = Math.floor(from / DAY_MINUTES);
          return !inDay(day) && !inDay(day - 1);
        }),
    );
    // Only those at the hours where the clocks turn: two for each of the days in reach.
    expect(outside.map(({ parts }) => formatLocal(parts[0]?.from ?? 0).slice(11, 13))).toSatisfy(
      (hours: string[]) => hours.every((hour) => hour === '01' || hour === '02'),
    );
  });

  it('counts the least calls of an import', () => {
    const salon = new Salon(usual);
    expect(leastCalls(salon, DEFAULT_FLAGS)).toBe(1 + 1 + 1 + 1 + 3 * 11 + 1 + 1 + 60 + 9 + 60);
    const listed = usual.visits.filter(({ status }) => status !== 'C' && status !== 'D').length;
    expect(leastCalls(salon, { ...DEFAULT_FLAGS, cancelledListed: false })).toBe(
      39 + 60 + 9 + Math.ceil(listed / 100),
    );
  });
});

describe('any salon', () => {
  it('has the number of visits asked for and no overlap beyond those counted', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 700 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 3000 }),
        (seed, visits, clients, daysOn) => {
          const today = formatLocal((20_000 + daysOn) * DAY_MINUTES).slice(0, 10);
          const data = generateSalon({ ...DEFAULTS, seed, visits, clients, today }, 0);
          const facts = factsOf(new Salon(data));
          expect(data.visits).toHaveLength(visits);
          expect(data.customers).toHaveLength(clients);
          expect(overlappingPairs(data)).toEqual({
            visits: facts.overbookedPairs,
            blocks: facts.blockedVisitPairs,
          });
          expect(facts.overbookedPairs).toBeLessThanOrEqual(visits >= 200 ? 4 : 0);
        },
      ),
      { numRuns: 12, seed: 1 },
    );
  });

  it('has more staff where that many visits need them', () => {
    const data = generateSalon({ ...DEFAULTS, visits: 30_000, clients: 2000 }, 0);
    const facts = factsOf(new Salon(data));
    expect(data.visits).toHaveLength(30_000);
    expect(facts.staff).toBe(12);
    expect(overlappingPairs(data)).toEqual({
      visits: facts.overbookedPairs,
      blocks: facts.blockedVisitPairs,
    });
  });

  it('gives every record of every salon an id of its own', () => {
    const ids = [0, 1, 2].flatMap((index) => {
      const data = generateSalon({ ...DEFAULTS, visits: 50, clients: 20 }, index);
      return [...data.visits, ...data.customers, ...data.services, ...data.variants, ...data.resources].map(
        ({ id }) => id,
      );
    });
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([
    ['visits', { visits: -1 }],
    ['salons', { salons: 1.5 }],
    ['today', { today: '2026-02-30' }],
    ['staff', { staff: 0 }],
  ])('refuses a wrong %s by name', (field, wrong) => {
    expect(checkParameters({ ...DEFAULTS, ...wrong })?.field).toBe(field);
    expect(checkParameters(DEFAULTS)).toBeNull();
  });
});
