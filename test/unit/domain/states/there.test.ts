import { describe, expect, it } from 'vitest';
import {
  clientThere,
  serviceThere,
  timeOffThere,
  variantThere,
} from '../../../../domain/states/others-there.ts';
import type { LinksThere } from '../../../../domain/states/there.ts';
import {
  givenAndInitial,
  itemAliases,
  renameItems,
  stepFor,
  visitThere,
  type VisitWords,
} from '../../../../domain/states/visit-there.ts';

const LINKS: LinksThere = {
  staff: new Map([['s1', '11']]),
  rooms: new Map([['r1', '21']]),
  categories: new Map([['c1', '31']]),
  services: new Map([['sv1', '41']]),
  variants: new Map([['v1', '51']]),
  clients: new Map([['p1', '61']]),
  serviceNames: new Map([['v1', 'Strzyżenie']]),
};

const WORDS: VisitWords = {
  links: LINKS,
  minimalContact: true,
  contactNeeded: false,
  statusThere: undefined,
  base: null,
};

const TIME = {
  startsLocal: '2027-01-11T10:00',
  endsLocal: '2027-01-11T11:00',
  anyStaff: false,
  staff: 's1',
  room: null,
};
const VISIT = {
  status: { status: 'confirmed', reason: null },
  statusCode: null,
  zone: 'Europe/Warsaw',
  client: 'p1',
  clientName: ' Zofia Maria Zmyślona ',
  clientPhone: '+48500100200',
  clientEmail: null,
  clientNote: ' cicho ',
  travel: null,
  'item:own-a:time': TIME,
  'item:own-a:service': { variant: 'v1', name: null },
};

describe('a visit in Booksy’s words', () => {
  it('carries ids of there, given name and initial, and no contact that nobody needs (R39)', () => {
    expect(visitThere(VISIT, WORDS)).toEqual({
      unmapped: [],
      groups: {
        status: { status: 'confirmed', reason: null },
        zone: 'Europe/Warsaw',
        client: '61',
        clientName: 'Zofia Z.',
        clientPhone: null,
        clientEmail: null,
        clientNote: 'cicho',
        travel: null,
        'item:own-a:time': { ...TIME, staff: '11' },
        'item:own-a:service': { variant: '51', name: 'Strzyżenie' },
      },
    });
  });

  it('carries the contact where the business needs it, or Booksy made the visit itself', () => {
    expect(visitThere(VISIT, { ...WORDS, contactNeeded: true }).groups.clientPhone).toBe('+48500100200');
    const whole = visitThere(VISIT, { ...WORDS, minimalContact: false }).groups;
    expect(whole).toMatchObject({ clientName: 'Zofia Maria Zmyślona', clientPhone: '+48500100200' });
  });

  it('names what has no counterpart and leaves it out; a client without a card goes inline (R15)', () => {
    const said = visitThere(
      {
        ...VISIT,
        client: 'nobody',
        'item:own-a:time': { ...TIME, staff: 'unknown' },
        'item:own-a:service': { variant: null, name: 'Coś' },
      },
      WORDS,
    );
    expect(said.unmapped).toEqual(['item:own-a:service', 'item:own-a:time']);
    expect(said.groups['item:own-a:time']).toBeUndefined();
    expect(said.groups.client).toBeNull();
  });

  it('asks for anybody where anybody will do (R24)', () => {
    const said = visitThere(
      { ...VISIT, 'item:own-a:time': { ...TIME, anyStaff: true, staff: 'unknown' } },
      WORDS,
    );
    expect(said.unmapped).toEqual([]);
    expect(said.groups['item:own-a:time']).toMatchObject({ anyStaff: true, staff: null });
  });

  it('says what both sides agreed on as Booksy said it then', () => {
    const base = { ours: { client: 'p1', clientName: 'A B' }, theirs: { client: '99', clientName: 'Ala B' } };
    const said = visitThere({ ...VISIT, clientName: 'A B' }, { ...WORDS, base }).groups;
    expect(said).toMatchObject({ client: '99', clientName: 'Ala B' });
    expect(visitThere({ ...VISIT, client: 'p2' }, { ...WORDS, base }).groups.client).toBeNull();
  });

  it.each([
    [undefined, 'cancelled', null, { status: 'cancelled', reason: 'cancelled' }],
    [
      { status: 'pending', reason: null },
      'cancelled',
      'declined',
      { status: 'cancelled', reason: 'declined' },
    ],
    [
      { status: 'confirmed', reason: null },
      'cancelled',
      'declined',
      { status: 'cancelled', reason: 'cancelled' },
    ],
    [undefined, 'no_show', 'late', { status: 'no_show', reason: null }],
  ])('the status as Booksy will show it: there %j, here %s (%s)', (statusThere, status, reason, wanted) => {
    const said = visitThere({ ...VISIT, status: { status, reason } }, { ...WORDS, statusThere });
    expect(said.groups.status).toEqual(wanted);
  });
});

