import { describe, expect, it } from 'vitest';
import { planGoneVisit, type OursState } from '../../../domain/plan.ts';
import { cancelled, confirmed, merged, mirror, ours, seen } from './support/records.ts';

describe('a record that was deleted here', () => {
  it('stays deleted where Booksy changed nothing', () => {
    const found = merged({ seen: seen({ a: 1 }), mirror: mirror({ a: 1 }), ours: null });
    expect(found).toMatchObject({ apply: [], push: [], conflict: null, decisions: [] });
  });

  it('is a conflict where Booksy changed it since, and names what: changed, new and gone groups', () => {
    const found = merged({
      seen: seen({ changed: 2, fresh: 1, same: 1 }),
      mirror: mirror({ changed: 1, gone: 1, same: 1 }),
      ours: null,
    });
    expect(found.conflict).toEqual({ kind: 'deleted_against_changed', groups: ['changed', 'fresh', 'gone'] });
    expect(found.apply).toEqual([]);
    expect(found.baseTheirs).toEqual({ changed: 1, gone: 1, same: 1 });
    expect(found.remote).toEqual({ changed: 2, fresh: 1, same: 1 });
  });

  it('disputes nothing that is never synchronised, unread, or unknown here', () => {
    const found = merged({
      seen: seen({ never: 2, staff: '8' }, { unread: ['travel'], unresolved: ['staff'] }),
      mirror: mirror({ never: 1, staff: '7', travel: null }),
      ours: null,
      directionOf: (group) => (group === 'never' ? 'never' : 'both'),
    });
    expect(found.conflict).toBeNull();
  });
});

describe('a cancel read at Booksy (R7b)', () => {
  const known = { status: confirmed, time: 'ten' };

  it('is applied with the other groups that changed there', () => {
    const found = merged({
      seen: seen({ status: cancelled, time: 'eleven' }),
      mirror: mirror(known),
      ours: ours(known),
    });
    expect(found).toMatchObject({ apply: ['status', 'time'], conflict: null });
  });

  it('does not silently end a visit that was moved here since', () => {
    const moved = ours({ status: confirmed, time: 'noon' });
    const found = merged({
      seen: seen({ status: cancelled, time: 'ten' }),
      mirror: mirror(known),
      ours: moved,
    });
    expect(found.conflict).toEqual({ kind: 'changed_against_cancelled', groups: ['status', 'time'] });
    expect(found).toMatchObject({ apply: [], push: [], baseTheirs: known, baseOurs: known });
  });

  it('against another status here is a conflict of that kind', () => {
    const noShow = ours({ status: { status: 'no_show', reason: null }, time: 'ten' });
    const found = merged({
      seen: seen({ status: cancelled, time: 'ten' }),
      mirror: mirror(known),
      ours: noShow,
    });
    expect(found.conflict).toEqual({ kind: 'changed_against_cancelled', groups: ['status'] });
  });

  it('meets a cancel here: one cancel, whatever the reasons', () => {
    const here = { status: { status: 'cancelled', reason: 'gone_at_booksy' }, time: 'ten' };
    const found = merged({
      seen: seen({ status: cancelled, time: 'ten' }),
      mirror: mirror(known),
      ours: ours(here, { ended: true, counters: { status: 1 } }),
    });
    expect(found).toMatchObject({ apply: [], push: [], conflict: null });
    expect(found.baseTheirs.status).toEqual(cancelled);
    expect(found.baseOurs.status).toEqual(here.status);
  });

  it('here, against another status there, waits for a person', () => {
    const here = ours({ status: cancelled, time: 'ten' }, { ended: true });
    const finished = { status: { status: 'completed', reason: null }, time: 'ten' };
    const found = merged({ seen: seen(finished), mirror: mirror(known), ours: here });
    expect(found.conflict).toEqual({ kind: 'changed_against_cancelled', groups: ['status'] });
  });

  it('leaves a status that is already disputed to its open conflict', () => {
    const found = merged({
      seen: seen({ status: cancelled, time: 'ten' }),
      mirror: mirror(known),
      ours: ours({ status: confirmed, time: 'noon' }),
      frozen: new Set(['status']),
    });
    expect(found.conflict).toBeNull();
    expect(found.decisions.map(({ verdict }) => verdict)).toEqual(['frozen', 'push']);
  });

  it('is applied beside groups that are already frozen', () => {
    const moved = ours({ status: confirmed, time: 'noon' });
    const found = merged({
      seen: seen({ status: cancelled, time: 'eleven' }),
      mirror: mirror(known),
      ours: moved,
      frozen: new Set(['time']),
    });
    expect(found).toMatchObject({ apply: ['status'], conflict: null });
  });
});

describe('planGoneVisit (R18)', () => {
  const now = '2025-05-01T10:00:00.000Z';
  const future = '2025-05-01T10:00:00.001Z';
  const base = { baseOurs: { status: confirmed, time: 'ten' }, baseCounters: { time: 2 } };
  const untouched = ours({ status: confirmed, time: 'ten' }, { counters: { time: 2, status: 0 } });

  it.each<[string, OursState, string, string]>([
    ['still to come, untouched here', untouched, future, 'cancel'],
    ['beginning this very moment', untouched, now, 'keep_marked'],
    ['over', untouched, '2025-04-01T10:00:00.000Z', 'keep_marked'],
    ['over, edited here', { ...untouched, counters: { time: 3 } }, now, 'keep_marked'],
    [
      'cancelled here already',
      { ...untouched, ended: true, counters: { status: 1, time: 2 } },
      future,
      'keep_marked',
    ],
    ['edited here: a counter moved', { ...untouched, counters: { time: 3 } }, future, 'conflict'],
    ['edited here: A → B → A', { ...untouched, counters: { time: 4 } }, future, 'conflict'],
    [
      'edited here behind the triggers',
      ours({ status: confirmed, time: 'noon' }, { counters: { time: 2 } }),
      future,
      'conflict',
    ],
    [
      'an item added here',
      ours({ ...untouched.groups, 'item:own-1:time': 'x' }, { counters: { time: 2 } }),
      future,
      'conflict',
    ],
    [
      'a group that no read has shown is null here',
      ours({ ...untouched.groups, travel: null }, { counters: { time: 2 } }),
      future,
      'cancel',
    ],
  ])('%s', (_, state, startsAt, expected) => {
    expect(planGoneVisit(base, state, startsAt, now)).toBe(expected);
  });
});
