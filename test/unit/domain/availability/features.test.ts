import { describe, expect, it } from 'vitest';
import {
  findSlots,
  nextFreeSlots,
  type SalonDescription,
  type SlotQuery,
} from '../../../../domain/availability/index.ts';
import { at, CUT, DAY, everyDay, held, PLAIN, QUERY, visit } from '../../../support/availability-plain.ts';

const slots = (salon: Partial<SalonDescription>, query: Partial<SlotQuery> = {}) =>
  findSlots({ ...PLAIN, ...salon }, { ...QUERY, ...query });
const starts = (salon: Partial<SalonDescription>, query: Partial<SlotQuery> = {}) =>
  slots(salon, query).map(({ startsLocal }) => startsLocal.slice(query.toDate === undefined ? 11 : 5));
const rules = (change: Partial<SalonDescription['rules']>) => ({ rules: { ...PLAIN.rules, ...change } });
const anybody = { items: [{ variantId: 'cut-30', staffId: null }] };
const who = (salon: Partial<SalonDescription>, query: Partial<SlotQuery> = anybody) =>
  slots(salon, query).map(
    (slot) => `${slot.startsLocal.slice(11)} ${slot.items.map(({ staffId }) => staffId).join('+')}`,
  );

describe('hours', () => {
  it('a split shift', () => {
    expect(starts({ hours: everyDay([540, 630], [690, 750]) })).toEqual([
      '09:00',
      '09:30',
      '10:00',
      '11:30',
      '12:00',
    ]);
  });

  it('shifts that touch are one', () => {
    const hourLong = { items: [{ variantId: 'cut-60', staffId: 'ada' }] };
    expect(starts({ hours: everyDay([540, 600], [600, 660]) }, hourLong)).toEqual([
      '09:00',
      '09:30',
      '10:00',
    ]);
  });

  it('over midnight, as part of the day on which the shift begins', () => {
    const hours = {
      weekly: [{ appliesFrom: null, days: [{ dayOfWeek: 2, intervals: [[1380, 1500] as const] }] }],
      custom: [],
    };
    // The 24th is a Tuesday.
    const found = starts({ hours }, { fromDate: '2026-11-23', toDate: '2026-11-26' });
    expect(found).toEqual(['11-24T23:00', '11-24T23:30', '11-25T00:00', '11-25T00:30']);
    // A custom day replaces what begins on it, not what runs in.
    const closedNext = { ...hours, custom: [{ date: '2026-11-25', intervals: [] }] };
    expect(starts({ hours: closedNext }, { fromDate: '2026-11-23', toDate: '2026-11-26' })).toEqual(found);
    const closed = { ...hours, custom: [{ date: '2026-11-24', intervals: [] }] };
    expect(starts({ hours: closed }, { fromDate: '2026-11-23', toDate: '2026-11-26' })).toEqual([]);
  });

  it('a custom day replaces the weekday', () => {
    const hours = { ...PLAIN.hours, custom: [{ date: DAY, intervals: [[600, 660] as const] }] };
    expect(starts({ hours })).toEqual(['10:00', '10:30']);
  });

  it('weeks that begin later count from their day on, and a weekday that they lack is closed', () => {
    const later = { appliesFrom: '2026-11-25', days: [{ dayOfWeek: 4, intervals: [[600, 660] as const] }] };
    const present = {
      appliesFrom: null,
      days: [2, 3, 4].map((dayOfWeek) => ({ dayOfWeek, intervals: [[540, 570] as const] })),
    };
    const found = starts(
      { hours: { weekly: [later, present], custom: [] } },
      { fromDate: '2026-11-24', toDate: '2026-12-02' },
    );
    expect(found).toEqual(['11-24T09:00', '11-26T10:00', '11-26T10:30']);
  });

  it('a holiday closes, an exception opens, and so does a custom day of the salon', () => {
    const closed = [{ date: DAY, open: null }];
    expect(starts({ holidays: closed })).toEqual([]);
    expect(starts({ holidays: [{ date: DAY, open: [[600, 660]] }] })).toEqual(['10:00', '10:30']);
    const custom = { ...PLAIN.hours, custom: [{ date: DAY, intervals: [[720, 750] as const] }] };
    expect(starts({ holidays: closed, hours: custom })).toEqual(['12:00']);
    expect(starts({ holidays: [{ date: DAY, open: [[600, 660]] }], hours: custom })).toEqual([
      '10:00',
      '10:30',
    ]);
  });

  it('a person works within the hours of the salon only', () => {
    const staff = [{ ...PLAIN.staff[0]!, hours: everyDay([480, 570], [1005, 1200]) }, PLAIN.staff[1]!];
    expect(starts({ staff })).toEqual(['09:00']);
  });

  it('steps count from local midnight; a variant may have its own', () => {
    const hours = everyDay([550, 640]);
    expect(starts({ hours })).toEqual(['09:30', '10:00']);
    expect(starts({ hours, ...rules({ slotStepMinutes: 25 }) })).toEqual(['09:10', '09:35', '10:00']);
    const variants = [{ ...CUT.variants[0]!, slotStepMinutes: 20 }];
    expect(starts({ hours, services: [{ ...CUT, variants }] })).toEqual(['09:20', '09:40', '10:00']);
  });

  it('clocks are changed: the hour that is missing has no slots, and the day is shorter (R11)', () => {
    const query = { fromDate: '2027-03-28', toDate: '2027-03-28' };
    const salon = { hours: everyDay([60, 300]), ...rules({ horizonDays: 365 }) };
    expect(starts(salon, query).map((each) => each.slice(6))).toEqual([
      '01:00',
      '01:30',
      '03:00',
      '03:30',
      '04:00',
      '04:30',
    ]);
    expect(slots(salon, query)[2]).toMatchObject({ startsAt: '2027-03-28T01:00:00.000Z' });
  });

  it('clocks are changed: the hour that comes twice has no slots, and no visit ends in it (R11)', () => {
    const query = { fromDate: '2026-10-25', toDate: '2026-10-25' };
    const found = starts({ hours: everyDay([60, 240]), now: '2026-10-20T00:00:00Z' }, query);
    expect(found.map((each) => each.slice(6))).toEqual(['01:00', '03:00', '03:30']);
  });
});

