import { describe, expect, it } from 'vitest';
import {
  claimed,
  FRESH_CURSOR,
  isUnsettled,
  withComplete,
  withStep,
  withUnsettled,
  withWalk,
} from '../../../activities/inbound/cursor.ts';
import { SupersededError } from '../../../activities/inbound/run-ref.ts';
import { WALK_START } from '../../../domain/walk.ts';

const moved = { ...WALK_START, offset: 99 };

describe('a run’s cursor', () => {
  it.each([
    ['a step that is not done', FRESH_CURSOR, { step: 'catalog' }],
    [
      'a walk that stands where it was read',
      withWalk(FRESH_CURSOR, 'clients', moved),
      { walk: 'clients', from: moved },
    ],
    ['a walk that nobody has begun', FRESH_CURSOR, { walk: 'clients', from: WALK_START }],
    ['a walk that waits to be settled', withUnsettled(FRESH_CURSOR, 'clients', true), { settle: 'clients' }],
    ['nothing', FRESH_CURSOR, null],
  ] as const)('lets %s be claimed', (_, cursor, claim) => {
    expect(() => {
      claimed(cursor, claim);
    }).not.toThrow();
  });

  it.each([
    ['a step that is done', withStep(FRESH_CURSOR, 'catalog'), { step: 'catalog' }],
    [
      'a walk that has moved on',
      withWalk(FRESH_CURSOR, 'clients', moved),
      { walk: 'clients', from: WALK_START },
    ],
    [
      'a walk that is settled',
      withUnsettled(withUnsettled(FRESH_CURSOR, 'clients', true), 'clients', false),
      { settle: 'clients' },
    ],
  ] as const)('refuses %s', (_, cursor, claim) => {
    expect(() => {
      claimed(cursor, claim);
    }).toThrow(SupersededError);
  });

  it('notes each walk that waits once, and forgets only the one that is settled', () => {
    const both = withUnsettled(withUnsettled(withUnsettled(FRESH_CURSOR, 'a', true), 'b', true), 'a', true);
    expect(both.unsettled).toEqual(['b', 'a']);
    const one = withUnsettled(both, 'b', false);
    expect([isUnsettled(one, 'a'), isUnsettled(one, 'b')]).toEqual([true, false]);
  });

  it('remembers only ended walks that prove something', () => {
    expect(withComplete(FRESH_CURSOR, 'a', false)).toEqual(FRESH_CURSOR);
    expect(withComplete(FRESH_CURSOR, 'a', true).complete).toEqual(['a']);
  });
});
