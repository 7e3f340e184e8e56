import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LINK_SCORE,
  matchClients,
  UNSURE_SCORE,
  type ClientFacts,
  type MatchDecision,
} from '../../../../domain/matching/index.ts';
import { matchOne } from './people.ts';

// Few values, so that people often agree by chance.
const given = fc.constantFrom(
  'Anna',
  'Ania',
  'Hanna',
  'Maria',
  'Marta',
  'Jan',
  'Janek',
  'A.',
  'Agnieszka',
  'Agnieszak',
  '',
);
const family = fc.constantFrom(
  'Nowak',
  'Nowka',
  'Kowalski',
  'Kowalska',
  'Nowak-Lis',
  'Lis',
  'N.',
  'Nowak córka',
  '',
);
const email = fc.constantFrom(
  null,
  'an@m.example',
  'annanowak@m.example',
  'annanowka@m.example',
  'info@m.example',
);
const phone = fc.constantFrom(null, '+48600100200', '+48600100201', '+48777888991', '+48111111111');
const sharedBy = fc.constantFrom(1, 1, 1, 2, 3, 9);

const facts = fc.record({
  given,
  family,
  email,
  phone,
  emailSharedBy: sharedBy,
  phoneSharedBy: sharedBy,
  linked: fc.boolean(),
});
const side = (letter: string) =>
  fc
    .array(facts, { maxLength: 7 })
    .map((people) => people.map((person, at): ClientFacts => ({ id: `${letter}${String(at)}`, ...person })));
const town = fc.record({ cards: side('c'), profiles: side('p') }).map(({ cards, profiles }) => ({
  // Some cards are what a profile is, with one thing or another changed.
  cards: cards.map((card, at): ClientFacts => {
    const same = at % 2 === 0 ? profiles[at] : undefined;
    return same === undefined
      ? card
      : { ...same, id: card.id, ...(at % 4 === 0 ? {} : { given: card.given }) };
  }),
  profiles,
}));

const RUNS = { numRuns: 300 };

const ROLE_OR_MADE_UP = new Set(['info@m.example', '+48111111111']);

function linksOf(decisions: readonly MatchDecision[]): readonly MatchDecision[] {
  return decisions.filter(({ verdict }) => verdict === 'link');
}