describe('what is taken', () => {
  it('the processing gap of a visit is free (R21)', () => {
    const salon = {
      hours: everyDay([540, 660]),
      visits: [visit(held('09:00', '11:00', { gap: { afterMinutes: 30, minutes: 60 } }))],
    };
    expect(starts(salon)).toEqual(['09:30', '10:00']);
    // Their own buffers must fit into it.
    expect(starts({ ...salon, ...rules({ bufferAfterMinutes: 15 }) })).toEqual(['09:30']);
  });

  it('the gap of the wanted visit may lie over another visit and over a break, not over closing time (R21)', () => {
    const services = [{ ...CUT, gap: { afterMinutes: 20, minutes: 20 } }];
    const items = [{ variantId: 'cut-60', staffId: 'ada' }];
    const visits = [visit(held('09:20', '09:40'))];
    expect(starts({ services, visits, hours: everyDay([540, 630]) }, { items })).toContain('09:00');
    const onBreak = [{ ...PLAIN.staff[0]!, hours: everyDay([540, 560], [580, 1020]) }, PLAIN.staff[1]!];
    expect(starts({ services, staff: onBreak, hours: everyDay([540, 630]) }, { items })).toContain('09:00');
    expect(starts({ services, hours: everyDay([540, 560], [580, 630]) }, { items })).toEqual([]);
  });

  it('padding of the service in place of the rule’s buffers, never both (R22)', () => {
    const visits = [visit(held('12:00', '12:30', { serviceId: null }))];
    const salon = {
      visits,
      hours: everyDay([660, 840]),
      ...rules({ bufferBeforeMinutes: 10, bufferAfterMinutes: 10, slotStepMinutes: 5 }),
    };
    // 10 of the visit and 10 of ours on either side.
    expect(starts(salon)).toEqual([
      '11:00',
      '11:05',
      '11:10',
      '12:50',
      '12:55',
      '13:00',
      '13:05',
      '13:10',
      '13:15',
      '13:20',
      '13:25',
      '13:30',
    ]);
    const services = [{ ...CUT, padding: { beforeMinutes: 0, afterMinutes: 15 } }];
    expect(starts({ ...salon, services })).toEqual([
      '11:00',
      '11:05',
      '12:40',
      '12:45',
      '12:50',
      '12:55',
      '13:00',
      '13:05',
      '13:10',
      '13:15',
      '13:20',
      '13:25',
      '13:30',
    ]);
  });

  it('padding needs neither open time nor the absence of time off', () => {
    const timeOff = [
      { staffId: 'ada', roomId: null, startsAt: at('10:00'), endsAt: at('16:30'), kind: 'time_off' as const },
    ];
    const salon = { timeOff, ...rules({ bufferBeforeMinutes: 30, bufferAfterMinutes: 30 }) };
    expect(starts(salon)).toEqual(['09:00', '09:30', '16:30']);
  });

  it('statuses that hold, and those that do not (R23)', () => {
    const hours = everyDay([720, 750]);
    for (const status of ['pending', 'confirmed', 'proposed', 'completed', 'anything'])
      expect(starts({ hours, visits: [visit(held('12:00', '12:30'), status)] }), status).toEqual([]);
    for (const status of ['cancelled', 'no_show'])
      expect(starts({ hours, visits: [visit(held('12:00', '12:30'), status)] }), status).toEqual(['12:00']);
  });

  it('a visit that is moved is not in its own way', () => {
    const moved = visit(held('12:00', '12:30'));
    const salon = { hours: everyDay([720, 750]), visits: [moved] };
    expect(starts(salon)).toEqual([]);
    expect(starts(salon, { ignoreVisitIds: [moved.id] })).toEqual(['12:00']);
  });

  it('rooms of one and of more, in the salon’s order', () => {
    const services = [{ ...CUT, roomIds: ['room', 'loft'] }];
    const rooms = [
      { id: 'loft', position: 2, capacity: 1, hours: null },
      { id: 'room', position: 1, capacity: 2, hours: null },
    ];
    const inRoom = (roomId: string) => visit(held('12:00', '12:30', { staffId: 'bea', roomId }));
    const room = (visits: SalonDescription['visits']) =>
      slots({ services, rooms, hours: everyDay([720, 750]), visits }).map(({ items }) => items[0]!.roomId);
    expect(room([])).toEqual(['room']);
    expect(room([inRoom('room')])).toEqual(['room']);
    expect(room([inRoom('room'), inRoom('room')])).toEqual(['loft']);
    expect(room([inRoom('room'), inRoom('room'), inRoom('loft')])).toEqual([]);
  });
});

