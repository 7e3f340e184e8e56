import type { Side } from '../../domain/conflicts/resolution.ts';
import type { ConflictPicture } from '../../infra/conflicts/picture.ts';
import { RefusedResolution, wakeRecord, type ConflictScope } from './scope.ts';

/**
 * Of two appointments at Booksy that are both this visit one stays (R16a). What was decided stands in the conflict's row;
 * the process of the record cancels the other one by intent, once both were read again.
 */
export async function chooseDouble(
  scope: ConflictScope,
  picture: ConflictPicture,
  side: Side,
): Promise<void> {
  const { row, mirror } = picture;
  if (mirror === null) throw new RefusedResolution('record_gone', 'The visit is not linked any more.');
  if (side === 'booksy') {
    throw new RefusedResolution(
      'not_possible_yet',
      'The linked appointment is the one that stays: enter there what differs, then choose keep-platform.',
    );
  }
  await wakeRecord(scope, row);
}
