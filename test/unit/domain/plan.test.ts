import { describe, expect, it } from 'vitest';
import type { Json } from '../../../domain/canonical.ts';
import { firstBase, seenFingerprint, withUnreadFrom } from '../../../domain/plan.ts';
import { BEFORE, LATER, merged, mirror, ours, plan, seen } from './support/records.ts';

describe('a read that began too early (R1)', () => {
  it.each([
    ['before the last one ended', '2025-05-01T09:59:59.999Z', 'stale'],
    ['in the same millisecond', BEFORE, 'stale'],
    ['a millisecond after it', '2025-05-01T10:00:00.001Z', 'merge'],
  ])('sent %s', (_, sentAt, kind) => {
    const read = seen({ a: 2 }, { interval: { sentAt, receivedAt: LATER } });
    expect(plan({ seen: read, mirror: mirror({ a: 1 }), ours: ours({ a: 1 }) }).kind).toBe(kind);
    expect(plan({ seen: read, mirror: mirror({ a: 1 }), ours: null }).kind).toBe(kind);
  });
});

describe('a change at Booksy', () => {
  it('is applied, and both bases move to it', () => {
    const read = seen({ a: 'B', b: 'same' }, { here: { a: 'b-here', b: 'same' } });
    const found = merged({
      seen: read,
      mirror: mirror({ a: 'A', b: 'same' }, { baseOurs: { a: 'a-here', b: 'same' } }),
      ours: ours({ a: 'a-here', b: 'same' }),
    });
    expect(found).toMatchObject({ apply: ['a'], push: [], conflict: null, remote: { a: 'B', b: 'same' } });
    expect(found.baseTheirs).toEqual({ a: 'B', b: 'same' });
    expect(found.baseOurs).toEqual({ a: 'b-here', b: 'same' });
  });

  it('that took an item away removes it from both bases', () => {
    const item = { 'item:7:time': { startsLocal: '2025-06-01T10:00' } };
    const found = merged({
      seen: seen({ a: 1 }),
      mirror: mirror({ a: 1, ...item }),
      ours: ours({ a: 1, ...item }),
    });
    expect(found.apply).toEqual(['item:7:time']);
    expect([found.remote, found.baseTheirs, found.baseOurs]).toEqual([{ a: 1 }, { a: 1 }, { a: 1 }]);
  });

  it('against a change here is a conflict: mirror moves, bases stay', () => {
    const found = merged({
      seen: seen({ a: 2, b: 1 }),
      mirror: mirror({ a: 1, b: 1 }),
      ours: ours({ a: 3, b: 1 }),
    });
    expect(found).toMatchObject({ apply: [], push: [], conflict: { kind: 'field', groups: ['a'] } });
    expect(found.remote).toEqual({ a: 2, b: 1 });
    expect([found.baseTheirs, found.baseOurs]).toEqual([
      { a: 1, b: 1 },
      { a: 1, b: 1 },
    ]);
  });

  it('of another group than the one changed here goes in beside it', () => {
    const found = merged({
      seen: seen({ a: 2, b: 1 }),
      mirror: mirror({ a: 1, b: 1 }),
      ours: ours({ a: 1, b: 9 }),
    });
    expect(found).toMatchObject({ apply: ['a'], push: ['b'], conflict: null });
    expect(found.baseOurs).toEqual({ a: 2, b: 1 });
  });
});

describe('edit counters (R7a)', () => {
  const input = (theirs: Json, count: number) => ({
    seen: seen({ a: theirs }),
    mirror: mirror({ a: 'A' }, { baseCounters: { a: 4 } }),
    ours: ours({ a: 'A' }, { counters: { a: count } }),
  });

  it('A → B → A here while Booksy changed is seen as a change on both sides', () => {
    expect(merged(input('C', 6)).conflict).toEqual({ kind: 'field', groups: ['a'] });
    expect(merged(input('C', 4)).apply).toEqual(['a']);
  });

  it('A → B → A here while Booksy stood still leaves nothing to do', () => {
    expect(merged(input('A', 6))).toMatchObject({
      apply: [],
      push: [],
      conflict: null,
      baseOurs: { a: 'A' },
    });
  });

  it('a counter that the base does not know counts from nought', () => {
    const found = merged({
      seen: seen({ a: 2 }),
      mirror: mirror({ a: 1 }),
      ours: ours({ a: 1 }, { counters: { a: 0 } }),
    });
    expect(found.apply).toEqual(['a']);
    const edited = {
      seen: seen({ a: 2 }),
      mirror: mirror({ a: 1 }),
      ours: ours({ a: 1 }, { counters: { a: 1 } }),
    };
    expect(merged(edited).conflict?.groups).toEqual(['a']);
  });

  it('a counter that fell (a restored backup) is a change too', () => {
    expect(merged(input('C', 3)).conflict?.groups).toEqual(['a']);
  });
});

