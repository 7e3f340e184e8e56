import { describe, expect, it } from 'vitest';
import { busyTimes, keptOf } from '../../../../domain/calendars/index.ts';
import { busyIn, eventOf, feedOf, WARSAW } from './feed.ts';

const at = (start: string, ...more: readonly string[]) =>
  eventOf('UID:a@cal.example', `DTSTART${start}`, ...more);

describe('what a feed says is busy', () => {
  it('R11 times in UTC, in a named zone, and without one in the salon’s', () => {
    const feed = feedOf(
      eventOf('UID:1', 'DTSTART:20260302T090000Z', 'DTEND:20260302T100000Z'),
      eventOf(
        'UID:2',
        'DTSTART;TZID=America/New_York:20260303T090000',
        'DTEND;TZID=America/New_York:20260303T100000',
      ),
      eventOf('UID:3', 'DTSTART:20260304T090000', 'DURATION:PT1H30M'),
    );
    expect(busyIn(feed)).toEqual([
      '2026-03-02T09:00/2026-03-02T10:00',
      '2026-03-03T14:00/2026-03-03T15:00',
      '2026-03-04T08:00/2026-03-04T09:30',
    ]);
  });

  it('R11 whole days are days of the salon, also the one of 23 hours', () => {
    const feed = feedOf(at(';VALUE=DATE:20260328', 'DTEND;VALUE=DATE:20260330'));
    expect(busyIn(feed)).toEqual(['2026-03-27T23:00/2026-03-29T22:00']);
    expect(busyIn(feedOf(at(';VALUE=DATE:20260329')))).toEqual(['2026-03-28T23:00/2026-03-29T22:00']);
    // Some programs end a day on the day itself.
    expect(busyIn(feedOf(at(';VALUE=DATE:20260310', 'DTEND;VALUE=DATE:20260310')))).toHaveLength(1);
  });

  it('R11 a repetition stays at its local hour when the clocks change', () => {
    const feed = feedOf(
      at(
        `;TZID=${WARSAW}:20260322T100000`,
        `DTEND;TZID=${WARSAW}:20260322T110000`,
        'RRULE:FREQ=WEEKLY;COUNT=2',
      ),
    );
    expect(busyIn(feed)).toEqual(['2026-03-22T09:00/2026-03-22T10:00', '2026-03-29T08:00/2026-03-29T09:00']);
  });

  it('leaves out what is cancelled, transparent, or takes no time', () => {
    const feed = feedOf(
      eventOf('UID:1', 'DTSTART:20260302T090000Z', 'DTEND:20260302T100000Z', 'STATUS:CANCELLED'),
      eventOf('UID:2', 'DTSTART:20260302T090000Z', 'DTEND:20260302T100000Z', 'TRANSP:TRANSPARENT'),
      eventOf('UID:3', 'DTSTART:20260302T090000Z'),
      eventOf('UID:4', 'DTSTART:20260302T120000Z', 'DTEND:20260302T130000Z', 'STATUS:TENTATIVE'),
    );
    expect(busyIn(feed)).toEqual(['2026-03-02T12:00/2026-03-02T13:00']);
  });

  it('EXDATE takes repetitions out, by time or by day; RDATE adds some', () => {
    const feed = feedOf(
      at(
        ':20260302T090000Z',
        'DTEND:20260302T093000Z',
        'RRULE:FREQ=DAILY;COUNT=4',
        'EXDATE:20260303T090000Z',
        'EXDATE;VALUE=DATE:20260304',
        'RDATE:20260310T150000Z,20260311T150000Z',
        'RDATE;VALUE=PERIOD:20260312T150000Z/PT30M',
      ),
    );
    expect(busyIn(feed).map((each) => each.slice(0, 16))).toEqual([
      '2026-03-02T09:00',
      '2026-03-05T09:00',
      '2026-03-10T15:00',
      '2026-03-11T15:00',
      '2026-03-12T15:00',
    ]);
  });

  it('RECURRENCE-ID: one repetition moved, one cancelled, one made free', () => {
    const one = (id: string, ...lines: readonly string[]) =>
      eventOf('UID:s', `RECURRENCE-ID:${id}`, ...lines);
    const feed = feedOf(
      eventOf('UID:s', 'DTSTART:20260302T090000Z', 'DTEND:20260302T100000Z', 'RRULE:FREQ=DAILY;COUNT=5'),
      one('20260303T090000Z', 'DTSTART:20260303T140000Z', 'DTEND:20260303T141500Z'),
      one('20260304T090000Z', 'DTSTART:20260304T090000Z', 'DTEND:20260304T100000Z', 'STATUS:CANCELLED'),
      one('20260305T090000Z', 'DTSTART:20260305T090000Z', 'DTEND:20260305T100000Z', 'TRANSP:TRANSPARENT'),
    );
    expect(busyIn(feed)).toEqual([
      '2026-03-02T09:00/2026-03-02T10:00',
      '2026-03-03T14:00/2026-03-03T14:15',
      '2026-03-06T09:00/2026-03-06T10:00',
    ]);
  });

  it('RECURRENCE-ID for this and all that follow', () => {
    const feed = feedOf(
      eventOf('UID:s', 'DTSTART:20260302T090000Z', 'DTEND:20260302T100000Z', 'RRULE:FREQ=DAILY;COUNT=4'),
      eventOf(
        'UID:s',
        'RECURRENCE-ID;RANGE=THISANDFUTURE:20260304T090000Z',
        'DTSTART:20260304T120000Z',
        'DTEND:20260304T123000Z',
      ),
    );
    expect(busyIn(feed)).toEqual([
      '2026-03-02T09:00/2026-03-02T10:00',
      '2026-03-03T09:00/2026-03-03T10:00',
      '2026-03-04T12:00/2026-03-04T12:30',
      '2026-03-05T12:00/2026-03-05T12:30',
    ]);
  });

  it('takes the later version of an entry that is there twice', () => {
    const version = (sequence: number, hour: string) =>
      at(`:20260302T${hour}0000Z`, `DTEND:20260302T${hour}3000Z`, `SEQUENCE:${String(sequence)}`);
    expect(busyIn(feedOf(version(2, '12'), version(1, '08')))).toEqual(['2026-03-02T12:00/2026-03-02T12:30']);
  });

  it('reads a zone that only the feed describes, before, in and after the change of its clocks', () => {
    const zone = [
      'BEGIN:VTIMEZONE',
      'TZID:Central European Standard Time',
      'BEGIN:STANDARD',
      'DTSTART:16011028T030000',
      'TZOFFSETFROM:+0200',
      'TZOFFSETTO:+0100',
      'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10',
      'END:STANDARD',
      'BEGIN:DAYLIGHT',
      'DTSTART:16010325T020000',
      'TZOFFSETFROM:+0100',
      'TZOFFSETTO:+0200',
      'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3',
      'END:DAYLIGHT',
      'END:VTIMEZONE',
    ].join('\n');
    const named = (uid: string, start: string) =>
      eventOf(`UID:${uid}`, `DTSTART;TZID="Central European Standard Time":${start}`, 'DURATION:PT10M');
    const feed = feedOf(
      zone,
      named('1', '20260302T090000'),
      named('2', '20260329T023000'),
      named('3', '20260330T090000'),
    );
    expect(busyIn(feed).map((each) => each.slice(0, 16))).toEqual([
      '2026-03-02T08:00',
      '2026-03-29T01:30',
      '2026-03-30T07:00',
    ]);
  });

  it('an unknown zone is read in the salon’s, and is counted', () => {
    const feed = feedOf(at(';TZID=Middle/Earth:20260302T090000', 'DURATION:PT1H'));
    const window = { from: Date.parse('2026-03-01'), to: Date.parse('2026-04-01') };
    const read = busyTimes({ text: feed, zone: WARSAW, window });
    expect(read.zonesUnknown).toBe(1);
    expect(read.stretches.map(({ startsAt }) => new Date(startsAt).toISOString())).toEqual([
      '2026-03-02T08:00:00.000Z',
    ]);
  });

  it('what cannot be understood blocks nothing and is counted; the rest counts', () => {
    const feed = feedOf(
      eventOf('UID:1', 'DTSTART:20260231T090000Z', 'DURATION:PT1H'),
      eventOf('UID:2', 'DTSTART:20260302T100000Z', 'DTEND:20260302T090000Z'),
      eventOf('UID:3', 'DTSTART:20260302T100000Z', 'DURATION:-PT1H'),
      eventOf('UID:4', 'DTSTART:20260302T100000Z', 'DURATION:PT1H', 'RRULE:FREQ=SOMETIMES'),
      eventOf('UID:5', 'SUMMARY:no time at all'),
      eventOf('UID:6', 'DTSTART:20260302T100000Z', 'DURATION:PT1H'),
    );
    const window = { from: Date.parse('2026-03-01'), to: Date.parse('2026-04-01') };
    const read = busyTimes({ text: feed, zone: WARSAW, window });
    expect([read.events, read.unread, read.stretches.length]).toEqual([6, 5, 1]);
  });

  it('an entry keeps its key when it is moved, and each repetition has its own', () => {
    const key = (start: string) => {
      const window = { from: Date.parse('2026-03-01'), to: Date.parse('2026-04-01') };
      const text = feedOf(at(`:${start}`, 'DURATION:PT1H'));
      return busyTimes({ text, zone: WARSAW, window }).stretches[0]?.key;
    };
    expect(key('20260302T090000Z')).toBe(key('20260305T120000Z'));
  });

  it('our own entries are left out', () => {
    const feed = feedOf(at(':20260302T090000Z', 'DURATION:PT1H'));
    expect(busyIn(feed, { isOwn: (uid) => uid === 'a@cal.example' })).toEqual([]);
    expect(busyIn(feed, { isOwn: () => false })).toHaveLength(1);
  });

  it('R41 keeps nothing that says what an entry is', () => {
    const feed = feedOf(
      at(
        ':20260302T090000Z',
        'DURATION:PT1H',
        'SUMMARY:Visit of Zofia Wzorcowa',
        'DESCRIPTION:a long',
        '  secret that is folded',
        'LOCATION:Ulica Zmyślona 1',
        'ATTENDEE;CN=Zofia:mailto:zofia@example.com',
        'BEGIN:VALARM',
        'TRIGGER:-PT15M',
        'DESCRIPTION:secret',
        'END:VALARM',
      ),
    );
    const kept = keptOf(feed);
    expect(kept).not.toMatch(/zofia|secret|zmyślona|alarm/i);
    expect(busyIn(kept)).toEqual(busyIn(feed));
    expect(busyIn(feed)).toHaveLength(1);
  });
});
