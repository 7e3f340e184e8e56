import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNames, readName } from '../../../../domain/matching/names.ts';

/** `Given|Family`. */
function name(text: string) {
  const [given = '', family = ''] = text.split('|');
  return readName(given, family);
}

function relations(left: string, right: string): string {
  const { given, family, swapped, missing } = compareNames(name(left), name(right));
  return `${given}/${family}${swapped ? ' swapped' : ''}${missing ? ' missing' : ''}`;
}

describe('compareNames', () => {
  it.each([
    ['Anna|Nowak', 'Anna|Nowak', 'same/same'],
    ['Łucja|Źdźbło', 'LUCJA|zdzblo', 'same/same'],
    ['Олена|Коваль', 'Olena|Koval', 'same/same'],
    ['Anna|Nowak', 'Nowak|Anna', 'same/same swapped'],
    ['Anna|Nowak', '|Anna Nowak', 'same/same'],
    ['Anna Nowak|', 'Anna|Nowak', 'same/same'],
    ['Anna Maria|Nowak', 'Anna|Nowak', 'same/same'],
    ['Maria|Nowak', 'Anna Maria|Nowak', 'second/same'],
    ['Kasia|Nowak', 'Katarzyna|Nowak', 'short_form/same'],
    ['Bill|Smith', 'William|Smith', 'short_form/same'],
    ['Nowak|Kasia', 'Katarzyna|Nowak', 'short_form/same swapped'],
    ['Agnieszak|Nowak', 'Agnieszka|Nowak', 'typo/same'],
    ['Anna|Kowlaska', 'Anna|Kowalska', 'same/typo'],
    ['Anna|Kowalski', 'Anna|Kowalska', 'same/gendered'],
    ['Olena|Petrova', 'Olena|Petrov', 'same/gendered'],
    ['Anna|Nowak-Kowalska', 'Anna|Nowak', 'same/overlap'],
    ['Anna|Nowakkowalska', 'Anna|Nowak-Kowalska', 'same/same'],
    ['Anna|Nowak paznokcie', 'Anna|Nowak', 'same/overlap'],
    ['A.|Nowak', 'Anna|Nowak', 'initial/same'],
    ['Anna|N.', 'Anna|Nowak', 'same/initial'],
    ['Anna|', 'Anna|Nowak', 'same/missing'],
    ['|Nowak', 'Anna|Nowak', 'missing/same'],
    ['Anna|Zając', 'Anna|Nowak', 'same/differs'],
    ['Piotr|Nowak', 'Anna|Nowak', 'differs/same'],
    ['Pani Anna|Nowak', 'Anna|Nowak', 'same/same'],
    ['Klientka|', 'Anna|Nowak', 'missing/missing missing'],
    ['|', '|', 'missing/missing missing'],
  ])('%s and %s: %s', (left, right, expected) => {
    expect(relations(left, right)).toBe(expected);
    expect(relations(right, left)).toBe(expected);
  });

  it.each([
    ['Maria|Nowak', 'Marta|Nowak'],
    ['Kamil|Nowak', 'Kamila|Nowak'],
    ['Julia|Nowak', 'Julian|Nowak'],
    // Both are called Ala.
    ['Alicja|Nowak', 'Alina|Nowak'],
    ['Ewa|Nowak', 'Iwa|Nowak'],
    // One is the daughter of the other.
    ['Anna|Nowak córka', 'Anna|Nowak'],
    ['Jan|Nowak jr', 'Jan|Nowak'],
    ['Jan|Nowak syn', 'Jan|Nowak senior'],
  ])('takes %s and %s for two people', (left, right) => {
    expect(relations(left, right)).toBe('differs/same');
  });

  it.each([
    ['Lena|Nowak', 'Helena|Nowak'],
    ['Milena|Nowak', 'Malena|Nowak'],
    ['Arynka|Nowak', 'Aranka|Nowak'],
  ])('cannot tell %s and %s', (left, right) => {
    expect(relations(left, right)).toBe('near/same');
  });

  it('is symmetric, and best where the names are equal', () => {
    const word = fc.constantFrom(
      'Anna',
      'Ania',
      'Hanna',
      'A.',
      'Nowak',
      'Nowka',
      'Kowalska',
      'córka',
      '',
      'Maria Anna',
    );
    const any = fc.tuple(word, word).map(([given, family]) => readName(given, family));
    fc.assert(
      fc.property(any, any, (left, right) => {
        const there = compareNames(left, right);
        expect(compareNames(right, left)).toEqual(there);
        expect(there.weight).toBeLessThanOrEqual(Math.max(0, compareNames(left, left).weight));
        expect(there.weight).toBeGreaterThanOrEqual(-2);
      }),
    );
  });
});

describe('readName', () => {
  it('knows a whole name in any order and field, and nothing less as one', () => {
    expect(name('Anna|Nowak').wholeKey).toBe(name('Nowak|Anna').wholeKey);
    expect(name('Anna Nowak|').wholeKey).toBe(name('Anna|Nowak').wholeKey);
    expect(name('Anna|').wholeKey).toBe('');
    expect(name('Anna|N.').wholeKey).toBe('');
    expect(name('Anna Maria|').wholeKey).toBe('');
  });
});
