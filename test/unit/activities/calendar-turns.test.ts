import { expect, it } from 'vitest';
import { inTurns } from '../../../activities/calendars/in-turns.ts';
import { busySteps, CalendarError, keptSteps } from '../../../domain/calendars/index.ts';

/** A calendar as large as one may be is read while everything else of the process goes on. */

const window = { from: Date.parse('2026-03-01'), to: Date.parse('2027-03-05') };
const ZONE = 'Europe/Warsaw';
const feedOf = (...events: readonly string[]) =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${events.join('')}END:VCALENDAR\r\n`;
const eventOf = (...lines: readonly string[]) => `BEGIN:VEVENT\r\n${lines.join('\r\n')}\r\nEND:VEVENT\r\n`;

/** Just below 5 MB and below the most stretches, each in a zone. */
function large(): string {
  const events = Array.from({ length: 4900 }, (_, at) => {
    const start = new Date(Date.UTC(2026, 2, 1) + at * 5_400_000).toISOString().replace(/[-:]|\.000Z/g, '');
    return eventOf(
      `UID:${String(at)}@x`,
      `DTSTART;TZID=${ZONE}:${start}`,
      'DURATION:PT30M',
      `DESCRIPTION:${'x'.repeat(900)}`,
    );
  });
  return feedOf(...events);
}

it(
  'a calendar of 5 MB is read in turns: others of the process have theirs, many times',
  { timeout: 60_000 },
  async () => {
    const text = large();
    expect(text.length).toBeGreaterThan(4.7 * 1024 * 1024);
    let [beats, others, isOver] = [0, 0, false];
    const other = (): void => {
      others += 1;
      if (!isOver) setImmediate(other);
    };
    setImmediate(other);
    const beat = () => (beats += 1);
    const kept = await inTurns(keptSteps(text), beat);
    const busy = await inTurns(busySteps({ text: kept, zone: ZONE, window }), beat);
    isOver = true;
    expect(busy.stretches.length).toBeGreaterThan(4800);
    // Some hundred milliseconds of work, in turns of eight.
    expect(beats).toBeGreaterThan(10);
    expect(others).toBeGreaterThanOrEqual(beats);
  },
);

it('a bomb hands over, too, before it is refused', { timeout: 60_000 }, async () => {
  let beats = 0;
  const rule = 'RRULE:FREQ=SECONDLY;COUNT=1000000000';
  const text = feedOf(eventOf('UID:1', 'DTSTART:19700101T000000Z', 'DURATION:PT1M', rule));
  const work = inTurns(busySteps({ text, zone: ZONE, window }), () => (beats += 1));
  await expect(work).rejects.toThrow(CalendarError);
  expect(beats).toBeGreaterThan(10);
});

it('an entry with more dates than are ever laid out is refused before it is parsed', async () => {
  const dates = Array.from({ length: 2000 }, (_, at) => `20260${String((at % 9) + 1)}01T100000Z`).join(',');
  const lines = Array.from({ length: 6 }, () => `RDATE:${dates}`);
  const text = feedOf(eventOf('UID:1', 'DTSTART:20260401T100000Z', 'DURATION:PT1H', ...lines));
  const work = inTurns(busySteps({ text, zone: ZONE, window }), () => undefined);
  await expect(work).rejects.toMatchObject({ code: 'calendar_too_many_repetitions' });
});
