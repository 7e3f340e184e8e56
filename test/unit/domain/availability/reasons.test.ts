import { describe, expect, it } from 'vitest';
import {
  explainTime,
  findSlots,
  REASONS,
  type ReasonCode,
  type SalonDescription,
  type WantedItem,
} from '../../../../domain/availability/index.ts';
import { at, CUT, DAY, everyDay, held, PLAIN, QUERY, visit } from '../../../support/availability-plain.ts';

interface Case {
  readonly what: string;
  readonly salon: Partial<SalonDescription>;
  readonly wanted?: WantedItem;
  /** Local time of the day; 12:00 unless told. */
  readonly time?: string;
  readonly date?: string;
  /** The reasons; the first is the code. */
  readonly codes: readonly ReasonCode[];
}

const rules = (change: Partial<SalonDescription['rules']>) => ({ rules: { ...PLAIN.rules, ...change } });
const service = (change: Partial<typeof CUT>) => ({ services: [{ ...CUT, ...change }] });
const off = (kind: 'time_off' | 'block', staffId: string | null = 'ada') => ({
  timeOff: [
    { staffId, roomId: staffId === null ? 'room' : null, startsAt: at('12:00'), endsAt: at('13:00'), kind },
  ],
});

const CASES: readonly Case[] = [
  { what: 'before opening', salon: {}, time: '08:30', codes: ['closed'] },
  { what: 'the end past closing', salon: {}, time: '16:31', codes: ['closed'] },
  { what: 'between two shifts', salon: { hours: everyDay([540, 720], [750, 1020]) }, codes: ['closed'] },
  {
    what: 'the person does not work then',
    salon: {
      staff: PLAIN.staff.map((each) => (each.id === 'ada' ? { ...each, hours: everyDay([540, 720]) } : each)),
    },
    codes: ['closed'],
  },
  { what: 'a holiday', salon: { holidays: [{ date: DAY, open: null }] }, codes: ['holiday'] },
  {
    what: 'outside of the exceptional opening of a holiday',
    salon: { holidays: [{ date: DAY, open: [[540, 600]] }] },
    codes: ['closed'],
  },
  { what: 'time off', salon: off('time_off'), codes: ['time_off'] },
  { what: 'time off that ends within', salon: off('time_off'), time: '12:59', codes: ['time_off'] },
  { what: 'another calendar', salon: off('block'), codes: ['busy'] },
  { what: 'a visit', salon: { visits: [visit(held('12:00', '12:30'))] }, codes: ['busy'] },
  { what: 'the last minute of a visit', salon: { visits: [visit(held('11:31', '12:01'))] }, codes: ['busy'] },
  {
    what: 'a visit with an unknown status (R23)',
    salon: { visits: [visit(held('12:00', '12:30'), 'new_word')] },
    codes: ['busy'],
  },
  {
    what: 'the old time of a proposed move (R23)',
    salon: {
      visits: [
        visit(held('15:00', '15:30', { prior: { startsAt: at('12:00'), endsAt: at('12:30') } }), 'proposed'),
      ],
    },
    codes: ['busy'],
  },
  {
    what: 'too little time after a visit: the buffer after it',
    salon: { ...rules({ bufferAfterMinutes: 10 }), visits: [visit(held('11:00', '11:51'))] },
    codes: ['padding'],
  },
  {
    what: 'own padding and that of the neighbour add up',
    salon: {
      ...service({ padding: { beforeMinutes: 10, afterMinutes: 10 } }),
      visits: [visit(held('11:00', '11:41'))],
    },
    codes: ['padding'],
  },
  {
    what: 'a full session (R24)',
    salon: {
      ...service({ seats: 2 }),
      visits: [visit(held('12:00', '12:30', { seats: 2 })), visit(held('12:00', '12:30', { seats: 2 }))],
    },
    codes: ['capacity'],
  },
  {
    what: 'a session that began earlier',
    salon: { ...service({ seats: 3 }), visits: [visit(held('11:50', '12:20', { seats: 3 }))] },
    codes: ['busy'],
  },
  {
    what: 'the only room is taken by somebody else',
    salon: {
      ...service({ roomIds: ['room'] }),
      visits: [visit(held('12:00', '12:30', { staffId: 'bea', roomId: 'room' }))],
    },
    codes: ['no_room'],
  },
  {
    what: 'the only room is off',
    salon: { ...service({ roomIds: ['room'] }), ...off('time_off', null) },
    codes: ['no_room'],
  },
  { what: 'it needs a room and there is none', salon: service({ roomIds: [] }), codes: ['no_room'] },
  {
    what: 'within the notice',
    salon: { ...rules({ noticeMinutes: 120 }), now: at('10:01') },
    codes: ['notice'],
  },
  { what: 'in the past', salon: { now: at('12:01') }, codes: ['notice'] },
  {
    what: 'past the horizon',
    salon: { ...rules({ horizonDays: 1 }), now: at('11:59', '2026-11-23') },
    codes: ['horizon'],
  },
  {
    what: 'a local time that does not exist (R11)',
    salon: { hours: everyDay([0, 1440]) },
    date: '2027-03-28',
    time: '02:30',
    codes: ['ambiguous_time'],
  },
  {
    what: 'a local time that comes twice (R11)',
    salon: { hours: everyDay([0, 1440]), now: '2026-10-20T00:00:00Z' },
    date: '2026-10-25',
    time: '02:30',
    codes: ['ambiguous_time'],
  },
  {
    what: 'an end whose local time comes twice (R11)',
    salon: { hours: everyDay([0, 1440]), now: '2026-10-20T00:00:00Z' },
    date: '2026-10-25',
    time: '01:45',
    codes: ['ambiguous_time'],
  },
  {
    what: 'several things at once, the hardest first',
    salon: { ...off('time_off'), ...rules({ horizonDays: 0 }), visits: [visit(held('12:00', '12:30'))] },
    codes: ['horizon', 'time_off', 'busy'],
  },
  {
    what: 'anybody: the reason of the one who is nearest to being free',
    salon: { ...off('time_off'), visits: [visit(held('12:00', '12:30', { staffId: 'bea' }))] },
    wanted: { variantId: 'cut-30', staffId: null },
    codes: ['busy', 'time_off'],
  },
  {
    what: 'nobody serves it',
    salon: { services: [{ ...CUT, variants: [{ ...CUT.variants[0]!, staffIds: [] }] }] },
    wanted: { variantId: 'cut-30', staffId: null },
    codes: ['closed'],
  },
  {
    what: 'the last person free is needed for a visit without a name (R24)',
    salon: {
      visits: [
        visit(held('12:00', '12:30', { staffId: null, eligibleStaffIds: ['ada', 'bea'] })),
        visit(held('12:00', '12:30', { staffId: 'bea' })),
      ],
    },
    codes: ['busy'],
  },
];

