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
    const [card, profile] = [person('c1', `Anna|Nowak||${PHONE}`), person('p1', `Ania|Nowak||${PHONE}`)];
    expect(inShort(matchOne(card, profile))).toBe('link p1 (sure_phone)');
    expect(inShort(matchOne(card, { ...profile, phoneSharedBy: 2 }))).toBe('unsure (shared_contact)');
    expect(inShort(matchOne({ ...card, phoneSharedBy: 2 }, profile))).toBe('unsure (shared_contact)');
    const crowd = person('p1', `Anna|Nowak||${PHONE}`, { phoneSharedBy: 40 });
    expect(inShort(matchOne(card, crowd))).toBe('unsure (name_only)');
  });

  it('takes a changed family name only with two contacts that point at one person', () => {
    const card = person('c1', `Anna|Zając|an@m.example|${PHONE}`);
    const profile = person('p1', `Anna|Nowak|an@m.example|${PHONE}`);
    expect(inShort(matchOne(card, profile))).toBe('link p1 (sure_name_changed)');
    expect(inShort(matchOne(card, { ...profile, phoneSharedBy: 2 }))).toBe('unsure (weak_evidence)');
    expect(inShort(matchOne(card, { ...profile, emailSharedBy: 2 }))).toBe('unsure (weak_evidence)');
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
