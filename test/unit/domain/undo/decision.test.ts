import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EFFECTS } from '../../../../domain/conflicts/choices.ts';
import {
  DECISION_DEEDS,
  DEED_TEXTS,
  planDecisionUndo,
  UNDO_LEFT,
  type DecisionFacts,
} from '../../../../domain/undo/index.ts';

/** SPEC 4.3: every decision about a conflict can be undone; what can be, is done whole or not at all. */
const facts = (over: Partial<DecisionFacts>): DecisionFacts => ({
  effect: 'accept',
  undone: false,
  open: false,
  begun: false,
  cause: 'stands',
  mark: null,
  given: null,
  released: null,
  pending: 'none',
  ...over,
});
const own = { neededElsewhere: false };
const shared = { neededElsewhere: true };

describe('a decision that is undone', () => {
  it.each([
    ['ignore: looked at again', { effect: 'accept' }, ['open_again'], []],
    ['ignore, equal by now', { effect: 'accept', cause: 'equal' }, [], ['equal_by_now']],
    ['ignore, changed since', { effect: 'accept', cause: 'changed' }, [], ['changed_later']],
    ['ignore, its cause gone', { effect: 'accept', cause: 'gone' }, [], ['cause_gone']],
    ['ignore, another conflict open', { effect: 'accept', open: true }, [], ['on_conflict']],
    ['ignore, begun (R10)', { effect: 'accept', begun: true }, [], ['begun']],
    ['ignore, twice', { effect: 'accept', undone: true }, [], ['already_undone']],
    ['keep-both', { effect: 'overbook', mark: own }, ['unmark', 'open_again'], []],
    ['keep-both, marked before', { effect: 'overbook', mark: null }, ['open_again'], []],
    ['keep-both, the mark needed', { effect: 'overbook', mark: shared }, ['open_again'], ['mark_needed']],
    [
      'keep-both, no overlap left',
      { effect: 'overbook', mark: own, cause: 'gone' },
      ['unmark'],
      ['cause_gone'],
    ],
    ['keep-both, begun', { effect: 'overbook', mark: own, begun: true }, ['unmark'], ['begun']],
    ['keep-both, twice', { effect: 'overbook', mark: own, undone: true }, [], ['already_undone']],
    [
      'a choice, nothing cancelled',
      { effect: 'choose', given: 'waits' },
      ['forget_choice', 'open_again'],
      [],
    ],
    ['a choice, cancelling', { effect: 'choose', given: 'under_way' }, [], ['under_way']],
    ['a choice, cancelled (R16)', { effect: 'choose', given: 'ended' }, [], ['ended_at_booksy']],
    ['a choice, twice', { effect: 'choose', given: null, undone: true }, [], ['already_undone']],
    ['a release, not used', { effect: 'release', released: 'unused' }, ['hold_back', 'open_again'], []],
    ['a release, used', { effect: 'release', released: 'used' }, [], ['let_through']],
    ['a release, twice', { effect: 'release', released: 'used', undone: true }, [], ['already_undone']],
    ['asking again', { effect: 'again' }, [], ['asked_again']],
    ['a side, not carried out', { effect: 'bases', pending: 'all' }, ['open_again'], []],
    ['a side, half carried out', { effect: 'bases', pending: 'some' }, [], ['under_way']],
    ['a side, twice', { effect: 'bases', pending: 'all', undone: true }, [], ['already_undone']],
  ] as const)('%s', (_name, over, deeds, left) => {
    expect(planDecisionUndo(facts(over))).toEqual({ deeds, left });
  });

  it.each(['cancel', 'move', 'restore', 'take_back'] as const)('by its records where it is %s', (effect) => {
    expect(planDecisionUndo(facts({ effect }))).toBeNull();
  });

  it('by its records where a side was carried out', () => {
    expect(planDecisionUndo(facts({ effect: 'bases', pending: 'none' }))).toBeNull();
  });

  it('always says something, in known words, does nothing twice, and opens nothing that is open, begun or undone', () => {
    const any = fc.record<DecisionFacts>({
      effect: fc.constantFrom(...EFFECTS),
      undone: fc.boolean(),
      open: fc.boolean(),
      begun: fc.boolean(),
      cause: fc.constantFrom('stands', 'equal', 'changed', 'gone'),
      mark: fc.option(fc.record({ neededElsewhere: fc.boolean() })),
      given: fc.option(fc.constantFrom('waits', 'under_way', 'ended')),
      released: fc.option(fc.constantFrom('unused', 'used')),
      pending: fc.constantFrom('all', 'some', 'none'),
    });
    fc.assert(
      fc.property(any, (given) => {
        const plan = planDecisionUndo(given);
        if (plan === null) return;
        expect(plan.deeds.length + plan.left.length).toBeGreaterThan(0);
        expect([...plan.deeds]).toEqual(DECISION_DEEDS.filter((deed) => plan.deeds.includes(deed)));
        for (const reason of plan.left) expect(UNDO_LEFT[reason]).toBeTruthy();
        for (const deed of plan.deeds) expect(DEED_TEXTS[deed]).toBeTruthy();
        const opens = plan.deeds.includes('open_again');
        expect(opens && (given.open || given.begun || given.undone || given.cause !== 'stands')).toBe(false);
        // Whatever is forgotten or held back is looked at again: never half of it.
        for (const deed of ['forget_choice', 'hold_back'] as const)
          if (plan.deeds.includes(deed)) expect(opens).toBe(true);
        if (given.undone) expect(plan.deeds).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});
