import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { BusyStretch } from '../../domain/calendars/index.ts';
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

const MINUTE_MS = 60_000;

/**
 * Makes the blocks of a calendar what they ought to be, and touches nothing that is so already: each block that is written
 * goes to Booksy like any other time off (R19). A calendar of the whole salon blocks everybody who works there.
 */
export async function layOut(tx: Tx, calendar: LayOut, stretches: readonly BusyStretch[]): Promise<LaidOut> {
  const { businessId, calendarId, zone, now } = calendar;
  const owners = await ownersOf(tx, calendar);
  const rows = stretches.flatMap((stretch) => {
    // Minutes are what Booksy and the salon's day are made of: a stretch is widened to whole ones.
    const starts = new Date(Math.floor(stretch.startsAt / MINUTE_MS) * MINUTE_MS).toISOString();
    const ends = new Date(Math.ceil(stretch.endsAt / MINUTE_MS) * MINUTE_MS).toISOString();
    const row = {
      event_key: createHash('sha256').update(stretch.key).digest('hex').slice(0, 40),
      starts_at: starts,
      ends_at: ends,
      starts_local: localOf(starts, zone),
      ends_local: localOf(ends, zone),
      all_day: stretch.allDay,
    };
    return owners.map((owner) => ({ id: uuidv7(), owner_id: owner, ...row }));
  });
  // Whoever else books these people waits, or is waited for, before any row is touched.
  await tx.$executeRaw`
    SELECT occupancy_lock(ARRAY(
      SELECT owner_id FROM time_off WHERE external_calendar_id = ${calendarId}::uuid
      UNION SELECT unnest(${[...owners]}::uuid[])))`;
  const wanted = JSON.stringify(rows);
  const removed = await tx.$executeRaw`
    DELETE FROM time_off t
     WHERE t.external_calendar_id = ${calendarId}::uuid AND t.ends_at > ${now}
       AND NOT EXISTS (SELECT FROM jsonb_to_recordset(${wanted}::jsonb) AS w(owner_id uuid, event_key text)
                        WHERE w.owner_id = t.owner_id AND w.event_key = t.event_key)`;
  const changed = await tx.$executeRaw`
    UPDATE time_off t
       SET starts_at = w.starts_at, ends_at = w.ends_at, starts_local = w.starts_local, ends_local = w.ends_local,
           all_day = w.all_day, zone = ${zone}
      FROM jsonb_to_recordset(${wanted}::jsonb) AS w(owner_id uuid, event_key text, starts_at timestamptz, ends_at timestamptz,
             starts_local timestamp, ends_local timestamp, all_day boolean)
     WHERE t.external_calendar_id = ${calendarId}::uuid AND t.owner_id = w.owner_id AND t.event_key = w.event_key
       AND (t.starts_at, t.ends_at, t.starts_local, t.ends_local, t.all_day, t.zone)
           IS DISTINCT FROM (w.starts_at, w.ends_at, w.starts_local, w.ends_local, w.all_day, ${zone})`;
  const added = await tx.$executeRaw`
    INSERT INTO time_off (id, business_id, owner_kind, owner_id, source, zone, starts_local, ends_local, starts_at, ends_at,
                          all_day, reason_code, approved, external_calendar_id, event_key)
    SELECT w.id, ${businessId}::uuid, 'staff', w.owner_id, 'calendar', ${zone}, w.starts_local, w.ends_local, w.starts_at,
           w.ends_at, w.all_day, 'other', true, ${calendarId}::uuid, w.event_key
      FROM jsonb_to_recordset(${wanted}::jsonb) AS w(id uuid, owner_id uuid, event_key text, starts_at timestamptz,
             ends_at timestamptz, starts_local timestamp, ends_local timestamp, all_day boolean)
     WHERE NOT EXISTS (SELECT FROM time_off t WHERE t.external_calendar_id = ${calendarId}::uuid
                        AND t.owner_id = w.owner_id AND t.event_key = w.event_key)`;
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
