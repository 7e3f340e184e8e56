import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../domain/canonical.ts';
import { firstContact } from '../../../domain/first-contact.ts';
import type { Direction } from '../../../domain/merge.ts';
import { planRecord, type OursState } from '../../../domain/plan.ts';
import type { SeenRecord } from '../../../domain/states/seen.ts';

/** Two records meet that were never in step: nobody can be said to have changed anything. */

type Groups = Record<string, Json>;

const seenOf = (groups: Groups): SeenRecord => ({
  externalId: '1',
  theirs: groups,
  here: groups,
  unread: [],
  unresolved: [],
  unknown: null,
  interval: { sentAt: '2030-01-01T10:00:00.000Z', receivedAt: '2030-01-01T10:00:01.000Z' },
});

function meet(theirs: Groups, mine: Groups, direction: Direction = 'both', counters = {}) {
  const seen = seenOf(theirs);
  const ours: OursState = { groups: mine, counters, ended: false };
  const { mirror, equivalent } = firstContact(seen, ours);
  const plan = planRecord({
    seen,
    mirror: { ...mirror, recordId: 'r' },
    ours,
    frozen: new Set(),
    directionOf: () => direction,
    equivalent,
  });
  if (plan.kind !== 'merge') throw new Error('A first contact is never stale.');
  return plan;
}

const name = (given: string, family: string) => ({ given, family });

describe('a first contact', () => {
  it.each([
    ['the same on both sides', 'ola@mail.example', 'ola@mail.example', 'equal'],
    ['only there', 'ola@mail.example', null, 'apply'],
    ['only here', null, 'ola@mail.example', 'push'],
    ['nowhere', null, null, 'equal'],
    ['something else on each side', 'ola@mail.example', 'olga@mail.example', 'conflict'],
    ['spelled otherwise', 'Łucja Żak', 'lucja  zak', 'equal'],
  ])('of what is %s', (_, theirs, mine, verdict) => {
    expect(meet({ value: theirs }, { value: mine }).decisions).toMatchObject([{ group: 'value', verdict }]);
  });

  it('keeps both spellings of one name as the base of each side', () => {
    const plan = meet({ name: name('Lucja', 'Zak') }, { name: name('Łucja', 'Żak') });
    expect(plan).toMatchObject({ apply: [], push: [], conflict: null });
    expect(plan.baseTheirs).toEqual({ name: name('Lucja', 'Zak') });
    expect(plan.baseOurs).toEqual({ name: name('Łucja', 'Żak') });
  });

  it('takes what comes in only from Booksy, whatever is here', () => {
    expect(meet({ position: 3 }, { position: 7 }, 'in')).toMatchObject({
      apply: ['position'],
      conflict: null,
    });
  });

  it('does not take edits made before it for news', () => {
    const plan = meet({ phone: '+48600100200' }, { phone: null }, 'both', { phone: 4 });
    expect(plan).toMatchObject({ apply: ['phone'], conflict: null });
  });

  it('loses nothing that only one side holds, and decides alone only where that is so', () => {
    const value = fc.option(fc.stringMatching(/^[a-z]{1,4}$/), { nil: null });
    const groups = fc.record({ name: value, email: value, phone: value });
    fc.assert(
      fc.property(groups, groups, (theirs, mine) => {
        const plan = meet(theirs, mine);
        for (const group of ['name', 'email', 'phone'] as const) {
          const [there, here] = [theirs[group], mine[group]];
          expect(plan.apply.includes(group)).toBe(there !== null && here === null);
          expect(plan.push.includes(group)).toBe(there === null && here !== null);
          const disputed = there !== null && here !== null && there !== here;
          expect(plan.conflict?.groups.includes(group) ?? false).toBe(disputed);
        }
      }),
    );
  });
});
