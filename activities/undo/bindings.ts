import type { SyncEntity } from '../../domain/entities.ts';
import type { OursState } from '../../domain/plan.ts';
import {
  categoryBinding,
  roomBinding,
  serviceBinding,
  staffBinding,
  variantBinding,
} from '../apply/catalog-bindings.ts';
import { profileRows } from '../apply/client-binding.ts';
import type { EntityBinding } from '../apply/binding.ts';
import { hoursBinding } from '../apply/hours-binding.ts';
import { timeOffBinding } from '../apply/time-bindings.ts';
import { createVisitBinding } from '../apply/visit-binding.ts';

/**
 * How a kind of record is read and written when something of it is taken back: as by the sync, only that the values come
 * from the audit trail. Null for kinds that cannot be written so. Make a new one for each transaction.
 */
export function bindingOf(entity: SyncEntity): EntityBinding | null {
  switch (entity) {
    case 'booking':
      return createVisitBinding();
    case 'profile':
      // Without provenance: a value that is set back came from no card (R38).
      return profileRows;
    case 'category':
      return categoryBinding;
    case 'service':
      return serviceBinding;
    case 'variant':
      return activeVariants;
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

/** Whether a variant can be booked is no group of Booksy's; the sync switches it off when the variant is gone there. */
const activeVariants: EntityBinding = {
  ...variantBinding,

  async loadOurs(scope, recordIds) {
    const states = await variantBinding.loadOurs(scope, recordIds);
    const rows = await scope.tx.$queryRaw<{ id: string; active: boolean }[]>`
      SELECT id, active FROM service_variants WHERE id = ANY(${recordIds}::uuid[])`;
    const active = new Map(rows.map((row) => [row.id, row.active]));
    return new Map(
      [...states].map(([id, ours]): [string, OursState] => [
        id,
        { ...ours, groups: { ...ours.groups, active: active.get(id) ?? false } },
      ]),
    );
  },

  async update(scope, records) {
    const counters = await variantBinding.update(scope, records);
    const switched = records.filter(({ apply }) => apply.includes('active'));
    for (const value of [true, false]) {
      const ids = switched.filter(({ seen }) => seen.here.active === value).map(({ recordId }) => recordId);
      if (ids.length === 0) continue;
      await scope.tx
        .$executeRaw`UPDATE service_variants SET active = ${value} WHERE id = ANY(${ids}::uuid[])`;
    }
    return counters;
  },
};
