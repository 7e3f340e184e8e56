import { describe, expect, it } from 'vitest';
import type { Json } from '../../../domain/canonical.ts';
import {
  DIRECTIONS,
  groupsWith,
  mergeGroups,
  nextBase,
  type Direction,
  type GroupStates,
  type MergeInput,
  type MergeVerdict,
} from '../../../domain/merge.ts';

const NOTHING: ReadonlySet<string> = new Set();

function merge(parts: Partial<MergeInput>) {
  return mergeGroups({
    theirs: {},
    baseTheirs: {},
    ours: {},
    baseOurs: {},
    editedHere: NOTHING,
    frozen: NOTHING,
    unread: NOTHING,
    theirsHere: {},
    directionOf: () => 'both',
    ...parts,
  });
}

/** What happened since the base. `agree`: both sides came to the same, each in its own words. */
interface Case {
  readonly there: 'same' | 'changed';
  readonly here: 'same' | 'changed' | 'changed_and_back';
  readonly agree: boolean;
  readonly verdicts: Readonly<Record<Direction, MergeVerdict>>;
}

const all = (verdict: MergeVerdict): Case['verdicts'] => ({
  both: verdict,
  in: verdict,
  out: verdict,
  never: 'keep',
});

const TABLE: readonly Case[] = [
  { there: 'same', here: 'same', agree: true, verdicts: all('equal') },
  { there: 'same', here: 'same', agree: false, verdicts: all('equal') },
  { there: 'same', here: 'changed', agree: true, verdicts: all('equal') },
  {
    there: 'same',
    here: 'changed',
    agree: false,
    verdicts: { both: 'push', in: 'keep', out: 'push', never: 'keep' },
  },
  { there: 'same', here: 'changed_and_back', agree: true, verdicts: all('equal') },
  {
    there: 'same',
    here: 'changed_and_back',
    agree: false,
    verdicts: { both: 'push', in: 'keep', out: 'push', never: 'keep' },
  },
  { there: 'changed', here: 'same', agree: true, verdicts: all('equal') },
  {
    there: 'changed',
    here: 'same',
    agree: false,
    verdicts: { both: 'apply', in: 'apply', out: 'keep', never: 'keep' },
  },
  { there: 'changed', here: 'changed', agree: true, verdicts: all('equal') },
  {
    there: 'changed',
    here: 'changed',
    agree: false,
    verdicts: { both: 'conflict', in: 'apply', out: 'push', never: 'keep' },
  },
  { there: 'changed', here: 'changed_and_back', agree: true, verdicts: all('equal') },
  {
    there: 'changed',
    here: 'changed_and_back',
    agree: false,
    verdicts: { both: 'conflict', in: 'apply', out: 'push', never: 'keep' },
  },
];

/** Each case in three shapes: a value that becomes another, one that appears, one that goes. */
const SHAPES: readonly {
  readonly name: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}[] = [
  { name: 'value', before: 'old', after: 'new' },
  { name: 'appears', before: undefined, after: { a: 1 } },
  { name: 'goes', before: [1], after: undefined },
  { name: 'null', before: null, after: 'new' },
];

const state = (value: Json | undefined): GroupStates => (value === undefined ? {} : { g: value });

