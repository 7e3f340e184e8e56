import { appendAudit } from '../audit/index.ts';
import type { Tx } from '../database/index.ts';
import { unknown } from './errors.ts';
import type { Asker } from './types.ts';

/**
 * Ends a hold of the asker's own, in the caller's transaction.
 *
 * @param businessIds null = all
 * @returns `released`: false where it was over already
 * @throws {BookingError} `unknown`: there is none, or it is another token's
 */
export async function releaseHold(
  tx: Tx,
  businessIds: readonly string[] | null,
  id: string,
  { actor, tokenId }: Asker,
): Promise<{ readonly released: boolean; readonly businessId: string }> {
  const rows = await tx.$queryRaw<{ business_id: string; ended: number }[]>`
    SELECT h.business_id::text,
           CASE WHEN h.expires_at <= clock_timestamp() THEN 0 ELSE booking_holds_end(ARRAY[h.id], 'released') END AS ended
      FROM booking_holds h
     WHERE h.id = ${id}::uuid AND h.token_id = ${tokenId}::uuid
       AND (${businessIds === null} OR h.business_id = ANY(${[...(businessIds ?? [])]}::uuid[]))`;
  const [row] = rows;
  if (row === undefined) throw unknown('This hold');
  const released = row.ended > 0;
  if (released) {
    const line = {
      actor,
      action: 'released',
      entity: 'hold',
      recordId: id,
      reasonCode: 'asked_by_api',
      groups: [],
    };
    await appendAudit(tx, { businessId: row.business_id }, [line]);
  }
  return { released, businessId: row.business_id };
}

/** Ends what is left of late holds of all businesses; for the nightly tidy. Returns how many there were. */
export async function tidyHolds(tx: Pick<Tx, '$queryRaw'>): Promise<number> {
  const rows = await tx.$queryRaw<{ ended: number }[]>`
    WITH late AS MATERIALIZED (SELECT id FROM booking_holds WHERE outcome IS NULL AND expires_at <= now() ORDER BY id LIMIT 1000)
    SELECT booking_holds_end(ARRAY(SELECT id FROM late), 'expired') AS ended`;
  return rows[0]?.ended ?? 0;
}
