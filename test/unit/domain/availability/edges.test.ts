import { describe, expect, it } from 'vitest';
import {
  explainTime,
  findSlots,
  type ReasonCode,
  type SalonDescription,
} from '../../../../domain/availability/index.ts';
import { at, CUT, DAY, everyDay, held, PLAIN, visit } from '../../../support/availability-plain.ts';

/**
 * Each bound to the minute, on both ways through the engine: the search by bitmaps and the judging of one time. The generated
 * salons of the oracle lie on a raster of five minutes, so that what is wrong by one minute seldom shows there.
 */

interface Edge {
  readonly salon?: Partial<SalonDescription>;
  /** Minutes that the wanted visit takes. */
  readonly minutes: number;
  /** `HH:MM` of the date, or `YYYY-MM-DDTHH:MM`; multiples of five. */
  readonly free?: readonly string[];
  readonly taken?: readonly string[];
  readonly code?: ReasonCode;
}

const STEP = { ...PLAIN.rules, slotStepMinutes: 5 };

function check({ salon = {}, minutes, free = [], taken = [], code }: Edge): void {
  const description = { ...PLAIN, rules: STEP, ...salon };
  const items = [{ variantId: 'cut-30', staffId: 'ada', durationMinutes: minutes }];
  for (const [times, isFree] of [
    [free, true],
    [taken, false],
  ] as const)
    for (const time of times) {
      const local = time.length === 5 ? `${DAY}T${time}` : time;
      const explained = explainTime(description, { items }, local);
      expect(explained.free, `${local} of ${String(minutes)} min, explained`).toBe(isFree);
      if (!isFree && code !== undefined) expect(explained.code, local).toBe(code);
      const date = local.slice(0, 10);
      const slots = findSlots(description, { items, fromDate: date, toDate: date });
      const listed = slots.some(({ startsLocal }) => startsLocal === local);
      expect(listed, `${local} of ${String(minutes)} min, listed`).toBe(isFree);
    }
}
const rules = (change: Partial<SalonDescription['rules']>) => ({ ...STEP, ...change });

describe('a room for several, to the minute', () => {
  const services = [{ ...CUT, roomIds: ['room'] }];
  const rooms = [{ id: 'room', position: 0, capacity: 2, hours: null }];
  const there = (from: string, till: string, change = {}) =>
    visit(held(from, till, { staffId: 'bea', roomId: 'room', ...change }));
  const room = (...visits: SalonDescription['visits']) => ({ services, rooms, visits });

  it('is full from the minute in which the last place is taken', () => {
    const salon = room(there('12:00', '13:00'), there('12:00', '13:00'));
    check({ salon, minutes: 60, free: ['11:00', '13:00'], taken: ['11:05', '12:55'], code: 'no_room' });
    check({ salon, minutes: 61, free: ['10:55'], taken: ['11:00'], code: 'no_room' });
  });

  it('is full to the minute in which one of them leaves', () => {
    const salon = room(there('12:00', '13:01'), there('12:00', '14:00'));
    check({ salon, minutes: 5, free: ['11:55', '13:05'], taken: ['12:00', '13:00'], code: 'no_room' });
  });

  it('is full for a single minute', () => {
    const salon = room(there('12:00', '13:00'), there('12:59', '14:00'));
    check({ salon, minutes: 59, free: ['12:00', '13:00'], taken: ['12:05', '12:55'], code: 'no_room' });
    check({ salon, minutes: 60, free: ['11:55', '13:00'], taken: ['12:00'], code: 'no_room' });
  });

  it('where one leaves as another comes it holds one of them, not both', () => {
    const salon = room(there('12:00', '12:30'), there('12:30', '13:00'));
    check({ salon, minutes: 60, free: ['12:00', '12:15'] });
    const full = { ...salon, visits: [...salon.visits, there('12:00', '13:00')] };
    check({ salon: full, minutes: 5, free: ['11:55', '13:00'], taken: ['12:00', '12:25', '12:30', '12:55'] });
  });

  it('counts the padding of those who are there, and one’s own', () => {
    const paddedServices = [{ ...CUT, roomIds: ['room'], padding: { beforeMinutes: 7, afterMinutes: 4 } }];
    const salon = { ...room(there('12:00', '13:00'), there('12:00', '13:00')), services: paddedServices };
    // 4 after them and 7 before us, and the other way round.
    check({ salon, minutes: 10, free: ['11:35', '13:15'], taken: ['11:40', '13:10'], code: 'no_room' });
    check({ salon, minutes: 9, free: ['11:40'] });
  });

  it('counts a session as one, however many sit in it', () => {
    const seat = (from: string, till: string) => there(from, till, { seats: 5, serviceId: 'yoga' });
    const session = [seat('12:00', '13:00'), seat('12:00', '13:00'), seat('12:00', '13:00')];
    check({ salon: room(...session), minutes: 60, free: ['12:00'] });
    const other = there('12:30', '12:31');
    const salon = room(...session, other);
    check({ salon, minutes: 30, free: ['12:00', '12:35'], taken: ['12:05', '12:30'], code: 'no_room' });
    check({ salon, minutes: 31, taken: ['12:00'], code: 'no_room' });
  });

  it('gives its place away in a processing gap, minute by minute', () => {
    const gap = { afterMinutes: 20, minutes: 20 };
    const salon = room(there('12:00', '13:00', { gap }), there('12:00', '13:00'));
    check({ salon, minutes: 20, free: ['12:20'], taken: ['12:15', '12:25'] });
    check({ salon, minutes: 21, taken: ['12:20'] });
  });

  it('closes and is off to the minute, whatever its places', () => {
    const shut = { ...rooms[0]!, hours: everyDay([600, 721]) };
    check({
      salon: { services, rooms: [shut] },
      minutes: 60,
      free: ['10:00', '11:00'],
      taken: ['09:55', '11:05'],
    });
    check({ salon: { services, rooms: [shut] }, minutes: 61, free: ['11:00'], taken: ['11:05'] });
    for (const kind of ['time_off', 'block'] as const) {
      const timeOff = [{ staffId: null, roomId: 'room', startsAt: at('12:00'), endsAt: at('12:31'), kind }];
      const salon = { services, rooms, timeOff };
      check({ salon, minutes: 30, free: ['11:30', '12:35'], taken: ['11:35', '12:30'], code: 'no_room' });
      check({ salon, minutes: 31, taken: ['11:30'], code: 'no_room' });
    }
  });
});

