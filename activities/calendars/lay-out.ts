import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BusyStretch, Stepwise } from '../../domain/calendars/index.ts';
import { localOf } from '../../domain/local-time.ts';
import type { Tx } from '../../infra/database/index.ts';

/** Whose time a calendar blocks, and what says so. */
export interface LayOut {
  readonly businessId: string;
  readonly calendarId: string;
  readonly ownerKind: 'staff' | 'business';
  readonly ownerId: string;
  /** Zone of the salon. */
  readonly zone: string;
  /** What has ended by then is history and stays. */
  readonly now: Date;
}

export interface LaidOut {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/** A block as it is to stand in each of the owners' time. */
export interface Block {
  /** 40 hex digits: the same event and repetition, the same key. */
  readonly event_key: string;
  readonly starts_at: string;
  readonly ends_at: string;
  readonly starts_local: string;
  readonly ends_local: string;
  readonly all_day: boolean;
}

const MINUTE_MS = 60_000;
/** Blocks of one round of statements: what a process makes of them, and waits for, stays short whatever the calendar. */
const ROUND = 500;

/**
 * What busy stretches are as blocks, by their keys: work to be done in turns, because a stretch takes its time to be told in a
 * zone, and a calendar has thousands.
 */
export function* blockSteps(stretches: readonly BusyStretch[], zone: string): Stepwise<readonly Block[]> {
  const blocks: Block[] = [];
  for (const stretch of stretches) {
    // Minutes are what Booksy and the salon's day are made of: a stretch is widened to whole ones.
    const starts = new Date(Math.floor(stretch.startsAt / MINUTE_MS) * MINUTE_MS).toISOString();
    const ends = new Date(Math.ceil(stretch.endsAt / MINUTE_MS) * MINUTE_MS).toISOString();
    blocks.push({
      event_key: createHash('sha256').update(stretch.key).digest('hex').slice(0, 40),
      starts_at: starts,
      ends_at: ends,
      starts_local: localOf(starts, zone),
      ends_local: localOf(ends, zone),
      all_day: stretch.allDay,
    });
    yield;
  }
  return blocks.sort((a, b) => (a.event_key < b.event_key ? -1 : 1));
}

/**
 * Makes the blocks of a calendar what they ought to be, and touches nothing that is so already: each block that is written
 * goes to Booksy like any other time off (R19). A calendar of the whole salon blocks everybody who works there.
 *
 * @param blocks in the order of their keys; each round of them answers for the keys up to its last one
 */
export async function layOut(tx: Tx, calendar: LayOut, blocks: readonly Block[]): Promise<LaidOut> {
  const owners = await ownersOf(tx, calendar);
  // Whoever else books these people waits, or is waited for, before any row is touched.
  await tx.$executeRaw`
    SELECT occupancy_lock(ARRAY(
      SELECT owner_id FROM time_off WHERE external_calendar_id = ${calendar.calendarId}::uuid
      UNION SELECT unnest(${[...owners]}::uuid[])))`;
  const laid = { added: 0, changed: 0, removed: 0 };
  let after = '';
  for (let at = 0; at === 0 || at < blocks.length; at += ROUND) {
    const round = blocks.slice(at, at + ROUND);
    const upTo = at + ROUND >= blocks.length ? null : (round.at(-1)?.event_key ?? null);
    const { added, changed, removed } = await layRound(tx, calendar, { owners, round, after, upTo });
    laid.added += added;
    laid.changed += changed;
    laid.removed += removed;
    after = upTo ?? after;
    await nextTurn();
  }
  return laid;
}

interface Round {
  readonly owners: readonly string[];
  readonly round: readonly Block[];
  /** Keys beyond this one, or all … */
  readonly after: string;
  /** … up to this one; null: all that there are. */
  readonly upTo: string | null;
}

async function layRound(
  tx: Tx,
  { businessId, calendarId, zone, now }: LayOut,
  { owners, round, after, upTo }: Round,
): Promise<LaidOut> {
  const wanted = JSON.stringify(round);
  const people = [...owners];
  const removed = await tx.$executeRaw`
    DELETE FROM time_off t
     WHERE t.external_calendar_id = ${calendarId}::uuid AND t.ends_at > ${now}
       AND (${after} = '' OR t.event_key COLLATE "C" > ${after})
       AND (${upTo}::text IS NULL OR t.event_key COLLATE "C" <= ${upTo}::text)
       AND NOT (t.owner_id = ANY(${people}::uuid[])
                AND EXISTS (SELECT FROM jsonb_to_recordset(${wanted}::jsonb) AS w(event_key text) WHERE w.event_key = t.event_key))`;
  if (round.length === 0) return { added: 0, changed: 0, removed };
  const changed = await tx.$executeRaw`
    UPDATE time_off t
       SET starts_at = w.starts_at, ends_at = w.ends_at, starts_local = w.starts_local, ends_local = w.ends_local,
           all_day = w.all_day, zone = ${zone}
      FROM jsonb_to_recordset(${wanted}::jsonb) AS w(event_key text, starts_at timestamptz, ends_at timestamptz,
             starts_local timestamp, ends_local timestamp, all_day boolean)
     WHERE t.external_calendar_id = ${calendarId}::uuid AND t.owner_id = ANY(${people}::uuid[]) AND t.event_key = w.event_key
       AND (t.starts_at, t.ends_at, t.starts_local, t.ends_local, t.all_day, t.zone)
           IS DISTINCT FROM (w.starts_at, w.ends_at, w.starts_local, w.ends_local, w.all_day, ${zone})`;
  const added = await tx.$executeRaw`
    INSERT INTO time_off (id, business_id, owner_kind, owner_id, source, zone, starts_local, ends_local, starts_at, ends_at,
                          all_day, reason_code, approved, external_calendar_id, event_key)
    SELECT gen_random_uuid(), ${businessId}::uuid, 'staff', p.id, 'calendar', ${zone}, w.starts_local, w.ends_local, w.starts_at,
           w.ends_at, w.all_day, 'other', true, ${calendarId}::uuid, w.event_key
      FROM jsonb_to_recordset(${wanted}::jsonb) AS w(event_key text, starts_at timestamptz,
             ends_at timestamptz, starts_local timestamp, ends_local timestamp, all_day boolean)
     CROSS JOIN unnest(${people}::uuid[]) AS p (id)
     WHERE NOT EXISTS (SELECT FROM time_off t WHERE t.external_calendar_id = ${calendarId}::uuid
                        AND t.owner_id = p.id AND t.event_key = w.event_key)`;
  return { added, changed, removed };
}

async function ownersOf(tx: Tx, { businessId, ownerKind, ownerId }: LayOut): Promise<readonly string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text AS id FROM staff
     WHERE business_id = ${businessId}::uuid
       AND CASE WHEN ${ownerKind} = 'staff' THEN id = ${ownerId}::uuid ELSE active END
     ORDER BY id`;
  return rows.map(({ id }) => id);
}
