import { describe, expect, it } from 'vitest';
import { measureMatching } from '../../../bench/match.ts';
import { DIRT_PERCENT } from '../../../support/population-dirt.ts';
import { UNIT_PERCENT } from '../../../support/population-town.ts';
import { generatePopulation } from '../../../support/population.ts';

describe('matching an invented town', () => {
  it('links nearly all that may be linked, and nearly never wrongly', () => {
    const measured = [1, 2, 3].map((seed) => measureMatching({ people: 2000, seed }));
    const sum = (of: (each: (typeof measured)[number]) => number) =>
      measured.reduce((total, each) => total + of(each), 0);
    const [links, wrong, linkable, all] = [
      sum((each) => each.links),
      sum((each) => each.wrongLinks),
      sum((each) => each.linkablePairs),
      sum((each) => each.truePairs),
    ];
    expect(links).toBeGreaterThan(3000);
    expect(1 - wrong / links).toBeGreaterThanOrEqual(0.999);
    expect((links - wrong) / linkable).toBeGreaterThanOrEqual(0.95);
    expect((links - wrong) / all).toBeGreaterThanOrEqual(0.92);
    for (const { precision, recall } of measured) {
      // Of some 1,100 links one is a tenth of a percent.
      expect(precision).toBeGreaterThanOrEqual(0.998);
      expect(recall).toBeGreaterThanOrEqual(0.95);
    }
  });

  it('is as careful page by page, where later cards are not known yet', () => {
    const { precision, recall } = measureMatching({ people: 2000, seed: 5, pageSize: 100 });
    expect(precision).toBeGreaterThanOrEqual(0.998);
    expect(recall).toBeGreaterThanOrEqual(0.95);
  });

  it('asks rather than guesses in a town twice as careless', () => {
    const { precision, recall } = measureMatching({ people: 2000, seed: 6, dirt: 2 });
    expect(precision).toBeGreaterThanOrEqual(0.995);
    expect(recall).toBeGreaterThanOrEqual(0.9);
  });
});

describe('the invented town', () => {
  const town = generatePopulation({ people: 6000, seed: 7 });

  it('is the same for the same seed and another for another', () => {
    const input = { people: 300, seed: 1 };
    expect(generatePopulation(input)).toEqual(generatePopulation(input));
    expect(generatePopulation({ ...input, seed: 2 }).cards).not.toEqual(generatePopulation(input).cards);
  });

  it('has every kind of trouble in it, people with one record only, and labels that exist', () => {
    const found = new Set([...town.kinds.values()].flat());
    for (const kind of [...Object.keys(DIRT_PERCENT), ...Object.keys(UNIT_PERCENT)])
      expect(found).toContain(kind);
    for (const kind of [
      'clean',
      'no_profile',
      'second_card',
      'second_profile',
      'recycled_phone',
      'relation_word',
    ]) {
      expect(found).toContain(kind);
    }
    const ids = new Set(town.profiles.map(({ id }) => id));
    const named = [...town.truth.values()].filter((id) => id !== null);
    expect(named.filter((id) => !ids.has(id))).toEqual([]);
    expect(ids.size - new Set(named).size).toBeGreaterThan(500);
    expect(new Set(town.cards.map(({ id }) => id)).size).toBe(town.cards.length);
    expect([...town.truth.keys()].sort()).toEqual(town.cards.map(({ id }) => id).sort());
  });

  it('counts who shares what on each side', () => {
    for (const side of [town.cards, town.profiles]) {
      for (const person of side.slice(0, 60)) {
        const count = (key: 'email' | 'phone') =>
          person[key] === null ? 1 : side.filter((other) => other[key] === person[key]).length;
        expect([person.emailSharedBy, person.phoneSharedBy]).toEqual([count('email'), count('phone')]);
      }
    }
  });

  it('has invented addresses only', () => {
    for (const { email } of [...town.cards, ...town.profiles]) {
      if (email !== null) expect(email).toMatch(/^[^@]+@[a-z]+\.example$/u);
    }
  });
});