describe('mergeGroups', () => {
  const rows = TABLE.flatMap((entry) =>
    DIRECTIONS.flatMap((direction) => SHAPES.map((shape) => ({ ...entry, direction, ...shape }))),
  );

  it.each(rows)(
    'there $there, here $here, agreeing $agree, direction $direction, $name',
    ({ there, here, agree, direction, before, after, verdicts }) => {
      const theirs = there === 'changed' ? after : before;
      const ours = here === 'changed' ? 'ours-new' : 'ours-old';
      const input: Partial<MergeInput> = {
        theirs: state(theirs),
        baseTheirs: state(before),
        ours: state(ours),
        baseOurs: state('ours-old'),
        editedHere: here === 'changed_and_back' ? new Set(['g']) : NOTHING,
        theirsHere: state(agree ? ours : 'theirs-in-our-words'),
        directionOf: () => direction,
      };
      expect(merge(input).map(({ verdict }) => verdict)).toEqual([verdicts[direction]]);
      // What a read could not show and what is disputed come before everything else, whatever the states.
      expect(merge({ ...input, frozen: new Set(['g']) })[0]?.verdict).toBe('frozen');
      expect(merge({ ...input, unread: new Set(['g']) })[0]?.verdict).toBe('unread');
      expect(merge({ ...input, unread: new Set(['g']), frozen: new Set(['g']) })[0]?.verdict).toBe('unread');
    },
  );

  it('takes an edit counter that moved for a change even where the value moved too', () => {
    const input = { theirs: { g: 1 }, baseTheirs: { g: 1 }, ours: { g: 'b' }, baseOurs: { g: 'a' } };
    const theirsHere = { g: 'a' };
    expect(merge({ ...input, theirsHere, editedHere: new Set(['g']) })[0]?.verdict).toBe('push');
  });

  it('asks the caller whether both sides came to the same, and believes the answer', () => {
    const input: Partial<MergeInput> = {
      theirs: { status: 'declined' },
      baseTheirs: { status: 'open' },
      ours: { status: 'gone' },
      baseOurs: { status: 'open' },
      theirsHere: { status: 'declined' },
    };
    const asked: unknown[] = [];
    const equivalent: MergeInput['equivalent'] = (...question) => {
      asked.push(question);
      return true;
    };
    expect(merge(input)[0]?.verdict).toBe('conflict');
    expect(merge({ ...input, equivalent })[0]?.verdict).toBe('equal');
    expect(asked).toEqual([['status', 'declined', 'gone']]);
    expect(merge({ ...input, theirsHere: { status: 'gone' }, equivalent: () => false })[0]?.verdict).toBe(
      'conflict',
    );
  });

  it('decides every group that any of the four states knows, by name', () => {
    const decisions = merge({ theirs: { d: 1 }, baseTheirs: { b: 1 }, ours: { a: 1 }, baseOurs: { c: 1 } });
    expect(decisions.map(({ group }) => group)).toEqual(['a', 'b', 'c', 'd']);
    expect(merge({})).toEqual([]);
  });

  it('says no word about a group that only a set names', () => {
    expect(merge({ editedHere: new Set(['x']), frozen: new Set(['y']), unread: new Set(['z']) })).toEqual([]);
  });

  it('tells why, for every verdict', () => {
    for (const row of TABLE) {
      for (const direction of DIRECTIONS) {
        const decision = merge({
          theirs: state(row.there === 'changed' ? 2 : 1),
          baseTheirs: state(1),
          ours: state(row.here === 'changed' ? 'b' : 'a'),
          baseOurs: state('a'),
          directionOf: () => direction,
        })[0];
        expect(decision?.reason).toMatch(/\w{4,}/);
      }
    }
  });
});

describe('nextBase', () => {
  const decide = (group: string, verdict: MergeVerdict) => ({ group, verdict, reason: '' });

  it.each<[MergeVerdict, GroupStates]>([
    ['equal', { g: 'seen' }],
    ['apply', { g: 'seen' }],
    ['push', { g: 'base' }],
    ['conflict', { g: 'base' }],
    ['frozen', { g: 'base' }],
    ['unread', { g: 'base' }],
    ['keep', { g: 'base' }],
  ])('%s: %j', (verdict, expected) => {
    expect(nextBase({ g: 'base' }, { g: 'seen' }, [decide('g', verdict)])).toEqual(expected);
  });

  it('forgets a group that was seen to be gone, and takes up one that is new', () => {
    const decisions = [decide('gone', 'apply'), decide('fresh', 'apply'), decide('kept', 'push')];
    expect(nextBase({ gone: 1, kept: 1 }, { fresh: null, kept: 2 }, decisions)).toEqual({
      fresh: null,
      kept: 1,
    });
  });

  it('leaves alone what nobody decided on, and its inputs', () => {
    const base = Object.freeze({ a: 1, b: 2 });
    expect(nextBase(base, { a: 9, b: 9 }, [decide('a', 'equal')])).toEqual({ a: 9, b: 2 });
    expect(base).toEqual({ a: 1, b: 2 });
  });
});

describe('groupsWith', () => {
  it('names the groups with a verdict, in order', () => {
    const decisions = merge({
      theirs: { a: 1, b: 2, c: 1 },
      baseTheirs: { a: 1, b: 1, c: 1 },
      theirsHere: { a: 1, b: 2, c: 1 },
      ours: { a: 1, b: 1, c: 3 },
      baseOurs: { a: 1, b: 1, c: 1 },
    });
    expect(groupsWith(decisions, 'equal')).toEqual(['a']);
    expect(groupsWith(decisions, 'apply')).toEqual(['b']);
    expect(groupsWith(decisions, 'push')).toEqual(['c']);
    expect(groupsWith(decisions, 'conflict')).toEqual([]);
  });
});
