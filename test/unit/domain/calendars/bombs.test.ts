import { describe, expect, it } from 'vitest';
import { busyTimes, type CalendarLimits } from '../../../../domain/calendars/index.ts';
import { eventOf, feedOf, WARSAW } from './feed.ts';

const window = { from: Date.parse('2026-03-01'), to: Date.parse('2027-03-05') };
const codeOf = (text: string, limits?: Partial<CalendarLimits>): string | number => {
  try {
    return busyTimes({ text, zone: WARSAW, window, ...(limits === undefined ? {} : { limits }) }).stretches
      .length;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
};
const repeated = (rule: string, start = '19700101T000000Z') =>
  feedOf(eventOf('UID:b', `DTSTART:${start}`, 'DURATION:PT1M', `RRULE:${rule}`));

describe('bad feeds end with a code, and soon', { timeout: 20_000 }, () => {
  it.each([
    ['every second since 1970', 'FREQ=SECONDLY', 'calendar_too_many_repetitions'],
    ['every minute', 'FREQ=MINUTELY', 'calendar_too_many_repetitions'],
    [
      'every second of every day',
      `FREQ=DAILY;BYHOUR=${to(23)};BYMINUTE=${to(59)};BYSECOND=${to(59)}`,
      'calendar_too_many_repetitions',
    ],
    ['a million counted ones', 'FREQ=SECONDLY;COUNT=1000000000', 'calendar_too_many_repetitions'],
    ['never: Mondays that are Tuesdays', 'FREQ=DAILY;INTERVAL=7;BYDAY=MO', 0],
    ['never: 30 February', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 0],
    ['never: 30 February, day by day', 'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', 0],
    ['an interval of ages', 'FREQ=DAILY;INTERVAL=2147483647', 0],
    ['a negative interval', 'FREQ=DAILY;INTERVAL=-1', 0],
  ])('%s', (_what, rule, expected) => {
    const found = codeOf(repeated(rule));
    if (expected === 0) expect(found === 0 || found === 369).toBe(true);
    else expect(found).toBe(expected);
  });

  it('many entries that each repeat daily cost together', () => {
    const many = Array.from({ length: 30 }, (_, at) =>
      eventOf(`UID:${String(at)}`, 'DTSTART:20200101T080000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY'),
    );
    expect(codeOf(feedOf(...many))).toBe('calendar_too_many_repetitions');
    expect(codeOf(feedOf(...many), { stretches: 20_000 })).toBe(30 * 369);
  });

  it('a zone that is a bomb', () => {
    const zone = [
      'BEGIN:VTIMEZONE',
      'TZID:Bomb',
      'BEGIN:STANDARD',
      'DTSTART:19700101T000000',
      'TZOFFSETFROM:+0100',
      'TZOFFSETTO:+0100',
      'RRULE:FREQ=SECONDLY',
      'END:STANDARD',
      'END:VTIMEZONE',
    ].join('\n');
    const feed = feedOf(zone, eventOf('UID:1', 'DTSTART;TZID=Bomb:20260401T100000', 'DURATION:PT1H'));
    expect(codeOf(feed)).toBe('calendar_too_many_repetitions');
  });

  it('too large, too many, too deep, cut short, no calendar', () => {
    const one = eventOf('UID:1', 'DTSTART:20260402T100000Z', 'DURATION:PT1H');
    expect(codeOf(feedOf(one))).toBe(1);
    expect(codeOf(feedOf(one), { bytes: 50 })).toBe('calendar_too_large');
    expect(codeOf(feedOf(one, one, one), { events: 2 })).toBe('calendar_too_many_events');
    const deep = 'BEGIN:VEVENT\n'.repeat(6) + 'END:VEVENT\n'.repeat(5) + 'END:VEVENT';
    expect(codeOf(feedOf(deep))).toBe('calendar_too_deep');
    const whole = feedOf(one);
    expect(codeOf(whole.slice(0, whole.length - 20))).toBe('calendar_cut_short');
    expect(codeOf(whole.slice(0, 60))).toBe('calendar_cut_short');
    expect(codeOf('<!doctype html><p>Sign in</p>')).toBe('calendar_not_ical');
    expect(codeOf('')).toBe('calendar_not_ical');
    expect(codeOf(feedOf())).toBe(0);
  });

  it('R2 a feed cut anywhere is refused or the same: it never loses entries quietly', () => {
    const feed = feedOf(
      ...Array.from({ length: 5 }, (_, at) =>
        eventOf(`UID:${String(at)}`, `DTSTART:2026040${String(at + 1)}T100000Z`, 'DURATION:PT1H'),
      ),
    );
    for (let length = 0; length < feed.length; length += 1) {
      const found = codeOf(feed.slice(0, length));
      if (found !== 5) expect(String(found)).toMatch(/^calendar_/);
    }
  });
});

function to(most: number): string {
  return Array.from({ length: most + 1 }, (_, at) => String(at)).join(',');
}
