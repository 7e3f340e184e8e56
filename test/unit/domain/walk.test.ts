import { describe, expect, it } from 'vitest';
import {
  ANCHORS_KEPT,
  isComplete,
  MOST_STEPS_BACK,
  nextStep,
  WALK_START,
  type WalkCursor,
} from '../../../domain/walk.ts';
import { lacking, walkMovingList, type ListEvent } from './support/moving-list.ts';

const ids = (from: number, till: number) =>
  Array.from({ length: till - from }, (_, n) => `r${String(from + n)}`);

const cursorAt = (parts: Partial<WalkCursor>): WalkCursor => ({
  ...WALK_START,
  firstTotal: 10,
  lastTotal: 10,
  ...parts,
});

const expectedPages = (size: number, pageSize: number) =>
  size <= pageSize ? 1 : 1 + Math.ceil((size - pageSize) / (pageSize - 1));

describe('nextStep', () => {
  it('ends with the first page where it shows the whole list', () => {
    for (const size of [0, 1, 4, 5]) {
      const { cursor, fresh } = nextStep(WALK_START, { total: size, externalIds: ids(0, size) }, 5);
      expect(cursor).toMatchObject({ done: true, broken: null, firstTotal: size, lastTotal: size });
      expect(fresh).toBe(0);
      expect(isComplete(cursor, size)).toBe(true);
    }
  });

  it('begins the next page with the last row of this one', () => {
    const first = nextStep(WALK_START, { total: 12, externalIds: ids(0, 5) }, 5);
    expect(first.cursor).toMatchObject({ offset: 4, done: false });
    expect(first.cursor.anchorIds[0]).toBe('r4');
    const second = nextStep(first.cursor, { total: 12, externalIds: ids(4, 9) }, 5);
    expect(second).toMatchObject({ fresh: 1, cursor: { offset: 8, done: false } });
    const third = nextStep(second.cursor, { total: 12, externalIds: ids(8, 12) }, 5);
    expect(third).toMatchObject({ fresh: 1, cursor: { done: true, broken: null, stepsBack: 0 } });
    expect(isComplete(third.cursor, 12)).toBe(true);
  });

  it('remembers the last rows only, latest first', () => {
    const { cursor } = nextStep(WALK_START, { total: 500, externalIds: ids(0, 100) }, 100);
    expect(cursor.anchorIds).toEqual(ids(100 - ANCHORS_KEPT, 100).reverse());
  });

  it('delivers rows that came in before the anchor', () => {
    const cursor = cursorAt({ offset: 4, anchorIds: ['r4', 'r3'] });
    const step = nextStep(cursor, { total: 10, externalIds: ['r3', 'new', 'r4', 'r5', 'r6'] }, 5);
    expect(step).toMatchObject({ fresh: 0, cursor: { offset: 8, stepsBack: 0 } });
  });

  it('steps back one page, then further, where rows before the anchor are gone', () => {
    const cursor = cursorAt({ offset: 40, anchorIds: ['r40', 'r39'], firstTotal: 50 });
    const first = nextStep(cursor, { total: 49, externalIds: ids(42, 47) }, 5);
    expect(first).toMatchObject({ fresh: 0, cursor: { offset: 36, misses: 1, stepsBack: 1, done: false } });
    expect(first.cursor.anchorIds).toEqual(['r40', 'r39']);
    const second = nextStep(first.cursor, { total: 49, externalIds: ids(41, 46) }, 5);
    expect(second).toMatchObject({ cursor: { offset: 28, misses: 2, stepsBack: 2 } });
    const third = nextStep(second.cursor, { total: 49, externalIds: ids(36, 41) }, 5);
    expect(third).toMatchObject({ fresh: 0, cursor: { offset: 32, misses: 0, stepsBack: 2 } });
  });

  it('looks where the list now ends when most of it vanished', () => {
    const cursor = cursorAt({ offset: 990, anchorIds: ['r990'], firstTotal: 1_000 });
    const { cursor: next } = nextStep(cursor, { total: 500, externalIds: [] }, 100);
    expect(next.offset).toBe(500 - 99);
  });

  it('goes on without an anchor from the very start of the list, and proves what it then sees', () => {
    const cursor = cursorAt({ offset: 0, anchorIds: ['gone'], misses: 2, stepsBack: 2 });
    const step = nextStep(cursor, { total: 10, externalIds: ids(0, 5) }, 5);
    expect(step).toMatchObject({ fresh: 0, cursor: { offset: 4, misses: 0, broken: null, done: false } });
  });

  it('gives up its anchor once the steps back are used up, and says that nothing is proven', () => {
    const cursor = cursorAt({ offset: 4, anchorIds: ['gone'], stepsBack: MOST_STEPS_BACK });
    const step = nextStep(cursor, { total: 10, externalIds: ids(4, 9) }, 5);
    expect(step).toMatchObject({ fresh: 0, cursor: { offset: 8, broken: 'restless_list', done: false } });
    const last = nextStep(step.cursor, { total: 10, externalIds: ids(8, 10) }, 5);
    expect(last.cursor).toMatchObject({ done: true, broken: 'restless_list' });
    expect(isComplete(last.cursor, 10)).toBe(false);
  });

  it.each([
    ['an empty page', []],
    ['a single row', ['r0']],
  ])('ends with %s where more was promised', (_, externalIds) => {
    const { cursor } = nextStep(WALK_START, { total: 10, externalIds }, 5);
    expect(cursor).toMatchObject({ done: true, broken: 'short_page' });
    expect(isComplete(cursor, 10)).toBe(false);
  });

  it('ends with pages of one row, which cannot overlap', () => {
    expect(nextStep(WALK_START, { total: 10, externalIds: ['r0'] }, 1).cursor).toMatchObject({ done: true });
    expect(nextStep(WALK_START, { total: 1, externalIds: ['r0'] }, 1).cursor).toMatchObject({ broken: null });
  });

  it('goes on with the pages it gets where the other side hands out fewer rows than were asked for', () => {
    let cursor = WALK_START;
    const shown = new Set<string>();
    for (let pages = 0; !cursor.done && pages < 20; pages += 1) {
      const externalIds = ids(cursor.offset, Math.min(10, cursor.offset + 3));
      externalIds.forEach((id) => shown.add(id));
      cursor = nextStep(cursor, { total: 10, externalIds }, 100).cursor;
    }
    expect(isComplete(cursor, shown.size)).toBe(true);
    expect(shown.size).toBe(10);
  });

  it('joins pages by the last row whose id could be read', () => {
    const page = { total: 9, externalIds: ['r0', 'r1', null, null] };
    const { cursor } = nextStep(WALK_START, page, 4);
    expect(cursor).toMatchObject({ offset: 1, anchorIds: ['r1', 'r0'] });
    expect(nextStep(cursor, { total: 9, externalIds: ['r1', null, null, 'r4'] }, 4)).toMatchObject({
      fresh: 1,
    });
  });

  it('goes on unchecked where no id of a page but its first could be read', () => {
    const page = { total: 9, externalIds: ['r0', null, null, null] };
    const { cursor } = nextStep(WALK_START, page, 4);
    expect(cursor).toMatchObject({ offset: 3, anchorIds: [], done: false });
    expect(nextStep(cursor, { total: 9, externalIds: [null, 'r4', 'r5', 'r6'] }, 4)).toMatchObject({
      fresh: 0,
    });
  });

  it('ends in a list that was emptied meanwhile, and proves nothing', () => {
    const cursor = cursorAt({ offset: 4, anchorIds: ['r4'] });
    const { cursor: next } = nextStep(cursor, { total: 0, externalIds: [] }, 5);
    expect(next).toMatchObject({ done: true, broken: 'count_changed' });
    expect(isComplete(next, 0)).toBe(false);
    expect(isComplete(next, 10)).toBe(false);
  });
});