describe('sessions (R24)', () => {
  const services = [{ ...CUT, seats: 3 }];
  const seat = (from: string, change = {}) => visit(held(from, '12:37', { seats: 3, ...change }));

  it('one with a seat is offered at its start, though that is off the step', () => {
    const found = slots({ services, hours: everyDay([720, 780]), visits: [seat('12:07'), seat('12:07')] });
    expect(found.map(({ startsLocal, items }) => [startsLocal.slice(11), items[0]!.seatsLeft])).toEqual([
      ['12:07', 0],
    ]);
  });

  it('a full one is not offered', () => {
    const visits = [seat('12:07'), seat('12:07'), seat('12:07')];
    expect(starts({ services, hours: everyDay([720, 780]), visits })).toEqual([]);
  });

  it('a new one has all its seats but one', () => {
    expect(slots({ services, hours: everyDay([720, 750]) })[0]!.items[0]!.seatsLeft).toBe(2);
    expect(slots({ hours: everyDay([720, 750]) })[0]!.items[0]!.seatsLeft).toBeNull();
  });

  it('visits of another service, with a start off the minute, or that do not share, are no session', () => {
    const hours = everyDay([720, 757]);
    for (const change of [{ serviceId: 'other' }, { seats: 1 }, { startsAt: '2026-11-24T11:07:20.000Z' }])
      expect(starts({ services, hours, visits: [seat('12:07', change)] }), JSON.stringify(change)).toEqual(
        [],
      );
  });

  it('anybody: a seat in a session goes before a person who is less loaded', () => {
    const found = who({
      services,
      hours: everyDay([720, 750]),
      visits: [visit(held('12:00', '12:30', { seats: 3, staffId: 'bea' }))],
    });
    expect(found).toEqual(['12:00 bea']);
  });

  it('it keeps its room', () => {
    const rooms = ['a', 'b'].map((id, position) => ({ id, position, capacity: 1, hours: null }));
    const inB = visit(held('12:00', '12:30', { seats: 3, roomId: 'b' }));
    const found = slots({
      services: [{ ...services[0]!, roomIds: ['a', 'b'] }],
      rooms,
      hours: everyDay([720, 750]),
      visits: [inB],
    });
    expect(found[0]!.items[0]).toMatchObject({ roomId: 'b', seatsLeft: 1 });
  });
});

