import { describe, expect, it } from 'vitest';
import { PAIRS, PHONE } from './client-pairs.ts';
import { inShort, matchOne, person } from './people.ts';

describe('one card and one profile', () => {
  it.each(PAIRS)('$what: $comesTo', ({ card, profile, comesTo, reasons }) => {
    const made = matchOne(person('c1', card), person('p1', profile));
    expect(inShort(made)).toBe(comesTo);
    for (const reason of reasons) expect(made.candidates[0]?.reasons).toContain(reason);
    expect(made.candidates.map(({ recordId }) => recordId)).toEqual(comesTo.startsWith('none') ? [] : ['p1']);
  });

  it('takes counts of the facts where the others are not part of the call', () => {
    const profile = person('p1', `Ania|Nowak||${PHONE}`, { phoneSharedBy: 2 });
    expect(inShort(matchOne(person('c1', `Anna|Nowak||${PHONE}`), profile))).toBe('unsure (shared_contact)');
    const crowd = person('p1', `Anna|Nowak||${PHONE}`, { phoneSharedBy: 40 });
    expect(inShort(matchOne(person('c1', `Anna|Nowak||${PHONE}`), crowd))).toBe('unsure (name_only)');
  });

  it('links the whole same name on a number that few share, not on one with another e-mail', () => {
    const profile = person('p1', `Anna|Nowak|a@m.example|${PHONE}`, { phoneSharedBy: 3 });
    expect(inShort(matchOne(person('c1', `Anna|Nowak||${PHONE}`), profile))).toBe(
      'link p1 (sure_shared_contact)',
    );
    expect(inShort(matchOne(person('c1', `Anna|Nowak|b@n.example|${PHONE}`), profile))).toBe(
      'unsure (shared_contact)',
    );
  });
});
