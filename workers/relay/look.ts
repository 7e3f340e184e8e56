import type pg from 'pg';

/** Name of the channel on which triggers tell that a box has news. */
export const BOX_CHANNEL = 'booksy_sync_box';
/** Payload for news that belong to no business: a table was emptied. */
export const ALL_BUSINESSES = '*';

/** Held by the one relay that wakes: for as long as its connection lives. */
const LEADER_LOCK = `pg_try_advisory_lock(hashtextextended('booksy-sync:relay', 0))`;

/** Becomes the leader, or finds that another relay is. */
export async function tryToLead(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ leads: boolean }>(`SELECT ${LEADER_LOCK} AS leads`);
  return rows[0]?.leads ?? false;
}

/** What a look of the relay has found. */
export interface RelayLook {
  readonly businessIds: readonly string[];
  /** Rows that name no business: a table was emptied. */
  readonly emptied: boolean;
}

/**
 * Businesses whose boxes hold something that may be worked on: rows that nobody took within `olderThanMs`, intents that are
 * due (R28a), an open circuit whose probe is due, and of paused ones what goes out all the same (R29, R30). One statement.
 */
export async function lookForNews(client: pg.Client, olderThanMs: number): Promise<RelayLook> {
  const { rows } = await client.query<{ ids: string[]; emptied: boolean }>(
    `WITH b AS (
       SELECT id, paused_at IS NOT NULL AS paused FROM businesses
        WHERE booksy_business_id IS NOT NULL AND (circuit_opened_at IS NULL OR circuit_probe_at <= now())
     )
     SELECT /* relay */ ARRAY(
       SELECT b.id::text FROM b
        WHERE NOT b.paused AND EXISTS (
                SELECT FROM webhook_logs w
                 WHERE w.business_id = b.id AND w.drained_at IS NULL
                   AND w.received_at <= now() - make_interval(secs => $1)
                   AND NOT EXISTS (SELECT FROM sync_failures f WHERE f.business_id = w.business_id AND f.entity = 'booking'
                                     AND f.external_id = w.external_id AND f.state = 'open'))
           OR EXISTS (
                SELECT FROM sync_outbox o
                 WHERE o.business_id = b.id AND o.created_at <= now() - make_interval(secs => $1)
                   AND NOT EXISTS (SELECT FROM sync_failures f WHERE f.business_id = o.business_id AND f.entity = o.entity
                                     AND f.record_id = o.record_id AND f.state = 'open')
                   AND (NOT b.paused OR o.entity = 'booking' AND EXISTS (
                     SELECT FROM bookings v
                       JOIN external_bookings m ON m.business_id = v.business_id AND m.booking_id = v.id
                      WHERE v.id = o.record_id AND v.status = 'cancelled' AND m.gone_at IS NULL
                        AND m.remote #>> '{status,status}' <> 'cancelled')))
           OR EXISTS (
                SELECT FROM sync_intents i
                 WHERE i.business_id = b.id AND i.due_at <= now() AND (NOT b.paused OR i.step = 'cancel')
                   AND NOT EXISTS (SELECT FROM sync_failures f WHERE f.business_id = i.business_id AND f.entity = i.entity
                                     AND f.record_id = i.record_id AND f.state = 'open'))) AS ids,
       EXISTS (SELECT FROM sync_outbox WHERE business_id IS NULL) AS emptied`,
    [olderThanMs / 1000],
  );
  return { businessIds: rows[0]?.ids ?? [], emptied: rows[0]?.emptied ?? false };
}

/** A table that was emptied names no business: every connected one has to look (R27). One statement: nothing is lost between. */
export async function spreadEmptiedTables(client: pg.Client): Promise<void> {
  await client.query(
    `WITH emptied AS (DELETE FROM sync_outbox WHERE business_id IS NULL RETURNING entity, origin)
     INSERT INTO sync_outbox (business_id, entity, operation, origin)
     SELECT b.id, e.entity, 'truncate', e.origin
       FROM (SELECT DISTINCT entity, origin FROM emptied) e CROSS JOIN businesses b
      WHERE b.booksy_business_id IS NOT NULL`,
  );
}

/**
 * Changes of businesses that are not connected to Booksy: nobody drains them. Where one is connected later, its first sync
 * looks at everything.
 */
export async function forgetUnconnected(client: pg.Client): Promise<void> {
  await client.query(
    `DELETE FROM sync_outbox o USING businesses b
      WHERE b.id = o.business_id AND b.booksy_business_id IS NULL AND o.created_at < now() - interval '1 hour'`,
  );
}
