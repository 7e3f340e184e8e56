import { describe, expect, it } from 'vitest';
import {
  addDays,
  isLocalMinute,
  isZone,
  LocalTimeError,
  localOf,
  resolveLocal,
  type LocalMark,
} from '../../../domain/local-time.ts';

/** Zone, local time, instant and mark if the earlier is preferred, the same if the later is. */
type Row = readonly [zone: string, local: string, earlier: string, mark: LocalMark, later?: string];

const plain: readonly Row[] = [
  ['UTC', '2025-03-30T02:30', '2025-03-30T02:30Z', 'exact'],
  ['UTC', '2024-02-29T23:59', '2024-02-29T23:59Z', 'exact'],
  ['Asia/Kathmandu', '2025-06-01T00:00', '2025-05-31T18:15Z', 'exact'],
  ['Asia/Kathmandu', '2025-12-31T05:44', '2025-12-30T23:59Z', 'exact'],
  ['Europe/Warsaw', '2025-01-15T10:00', '2025-01-15T09:00Z', 'exact'],
  ['Europe/Warsaw', '2025-07-15T10:00', '2025-07-15T08:00Z', 'exact'],
  ['America/New_York', '2025-01-15T10:00', '2025-01-15T15:00Z', 'exact'],
  ['America/New_York', '2025-07-15T10:00', '2025-07-15T14:00Z', 'exact'],
  ['Australia/Lord_Howe', '2025-07-15T10:00', '2025-07-14T23:30Z', 'exact'],
  ['Australia/Lord_Howe', '2025-01-15T10:00', '2025-01-14T23:00Z', 'exact'],
  ['Pacific/Apia', '2011-12-28T10:00', '2011-12-28T20:00Z', 'exact'],
  ['Pacific/Apia', '2025-06-01T10:00', '2025-05-31T21:00Z', 'exact'],
];

const gaps: readonly Row[] = [
  // Warsaw, 30 March 2025: 02:00 → 03:00.
  ['Europe/Warsaw', '2025-03-30T01:59', '2025-03-30T00:59Z', 'exact'],
  ['Europe/Warsaw', '2025-03-30T02:00', '2025-03-30T01:00Z', 'gap'],
  ['Europe/Warsaw', '2025-03-30T02:30', '2025-03-30T01:30Z', 'gap'],
  ['Europe/Warsaw', '2025-03-30T02:59', '2025-03-30T01:59Z', 'gap'],
  ['Europe/Warsaw', '2025-03-30T03:00', '2025-03-30T01:00Z', 'exact'],
  // New York, 9 March 2025: 02:00 → 03:00.
  ['America/New_York', '2025-03-09T01:59', '2025-03-09T06:59Z', 'exact'],
  ['America/New_York', '2025-03-09T02:00', '2025-03-09T07:00Z', 'gap'],
  ['America/New_York', '2025-03-09T02:59', '2025-03-09T07:59Z', 'gap'],
  ['America/New_York', '2025-03-09T03:00', '2025-03-09T07:00Z', 'exact'],
  // Lord Howe, 5 October 2025: 02:00 → 02:30.
  ['Australia/Lord_Howe', '2025-10-05T01:59', '2025-10-04T15:29Z', 'exact'],
  ['Australia/Lord_Howe', '2025-10-05T02:00', '2025-10-04T15:30Z', 'gap'],
  ['Australia/Lord_Howe', '2025-10-05T02:29', '2025-10-04T15:59Z', 'gap'],
  ['Australia/Lord_Howe', '2025-10-05T02:30', '2025-10-04T15:30Z', 'exact'],
  // Apia had no 30 December 2011: clocks went from 29 December 24:00 to 31 December 00:00.
  ['Pacific/Apia', '2011-12-29T23:59', '2011-12-30T09:59Z', 'exact'],
  ['Pacific/Apia', '2011-12-30T00:00', '2011-12-30T10:00Z', 'gap'],
  ['Pacific/Apia', '2011-12-30T12:00', '2011-12-30T22:00Z', 'gap'],
  ['Pacific/Apia', '2011-12-30T23:59', '2011-12-31T09:59Z', 'gap'],
  ['Pacific/Apia', '2011-12-31T00:00', '2011-12-30T10:00Z', 'exact'],
];

const overlaps: readonly Row[] = [
  // Warsaw, 26 October 2025: 03:00 → 02:00.
  ['Europe/Warsaw', '2025-10-26T01:59', '2025-10-25T23:59Z', 'exact'],
  ['Europe/Warsaw', '2025-10-26T02:00', '2025-10-26T00:00Z', 'overlap_earlier', '2025-10-26T01:00Z'],
  ['Europe/Warsaw', '2025-10-26T02:59', '2025-10-26T00:59Z', 'overlap_earlier', '2025-10-26T01:59Z'],
  ['Europe/Warsaw', '2025-10-26T03:00', '2025-10-26T02:00Z', 'exact'],
  // New York, 2 November 2025: 02:00 → 01:00.
  ['America/New_York', '2025-11-02T00:59', '2025-11-02T04:59Z', 'exact'],
  ['America/New_York', '2025-11-02T01:00', '2025-11-02T05:00Z', 'overlap_earlier', '2025-11-02T06:00Z'],
  ['America/New_York', '2025-11-02T01:59', '2025-11-02T05:59Z', 'overlap_earlier', '2025-11-02T06:59Z'],
  ['America/New_York', '2025-11-02T02:00', '2025-11-02T07:00Z', 'exact'],
  // Lord Howe, 6 April 2025: 02:00 → 01:30.
  ['Australia/Lord_Howe', '2025-04-06T01:29', '2025-04-05T14:29Z', 'exact'],
  ['Australia/Lord_Howe', '2025-04-06T01:30', '2025-04-05T14:30Z', 'overlap_earlier', '2025-04-05T15:00Z'],
  ['Australia/Lord_Howe', '2025-04-06T01:59', '2025-04-05T14:59Z', 'overlap_earlier', '2025-04-05T15:29Z'],
  ['Australia/Lord_Howe', '2025-04-06T02:00', '2025-04-05T15:30Z', 'exact'],
];