describe('seats of a session, to the last one', () => {
  const services = [{ ...CUT, seats: 3 }];
  const seat = () => visit(held('12:00', '12:30', { seats: 3 }));

  it.each([
    [1, 1],
    [2, 0],
  ])('%i taken: one more leaves %i', (taken, left) => {
    const salon = { ...PLAIN, services, visits: Array.from({ length: taken }, seat) };
    const items = [{ variantId: 'cut-30', staffId: 'ada' }];
    const [slot] = findSlots(salon, { items, fromDate: DAY, toDate: DAY }).filter(({ startsLocal }) =>
      startsLocal.endsWith('12:00'),
    );
    expect(slot?.items[0]?.seatsLeft).toBe(left);
    expect(explainTime(salon, { items }, `${DAY}T12:00`).slot?.items[0]?.seatsLeft).toBe(left);
  });

  it('all taken, or one too many: none is left, and nobody starts beside it', () => {
    for (const taken of [3, 4]) {
      const salon = { services, visits: Array.from({ length: taken }, seat) };
      check({ salon, minutes: 30, taken: ['12:00'], code: 'capacity' });
      check({ salon, minutes: 30, free: ['11:30', '12:30'], taken: ['12:05', '11:35'], code: 'busy' });
    }
  });

  it('a proposed move from the same start is one seat, from another one two (R23)', () => {
    const moved = (prior: string) =>
      visit(
        held('12:00', '12:30', { seats: 3, prior: { startsAt: at(prior), endsAt: at('12:45') } }),
        'proposed',
      );
    const left = (prior: string) => {
      const salon = { ...PLAIN, services, visits: [moved(prior)] };
      return explainTime(salon, { items: [{ variantId: 'cut-30', staffId: 'ada' }] }, `${DAY}T12:00`).slot;
    };
    expect(left('12:00')?.items[0]?.seatsLeft).toBe(1);
    // The old time is in the way of the new one of the same session.
    expect(left('12:15')).toBeNull();
  });
});

describe('a processing gap, to the minute (R21)', () => {
  it('of a visit that stands', () => {
    const visits = [visit(held('09:00', '11:00', { gap: { afterMinutes: 30, minutes: 61 } }))];
    check({
      salon: { visits },
      minutes: 61,
      free: ['09:30', '11:00'],
      taken: ['09:25', '09:35'],
      code: 'busy',
    });
    check({ salon: { visits }, minutes: 62, taken: ['09:30'], code: 'busy' });
    check({ salon: { visits }, minutes: 1, free: ['10:30'], taken: ['10:35'] });
  });

  it('of the wanted visit', () => {
    const services = [{ ...CUT, gap: { afterMinutes: 20, minutes: 20 } }];
    const between = (from: string, till: string) => ({ services, visits: [visit(held(from, till))] });
    check({ salon: between('10:20', '10:40'), minutes: 60, free: ['10:00'], taken: ['10:05', '09:55'] });
    check({ salon: between('10:19', '10:40'), minutes: 60, taken: ['10:00'], code: 'busy' });
    check({ salon: between('10:20', '10:41'), minutes: 60, taken: ['10:00'], code: 'busy' });
  });

  it('that reaches the end of its visit leaves the person free there, and no longer', () => {
    const visits = [visit(held('09:00', '10:00', { gap: { afterMinutes: 31, minutes: 300 } }))];
    check({ salon: { visits }, minutes: 30, free: ['09:35'], taken: ['09:30'], code: 'busy' });
  });
});

