import { describe, expect, it } from 'vitest';
import type { Intent } from '../../../../domain/protocol/types.ts';
import { changedHere, GROUPS, judged } from './support/view.ts';

/** What is read while nobody knows whether a write acted, and is gone at its end, goes on a conflict with the write (R14c). */

const ID = '0199c0de-0000-7000-8000-00000000a14c';

/** A note of ours whose PUT was never answered. */
const unanswered = (meanwhile: Intent['meanwhile'], openedAt = '2025-05-01T10:00:01.000Z'): Intent => ({
  id: ID,
  operation: 'change',
  externalId: '501',
  importUid: null,
  generation: 1,
  step: null,
  groups: ['clientNote'],
  body: { clientNote: 'nasza' },
  preImage: GROUPS,
  held: { clientNote: 'nasza' },
  counters: { clientNote: 1 },
  state: 'unknown',
  openedAt,
  dueAt: null,
  rememberedUntil: null,
  lookUps: [],
  meanwhile,
});
const viewOf = (intent: Intent) => changedHere({ clientNote: 'nasza' }, { intents: [intent] });
const readAs = (note: string) => ({ ...GROUPS, clientNote: note });

describe('a value that is read while the outcome of a write is unknown (R14c)', () => {
  it('is kept with the write, and is on no conflict yet', () => {
    const { commit } = judged(viewOf(unanswered(null)), readAs('wpisana w Booksy'));
    expect(commit.intents).toMatchObject([
      { id: ID, state: 'unknown', meanwhile: { clientNote: 'wpisana w Booksy' } },
    ]);
    expect(commit.conflicts).toEqual([]);
  });

  it('and is gone once the write is seen to have acted, is a conflict that names the write and keeps the value', () => {
    const { commit } = judged(viewOf(unanswered({ clientNote: 'wpisana w Booksy' })), readAs('nasza'));
    expect(commit.intents).toMatchObject([{ id: ID, state: 'confirmed' }]);
    expect(commit.conflicts).toEqual([
      {
        kind: 'overwritten_at_booksy',
        groups: ['clientNote'],
        reason: 'seen_while_unknown',
        intentId: ID,
        values: { clientNote: 'wpisana w Booksy' },
        otherExternalId: null,
      },
    ]);
  });

  it('and still stands when the write is given up, is an edit of theirs like any other', () => {
    const old = unanswered({ clientNote: 'wpisana w Booksy' }, '2025-05-01T09:00:00.000Z');
    const { commit } = judged(viewOf(old), readAs('wpisana w Booksy'));
    expect(commit.intents).toMatchObject([{ id: ID, state: 'expired' }]);
    expect(commit.conflicts.map(({ kind }) => kind)).not.toContain('overwritten_at_booksy');
  });

  it('that is our own is none', () => {
    const { commit } = judged(viewOf(unanswered(null)), readAs('nasza'));
    expect(commit.intents).toMatchObject([{ id: ID, state: 'confirmed' }]);
    expect(commit.conflicts).toEqual([]);
  });
});
