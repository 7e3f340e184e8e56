import { afterAll, describe, expect, it } from 'vitest';
import { explainTime, findSlots, REASONS, type ReasonCode } from '../../../../domain/availability/index.ts';
import { Oracle } from '../../../support/availability-oracle.ts';
import { generatedSalon } from '../../../support/availability-salons.ts';
import { shiftDate } from '../../../support/availability-wall.ts';

/**
 * The engine against a minute-by-minute search that shares nothing with it (R11, R21–R25): the same slots with the same people,
 * rooms and seats, and the same reasons in the same order.
 */
const BATCHES = 10;
const SALONS = 500;

describe('the slot engine and the oracle', () => {
  const seen = { slots: 0, joined: 0, several: 0, offGrid: 0, zones: new Set<string>() };
  const codes = new Map<ReasonCode | 'free', number>();

  it.each(Array.from({ length: BATCHES }, (_, batch) => batch * SALONS))(
    'agree on 500 salons, from seed %i on',
    { timeout: 180_000 },
    (first) => {
      for (let seed = first; seed < first + SALONS; seed += 1) agree(seed);
    },
  );

  function agree(seed: number): void {
    const { salon, query, times } = generatedSalon(seed);
    const oracle = new Oracle(salon, query, shiftDate(query.fromDate, -1), shiftDate(query.toDate, 2));
    const slots = findSlots(salon, query);
    expectSame(slots, oracle.slots(query.fromDate, query.toDate), `slots of seed ${String(seed)}`);
    for (const time of times) {
      const explained = explainTime(salon, query, time);
      expectSame(explained, oracle.explain(time), `seed ${String(seed)} at ${time}`);
      if (explained.free) codes.set('free', (codes.get('free') ?? 0) + 1);
      for (const { code } of explained.reasons) codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    seen.slots += slots.length;
    const items = slots.flatMap((slot) => slot.items);
    const seats = new Map(salon.services.flatMap((each) => each.variants.map(({ id }) => [id, each.seats])));
    if (
      items.some(
        (item) => item.seatsLeft !== null && item.seatsLeft < (seats.get(item.variantId ?? '') ?? 0) - 1,
      )
    )
      seen.joined += 1;
    if (query.items.length > 1 && slots.length > 0) seen.several += 1;
    if (slots.some(({ startsLocal }) => Number(startsLocal.slice(14)) % 5 !== 0)) seen.offGrid += 1;
    seen.zones.add(salon.zone);
  }

  /** Deep comparison of a hundred thousand slots takes longer than finding them. */
  function expectSame(ours: unknown, theirs: unknown, what: string): void {
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) expect(ours, what).toEqual(theirs);
  }

  // Agreement on salons in which nothing happens would prove nothing.
  afterAll(() => {
    expect(seen.slots).toBeGreaterThan(100_000);
    expect(seen.joined).toBeGreaterThan(100);
    expect(seen.several).toBeGreaterThan(400);
    expect(seen.offGrid).toBeGreaterThan(100);
    expect(seen.zones.size).toBe(7);
    for (const code of [...(Object.keys(REASONS) as ReasonCode[]), 'free' as const])
      expect(codes.get(code) ?? 0, code).toBeGreaterThan(100);
  });
});