describe('padding over midnight, to the minute (R22)', () => {
  const NEXT = '2026-11-25';
  const hours = everyDay([1320, 1560]);
  const buffers = rules({ bufferBeforeMinutes: 10, bufferAfterMinutes: 15 });

  it('after a visit of the evening', () => {
    const late = visit(held('23:20', '23:50'));
    const salon = { hours, visits: [late], rules: buffers };
    // 15 after it and 10 before us: a quarter past midnight.
    check({ salon, minutes: 30, free: [`${NEXT}T00:15`], taken: [`${NEXT}T00:10`], code: 'padding' });
    const later = visit(held('23:20', '23:50', { endsAt: at('23:51') }));
    check({
      salon: { ...salon, visits: [later] },
      minutes: 30,
      free: [`${NEXT}T00:20`],
      taken: [`${NEXT}T00:15`],
    });
  });

  it('before a visit of the morning', () => {
    const early = visit(held('00:10', '00:40', { startsAt: at('00:10', NEXT), endsAt: at('00:40', NEXT) }));
    const salon = { hours, visits: [early], rules: buffers };
    check({ salon, minutes: 30, free: ['23:15'], taken: ['23:20'], code: 'padding' });
    check({ salon, minutes: 31, free: ['23:10'], taken: ['23:15'], code: 'padding' });
  });

  it('over a midnight that the clocks jump over: minutes that are not there are not counted', () => {
    // São Paulo, 4 November 2018: after 23:59 came 01:00.
    const zoned = (time: string) => `2018-11-0${time}:00-0${time.startsWith('4') ? '2' : '3'}:00`;
    const late = visit(held('22:00', '23:00', { startsAt: zoned('3T23:00'), endsAt: zoned('3T23:50') }));
    const salon = {
      zone: 'America/Sao_Paulo',
      now: '2018-11-01T00:00:00Z',
      hours: everyDay([0, 1440]),
      visits: [late],
      rules: rules({ bufferAfterMinutes: 15 }),
    };
    check({ salon, minutes: 30, free: ['2018-11-04T01:05'], taken: ['2018-11-04T01:00'], code: 'padding' });
    check({ salon, minutes: 30, taken: ['2018-11-04T00:30'], code: 'ambiguous_time' });
  });
});

describe('the days on which clocks are changed, to the minute (R11)', () => {
  const year = rules({ horizonDays: 365 });

  it('spring: lengths are real minutes, and the hour that is missing holds nobody', () => {
    const salon = { hours: everyDay([60, 300]), rules: year };
    const on = (time: string) => `2027-03-28T${time}`;
    check({
      salon,
      minutes: 60,
      free: [on('01:00'), on('01:55'), on('04:00')],
      taken: [on('04:05')],
      code: 'closed',
    });
    check({ salon, minutes: 60, taken: [on('02:00'), on('02:30'), on('02:55')], code: 'ambiguous_time' });
    // From one to five there are three hours.
    check({ salon, minutes: 180, free: [on('01:00')], taken: [on('01:05')], code: 'closed' });
    const visits = [
      visit(held('01:00', '01:30', { startsAt: '2027-03-28T00:30:00Z', endsAt: '2027-03-28T01:10:00Z' })),
    ];
    // 01:30 to 03:10 on the wall.
    check({
      salon: { ...salon, visits },
      minutes: 30,
      free: [on('01:00'), on('03:10')],
      taken: [on('03:05')],
    });
  });

  it('autumn: what begins or ends in the hour that comes twice is not offered, what lies over it is', () => {
    const salon = { hours: everyDay([0, 300]), now: '2026-10-20T00:00:00Z' };
    const on = (time: string) => `2026-10-25T${time}`;
    check({ salon, minutes: 59, free: [on('01:00')], taken: [on('01:05')], code: 'ambiguous_time' });
    check({ salon, minutes: 60, taken: [on('01:00')], code: 'ambiguous_time' });
    check({
      salon,
      minutes: 30,
      free: [on('03:00')],
      taken: [on('02:00'), on('02:55')],
      code: 'ambiguous_time',
    });
    // Two hours and a half on the wall are an hour and a half more.
    check({ salon, minutes: 180, free: [on('01:00')], taken: [on('00:55')], code: 'ambiguous_time' });
    check({ salon, minutes: 179, taken: [on('01:00')], code: 'ambiguous_time' });
    check({ salon, minutes: 360, free: [on('00:00')], taken: [on('00:05')], code: 'closed' });
  });
});

