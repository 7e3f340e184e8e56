import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VISIT_STATUSES } from '../../../../domain/observed.ts';
import type { VariantLink } from '../../../../domain/states/links.ts';
import { seenFingerprint } from '../../../../domain/plan.ts';
import {
  equivalentInVisit,
  isEnded,
  itemGroups,
  itemKey,
  itemOfGroup,
  seenVisit,
  visitDirection,
} from '../../../../domain/states/visit.ts';
import { interval, item, links, noLinks, visit } from '../support/observed.ts';

const itemGroupsOf = (groups: Readonly<Record<string, unknown>>) =>
  Object.keys(groups).filter((group) => group.startsWith('item:'));

describe('item groups', () => {
  it('are named after the item and found again by their name', () => {
    const key = fc.oneof(
      fc.stringMatching(/^[\w:|#-]{1,40}$/),
      fc.constantFrom('701', '51|11|2025-06-02T10:00', 'a:time', 'item:x:service', 'whole'),
    );
    fc.assert(
      fc.property(key, (name) => {
        const { time, service } = itemGroups(name);
        expect(itemOfGroup(time)).toEqual({ key: name, part: 'time' });
        expect(itemOfGroup(service)).toEqual({ key: name, part: 'service' });
      }),
    );
  });

  it.each([
    'status',
    'item',
    'item:',
    'item::time',
    'item:701',
    'item:701:price',
    'xitem:701:time',
    'item:701:time:x',
  ])('%j is none', (group) => {
    expect(itemOfGroup(group)).toBeNull();
  });
});

describe('itemKey (R7)', () => {
  it('is the id at Booksy, whatever else changes', () => {
    expect(itemKey(item({ startsLocal: '2030-01-01T08:00', staffExternalId: null }))).toBe('701');
  });

  it('is variant, staff and start where there is no id', () => {
    const bare = item({ externalId: null });
    expect(itemKey(bare)).toBe('51|11|2025-06-02T10:00');
    for (const other of [
      { variantExternalId: '52' },
      { staffExternalId: null },
      { startsLocal: '2025-06-02T10:15' },
    ])
      expect(itemKey({ ...bare, ...other })).not.toBe(itemKey(bare));
    for (const same of [{ endsLocal: '2025-06-02T12:00' }, { roomExternalId: null }, { serviceName: null }])
      expect(itemKey({ ...bare, ...same })).toBe(itemKey(bare));
  });
});

describe('seenVisit', () => {
  it('says in both vocabularies what was seen', () => {
    const seen = seenVisit(visit({ importUid: 'u1', unknown: { shade: 'ash' } }), links, interval);
    const time = { startsLocal: '2025-06-02T10:00', endsLocal: '2025-06-02T11:00', anyStaff: false };
    const both = {
      status: { status: 'confirmed', reason: null },
      statusCode: 'A',
      zone: 'Europe/Warsaw',
      clientName: 'Zofia Przykładna',
      clientPhone: null,
      clientEmail: 'zofia@salon.example',
      clientNote: null,
      travel: null,
    };
    expect(seen).toEqual({
      externalId: '501',
      theirs: {
        ...both,
        bookedBy: 'client',
        importUid: 'u1',
        client: '61',
        'item:701:time': { ...time, staff: '11', room: '21' },
        'item:701:service': { variant: '51', name: 'Colouring' },
      },
      here: {
        ...both,
        client: 'client-a',
        'item:701:time': { ...time, staff: 'staff-a', room: 'room-a' },
        'item:701:service': { variant: 'variant-a', name: 'Colouring' },
      },
      unread: [],
      unresolved: [],
      unknown: { shade: 'ash' },
      importUid: 'u1',
      interval,
    });
  });

  it('notes every group that names something unknown here, and holds the time all the same', () => {
    const seen = seenVisit(visit(), noLinks, interval);
    expect(seen.unresolved).toEqual(['client', 'item:701:service', 'item:701:time']);
    expect(seen.here.client).toBeNull();
    expect(seen.here['item:701:time']).toMatchObject({
      startsLocal: '2025-06-02T10:00',
      staff: null,
      room: null,
    });
    expect(seen.here['item:701:service']).toEqual({ variant: null, name: 'Colouring' });
    expect(seen.theirs['item:701:time']).toMatchObject({ staff: '11', room: '21' });
  });

  it.each([
    ['staff', { ...links, staff: new Map<string, string>() }, ['item:701:time']],
    ['room', { ...links, rooms: new Map<string, string>() }, ['item:701:time']],
    ['variant', { ...links, variants: new Map<string, VariantLink>() }, ['item:701:service']],
    ['client', { ...links, clients: new Map<string, string>() }, ['client']],
  ])('notes an unknown %s by itself', (_, some, unresolved) => {
    expect(seenVisit(visit(), some, interval).unresolved).toEqual(unresolved);
  });

  it('looks for no counterpart of what was not named', () => {
    const anybody = item({
      staffExternalId: null,
      anyStaff: true,
      roomExternalId: null,
      variantExternalId: null,
    });
    const seen = seenVisit(visit({ clientExternalId: null, items: [anybody] }), noLinks, interval);
    expect(seen.unresolved).toEqual([]);
    expect(seen.here['item:701:time']).toMatchObject({ staff: null, anyStaff: true });
  });

  it('tells travel that a read could not show from travel that there is not', () => {
    const thin = seenVisit(visit({ travel: undefined }), links, interval);
    expect(thin.unread).toEqual(['travel']);
    expect('travel' in thin.theirs || 'travel' in thin.here).toBe(false);
    expect(seenVisit(visit({ travel: null }), links, interval)).toMatchObject({
      unread: [],
      here: { travel: null },
    });
  });

  it('keeps where a travelling visit takes place, in both vocabularies alike', () => {
    const travel = {
      addressLine1: 'ul. Przykładowa 1',
      addressLine2: null,
      apartmentNumber: '4',
      city: 'Gdynia',
      postcode: '00-000',
      latitude: 54.5,
      longitude: 18.5,
      priceMinor: 2_000,
    };
    const seen = seenVisit(visit({ travel }), links, interval);
    expect(seen.theirs.travel).toEqual(travel);
    expect(seen.here.travel).toEqual(travel);
  });

  it('holds the whole time of a visit without parts', () => {
    const seen = seenVisit(visit({ items: [] }), links, interval);
    expect(itemGroupsOf(seen.here)).toEqual(['item:whole:time', 'item:whole:service']);
    expect(seen.here['item:whole:time']).toEqual({
      startsLocal: '2025-06-02T10:00',
      endsLocal: '2025-06-02T11:00',
      anyStaff: false,
      staff: null,
      room: null,
    });
    expect(seen.unresolved).toEqual([]);
  });

  const anyItem = fc
    .record({
      externalId: fc.constantFrom('1', '2', '3', '4', null, null),
      startsLocal: fc.constantFrom('2025-06-02T10:00', '2025-06-02T11:00'),
      endsLocal: fc.constantFrom('2025-06-02T12:00', '2025-06-02T13:00'),
      staffExternalId: fc.constantFrom('11', '12', null),
      roomExternalId: fc.constantFrom('21', null),
      variantExternalId: fc.constantFrom('51', '52', null),
    })
    .map((parts) => item(parts));

  it('groups items the same way in whatever order they come', () => {
    const shuffled = fc.array(anyItem, { minLength: 1, maxLength: 5 }).chain((items) =>
      fc.record({
        items: fc.constant(items),
        turned: fc.shuffledSubarray(items, { minLength: items.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ items, turned }) => {
        const straight = seenVisit(visit({ items }), links, interval);
        const other = seenVisit(visit({ items: turned }), links, interval);
        expect(other).toEqual(straight);
        expect(seenFingerprint(other)).toBe(seenFingerprint(straight));
      }),
    );
  });

  it('loses no item, however alike they are: each holds time', () => {
    fc.assert(
      fc.property(fc.array(anyItem, { minLength: 1, maxLength: 5 }), (items) => {
        const seen = seenVisit(visit({ items }), links, interval);
        expect(itemGroupsOf(seen.theirs)).toHaveLength(2 * items.length);
        expect(itemGroupsOf(seen.here).sort()).toEqual(itemGroupsOf(seen.theirs).sort());
      }),
    );
  });

  it('two seats booked at once without ids are two items', () => {
    const seats = [item({ externalId: null }), item({ externalId: null, roomExternalId: null })];
    const { theirs } = seenVisit(visit({ items: seats }), links, interval);
    expect(theirs['item:51|11|2025-06-02T10:00:time']).toMatchObject({ room: '21' });
    expect(theirs['item:51|11|2025-06-02T10:00#2:time']).toMatchObject({ room: null });
  });

  it('changes one item, and its other groups stay', () => {
    const second = item({
      externalId: '702',
      startsLocal: '2025-06-02T11:00',
      endsLocal: '2025-06-02T11:30',
    });
    const before = seenVisit(visit({ items: [item(), second] }), links, interval).theirs;
    const after = seenVisit(
      visit({ items: [{ ...item(), endsLocal: '2025-06-02T10:45' }, second] }),
      links,
      interval,
    ).theirs;
    const changed = Object.keys(after).filter(
      (group) => JSON.stringify(after[group]) !== JSON.stringify(before[group]),
    );
    expect(changed).toEqual(['item:701:time']);
  });
});

describe('visitDirection (R8)', () => {
  it('takes in what Booksy alone knows, and lets the rest go both ways', () => {
    const seen = seenVisit(visit(), links, interval);
    const inbound = Object.keys(seen.theirs).filter((group) => visitDirection(group) === 'in');
    expect(inbound.sort()).toEqual(['bookedBy', 'importUid', 'statusCode']);
    for (const group of ['status', 'client', 'travel', 'item:701:time'])
      expect(visitDirection(group)).toBe('both');
  });
});

describe('isEnded and equivalentInVisit', () => {
  it('a visit is ended by a cancel and by nothing else', () => {
    for (const status of VISIT_STATUSES) {
      const { here } = seenVisit(visit({ status }), links, interval);
      expect(isEnded(here)).toBe(status === 'cancelled');
    }
    for (const groups of [
      {},
      { status: null },
      { status: 'cancelled' },
      { status: ['cancelled'] },
      { statusCode: 'C' },
    ])
      expect(isEnded(groups)).toBe(false);
  });

  const cancel = (reason: string | null) => ({ status: 'cancelled', reason });
  const open = { status: 'confirmed', reason: null };
  it.each([
    ['two cancels with different reasons', 'status', cancel('declined'), cancel('gone_at_booksy'), true],
    ['a cancel and an open visit', 'status', cancel(null), open, false],
    ['an open visit and a cancel', 'status', open, cancel(null), false],
    ['the same status', 'status', open, { reason: null, status: 'confirmed' }, true],
    [
      'no-show and finished',
      'status',
      { status: 'no_show', reason: null },
      { status: 'completed', reason: null },
      false,
    ],
    ['a cancel and nothing', 'status', cancel(null), undefined, false],
    ['two cancels in another group', 'other', cancel('declined'), cancel('cancelled'), false],
    ['the same note', 'clientNote', 'x', 'x', true],
    ['different notes', 'clientNote', 'x', 'y', false],
    ['nothing on both sides', 'item:701:time', undefined, undefined, true],
  ])('%s', (_, group, theirs, ours, expected) => {
    expect(equivalentInVisit(group, theirs, ours)).toBe(expected);
    expect(equivalentInVisit(group, ours, theirs)).toBe(expected);
  });
});
