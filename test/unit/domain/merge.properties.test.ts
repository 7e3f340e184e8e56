import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../domain/canonical.ts';
import {
  DIRECTIONS,
  groupsWith,
  MERGE_VERDICTS,
  mergeGroups,
  nextBase,
  type Direction,
  type GroupStates,
  type MergeInput,
} from '../../../domain/merge.ts';

const GROUPS = ['client', 'item:1:service', 'item:1:time', 'status'] as const;
// Few values, so that sides often agree by chance.
const value = fc.constantFrom<Json>(null, 'a', 'b', { x: 1, y: [1] });
const states: fc.Arbitrary<GroupStates> = fc
  .tuple(...GROUPS.map(() => fc.option(value, { nil: undefined })))
  .map((values) =>
    Object.fromEntries(GROUPS.flatMap((group, i) => (values[i] === undefined ? [] : [[group, values[i]]]))),
  );
const someGroups = fc.subarray([...GROUPS]).map((groups): ReadonlySet<string> => new Set(groups));
const directions = fc.tuple(...GROUPS.map(() => fc.constantFrom(...DIRECTIONS)));

interface Case {
  readonly input: MergeInput;
  readonly direction: (group: string) => Direction;
}

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    theirs: states,
    baseTheirs: states,
    ours: states,
    baseOurs: states,
    theirsHere: states,
    editedHere: someGroups,
    frozen: someGroups,
    unread: someGroups,
    directions,
  })
  .map(({ directions: byIndex, ...input }) => {
    const direction = (group: string) => byIndex[GROUPS.findIndex((name) => name === group)] ?? 'both';
    return { direction, input: { ...input, directionOf: direction } };
  });

/** Writes here what was decided to be applied, as the activities do. */
function applied(input: MergeInput): MergeInput {
  const decisions = mergeGroups(input);
  const settled = new Set([...groupsWith(decisions, 'apply'), ...groupsWith(decisions, 'equal')]);
  const ours = Object.fromEntries([
    ...Object.entries(input.ours).filter(([group]) => !groupsWith(decisions, 'apply').includes(group)),
    ...Object.entries(input.theirsHere).filter(([group]) => groupsWith(decisions, 'apply').includes(group)),
  ]);
  return {
    ...input,
    ours,
    baseTheirs: nextBase(input.baseTheirs, input.theirs, decisions),
    baseOurs: nextBase(input.baseOurs, ours, decisions),
    editedHere: new Set([...input.editedHere].filter((group) => !settled.has(group))),
  };
}

describe('mergeGroups, whatever the states', () => {
  it('decides each known group once, in a stable order, and the same way twice', () => {
    fc.assert(
      fc.property(anyCase, ({ input }) => {
        const decisions = mergeGroups(input);
        const known = [input.theirs, input.baseTheirs, input.ours, input.baseOurs].flatMap(Object.keys);
        expect(decisions.map(({ group }) => group)).toEqual([...new Set(known)].sort());
        expect(mergeGroups(input)).toEqual(decisions);
        for (const { verdict } of decisions) expect(MERGE_VERDICTS).toContain(verdict);
      }),
    );
  });

  it('does not depend on the order in which a state was built', () => {
    const backwards = (side: GroupStates): GroupStates => Object.fromEntries(Object.entries(side).reverse());
    fc.assert(
      fc.property(anyCase, ({ input }) => {
        const { theirs, ours, baseTheirs, baseOurs } = input;
        const turned = {
          ...input,
          theirs: backwards(theirs),
          ours: backwards(ours),
          baseTheirs: backwards(baseTheirs),
          baseOurs: backwards(baseOurs),
        };
        expect(mergeGroups(turned)).toEqual(mergeGroups(input));
      }),
    );
  });

  it('decides each group by itself: what others hold or suffer changes nothing', () => {
    const only = (side: GroupStates, group: string): GroupStates =>
      Object.fromEntries(Object.entries(side).filter(([name]) => name === group));
    const has = (set: ReadonlySet<string>, group: string) =>
      new Set([...set].filter((name) => name === group));
    fc.assert(
      fc.property(anyCase, ({ input }) => {
        for (const decision of mergeGroups(input)) {
          const { group } = decision;
          const alone = mergeGroups({
            ...input,
            theirs: only(input.theirs, group),
            baseTheirs: only(input.baseTheirs, group),
            ours: only(input.ours, group),
            baseOurs: only(input.baseOurs, group),
            theirsHere: only(input.theirsHere, group),
            editedHere: has(input.editedHere, group),
            frozen: has(input.frozen, group),
            unread: has(input.unread, group),
          });
          expect(alone).toEqual([decision]);
        }
      }),
    );
  });

  it('finds nothing more to do in what it has settled, and decides the rest as before', () => {
    fc.assert(
      fc.property(anyCase, ({ input }) => {
        const first = new Map(mergeGroups(input).map(({ group, verdict }) => [group, verdict]));
        for (const { group, verdict } of mergeGroups(applied(input))) {
          const before = first.get(group);
          expect(verdict).toBe(before === 'apply' ? 'equal' : before);
        }
        expect(applied(applied(input))).toEqual(applied(input));
      }),
    );
  });

  it('never moves the base of a group that is frozen, unread, disputed, to be pushed or never synchronised', () => {
    fc.assert(
      fc.property(anyCase, ({ input }) => {
        const after = applied(input);
        for (const { group, verdict } of mergeGroups(input)) {
          if (verdict === 'equal' || verdict === 'apply') continue;
          expect([after.baseTheirs[group], after.baseOurs[group]]).toEqual([
            input.baseTheirs[group],
            input.baseOurs[group],
          ]);
          expect(after.ours[group]).toEqual(input.ours[group]);
        }
        for (const group of input.frozen) expect(after.baseTheirs[group]).toEqual(input.baseTheirs[group]);
      }),
    );
  });

  it('applies nothing of a group that goes out only or never, and pushes nothing of one that comes in only or never', () => {
    fc.assert(
      fc.property(anyCase, ({ input, direction }) => {
        for (const { group, verdict } of mergeGroups(input)) {
          if (verdict === 'apply') expect(['both', 'in']).toContain(direction(group));
          if (verdict === 'push') expect(['both', 'out']).toContain(direction(group));
          if (verdict === 'conflict') expect(direction(group)).toBe('both');
        }
      }),
    );
  });

  it('never overwrites silently what was edited here since the base, unless the group comes in only', () => {
    fc.assert(
      fc.property(anyCase, ({ input, direction }) => {
        for (const { group, verdict } of mergeGroups(input)) {
          if (input.editedHere.has(group) && direction(group) === 'both') expect(verdict).not.toBe('apply');
        }
      }),
    );
  });
});
