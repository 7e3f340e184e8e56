import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSettlementCsv, SettlementFileError } from '../../../booksy/index.ts';
import { settlementReader } from '../../../booksy/translate/settlement.ts';
import { readRows } from '../../../booksy/wire/read.ts';
import { settlementRowShape } from '../../../booksy/wire/shapes.ts';
import { SETTLEMENT_KINDS, SETTLEMENT_METHODS } from '../../../domain/settlement.ts';
import { COLUMNS, settlementCsv } from '../../../simulator/settlement/csv.ts';
import type { SettlementRow } from '../../../simulator/settlement/rows.ts';
import { golden, goldenRows, salon } from './golden.ts';

const sample = goldenRows('settlement');
const read = (rows: readonly unknown[]): ReturnType<typeof readRows> =>
  readRows(rows, settlementReader(salon.currency));
const [payment] = golden('settlement') as SettlementRow[];
const broken = (text: string): SettlementFileError => {
  try {
    readSettlementCsv(text, salon);
  } catch (error) {
    if (error instanceof SettlementFileError) return error;
    throw error;
  }
  throw new Error('It was expected to fail.');
};
const HEADING = COLUMNS.join(',');
const LINE = '7000010,payment,700001,PLN,230.00,6.49,1.49,222.02,card_keyed,2026-12-07T11:04:00Z,4711-1';

describe('a line of the statement', () => {
  it('is read in whole minor units', () => {
    const { rows, rejected } = read(sample);
    expect(rejected).toEqual([]);
    expect(rows[0]).toEqual({
      externalId: '7000010',
      kind: 'payment',
      visitExternalId: '700001',
      currency: 'PLN',
      grossMinor: 23000,
      feeMinor: 649,
      taxMinor: 149,
      netMinor: 22202,
      method: 'card_keyed',
      paidAt: '2026-12-07T11:04:00.000Z',
      payoutExternalId: '4711-20261207',
    });
    expect(rows[3]).toMatchObject({ kind: 'refund', grossMinor: -23000, feeMinor: 0, netMinor: -23000 });
    expect(rows[4]).toMatchObject({ payoutExternalId: null, paidAt: '2026-12-10T10:15:30.250Z' });
  });

  it.each([
    ['gross', { gross: 230 }, 'unparseable'],
    ['gross', { gross: '230,00 zł' }, 'unparseable'],
    ['fee', { fee: '6.495' }, 'invalid_price'],
    ['net', { net: '99999999999999999999.00' }, 'invalid_price'],
    ['currency', { currency: 'EUR' }, 'foreign_currency'],
    ['currency', { currency: 'zloty' }, 'unparseable'],
    ['kind', { kind: 'gift' }, 'unparseable'],
    ['method', { method: 'cash' }, 'unparseable'],
    ['paid_at', { paid_at: '2026-12-07 11:04' }, 'unparseable'],
    ['paid_at', { paid_at: '2026-02-30T11:04:00Z' }, 'unparseable'],
    ['id', { id: 'x' }, 'unparseable'],
    ['payout_id', { payout_id: '' }, 'unparseable'],
  ])('with a wrong %s is rejected alone: %j', (field, wrong, reasonCode) => {
    const { rows, rejected } = read([{ ...payment, ...wrong }, payment]);
    expect(rows).toHaveLength(1);
    expect(rejected).toEqual([expect.objectContaining({ field, reasonCode })]);
  });

  it('the words of the domain are those of the wire', () => {
    expect([...SETTLEMENT_KINDS]).toEqual(settlementRowShape.shape.kind.options);
    expect([...SETTLEMENT_METHODS]).toEqual(settlementRowShape.shape.method.unwrap().unwrap().options);
  });
});