describe('resolveLocal', () => {
  describe.each([
    ['on ordinary days', plain],
    ['where a local time does not exist', gaps],
    ['where a local time exists twice', overlaps],
  ])('%s', (_, rows) => {
    it.each(
      rows.map(([zone, local, earlier, mark, later = earlier]) => ({ zone, local, earlier, mark, later })),
    )('$zone $local is $earlier ($mark)', ({ zone, local, earlier, mark, later }) => {
      const iso = (short: string) => short.replace('Z', ':00.000Z');
      const laterMark = mark === 'overlap_earlier' ? 'overlap_later' : mark;
      expect(resolveLocal(local, zone)).toEqual({ instant: iso(earlier), mark });
      expect(resolveLocal(local, zone, 'earlier')).toEqual({ instant: iso(earlier), mark });
      expect(resolveLocal(local, zone, 'later')).toEqual({ instant: iso(later), mark: laterMark });
    });
  });

  it('answers the same the second time, when it remembers the day', () => {
    for (const local of ['2025-10-26T01:59', '2025-10-26T02:30', '2025-10-27T02:30']) {
      expect(resolveLocal(local, 'Europe/Warsaw')).toEqual(resolveLocal(local, 'Europe/Warsaw'));
    }
    expect(resolveLocal('2025-10-27T02:30', 'America/New_York').instant).toBe('2025-10-27T06:30:00.000Z');
    expect(resolveLocal('2025-10-27T02:30', 'Europe/Warsaw').instant).toBe('2025-10-27T01:30:00.000Z');
  });

  it.each([
    ['no zone of this earth', '2025-01-01T10:00', 'Europe/Atlantis'],
    ['no zone at all', '2025-01-01T10:00', ''],
    ['a day that is not on the calendar', '2025-02-30T10:00', 'UTC'],
    ['hour 24', '2025-01-01T24:00', 'UTC'],
    ['a time with seconds', '2025-01-01T10:00:00', 'UTC'],
    ['an instant', '2025-01-01T10:00Z', 'UTC'],
    ['a date', '2025-01-01', 'UTC'],
  ])('refuses %s with a code that callers know', (_, local, zone) => {
    let thrown: unknown;
    try {
      resolveLocal(local, zone);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(LocalTimeError);
    expect(thrown).toMatchObject({ code: 'invalid_local_time' });
    expect(String(thrown)).not.toContain('2025');
  });
});

describe('isLocalMinute', () => {
  it.each([
    ['2025-01-01T00:00', true],
    ['2024-02-29T23:59', true],
    ['2025-02-29T10:00', false],
    ['2025-04-31T10:00', false],
    ['2025-13-01T10:00', false],
    ['2025-00-10T10:00', false],
    ['2025-01-00T10:00', false],
    ['2025-01-01T24:00', false],
    ['2025-01-01T10:60', false],
    ['2025-01-01 10:00', false],
    ['2025-1-1T10:00', false],
    ['2025-01-01T10:00Z', false],
    ['2025-01-01T10:00:00', false],
    ['2025-01-01T10:00\n', false],
    ['', false],
  ])('%j: %j', (text, expected) => {
    expect(isLocalMinute(text)).toBe(expected);
  });

  it('reads a local time that a zone skips: calendars know no zones', () => {
    expect(isLocalMinute('2025-03-30T02:30')).toBe(true);
    expect(isLocalMinute('2011-12-30T12:00')).toBe(true);
  });
});

describe('isZone', () => {
  it.each([
    ['Europe/Warsaw', true],
    ['Australia/Lord_Howe', true],
    ['UTC', true],
    ['Europe/Atlantis', false],
    ['Warsaw', false],
    ['', false],
  ])('%j: %j', (zone, expected) => {
    expect(isZone(zone)).toBe(expected);
  });
});

describe('localOf', () => {
  it.each([
    ['2025-10-26T00:30:00.000Z', 'Europe/Warsaw', '2025-10-26T02:30'],
    ['2025-10-26T01:30:00.000Z', 'Europe/Warsaw', '2025-10-26T02:30'],
    ['2025-03-30T01:00:00.000Z', 'Europe/Warsaw', '2025-03-30T03:00'],
    ['2011-12-30T10:00:00.000Z', 'Pacific/Apia', '2011-12-31T00:00'],
    ['2025-01-01T00:00:59.999Z', 'Asia/Kathmandu', '2025-01-01T05:45'],
    ['2024-12-31T23:59:59.999Z', 'UTC', '2024-12-31T23:59'],
  ])('%s in %s is %s', (instant, zone, local) => {
    expect(localOf(instant, zone)).toBe(local);
  });
});

describe('addDays', () => {
  it.each([
    ['2025-01-31', 1, '2025-02-01'],
    ['2024-02-28', 1, '2024-02-29'],
    ['2025-02-28', 1, '2025-03-01'],
    ['2025-01-01', -1, '2024-12-31'],
    ['2025-03-30', 0, '2025-03-30'],
    ['2025-03-29', 1, '2025-03-30'],
    ['2025-01-01', 366, '2026-01-02'],
    ['2011-12-29', 1, '2011-12-30'],
  ])('%s and %i days: %s', (date, days, expected) => {
    expect(addDays(date, days)).toBe(expected);
  });
});
