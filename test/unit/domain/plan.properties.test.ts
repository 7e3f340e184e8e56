import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../domain/canonical.ts';
import type { Direction, GroupStates } from '../../../domain/merge.ts';
import { planRecord, type PlanInput } from '../../../domain/plan.ts';
import { cancelled, confirmed, LATER, mirror, ours, seen } from './support/records.ts';

describe('planRecord, whatever the states', () => {
  const names = ['a', 'b', 'c', 'status'] as const;
  const value = fc.constantFrom<Json>(null, 'x', 'y', confirmed, cancelled);
  const states = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 4, noNullPrototype: true });
  const some = fc.subarray([...names]);
  const counters = fc.dictionary(fc.constantFrom(...names), fc.integer({ min: 0, max: 2 }), {
    noNullPrototype: true,
  });
  const input = fc
    .record({
      theirs: states,
      here: states,
      unread: some,
      unresolved: some,
      remote: states,
      baseTheirs: states,
      baseOurs: states,
      baseCounters: counters,
      groups: fc.option(states),
      counters,
      frozen: some,
      directions: fc.tuple(...names.map(() => fc.constantFrom<Direction>('both', 'in', 'out', 'never'))),
    })
    .map((parts): PlanInput => {
      const shown = (side: GroupStates) =>
        Object.fromEntries(Object.entries(side).filter(([group]) => !parts.unread.includes(group as 'a')));
      const { unread, remote, baseTheirs, baseOurs, baseCounters } = parts;
      const unresolved = parts.unresolved.filter((group) => !unread.includes(group));
      return {
        seen: seen(shown(parts.theirs), { here: shown(parts.here), unread, unresolved }),
        mirror: mirror(remote, { baseTheirs, baseOurs, baseCounters }),
        ours: parts.groups === null ? null : ours(parts.groups, { counters: parts.counters }),
        frozen: new Set(parts.frozen),
        directionOf: (group) => parts.directions[names.findIndex((name) => name === group)] ?? 'both',
      };
    });
  const planned = (given: PlanInput) => {
    const found = planRecord(given);
    if (found.kind !== 'merge') throw new Error('The plan is stale.');
    return found;
  };

  it('sorts every group into one of apply, push, conflict or none', () => {
    fc.assert(
      fc.property(input, (given) => {
        const found = planned(given);
        const acted = [...found.apply, ...found.push, ...(found.conflict?.groups ?? [])];
        expect(new Set(acted).size).toBe(acted.length);
        for (const group of acted) {
          expect(given.directionOf(group)).not.toBe('never');
          if (given.ours !== null) expect(given.frozen.has(group)).toBe(false);
        }
        expect(planRecord(given)).toEqual(found);
      }),
    );
  });

  it('never moves a base of frozen groups, and shows in the mirror what was read or known', () => {
    fc.assert(
      fc.property(input, (given) => {
        const found = planned(given);
        for (const group of given.frozen) {
          expect(found.baseTheirs[group]).toEqual(given.mirror.baseTheirs[group]);
          expect(found.baseOurs[group]).toEqual(given.mirror.baseOurs[group]);
        }
        for (const group of names) {
          const source = given.seen.unread.includes(group) ? given.mirror.remote : given.seen.theirs;
          expect(found.remote[group]).toEqual(source[group]);
        }
      }),
    );
  });

  it('has nothing left to apply or dispute anew once its plan was carried out, but for what is unresolved', () => {
    fc.assert(
      fc.property(input, (given) => {
        if (given.ours === null) return;
        const found = planned(given);
        const after = Object.fromEntries(
          [...new Set([...Object.keys(given.ours.groups), ...found.apply])].flatMap((group) => {
            const now = found.apply.includes(group) ? given.seen.here[group] : given.ours?.groups[group];
            return now === undefined ? [] : [[group, now]];
          }),
        );
        const settled = found.decisions.flatMap(({ group, verdict }) =>
          verdict === 'equal' || verdict === 'apply' ? [group] : [],
        );
        const baseCounters = { ...given.mirror.baseCounters };
        for (const group of settled) baseCounters[group] = given.ours.counters[group] ?? 0;
        const again = planned({
          ...given,
          seen: { ...given.seen, interval: { sentAt: '2025-05-01T10:00:09.000Z', receivedAt: LATER } },
          mirror: { ...given.mirror, ...found, baseCounters, observedReceivedAt: LATER },
          ours: { ...given.ours, groups: after },
        });
        // What is unresolved compares equal by value until its counterpart arrives: it is written once, too.
        expect(again.apply).toEqual([]);
        expect(again.conflict).toEqual(found.conflict);
        expect(again.baseTheirs).toEqual(found.baseTheirs);
        expect(again.baseOurs).toEqual(found.baseOurs);
      }),
    );
  });
});
