import { describe, expect, it } from 'vitest';
import { occasionOf, type Noticed } from '../../../../domain/conflicts/notify.ts';

/** What an admin is to be told of a conflict, where a rule asks for it (SPEC 3.9): each occasion once. */

const look = (parts: Partial<Noticed> = {}): Noticed => ({
  wanted: true,
  noted: true,
  reminded: false,
  escalated: false,
  decided: false,
  ...parts,
});

describe('an occasion to tell an admin', () => {
  it.each<[string, Partial<Noticed>, ReturnType<typeof occasionOf>]>([
    ['the first look at what waits', { noted: null }, 'waits'],
    ['the first look since a rule asks for it', { noted: false }, 'waits'],
    ['another look at what waits', {}, null],
    ['a reminder', { reminded: true }, 'reminded'],
    ['a visit that is near', { escalated: true, reminded: true }, 'escalated'],
    ['what a rule decides', { decided: true, noted: null }, 'decided_by_rule'],
    [
      'nothing of it where no rule asks',
      { wanted: false, noted: null, escalated: true, decided: true },
      null,
    ],
  ])('%s', (_, parts, expected) => {
    expect(occasionOf(look(parts))).toBe(expected);
  });
});
