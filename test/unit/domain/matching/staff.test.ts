import { describe, expect, it } from 'vitest';
import {
  explain,
  isMatchReason,
  MATCH_REASONS,
  matchNamed,
  matchStaff,
  type NamedFacts,
  type StaffFacts,
} from '../../../../domain/matching/index.ts';
import { inShort } from './people.ts';

function staff(id: string, name: string, email: string | null = null, linked = false): StaffFacts {
  return { id, name, email, linked };
}

function named(id: string, name: string, linked = false): NamedFacts {
  return { id, name, linked };
}

describe('matchStaff', () => {
  const olga = 'olga@m.example';
  it.each<[string, readonly StaffFacts[], readonly StaffFacts[], string]>([
    [
      'e-mail and name',
      [staff('t1', 'Olga Lis', olga)],
      [staff('o1', 'Olga Lis', 'OLGA@m.example')],
      'link o1 (sure_email)',
    ],
    [
      'e-mail and a short form',
      [staff('t1', 'Kasia', 'k@m.example')],
      [staff('o1', 'Katarzyna Lis', 'k@m.example')],
      'link o1 (sure_email)',
    ],
    [
      'e-mail, the name mistyped',
      [staff('t1', 'Olga Kowlaska', olga)],
      [staff('o1', 'Olga Kowalska', olga)],
      'link o1 (sure_email)',
    ],
    [
      'a whole name that nobody else bears',
      [staff('t1', 'OLGA LIS')],
      [staff('o1', 'Olga Lis', olga), staff('o2', 'Ewa Lis')],
      'link o1 (sure_name)',
    ],
    ['a whole name, swapped', [staff('t1', 'Lis Olga')], [staff('o1', 'Olga Lis')], 'link o1 (sure_name)'],
    [
      'a whole name and the desk’s address',
      [staff('t1', 'Olga Lis', 'recepcja@m.example')],
      [staff('o1', 'Olga Lis', olga)],
      'link o1 (sure_name)',
    ],
    [
      'the same e-mail, another name',
      [staff('t1', 'Ewa Bąk', olga)],
      [staff('o1', 'Olga Lis', olga)],
      'unsure (other_name)',
    ],
    [
      'the same e-mail, another family name',
      [staff('t1', 'Olga Bąk', olga)],
      [staff('o1', 'Olga Lis', olga)],
      'unsure (other_name)',
    ],
    [
      'the same e-mail, no name',
      [staff('t1', '', olga)],
      [staff('o1', 'Olga Lis', olga)],
      'unsure (weak_evidence)',
    ],
    [
      'the same name, another e-mail',
      [staff('t1', 'Olga Lis', 'o@n.example')],
      [staff('o1', 'Olga Lis', olga)],
      'unsure (name_only)',
    ],
    [
      'an e-mail that two share',
      [staff('t1', 'Olga Lis', olga)],
      [staff('o1', 'Olga Lis', olga), staff('o2', 'Ewa Bąk', olga)],
      'unsure (shared_contact)',
    ],
    ['a given name', [staff('t1', 'Olga')], [staff('o1', 'Olga')], 'unsure (name_only)'],
    ['a given name and a whole one', [staff('t1', 'Olga')], [staff('o1', 'Olga Lis')], 'unsure (name_only)'],
    [
      'a short form of a whole name',
      [staff('t1', 'Kasia')],
      [staff('o1', 'Katarzyna Lis')],
      'unsure (name_only)',
    ],
    [
      'two of one name',
      [staff('t1', 'Olga Lis')],
      [staff('o1', 'Olga Lis'), staff('o2', 'Olga Lis')],
      'unsure (name_only)',
    ],
    [
      'two of one name there',
      [staff('t1', 'Olga Lis'), staff('t2', 'Olga Lis')],
      [staff('o1', 'Olga Lis')],
      'unsure (name_only)',
    ],
    [
      'only the desk’s address',
      [staff('t1', 'Ewa Bąk', 'recepcja@m.example')],
      [staff('o1', 'Olga Lis', 'recepcja@m.example')],
      'none (no_candidate)',
    ],
    ['somebody else', [staff('t1', 'Ewa Bąk')], [staff('o1', 'Olga Lis')], 'none (no_candidate)'],
    [
      'linked already',
      [staff('t1', 'Olga Lis', olga)],
      [staff('o1', 'Olga Lis', olga, true)],
      'none (possible_double)',
    ],
  ])('%s', (_, theirs, ours, comesTo) => {
    const made = matchStaff(theirs, ours);
    expect(made[0] === undefined ? '' : inShort(made[0])).toBe(comesTo);
    expect(matchStaff([...theirs].reverse(), [...ours].reverse())).toEqual(made);
  });
});

describe('matchNamed', () => {
  it.each<[string, readonly NamedFacts[], readonly NamedFacts[], string]>([
    [
      'the same name',
      [named('t1', 'Gabinet 1')],
      [named('o1', 'gabinet  1'), named('o2', 'Gabinet 2')],
      'link o1 (sure_name)',
    ],
    ['accents lost', [named('t1', 'Lozko')], [named('o1', 'Łóżko')], 'link o1 (sure_name)'],
    [
      'two here',
      [named('t1', 'Gabinet')],
      [named('o1', 'Gabinet'), named('o2', 'gabinet')],
      'unsure (name_not_unique)',
    ],
    [
      'two there',
      [named('t1', 'Gabinet'), named('t2', 'GABINET')],
      [named('o1', 'Gabinet')],
      'unsure (name_not_unique)',
    ],
    ['almost the same', [named('t1', 'Gabinet 1')], [named('o1', 'Gabinet 11')], 'none (no_candidate)'],
    ['no name', [named('t1', ' ')], [named('o1', '-')], 'none (no_candidate)'],
    ['linked already', [named('t1', 'Gabinet')], [named('o1', 'Gabinet', true)], 'none (possible_double)'],
  ])('%s', (_, theirs, ours, comesTo) => {
    const made = matchNamed(theirs, ours);
    expect(made[0] === undefined ? '' : inShort(made[0])).toBe(comesTo);
    expect(matchNamed([...theirs].reverse(), [...ours].reverse())).toEqual(made);
  });
});

describe('reasons', () => {
  it('are each explained by one plain sentence of their own', () => {
    const sentences = MATCH_REASONS.map(explain);
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z][^.]*\.$/u);
    expect(new Set(sentences).size).toBe(MATCH_REASONS.length);
  });

  it('are told from other texts', () => {
    expect(MATCH_REASONS.every(isMatchReason)).toBe(true);
    expect(isMatchReason('toString')).toBe(false);
  });
});