describe('a statement as a file', () => {
  const plain = settlementCsv(golden('settlement') as SettlementRow[]);

  it('says the same as the list', () => {
    expect(readSettlementCsv(plain, salon)).toEqual({ rows: read(sample).rows, rejected: [] });
  });

  it('may come as a spreadsheet writes it: other order, semicolons, decimal commas, a mark, other line ends', () => {
    const order = [...COLUMNS].reverse();
    const rows = golden('settlement') as SettlementRow[];
    const cell = (value: string | number | null): string =>
      typeof value === 'string' && /^-?\d+\.\d\d$/.test(value)
        ? value.replace('.', ',')
        : `"${String(value ?? '')}"`;
    const lines = rows.map((row) => order.map((column) => cell(row[column])).join(';'));
    const text = `\uFEFF${[order.map((name) => name.toUpperCase()).join(';'), ...lines].join('\n')}\n\n`;
    expect(readSettlementCsv(text, salon)).toEqual({ rows: read(sample).rows, rejected: [] });
  });

  it('a line that cannot be understood is rejected alone, with its line and field', () => {
    const text = [HEADING, LINE, LINE.replace('230.00', 'much'), LINE.replace('PLN', 'EUR')].join('\n');
    const { rows, rejected } = readSettlementCsv(text, salon);
    expect(rows).toHaveLength(1);
    expect(rejected).toEqual([
      expect.objectContaining({ line: 3, field: 'gross', externalId: '7000010' }),
      expect.objectContaining({ line: 4, field: 'currency', reasonCode: 'foreign_currency' }),
    ]);
  });

  it('with other columns is refused as a whole, and says which', () => {
    const error = broken(`${HEADING.replace('fee', 'commission').replace('tax,', '')},net\n${LINE}\n`);
    expect(error).toMatchObject({
      code: 'settlement_file_columns',
      missing: ['fee', 'tax'],
      unknown: ['commission', 'net'],
      line: null,
    });
    expect(error.message).toBe(
      'These are not the columns of a statement (missing: fee, tax; unknown or twice: commission, net).',
    );
  });

  it.each([
    ['nothing at all', '', 'settlement_file_empty', null],
    ['a line that breaks off', `${HEADING}\n${LINE}\n${LINE.slice(0, 40)}`, 'settlement_file_broken', 3],
    ['a line with a cell too many', `${HEADING}\n${LINE},x`, 'settlement_file_broken', 2],
    ['a quote that is never closed', `${HEADING}\n"7000010,payment`, 'settlement_file_broken', 2],
    [
      'a quote inside a cell',
      `${HEADING}\n${LINE.replace('payment', 'pay"ment')}`,
      'settlement_file_broken',
      2,
    ],
    ['no text', `${HEADING}\n\0\0`, 'settlement_file_broken', 2],
    ['another file', 'PK\u0003\u0004', 'settlement_file_columns', null],
  ])('%s is refused as a whole', (_what, text, code, line) => {
    expect(broken(text)).toMatchObject({ code, line });
  });

  it('comes back whatever its cells hold', () => {
    const amount = fc.integer({ min: -9_999_999, max: 9_999_999 });
    const write = (minor: number): string => `${minor < 0 ? '-' : ''}${(Math.abs(minor) / 100).toFixed(2)}`;
    const line = fc.record({
      id: fc.integer({ min: 1, max: 1e12 }),
      kind: fc.constantFrom(...SETTLEMENT_KINDS),
      appointment_id: fc.option(fc.integer({ min: 1, max: 1e12 }), { nil: null }),
      currency: fc.constant('PLN'),
      gross: amount.map(write),
      fee: amount.map(write),
      tax: amount.map(write),
      net: amount.map(write),
      method: fc.option(fc.constantFrom(...SETTLEMENT_METHODS), { nil: null }),
      paid_at: fc
        .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString()),
      // Names of payouts are the other side's: they may hold whatever a cell must quote.
      payout_id: fc.stringMatching(/^[-a-z0-9",;\n]{0,9}$/).map((text) => `p${text}q`),
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const { rows, rejected } = readSettlementCsv(settlementCsv(lines), salon);
        expect(rejected).toEqual([]);
        expect(rows).toEqual(read(lines).rows);
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});