describe('steps of a status', () => {
  const there = (status: string, reason: string | null = null) => ({ status, reason });
  it.each([
    [there('pending'), there('confirmed'), 'confirm'],
    [there('proposed'), there('confirmed'), 'confirm'],
    // R23: what the client changed is never confirmed by us.
    [there('confirmed', 'changed_by_client'), there('confirmed'), null],
    [there('confirmed', 'changed_by_client'), there('cancelled', 'declined'), 'decline'],
    [there('pending'), there('cancelled', 'declined'), 'decline'],
    [there('confirmed'), there('cancelled', 'cancelled'), 'cancel'],
    [there('confirmed'), there('cancelled', 'declined'), 'cancel'],
    [there('completed'), there('cancelled', 'cancelled'), null],
    [there('confirmed'), there('completed'), 'finish'],
    [there('pending'), there('completed'), null],
    [there('completed'), there('no_show'), 'no_show'],
    [there('confirmed'), there('pending'), null],
    [there('cancelled', 'cancelled'), there('confirmed'), null],
    [undefined, there('confirmed'), null],
  ])('%j → %j: %s', (from, wanted, step) => {
    expect(stepFor(from, wanted)).toBe(step);
  });
});

describe('names', () => {
  it.each([
    ['Zofia', 'Zofia'],
    ['Zofia Zmyślona', 'Zofia Z.'],
    ['  Anna  Maria   Świątek ', 'Anna Ś.'],
    ['Łucja łysa', 'Łucja Ł.'],
    ['Jan 3', 'Jan'],
  ])('%s → %s', (name, short) => {
    expect(givenAndInitial(name)).toBe(short);
  });
});

describe('items without a link', () => {
  const seen = {
    'item:900:time': { ...TIME, staff: '11' },
    'item:900:service': { variant: '51', name: 'Strzyżenie' },
    'item:901:time': { ...TIME, staff: '12', startsLocal: '2027-01-11T12:00' },
    'item:901:service': { variant: '52', name: 'Inne' },
  };

  it('are matched by variant, staff and start, never by position (R7)', () => {
    const ours = {
      'item:own-b:time': { ...TIME, staff: '12', startsLocal: '2027-01-11T12:00' },
      'item:own-b:service': { variant: '52', name: null },
      'item:own-a:time': { ...TIME, staff: '11' },
      'item:own-a:service': { variant: '51', name: null },
    };
    expect([...itemAliases(seen, ours, false)]).toEqual([
      ['900', 'own-a'],
      ['901', 'own-b'],
    ]);
  });

  it('the last one on either side of what we made is the same; of anything else it is not', () => {
    const ours = {
      'item:900:time': { ...TIME, staff: '11' },
      'item:900:service': { variant: '51', name: null },
      'item:own-b:time': { ...TIME, staff: '12', startsLocal: '2027-01-11T12:15' },
      'item:own-b:service': { variant: '52', name: null },
    };
    expect([...itemAliases(seen, ours, true)]).toEqual([['901', 'own-b']]);
    expect([...itemAliases(seen, ours, false)]).toEqual([]);
  });

  it('are renamed group by group, the other groups stay', () => {
    const names = new Map([['900', 'own-a']]);
    expect(Object.keys(renameItems({ ...seen, status: null }, names)).sort()).toEqual([
      'item:901:service',
      'item:901:time',
      'item:own-a:service',
      'item:own-a:time',
      'status',
    ]);
  });
});

describe('clients, catalog and time off in Booksy’s words', () => {
  it('of a client only name, e-mail and phone go (R40)', () => {
    const ours = {
      name: { given: 'A', family: 'B' },
      email: 'a@salon.example',
      phone: null,
      healthNotes: 'never',
    };
    expect(clientThere(ours, null).groups).toEqual({
      name: { given: 'A', family: 'B' },
      email: 'a@salon.example',
      phone: null,
    });
  });

  it('a service needs its category, a variant its service, staff and a price that Booksy has', () => {
    expect(serviceThere({ name: 'X', category: 'nowhere' }, LINKS, null).unmapped).toEqual(['category']);
    expect(serviceThere({ name: 'X', category: null }, LINKS, null).unmapped).toEqual([]);
    const variant = {
      service: 'sv1',
      staff: ['s1', 'unknown'],
      price: { type: 'combo', minor: 1, currency: 'PLN' },
    };
    expect(variantThere(variant, LINKS, null).unmapped).toEqual(['price', 'staff']);
    expect(variantThere({ ...variant, staff: ['s1'], price: null }, LINKS, null).groups).toMatchObject({
      service: '41',
      staff: ['11'],
    });
  });

  it('time off cannot be given to somebody else', () => {
    const ours = { owner: { kind: 'staff', id: 's1' }, time: null, reason: 'other', approved: true };
    expect(timeOffThere(ours, LINKS, null).groups.owner).toBe('11');
    const base = { theirs: { owner: '12' }, ours: { owner: { kind: 'staff', id: 's2' } } };
    expect(timeOffThere(ours, LINKS, base).unmapped).toEqual(['owner']);
    expect(timeOffThere({ ...ours, owner: { kind: 'room', id: 'r1' } }, LINKS, null).groups.owner).toBe('21');
  });
});
