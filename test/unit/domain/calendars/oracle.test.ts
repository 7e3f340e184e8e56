import fc from 'fast-check';
import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';
import { createBudget } from '../../../../domain/calendars/limits.ts';
import { readRule } from '../../../../domain/calendars/rule.ts';
import { repetitions } from '../../../../domain/calendars/repeat.ts';

/** ical.js has its own way to repeat: an independent opinion on rules that it does well. */
function theirs(rule: string, start: string, from: number, to: number): number[] {
  const iterator = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromDateTimeString(start));
  const found: number[] = [];
  for (let turn = 0; turn < 100_000; turn += 1) {
    const next = iterator.next();
    const wall = next === null ? Infinity : Date.parse(`${next.toString()}Z`);
    if (wall >= to) return found;
    if (wall >= from) found.push(wall);
  }
  throw new Error('It does not end.');
}

function ours(rule: string, start: string, from: number, to: number): number[] {
  const read = readRule(ICAL.Recur.fromString(rule));
  if (read === null) throw new Error(`Not read: ${rule}`);
  const given = { rule: read, start: Date.parse(`${start}Z`), from, to };
  const budget = createBudget(50_000_000);
  const walls = [...repetitions({ ...given, isOver: () => false, budget })];
  return walls.flatMap((wall) => (wall !== null && wall >= from ? [wall] : []));
}

const START = '2024-01-31T09:30:00';
const FROM = Date.parse('2025-06-01');
const TO = Date.parse('2028-06-01');
const same = (rule: string, start = START) => {
  expect(ours(rule, start, FROM, TO), `${rule} from ${start}`).toEqual(theirs(rule, start, FROM, TO));
};

describe('repetitions, against ical.js', { timeout: 60_000 }, () => {
  it.each([
    'FREQ=DAILY',
    'FREQ=DAILY;COUNT=700',
    'FREQ=DAILY;INTERVAL=3;BYMONTH=1,6,12',
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR',
    'FREQ=WEEKLY;BYDAY=WE;BYHOUR=9,17',
    'FREQ=MONTHLY',
    'FREQ=MONTHLY;BYMONTHDAY=-1',
    'FREQ=MONTHLY;BYMONTHDAY=31',
    'FREQ=MONTHLY;BYDAY=2TU',
    'FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=2',
    'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
    'FREQ=YEARLY',
    'FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29',
    'FREQ=YEARLY;INTERVAL=2;BYMONTH=1,7',
    'FREQ=HOURLY;INTERVAL=5',
  ])('%s', (rule) => {
    // A start that the rule itself names: what a start outside of its rule means is open in the standard.
    const first = theirs(rule, START, 0, TO)[0];
    same(rule, new Date(first ?? 0).toISOString().slice(0, 19));
  });

  it('drawn rules by day, week and month', () => {
    const days = fc.subarray(['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'], { minLength: 1 });
    const interval = fc.integer({ min: 1, max: 6 });
    const rule = fc.oneof(
      interval.map((every) => `FREQ=DAILY;INTERVAL=${String(every)}`),
      fc
        .tuple(interval, days)
        .map(([every, on]) => `FREQ=WEEKLY;INTERVAL=${String(every)};BYDAY=${on.join(',')}`),
      fc
        .tuple(interval, fc.integer({ min: 1, max: 28 }))
        .map(([every, day]) => `FREQ=MONTHLY;INTERVAL=${String(every)};BYMONTHDAY=${String(day)}`),
      fc
        .tuple(interval, fc.constantFrom(1, 2, 3, 4, -1, -2), days)
        .map(
          ([every, nth, on]) => `FREQ=MONTHLY;INTERVAL=${String(every)};BYDAY=${String(nth)}${on[0] ?? 'MO'}`,
        ),
    );
    fc.assert(
      fc.property(rule, fc.integer({ min: 0, max: 700 }), (drawn, day) => {
        const near = new Date(Date.parse('2024-01-01T09:30Z') + day * 86_400_000).toISOString().slice(0, 19);
        const first = theirs(drawn, near, 0, TO)[0];
        same(drawn, new Date(first ?? 0).toISOString().slice(0, 19));
      }),
      { numRuns: 300 },
    );
  });

  it('the examples of the standard that ical.js does not do: week numbers, days of the year, positions of a year', () => {
    const dates = (rule: string, start: string, from: string, to: string) =>
      ours(rule, start, Date.parse(from), Date.parse(to)).map((wall) =>
        new Date(wall).toISOString().slice(0, 10),
      );
    expect(
      dates('FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', '1997-05-12T09:00:00', '1997-01-01', '2000-01-01'),
    ).toEqual(['1997-05-12', '1998-05-11', '1999-05-17']);
    expect(
      dates(
        'FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200',
        '1997-01-01T09:00:00',
        '1997-01-01',
        '2007-01-01',
      ),
    ).toEqual([
      '1997-01-01',
      '1997-04-10',
      '1997-07-19',
      '2000-01-01',
      '2000-04-09',
      '2000-07-18',
      '2003-01-01',
      '2003-04-10',
      '2003-07-19',
      '2006-01-01',
    ]);
    expect(dates('FREQ=YEARLY;BYDAY=20MO', '1997-05-19T09:00:00', '1997-01-01', '2000-01-01')).toEqual([
      '1997-05-19',
      '1998-05-18',
      '1999-05-17',
    ]);
    expect(
      dates('FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', '1998-02-13T09:00:00', '1998-01-01', '2000-11-01'),
    ).toEqual(['1998-02-13', '1998-03-13', '1998-11-13', '1999-08-13', '2000-10-13']);
    expect(
      dates(
        'FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3',
        '1997-09-04T09:00:00',
        '1997-01-01',
        '1999-01-01',
      ),
    ).toEqual(['1997-09-04', '1997-10-07', '1997-11-06']);
    // Week starts that matter.
    expect(
      dates(
        'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO',
        '1997-08-05T09:00:00',
        '1997-01-01',
        '1999-01-01',
      ),
    ).toEqual(['1997-08-05', '1997-08-10', '1997-08-19', '1997-08-24']);
    expect(
      dates(
        'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU',
        '1997-08-05T09:00:00',
        '1997-01-01',
        '1999-01-01',
      ),
    ).toEqual(['1997-08-05', '1997-08-17', '1997-08-19', '1997-08-31']);
  });
});
