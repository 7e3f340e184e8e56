import { describe, expect, it } from 'vitest';
import {
  AVAILABILITY_ERRORS,
  AvailabilityError,
  explainTime,
  findSlots,
  nextFreeSlots,
  type AvailabilityErrorCode,
  type SalonDescription,
  type SlotQuery,
} from '../../../../domain/availability/index.ts';
import { at, CUT, everyDay, held, PLAIN, QUERY, visit } from '../../../support/availability-plain.ts';

type Salon = Partial<SalonDescription>;
type Query = Partial<SlotQuery>;
const days = (intervals: readonly (readonly [number, number])[]) => ({ hours: everyDay(...intervals) });
const rules = (change: Partial<SalonDescription['rules']>) => ({ rules: { ...PLAIN.rules, ...change } });
const variant = (change: Partial<(typeof CUT.variants)[number]>) => ({
  services: [{ ...CUT, variants: [{ ...CUT.variants[0]!, ...change }] }],
});
const off = (startsAt: string, endsAt: string) => ({
  timeOff: [{ staffId: 'ada', roomId: null, startsAt, endsAt, kind: 'time_off' as const }],
});
const custom = (date: string) => ({ hours: { ...PLAIN.hours, custom: [{ date, intervals: [] }] } });

const CASES: readonly (readonly [AvailabilityErrorCode, field: string, value: unknown, Salon, Query])[] = [
  ['unknown_zone', 'zone', 'Europe/Atlantis', { zone: 'Europe/Atlantis' }, {}],
  ['unknown_zone', 'zone', '', { zone: '' }, {}],
  ['impossible_instant', 'now', 'yesterday', { now: 'yesterday' }, {}],
  ['impossible_instant', 'now', '2026-02-30T10:00:00Z', { now: '2026-02-30T10:00:00Z' }, {}],
  ['impossible_instant', 'now', '2026-02-30T10:00:00.000Z', { now: '2026-02-30T10:00:00.000Z' }, {}],
  ['impossible_instant', 'now', '2026-11-23T24:10:00.000Z', { now: '2026-11-23T24:10:00.000Z' }, {}],
  ['impossible_instant', 'now', '2026-11-23T10:00:00.0x0Z', { now: '2026-11-23T10:00:00.0x0Z' }, {}],
  // Without an offset it would be read in the zone of the machine.
  ['impossible_instant', 'now', '2026-11-23T10:00:00', { now: '2026-11-23T10:00:00' }, {}],
  ['impossible_date', 'fromDate', '2026-02-30', {}, { fromDate: '2026-02-30' }],
  ['impossible_date', 'toDate', '2026-2-3', {}, { toDate: '2026-2-3' }],
  ['impossible_date', 'toDate', '9999-01-01', {}, { toDate: '9999-01-01' }],
  ['impossible_date', 'hours.custom[0].date', '2027-02-29', custom('2027-02-29'), {}],
  ['impossible_date', 'holidays[0].date', 'Easter', { holidays: [{ date: 'Easter', open: null }] }, {}],
  ['end_before_start', 'toDate', '2026-11-23', {}, { toDate: '2026-11-23' }],
  ['end_before_start', 'hours.weekly[0].days[0].intervals[0]', [600, 540], days([[600, 540]]), {}],
  [
    'zero_length',
    'hours.weekly[0].days[0].intervals[1]',
    [600, 600],
    days([
      [540, 560],
      [600, 600],
    ]),
    {},
  ],
  ['number_out_of_range', 'hours.weekly[0].days[0].intervals[0]', 2881, days([[600, 2881]]), {}],
  ['number_out_of_range', 'hours.weekly[0].days[0].intervals[0]', -5, days([[-5, 60]]), {}],
  ['end_before_start', 'timeOff[0].endsAt', at('11:00'), off(at('12:00'), at('11:00')), {}],
  ['zero_length', 'timeOff[0].endsAt', at('12:00'), off(at('12:00'), at('12:00')), {}],
  [
    'end_before_start',
    'visits[0].items[0].endsAt',
    at('11:00'),
    { visits: [visit(held('12:00', '11:00'))] },
    {},
  ],
  ['zero_length', 'visits[0].items[0].endsAt', at('12:00'), { visits: [visit(held('12:00', '12:00'))] }, {}],
  ['zero_length', 'items[0].durationMinutes', 0, {}, { items: [{ ...QUERY.items[0]!, durationMinutes: 0 }] }],
  ['zero_length', 'items[0].durationMinutes', 0, {}, { items: [{ variantId: null, staffId: null }] }],
  ['zero_length', 'services[0].variants[0].durationMinutes', 0, variant({ durationMinutes: 0 }), {}],
  [
    'number_out_of_range',
    'services[0].variants[0].durationMinutes',
    1441,
    variant({ durationMinutes: 1441 }),
    {},
  ],
  ['step_out_of_range', 'rules.slotStepMinutes', 4, rules({ slotStepMinutes: 4 }), {}],
  ['step_out_of_range', 'rules.slotStepMinutes', 61, rules({ slotStepMinutes: 61 }), {}],
  ['step_out_of_range', 'rules.slotStepMinutes', 7.5, rules({ slotStepMinutes: 7.5 }), {}],
  ['step_out_of_range', 'services[0].variants[0].slotStepMinutes', 0, variant({ slotStepMinutes: 0 }), {}],
  ['number_out_of_range', 'rules.noticeMinutes', -1, rules({ noticeMinutes: -1 }), {}],
  ['number_out_of_range', 'rules.horizonDays', null, rules({ horizonDays: Number.NaN }), {}],
  ['number_out_of_range', 'rooms[0].capacity', 0, { rooms: [{ ...PLAIN.rooms[0]!, capacity: 0 }] }, {}],
  ['unknown_staff', 'items[0].staffId', 'eve', {}, { items: [{ variantId: 'cut-30', staffId: 'eve' }] }],
  ['unknown_staff', 'services[0].variants[0].staffIds', 'eve', variant({ staffIds: ['ada', 'eve'] }), {}],
  ['unknown_service', 'items[0].variantId', 'perm', {}, { items: [{ variantId: 'perm', staffId: null }] }],
  ['unknown_room', 'services[0].roomIds', 'attic', { services: [{ ...CUT, roomIds: ['attic'] }] }, {}],
  [
    'staff_not_bookable',
    'items[0].staffId',
    'ada',
    { staff: PLAIN.staff.map((each) => ({ ...each, bookable: false })) },
    {},
  ],
  ['staff_does_not_serve', 'items[0].staffId', 'ada', variant({ staffIds: ['bea'] }), {}],
  ['nothing_wanted', 'items', 0, {}, { items: [] }],
  ['nothing_wanted', 'items', 21, {}, { items: Array.from({ length: 21 }, () => QUERY.items[0]!) }],
  ['range_too_long', 'toDate', '2027-11-25', {}, { toDate: '2027-11-25' }],
  ['duplicate', 'staff.id', 'ada', { staff: [PLAIN.staff[0]!, PLAIN.staff[0]!] }, {}],
];

