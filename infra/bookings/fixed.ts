import type { Tx } from '../database/index.ts';
import type { ReadBooking } from './read.ts';

/**
 * Whether Booksy would refuse a change of this visit (R17): it has several parts and is there, or may be because a create of it is
 * under way; or it is one of a series. Of a series Booksy says so by its first refusal only, which is kept as a conflict.
 *
 * @param visit whose row the caller has locked: no write of it begins meanwhile
 */
export async function isFixedAtBooksy(tx: Pick<Tx, '$queryRaw'>, visit: ReadBooking): Promise<boolean> {
  const rows = await tx.$queryRaw<{ sent: boolean; series: boolean }[]>`
    SELECT EXISTS (SELECT FROM sync_intents i
                    WHERE i.business_id = ${visit.businessId}::uuid AND i.entity = 'booking' AND i.record_id = ${visit.id}::uuid
                      AND i.operation = 'create' AND i.state IN ('open', 'unknown')) AS sent,
           EXISTS (SELECT FROM external_bookings m
                     JOIN booksy_sync_conflicts c ON c.record_id = m.booking_id AND c.external_id = m.external_id
                    WHERE m.business_id = ${visit.businessId}::uuid AND m.booking_id = ${visit.id}::uuid AND m.gone_at IS NULL
                      AND c.business_id = m.business_id AND c.kind = 'refused_by_booksy'
                      AND c.detail ->> 'code' = 'not_modifiable') AS series`;
  const { sent, series } = rows[0] ?? { sent: false, series: false };
  return series || (visit.items.length > 1 && (visit.linked || sent));
}