describe('groups on an open conflict (R10)', () => {
  it('freeze: the mirror shows what was read, nothing is applied, no base moves', () => {
    const found = merged({
      seen: seen({ a: 2, b: 2 }),
      mirror: mirror({ a: 1, b: 1 }),
      ours: ours({ a: 1, b: 1 }),
      frozen: new Set(['a']),
    });
    expect(found).toMatchObject({ apply: ['b'], conflict: null, remote: { a: 2, b: 2 } });
    expect(found.baseTheirs).toEqual({ a: 1, b: 2 });
    expect(found.baseOurs).toEqual({ a: 1, b: 2 });
  });
});

describe('groups that a read could not show (R5)', () => {
  it('are carried over from what was known', () => {
    const read = seen({ a: 2 }, { unread: ['travel'] });
    const known = { a: 1, travel: { city: 'Gdynia' } };
    const found = merged({ seen: read, mirror: mirror(known), ours: ours(known) });
    expect(found.remote).toEqual({ a: 2, travel: { city: 'Gdynia' } });
    expect(found.baseTheirs.travel).toEqual({ city: 'Gdynia' });
    expect(found.apply).toEqual(['a']);
  });

  it('stay unknown where nothing was known, and are settled by the first read that shows them', () => {
    const thin = merged({
      seen: seen({ a: 1 }, { unread: ['travel'] }),
      mirror: mirror({ a: 1 }),
      ours: ours({ a: 1, travel: null }),
    });
    expect(thin).toMatchObject({ apply: [], push: [], conflict: null });
    expect('travel' in thin.remote).toBe(false);
    const full = merged({
      seen: seen({ a: 1, travel: null }),
      mirror: mirror({ a: 1 }),
      ours: ours({ a: 1, travel: null }),
    });
    expect(full).toMatchObject({ apply: [], push: [], conflict: null, baseTheirs: { a: 1, travel: null } });
  });

  it('do not make a thin row look changed', () => {
    const full = seen({ a: 1, travel: { city: 'Gdynia' } });
    const thin = seen({ a: 1 }, { unread: ['travel'] });
    expect(seenFingerprint(thin)).not.toBe(seenFingerprint(full));
    expect(seenFingerprint(withUnreadFrom(thin, full.theirs))).toBe(seenFingerprint(full));
    expect(withUnreadFrom(full, { a: 9, travel: null })).toEqual(full);
  });
});

describe('groups that name something unknown here', () => {
  const read = (staff: string, here: string | null) =>
    seen({ staff }, { here: { staff: here }, unresolved: here === null ? ['staff'] : [] });

  it('get no first base, so that the next pass sees them again', () => {
    const first = firstBase(
      seen({ staff: '7', a: 1 }, { here: { staff: null, a: 1 }, unresolved: ['staff'] }),
    );
    expect(first).toEqual({
      remote: { staff: '7', a: 1 },
      baseTheirs: { a: 1 },
      baseOurs: { staff: null, a: 1 },
    });
  });

  it('stay without a base until their counterpart arrives, and are applied then', () => {
    const first = firstBase(read('7', null));
    const still = merged({ seen: read('7', null), mirror: mirror({}, first), ours: ours({ staff: null }) });
    expect(still).toMatchObject({ apply: [], conflict: null, baseTheirs: {}, baseOurs: { staff: null } });
    const arrived = merged({ seen: read('7', 's7'), mirror: mirror({}, still), ours: ours({ staff: null }) });
    expect(arrived).toMatchObject({
      apply: ['staff'],
      baseTheirs: { staff: '7' },
      baseOurs: { staff: 's7' },
    });
  });

  it('are seen again when Booksy goes back to the value before', () => {
    const known = mirror({ staff: '7' }, { baseOurs: { staff: 's7' } });
    const lost = merged({ seen: read('8', null), mirror: known, ours: ours({ staff: 's7' }) });
    expect(lost).toMatchObject({ apply: ['staff'], baseTheirs: {}, baseOurs: { staff: null } });
    const back = merged({ seen: read('7', 's7'), mirror: mirror({}, lost), ours: ours({ staff: null }) });
    expect(back).toMatchObject({ apply: ['staff'], baseTheirs: { staff: '7' }, baseOurs: { staff: 's7' } });
  });

  it('keep a base that Booksy did not move away from', () => {
    const known = mirror({ staff: '7' }, { baseOurs: { staff: 's7' } });
    const found = merged({ seen: read('7', null), mirror: known, ours: ours({ staff: 's7' }) });
    expect(found).toMatchObject({
      apply: [],
      conflict: null,
      baseTheirs: { staff: '7' },
      baseOurs: { staff: 's7' },
    });
  });

  it('have another fingerprint once they are resolved, though Booksy shows the same', () => {
    expect(seenFingerprint(read('7', null))).not.toBe(seenFingerprint(read('7', 's7')));
  });
});

describe('seenFingerprint', () => {
  it('sees remote fields that nobody here knows, and not when it was read', () => {
    const read = seen({ a: 1 }, { unknown: { shade: 'ash' } });
    expect(seenFingerprint(read)).not.toBe(seenFingerprint(seen({ a: 1 })));
    expect(seenFingerprint(read)).not.toBe(seenFingerprint(seen({ a: 1 }, { unknown: { shade: 'gold' } })));
    expect(seenFingerprint({ ...read, interval: { sentAt: BEFORE, receivedAt: BEFORE } })).toBe(
      seenFingerprint(read),
    );
  });
});
