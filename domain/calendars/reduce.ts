import { CalendarError, type CalendarLimits } from './limits.ts';
import type { Stepwise } from './stepwise.ts';

/**
 * What is needed of a feed to know when somebody is busy, and nothing else: titles, places, notes and people are left out
 * before anything is parsed or kept.
 */
const KEPT: Readonly<Record<string, ReadonlySet<string>>> = {
  VEVENT: new Set([
    'UID',
    'DTSTART',
    'DTEND',
    'DURATION',
    'RRULE',
    'RDATE',
    'EXDATE',
    'RECURRENCE-ID',
    'SEQUENCE',
    'STATUS',
    'TRANSP',
  ]),
  VTIMEZONE: new Set(['TZID']),
  STANDARD: new Set(['DTSTART', 'RRULE', 'RDATE', 'TZOFFSETFROM', 'TZOFFSETTO']),
  DAYLIGHT: new Set(['DTSTART', 'RRULE', 'RDATE', 'TZOFFSETFROM', 'TZOFFSETTO']),
};
const PARENTS: Readonly<Record<string, string>> = {
  VEVENT: 'VCALENDAR',
  VTIMEZONE: 'VCALENDAR',
  STANDARD: 'VTIMEZONE',
  DAYLIGHT: 'VTIMEZONE',
};

/** A feed without what nobody needs to know. */
export interface ReducedFeed {
  /** Unfolded lines of each entry, BEGIN and END included. */
  readonly events: readonly (readonly string[])[];
  readonly zones: readonly (readonly string[])[];
}

/** Longest line that is kept, unfolded: a list of dates may be long. */
const MOST_LINE = 64 * 1024;
/** Longest entry or zone, in characters: more dates than this are more than are ever laid out. */
const MOST_ENTRY = 128 * 1024;
/** Lines that are read in one step. */
const LINES_PER_STEP = 1000;

/**
 * Checks the frame of a feed and takes out what counts.
 *
 * @throws CalendarError where it is no whole calendar, or beyond the limits
 */
export function* reduceFeed(
  text: string,
  limits: Pick<CalendarLimits, 'bytes' | 'events' | 'depth'>,
): Stepwise<ReducedFeed> {
  // A character has at least one byte, and at most three of them where it is one unit of the string.
  if (text.length > limits.bytes) throw new CalendarError('calendar_too_large');
  const events: string[][] = [];
  const zones: string[][] = [];
  const stack: string[] = [];
  let block: string[] | null = null;
  let blockSize = 0;
  let seen = 0;
  let whole = false;
  let lines = 0;
  for (const line of unfolded(text)) {
    lines += 1;
    if (lines % LINES_PER_STEP === 0) yield;
    const [name, value] = nameOf(line);
    if (stack.length === 0 && name === '') continue;
    if (stack.length === 0 && !(name === 'BEGIN' && value === 'VCALENDAR'))
      throw new CalendarError('calendar_not_ical');
    if (name === 'BEGIN') {
      if (stack.length >= limits.depth) throw new CalendarError('calendar_too_deep');
      if (stack.length === 1) {
        seen += 1;
        if (seen > limits.events) throw new CalendarError('calendar_too_many_events');
      }
      if (isKept(value, stack)) {
        if (stack.length === 1) {
          block = [];
          blockSize = 0;
          (value === 'VEVENT' ? events : zones).push(block);
        }
        block?.push(line);
      }
      stack.push(value);
    } else if (name === 'END') {
      if (stack.pop() !== value) throw new CalendarError('calendar_cut_short');
      if (isKept(value, stack)) block?.push(line);
      if (stack.length === 1) block = null;
      if (stack.length === 0) whole = true;
    } else if (block !== null && line.length <= MOST_LINE) {
      const owner = stack.at(-1) ?? '';
      if (!isKept(owner, stack.slice(0, -1)) || KEPT[owner]?.has(name) !== true) continue;
      blockSize += line.length;
      if (blockSize > MOST_ENTRY) throw new CalendarError('calendar_too_many_repetitions');
      block.push(line);
    }
  }
  if (stack.length > 0) throw new CalendarError('calendar_cut_short');
  if (!whole) throw new CalendarError('calendar_not_ical');
  return { events, zones };
}

/** As a calendar again: what is kept of a feed between two polls. */
export function feedText({ events, zones }: ReducedFeed): string {
  const lines = ['BEGIN:VCALENDAR', ...zones.flat(), ...events.flat(), 'END:VCALENDAR'];
  return `${lines.join('\r\n')}\r\n`;
}

function isKept(name: string, above: readonly string[]): boolean {
  const parent = PARENTS[name];
  return parent !== undefined && above.at(-1) === parent && above.length === (parent === 'VCALENDAR' ? 1 : 2);
}

/** Lines with their continuations; line ends of any kind. */
function* unfolded(text: string): Generator<string> {
  let line: string | null = null;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    let end = text.indexOf('\n', at);
    if (end === -1) end = text.length;
    const raw = text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end);
    at = end + 1;
    if (line !== null && (raw.startsWith(' ') || raw.startsWith('\t'))) {
      // What is longer than any line that counts is not gathered.
      if (line.length <= MOST_LINE) line += raw.slice(1);
      continue;
    }
    if (line !== null) yield line;
    line = raw;
  }
  if (line !== null) yield line;
}

/** Name in capitals and what follows the first colon. */
function nameOf(line: string): readonly [string, string] {
  const found = /^([A-Za-z0-9-]+)[;:]/.exec(line);
  const name = (found?.[1] ?? line.trim()).toUpperCase();
  const value = name === 'BEGIN' || name === 'END' ? line.slice(line.indexOf(':') + 1) : '';
  return [name, value.trim().toUpperCase()];
}
