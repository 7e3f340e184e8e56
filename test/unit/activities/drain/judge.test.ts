/** Alone or systemic (R29). */
import { describe, expect, it } from 'vitest';
import { judgeFailures } from '../../../../activities/drain/judge.ts';

const none = new Map<string, number>();
const times = (n: number, code: string) => Array.from({ length: n }, () => code);

describe('failures of a batch', () => {
  it('are alone where others succeeded', () => {
    expect(judgeFailures({ attempted: 2, codes: ['invalid_request'], alone: none })).toEqual({
      kind: 'alone',
    });
    expect(judgeFailures({ attempted: 100, codes: times(5, 'x'), alone: none })).toEqual({ kind: 'alone' });
  });

  it('of more than 5 % with one error type are systemic', () => {
    expect(judgeFailures({ attempted: 100, codes: times(6, 'x'), alone: none })).toEqual({
      kind: 'systemic',
      code: 'x',
    });
    // Types apart: no one of them is many.
    expect(
      judgeFailures({ attempted: 100, codes: [...times(5, 'x'), ...times(5, 'y')], alone: none }).kind,
    ).toBe('alone');
  });

  it('of more than 20 records with one error type are systemic, those that fail alone already counted', () => {
    expect(judgeFailures({ attempted: 1000, codes: times(20, 'x'), alone: none }).kind).toBe('alone');
    expect(judgeFailures({ attempted: 1000, codes: times(21, 'x'), alone: none }).kind).toBe('systemic');
    expect(judgeFailures({ attempted: 2, codes: ['x'], alone: new Map([['x', 20]]) }).kind).toBe('systemic');
    expect(judgeFailures({ attempted: 2, codes: ['x'], alone: new Map([['y', 20]]) }).kind).toBe('alone');
  });

  it('never leave more than 100 records alone at once', () => {
    const alone = new Map(Array.from({ length: 10 }, (_, n) => [`code${n}`, 10]));
    expect(judgeFailures({ attempted: 2, codes: ['z'], alone })).toEqual({
      kind: 'systemic',
      code: 'too_many_failures',
    });
  });

  it('without any success are nobody’s guess: Booksy is asked', () => {
    expect(judgeFailures({ attempted: 1, codes: ['unavailable'], alone: none })).toEqual({ kind: 'ask' });
  });
});
