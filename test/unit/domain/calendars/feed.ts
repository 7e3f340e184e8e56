import { busyTimes, type BusyInput } from '../../../../domain/calendars/index.ts';

/** A feed of these entries; all names in it are invented. */
export function feedOf(...parts: readonly string[]): string {
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN', ...parts, 'END:VCALENDAR'];
  return `${lines.join('\n').replaceAll('\n', '\r\n')}\r\n`;
}

export function eventOf(...lines: readonly string[]): string {
  return ['BEGIN:VEVENT', ...lines, 'END:VEVENT'].join('\n');
}

export const WARSAW = 'Europe/Warsaw';

/** What is busy in March 2026 (the clocks go forward on the 29th), as `start/end` in UTC to the minute. */
export function busyIn(text: string, more: Partial<BusyInput> = {}): readonly string[] {
  const window = { from: Date.parse('2026-03-01T00:00Z'), to: Date.parse('2026-04-01T00:00Z') };
  return shown(busyTimes({ text, zone: WARSAW, window, ...more }));
}

export function shown({ stretches }: ReturnType<typeof busyTimes>): readonly string[] {
  const at = (ms: number) => new Date(ms).toISOString().slice(0, 16);
  return stretches.map(({ startsAt, endsAt }) => `${at(startsAt)}/${at(endsAt)}`);
}
