import { describe, expect, it } from 'vitest';
import { expectSameContent } from '../../bench/support/content.ts';
import { foundIn, personalTexts, textOf } from '../../bench/support/personal.ts';
import { changesBetween } from '../../bench/support/tuples.ts';

/** What the benchmark finds nothing with must be able to find something. */

const texts = personalTexts([
  {
    first_name: 'Wisława',
    last_name: 'Zmyślona',
    email: 'wisia@poczta.example',
    cell_phone: '+48 500 100 200',
  },
]);

describe('the search for clients in a history', () => {
  it.each([
    ['an argument', { input: { payloads: [{ data: Buffer.from('{"name":"Wisława Zmyślona"}') }] } }],
    ['an e-mail in a failure', { failure: { message: 'no card for WISIA@poczta.example' } }],
    ['a phone with other gaps', { summary: '500-100-200' }],
    ['a family name as a key', { memo: { Zmyślona: 1 } }],
  ])('finds %s', (_, history) => {
    expect(foundIn(textOf(history), texts)).not.toEqual([]);
  });

  it('does not take a part of another word for a name', () => {
    expect(foundIn('Zmyślonaliza, 50010020', texts)).toEqual([]);
  });

  it('reads bytes wherever they are', () => {
    expect(textOf({ a: [{ b: new Uint8Array(Buffer.from('hello')) }] })).toContain('hello');
  });
});

describe('expectSameContent', () => {
  const names = { one: 'one', other: 'other' };
  const content = (...lines: string[]) => new Map([['staff', lines]]);

  it('accepts the same rows', () => {
    expect(() => expectSameContent(content('a', 'b'), content('a', 'b'), names)).not.toThrow();
  });

  it.each([
    ['a row that differs', content('a', 'c')],
    ['a row that is missing', content('a')],
    ['a row too many', content('a', 'b', 'c')],
    ['a table that is missing', new Map<string, string[]>()],
  ])('refuses %s', (_, other) => {
    expect(() => expectSameContent(content('a', 'b'), other, names)).toThrow(/different staff/);
  });
});

describe('changesBetween', () => {
  it('tells tables with changes only, new ones too', () => {
    const before = new Map([
      ['staff', 3],
      ['rooms', 2],
    ]);
    const after = new Map([
      ['staff', 5],
      ['rooms', 2],
      ['mappings', 1],
    ]);
    expect(changesBetween(before, after)).toEqual({ staff: 2, mappings: 1 });
  });
});
