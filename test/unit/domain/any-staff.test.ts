import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemsWithoutStaff, type AnyStaffItem, type BusyTime } from '../../../domain/any-staff.ts';

const at = (hour: number) => `2027-01-10T${String(hour).padStart(2, '0')}:00:00.000Z`;
const item = (id: string, from: number, till: number, eligible: readonly string[]): AnyStaffItem => ({
  id,
  startsAt: at(from),
  endsAt: at(till),
  eligible,
});
const busy = (staffId: string, from: number, till: number): BusyTime => ({
  staffId,
  startsAt: at(from),
  endsAt: at(till),
});

describe('itemsWithoutStaff', () => {
  it.each([
    ['one visit, somebody free', [item('a', 10, 11, ['s', 't'])], [busy('s', 9, 12)], []],
    [
      'one visit, everybody busy',
      [item('a', 10, 11, ['s', 't'])],
      [busy('s', 9, 12), busy('t', 10, 11)],
      ['a'],
    ],
    ['nobody serves it', [item('a', 10, 11, [])], [], ['a']],
    ['two at once, two people', [item('a', 10, 11, ['s', 't']), item('b', 10, 11, ['s', 't'])], [], []],
    ['two at once, one person', [item('a', 10, 11, ['s']), item('b', 10, 11, ['s'])], [], ['b']],
    ['one after the other, one person', [item('a', 10, 11, ['s']), item('b', 11, 12, ['s'])], [], []],
    [
      'the first makes room for one that has no choice',
      [item('a', 10, 11, ['s', 't']), item('b', 10, 11, ['s'])],
      [],
      [],
    ],
    [
      'a long chain of moves',
      [
        item('a', 10, 11, ['s', 't']),
        item('b', 10, 11, ['t', 'u']),
        item('c', 10, 11, ['s', 't']),
        item('d', 10, 11, ['s']),
      ],
      [],
      ['d'],
    ],
    ['busy until its start is free', [item('a', 10, 11, ['s'])], [busy('s', 9, 10)], []],
  ])('%s', (_, items, times, expected) => {
    expect(itemsWithoutStaff(items, times)).toEqual(expected);
  });

  it('agrees with trying every assignment, for visits of one length', () => {
    const people = ['s', 't', 'u'];
    const items = fc
      .array(fc.record({ from: fc.integer({ min: 8, max: 11 }), eligible: fc.subarray(people) }), {
        maxLength: 5,
      })
      .map((list) =>
        list.map(({ from, eligible }, index) => item(`i${String(index)}`, from, from + 1, eligible)),
      );
    const times = fc.array(
      fc.record({ staffId: fc.constantFrom(...people), from: fc.integer({ min: 8, max: 11 }) }),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(items, times, (all, taken) => {
        const busyTimes = taken.map(({ staffId, from }) => busy(staffId, from, from + 1));
        expect(itemsWithoutStaff(all, busyTimes).length === 0).toBe(canServeAll(all, busyTimes));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Brute force: every assignment of a person to each item. */
function canServeAll(items: readonly AnyStaffItem[], taken: readonly BusyTime[]): boolean {
  const [first, ...rest] = items;
  if (first === undefined) return true;
  return first.eligible.some(
    (staffId) =>
      !taken.some(
        (time) => time.staffId === staffId && time.startsAt < first.endsAt && first.startsAt < time.endsAt,
      ) && canServeAll(rest, [...taken, { staffId, startsAt: first.startsAt, endsAt: first.endsAt }]),
  );
}
