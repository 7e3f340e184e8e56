import { Prisma } from '../../infra/database/index.ts';

/** What of the boxes may be worked on now: the same words for the relay, which wakes, and the drain, which works. */

/**
 * An outbox row `o` of a visit that was cancelled here and is live at Booksy: it goes out even while the business is
 * paused (R30).
 */
export const CANCELS = Prisma.sql`(o.entity = 'booking' AND EXISTS (
  SELECT FROM bookings v JOIN external_bookings m ON m.business_id = v.business_id AND m.booking_id = v.id
   WHERE v.id = o.record_id AND v.status = 'cancelled' AND m.gone_at IS NULL
     AND m.remote #>> '{status,status}' <> 'cancelled'))`;

/** A row of the outbox `o` or of `sync_intents` whose record has a workflow of its own (R29). */
export const failedAlone = (alias: 'o' | 'i'): Prisma.Sql => {
  const row = Prisma.raw(alias);
  return Prisma.sql`EXISTS (SELECT FROM sync_failures f WHERE f.business_id = ${row}.business_id
    AND f.entity = ${row}.entity AND f.record_id = ${row}.record_id AND f.state = 'open')`;
};

/** A row `w` of `webhook_logs` whose visit has a workflow of its own (R29). */
export const FAILED_VISIT = Prisma.sql`EXISTS (SELECT FROM sync_failures f WHERE f.business_id = w.business_id
  AND f.entity = 'booking' AND f.external_id = w.external_id AND f.state = 'open')`;
