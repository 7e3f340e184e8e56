import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settlementReader } from '../../../booksy/translate/settlement.ts';
import { readRows } from '../../../booksy/wire/read.ts';
import type { ObservedSettlementRow } from '../../../domain/settlement.ts';
import { generateSalon } from '../../../simulator/generate/index.ts';
import { DEFAULT_FEES, paymentFee, share } from '../../../simulator/settlement/fees.ts';
import type { Fees } from '../../../simulator/settlement/fees.ts';
import { minorOf, writeMinor } from '../../../simulator/settlement/money.ts';
import { settlementRows } from '../../../simulator/settlement/rows.ts';
import { Salon } from '../../../simulator/state/salon.ts';
import { parseDate } from '../../../simulator/time.ts';
import { instantOf, localMinuteOf, offsetMinutes } from '../../../simulator/zone.ts';

const TODAY = '2026-11-22';
const today = parseDate(TODAY) ?? 0;
const make = (seed: string, visits = 3000): Salon =>
  new Salon(
    generateSalon({ seed, salons: 1, visits, clients: 300, today: TODAY, staff: null, overbooked: null }, 0),
  );
const salon = make('statement');
const noon = Date.parse(`${TODAY}T12:00:00Z`);

function rowsOf(
  of: Salon,
  first: number,
  last: number,
  more: { fees?: Fees; nowMs?: number; seed?: string } = {},
): ObservedSettlementRow[] {
  const rows = settlementRows(of, first, last, { seed: 's', fees: DEFAULT_FEES, nowMs: noon, ...more });
  const read = readRows(rows, settlementReader(of.business.currency));
  expect(read.rejected).toEqual([]);
  return read.rows;
}

