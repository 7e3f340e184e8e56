/** An entry of a feed of ours. Instants in ms since the epoch. */
export interface FeedEntry {
  readonly uid: string;
  readonly startsAt: number;
  readonly endsAt: number;
  /** When it was last changed: the same entry is always written the same. */
  readonly modifiedAt: number;
  /** Grows with each change. */
  readonly sequence: number;
  readonly status: 'CONFIRMED' | 'TENTATIVE' | 'CANCELLED';
  readonly summary: string;
}

const HEAD = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Booksy Sync//Calendar feed//EN',
  'CALSCALE:GREGORIAN',
  'METHOD:PUBLISH',
  'REFRESH-INTERVAL;VALUE=DURATION:PT15M',
  'X-PUBLISHED-TTL:PT15M',
];
/** A calendar must hold something: an empty one holds the zone that its times are in. */
const ZONE = [
  'BEGIN:VTIMEZONE',
  'TZID:Etc/UTC',
  'BEGIN:STANDARD',
  'DTSTART:19700101T000000',
  'TZOFFSETFROM:+0000',
  'TZOFFSETTO:+0000',
  'END:STANDARD',
  'END:VTIMEZONE',
];

/** A feed by RFC 5545: times in UTC, lines of 75 octets, the same text for the same entries. */
export function writeFeed(name: string, entries: readonly FeedEntry[]): string {
  const lines = [...HEAD, `X-WR-CALNAME:${textOf(name)}`, ...(entries.length === 0 ? ZONE : [])];
  for (const entry of entries) {
    const modified = utcOf(entry.modifiedAt);
    lines.push(
      'BEGIN:VEVENT',
      `UID:${textOf(entry.uid)}`,
      `DTSTAMP:${modified}`,
      `DTSTART:${utcOf(entry.startsAt)}`,
      `DTEND:${utcOf(entry.endsAt)}`,
      `SEQUENCE:${String(entry.sequence)}`,
      `LAST-MODIFIED:${modified}`,
      `STATUS:${entry.status}`,
      `TRANSP:${entry.status === 'CANCELLED' ? 'TRANSPARENT' : 'OPAQUE'}`,
      'CLASS:PRIVATE',
      `SUMMARY:${textOf(entry.summary)}`,
      'END:VEVENT',
    );
  }
  lines.push('END:VCALENDAR');
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

function utcOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

/** A value of type TEXT: what a person typed can neither end its line nor begin another property. */
function textOf(text: string): string {
  return text
    .replace(/\\/g, '\\\\')
    .replace(/[;,]/g, (sign) => `\\${sign}`)
    .replace(/\r\n|\r|\n/g, '\\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f\u0085\u2028\u2029]/g, ' ');
}

const MOST_OCTETS = 75;

/** Broken after at most 75 octets, never inside a character. */
function folded(line: string): string {
  const parts: string[] = [];
  let part = '';
  let octets = 0;
  for (const sign of line) {
    const size = Buffer.byteLength(sign, 'utf8');
    if (octets + size > MOST_OCTETS) {
      parts.push(part);
      part = ' ';
      octets = 1;
    }
    part += sign;
    octets += size;
  }
  parts.push(part);
  return parts.join('\r\n');
}
