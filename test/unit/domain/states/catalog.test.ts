import { describe, expect, it } from 'vitest';
import {
  isBookable,
  seenCategory,
  seenRoom,
  seenService,
  seenStaff,
  seenVariant,
} from '../../../../domain/states/catalog.ts';
import { Unresolved } from '../../../../domain/states/links.ts';
import { category, interval, links, noLinks, resource, service, variant } from '../support/observed.ts';

describe('seenCategory', () => {
  it('knows name and position; where it came from is no business of ours', () => {
    const seen = seenCategory(category({ importUid: 'u', unknown: { colour: 'red' } }), interval);
    expect(seen).toEqual({
      externalId: '31',
      theirs: { name: 'Hair', position: 1 },
      here: { name: 'Hair', position: 1 },
      unread: [],
      unresolved: [],
      unknown: { colour: 'red' },
      interval,
    });
  });
});

describe('seenService', () => {
  it('keeps padding, gap and seats as groups of their own', () => {
    const seen = seenService(service(), links, interval);
    const own = {
      name: 'Colouring',
      description: null,
      priceType: 'fixed',
      padding: { kind: 'after', minutes: 10 },
      gap: { afterMinutes: 30, minutes: 20 },
      parallelClients: 1,
      active: true,
      position: 3,
    };
    expect(seen.theirs).toEqual({ ...own, category: '31' });
    expect(seen.here).toEqual({ ...own, category: 'category-a' });
    expect(seen.unresolved).toEqual([]);
  });

  it('notes a category that is unknown here, not one that is missing', () => {
    expect(seenService(service(), noLinks, interval)).toMatchObject({
      unresolved: ['category'],
      here: { category: null },
    });
    const without = seenService(service({ categoryExternalId: null }), noLinks, interval);
    expect(without).toMatchObject({ unresolved: [], theirs: { category: null }, here: { category: null } });
  });
});

describe('seenVariant', () => {
  it('keeps price and currency together (R7, R12) and does not care for the order of its staff', () => {
    const seen = seenVariant(variant(), links, interval);
    expect(seen.here).toEqual({
      label: 'long hair',
      price: { type: 'from', minor: 23_000, currency: 'PLN' },
      durationMinutes: 90,
      slotStepMinutes: 15,
      service: 'service-a',
      staff: ['staff-a', 'staff-b'],
    });
    expect(seen.theirs).toMatchObject({ service: '41', staff: ['11', '12'] });
    const turned = seenVariant(variant({ staffExternalIds: ['11', '12'] }), links, interval);
    expect(turned).toEqual(seen);
  });

  it('does not reorder what it was given', () => {
    const staffExternalIds = Object.freeze(['12', '11']);
    seenVariant(variant({ staffExternalIds }), links, interval);
    expect(staffExternalIds).toEqual(['12', '11']);
  });

  it('keeps the staff it knows and notes the others', () => {
    const seen = seenVariant(variant({ staffExternalIds: ['99', '11'] }), links, interval);
    expect(seen).toMatchObject({
      unresolved: ['staff'],
      here: { staff: ['staff-a'] },
      theirs: { staff: ['11', '99'] },
    });
    expect(seenVariant(variant(), noLinks, interval).unresolved).toEqual(['service', 'staff']);
  });
});

describe('staff and rooms', () => {
  it.each([
    ['owner', true],
    ['manager', true],
    ['staff', true],
    [null, true],
    ['reception', false],
  ] as const)('access level %s is bookable: %j', (accessLevel, bookable) => {
    expect(isBookable(resource({ accessLevel }))).toBe(bookable);
    expect(seenStaff(resource({ accessLevel }), interval).here.role).toEqual({ accessLevel, bookable });
  });

  it('a member of staff is name, e-mail, role, active, position', () => {
    const seen = seenStaff(resource({ unknown: { nick: 'A' } }), interval);
    expect(seen.theirs).toEqual({
      name: 'Anna',
      email: 'anna@salon.example',
      role: { accessLevel: 'staff', bookable: true },
      active: true,
      position: 2,
    });
    expect(seen.here).toEqual(seen.theirs);
    expect(seen.unknown).toEqual({ nick: 'A' });
  });

  const cabin = resource({ kind: 'room', name: 'Cabin', accessLevel: null });

  it('a room has neither e-mail nor role, but services that are given in it', () => {
    const seen = seenRoom(cabin, links, interval);
    expect(seen.theirs).toEqual({ name: 'Cabin', active: true, position: 2, services: ['41'] });
    expect(seen.here).toEqual({ name: 'Cabin', active: true, position: 2, services: ['service-a'] });
    expect(seen).toMatchObject({ unread: [], unresolved: [] });
  });

  it('a room keeps the services that are known here, notes the others, and does not care for their order', () => {
    const seen = seenRoom({ ...cabin, serviceExternalIds: ['99', '41'] }, links, interval);
    expect(seen).toMatchObject({ unresolved: ['services'], here: { services: ['service-a'] } });
    expect(seenRoom({ ...cabin, serviceExternalIds: ['41', '99'] }, links, interval)).toEqual(seen);
  });

  it('an empty list of services is one; none at all says nothing (R5)', () => {
    expect(seenRoom({ ...cabin, serviceExternalIds: [] }, links, interval)).toMatchObject({
      unread: [],
      here: { services: [] },
    });
    const silent = seenRoom({ ...cabin, serviceExternalIds: null }, links, interval);
    expect(silent.unread).toEqual(['services']);
    expect(silent.here).not.toHaveProperty('services');
    expect(silent.theirs).not.toHaveProperty('services');
  });
});

describe('Unresolved', () => {
  it('finds, notes each group once, and lists them in order', () => {
    const unresolved = new Unresolved();
    expect(unresolved.find(links.staff, '11', 'staff')).toBe('staff-a');
    expect(unresolved.find(links.staff, null, 'staff')).toBeNull();
    expect(unresolved.list()).toEqual([]);
    expect(unresolved.find(links.staff, '98', 'time')).toBeNull();
    expect(unresolved.find(links.rooms, '99', 'time')).toBeNull();
    unresolved.note('owner');
    expect(unresolved.list()).toEqual(['owner', 'time']);
  });
});