describe('isComplete', () => {
  const done = cursorAt({ done: true });
  it.each<[string, WalkCursor, number, boolean]>([
    ['all ids seen, same count', done, 10, true],
    ['one id missing', done, 9, false],
    ['one id too many', done, 11, false],
    ['the walk goes on', { ...done, done: false }, 10, false],
    ['the count fell', { ...done, lastTotal: 9 }, 9, false],
    ['the count rose', { ...done, lastTotal: 11 }, 11, false],
    ['short page', { ...done, broken: 'short_page' }, 10, false],
    ['restless list', { ...done, broken: 'restless_list' }, 10, false],
    ['the count changed on the way', { ...done, broken: 'count_changed' }, 10, false],
    ['nothing read yet', WALK_START, 0, false],
  ])('%s: %j', (_, cursor, distinct, expected) => {
    expect(isComplete(cursor, distinct)).toBe(expected);
  });
});

describe('a walk through a list that nobody touches', () => {
  it('takes no page more than the overlap costs, and is complete', () => {
    for (let pageSize = 2; pageSize <= 9; pageSize += 1) {
      for (let size = 0; size <= 60; size += 1) {
        const walk = walkMovingList({ size, pageSize, disturbances: [] });
        expect([pageSize, size, walk.pages]).toEqual([pageSize, size, expectedPages(size, pageSize)]);
        expect(walk.delivered).toEqual(walk.lasting);
        expect(isComplete(walk.cursor, walk.shown.size)).toBe(true);
      }
    }
    expect(walkMovingList({ size: 6_000, pageSize: 100, disturbances: [] }).pages).toBe(61);
  });
});

