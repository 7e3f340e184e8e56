import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObservedCustomDay, ObservedWeekday, OpenInterval } from '../../../../domain/observed.ts';
import {
  seenClient,
  seenCustomDays,
  seenTimeOff,
  seenWeekly,
} from '../../../../domain/states/people-and-time.ts';
import { client, interval, links, noLinks, timeOff } from '../support/observed.ts';

const shift: OpenInterval = [540, 1_020];
const weekday = (
  dayOfWeek: number,
  appliesFrom: string | null,
  ...intervals: OpenInterval[]
): ObservedWeekday => ({
  dayOfWeek,
  appliesFrom,
  intervals,
});

describe('seenClient (R40)', () => {
  it('keeps name, e-mail and phone and nothing more', () => {
    const seen = seenClient(
      client({ createdAt: '2024-01-01T00:00:00.000Z', phone: '+48000000000' }),
      interval,
    );
    expect(seen.here).toEqual({
      name: { given: 'Zofia', family: 'Przykładna' },
      email: 'zofia@salon.example',
      phone: '+48000000000',
    });
    expect(seen.theirs).toEqual(seen.here);
  });
});

describe('seenTimeOff', () => {
  const time = {
    startsLocal: '2025-07-01T00:00',
    endsLocal: '2025-07-02T00:00',
    allDay: true,
    zone: 'Europe/Warsaw',
  };

  it.each([
    ['11', { kind: 'staff', id: 'staff-a' }],
    ['21', { kind: 'room', id: 'room-a' }],
  ])('belongs to resource %s', (resourceExternalId, owner) => {
    const seen = seenTimeOff(timeOff({ resourceExternalId }), 'Europe/Warsaw', links, interval);
    expect(seen.here).toEqual({ time, reason: 'vacation', approved: true, owner });
    expect(seen.theirs).toEqual({ time, reason: 'vacation', approved: true, owner: resourceExternalId });
    expect(seen.unresolved).toEqual([]);
  });

  it('notes an owner that is unknown here', () => {
    const seen = seenTimeOff(timeOff(), 'Europe/Warsaw', noLinks, interval);
    expect(seen).toMatchObject({ unresolved: ['owner'], here: { owner: null }, theirs: { owner: '11' } });
  });
});

describe('seenWeekly', () => {
  it('names every day of the week; a day that was not named is closed', () => {
    const seen = seenWeekly('11', [weekday(1, null, [540, 720], [780, 1_020])], interval);
    expect(seen.here).toEqual({
      'weekday:now:0': [],
      'weekday:now:1': [
        [540, 720],
        [780, 1_020],
      ],
      'weekday:now:2': [],
      'weekday:now:3': [],
      'weekday:now:4': [],
      'weekday:now:5': [],
      'weekday:now:6': [],
    });
    expect(seen.theirs).toEqual(seen.here);
    expect(seen.externalId).toBe('11');
  });

  it('keeps a schedule that begins later apart, closed days and all', () => {
    const seen = seenWeekly('11', [weekday(1, null, shift), weekday(2, '2025-09-01', shift)], interval);
    expect(Object.keys(seen.here)).toHaveLength(14);
    expect(seen.here['weekday:now:1']).toEqual([shift]);
    expect(seen.here['weekday:2025-09-01:1']).toEqual([]);
    expect(seen.here['weekday:2025-09-01:2']).toEqual([shift]);
  });

  it.each<[string, ObservedWeekday[]]>([
    ['no day at all', []],
    ['only days that begin later', [weekday(1, '2025-09-01', shift)]],
  ])('says that the present week is closed where the answer has %s', (_, days) => {
    const { here } = seenWeekly('11', days, interval);
    for (let day = 0; day <= 6; day += 1) expect(here[`weekday:now:${String(day)}`]).toEqual([]);
  });

  it('does not depend on the order of the days', () => {
    const days = [0, 2, 3, 6].flatMap((day) => [
      weekday(day, null, shift),
      weekday(day, '2025-09-01', [600, 900]),
    ]);
    fc.assert(
      fc.property(fc.shuffledSubarray(days, { minLength: days.length }), (turned) => {
        expect(seenWeekly('11', turned, interval)).toEqual(seenWeekly('11', days, interval));
      }),
    );
  });
});

describe('seenCustomDays', () => {
  const window = { fromDate: '2025-05-01', tillDate: '2025-05-31' };
  const day = (date: string, ...intervals: OpenInterval[]): ObservedCustomDay => ({ date, intervals });

  it('carries over days outside the window, and believes the answer inside it', () => {
    const known = {
      'date:2025-04-30': [shift],
      'date:2025-05-01': [shift],
      'date:2025-05-10': [shift],
      'date:2025-05-31': [shift],
      'date:2025-06-01': [],
    };
    const seen = seenCustomDays(
      '11',
      [day('2025-05-10', [600, 660]), day('2025-05-20')],
      window,
      known,
      interval,
    );
    expect(seen.here).toEqual({
      'date:2025-04-30': [shift],
      'date:2025-05-10': [[600, 660]],
      'date:2025-05-20': [],
      'date:2025-06-01': [],
    });
    expect(seen.theirs).toEqual(seen.here);
  });

  it('keeps a closed day apart from one that has no custom hours', () => {
    const seen = seenCustomDays('11', [day('2025-05-03')], window, {}, interval);
    expect(seen.here).toEqual({ 'date:2025-05-03': [] });
  });

  it('sees no change where the window moves on with the calendar and nothing else does', () => {
    const date = fc
      .integer({ min: 0, max: 120 })
      .map((n) => new Date(Date.UTC(2025, 3, 1 + n)).toISOString().slice(0, 10));
    const days = fc.uniqueArray(
      date.map((at) => day(at, shift)),
      { maxLength: 12, selector: (custom) => custom.date },
    );
    fc.assert(
      fc.property(days, fc.nat({ max: 40 }), (all, moves) => {
        const cut = (offset: number) => {
          const at = (n: number) => new Date(Date.UTC(2025, 3, 1 + n + offset)).toISOString().slice(0, 10);
          return { fromDate: at(20), tillDate: at(70) };
        };
        const listed = (within: { fromDate: string; tillDate: string }) =>
          all.filter(({ date: at }) => at >= within.fromDate && at <= within.tillDate);
        const first = seenCustomDays('11', listed(cut(0)), cut(0), {}, interval);
        const second = seenCustomDays('11', listed(cut(moves)), cut(moves), first.theirs, interval);
        // New days may come into view; none that was known may go or change.
        expect(second.theirs).toMatchObject(first.theirs);
        expect(seenCustomDays('11', listed(cut(moves)), cut(moves), second.theirs, interval)).toEqual(second);
      }),
    );
  });
});
