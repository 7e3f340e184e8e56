import type { SyncEntity } from '../../domain/entities.ts';
import type { GroupStates } from '../../domain/merge.ts';
import { groupsHereWhole } from '../../domain/conflicts/translate.ts';
import { itemKeysOf } from '../apply/visit-rows.ts';
import { loadGroupLinks } from '../../infra/conflicts/links.ts';
import { MIRRORS, type ConflictPicture, type MirrorPicture } from '../../infra/conflicts/picture.ts';
import type { OurRecord } from '../../infra/conflicts/ours.ts';
import { Prisma } from '../../infra/database/index.ts';
import type { EntityBinding } from '../apply/binding.ts';
import {
  categoryBinding,
  roomBinding,
  serviceBinding,
  staffBinding,
  variantBinding,
} from '../apply/catalog-bindings.ts';
import { clientBinding } from '../apply/client-binding.ts';
import { openConflicts } from '../apply/conflicts.ts';
import { hoursBinding } from '../apply/hours-binding.ts';
import { loadCatalogLinks } from '../apply/links.ts';
import { overlapsOf } from '../apply/overlaps.ts';
import { timeOffBinding } from '../apply/time-bindings.ts';
import { createVisitBinding } from '../apply/visit-binding.ts';
import { RefusedResolution, type ConflictScope } from './scope.ts';

/**
 * Writes groups into a record here as a person would: the counters move, the change goes out, and the database refuses
 * time that is taken.
 */
export async function writeHere(
  scope: ConflictScope,
  ours: OurRecord,
  values: { readonly theirs: GroupStates; readonly here: GroupStates },
): Promise<void> {
  const binding = bindingOf(ours.entity);
  const linked = { ...scope, links: await loadCatalogLinks(scope.tx, scope.businessId) };
  const states = await binding.loadOurs(linked, [ours.id]);
  const state = states.get(ours.id);
  if (state === undefined) throw new RefusedResolution('record_gone', 'The record is not here any more.');
  const here = { ...state.groups, ...values.here };
  await binding.update(linked, [
    {
      recordId: ours.id,
      ours: state.groups,
      apply: Object.keys(values.here),
      seen: seenAs(scope, scope.row.externalId ?? '', values.theirs, here),
    },
  ]);
}

/**
 * Makes a record that was deleted here again, under its old id and link, from what Booksy was last seen to hold. Booksy has
 * it, so its time is held whatever else is there; an overlap becomes a conflict of its own (R21).
 */
export async function makeAgain(
  scope: ConflictScope,
  { row }: ConflictPicture,
  mirror: MirrorPicture,
): Promise<void> {
  const { recordId, entity } = row;
  if (recordId === null || entity === 'hours')
    throw new RefusedResolution('record_gone', 'The record is not here any more.');
  const links = await loadGroupLinks(scope.tx, scope.businessId, mirror.remote);
  const here = groupsHereWhole(mirror.remote, links);
  const linked = { ...scope, links: await loadCatalogLinks(scope.tx, scope.businessId) };
  const seen = seenAs(scope, mirror.externalId, mirror.remote, here);
  const binding = bindingOf(entity);
  await scope.tx.$queryRaw`SELECT set_config('booksy_sync.import', 'on', true)`;
  await binding.insert(linked, [{ recordId, seen }]);
  const place = MIRRORS[entity];
  const { item_links: itemLinks } = itemKeysOf(here).length > 0 ? binding.mirrorExtra(seen, recordId) : {};
  await scope.tx.$executeRaw`
    UPDATE ${Prisma.raw(place.table)}
       SET base_theirs = remote, base_ours = ${JSON.stringify(here)}::jsonb, base_counters = '{}', remote_hash = '',
           ${itemLinks === undefined ? Prisma.empty : Prisma.sql`item_links = ${JSON.stringify(itemLinks)}::jsonb,`}
           updated_at = now()
     WHERE business_id = ${scope.businessId}::uuid AND external_id = ${mirror.externalId}
       ${place.only === null ? Prisma.empty : Prisma.raw(`AND ${place.only}`)}`;
  if (entity === 'booking') {
    await scope.tx.$executeRaw`
      UPDATE bookings b SET generation = m.generation,
             source = CASE WHEN m.import_uid LIKE b.id::text || ':%' THEN 'platform' ELSE b.source END
        FROM external_bookings m
       WHERE b.id = ${recordId}::uuid AND m.business_id = b.business_id AND m.external_id = ${mirror.externalId}`;
  }
  await openConflicts(linked, await overlapsOf(linked, [recordId]));
}

function seenAs(scope: ConflictScope, externalId: string, theirs: GroupStates, here: GroupStates) {
  const interval = { sentAt: scope.now, receivedAt: scope.now };
  return { externalId, theirs, here, unread: [], unresolved: [], unknown: null, interval };
}

function bindingOf(entity: SyncEntity): EntityBinding {
  switch (entity) {
    case 'booking':
      return createVisitBinding();
    case 'profile':
      return clientBinding;
    case 'service':
      return serviceBinding;
    case 'variant':
      return variantBinding;
    case 'category':
      return categoryBinding;
    case 'staff':
      return staffBinding;
    case 'room':
      return roomBinding;
    case 'time_off':
      return timeOffBinding('time_off');
    case 'hours':
      return hoursBinding();
  }
}
