import { createHash } from 'node:crypto';

/** Marks of our own feeds: an entry that comes back from them is here already and must not block a second time. */
const ENDING = '@booksy-sync';

/** UID of a record in a feed of this business: the same in every feed, for ever. */
export function ownUid(businessId: string, recordId: string): string {
  return `${recordId}.${markOf(businessId)}${ENDING}`;
}

/** Whether an entry is one of this business. Those of other salons block, also where they are on the same installation. */
export function isOwnUid(businessId: string): (uid: string) => boolean {
  const ending = `.${markOf(businessId)}${ENDING}`;
  return (uid) => uid.endsWith(ending);
}

function markOf(businessId: string): string {
  return createHash('sha256').update(`calendar/${businessId}`).digest('hex').slice(0, 16);
}
