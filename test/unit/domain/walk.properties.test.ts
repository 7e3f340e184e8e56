import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isComplete, MOST_STEPS_BACK } from '../../../domain/walk.ts';
import { lacking, walkMovingList, type Disturbance, type ListEvent } from './support/moving-list.ts';

const place = fc.nat({ max: 60 });
const insert: fc.Arbitrary<ListEvent> = place.map((at) => ({ kind: 'insert', at }));
const remove: fc.Arbitrary<ListEvent> = place.map((at) => ({ kind: 'delete', at }));
const move: fc.Arbitrary<ListEvent> = fc.tuple(place, place).map(([at, to]) => ({ kind: 'move', at, to }));

/** Disturbances in different gaps between pages. */
const gaps = (
  event: fc.Arbitrary<ListEvent>,
  mostGaps: number,
  mostEvents: number,
): fc.Arbitrary<Disturbance[]> =>
  fc.uniqueArray(
    fc.record({
      beforePage: fc.integer({ min: 1, max: 25 }),
      events: fc.array(event, { minLength: 1, maxLength: mostEvents }),
    }),
    { maxLength: mostGaps, selector: ({ beforePage }) => beforePage },
  );

const shape = {
  size: fc.nat({ max: 50 }),
  pageSize: fc.integer({ min: 2, max: 12 }),
  descending: fc.boolean(),
};
const runs = { numRuns: 1_500 };

describe('a walk through a list that changes between its pages', () => {
  it('delivers every row that stood where it was all the time, whatever came, went and moved around it', () => {
    const disturbed = fc.record({ ...shape, disturbances: gaps(fc.oneof(insert, remove, move), 2, 20) });
    fc.assert(
      fc.property(disturbed, (options) => {
        const walk = walkMovingList(options);
        expect(walk.cursor.done).toBe(true);
        expect(walk.cursor.broken).not.toBe('restless_list');
        expect(lacking(walk.steady, walk.delivered)).toEqual([]);
      }),
      runs,
    );
  });

  it('delivers them in a list that never rests, too, unless it says that it gave up', () => {
    const restless = fc.record({ ...shape, disturbances: gaps(fc.oneof(insert, remove, move), 25, 6) });
    fc.assert(
      fc.property(restless, (options) => {
        const walk = walkMovingList(options);
        if (walk.cursor.broken === 'restless_list') expect(walk.cursor.stepsBack).toBe(MOST_STEPS_BACK);
        else expect(lacking(walk.steady, walk.delivered)).toEqual([]);
      }),
      runs,
    );
  });

  it('delivers them where any row moves, the ones that join the pages too, one edit at a time', () => {
    const edited = fc.record({ ...shape, disturbances: gaps(fc.oneof(move, move, insert, remove), 4, 1) });
    fc.assert(
      fc.property(edited, (options) => {
        const walk = walkMovingList({ ...options, anchorsMove: true });
        if (walk.cursor.broken === 'restless_list') return;
        expect(lacking(walk.steady, walk.delivered)).toEqual([]);
      }),
      runs,
    );
  });

  it('ends within pages that the size of the list bounds, whatever happens between all of them', () => {
    const wild = fc.record({ ...shape, disturbances: gaps(fc.oneof(insert, remove, move), 25, 10) });
    fc.assert(
      fc.property(wild, (options) => {
        const walk = walkMovingList({ ...options, anchorsMove: true, mostPages: 5_000 });
        expect(walk.cursor.done).toBe(true);
        const once = 1 + Math.ceil(walk.largest / (options.pageSize - 1));
        expect(walk.pages).toBeLessThanOrEqual(once + walk.cursor.stepsBack * (once + 1));
        expect(walk.cursor.stepsBack).toBeLessThanOrEqual(MOST_STEPS_BACK);
      }),
      runs,
    );
  });
});

describe('a pass that calls itself complete', () => {
  it('has shown every row that was there all the time, in a list that grows and shrinks', () => {
    const growing = fc.record({ ...shape, disturbances: gaps(fc.oneof(insert, remove), 6, 4) });
    fc.assert(
      fc.property(growing, (options) => {
        const walk = walkMovingList(options);
        if (isComplete(walk.cursor, walk.shown.size))
          expect(lacking(walk.lasting, walk.delivered)).toEqual([]);
      }),
      runs,
    );
  });

  it('has shown every row that was there all the time, the moved ones too, one edit at a time', () => {
    const edited = fc.record({ ...shape, disturbances: gaps(fc.oneof(insert, remove, move, move), 8, 1) });
    let complete = 0;
    let incomplete = 0;
    fc.assert(
      fc.property(edited, (options) => {
        const walk = walkMovingList({ ...options, anchorsMove: true });
        if (!isComplete(walk.cursor, walk.shown.size)) {
          incomplete += 1;
          return;
        }
        complete += 1;
        expect(lacking(walk.lasting, walk.delivered)).toEqual([]);
      }),
      runs,
    );
    // Both kinds were really there: a walk that is never complete would prove nothing here.
    expect(complete).toBeGreaterThan(100);
    expect(incomplete).toBeGreaterThan(100);
  });

  it('is not spoiled by a visit that moved from behind the walk to ahead of it', () => {
    const disturbances = [{ beforePage: 3, events: [{ kind: 'move', at: 2, to: 30 } as const] }];
    const walk = walkMovingList({ size: 40, pageSize: 5, disturbances });
    expect(isComplete(walk.cursor, walk.shown.size)).toBe(true);
  });
});