describe('counterexamples that walks once failed', () => {
  const walk = (
    size: number,
    pageSize: number,
    beforePage: number,
    events: readonly ListEvent[],
    anchorsMove = true,
  ) => walkMovingList({ size, pageSize, disturbances: [{ beforePage, events }], anchorsMove });

  it('an anchor rescheduled to later on the next page hides no row before it', () => {
    const moved = walk(12, 5, 1, [{ kind: 'move', at: 4, to: 8 }]);
    expect(lacking(moved.steady, moved.delivered)).toEqual([]);
    expect(moved.delivered).toContain('r5');
  });

  it('an anchor that was deleted costs one step back, not the proof of rows that were never lost', () => {
    const deleted = walk(200, 10, 5, [{ kind: 'delete', at: 45 }]);
    expect(lacking(deleted.steady, deleted.delivered)).toEqual([]);
    expect(deleted.cursor).toMatchObject({ broken: 'count_changed' });
    expect(deleted.cursor.stepsBack).toBeLessThanOrEqual(1);
  });

  it('hundreds of rows deleted behind the walk hide none that is still to come', () => {
    const events = Array.from({ length: 300 }, (): ListEvent => ({ kind: 'delete', at: 0 }));
    const purged = walk(1_000, 10, 60, events);
    expect(lacking(purged.steady, purged.delivered)).toEqual([]);
    expect(isComplete(purged.cursor, purged.shown.size)).toBe(false);
  });

  it('one visit deleted, one made and one moved behind the walk do not pass for a complete list', () => {
    const disturbances = [
      { beforePage: 3, events: [{ kind: 'delete', at: 0 } as const] },
      { beforePage: 5, events: [{ kind: 'move', at: 35, to: 0 } as const] },
      { beforePage: 7, events: [{ kind: 'insert', at: 38 } as const] },
    ];
    const fooled = walkMovingList({ size: 40, pageSize: 5, disturbances, anchorsMove: true });
    expect(lacking(fooled.lasting, fooled.shown)).toEqual(['r36']);
    expect(fooled.shown.size).toBe(fooled.cursor.lastTotal);
    expect(fooled.cursor.firstTotal).toBe(fooled.cursor.lastTotal);
    expect(isComplete(fooled.cursor, fooled.shown.size)).toBe(false);
  });

  it('ends in a list whose end never shows although the count promises it', () => {
    let cursor = WALK_START;
    let pages = 0;
    for (; !cursor.done && pages < 1_000; pages += 1) {
      cursor = nextStep(
        cursor,
        { total: 100, externalIds: ids(cursor.offset, Math.max(cursor.offset, 50)).slice(0, 10) },
        10,
      ).cursor;
    }
    expect(cursor).toMatchObject({ done: true, broken: 'short_page' });
    expect(pages).toBeLessThan(60);
  });

  it('ends where somebody moves the very row that it looks for, every time', () => {
    const disturbances = Array.from({ length: 2_000 }, (_, n) => ({
      beforePage: n + 1,
      events: Array.from({ length: 8 }, (__, m): ListEvent => ({ kind: 'move', at: n * 3 + m, to: 100 })),
    }));
    const restless = walkMovingList({
      size: 100,
      pageSize: 5,
      disturbances,
      anchorsMove: true,
      mostPages: 1_000,
    });
    expect(restless.cursor.done).toBe(true);
    expect(restless.pages).toBeLessThan(200);
  });
});