describe('explainTime', () => {
  it.each(CASES)('$what: $codes', ({ salon, wanted, time = '12:00', date = DAY, codes }) => {
    // Far dates are within the horizon unless the case says otherwise.
    const description = { ...PLAIN, ...(date === DAY ? {} : rules({ horizonDays: 365 })), ...salon };
    const query = {
      ...QUERY,
      ...(wanted === undefined ? {} : { items: [wanted] }),
      fromDate: date,
      toDate: date,
    };
    const explained = explainTime(description, query, `${date}T${time}`);
    expect(explained).toMatchObject({ free: false, offered: false, slot: null, code: codes[0] });
    expect(new Set(explained.reasons.map(({ code }) => code))).toEqual(new Set(codes));
    expect(findSlots(description, query).map(({ startsLocal }) => startsLocal)).not.toContain(
      `${date}T${time}`,
    );
  });

  it('has a case and a text for every reason', () => {
    expect(new Set(CASES.flatMap(({ codes }) => codes))).toEqual(new Set(Object.keys(REASONS)));
    expect(Object.keys(REASONS).sort()).toEqual([
      'ambiguous_time',
      'busy',
      'capacity',
      'closed',
      'holiday',
      'horizon',
      'no_room',
      'notice',
      'padding',
      'time_off',
    ]);
  });

  it('says of whom and of which item it speaks', () => {
    const items = [QUERY.items[0]!, { variantId: 'cut-30', staffId: null }];
    const busy = [visit(held('12:30', '13:00')), visit(held('12:30', '13:00', { staffId: 'bea' }))];
    expect(explainTime({ ...PLAIN, visits: busy }, { items }, `${DAY}T12:00`)).toEqual({
      free: false,
      offered: false,
      slot: null,
      code: 'busy',
      reasons: [
        { code: 'busy', item: 1, staffId: 'ada' },
        { code: 'busy', item: 1, staffId: 'bea' },
      ],
    });
  });

  it('finds a time free that is off the step, and not offered', () => {
    const explained = explainTime(PLAIN, QUERY, `${DAY}T12:07`);
    expect(explained).toMatchObject({ free: true, offered: false, code: null, reasons: [] });
    expect(explained.slot).toMatchObject({ startsLocal: `${DAY}T12:07`, endsLocal: `${DAY}T12:37` });
    expect(explainTime(PLAIN, QUERY, `${DAY}T12:30`)).toMatchObject({ free: true, offered: true });
  });
});