describe('a session at a time that comes twice (R11, R24)', () => {
  it.each([
    ['the first time', '2026-10-25T00:30:00Z'],
    ['the second time', '2026-10-25T01:30:00Z'],
  ])('is not offered, %s', (_what, startsAt) => {
    const endsAt = new Date(Date.parse(startsAt) + 5_400_000).toISOString();
    const session = held('02:30', '03:30', { seats: 3, startsAt, endsAt });
    const salon = {
      ...PLAIN,
      now: '2026-10-20T00:00:00Z',
      hours: everyDay([0, 1440]),
      services: [{ ...CUT, seats: 3 }],
      visits: [visit(session)],
    };
    const items = [{ variantId: 'cut-60', staffId: 'ada', durationMinutes: 90 }];
    const slots = findSlots(salon, { items, fromDate: '2026-10-25', toDate: '2026-10-25' });
    expect(slots.map(({ startsLocal }) => startsLocal.slice(11))).not.toContain('02:30');
    expect(slots.length).toBeGreaterThan(10);
    expect(explainTime(salon, { items }, '2026-10-25T02:30').code).toBe('ambiguous_time');
  });
});

describe('notice and horizon, to the minute (R25)', () => {
  const noon = `${DAY}T12:00`;
  const now = (time: string) => `${DAY}T${time}Z`;

  it.each([
    ['on the minute', '10:00:00', ['12:00'], ['11:55']],
    ['a second past it', '10:00:01', ['12:05'], ['12:00']],
    ['a second before it', '09:59:59', ['12:00'], ['11:55']],
  ])('notice of an hour, %s', (_what, time, free, taken) => {
    check({
      salon: { now: now(time), rules: rules({ noticeMinutes: 60 }) },
      minutes: 30,
      free,
      taken,
      code: 'notice',
    });
  });

  it('without notice the present minute is the first', () => {
    check({
      salon: { now: now('11:00:00') },
      minutes: 30,
      free: ['12:00'],
      taken: ['11:55'],
      code: 'notice',
    });
  });

  it.each([
    ['on the minute', '11:00:00', [noon], [`${DAY}T12:05`]],
    ['a second past it', '11:00:01', [noon], [`${DAY}T12:05`]],
    ['a second before it', '10:59:59', [`${DAY}T11:55`], [noon]],
  ])('a horizon of a day, %s', (_what, time, free, taken) => {
    const salon = { now: `2026-11-23T${time}Z`, rules: rules({ horizonDays: 1 }) };
    check({ salon, minutes: 30, free, taken, code: 'horizon' });
  });

  it('both count real time: over a change of clocks the horizon’s day ends an hour earlier on the wall', () => {
    const salon = { now: '2026-10-24T10:00:00Z', rules: rules({ horizonDays: 1 }) };
    check({ salon, minutes: 30, free: ['2026-10-25T11:00'], taken: ['2026-10-25T11:05'], code: 'horizon' });
  });
});

describe('hours, time off and neighbours, to the minute', () => {
  it('hours', () => {
    const hours = everyDay([541, 601]);
    check({ salon: { hours }, minutes: 51, free: ['09:10'], taken: ['09:00', '09:15'], code: 'closed' });
    check({ salon: { hours }, minutes: 52, taken: ['09:10'], code: 'closed' });
  });

  it.each(['time_off', 'block'] as const)('%s', (kind) => {
    const off = (startsAt: string, endsAt: string) => ({
      timeOff: [{ staffId: 'ada', roomId: null, startsAt, endsAt, kind }],
    });
    const code = kind === 'block' ? 'busy' : 'time_off';
    const salon = off(at('12:00'), at('12:31'));
    check({ salon, minutes: 30, free: ['11:30', '12:35'], taken: ['11:35', '12:30'], code });
    check({ salon, minutes: 31, taken: ['11:30'], code });
    // A part of a minute is the minute.
    const seconds = off(`${DAY}T11:00:30Z`, `${DAY}T11:30:01Z`);
    check({ salon: seconds, minutes: 30, free: ['11:30'], taken: ['12:30'], code });
    check({ salon: seconds, minutes: 29, free: ['11:30', '12:35'] });
  });

  it('a visit before and one after', () => {
    const visits = [visit(held('11:00', '12:01')), visit(held('12:36', '13:00'))];
    check({
      salon: { visits },
      minutes: 31,
      free: ['12:05', '10:25'],
      taken: ['12:00', '10:30'],
      code: 'busy',
    });
    check({ salon: { visits }, minutes: 32, taken: ['12:05'], code: 'busy' });
  });
});