describe('any staff', () => {
  const hours = everyDay([720, 780]);

  it('the least loaded that day, then the order, then the id', () => {
    expect(who({ hours })).toEqual(['12:00 ada', '12:30 ada']);
    expect(who({ hours, visits: [visit(held('09:00', '09:10'))] })).toEqual(['12:00 bea', '12:30 bea']);
    // Another day, time off and cancelled visits are no load.
    const timeOff = [
      { staffId: 'ada', roomId: null, startsAt: at('15:00'), endsAt: at('16:00'), kind: 'time_off' as const },
    ];
    const otherDay = visit(
      held('09:00', '10:00', { startsAt: at('09:00', '2026-11-25'), endsAt: at('10:00', '2026-11-25') }),
    );
    const cancelled = visit(held('09:00', '10:00'), 'cancelled');
    expect(who({ hours, timeOff, visits: [otherDay, cancelled] })).toEqual(['12:00 ada', '12:30 ada']);
    const sameOrder = [...PLAIN.staff].reverse().map((each) => ({ ...each, position: 7 }));
    expect(who({ hours, staff: sameOrder })).toEqual(['12:00 ada', '12:30 ada']);
  });

  it('whoever is free', () => {
    expect(who({ hours, visits: [visit(held('12:00', '12:30'))] })).toEqual(['12:00 bea', '12:30 bea']);
    const both = [visit(held('12:00', '12:30')), visit(held('12:30', '12:45', { staffId: 'bea' }))];
    expect(who({ hours, visits: both })).toEqual(['12:00 bea', '12:30 ada']);
  });

  it('a visit without a name holds one of those who may serve it (R24)', () => {
    const nameless = (ids: readonly string[]) =>
      visit(held('12:00', '12:30', { staffId: null, eligibleStaffIds: ids }));
    const noon = { hours: everyDay([720, 750]) };
    expect(who({ ...noon, visits: [nameless(['ada', 'bea'])] })).toEqual(['12:00 ada']);
    expect(who({ ...noon, visits: [nameless(['ada'])] })).toEqual(['12:00 bea']);
    expect(who({ ...noon, visits: [nameless(['ada', 'bea']), nameless(['bea', 'ada'])] })).toEqual([]);
    // Nobody is left for it as it is: it cannot be made worse.
    expect(who({ ...noon, visits: [nameless([])] })).toEqual(['12:00 ada']);
  });
});

