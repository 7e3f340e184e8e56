import { SYNC_ENTITIES } from '../../domain/entities.ts';
import type { RecordSyncInput } from './launch-types.ts';

/** The only place with workflow ids: what is started by them is found again by them. */

/** Id of a business's full sync: one at a time. */
export function fullSyncId(businessId: string): string {
  return `full-sync/${businessId}`;
}

/** Id of the sync of one record: one at a time. Ids of the other side are no personal data. */
export function recordSyncId(request: Pick<RecordSyncInput, 'businessId' | 'entity' | 'externalId'>): string {
  return `record-sync/${request.businessId}/${request.entity}/${request.externalId}`;
}

/** The record that a record sync is about; null where the id is of another workflow. */
export function recordOfSync(
  workflowId: string,
): Pick<RecordSyncInput, 'businessId' | 'entity' | 'externalId'> | null {
  const [kind, businessId, entity, ...rest] = workflowId.split('/');
  const known = SYNC_ENTITIES.find((each) => each === entity);
  if (kind !== 'record-sync' || businessId === undefined || known === undefined) return null;
  return { businessId, entity: known, externalId: rest.join('/') };
}

/** Id of the sync that drains the boxes of a business: one at a time. */
export function businessSyncId(businessId: string): string {
  return `business-sync/${businessId}`;
}
