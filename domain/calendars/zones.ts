import ICAL from 'ical.js';
import { isZone, resolveLocal } from '../local-time.ts';
import { CalendarError, createBudget, type Budget } from './limits.ts';
import { repetitions } from './repeat.ts';
import { readRule } from './rule.ts';
import { DAY_MS, minuteOf, MINUTE_MS, readWall } from './wall.ts';

/** Wall time → instant, both in milliseconds. */
export type ZoneOf = (wall: number) => number;

export interface Zones {
  /** Null: nobody knows this zone. */
  find(tzid: string): ZoneOf | null;
  /** The salon's own, for dates and times without a zone. */
  readonly own: ZoneOf;
}

const UTC: ZoneOf = (wall) => wall;
/** A rule that counts its changes since 1970 takes some 20,000. */
const ZONE_STEPS = 100_000;

/**
 * The zones of a feed. A name that the world's zone data know counts before what the feed says of it: descriptions inside
 * feeds are often years old. Others, Outlook's for one, are read from the feed.
 */
export function zonesOf(
  blocks: readonly (readonly string[])[],
  ownZone: string,
  window: { readonly from: number; readonly to: number },
): Zones {
  // Zones are read in one step each, so all of them together may cost only so much.
  const budget = createBudget(ZONE_STEPS);
  const known = new Map<string, ZoneOf | null>();
  const described = new Map<string, readonly string[]>();
  for (const block of blocks) {
    const tzid = block
      .map((line) => /^TZID[^:]*:(.*)$/i.exec(line)?.[1]?.trim())
      .find((id) => id !== undefined);
    if (tzid !== undefined) described.set(tzid, block);
  }
  const look = (tzid: string): ZoneOf | null => {
    const name = ianaName(tzid);
    if (name !== null) return ianaZone(name);
    const block = described.get(tzid);
    return block === undefined ? null : describedZone(block, window, budget);
  };
  return {
    own: ianaZone(ownZone),
    find(tzid) {
      if (!known.has(tzid)) known.set(tzid, look(tzid));
      return known.get(tzid) ?? null;
    },
  };
}

/** The zone's name in the world's data; some programs write a path of theirs before it. */
function ianaName(tzid: string): string | null {
  const bare = tzid.replace(/^\/.*?\/(?=[A-Z][A-Za-z_]+\/)/, '');
  // `EST` and the like are names there too, but hardly what a feed that describes them means.
  return /^(UTC|GMT|[A-Za-z_]+(\/[A-Za-z0-9_+-]+)+)$/.test(bare) && isZone(bare) ? bare : null;
}

function ianaZone(zone: string): ZoneOf {
  if (zone === 'UTC' || zone === 'GMT') return UTC;
  return (wall) => {
    const minute = Math.floor(wall / MINUTE_MS) * MINUTE_MS;
    return Date.parse(resolveLocal(minuteOf(minute), zone).instant) + (wall - minute);
  };
}

interface Change {
  /** Wall time, by the offset before it. */
  readonly at: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A VTIMEZONE: the changes of its offset around the window. Null where it says none. */
function describedZone(
  block: readonly string[],
  window: { readonly from: number; readonly to: number },
  budget: Budget,
): ZoneOf | null {
  const changes: Change[] = [];
  try {
    const zone = ICAL.Component.fromString(block.join('\r\n'));
    for (const part of zone.getAllSubcomponents()) changes.push(...changesOf(part, window, budget));
  } catch (error) {
    if (error instanceof CalendarError) throw error;
    return null;
  }
  changes.sort((a, b) => a.at - b.at);
  const first = changes[0];
  if (first === undefined) return null;
  return (wall) => {
    const found = changes.findLast(({ at }) => at <= wall);
    if (found === undefined) return wall - first.fromMs;
    // A time that the clocks jump over is read by the offset before the jump.
    const skipped = found.toMs > found.fromMs && wall < found.at + (found.toMs - found.fromMs);
    return wall - (skipped ? found.fromMs : found.toMs);
  };
}

function changesOf(
  part: ICAL.Component,
  window: { readonly from: number; readonly to: number },
  budget: Budget,
): readonly Change[] {
  const start = readWall(textOf(part, 'dtstart'))?.wall;
  const fromMs = offsetOf(textOf(part, 'tzoffsetfrom'));
  const toMs = offsetOf(textOf(part, 'tzoffsetto'));
  if (start === undefined || fromMs === null || toMs === null) return [];
  const at = new Set([start]);
  // One change before the window begins must be among them; rules of zones repeat at least once a year.
  const from = window.from - 800 * DAY_MS;
  const to = window.to + 2 * DAY_MS;
  for (const property of part.getAllProperties('rrule')) {
    const value = property.getFirstValue();
    const rule = value instanceof ICAL.Recur ? readRule(value) : null;
    if (rule === null) continue;
    const until = rule.until;
    const isOver = (wall: number) => until !== null && (until.isUtc ? wall - fromMs : wall) > until.wall;
    for (const wall of repetitions({ rule, start, from, to, isOver, budget }))
      if (wall !== null) at.add(wall);
  }
  for (const property of part.getAllProperties('rdate'))
    for (const value of property.getValues()) {
      const wall = readWall(String(value))?.wall;
      if (wall !== undefined) at.add(wall);
    }
  return [...at].map((each) => ({ at: each, fromMs, toMs }));
}

function textOf(part: ICAL.Component, name: string): string {
  return String(part.getFirstPropertyValue(name) ?? '');
}

/** `+01:00` in milliseconds. */
function offsetOf(text: string): number | null {
  const found = /^([+-])(\d{2}):?(\d{2})(?::?(\d{2}))?$/.exec(text);
  if (found === null) return null;
  const [, sign, hours, minutes, seconds] = found;
  const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0)) * 1000;
  return sign === '-' ? -ms : ms;
}
