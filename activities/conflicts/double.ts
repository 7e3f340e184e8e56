import type { Side } from '../../domain/conflicts/resolution.ts';
import type { ConflictPicture } from '../../infra/conflicts/picture.ts';
import { RefusedResolution, wakeRecord, type ConflictScope } from './scope.ts';

/**
 * Of two appointments at Booksy that are both this visit one stays (R16a). Which one goes stands in the conflict's row; the
 * process of the record cancels it by intent, once both were read again. Where the linked one goes, its link goes now: the
 * process then finds the other one by its import id and links that.
 *
 * @returns Booksy's id of the one that goes
 */
export async function chooseDouble(
  scope: ConflictScope,
  { row, mirror }: ConflictPicture,
  side: Side,
): Promise<string> {
  const other = row.detail.otherExternalId;
  if (mirror === null || typeof other !== 'string' || row.recordId === null)
    throw new RefusedResolution('record_gone', 'The visit is not linked any more: load the conflict again.');
  await wakeRecord(scope, row);
  if (side === 'platform') return other;
  await scope.tx.$executeRaw`
    UPDATE external_bookings SET booking_id = NULL, former_booking_id = ${row.recordId}::uuid, updated_at = now()
     WHERE business_id = ${scope.businessId}::uuid AND external_id = ${mirror.externalId}`;
  return mirror.externalId;
}