function refusal(work: () => unknown): AvailabilityError {
  try {
    work();
  } catch (error) {
    if (error instanceof AvailabilityError) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
}

describe('bad input to the slot engine', () => {
  it.each(CASES)('%s at %s: %j', (code, field, value, salon, query) => {
    const error = refusal(() => findSlots({ ...PLAIN, ...salon }, { ...QUERY, ...query }));
    expect({ code: error.code, field: error.field, value: error.value }).toEqual({
      code,
      field,
      value: JSON.stringify(value),
    });
    expect(error.message).toBe(`${error.message.split(': ')[0]!}: ${AVAILABILITY_ERRORS[code]}`);
    expect(error.message.startsWith(`${field} is ${JSON.stringify(value)}`)).toBe(true);
  });

  it.each(['2026-11-24', '2026-11-24T25:00', '2026-02-30T10:00', '2026-11-24T10:00Z', 'noon'])(
    'a time to explain that is none: %s',
    (time) => {
      expect(refusal(() => explainTime(PLAIN, QUERY, time))).toMatchObject({
        code: 'impossible_time',
        field: 'startsLocal',
      });
    },
  );

  it.each([0, -1, 101, 1.5])('a count of %d next slots', (count) => {
    expect(refusal(() => nextFreeSlots(PLAIN, QUERY, { from: PLAIN.now, count }))).toMatchObject({
      code: 'number_out_of_range',
      field: 'count',
    });
  });

  it('has a case for every code', () => {
    const codes = new Set([...CASES.map(([code]) => code), 'impossible_time']);
    expect(codes).toEqual(new Set(Object.keys(AVAILABILITY_ERRORS)));
  });

  it('shows at most 60 characters of a value', () => {
    const error = refusal(() => findSlots({ ...PLAIN, zone: 'x'.repeat(5000) }, QUERY));
    expect(error.value.length).toBeLessThanOrEqual(60);
  });
});