describe('several items', () => {
  const items = [
    { variantId: 'cut-30', staffId: 'ada' },
    { variantId: 'cut-60', staffId: 'bea' },
  ];

  it('one after another, each by its own person', () => {
    const [slot] = slots({}, { items });
    expect(slot).toEqual({
      startsLocal: `${DAY}T09:00`,
      endsLocal: `${DAY}T10:30`,
      startsAt: at('09:00'),
      endsAt: at('10:30'),
      items: [
        {
          variantId: 'cut-30',
          staffId: 'ada',
          roomId: null,
          startsLocal: `${DAY}T09:00`,
          endsLocal: `${DAY}T09:30`,
          startsAt: at('09:00'),
          endsAt: at('09:30'),
          seatsLeft: null,
        },
        {
          variantId: 'cut-60',
          staffId: 'bea',
          roomId: null,
          startsLocal: `${DAY}T09:30`,
          endsLocal: `${DAY}T10:30`,
          startsAt: at('09:30'),
          endsAt: at('10:30'),
          seatsLeft: null,
        },
      ],
    });
  });

  it('only where both can', () => {
    const visits = [visit(held('09:30', '10:00')), visit(held('11:00', '11:10', { staffId: 'bea' }))];
    expect(starts({ visits, hours: everyDay([540, 780]) }, { items })).toEqual(['09:00', '11:00', '11:30']);
  });

  it('the parts of one visit keep no padding among themselves', () => {
    const same = [items[0]!, items[0]!];
    expect(
      starts(
        { hours: everyDay([720, 780]), ...rules({ bufferBeforeMinutes: 15, bufferAfterMinutes: 15 }) },
        { items: same },
      ),
    ).toEqual(['12:00']);
  });

  it('something that is not in the catalogue, by anybody who takes visits', () => {
    const staff = [{ ...PLAIN.staff[0]!, bookable: false }, PLAIN.staff[1]!];
    const own = { items: [{ variantId: null, staffId: null, durationMinutes: 50 }] };
    expect(who({ staff, hours: everyDay([720, 775]) }, own)).toEqual(['12:00 bea']);
  });
});

describe('notice and horizon (R25)', () => {
  it('the first and the last start that are offered, to the minute', () => {
    const hours = everyDay([540, 660]);
    expect(starts({ hours, now: at('09:00'), ...rules({ noticeMinutes: 30 }) })).toEqual([
      '09:30',
      '10:00',
      '10:30',
    ]);
    expect(
      starts({
        hours,
        now: new Date(Date.parse(at('09:00')) + 1).toISOString(),
        ...rules({ noticeMinutes: 30 }),
      }),
    ).toEqual(['10:00', '10:30']);
    expect(starts({ hours, now: at('10:00', '2026-11-23'), ...rules({ horizonDays: 1 }) })).toEqual([
      '09:00',
      '09:30',
      '10:00',
    ]);
  });
});

describe('nextFreeSlots', () => {
  it('goes on day after day until there are enough, up to the horizon', () => {
    const hours = {
      weekly: [],
      custom: [
        { date: '2026-12-20', intervals: [[540, 570] as const] },
        { date: '2027-02-20', intervals: [[540, 570] as const] },
      ],
    };
    const next = (count: number, change = {}) =>
      nextFreeSlots({ ...PLAIN, hours, ...change }, QUERY, { from: at('12:00'), count }).map(
        ({ startsLocal }) => startsLocal,
      );
    expect(next(1)).toEqual(['2026-12-20T09:00']);
    expect(next(5)).toEqual(['2026-12-20T09:00', '2027-02-20T09:00']);
    expect(next(5, rules({ horizonDays: 60 }))).toEqual(['2026-12-20T09:00']);
  });

  it('none before the instant that is given, nor before the notice', () => {
    const next = (from: string) =>
      nextFreeSlots(PLAIN, QUERY, { from, count: 2 }).map(({ startsLocal }) => startsLocal.slice(5));
    expect(next(at('16:01'))).toEqual(['11-24T16:30', '11-25T09:00']);
    expect(next('2020-01-01T00:00:00Z')).toEqual(['11-23T09:00', '11-23T09:30']);
  });
});
