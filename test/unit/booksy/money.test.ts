import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  amountText,
  parseAmount,
  priceCodeOf,
  priceOf,
  priceTypeOf,
} from '../../../booksy/translate/money.ts';
import { exponentOf } from '../../../booksy/translate/currency.ts';
import { variantReader } from '../../../booksy/translate/catalog.ts';
import { readRows, RowProblem } from '../../../booksy/wire/read.ts';
import { goldenRows } from './golden.ts';

describe('parseAmount', () => {
  it.each([
    [230, 'PLN', 23000, false],
    ['230.00', 'PLN', 23000, false],
    ['230,00 zł+', 'PLN', 23000, true],
    ['230', 'PLN', 23000, false],
    [230.5, 'PLN', 23050, false],
    [0.1, 'PLN', 10, false],
    ['1 230,00 zł+', 'PLN', 123000, true],
    ['1\u00a0230,50\u00a0zł', 'PLN', 123050, false],
    ['1\u202f230,50 zł', 'PLN', 123050, false],
    ['1.230,50 PLN', 'PLN', 123050, false],
    ['1,230.50', 'PLN', 123050, false],
    ['1,230', 'PLN', 123000, false],
    ['12.345.678,90', 'PLN', 1234567890, false],
    ['230,5', 'PLN', 23050, false],
    ['230.000', 'KWD', 230000, false],
    ['99,50 zl', 'PLN', 9950, false],
    ['0', 'PLN', 0, false],
    ['$45.00+', 'USD', 4500, true],
    ['£45', 'GBP', 4500, false],
    ['45,00 €', 'EUR', 4500, false],
    ['¥4,500', 'JPY', 4500, false],
    [4500, 'JPY', 4500, false],
  ])('reads %j in %s as %i minor units', (wire, currency, minor, from) => {
    expect(parseAmount(wire, currency, 'price')).toEqual({ minor, from });
  });

  it.each([null, undefined, '', '  '])('reads %j as no amount', (wire) => {
    expect(parseAmount(wire, 'PLN', 'price')).toBeNull();
  });

  it.each([
    ['45,00 €', 'PLN', 'foreign_currency'],
    ['$45', 'PLN', 'foreign_currency'],
    ['45 USD', 'PLN', 'foreign_currency'],
    ['45 zł', 'EUR', 'foreign_currency'],
    ['45 Kč', 'PLN', 'foreign_currency'],
    ['€', 'PLN', 'foreign_currency'],
    ['na zapytanie', 'PLN', 'invalid_price'],
    ['45 zl za h', 'PLN', 'invalid_price'],
    ['-45', 'PLN', 'invalid_price'],
    [-45, 'PLN', 'invalid_price'],
    [Number.NaN, 'PLN', 'invalid_price'],
    [Number.POSITIVE_INFINITY, 'PLN', 'invalid_price'],
    ['1.2.3', 'PLN', 'invalid_price'],
    ['230.005', 'EUR', 'grouped'],
    ['230.0055', 'EUR', 'invalid_price'],
    [230.005, 'EUR', 'invalid_price'],
    ['4500.5', 'JPY', 'invalid_price'],
    ['99999999999999999999', 'PLN', 'invalid_price'],
  ])('refuses %j in %s as %s', (wire, currency, reason) => {
    // A dot before three digits groups thousands in a currency of two decimals.
    if (reason === 'grouped') {
      expect(parseAmount(wire, currency, 'price')?.minor).toBe(23000500);
      return;
    }
    try {
      parseAmount(wire, currency, 'price');
      expect.unreachable('it was read');
    } catch (error) {
      expect(error).toBeInstanceOf(RowProblem);
      expect(error).toMatchObject({ reasonCode: reason, field: 'price' });
    }
  });

  it('reads every amount back that it writes, in every currency', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000_000 }),
        fc.constantFrom('PLN', 'EUR', 'JPY', 'KWD', 'USD', 'CLP'),
        (minor, currency) => {
          const text = amountText(minor, currency);
          expect(text).toMatch(exponentOf(currency) === 0 ? /^\d+$/ : /^\d+\.\d+$/);
          expect(parseAmount(text, currency, 'price')).toEqual({ minor, from: false });
        },
      ),
    );
  });

  it('reads what Intl writes for Polish readers', () => {
    const format = new Intl.NumberFormat('pl', { style: 'currency', currency: 'PLN' });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000_000 }), fc.boolean(), (minor, from) => {
        const text = format.format(minor / 100) + (from ? '+' : '');
        expect(parseAmount(text, 'PLN', 'price')).toEqual({ minor, from });
      }),
    );
  });

  it('answers any text with an amount or a problem of its own', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double(), fc.integer()), (wire) => {
        try {
          const amount = parseAmount(wire, 'PLN', 'price');
          expect(amount === null || (Number.isSafeInteger(amount.minor) && amount.minor >= 0)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RowProblem);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('priceOf', () => {
  it.each([
    ['X', 230, { type: 'fixed', minor: 23000 }],
    ['X', '230,00 zł+', { type: 'from', minor: 23000 }],
    ['X', null, { type: 'fixed', minor: null }],
    ['S', '230,00 zł+', { type: 'from', minor: 23000 }],
    ['S', null, { type: 'from', minor: null }],
    ['V', null, { type: 'varies', minor: null }],
    ['V', 'zmienna', { type: 'varies', minor: null }],
    ['D', '99,50 zł', { type: 'hidden', minor: null }],
    ['F', 0, { type: 'free', minor: 0 }],
    ['F', null, { type: 'free', minor: 0 }],
  ] as const)('%s with %j', (code, wire, price) => {
    expect(priceOf(code, wire, 'PLN')).toEqual({ ...price, currency: 'PLN' });
  });

  it('refuses a foreign symbol even where the amount does not count', () => {
    expect(() => priceOf('D', '99,50 €', 'PLN')).toThrow(RowProblem);
  });

  it('keeps every price type through the code and back', () => {
    for (const code of ['X', 'V', 'D', 'F', 'S', 'C'] as const)
      expect(priceCodeOf(priceTypeOf(code))).toBe(code);
  });
});

it('behaviour 24: one amount in three notations is one number of minor units', () => {
  const { rows, rejected } = readRows(goldenRows('variant'), variantReader('5001', 'PLN'));
  expect(rejected).toEqual([]);
  expect(rows.map(({ price }) => [price.type, price.minor])).toEqual([
    ['fixed', 23000],
    ['fixed', 23000],
    ['from', 23000],
    ['varies', null],
    ['hidden', null],
    ['free', 0],
    ['from', 123000],
  ]);
});