describe('matchClients, whoever the people are', () => {
  it('links one to one, never again what is linked, and decides each card once', () => {
    let links = 0;
    fc.assert(
      fc.property(town, ({ cards, profiles }) => {
        const made = matchClients(cards, profiles);
        expect(made.map(({ externalId }) => externalId)).toEqual(cards.map(({ id }) => id));
        const linked = linksOf(made).map(({ recordId }) => recordId);
        links += linked.length;
        expect(new Set(linked).size).toBe(linked.length);
        for (const recordId of linked) {
          expect(profiles.find(({ id }) => id === recordId)?.linked).toBe(false);
        }
      }),
      RUNS,
    );
    expect(links).toBeGreaterThan(20);
  });

  it('decides alike twice and in whatever order people come', () => {
    const shuffled = town.chain(({ cards, profiles }) =>
      fc.record({
        cards: fc.constant(cards),
        profiles: fc.constant(profiles),
        mixedCards: fc.shuffledSubarray(cards, { minLength: cards.length }),
        mixedProfiles: fc.shuffledSubarray(profiles, { minLength: profiles.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ cards, profiles, mixedCards, mixedProfiles }) => {
        const made = matchClients(cards, profiles);
        expect(matchClients(cards, profiles)).toEqual(made);
        expect(matchClients(mixedCards, mixedProfiles)).toEqual(made);
      }),
      RUNS,
    );
  });

  it('never links by a name alone, a role address or a made-up number', () => {
    fc.assert(
      fc.property(town, ({ cards, profiles }) => {
        for (const { externalId, recordId } of linksOf(matchClients(cards, profiles))) {
          const card = cards.find(({ id }) => id === externalId);
          const profile = profiles.find(({ id }) => id === recordId);
          const agreeing = [
            card?.email === profile?.email ? card?.email : null,
            card?.phone === profile?.phone ? card?.phone : null,
          ].filter((value) => value != null && !ROLE_OR_MADE_UP.has(value));
          expect(agreeing).not.toEqual([]);
        }
      }),
      RUNS,
    );
  });

  it('never links people whose only tie is a contact', () => {
    // Whatever else is added, one given name is never another.
    const stranger = fc.constantFrom('Zofia', 'Piotr', 'Ewa');
    fc.assert(
      fc.property(facts, stranger, fc.boolean(), (person, name, isLost) => {
        const card: ClientFacts = { id: 'c', ...person, given: isLost ? '' : name };
        const profile: ClientFacts = { id: 'p', ...person, linked: false };
        fc.pre(profile.given !== '');
        expect(matchOne(card, profile).verdict).not.toBe('link');
      }),
      RUNS,
    );
  });

  it('never links what several people share unless the whole name is the same', () => {
    const several = fc.constantFrom(2, 3, 5);
    fc.assert(
      fc.property(facts, facts, several, (one, other, count) => {
        const shared = { emailSharedBy: count, phoneSharedBy: count };
        const card: ClientFacts = { id: 'c', ...one, ...shared };
        const profile: ClientFacts = {
          id: 'p',
          ...other,
          ...shared,
          email: one.email,
          phone: one.phone,
          linked: false,
        };
        const made = matchOne(card, profile);
        if (made.verdict !== 'link') return;
        const reasons = made.candidates[0]?.reasons ?? [];
        expect(reasons.some((reason) => reason === 'name_same' || reason === 'name_swapped')).toBe(true);
      }),
      RUNS,
    );
  });

  it('gives scores between 0 and 1 that agree with the verdict', () => {
    fc.assert(
      fc.property(town, ({ cards, profiles }) => {
        for (const made of matchClients(cards, profiles)) {
          const scores = made.candidates.map(({ score }) => score);
          expect(scores).toEqual([...scores].sort((a, b) => b - a));
          expect(scores.every((score) => score >= UNSURE_SCORE && score <= 1)).toBe(true);
          expect(made.score).toBe(scores[0] ?? 0);
          if (made.verdict === 'link') {
            expect(made.score).toBeGreaterThanOrEqual(LINK_SCORE);
            expect(made.recordId).toBe(made.candidates[0]?.recordId);
          } else {
            expect(made.recordId).toBeNull();
          }
          if (made.verdict === 'unsure') expect(scores).not.toEqual([]);
          expect(made.reason === 'possible_double').toBe(made.verdict === 'none' && scores.length > 0);
        }
      }),
      RUNS,
    );
  });
});

describe('a score', () => {
  const pair = fc.record({ card: facts, profile: facts }).map(({ card, profile }) => ({
    card: { id: 'c', ...card },
    profile: { id: 'p', ...profile, linked: false },
  }));
  const scoreOf = (card: ClientFacts, profile: ClientFacts) => matchOne(card, profile).score;

  it('never falls when a contact that was missing or different comes to agree', () => {
    fc.assert(
      fc.property(pair, ({ card, profile }) => {
        const before = scoreOf(card, profile);
        expect(scoreOf({ ...card, email: profile.email ?? card.email }, profile)).toBeGreaterThanOrEqual(
          before,
        );
        expect(scoreOf({ ...card, phone: profile.phone ?? card.phone }, profile)).toBeGreaterThanOrEqual(
          before,
        );
      }),
      RUNS,
    );
  });

  it('never falls when a contact that differs is left out', () => {
    fc.assert(
      fc.property(pair, ({ card, profile }) => {
        const before = scoreOf(card, profile);
        if (card.email !== profile.email) {
          expect(scoreOf({ ...card, email: null }, profile)).toBeGreaterThanOrEqual(before);
        }
        if (card.phone !== profile.phone) {
          expect(scoreOf({ ...card, phone: null }, profile)).toBeGreaterThanOrEqual(before);
        }
      }),
      RUNS,
    );
  });

  it('never falls when fewer people share what agrees', () => {
    fc.assert(
      fc.property(pair, ({ card, profile }) => {
        const alone = { emailSharedBy: 1, phoneSharedBy: 1 };
        expect(scoreOf({ ...card, ...alone }, { ...profile, ...alone })).toBeGreaterThanOrEqual(
          scoreOf(card, profile),
        );
      }),
      RUNS,
    );
  });

  it('never falls when the name comes to be the same', () => {
    fc.assert(
      fc.property(pair, ({ card, profile }) => {
        fc.pre(profile.given.length > 2 && profile.family.length > 2);
        const same = { ...card, given: profile.given, family: profile.family };
        expect(scoreOf(same, profile)).toBeGreaterThanOrEqual(scoreOf(card, profile));
      }),
      RUNS,
    );
  });
});