describe('the statement', () => {
  const all = rowsOf(salon, today - 548, today);

  it('has every kind and method, and says the same each time, whole or in pieces', () => {
    expect(new Set(all.map(({ kind }) => kind))).toEqual(
      new Set(['payment', 'refund', 'boost', 'fast_payout']),
    );
    expect(new Set(all.map(({ method }) => method))).toEqual(
      new Set(['card_keyed', 'card_reader', 'tap_to_pay', null]),
    );
    expect(new Set(all.map(({ externalId }) => externalId)).size).toBe(all.length);
    const pieces = Array.from({ length: 61 }, (_, n) =>
      rowsOf(salon, today - 548 + n * 9, Math.min(today, today - 548 + n * 9 + 8)),
    ).flat();
    expect(pieces).toEqual(all);
    expect(rowsOf(salon, today - 548, today, { seed: 'other' })).not.toEqual(all);
  });

  it('net = gross − fee − tax in each line, and so in each payout, whatever the fees', () => {
    const points = fc.integer({ min: 0, max: 4000 });
    const rate = fc.record({ basisPoints: points, fixedMinor: fc.integer({ min: 0, max: 500 }) });
    const someFees = fc.record<Fees>({
      card_keyed: rate,
      card_reader: rate,
      tap_to_pay: rate,
      fastPayoutBasisPoints: points,
      boostBasisPoints: points,
      taxBasisPoints: fc.option(points, { nil: null }),
    });
    fc.assert(
      fc.property(someFees, fc.integer({ min: -548, max: -14 }), fc.string(), (fees, from, seed) => {
        const rows = rowsOf(salon, today + from, today, { fees, seed });
        const totals = new Map<string | null, { gross: number; fee: number; tax: number; net: number }>();
        for (const row of rows) {
          expect(row.netMinor).toBe(row.grossMinor - row.feeMinor - row.taxMinor);
          const total = totals.get(row.payoutExternalId) ?? { gross: 0, fee: 0, tax: 0, net: 0 };
          total.gross += row.grossMinor;
          total.fee += row.feeMinor;
          total.tax += row.taxMinor;
          total.net += row.netMinor;
          totals.set(row.payoutExternalId, total);
        }
        expect(totals.size).toBeGreaterThan(0);
        for (const { gross, fee, tax, net } of totals.values()) expect(net).toBe(gross - fee - tax);
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  it('a fast payout costs its share of what the payout would have been', () => {
    for (const fee of all.filter(({ kind }) => kind === 'fast_payout')) {
      const rest = all.filter(
        (row) => row.payoutExternalId === fee.payoutExternalId && row.kind !== 'fast_payout',
      );
      const total = rest.reduce((sum, { netMinor }) => sum + netMinor, 0);
      expect(fee.feeMinor).toBe(Math.floor((total * 150 + 5000) / 10_000));
      expect(fee).toMatchObject({
        grossMinor: 0,
        visitExternalId: null,
        taxMinor: share(fee.feeMinor, 2300),
      });
    }
  });

  it('fees are those of the price list', () => {
    const { card_keyed: keyed, card_reader: reader, tap_to_pay: tap } = DEFAULT_FEES;
    expect([keyed, reader, tap].map((rate) => paymentFee(10_000, rate))).toEqual([299, 259, 269]);
    expect(paymentFee(20, keyed)).toBe(20);
    for (const row of all.filter(({ kind }) => kind === 'payment')) {
      const rate = DEFAULT_FEES[row.method ?? 'card_keyed'];
      const exact = (row.grossMinor * rate.basisPoints) / 10_000 + rate.fixedMinor;
      expect(Math.abs(row.feeMinor - exact)).toBeLessThanOrEqual(0.5);
    }
  });

  it('lists finished visits only, and charges what the variants cost', () => {
    const payments = all.filter(({ kind }) => kind === 'payment');
    expect(payments.length).toBeGreaterThan(1000);
    let exact = 0;
    for (const { visitExternalId, grossMinor } of payments) {
      const visit = salon.visits.get(Number(visitExternalId));
      expect(visit?.status).toBe('F');
      const variants = (visit?.parts ?? []).map((part) => salon.variants.get(part.variant ?? 0));
      if (!variants.every((variant) => variant?.type === 'X') || visit?.traveling?.price != null) continue;
      exact += 1;
      const cost = variants.reduce((sum, variant) => sum + (minorOf(variant?.price ?? null, 'PLN') ?? 0), 0);
      expect(grossMinor).toBe(cost);
    }
    expect(exact).toBeGreaterThan(300);
  });

  it('Boost takes 30 % of the first finished visit of a client it brought, once', () => {
    const boosts = all.filter(({ kind }) => kind === 'boost');
    expect(boosts.length).toBeGreaterThan(5);
    const cards = boosts.map(({ visitExternalId }) => salon.visits.get(Number(visitExternalId))?.customer);
    expect(new Set(cards).size).toBe(cards.length);
    for (const row of boosts) {
      const visit = salon.visits.get(Number(row.visitExternalId));
      expect(salon.customers.get(visit?.customer ?? 0)?.from_promo).toBe(true);
      const finished = [...salon.visits.values()].filter(
        (other) => other.customer === visit?.customer && other.status === 'F',
      );
      const starts = finished.map(({ parts }) => Math.min(...parts.map(({ from }) => from)));
      expect(visit?.parts[0]?.from).toBe(Math.min(...starts));
      const payment = all.find(
        (other) => other.kind === 'payment' && other.visitExternalId === row.visitExternalId,
      );
      if (payment !== undefined) expect(row.feeMinor).toBe(share(payment.grossMinor, 3000));
    }
  });

  it('a refund follows its payment, and never gives back more', () => {
    const refunds = all.filter(({ kind }) => kind === 'refund');
    expect(refunds.length).toBeGreaterThan(5);
    for (const row of refunds) {
      const payment = all.find(
        (other) => other.kind === 'payment' && other.visitExternalId === row.visitExternalId,
      );
      expect(row.method).toBe(payment?.method);
      expect(row.paidAt > (payment?.paidAt ?? '')).toBe(true);
      expect(-row.grossMinor).toBeLessThanOrEqual(payment?.grossMinor ?? 0);
    }
  });

  it('grows with the clock: nothing from later, paid out the next morning', () => {
    const morning = rowsOf(salon, today - 30, today, {
      nowMs: instantOf((today - 1) * 1440 + 5 * 60, 'Europe/Warsaw'),
    });
    const later = rowsOf(salon, today - 30, today);
    expect(morning.length).toBeLessThan(later.length);
    const pending = morning.filter(({ payoutExternalId }) => payoutExternalId === null);
    expect(pending.length).toBeGreaterThan(0);
    for (const row of pending) expect(row.paidAt >= '2026-11-19T22:00').toBe(true);
    const ids = later.map(({ externalId }) => externalId);
    for (const { externalId } of morning) expect(ids).toContain(externalId);
    const paid = later.filter((row) => pending.some(({ externalId }) => externalId === row.externalId));
    expect(paid.every(({ payoutExternalId }) => payoutExternalId !== null)).toBe(true);
  });

  it('a visit that is finished now is on it', () => {
    const own = make('own', 300);
    const [visit] = [...own.visits.values()].filter(({ status, type }) => status === 'A' && type !== 'R');
    const day = Math.floor((visit?.parts[0]?.from ?? 0) / 1440);
    const nowMs = (day + 3) * 86_400_000;
    const ids = (): (string | null)[] =>
      rowsOf(own, day, day + 1, { nowMs }).map(({ visitExternalId }) => visitExternalId);
    expect(ids()).not.toContain(String(visit?.id));
    // Whether it was paid in cash is drawn by its id: of several ids some are not.
    for (let n = 0; n < 12 && visit !== undefined; n += 1)
      own.putVisit({ ...visit, id: visit.id + 10_000 + n, status: 'F' });
    expect(ids().filter((id) => Number(id) >= (visit?.id ?? 0) + 10_000).length).toBeGreaterThan(3);
  });
});

describe('amounts and zones', () => {
  it.each([
    [120, 12_000],
    ['120.00', 12_000],
    ['120,00 zł', 12_000],
    ['1\u00a0230,50 zł+', 123_050],
    [null, null],
    ['na zapytanie', null],
  ])('%j is %j minor units', (price, minor) => {
    expect(minorOf(price, 'PLN')).toBe(minor);
  });

  it('writes amounts as they are read', () => {
    expect([0, 5, -649, 23_000].map((minor) => writeMinor(minor, 'PLN'))).toEqual([
      '0.00',
      '0.05',
      '-6.49',
      '230.00',
    ]);
    expect([writeMinor(4500, 'JPY'), minorOf('4500', 'JPY')]).toEqual(['4500', 4500]);
  });

  it('turns local minutes into instants and back, but for hours that are not or come twice', () => {
    const minute = (text: string): number => Date.parse(`${text}:00Z`) / 60_000;
    const at = (text: string): string =>
      new Date(instantOf(minute(text), 'Europe/Warsaw')).toISOString().slice(0, 16);
    expect(at('2026-07-01T12:00')).toBe('2026-07-01T10:00');
    expect(at('2026-12-01T12:00')).toBe('2026-12-01T11:00');
    expect(at('2026-03-29T02:30')).toBe('2026-03-29T01:30');
    expect(at('2026-10-25T02:30')).toBe('2026-10-25T00:30');
    expect(offsetMinutes('Mars/Olympus', 0)).toBe(0);
    expect(localMinuteOf(Date.parse('2026-07-01T10:00:30Z'), 'Europe/Warsaw')).toBe(
      minute('2026-07-01T12:00'),
    );
  });
});
