import { describe, expect, it } from 'vitest';
import { matchClients, type ClientFacts } from '../../../../domain/matching/index.ts';
import { OTHER_PHONE, PHONE } from './client-pairs.ts';
import { inShort, matchOne, person } from './people.ts';

interface Town {
  readonly what: string;
  readonly cards: readonly ClientFacts[];
  readonly profiles: readonly ClientFacts[];
  readonly comesTo: Readonly<Record<string, string>>;
}

const TOWNS: readonly Town[] = [
  {
    what: 'mother and daughter share phone and e-mail, both known',
    cards: [
      person('mother', `Anna|Nowak|an@m.example|${PHONE}`),
      person('daughter', `Julia|Nowak|an@m.example|${PHONE}`),
    ],
    profiles: [
      person('p1', `Anna|Nowak|an@m.example|${PHONE}`),
      person('p2', `Julia|Nowak|an@m.example|${PHONE}`),
    ],
    comesTo: { mother: 'link p1 (sure_email_and_phone)', daughter: 'link p2 (sure_email_and_phone)' },
  },
  {
    what: 'mother and daughter share phone and e-mail, the daughter is new',
    cards: [
      person('mother', `Anna|Nowak|an@m.example|${PHONE}`),
      person('daughter', `Julia|Nowak|an@m.example|${PHONE}`),
    ],
    profiles: [person('p1', `Anna|Nowak|an@m.example|${PHONE}`)],
    comesTo: { mother: 'link p1 (sure_email_and_phone)', daughter: 'none (no_candidate)' },
  },
  {
    what: 'a household whose short forms and missing names its given names tell apart',
    cards: [person('c1', `Ania|Nowak||${PHONE}`), person('c2', `Tomek|Nowak||${PHONE}`)],
    profiles: [person('p1', `Anna|Nowak||${PHONE}`), person('p2', `Tomasz|Nowak||${PHONE}`)],
    comesTo: { c1: 'link p1 (sure_shared_contact)', c2: 'link p2 (sure_shared_contact)' },
  },
  {
    what: 'a household in which somebody left no given name',
    cards: [person('c1', `Ania|Nowak||${PHONE}`), person('c2', `|Nowak||${PHONE}`)],
    profiles: [person('p1', `Anna|Nowak||${PHONE}`)],
    comesTo: { c1: 'unsure (shared_contact)', c2: 'unsure (shared_contact)' },
  },
  {
    what: 'twins with names alike share everything',
    cards: [
      person('c1', `Kamila|Nowak|an@m.example|${PHONE}`),
      person('c2', `Kamil|Nowak|an@m.example|${PHONE}`),
    ],
    profiles: [
      person('p1', `Kamil|Nowak|an@m.example|${PHONE}`),
      person('p2', `Kamila|Nowak|an@m.example|${PHONE}`),
    ],
    comesTo: { c1: 'link p2 (sure_email_and_phone)', c2: 'link p1 (sure_email_and_phone)' },
  },
  {
    what: 'father and son of one name on one phone',
    cards: [person('father', `Jan|Nowak||${PHONE}`), person('son', `Jan|Nowak||${PHONE}`)],
    profiles: [person('p1', `Jan|Nowak||${PHONE}`), person('p2', `Jan|Nowak||${PHONE}`)],
    comesTo: { father: 'unsure (several_candidates)', son: 'unsure (several_candidates)' },
  },
  {
    what: 'father and son of one name on one phone, told apart by e-mail',
    cards: [
      person('father', `Jan|Nowak|f@m.example|${PHONE}`),
      person('son', `Jan|Nowak|s@n.example|${PHONE}`),
    ],
    profiles: [
      person('p1', `Jan|Nowak|f@m.example|${PHONE}`),
      person('p2', `Jan|Nowak|s@n.example|${PHONE}`),
    ],
    comesTo: { father: 'link p1 (sure_email_and_phone)', son: 'link p2 (sure_email_and_phone)' },
  },
  {
    what: 'two cards that could both be the one profile',
    cards: [person('c1', `Jan|Nowak||${PHONE}`), person('c2', `Jan|Nowak||${PHONE}`)],
    profiles: [person('p1', `Jan|Nowak||${PHONE}`)],
    comesTo: { c1: 'unsure (several_cards)', c2: 'unsure (several_cards)' },
  },
  {
    what: 'a second card that says less',
    cards: [person('c1', `Anna|Nowak|an@m.example|${PHONE}`), person('c2', `Anna|Nowak||${PHONE}`)],
    profiles: [person('p1', `Anna|Nowak|an@m.example|${PHONE}`)],
    comesTo: { c1: 'link p1 (sure_email_and_phone)', c2: 'none (possible_double)' },
  },
  {
    what: 'a profile that is another card’s already',
    cards: [person('c1', `Anna|Nowak|an@m.example|${PHONE}`)],
    profiles: [person('p1', `Anna|Nowak|an@m.example|${PHONE}`, { linked: true })],
    comesTo: { c1: 'none (possible_double)' },
  },
  {
    what: 'a relative of somebody who is linked already',
    cards: [person('c1', `Julia|Nowak|an@m.example|${PHONE}`)],
    profiles: [person('p1', `Anna|Nowak|an@m.example|${PHONE}`, { linked: true })],
    comesTo: { c1: 'none (no_candidate)' },
  },
  {
    what: 'a namesake of somebody who is linked already',
    cards: [person('c1', 'Anna|Nowak||')],
    profiles: [person('p1', `Anna|Nowak|an@m.example|${PHONE}`, { linked: true })],
    comesTo: { c1: 'none (no_candidate)' },
  },
  {
    what: 'a linked double does not hide a weaker namesake: the card is the linked one',
    cards: [person('c1', `Anna|Nowak||${PHONE}`)],
    profiles: [person('p1', `Anna|Nowak||${PHONE}`, { linked: true }), person('p2', 'Anna|Nowak||')],
    comesTo: { c1: 'none (possible_double)' },
  },
  {
    what: 'a double here',
    cards: [person('c1', `Anna|Nowak|an@m.example|${PHONE}`)],
    profiles: [
      person('p1', `Anna|Nowak|an@m.example|${PHONE}`),
      person('p2', `Anna|Nowak|an@m.example|${PHONE}`),
    ],
    comesTo: { c1: 'unsure (several_candidates)' },
  },
  {
    what: 'everybody gives the desk’s address',
    cards: ['Anna|Nowak', 'Piotr|Zając', 'Ewa|Lis'].map((name, at) =>
      person(`c${String(at)}`, `${name}|info@m.example|`),
    ),
    profiles: ['Ola|Wilk', 'Jan|Bąk', 'Iga|Mróz'].map((name, at) =>
      person(`p${String(at)}`, `${name}|info@m.example|`),
    ),
    comesTo: { c0: 'none (no_candidate)', c1: 'none (no_candidate)', c2: 'none (no_candidate)' },
  },
  {
    what: 'a firm’s address that eight people share is nobody’s',
    cards: [person('c0', 'Anna|Nowak|firma@m.example|')],
    profiles: Array.from({ length: 8 }, (_, at) =>
      person(`p${String(at)}`, `${at === 0 ? 'Anna|Nowak' : 'Jan|Bąk'}|firma@m.example|`),
    ),
    comesTo: { c0: 'unsure (name_only)' },
  },
];

