import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText, isKeyboardSlip, isSlip, slips, wordsOf } from '../../../../domain/matching/fold.ts';

describe('foldText', () => {
  it.each([
    ['Żółć', 'zolc'],
    ['ŁUCJA', 'lucja'],
    ['Søren Åse', 'soren ase'],
    ['Weiß', 'weiss'],
    ['Œuvre Æbel', 'oeuvre aebel'],
    ["O'Connor", 'oconnor'],
    ['O’Connor', 'oconnor'],
    ['Nowak-Kowalska', 'nowak kowalska'],
    ['  Anna \u00a0 Maria ', 'anna maria'],
    ['A\u0301gnes', 'agnes'],
    ['Ａｎｎａ', 'anna'],
    ['Manicure (hybrydowy) 2.0', 'manicure hybrydowy 2 0'],
    ['❤ Kasia ❤', 'kasia'],
    ['Олена', 'olena'],
    ['Марія', 'mariia'],
    ['Юлія Ящук', 'yuliia yashchuk'],
    ['Андрій', 'andrii'],
    ['', ''],
    ['...', ''],
  ])('folds %j to %j', (text, folded) => {
    expect(foldText(text)).toBe(folded);
  });

  it('keeps letters that it cannot spell in Latin', () => {
    expect(foldText('Ελένη')).not.toBe('');
    expect(foldText('Ελένη')).not.toBe(foldText('Άννα'));
  });

  it('changes nothing the second time, whatever the text', () => {
    const letter = fc.integer({ min: 1, max: 0x2fff }).map((code) => String.fromCodePoint(code));
    fc.assert(
      fc.property(fc.array(letter, { maxLength: 12 }), (letters) => {
        const folded = foldText(letters.join(''));
        expect(foldText(folded)).toBe(folded);
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on case or on how accents are encoded', () => {
    const letter = fc.constantFrom(...Array.from('aąbcćdeęłñöøßzźżАбїюя -'));
    fc.assert(
      fc.property(fc.string({ unit: letter }), (text) => {
        expect(foldText(text.toUpperCase())).toBe(foldText(text));
        expect(foldText(text.normalize('NFD'))).toBe(foldText(text));
      }),
    );
  });

  it('parts words at hyphens and gives none for nothing', () => {
    expect(wordsOf('Nowak-Kowalska')).toEqual(['nowak', 'kowalska']);
    expect(wordsOf(' - ')).toEqual([]);
  });
});

describe('slips', () => {
  it.each([
    ['anna', 'anna', 0],
    ['anna', 'ana', 1],
    ['anna', 'anan', 1],
    ['anna', 'enna', 1],
    ['kowalska', 'kowlaksa', 2],
    ['anna', 'piotr', 3],
    ['', 'ab', 2],
  ])('between %s and %s there are %i, counted up to two', (left, right, count) => {
    expect(slips(left, right, 2)).toBe(count);
    expect(slips(right, left, 2)).toBe(count);
  });

  it('takes short words for different words', () => {
    expect(isSlip('ewa', 'eva')).toBe(false);
    expect(isSlip('nowak', 'nowka')).toBe(true);
    expect(isSlip('nowak', 'kowak')).toBe(true);
    expect(isSlip('nowak', 'kowal')).toBe(false);
    expect(isSlip('szczepanska', 'sczepansak')).toBe(true);
    expect(isSlip('same', 'same')).toBe(false);
  });

  it.each([
    ['agnieszka', 'agnieszak', true],
    ['agnieszka', 'agnieszkka', true],
    ['agnieszka', 'agnesszka', false],
    ['karolina', 'karilina', true],
    ['milena', 'malena', false],
    ['alina', 'arina', false],
  ])('tells whether fingers slip from %s to %s: %s', (left, right, is) => {
    expect(isKeyboardSlip(left, right)).toBe(is);
    expect(isKeyboardSlip(right, left)).toBe(is);
  });
});