describe('several cards and profiles', () => {
  it.each(TOWNS)('$what', ({ cards, profiles, comesTo }) => {
    const made = matchClients(cards, profiles);
    expect(Object.fromEntries(made.map((each) => [each.externalId, inShort(each)]))).toEqual(comesTo);
  });

  it('shows whom a possible double resembles, and nobody where it is only a relative', () => {
    const linked = person('p1', `Anna|Nowak|an@m.example|${PHONE}`, { linked: true });
    const double = matchOne(person('c1', `Anna|Nowak|an@m.example|${PHONE}`), linked);
    expect(double.candidates).toEqual([
      { recordId: 'p1', score: double.score, reasons: ['email_equal', 'phone_equal', 'name_same'] },
    ]);
    expect(double.recordId).toBeNull();
    expect(matchOne(person('c1', `Julia|Nowak|an@m.example|${PHONE}`), linked).candidates).toEqual([]);
  });

  it('shows at most five candidates, best first', () => {
    const profiles = Array.from({ length: 8 }, (_, at) =>
      person(`p${String(at)}`, `Anna|Nowak||${at === 5 ? '' : `+4860000012${String(at)}`}`),
    );
    const made = matchOne(person('c1', `Anna|Nowak||${OTHER_PHONE}`), ...profiles);
    expect(made.verdict).toBe('unsure');
    expect(made.candidates).toHaveLength(5);
    expect(made.candidates[0]?.recordId).toBe('p5');
  });

  it('does not look for a namesake among too many', () => {
    const profiles = Array.from({ length: 21 }, (_, at) => person(`p${String(at)}`, 'Anna|Nowak||'));
    expect(inShort(matchOne(person('c1', 'Anna|Nowak||'), ...profiles))).toBe('none (no_candidate)');
  });

  it('decides each card once, and nothing for none', () => {
    expect(matchClients([], [person('p1', 'Anna|Nowak||')])).toEqual([]);
    expect(matchClients([person('c1', 'Anna|Nowak||')], []).map(inShort)).toEqual(['none (no_candidate)']);
  });
});
